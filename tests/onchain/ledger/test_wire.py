"""A million hostile byte strings: nothing but refusals comes of them, and the machine goes on as if they never came."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from autochain.onchain.codec import encode
from autochain.onchain.contracts.consent import ListConsents, ListOffers
from autochain.onchain.contracts.market import ListProducts, ListReceipts
from autochain.onchain.contracts.recording import GetErasure, ListRecordings
from autochain.onchain.ledger import interfaces
from autochain.onchain.ledger.header import LightBlock
from autochain.onchain.ledger.ics23 import CommitmentProof
from autochain.onchain.refusals import Refusal
from chains import Scene

from .everything import every_transaction
from .wire import BENDS, Sample, hostile, items

TRIES, SOAK_TRIES = 3_000, 1_000_000
BLOCK = 2_500
"""How many stand in a block; few enough blocks that the samples do not expire meanwhile."""


def nothing_but_refusals_at_check(tries: int, seed: int) -> Counter[str]:
    """Offers and executes hostile bytes; gives how many were refused by which part."""
    scene = Scene()
    harness = scene.harness
    samples = every_transaction(scene)
    root, before = harness.machine.info().app_hash, dict(harness.store.pairs)
    refused, block = Counter[str](), list[bytes]()
    for data in hostile(samples, tries, random.Random(seed)):
        with pytest.raises(Refusal) as caught:
            harness.check(data)
        assert caught.value.remedy
        refused[f"{caught.value.codespace}/{caught.value.code}"] += 1
        block.append(data)
        if len(block) == BLOCK:
            assert 0 not in {result.code for result in harness.block(*block)}
            block.clear()
    assert harness.machine.info().app_hash == root
    assert harness.store.pairs == before
    for data in samples:
        fresh = Scene()
        every_transaction(fresh)
        assert fresh.harness.machine.info().app_hash == root
        assert fresh.harness.block(data)[0].code == 0
    assert harness.check(samples[0]).sequence == 0
    assert harness.block(samples[0])[0].code == 0
    return refused


def test_items_are_found_where_they_stand() -> None:
    data = encode(("text", b"bytes", 5, (300, None, True), ()))
    found = [(item.kind, data[item.start : item.end].hex()) for item in items(data)]
    assert found == [
        ("array", data.hex()),
        ("str", "a474657874"),
        ("bin", "c4056279746573"),
        ("number", "05"),
        ("array", "93cd012cc0c3"),
        ("number", "cd012c"),
        ("number", "c0"),
        ("number", "c3"),
        ("array", "90"),
    ]


def test_every_way_to_bend_a_transaction_bends_one() -> None:
    scene = Scene()
    data = every_transaction(scene)[0]
    chance = random.Random(1)
    for bend in BENDS:
        sample = Sample(data, items(data))
        changed = {
            data[: item.start] + bend(data, item, chance, sample) + data[item.end :] for item in sample.items
        } - {data}
        assert len(changed) > 5, bend.__name__


def test_three_thousand_hostile_transactions_are_refused() -> None:
    refused = nothing_but_refusals_at_check(TRIES, seed=1)
    assert set(refused) >= {"codec/1", "codec/2", "ledger/10", "ledger/17"}


@pytest.mark.soak
def test_a_million_hostile_transactions_are_refused() -> None:
    refused = nothing_but_refusals_at_check(SOAK_TRIES, seed=2)
    assert refused.total() == SOAK_TRIES


def test_hostile_queries_and_keys_are_answered_or_refused_and_change_nothing() -> None:
    scene = Scene()
    machine = scene.harness.machine
    owner = scene.owner.account
    samples = [
        encode(query)
        for query in (
            interfaces.KeysOf(scene.car.account),
            interfaces.AccountOf(owner),
            interfaces.BalanceOf(owner),
            ListRecordings(),
            ListConsents(owner),
            ListReceipts(owner, as_reader=True),
            ListOffers(owner),
            ListProducts(after=owner),
            GetErasure(owner),
        )
    ]
    before, root, chance = dict(scene.harness.store.pairs), machine.info().app_hash, random.Random(4)
    refused = Counter[bool]()
    for data in hostile(samples, 3_000, chance):
        height = chance.choice((0, 0, 0, 1, scene.harness.height, -1, 2**63, 2**70))
        for ask in (machine.query, machine.prove):
            try:
                ask(data, height=height)
            except Refusal as refusal:
                assert refusal.remedy
                refused[True] += 1
            else:
                refused[False] += 1
    assert min(refused.values()) > 500
    assert scene.harness.store.pairs == before
    assert machine.info().app_hash == root


def test_hostile_transactions_are_no_proofs_and_no_headers() -> None:
    samples = every_transaction(Scene())
    for data in hostile(samples, 3_000, random.Random(5)):
        for kind in (CommitmentProof, LightBlock):
            try:
                read = kind.decode(data)
            except Refusal as refusal:
                assert refusal.remedy
            else:
                assert read.encode() == data
