"""A full disk is named, leaves nothing half done, and with room the work goes on."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from homes import NOW_MS, Outsider, Scene, a_drive, play, refuses

from autochain.node.store import chain_store
from autochain.onchain.contracts.mining import GetReward
from autochain.onchain.contracts.recording import ListRecordings
from autochain.onchain.ledger.errors import STORE_FULL
from autochain.onchain.refusals import Refusal, present
from autochain.privacy import CANT_WRITE
from autochain.services.release.errors import STALE_REQUEST

PAGE_BYTES = 4_096


@contextmanager
def full_disk(monkeypatch: pytest.MonkeyPatch, *, room: int = 0) -> Iterator[list[int]]:
    """A disk that takes so many files in and then no more."""
    fsync, lock = os.fsync, threading.Lock()
    taken: list[int] = []

    def bounded(descriptor: int) -> None:
        with lock:
            if len(taken) >= room:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            taken.append(descriptor)
        fsync(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", bounded)
        yield taken


def files(home: Path) -> set[Path]:
    return {path for path in home.rglob("*") if path.is_file()}


def test_wherever_the_disk_is_full_while_a_car_records_it_is_named_and_can_be_done_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(scene: Scene) -> None:
        unit = scene.unit()
        refused = 0
        # How many files and folders a drive needs depends on where its hashes fall.
        for room in range(0, 1_000, 3):
            drive = a_drive(10 + room, before_ms=NOW_MS)
            before = len(await scene.client.pages(ListRecordings()))
            try:
                with full_disk(monkeypatch, room=room):
                    await unit.record(drive)
                break
            except Refusal as refusal:
                assert refusal.reason == CANT_WRITE
                refused += 1
            assert len(await scene.client.pages(ListRecordings())) == before
            recorded = await unit.record(drive)
            assert not recorded.known
            reward = present(await scene.client.ask(GetReward(recorded.recording)), "it was rewarded")
            assert reward.reward_uacc == 30_000
            receipt = await scene.buy(scene.buyer, recording=recorded.recording)
            assert len((await scene.fetch(scene.buyer, receipt)).parts) == 2
        assert refused >= 8
        # On a slow machine there is time for a backup.
        usual = {".mdb", ".json", ".key", ".share", ".log", ""}
        assert {path.suffix for path in files(home)} - {".backup"} == usual
        assert not [path for path in files(home) if path.name.startswith(".")]

    play(home, story)


def test_a_release_whose_disk_is_full_says_so_over_http(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(scene: Scene) -> None:
        outsider = Outsider(scene.network)
        scene.reach_member_through(outsider.release)
        drive = a_drive(2, before_ms=NOW_MS)
        away, unit = scene.unit(), scene.unit()
        away._holders, unit._holders = (Away(),), unit._holders[:1]
        with refuses(STALE_REQUEST):
            await away.record(drive)
        # What was sealed lies in the outbox now, so that the release alone has something to write.
        before = files(home)
        with full_disk(monkeypatch), refuses(CANT_WRITE):
            await unit.record(drive)
        assert CANT_WRITE.text.encode() in outsider.heard[-1]
        assert files(home) == before
        assert not (await unit.record(drive)).known

    play(home, story)


class Away:
    """A key holder that is away."""

    async def keep(self, *_: object) -> None:
        raise STALE_REQUEST()


def test_a_chain_whose_store_is_full_says_so_and_goes_on_with_room(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = home / "chains" / "main" / "data.mdb"
    committed: list[bytes] = []

    async def until_full(scene: Scene) -> None:
        for number in range(2, 200):
            committed.append((await scene.unit().record(a_drive(number, before_ms=NOW_MS))).recording)

    async def with_room(scene: Scene) -> None:
        assert set(committed) <= set(scene.recordings)
        flushed = await scene.unit().flush()
        names = {name for name, _ in await scene.client.pages(ListRecordings())}
        assert len(names) == 2 + len(committed) + 1
        assert {one.recording for one in flushed} <= names

    with monkeypatch.context() as patched:
        pages = data.stat().st_size // PAGE_BYTES + 40
        patched.setattr(chain_store, "MAP_BYTES", pages * PAGE_BYTES)
        with refuses(STORE_FULL):
            play(home, until_full)
    assert committed
    play(home, with_room)
