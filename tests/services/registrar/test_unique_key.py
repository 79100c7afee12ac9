"""From a VIN to its unique key: the same whoever evaluates it, and survived are the slow, the dead and the lying."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from homes import refuses

from autochain.client import HttpNode
from autochain.client.http import BAD_ANSWER, NODE_AWAY
from autochain.onchain.crypto import ristretto255 as group
from autochain.onchain.crypto import tagged_hash
from autochain.onchain.crypto import voprf as verifying
from autochain.onchain.refusals import Refusal
from autochain.privacy.voprf import KEYS_DISAGREE, KeyShare, PublicKeys
from autochain.services.registrar import HttpRegistrar, Registrar, keep_share, load_share
from autochain.services.registrar.errors import NOT_AUTHORITY, TOO_FEW
from autochain.services.registrar.records import Evaluate, Evaluated
from autochain.services.registrar.vin import LIED, SLOW

from .registry import KEY, OTHER_VIN, VIN, Registry, play


def expected(vin: str) -> bytes:
    """What the whole key makes of a VIN, computed without blinding."""
    message = vin.encode()
    output = verifying.output(message, group.times(KEY, verifying.hash_to_group(message)))
    return tagged_hash("vin-uniqueness", output)


class Silent:
    """A registrar that never answers."""

    def __init__(self) -> None:
        self.cancelled = False

    async def evaluate(self, request: Evaluate) -> Evaluated:
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled = True
        raise AssertionError("nobody sets this event")


class Lying:
    """A registrar that answers with what another share, or none, would give."""

    def __init__(self, true: Registrar, *, place: str, value: bytes) -> None:
        self._true = true
        self._place = place
        self._value = value

    async def evaluate(self, request: Evaluate) -> Evaluated:
        answer = await self._true.evaluate(request)
        if self._place == "element":
            return Evaluated(self._value, answer.proof)
        return Evaluated(answer.element, self._value)


class Slower:
    """A registrar that answers after all others had their turn."""

    def __init__(self, true: Registrar, turns: int) -> None:
        self._true = true
        self._turns = turns

    async def evaluate(self, request: Evaluate) -> Evaluated:
        for _ in range(self._turns):
            await asyncio.sleep(0)
        return await self._true.evaluate(request)


def test_any_two_of_three_give_what_the_whole_key_gives_whatever_the_blinds(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        assert (await registry.ask()) == (expected(VIN), {})
        for pair in [(1, 2), (1, 3), (2, 3), (3, 1)]:
            chosen = {number: registry.registrars[number] for number in pair}
            assert (await registry.ask(registrars=chosen)) == (expected(VIN), {})

    play(tmp_path, story)


def test_two_vins_have_two_keys(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        assert (await registry.ask(OTHER_VIN)).key == expected(OTHER_VIN) != expected(VIN)

    play(tmp_path, story)


def test_over_sockets_the_key_is_the_same(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        async with registry.over_http() as reached:
            assert (await registry.ask(registrars=reached)) == (expected(VIN), {})
            with refuses(TOO_FEW):
                await registry.ask(registrars=reached, by="stranger")

    play(tmp_path, story)


def test_what_registrars_see_of_one_vin_differs_each_time(tmp_path: Path) -> None:
    seen: list[bytes] = []

    class Watching:
        def __init__(self, true: Registrar) -> None:
            self._true = true

        async def evaluate(self, request: Evaluate) -> Evaluated:
            seen.append(request.blinded)
            return await self._true.evaluate(request)

    async def story(registry: Registry) -> None:
        watched = {number: Watching(true) for number, true in registry.registrars.items()}
        for _ in range(4):
            await registry.ask(registrars=watched)
        assert len(seen) == 12
        assert len(set(seen)) == 4

    play(tmp_path, story)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_registrar_that_never_answers_is_named_and_let_go(tmp_path: Path, number: int) -> None:
    async def story(registry: Registry) -> None:
        silent = Silent()
        asked: dict[int, Registrar] = {**registry.registrars, number: silent}
        assert (await registry.ask(registrars=asked, grace_s=0.05)) == (expected(VIN), {number: SLOW})
        assert silent.cancelled

    play(tmp_path, story)


def test_one_that_is_a_little_slower_than_the_others_is_not_named(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        slower: dict[int, Registrar] = {**registry.registrars, 1: Slower(registry.registrars[1], 20)}
        assert (await registry.ask(registrars=slower)) == (expected(VIN), {})

    play(tmp_path, story)


@pytest.mark.parametrize("lie", ["another element", "the identity", "no element", "another proof", "no proof"])
@pytest.mark.parametrize("number", [1, 3])
def test_a_lying_registrar_is_named_and_left_out(tmp_path: Path, number: int, lie: str) -> None:
    place, value = {
        "another element": ("element", verifying.hash_to_group(b"")),
        "the identity": ("element", bytes(32)),
        "no element": ("element", b"\xff" * 32),
        "another proof": ("proof", bytes(64)),
        "no proof": ("proof", b""),
    }[lie]

    async def story(registry: Registry) -> None:
        liar = Lying(registry.registrars[number], place=place, value=value)
        # It answers first, and the truth comes later.
        asked: dict[int, Registrar] = {n: Slower(true, 5) for n, true in registry.registrars.items()}
        assert (await registry.ask(registrars={**asked, number: liar})) == (expected(VIN), {number: LIED})

    play(tmp_path, story)


def test_a_dead_registrar_and_what_is_none_are_named(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        async with registry.over_http() as reached:
            dead = HttpNode.at("127.0.0.1:1", "main")
            failed = (await registry.ask(registrars={**reached, 2: HttpRegistrar(dead, 2)})).failed
            assert list(failed) == [2]
            assert NODE_AWAY.text in failed[2]
            await dead.close()
            wrong = {**reached, 3: HttpRegistrar(reached[1]._http, 3)}
            failed = (await registry.ask(registrars=wrong)).failed
            assert list(failed) == [3]
            assert "[node/1]" in failed[3]

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi", BAD_ANSWER.text),
        (
            b"HTTP/1.1 200 OK\r\ncontent-type: application/vnd.msgpack\r\ncontent-length: 2\r\n\r\nhi",
            "[codec/1]",
        ),
        (
            b"HTTP/1.1 422 No\r\ncontent-type: application/vnd.msgpack\r\ncontent-length: 2\r\n\r\nhi",
            "[codec/1]",
        ),
        (b"no http", NODE_AWAY.text),
        (b"", NODE_AWAY.text),
    ],
    ids=["a page", "garbage", "a garbled refusal", "no HTTP", "nothing"],
)
def test_whatever_a_registrar_sends_back_is_survived(tmp_path: Path, answer: bytes, said: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    async def story(registry: Registry) -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        node = HttpNode.at("{}:{}".format(*server.sockets[0].getsockname()[:2]), "main")
        found = await registry.ask(registrars={**registry.registrars, 2: HttpRegistrar(node, 2)})
        assert found.key == expected(VIN)
        assert list(found.failed) == [2]
        assert said in found.failed[2]
        await node.close()
        server.close()

    play(tmp_path, story)


def test_where_too_few_answer_the_refusal_says_who_failed_and_how(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        true = registry.registrars
        bad: Mapping[int, Registrar] = {1: Lying(true[1], place="proof", value=bytes(64)), 2: true[2], 3: Silent()}
        with pytest.raises(Refusal) as caught:
            await registry.ask(registrars=bad, patience_s=0.05)
        assert caught.value.reason == TOO_FEW
        assert caught.value.detail == f"1 of 2; 1: {LIED}; 3: {SLOW}"
        with pytest.raises(Refusal) as caught:
            await registry.ask(by="stranger")
        assert caught.value.reason == TOO_FEW
        assert caught.value.detail.startswith("0 of 2; 1: ")
        assert caught.value.detail.count(NOT_AUTHORITY.text) == 3
        with refuses(TOO_FEW):
            await registry.ask(registrars={})

    play(tmp_path, story)


def test_who_is_short_of_one_registrar_can_not_check_a_guess(tmp_path: Path) -> None:
    """With one share of two it can neither ask for the key of a VIN nor compute it."""

    async def story(registry: Registry) -> None:
        only = {1: registry.registrars[1]}
        with refuses(TOO_FEW):
            await registry.ask(registrars=only)
        with refuses(KEYS_DISAGREE):
            await registry.ask(registrars=only, keys=PublicKeys(1, registry.keys.shares))
        # It takes the one share that it knows for the whole key: what comes out is not what stands on the chain.
        alone = PublicKeys(1, registry.keys.shares[:1])
        guess = await registry.ask(registrars=only, keys=alone)
        assert guess.key != expected(VIN)

    play(tmp_path, story)


def test_a_registrar_with_a_share_that_was_not_dealt_to_it_does_not_spoil_the_key(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        for secret in (group.small(7), load_share(tmp_path / "1" / "share").secret, KEY):
            keep_share(tmp_path / "2" / "share", KeyShare(2, secret))
            crossed = {**registry.registrars, 2: registry.open(2)}
            assert (await registry.ask(registrars=crossed)) == (expected(VIN), {2: LIED})

    play(tmp_path, story)
