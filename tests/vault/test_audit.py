"""Who lost data is found by chance, as probably as is said."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from autochain.onchain.crypto import sha256
from autochain.onchain.refusals import Reason
from autochain.vault import FolderVault, ReplicaReport, Vault, audit, found_probability
from autochain.vault.audit import PATIENCE
from autochain.vault.errors import CORRUPT, MISSING, UNREACHABLE

from .kept import Kept, in_folder, manifest_of, some_objects
from .lying_server import LyingServer
from .replicas import Replicas

OBJECTS = some_objects(100, size=20)
MANIFESTS = [manifest_of(OBJECTS[:60]), manifest_of(OBJECTS[40:])]
EVERYTHING = {*map(sha256, OBJECTS), *(manifest.root for manifest in MANIFESTS)}


def fill(vault: Vault) -> None:
    vault.put_all(OBJECTS)
    for manifest in MANIFESTS:
        vault.put_manifest(manifest)


def numbers(report: ReplicaReport) -> Sequence[int]:
    return report.challenged, len(report.missing), len(report.corrupt), len(report.unanswered)


def test_who_has_everything_shows_everything(kept: Kept) -> None:
    fill(kept.vault)
    (report,) = audit({"it": kept.vault}, MANIFESTS, challenges=1_000, chance=random.Random(1))
    assert numbers(report) == (len(EVERYTHING), 0, 0, 0)
    assert (report.replica, report.sound) == ("it", True)


def test_every_lost_and_every_spoilt_object_is_named_where_all_are_asked_for(kept: Kept) -> None:
    fill(kept.vault)
    lost, spoilt = [sha256(data) for data in OBJECTS[3:6]], [sha256(data) for data in OBJECTS[50:52]]
    for name in lost:
        kept.object_file(name).unlink()
    for name in spoilt:
        kept.object_file(name).write_bytes(b"x" * 7)
    kept.manifest_file(MANIFESTS[1].root).unlink()
    (report,) = audit({"it": kept.vault}, MANIFESTS, challenges=len(EVERYTHING), chance=random.Random(1))
    assert {each.name for each in report.missing} == {*lost, MANIFESTS[1].root}
    assert {each.name for each in report.corrupt} == {*spoilt}
    assert {each.refusal.reason for each in (*report.missing, *report.corrupt)} == {MISSING, CORRUPT}
    assert not report.sound


def test_each_replica_is_judged_by_itself_and_asked_for_other_objects(tmp_path: Path) -> None:
    replicas = Replicas(tmp_path)
    fill(replicas.vault)
    for data in OBJECTS[:30]:
        replicas.file("second", sha256(data)).unlink()
    asked: dict[str, set[bytes]] = {}

    class Asked(FolderVault):
        def __init__(self, replica: str) -> None:
            super().__init__(tmp_path / replica)
            self._names = asked.setdefault(replica, set())

        def get(self, name: bytes) -> bytes:
            self._names.add(name)
            return super().get(name)

    vaults: dict[str, Vault] = {replica: Asked(replica) for replica in ("first", "second", "third")}
    reports = audit(vaults, MANIFESTS, challenges=40, chance=random.Random(1))
    assert [report.replica for report in reports] == ["first", "second", "third"]
    assert [report.sound for report in reports] == [True, False, True]
    assert all(report.challenged == 40 for report in reports)
    assert asked["first"] != asked["third"]
    assert all(names < EVERYTHING for names in asked.values())


def test_a_replica_that_lost_a_share_is_found_as_often_as_is_said(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path)
    fill(vault)
    lost = 5
    for data in OBJECTS[:lost]:
        in_folder(tmp_path)[0](sha256(data)).unlink()
    found, rounds = 0, 300
    for seed in range(rounds):
        (report,) = audit({"it": vault}, MANIFESTS, challenges=20, chance=random.Random(seed))
        found += not report.sound
    said = report.would_find(lost / len(EVERYTHING))
    assert 0.6 < said < 0.7
    # Without asking twice it is a little likelier; three deviations of so many rounds are 0.08.
    assert said - 0.08 < found / rounds < said + 0.05 + 0.08


def test_the_probability_is_that_of_independent_challenges() -> None:
    assert found_probability(0, lost_share=0.01) == 0
    assert found_probability(1, lost_share=0.01) == pytest.approx(0.01)
    assert found_probability(458, lost_share=0.01) < 0.99 < found_probability(459, lost_share=0.01)
    assert found_probability(10, lost_share=1.0) == 1
    assert ReplicaReport("it", challenged=459).would_find() > 0.99


def test_one_that_does_not_answer_is_asked_a_few_times_and_has_shown_nothing(tmp_path: Path) -> None:
    with LyingServer(lambda: iter(())) as silent:
        replicas = Replicas(tmp_path)
        fill(replicas.vault)
        vaults: dict[str, Vault] = {"silent": silent.vault(), "first": replicas.each["first"]}
        reports = audit(vaults, MANIFESTS, challenges=50, chance=random.Random(1))
    assert [numbers(report) for report in reports] == [(PATIENCE, 0, 0, PATIENCE), (50, 0, 0, 0)]
    assert [report.sound for report in reports] == [False, True]
    assert reports[0].would_find() == 0
    reasons: set[Reason] = {each.refusal.reason for each in reports[0].unanswered}
    assert reasons == {UNREACHABLE}


def test_where_nothing_is_to_be_kept_nothing_is_asked(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path)
    (report,) = audit({"it": vault}, [], challenges=10, chance=random.Random(1))
    assert (report.challenged, report.sound, report.would_find()) == (0, True, 0)
    assert audit({}, MANIFESTS, challenges=10, chance=random.Random(1)) == []
