"""What a member gives it has logged and stated before: the owner is paid once enough have, and the reader refunded."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path

import pytest
from homes import Scene, play, refuses, request_of
from homes.committee import MEMBERS

from autochain.client.http import NODE_AWAY
from autochain.onchain.contracts.market import RECEIPTS, Receipt
from autochain.onchain.contracts.release import GetLog
from autochain.onchain.contracts.release.errors import LOG_SHRANK
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.contracts.token.errors import TOO_POOR
from autochain.onchain.refusals import Refusal, present
from autochain.onchain.units import UACC_PER_ACC
from autochain.privacy import CANT_WRITE
from autochain.services.release import LAPSED, Log, errors

from .members import Dead, Line, given, member, put_in, restarted, true_parts

DAY_MS = 24 * 3_600_000
PRICE_UACC = 250_000


def log_of(home: Path, party: str) -> Log:
    return Log(home / "parties" / party / "releases.log")


async def receipt_of(scene: Scene) -> Receipt:
    record: Receipt = (await scene.client.prove(RECEIPTS, scene.receipt)).record
    return record


async def balances(scene: Scene) -> tuple[int, int]:
    """Gives what the owner and the buyer hold."""
    return await scene.client.balance_uacc(scene.owner.account), await scene.client.balance_uacc(scene.buyer.account)


async def check_anchored(scene: Scene, home: Path, *, entries: int) -> None:
    """Sees that the chain knows every member's log as it lies on the disk."""
    for each in MEMBERS:
        log = log_of(home, each)
        anchored = present(await scene.client.ask(GetLog(scene.network.wallet(each).account)), "it has anchored")
        assert (anchored.head, anchored.length) == (log.head, log.length)
        assert log.length == entries


def test_the_owner_is_paid_once_when_enough_members_have_given_and_not_before(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        there, (owner, buyer) = scene.network.committee, await balances(scene)
        accounts = [each.account for each in there.members]
        put_in(scene, {2: Dead(), 3: Dead()})
        with refuses(errors.TOO_FEW_MEMBERS):
            await scene.fetch(scene.buyer, scene.receipt)
        record = await receipt_of(scene)
        assert (record.status, list(record.given_by)) == ("open", accounts[:1])
        assert await balances(scene) == (owner, buyer)
        scene.network.committee = there
        put_in(scene, {1: Dead(), 3: Dead()})
        with refuses(errors.TOO_FEW_MEMBERS):
            # One is away each time, and yet two have stated now that they give: the reader asks again.
            await scene.fetch(scene.buyer, scene.receipt)
        record = await receipt_of(scene)
        assert (record.status, list(record.given_by)) == ("delivered", accounts[:2])
        assert await balances(scene) == (owner + PRICE_UACC, buyer)
        scene.network.committee = there
        assert (await scene.fetch(scene.buyer, scene.receipt)).parts == await true_parts(scene)
        assert sorted((await receipt_of(scene)).given_by) == sorted(accounts)
        assert await balances(scene) == (owner + PRICE_UACC, buyer)

    play(trio, story)


def test_the_reader_may_fetch_again_while_the_receipt_is_open_and_nobody_pays_again(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        owner, buyer = await balances(scene)
        expected = await true_parts(scene)
        assert (await scene.fetch(scene.buyer, scene.receipt)).parts == expected
        for _ in range(3):
            scene.clock.advance(1)
            assert (await scene.fetch(scene.buyer, scene.receipt)).parts == expected
        assert await balances(scene) == (owner + PRICE_UACC, buyer)
        for each in MEMBERS:
            # Every time is logged, and stated once.
            assert log_of(trio, each).length == 4
            anchored = present(await scene.client.ask(GetLog(scene.network.wallet(each).account)), "it has anchored")
            assert (anchored.head, anchored.length) == (log_of(trio, each).entries()[0].hash, 1)

    play(trio, story)


def test_a_request_that_is_sent_again_is_answered_and_logged_stated_and_paid_once(trio: Path) -> None:
    """The later ones still show the receipt as it was before anybody gave."""

    async def story(scene: Scene) -> None:
        owner, buyer = await balances(scene)
        request = await request_of(scene, scene.buyer, scene.receipt)
        height = (await scene.client.status()).height
        for _ in range(3):
            answers = await asyncio.gather(*(member(scene, number).open(request) for number in (1, 2, 3, 1)))
            assert [given(scene, answers[0]), given(scene, answers[3])] == [given(scene, answers[0])] * 2
            scene.clock.advance(14_000)
        assert await balances(scene) == (owner + PRICE_UACC, buyer)
        assert len((await receipt_of(scene)).given_by) == 3
        assert (await scene.client.status()).height <= height + 6
        await check_anchored(scene, trio, entries=1)
        scene.clock.advance(14_000)
        with refuses(errors.STALE_REQUEST):
            await member(scene, 1).open(request)

    play(trio, story)


def test_with_fewer_than_enough_members_the_reader_is_refunded_and_the_receipt_opens_nothing_more(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        long = await scene.grant(expires_ms=scene.clock() + 10 * DAY_MS)
        scene.receipt = await scene.buy(scene.buyer, consent=long)
        there, (owner, buyer) = scene.network.committee, await balances(scene)
        put_in(scene, {2: Dead(), 3: Dead()})
        with refuses(errors.TOO_FEW_MEMBERS):
            await scene.fetch(scene.buyer, scene.receipt)
        scene.network.committee = there
        scene.clock.advance(DAY_MS + 1_000)
        await scene.make_block()
        with refuses(LAPSED):
            await scene.fetch(scene.buyer, scene.receipt)
        await scene.make_block()
        assert (await receipt_of(scene)).status == "refunded"
        # The standing receipt has lapsed too.
        assert await balances(scene) == (owner, buyer + 2 * PRICE_UACC)
        with refuses(LAPSED):
            await scene.fetch(scene.buyer, scene.receipt)
        assert [log_of(trio, each).length for each in MEMBERS] == [1, 0, 0]

    play(trio, story)


def test_a_receipt_that_was_delivered_gives_nothing_more_after_its_day(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        long = await scene.grant(expires_ms=scene.clock() + 10 * DAY_MS)
        scene.receipt = await scene.buy(scene.buyer, consent=long)
        await scene.fetch(scene.buyer, scene.receipt)
        scene.clock.advance(DAY_MS + 1_000)
        await scene.make_block()
        assert (await receipt_of(scene)).status == "delivered"
        with refuses(LAPSED):
            await scene.fetch(scene.buyer, scene.receipt)

    play(trio, story)


def test_every_release_stands_in_the_log_before_it_is_stated_and_the_chain_knows_the_logs(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        seen: list[int] = []
        line = Line(scene.client.node)
        line.submitting = lambda: seen.append(log_of(trio, "release-2").length)
        restarted(scene, 2, client=line.client(scene))
        receipts = [scene.receipt, await scene.buy(scene.buyer), await scene.buy(scene.buyer)]
        await scene.fetch(scene.buyer, receipts[0])
        await asyncio.gather(*(scene.fetch(scene.buyer, receipt) for receipt in receipts[1:]))
        assert seen == [1, 2, 3]
        await check_anchored(scene, trio, entries=3)
        for each in MEMBERS:
            entries = log_of(trio, each).entries()
            assert {entry.receipt for entry in entries} == set(receipts)
            assert {(entry.reader, entry.recording, entry.time_ms) for entry in entries} == {
                (scene.buyer.account, scene.recordings[0], scene.clock())
            }

    play(trio, story)


def test_no_share_goes_out_while_the_chain_is_away(home: Path) -> None:
    async def story(scene: Scene) -> None:
        line = Line(scene.client.node)
        line.cut = True
        service = restarted(scene, client=line.client(scene))
        request = await request_of(scene, scene.buyer, scene.receipt)
        for _ in range(2):
            with refuses(NODE_AWAY):
                await service.open(request)
        # What did not go out may stand in the log; what goes out must.
        assert log_of(home, "release").length == 2
        assert (await receipt_of(scene)).given_by == ()
        line.cut = False
        assert len((await service.open(request)).shares) == 2
        await check_log(scene, home, entries=3)

    play(home, story)


async def check_log(scene: Scene, home: Path, *, entries: int) -> None:
    log = log_of(home, "release")
    anchored = present(await scene.client.ask(GetLog(scene.network.wallet("release").account)), "it has anchored")
    assert (anchored.head, anchored.length, log.length) == (log.head, entries, entries)


def test_no_share_goes_out_while_nobody_pays_the_fee(home: Path) -> None:
    async def story(scene: Scene) -> None:
        service = restarted(scene, payer="")
        with refuses(TOO_POOR):
            await scene.fetch(scene.buyer, scene.receipt)
        assert (await receipt_of(scene)).given_by == ()
        giver = scene.network.wallet("operation")
        await scene.client.send(giver, Transfer(scene.network.wallet("release").account, UACC_PER_ACC))
        assert len((await service.open(await request_of(scene, scene.buyer, scene.receipt))).shares) == 2
        await check_log(scene, home, entries=2)

    play(home, story)


def test_no_share_goes_out_that_could_not_be_logged(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(scene: Scene) -> None:
        service = restarted(scene)
        request = await request_of(scene, scene.buyer, scene.receipt)

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with refuses(CANT_WRITE):
                await service.open(request)
        assert (await receipt_of(scene)).given_by == ()
        assert len((await service.open(request)).shares) == 2
        await check_log(scene, home, entries=1)

    play(home, story)


@pytest.mark.parametrize("lost", ["wholly", "in part"])
def test_a_member_whose_log_was_lost_gives_nothing_more_until_it_is_restored(home: Path, lost: str) -> None:
    async def story(scene: Scene) -> None:
        path = home / "parties" / "release" / "releases.log"
        copies: list[bytes] = [b""]
        for _ in range(3):
            await scene.fetch(scene.buyer, await scene.buy(scene.buyer))
            copies.append(path.read_bytes())
        path.write_bytes(copies[0 if lost == "wholly" else 1])
        restarted(scene)
        with refuses(LOG_SHRANK):
            await scene.fetch(scene.buyer, scene.receipt)
        path.write_bytes(copies[-1])
        restarted(scene)
        await scene.fetch(scene.buyer, scene.receipt)
        await check_log(scene, home, entries=4)

    play(home, story)


def test_what_is_refused_is_neither_logged_nor_stated(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        old = await request_of(scene, scene.buyer, scene.receipt, time_ms=scene.clock() - 31_000)
        stolen = await request_of(scene, scene.buyer, scene.receipt, signer=scene.rival)
        for request in (old, stolen):
            for number in (1, 2, 3):
                with pytest.raises(Refusal):
                    await member(scene, number).open(request)
        assert [log_of(trio, each).length for each in MEMBERS] == [0, 0, 0]
        assert (await receipt_of(scene)).given_by == ()

    play(trio, story)
