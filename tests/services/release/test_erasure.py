"""What has ended is destroyed by every member, in its backups too, and stated; what has not is not."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from homes import NOW_MS, Outsider, Scene, a_drive, open_scene, play, refuses, request_of
from homes.committee import MEMBERS

from autochain.client.http import NODE_AWAY
from autochain.edge.obu import Outbox, PartKey
from autochain.network import end_account
from autochain.onchain.codec import NOT_DECODABLE, encode
from autochain.onchain.contracts.consent import errors as consent_errors
from autochain.onchain.contracts.recording import (
    RECORDINGS,
    STATEMENTS,
    Erase,
    Erasure,
    GetErasure,
    GetRecording,
    Statement,
    recording_id,
)
from autochain.onchain.ledger import errors as ledger_errors
from autochain.onchain.ledger.light import Proved
from autochain.onchain.refusals import present
from autochain.privacy import CANT_WRITE
from autochain.services.release import Depositor, Forget, ReleaseService
from autochain.services.release import service as release_service
from autochain.vault import KeyBackup
from autochain.vault.errors import NO_KEY

from .members import Dead, Line, a_backup, member, put_in, restarted

DAY_MS = 24 * 3_600_000
FINGERPRINT = bytes(range(32))
KEYS = [PartKey("motion", "exact", b"e" * 32)]


def service(scene: Scene, number: int) -> ReleaseService:
    found = member(scene, number)
    assert isinstance(found, ReleaseService)
    return found


def traces(home: Path, recording: bytes, *, parties: Sequence[str] = MEMBERS) -> list[str]:
    """Names all files of some parties that belong to a recording: shares, backups and backup keys."""
    folders = [home / "parties" / party for party in parties]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return sorted(str(path.relative_to(home)) for path in files if recording.hex() in str(path))


async def back_up(scene: Scene) -> None:
    for number in (1, 2, 3):
        await service(scene, number).sweep()


async def erasure(scene: Scene, recording: bytes) -> Erasure:
    return present(await scene.client.ask(GetErasure(recording)), "it was recorded")


async def statement(scene: Scene, recording: bytes, party: str) -> Statement | None:
    shown = await scene.client.prove(STATEMENTS, recording, scene.network.wallet(party).account)
    record: Statement | None = shown.record
    return record


def test_every_member_destroys_what_the_owner_erased_and_states_it_on_the_chain(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        erased, kept = scene.recordings
        await back_up(scene)
        others = traces(trio, kept)
        assert len(traces(trio, erased)) == len(others) >= 30
        before = await request_of(scene, scene.buyer, scene.receipt)
        await scene.client.send(scene.owner, Erase(erased))
        with refuses(consent_errors.NOT_KEPT):
            await scene.fetch(scene.buyer, scene.receipt)
        for number in (1, 2, 3):
            await member(scene, number).forget(Forget((erased,)))
        assert traces(trio, erased) == []
        assert traces(trio, kept) == others
        told = await erasure(scene, erased)
        assert list(told.members) == [scene.network.wallet(party).account for party in MEMBERS]
        assert all(at_ms >= told.ended_ms > 0 for at_ms in told.destroyed_ms)
        with refuses(consent_errors.NOT_KEPT):
            await scene.fetch(scene.buyer, scene.receipt)
        for number in (1, 2, 3):
            with refuses(NO_KEY):
                # Its proofs are fresh and from before the erasure; there is nothing to give any more.
                await member(scene, number).open(before)
        await scene.buy(scene.buyer, recording=kept)

    play(trio, story)


def test_an_erasure_may_be_asked_for_again_and_is_stated_once(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        sent: list[None] = []
        line, name = Line(scene.client.node), scene.recordings[0]
        line.submitting = lambda: sent.append(None)
        one = restarted(scene, client=line.client(scene))
        await scene.client.send(scene.owner, Erase(name))
        await one.forget(Forget((name,)))
        first = await statement(scene, name, MEMBERS[0])
        assert (first is not None, len(sent)) == (True, 1)
        await one.forget(Forget((name,)))
        await one.sweep()
        assert await statement(scene, name, MEMBERS[0]) == first
        assert len(sent) == 1
        assert (await erasure(scene, name)).destroyed_ms[1:] == (0, 0)

    play(trio, story)


def test_no_old_copy_of_the_backups_brings_back_what_was_destroyed(trio: Path, tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        erased, kept = scene.recordings
        await back_up(scene)
        folders = [trio / "parties" / party for party in MEMBERS]
        for folder in folders:
            shutil.copytree(folder / "backup", tmp_path / folder.name)
        await scene.client.send(scene.owner, Erase(erased))
        await back_up(scene)
        others = traces(trio, kept)
        for number, folder in enumerate(folders, 1):
            shutil.rmtree(folder / "backup")
            shutil.copytree(tmp_path / folder.name, folder / "backup")
            shutil.rmtree(folder / "keys")
            assert len(list((folder / "backup").iterdir())) == 2
            assert a_backup(scene, number).restore(scene.network.keys(folder.name)) == 1
        assert traces(trio, kept) == others
        assert [name for name in traces(trio, erased) if not name.endswith(".backup")] == []
        receipt = await scene.buy(scene.buyer, recording=kept)
        assert (await scene.fetch(scene.buyer, receipt)).failed == {}

    play(trio, story)


def test_shares_that_were_copied_back_behind_the_members_back_give_nothing_and_go_with_the_next_sweep(
    trio: Path, tmp_path: Path
) -> None:
    async def story(scene: Scene) -> None:
        name, keys = scene.recordings[0], trio / "parties" / "release" / "keys"
        copy = shutil.copytree(keys, tmp_path / "copy")
        await scene.client.send(scene.owner, Erase(name))
        await back_up(scene)
        assert traces(trio, name) == []
        shutil.copytree(copy, keys, dirs_exist_ok=True)
        with refuses(consent_errors.NOT_KEPT):
            await member(scene, 1).open(await request_of(scene, scene.buyer, scene.receipt))
        await service(scene, 1).sweep()
        assert traces(trio, name) == []
        assert not (keys / name.hex()).exists()

    play(trio, story)


def test_of_many_recordings_each_sweep_looks_at_some_and_in_the_end_at_all(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_service, "SWEPT_AT_ONCE", 1)

    async def story(scene: Scene) -> None:
        one, names = service(scene, 1), scene.recordings
        for name in names:
            await scene.client.send(scene.owner, Erase(name))
        for swept in range(len(names)):
            left = [name for name in names if traces(home, name, parties=["release"])]
            assert len(left) == len(names) - swept
            await one.sweep()
        assert [name for name in names if traces(home, name, parties=["release"])] == []

    play(home, story)


def test_files_that_are_damaged_or_foreign_hold_up_no_other_recording(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(scene: Scene) -> None:
        one, folder = service(scene, 1), home / "parties" / "release"
        kept, stuck = scene.recordings
        erased = (await scene.unit().record(a_drive(2, before_ms=NOW_MS))).recording
        await one.sweep()
        for foreign in ("lost+found", "abab"):
            (folder / "keys" / foreign).mkdir()
        (folder / "backup-keys" / f"{kept.hex()}.key").write_bytes(b"cut")
        (folder / "keys" / stuck.hex() / "folder.key").mkdir()
        for name in (stuck, erased):
            await scene.client.send(scene.owner, Erase(name))
        with refuses(CANT_WRITE):
            await one.forget(Forget((stuck, erased)))
        assert traces(home, erased, parties=["release"]) == []
        assert [await statement(scene, name, "release") for name in (kept, stuck)] == [None, None]
        assert await statement(scene, erased, "release") is not None
        await one.sweep()
        assert "The disk has refused 2 times in a sweep" in caplog.text
        shutil.rmtree(folder / "keys" / kept.hex())
        assert a_backup(scene, 1).restore(scene.network.keys("release")) == 2
        assert len(traces(home, kept, parties=["release"])) > 2
        (folder / "keys" / stuck.hex() / "folder.key").rmdir()
        await one.sweep()
        assert await statement(scene, stuck, "release") is not None
        assert traces(home, stuck, parties=["release"]) == []

    play(home, story)


def test_what_can_not_be_stated_does_not_hold_up_what_comes_after_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_service, "SWEPT_AT_ONCE", 1)

    async def story(scene: Scene) -> None:
        line = Line(scene.client.node)
        one = restarted(scene, client=line.client(scene))
        for name in scene.recordings:
            await scene.client.send(scene.owner, Erase(name))
        line.cut = True
        for _ in scene.recordings:
            with refuses(NODE_AWAY):
                await one.sweep()
        assert [traces(home, name, parties=["release"]) for name in scene.recordings] == [[], []]
        line.cut = False
        for _ in scene.recordings:
            await one.sweep()
        assert None not in [await statement(scene, name, "release") for name in scene.recordings]

    play(home, story)


def test_a_sweep_that_was_refused_is_told_and_made_again(
    home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_service, "SWEEP_S", 0.01)

    async def story(scene: Scene) -> None:
        line = Line(scene.client.node)
        one = restarted(scene, client=line.client(scene))
        await scene.client.send(scene.owner, Erase(scene.recordings[0]))
        line.cut = True
        sweeping = asyncio.create_task(one.run())
        while "What has ended was not all destroyed and stated" not in caplog.text:
            assert not sweeping.done()
            await asyncio.sleep(0.01)
        line.cut = False
        while await statement(scene, scene.recordings[0], "release") is None:
            assert not sweeping.done()
            await asyncio.sleep(0.01)
        assert not sweeping.done()
        sweeping.cancel()

    play(home, story)


def test_what_a_vehicle_deposits_again_after_the_erasure_goes_with_the_next_sweep(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        recorded = await scene.unit().record(a_drive(2, before_ms=NOW_MS))
        await scene.client.send(scene.owner, Erase(recorded.recording))
        await back_up(scene)
        assert traces(trio, recorded.recording) == []
        record = present(await scene.client.ask(GetRecording(recorded.recording)), "it was recorded")
        depositor = Depositor(scene.client, scene.car, scene.network.committee)
        await depositor.keep(recorded.recording, record.fingerprint, KEYS)
        assert len(traces(trio, recorded.recording)) == 3
        await back_up(scene)
        assert traces(trio, recorded.recording) == []

    play(trio, story)


def test_a_crash_between_destroying_and_stating_is_made_good_at_the_next_sweep(home: Path) -> None:
    async def crash(scene: Scene) -> None:
        line = Line(scene.client.node)
        line.cut = True
        one = restarted(scene, client=line.client(scene))
        await one.sweep()
        await scene.client.send(scene.owner, Erase(scene.recordings[0]))
        with refuses(NODE_AWAY):
            await one.forget(Forget((scene.recordings[0],)))
        assert traces(home, scene.recordings[0]) == []
        assert await statement(scene, scene.recordings[0], "release") is None

    async def run() -> None:
        async with open_scene(home) as scene:
            await crash(scene)
        async with open_scene(home) as scene:
            await service(scene, 1).sweep()
            assert await statement(scene, scene.recordings[0], "release") is not None
            assert not (home / "parties" / "release" / "keys" / scene.recordings[0].hex()).exists()

    asyncio.run(run())


def test_a_crash_between_shares_and_backups_is_made_good_at_the_next_sweep(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(scene: Scene) -> None:
        one, name = service(scene, 1), scene.recordings[0]
        await one.sweep()
        await scene.client.send(scene.owner, Erase(name))

        class Crash(Exception):
            pass

        def crash(*_: object) -> None:
            raise Crash

        with monkeypatch.context() as patched:
            patched.setattr(KeyBackup, "destroy", crash)
            with pytest.raises(Crash):
                await one.forget(Forget((name,)))
        assert len(traces(home, name, parties=["release"])) == 2
        assert await statement(scene, name, "release") is None
        await restarted(scene).sweep()
        assert traces(home, name, parties=["release"]) == []
        assert await statement(scene, name, "release") is not None

    play(home, story)


def test_who_asks_to_forget_what_has_not_ended_destroys_nothing(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        await back_up(scene)
        before = {name: traces(trio, name) for name in scene.recordings}
        unknown = recording_id(scene.car.account, FINGERPRINT)
        for number in (1, 2, 3):
            await member(scene, number).forget(Forget((*scene.recordings, unknown)))
        assert {name: traces(trio, name) for name in scene.recordings} == before
        for name in scene.recordings:
            assert (await erasure(scene, name)).destroyed_ms == (0, 0, 0)
        # Beside one that has ended, one that has not stays too.
        await scene.client.send(scene.owner, Erase(scene.recordings[1]))
        await member(scene, 1).forget(Forget(tuple(scene.recordings)))
        assert traces(trio, scene.recordings[0]) == before[scene.recordings[0]]

    play(trio, story)


def test_no_request_names_too_many_recordings_or_none(home: Path) -> None:
    async def story(scene: Scene) -> None:
        outsider = Outsider(scene.network)
        for count in (0, 51):
            body = encode([[bytes([number]) * 20 for number in range(count)]])
            with refuses(NOT_DECODABLE):
                await outsider.node.request("POST", "/members/1/forget", body)
        await outsider.release.forget(Forget(tuple(bytes([number]) * 20 for number in range(50))))

    play(home, story)


class Old(Line):
    """A way to the chain on which somebody answers with what was true before."""

    async def prove(self, key: bytes) -> Proved:
        return self.known[key] if key in self.known else await super().prove(key)

    known: dict[bytes, Proved]


def test_old_proofs_make_a_member_destroy_nothing(home: Path) -> None:
    """A node shows it a proof, from before the commit, that there is no such recording."""

    async def story(scene: Scene) -> None:
        line = Old(scene.client.node)
        one = restarted(scene, client=line.client(scene))
        put_in(scene, {1: Dead()})
        with refuses(NODE_AWAY):
            await scene.unit().record(a_drive(2, before_ms=NOW_MS))
        (name,) = Outbox(home / "parties" / "car" / "outbox").waiting()
        key = RECORDINGS.key(name)
        line.known = {key: (await scene.client.prove(RECORDINGS, name)).proved}
        put_in(scene, {1: one})
        await scene.unit().flush()
        before = traces(home, name)
        assert before
        scene.clock.advance(31_000)
        await scene.make_block()
        dated(home, name, ms=NOW_MS - 2 * DAY_MS)
        with refuses(ledger_errors.STALE_HEADER):
            await one.forget(Forget((name,)))
        assert traces(home, name) == before

    play(home, story)


def dated(home: Path, recording: bytes, *, ms: int) -> None:
    """Dates all shares of a recording as if they had come in then."""
    for path in home.glob(f"parties/*/keys/{recording.hex()}/*.key"):
        os.utime(path, ns=(ms * 1_000_000, ms * 1_000_000))


def test_shares_of_what_was_never_committed_go_after_a_day_and_may_come_again(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        name = recording_id(scene.car.account, FINGERPRINT)
        depositor = Depositor(scene.client, scene.car, scene.network.committee)
        await depositor.keep(name, FINGERPRINT, KEYS)
        dated(trio, name, ms=NOW_MS)
        await back_up(scene)
        assert len(traces(trio, name)) == 9
        scene.clock.advance(DAY_MS)
        await scene.make_block()
        await back_up(scene)
        assert len(traces(trio, name)) == 9
        scene.clock.advance(1)
        await back_up(scene)
        assert traces(trio, name) == []
        assert not list(trio.glob(f"parties/*/keys/{name.hex()}"))
        assert len(traces(trio, scene.recordings[0])) >= 30
        await depositor.keep(name, FINGERPRINT, KEYS)
        assert len(traces(trio, name)) == 3

    play(trio, story)


def test_a_recording_that_is_past_its_time_goes_by_itself(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        unit = scene.unit()
        unit._keep_ms = DAY_MS
        recorded = await unit.record(a_drive(2, before_ms=NOW_MS))
        long = await scene.grant(expires_ms=NOW_MS + 30 * DAY_MS)
        scene.clock.advance(DAY_MS - 60_000)
        receipt = await scene.buy(scene.buyer, recording=recorded.recording, consent=long)
        await scene.fetch(scene.buyer, receipt)
        scene.clock.advance(60_000)
        await scene.make_block()
        with refuses(consent_errors.NOT_KEPT):
            await scene.fetch(scene.buyer, receipt)
        await back_up(scene)
        assert traces(trio, recorded.recording) == []
        told = await erasure(scene, recorded.recording)
        assert all(at_ms >= told.ended_ms > 0 for at_ms in told.destroyed_ms)
        assert len(traces(trio, scene.recordings[0])) >= 30

    play(trio, story)


def test_no_share_goes_out_once_it_is_stated_that_none_is_held(home: Path) -> None:
    """One release waits for the chain, another for its turn, and meanwhile the owner has it erased."""

    async def story(scene: Scene) -> None:
        line, name = Line(scene.client.node), scene.recordings[0]
        one = restarted(scene, client=line.client(scene))
        request = await request_of(scene, scene.buyer, scene.receipt)
        line.free.clear()
        first = asyncio.create_task(one.open(request))
        await line.waiting.wait()
        second = asyncio.create_task(one.open(request))
        await scene.client.send(scene.owner, Erase(name))
        forgetting = asyncio.create_task(one.forget(Forget((name,))))
        while traces(home, name, parties=["release"]):
            await asyncio.sleep(0.01)
        assert await statement(scene, name, "release") is None
        line.free.set()
        assert len((await first).shares) == 2
        with refuses(NO_KEY):
            await second
        await forgetting
        assert await statement(scene, name, "release") is not None

    play(home, story)


def test_a_buyer_of_an_owner_whose_did_was_revoked_gets_nothing_more(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        parties = scene.network.home.parties
        await end_account(parties, scene.client, scene.owner.account, sender=scene.owner.name)
        with refuses(consent_errors.OWNER_GONE):
            await scene.fetch(scene.buyer, scene.receipt)

    play(trio, story)
