"""Members that are dead, slow, spoilt or lie: named, survived where enough others are left, never a wrong reading."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from homes import Scene, play, refuses
from msgspec.structs import replace
from node.served import served

from autochain.client import HttpNode
from autochain.client.http import BAD_ANSWER, NODE_AWAY
from autochain.onchain.codec import NOT_DECODABLE, TOO_LONG, encode
from autochain.onchain.contracts import consent as consents
from autochain.onchain.contracts.consent import errors as consent_errors
from autochain.onchain.ids import derive
from autochain.onchain.ledger import Refused
from autochain.onchain.refusals import Reason, Refusal
from autochain.privacy.hpke import NOT_OPENED
from autochain.services.release import HttpRelease, Release, errors
from autochain.services.release import committee as release_committee
from autochain.services.release.log import LOG_BROKEN
from autochain.services.release.records import Opened
from autochain.vault import wrap
from autochain.vault.errors import NO_KEY
from autochain.wallet.errors import BAD_WALLET

from .members import Dead, Lie, Lying, Slow, context_for, given, member, put_in, resealed, true_parts

OTHER_RECEIPT = derive("receipt", b"another")


def turned(scene: Scene, opened: Opened) -> Opened:
    return resealed(scene, opened, lambda share: bytes([share[0] ^ 1]) + share[1:])


def shorter(scene: Scene, opened: Opened) -> Opened:
    return resealed(scene, opened, lambda share: share[:-1])


def longer(scene: Scene, opened: Opened) -> Opened:
    return resealed(scene, opened, lambda share: share + b"\x00")


def none_at_all(scene: Scene, opened: Opened) -> Opened:
    return resealed(scene, opened, lambda share: b"")


def swapped(scene: Scene, opened: Opened) -> Opened:
    """Gives the share of the one part as that of the other."""
    shares = given(scene, opened)
    others = {shares["motion"]: shares["position"], shares["position"]: shares["motion"]}
    return resealed(scene, opened, lambda share: others[share])


def one_false(scene: Scene, opened: Opened) -> Opened:
    """Lies about one part alone."""
    motion, position = turned(scene, opened).shares[0], opened.shares[1]
    return Opened((motion, position))


def for_another_receipt(scene: Scene, opened: Opened) -> Opened:
    shares = given(scene, opened)
    return Opened(
        tuple(
            replace(
                each,
                sealed=wrap(
                    shares[each.category],
                    scene.buyer.encryption_key,
                    context_for(scene, each, receipt=OTHER_RECEIPT),
                ),
            )
            for each in opened.shares
        )
    )


def to_somebody_else(scene: Scene, opened: Opened) -> Opened:
    shares = given(scene, opened)
    return Opened(
        tuple(
            replace(each, sealed=wrap(shares[each.category], scene.rival.encryption_key, context_for(scene, each)))
            for each in opened.shares
        )
    )


LIES: dict[str, tuple[Lie, Reason]] = {
    "a false share": (turned, errors.FALSE_SHARE),
    "a shorter share": (shorter, errors.FALSE_SHARE),
    "a longer share": (longer, errors.FALSE_SHARE),
    "a share of no bytes": (none_at_all, errors.FALSE_SHARE),
    "shares of the wrong parts": (swapped, errors.FALSE_SHARE),
    "one false share of two": (one_false, errors.FALSE_SHARE),
    "shares for another receipt": (for_another_receipt, NOT_OPENED),
    "shares to somebody else": (to_somebody_else, NOT_OPENED),
    "an empty answer": (lambda _, opened: Opened(()), errors.TOO_FEW_MEMBERS),
    "half an answer": (lambda _, opened: Opened(opened.shares[:1]), errors.TOO_FEW_MEMBERS),
    "sealed bytes that are none": (
        lambda _, opened: Opened(tuple(replace(each, sealed=b"x" * 80) for each in opened.shares)),
        NOT_OPENED,
    ),
}
lies = pytest.mark.parametrize(("lie", "reason"), LIES.values(), ids=LIES)


@lies
def test_whichever_of_three_lies_is_named_and_the_reading_is_the_true_one(trio: Path, lie: Lie, reason: Reason) -> None:
    async def story(scene: Scene) -> None:
        committee, true = scene.network.committee, await true_parts(scene)
        for number in (1, 2, 3):
            scene.network.committee = committee
            put_in(scene, {number: Lying(scene, member(scene, number), lie)})
            reading = await scene.fetch(scene.buyer, scene.receipt)
            assert reading.parts == true
            assert {each: refusal.reason for each, refusal in reading.failed.items()} == {number: reason}

    play(trio, story)


@lies
def test_two_liars_of_three_give_no_reading_at_all_and_the_refusal_tells_of_them(
    trio: Path, lie: Lie, reason: Reason
) -> None:
    async def story(scene: Scene) -> None:
        put_in(scene, {number: Lying(scene, member(scene, number), lie) for number in (1, 3)})
        with pytest.raises(Refusal) as caught:
            await scene.fetch(scene.buyer, scene.receipt)
        assert caught.value.reason == errors.TOO_FEW_MEMBERS
        if reason == errors.FALSE_SHARE:
            # Of three shares of which no two fit together, nobody can say which one is genuine.
            assert "of 3 shares no 2 are genuine" in caught.value.text
        else:
            assert f"member 1: {reason.text}" in caught.value.text
            assert f"member 3: {reason.text}" in caught.value.text
            assert "member 2" not in caught.value.text

    play(trio, story)


@pytest.mark.parametrize(("file", "reason"), [("releases.log", LOG_BROKEN), ("wallet.json", BAD_WALLET)])
def test_a_member_whose_own_files_are_damaged_is_done_without_and_named(trio: Path, file: str, reason: Reason) -> None:
    (trio / "parties" / "release-2" / file).write_bytes(b"\xff" * 300)

    async def story(scene: Scene) -> None:
        reading = await scene.fetch(scene.buyer, scene.receipt)
        assert reading.parts == await true_parts(scene)
        assert {number: refusal.reason for number, refusal in reading.failed.items()} == {2: reason}

    play(trio, story)


def test_where_one_is_dead_and_one_lies_both_are_told_of(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        put_in(scene, {1: Dead(), 2: Lying(scene, member(scene, 2), turned)})
        with pytest.raises(Refusal) as caught:
            await scene.fetch(scene.buyer, scene.receipt)
        assert caught.value.reason == errors.TOO_FEW_MEMBERS
        assert "motion, exact: of 2 shares no 2 are genuine" in caught.value.text
        assert f"member 1: {NODE_AWAY.text}" in caught.value.text

    play(trio, story)


def test_whichever_of_three_is_dead_is_named_and_survived(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        committee = scene.network.committee
        for number in (1, 2, 3):
            scene.network.committee = committee
            put_in(scene, {number: Dead()})
            reading = await scene.fetch(scene.buyer, scene.receipt)
            assert reading.parts == await true_parts(scene)
            assert {each: refusal.reason for each, refusal in reading.failed.items()} == {number: NODE_AWAY}

    play(trio, story)


def test_two_dead_members_of_three_are_both_named(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        put_in(scene, {2: Dead(), 3: Dead()})
        with pytest.raises(Refusal) as caught:
            await scene.fetch(scene.buyer, scene.receipt)
        assert caught.value.reason == errors.TOO_FEW_MEMBERS
        assert "member 2: The network does not answer." in caught.value.text
        assert "member 3: The network does not answer." in caught.value.text
        assert "member 1" not in caught.value.text

    play(trio, story)


def test_what_all_members_refuse_for_one_reason_is_refused_for_that_reason(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        await scene.client.send(scene.owner, consents.Revoke(scene.consent))
        with refuses(consent_errors.ENDED):
            await scene.fetch(scene.buyer, scene.receipt)
        put_in(scene, {1: Dead()})
        with pytest.raises(Refusal) as caught:
            await scene.fetch(scene.buyer, scene.receipt)
        assert caught.value.reason == errors.TOO_FEW_MEMBERS
        assert f"member 3: {consent_errors.ENDED.text}" in caught.value.text

    play(trio, story)


def test_a_slow_member_is_waited_for_so_long_and_then_named(trio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_committee, "MEMBER_S", 4.0)

    async def story(scene: Scene) -> None:
        put_in(scene, {2: Slow()})
        reading = await scene.fetch(scene.buyer, scene.receipt)
        assert reading.parts == await true_parts(scene)
        assert {each: refusal.reason for each, refusal in reading.failed.items()} == {2: errors.NO_ANSWER}
        assert "within 4 seconds" in reading.failed[2].text

    play(trio, story)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.unlink(), NO_KEY),
        (lambda path: path.write_bytes(b""), NOT_OPENED),
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\x00\x00"), NOT_OPENED),
        (lambda path: path.write_bytes(path.with_name("position.exact.key").read_bytes()), NOT_OPENED),
    ],
    ids=["lost", "emptied", "changed", "mixed up"],
)
def test_a_member_whose_share_is_lost_or_spoilt_is_named_and_survived(
    trio: Path, spoil: Callable[[Path], None], reason: Reason
) -> None:
    async def story(scene: Scene) -> None:
        spoil(trio / "parties" / "release-2" / "keys" / scene.recordings[0].hex() / "motion.exact.key")
        reading = await scene.fetch(scene.buyer, scene.receipt)
        assert reading.parts == await true_parts(scene)
        assert {each: refusal.reason for each, refusal in reading.failed.items()} == {2: reason}

    play(trio, story)


Answer = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]


def answering(status: int, body: bytes, media_type: bytes = b"application/vnd.msgpack") -> Answer:
    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        headers = [(b"content-type", media_type), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


async def torn(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """Promises more than it sends."""
    headers = [(b"content-type", b"application/vnd.msgpack"), (b"content-length", b"1000")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"x", "more_body": True})


REFUSED = encode(Refused("release", 99, "Somebody made this up.", "Nothing helps.", "x" * 100))
ANSWERS: dict[str, tuple[Answer, Reason]] = {
    "nothing": (answering(200, b""), NOT_DECODABLE),
    "garbage": (answering(200, bytes(range(256)) * 4), NOT_DECODABLE),
    "too much": (answering(200, bytes(70_000)), TOO_LONG),
    "far too much": (answering(200, bytes(65 * 1024 * 1024)), BAD_ANSWER),
    "a page": (answering(200, b"<html>", b"text/html"), BAD_ANSWER),
    "a refusal that is none": (answering(422, b"\xff\xff"), NOT_DECODABLE),
    "a refusal that it made up": (
        answering(422, REFUSED),
        Reason("release", 99, "Somebody made this up.", "Nothing helps."),
    ),
    "half of it": (torn, NODE_AWAY),
}


@pytest.mark.parametrize(("answer", "reason"), ANSWERS.values(), ids=ANSWERS)
def test_a_member_that_answers_nonsense_over_http_is_named_and_survived(
    trio: Path, answer: Answer, reason: Reason
) -> None:
    async def story(scene: Scene) -> None:
        async with served(answer) as address:
            node = HttpNode.at(address, "")
            nonsense: Release = HttpRelease(node, 3)
            put_in(scene, {3: nonsense})
            reading = await scene.fetch(scene.buyer, scene.receipt)
            await node.close()
        assert reading.parts == await true_parts(scene)
        assert {each: refusal.reason for each, refusal in reading.failed.items()} == {3: reason}

    play(trio, story)


def test_a_member_where_nobody_listens_is_named_and_survived(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        node = HttpNode.at("127.0.0.1:1", "")
        put_in(scene, {3: HttpRelease(node, 3)})
        reading = await scene.fetch(scene.buyer, scene.receipt)
        await node.close()
        assert {each: refusal.reason for each, refusal in reading.failed.items()} == {3: NODE_AWAY}

    play(trio, story)
