"""Several vaults as one: enough of them keep what is put, the first that is right is read, and erasing reaches all."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread

import pytest
from homes import refuses

from autochain.onchain.crypto import sha256
from autochain.onchain.refusals import Broken, Refusal
from autochain.vault import Failed, FolderVault, Healed, ReplicatedVault, Vault
from autochain.vault.errors import CORRUPT, MISSING, NOT_ERASED, TOO_FEW, UNREACHABLE

from .kept import manifest_of, some_objects
from .lying_server import HEAD, LyingServer
from .replicas import NAMES, Replicas
from .s3_server import S3Server

THIS = b"this object"
NAME = sha256(THIS)


@pytest.fixture
def replicas(tmp_path: Path) -> Replicas:
    made = Replicas(tmp_path)
    made.vault.put_all([b"an object that makes the folders"])
    made.vault.put_manifest(manifest_of([]))
    return made


def test_every_replica_has_what_is_put(replicas: Replicas) -> None:
    manifest = manifest_of([THIS])
    replicas.vault.put_all([THIS])
    assert replicas.vault.put_manifest(manifest) == manifest.root
    for vault in replicas.each.values():
        assert (vault.get(NAME), vault.get_manifest(manifest.root)) == (THIS, manifest)
    assert replicas.told() == []


@pytest.mark.parametrize("down", [each for count in range(4) for each in itertools.combinations(NAMES, count)], ids=str)
def test_a_put_succeeds_where_enough_have_it_and_names_the_others(replicas: Replicas, down: Sequence[str]) -> None:
    for replica in down:
        replicas.take_down(replica)
    for put in (lambda: replicas.vault.put_all([THIS]), lambda: replicas.vault.put_manifest(manifest_of([THIS]))):
        if len(down) <= 1:
            put()
        else:
            with pytest.raises(Refusal, match=": .*".join(down)) as caught:
                put()
            assert caught.value.reason == TOO_FEW
        assert replicas.told() == [(replica, "put") for replica in down]
    for replica in down:
        replicas.bring_back(replica)
    assert [vault.holds(NAME) for vault in replicas.each.values()] == [name not in down for name in NAMES]


def test_what_was_acknowledged_survives_the_loss_of_all_that_were_not_needed(tmp_path: Path) -> None:
    objects = some_objects(5)
    for needed in (1, 2, 3):
        for lost in itertools.combinations(NAMES, 3 - needed):
            for down in itertools.chain([None], NAMES if needed < 3 else []):
                replicas = Replicas(tmp_path / f"{needed}{lost}{down}", needed=needed)
                replicas.vault.put_all(objects[:1])
                if down is not None:
                    replicas.take_down(down)
                replicas.vault.put_all(objects)
                if down is not None:
                    replicas.bring_back(down)
                # Of those that acknowledged, as many may be lost as were not needed of all.
                for replica in [each for each in lost if each != down][: 3 - needed - (down is not None)]:
                    shutil.rmtree(replicas.folder / replica)
                assert [replicas.vault.get(sha256(data)) for data in objects] == objects


def test_the_next_replica_is_read_where_one_is_wrong_and_the_wrong_one_is_healed(replicas: Replicas) -> None:
    for spoilt in (b"", THIS[:-1], THIS + b"x", THIS[::-1], b"another object", None):
        replicas.vault.put_all([THIS])
        for replica in ("first", "second"):
            if spoilt is None:
                replicas.file(replica, NAME).unlink()
            else:
                replicas.file(replica, NAME).write_bytes(spoilt)
        assert replicas.vault.get(NAME) == THIS
        told = [("first", "get"), ("second", "get"), ("first", "healed"), ("second", "healed")]
        assert replicas.told() == told
        assert [vault.get(NAME) for vault in replicas.each.values()] == [THIS] * 3


def test_a_manifest_is_healed_too(replicas: Replicas) -> None:
    manifest = manifest_of([THIS])
    replicas.vault.put_manifest(manifest)
    replicas.manifest_file("first", manifest.root).write_bytes(b"no manifest")
    assert replicas.vault.get_manifest(manifest.root) == manifest
    assert replicas.told() == [("first", "get"), ("first", "healed")]
    assert replicas.each["first"].get_manifest(manifest.root) == manifest


def test_one_that_can_not_be_reached_is_passed_over_and_not_written_to(replicas: Replicas) -> None:
    replicas.vault.put_all([THIS])
    replicas.take_down("first")
    assert replicas.vault.get(NAME) == THIS
    assert replicas.told() == [("first", "get")]


def test_one_that_is_always_wrong_is_healed_so_often_and_no_more(tmp_path: Path) -> None:
    replicas = Replicas(tmp_path, heals=3)
    replicas.vault.put_all([THIS])
    for _ in range(5):
        replicas.file("first", NAME).write_bytes(b"wrong again")
        assert replicas.vault.get(NAME) == THIS
    assert replicas.told().count(("first", "healed")) == 3
    replicas.file("second", NAME).unlink()
    assert replicas.vault.get(NAME) == THIS
    assert ("second", "healed") in replicas.told()


def test_what_none_has_right_is_refused_for_the_gravest_reason(replicas: Replicas) -> None:
    with refuses(MISSING):
        replicas.vault.get(NAME)
    replicas.vault.put_all([THIS])
    for replica in NAMES:
        replicas.file(replica, NAME).write_bytes(b"wrong")
    with pytest.raises(Refusal, match=r"first: .*second: .*third: ") as caught:
        replicas.vault.get(NAME)
    assert caught.value.reason == CORRUPT
    replicas.take_down("third")
    with refuses(UNREACHABLE):
        replicas.vault.get(NAME)


def test_nobody_says_that_an_object_is_not_held_before_all_have_said_so(replicas: Replicas) -> None:
    assert not replicas.vault.holds(NAME)
    replicas.each["third"].put_all([THIS])
    assert replicas.vault.holds(NAME)
    replicas.take_down("first")
    assert replicas.vault.holds(NAME)
    with refuses(UNREACHABLE):
        replicas.vault.holds(sha256(b"another"))


@pytest.mark.parametrize("down", [(), ("first",), ("third",), ("second", "third")], ids=str)
def test_erasing_reaches_all_or_names_those_that_it_did_not(replicas: Replicas, down: Sequence[str]) -> None:
    manifest = manifest_of([THIS])
    replicas.vault.put_all([THIS])
    replicas.vault.put_manifest(manifest)
    for replica in down:
        replicas.take_down(replica)
    erasing: list[Callable[[], None]] = [
        lambda: replicas.vault.remove_all([NAME]),
        lambda: replicas.vault.remove_manifest(manifest.root),
    ]
    for erase in erasing:
        if down:
            with pytest.raises(Refusal, match=": .*".join(down)) as caught:
                erase()
            assert caught.value.reason == NOT_ERASED
    for replica in down:
        replicas.bring_back(replica)
    assert [vault.holds(NAME) for vault in replicas.each.values()] == [name in down or not down for name in NAMES]
    for erase in erasing:
        erase()
    assert not [path for path in replicas.folder.rglob(f"*{NAME.hex()}*") if path.is_file()]
    assert not [path for path in replicas.folder.rglob(f"*{manifest.root.hex()}*") if path.is_file()]


def test_an_upload_to_replicas_tells_how_far_the_slowest_needed_one_is(replicas: Replicas) -> None:
    told: list[tuple[int, int]] = []
    objects = some_objects(60)
    replicas.take_down("first")
    replicas.vault.put_all(objects, progress=lambda done, of: told.append((done, of)))
    assert told == [(16, 60), (32, 60), (48, 60), (60, 60)]
    told.clear()
    replicas.take_down("second")
    with refuses(TOO_FEW):
        replicas.vault.put_all(objects, progress=lambda done, of: told.append((done, of)))
    assert told == []


class Halting(FolderVault):
    """A vault in a folder that halts in a read, after it has what it gives."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.read = Event()
        self.go_on = Event()

    def get(self, name: bytes) -> bytes:
        found = super().get(name)
        self.read.set()
        assert self.go_on.wait(30)
        return found


def test_a_reader_does_not_bring_back_what_is_erased_while_it_reads(replicas: Replicas) -> None:
    """It read one replica that lacks the object and one that has it; all are erased; then it would heal the first."""
    replicas.vault.put_all([THIS])
    replicas.file("first", NAME).unlink()
    halting = Halting(replicas.folder / "second")
    vaults: dict[str, Vault] = {**replicas.each, "second": halting}
    vault = ReplicatedVault(vaults, needed=2, report=replicas.reports.append)
    read: list[bytes] = []
    reader = Thread(target=lambda: read.append(vault.get(NAME)))
    reader.start()
    assert halting.read.wait(30)
    vault.remove_all([NAME])
    halting.go_on.set()
    reader.join(30)
    assert read == [THIS]
    assert [each.holds(NAME) for each in replicas.each.values()] == [False] * 3


def test_a_store_that_lies_beside_one_that_does_not(tmp_path: Path, s3_server: S3Server) -> None:
    """A folder, a bucket, and a server that says yes to everything and gives something else."""
    reports: list[Failed | Healed] = []
    with LyingServer(lambda: iter([HEAD + b"Content-Length: 4\r\n\r\nlies"])) as liar:
        replicas: dict[str, Vault] = {
            "liar": liar.vault(),
            "bucket": s3_server.vault(s3_server.make_bucket()),
            "folder": FolderVault(tmp_path),
        }
        vault = ReplicatedVault(replicas, needed=3, report=reports.append, heals=2)
        objects = some_objects(4)
        vault.put_all(objects)
        assert [vault.get(sha256(data)) for data in objects] == objects
        assert sum(isinstance(each, Healed) for each in reports) == 2
        assert {each.replica for each in reports} == {"liar"}
        with pytest.raises(Refusal, match="liar: ") as caught:
            vault.remove_all([sha256(data) for data in objects])
        assert caught.value.reason == NOT_ERASED
        assert not any(replicas[name].holds(sha256(data)) for name in ("bucket", "folder") for data in objects)


def test_a_vault_of_no_replicas_or_of_fewer_than_needed_is_a_fault_of_its_maker(tmp_path: Path) -> None:
    for count, needed in ((0, 0), (0, 1), (1, 0), (1, 2)):
        vaults: dict[str, Vault] = {name: FolderVault(tmp_path) for name in NAMES[:count]}
        with pytest.raises(Broken):
            ReplicatedVault(vaults, needed=needed, report=lambda _: None)
