"""What strangers send: random and bent transactions are refused, and nothing but a refusal ever comes of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from autochain.onchain.refusals import Refusal
from chains import Scene

from .everything import every_transaction, kinds

TRIES, SOAK_TRIES = 10_000, 200_000
ODD: tuple[Any, ...] = (
    *(0, 1, -1, 7, 127, 128, 255, 256, 2**31, 2**53 - 1, 2**53, 2**63 - 1, 2**63, 2**64 - 1, -(2**63)),
    *(1.0, float("nan"), True, False, None, {}, {"a": 1}),
    *(b"", b"\x00", bytes(20), bytes(32), bytes(64), b"x" * 5_000),
    *("", "x", "x" * 300, "did:acc:", "identity/Register", "token/Transfer", "keys"),
    *([], [[]], [0], [b""], [[], []], [[1, bytes(32)]], [None] * 70),
)


def bent(data: bytes, chance: random.Random) -> bytes:
    """Changes some bytes."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        start = chance.randrange(len(changed) + 1)
        end = min(len(changed), start + chance.choice((1, 1, 2, 8, 40)))
        piece = bytes(changed[start:end])
        match chance.randrange(6):
            case 0:
                changed[start:end] = bytes(byte ^ 1 << chance.randrange(8) for byte in piece)
            case 1:
                changed[start:end] = chance.randbytes(len(piece))
            case 2:
                del changed[start:end]
            case 3:
                changed[start:start] = chance.randbytes(chance.randrange(1, 9))
            case 4:
                changed[start:start] = piece
            case 5:
                del changed[start:]
    return bytes(changed)


def near(value: Any, chance: random.Random) -> Any:
    """Gives a value of the same type and, mostly, the same length."""
    match value:
        case bool():
            return not value
        case int():
            return chance.choice([value + 1, value - 1, 0, value << 1, *(other for other in ODD if type(other) is int)])
        case bytes():
            return chance.choice([chance.randbytes(len(value)), bytes(len(value)), value[:-1], value + b"x"])
        case str():
            return chance.choice([value + "x", value[:-1], *(other for other in ODD if isinstance(other, str))])
        case _:
            return chance.choice(ODD)


def odd(value: Any, chance: random.Random) -> Any:
    """Puts something odd somewhere into what a transaction's bytes say."""
    if not isinstance(value, list) or not value or chance.randrange(12) == 0:
        return near(value, chance) if chance.randrange(4) else chance.choice(ODD)
    place = chance.randrange(len(value))
    match chance.randrange(20):
        case 0:
            return value[:place] + value[place + 1 :]
        case 1:
            return [*value[:place], value[place], *value[place:]]
        case 2:
            return [*value, chance.choice(ODD)]
        case 3:
            other = chance.randrange(len(value))
            return [*value[:place], value[other], *value[place + 1 :]]
        case _:
            return [*value[:place], odd(value[place], chance), *value[place + 1 :]]


def attempts(samples: list[bytes], tries: int, seed: int) -> Iterator[bytes]:
    """Yields bytes that are none of the samples: random ones, bent ones, odd ones, and halves of two."""
    chance = random.Random(seed)
    left = tries
    while left:
        data = chance.choice(samples)
        match chance.randrange(16):
            case 0:
                made = chance.randbytes(chance.randrange(200))
            case 1 | 2 | 3:
                made = bent(data, chance)
            case number if number < 15:
                made = msgspec.msgpack.encode(odd(msgspec.msgpack.decode(data), chance))
            case _:
                other = chance.choice(samples)
                made = data[: chance.randrange(len(data))] + other[chance.randrange(len(other)) :]
        if made not in samples:
            left -= 1
            yield made


def nothing_but_refusals(tries: int, seed: int) -> None:
    scene = Scene()
    harness = scene.harness
    samples = every_transaction(scene)
    before, codespaces, block = dict(harness.store.pairs), set[str](), list[bytes]()
    for data in attempts(samples, tries, seed):
        with pytest.raises(Refusal) as caught:
            harness.check(data)
        codespaces.add(caught.value.codespace)
        block.append(data)
        if len(block) == 500:
            assert 0 not in {result.code for result in harness.block(*block)}
            block.clear()
    assert harness.store.pairs == before
    assert {"codec", "crypto", "identity", "ledger"} <= codespaces
    assert [harness.check(data).weight > 0 for data in samples[:2]] == [True, True]


def test_the_samples_hold_every_message_of_every_contract_and_would_happen() -> None:
    scene = Scene()
    contracts = scene.harness.machine.dispatcher.contracts.values()
    samples = every_transaction(scene)
    assert kinds(scene, samples) == {kind for contract in contracts for kind in contract.messages}
    for number in range(len(samples)):
        fresh = Scene()
        data = every_transaction(fresh)[number]
        fresh.harness.check(data)
        assert fresh.harness.block(data)[0].code == 0


def test_random_and_bent_transactions_are_refused() -> None:
    nothing_but_refusals(TRIES, seed=1)


@pytest.mark.soak
def test_very_many_random_and_bent_transactions_are_refused() -> None:
    nothing_but_refusals(SOAK_TRIES, seed=2)


def test_random_and_bent_queries_are_answered_or_refused() -> None:
    scene = Scene()
    queries = [
        msgspec.msgpack.encode(query)
        for query in (
            ["accounts/KeysOf", scene.car.account],
            ["accounts/AccountOf", scene.owner.account],
            ["money/BalanceOf", scene.owner.account],
            ["recording/ListRecordings", None, None],
            ["consent/ListConsents", scene.owner.account, False, None],
            ["market/ListReceipts", scene.buyer.account, True, None],
            ["market/ListProducts", None],
            ["consent/ListOffers", scene.owner.account, None],
            ["recording/GetErasure", bytes(20)],
            ["release/GetLog", scene.harness.members[0].account],
        )
    ]
    for query in queries:
        scene.harness.machine.query(query)
    for data in attempts(queries, 2_000, 3):
        try:
            scene.harness.machine.query(data)
        except Refusal as refusal:
            assert refusal.remedy
