"""What a subject is shown is proved and whole, whatever a node leaves out; an erasure is done when all have said so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from homes import Outsider, Scene, play, refuses

from autochain.network import erase, export_data, sharing_list
from autochain.network.rights import NOT_COMPLETE, NOT_ERASED
from autochain.onchain.contracts.market import COUNTS, RECEIPTS, GetReceipt
from autochain.onchain.contracts.recording import GetErasure, GetRecording
from autochain.onchain.contracts.recording.errors import NOT_YOURS
from autochain.onchain.ledger import Answer
from autochain.onchain.refusals import Refusal, present
from autochain.services.release.errors import NO_ANSWER
from autochain.services.release.records import Deposit, Forget, Opened, OpenRequest
from autochain.vault.errors import MISSING


def no_progress(_done: int, _of: int) -> None:
    """Nobody looks on."""


class Hiding:
    """A node that answers whoever asks for one account's lists with another's."""

    def __init__(self, node: Any, *, hides: bytes, shows: bytes) -> None:
        self._node = node
        self._hides = hides
        self._shows = shows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name)

    async def query(self, data: bytes, *, height: int = 0) -> Answer:
        answer: Answer = await self._node.query(data.replace(self._hides, self._shows), height=height)
        return answer


def test_a_receipt_that_a_node_leaves_out_is_missed(home: Path, tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        shared = await sharing_list(scene.network, scene.owner.account, progress=no_progress)
        assert [name for name, _ in shared.receipts] == [scene.receipt]
        scene.client.node = Hiding(scene.client.node, hides=scene.owner.account, shows=scene.rival.account)
        with refuses(NOT_COMPLETE):
            await sharing_list(scene.network, scene.owner.account, progress=no_progress)
        with refuses(NOT_COMPLETE):
            await export_data(scene.network, scene.owner, tmp_path / "mine.zip", progress=no_progress)

    play(home, story)


def test_receipts_of_another_do_not_pass_for_ones_own(home: Path) -> None:
    async def story(scene: Scene) -> None:
        scene.client.node = Hiding(scene.client.node, hides=scene.rival.account, shows=scene.owner.account)
        with refuses(NOT_COMPLETE):
            await sharing_list(scene.network, scene.rival.account, progress=no_progress)

    play(home, story)


def test_a_list_that_grows_while_it_is_proved_is_asked_for_again(home: Path) -> None:
    async def story(scene: Scene) -> None:
        buying: list[asyncio.Task[bytes]] = []

        def buy_once(_done: int, _of: int) -> None:
            if not buying:
                buying.append(asyncio.ensure_future(scene.buy(scene.buyer, recording=scene.recordings[1])))

        shared = await sharing_list(scene.network, scene.owner.account, progress=buy_once)
        names = {scene.receipt, await buying[0]}
        if len(shared.receipts) == 1:  # The purchase came after the count, under which the list is whole.
            shared = await sharing_list(scene.network, scene.owner.account, progress=no_progress)
        assert {name for name, _ in shared.receipts} == names

    play(home, story)


class Deaf:
    """A member of the committee that does not hear of erasures."""

    def __init__(self, honest: Any) -> None:
        self._honest = honest

    async def deposit(self, deposit: Deposit) -> None:
        await self._honest.deposit(deposit)

    async def open(self, request: OpenRequest) -> Opened:
        opened: Opened = await self._honest.open(request)
        return opened

    async def forget(self, _: Forget) -> None:
        raise NO_ANSWER()


class Idle(Deaf):
    """A member that says it forgets, and states nothing on the chain."""

    async def forget(self, _: Forget) -> None:
        return


@pytest.mark.parametrize("kind", [Deaf, Idle])
def test_an_erasure_is_not_called_done_before_every_holder_has_stated_it(home: Path, kind: type[Deaf]) -> None:
    async def story(scene: Scene) -> None:
        name, honest = scene.recordings[0], scene.network.committee.members[0].release
        record = present(await scene.client.ask(GetRecording(name)), "it was recorded")
        scene.reach_member_through(kind(honest))
        with refuses(NOT_ERASED):
            await erase(scene.network, scene.owner, [name], progress=no_progress)
        erasure = present(await scene.client.ask(GetErasure(name)), "it was recorded")
        assert erasure.ended_ms > 0
        assert erasure.destroyed_ms == (0,)
        scene.reach_member_through(honest)
        (receipt,) = await erase(scene.network, scene.owner, [name], progress=no_progress)
        assert [holder.account for holder in receipt.holders] == list(erasure.members)
        assert scene.part_keys(name) == {}
        with refuses(MISSING):
            scene.network.vault.get_manifest(record.manifest_root)

    play(home, story)


def test_an_erasure_names_who_has_read_before_and_nobody_who_only_paid(home: Path) -> None:
    async def story(scene: Scene) -> None:
        paid = present(await scene.client.ask(GetReceipt(scene.receipt)), "it was bought")
        assert paid.status == "open"
        await scene.fetch(scene.buyer, await scene.buy(scene.buyer, recording=scene.recordings[1]))
        receipts = await erase(scene.network, scene.owner, scene.recordings, progress=no_progress)
        assert [receipt.recording for receipt in receipts] == scene.recordings
        assert [len(receipt.read_before) for receipt in receipts] == [0, 1]

    play(home, story)


def test_a_stranger_erases_nothing_over_http_either(home: Path) -> None:
    async def story(scene: Scene) -> None:
        outsider = Outsider(scene.network)
        await outsider.release.forget(Forget((scene.recordings[0], bytes(20))))
        erasure = present(await scene.client.ask(GetErasure(scene.recordings[0])), "it was recorded")
        assert (erasure.ended_ms, erasure.destroyed_ms) == (0, (0,))
        assert (await scene.fetch(scene.buyer, scene.receipt)).parts
        with refuses(NOT_YOURS):
            await erase(scene.network, scene.rival, [scene.recordings[0]], progress=no_progress)
        with refuses(NOT_YOURS):
            await erase(scene.network, scene.owner, [bytes(20)], progress=no_progress)

    play(home, story)


def test_where_one_recording_is_not_the_owner_s_none_is_erased(home: Path) -> None:
    async def story(scene: Scene) -> None:
        stranger = bytes(20)
        for names in ([*scene.recordings, stranger], [stranger, *scene.recordings]):
            with pytest.raises(Refusal, match=stranger.hex()) as refused:
                await erase(scene.network, scene.owner, names, progress=no_progress)
            assert refused.value.reason == NOT_YOURS
        for name in scene.recordings:
            assert present(await scene.client.ask(GetRecording(name)), "it was recorded").erased_ms == 0
            assert len(scene.part_keys(name)) == 8

    play(home, story)


def test_a_recording_that_is_named_twice_is_erased_once(home: Path) -> None:
    async def story(scene: Scene) -> None:
        told: list[tuple[int, int]] = []
        first, other = scene.recordings
        receipts = await erase(
            scene.network, scene.owner, [first, other, first], progress=lambda done, of: told.append((done, of))
        )
        assert [receipt.recording for receipt in receipts] == [first, other]
        assert told == [(1, 2), (2, 2)]

    play(home, story)


def test_a_damaged_manifest_does_not_keep_an_owner_from_its_receipt(home: Path) -> None:
    async def story(scene: Scene) -> None:
        name = scene.recordings[0]
        record = present(await scene.client.ask(GetRecording(name)), "it was recorded")
        (manifest,) = scene.network.home.vault.rglob(record.manifest_root.hex())
        manifest.write_bytes(b"else")
        (receipt,) = await erase(scene.network, scene.owner, [name], progress=no_progress)
        assert receipt.recording == name
        assert [holder.account for holder in receipt.holders] == [scene.network.committee.members[0].account]
        assert scene.part_keys(name) == {}
        assert not manifest.exists()

    play(home, story)


class Counting:
    """A node that notes for which keys it was asked for proofs, and has something happen before each count."""

    def __init__(self, node: Any, grow: Callable[[], Awaitable[object]], *, counts: bytes) -> None:
        self._node = node
        self._grow = grow
        self._counts = counts
        self.asked: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name)

    async def prove(self, key: bytes, **options: Any) -> Any:
        if key == self._counts:
            await self._grow()
        self.asked.append(key)
        return await self._node.prove(key, **options)


def test_what_was_proved_is_not_proved_again_when_the_list_has_grown(home: Path) -> None:
    async def story(scene: Scene) -> None:
        node, growing = scene.client.node, [scene.recordings[1]]

        async def grow() -> None:
            # Not through this node: buying asks for proofs, too.
            if growing:
                scene.client.node = node
                await scene.buy(scene.buyer, recording=growing.pop())
                scene.client.node = counting

        counting: Any = Counting(node, grow, counts=COUNTS.key(scene.owner.account))
        scene.client.node = counting
        shared = await sharing_list(scene.network, scene.owner.account, progress=no_progress)
        assert len(shared.receipts) == 2
        receipts = [RECEIPTS.key(name) for name, _ in shared.receipts]
        assert sorted(key for key in counting.asked if key in receipts) == sorted(receipts)
        assert counting.asked.count(COUNTS.key(scene.owner.account)) == 2

    play(home, story)
