"""Every invariant turns red when its rule is broken: each is seen to name a state that a broken handler would leave."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from autochain.onchain.contracts import consent, credentials, identity, market, mining, recording, token
from autochain.onchain.contracts.mining.state import DEVICES, EPOCHS
from autochain.onchain.ledger import Context, Table, interfaces
from chains import CONTRACTS, Harness, Scene, entries

Corruption = Callable[[Harness], None]


def lived_in() -> Harness:
    """A chain on which everything happened at least once."""
    scene = Scene()
    drive = scene.commit()
    scene.harness.do(scene.car, mining.Claim(drive))
    scene.read(drive, scene.grant())
    scene.harness.do(scene.owner, consent.Revoke(scene.grant()))
    return scene.harness


def change(table: Table[Any], **changes: Any) -> Corruption:
    """Changes fields of a table's last record."""

    def corrupt(harness: Harness) -> None:
        key, record = list(entries(harness, table))[-1]
        harness.store.pairs[table.key() + key] = table.codec.encode(replace(record, **changes))

    return corrupt


def remove(table: Table[Any]) -> Corruption:
    """Removes a table's last record."""

    def corrupt(harness: Harness) -> None:
        key, _ = list(entries(harness, table))[-1]
        del harness.store.pairs[table.key() + key]

    return corrupt


def copy(table: Table[Any], *to: bytes | int | str) -> Corruption:
    """Puts a table's last record under another key too."""

    def corrupt(harness: Harness) -> None:
        _, record = list(entries(harness, table))[-1]
        harness.corrupt(table, *to, value=record)

    return corrupt


def device(**changes: Any) -> Corruption:
    """Changes the car's identity."""

    def corrupt(harness: Harness) -> None:
        for account, record in entries(harness, identity.IDENTITIES):
            if record.kind == "device":
                harness.corrupt(identity.IDENTITIES, account, value=replace(record, **changes))

    return corrupt


def controlled_by_itself(harness: Harness) -> None:
    for account, record in entries(harness, identity.IDENTITIES):
        if record.kind == "device":
            harness.corrupt(identity.IDENTITIES, account, value=replace(record, controller=account))


def treasury(amount_uacc: int) -> Corruption:
    """Sets what the treasury holds, as compared with what it held."""

    def corrupt(harness: Harness) -> None:
        held = harness.balance(harness.treasury) + amount_uacc
        harness.corrupt(token.BALANCES, harness.treasury.account, value=token.Balance(held))

    return corrupt


def an_empty_balance(harness: Harness) -> None:
    harness.corrupt(token.BALANCES, bytes(20), value=token.Balance(0))


def an_authority_that_lost_its_roles(harness: Harness) -> None:
    account = harness.treasury.account
    harness.corrupt(credentials.AUTHORITIES, account, value=credentials.Authority(("bank",)))


def under_another_id(harness: Harness) -> None:
    """Moves a recording, together with its owner's listing, to an id that does not derive from it."""
    ((name, record),) = entries(harness, recording.RECORDINGS)
    ((_, owned),) = entries(harness, recording.OWNED)
    harness.corrupt(recording.RECORDINGS, name, value=None)
    harness.corrupt(recording.RECORDINGS, bytes(20), value=record)
    harness.corrupt(recording.OWNED, record.owner, name, value=None)
    harness.corrupt(recording.OWNED, record.owner, bytes(20), value=owned)


CORRUPTIONS: list[tuple[str, str, Corruption]] = [
    ("identity", "devices have a controller, and nothing else has", device(controller=None)),
    ("identity", "devices have a controller, and nothing else has", device(kind="person")),
    ("identity", "a controller is a person or an organisation that is registered", device(controller=bytes(20))),
    ("identity", "a controller is a person or an organisation that is registered", controlled_by_itself),
    ("identity", "an account has at least as many keys as must sign", device(threshold=2)),
    ("credentials", "every attestation is by an authority for its role", an_authority_that_lost_its_roles),
    ("credentials", "every attestation is by an authority for its role", remove(credentials.AUTHORITIES)),
    (
        "credentials",
        "every attestation is by an authority for its role",
        change(credentials.ATTESTATIONS, authority=bytes(20)),
    ),
    (
        "credentials",
        "every attestation is by an authority for its role",
        copy(credentials.ATTESTATIONS, bytes(20), "spy"),
    ),
    ("token", "all balances sum to exactly 300,000,000 ACC", treasury(1)),
    ("token", "all balances sum to exactly 300,000,000 ACC", treasury(-1)),
    ("token", "all balances sum to exactly 300,000,000 ACC", remove(token.BALANCES)),
    ("token", "an account that holds nothing has no record", an_empty_balance),
    ("mining", "no epoch pays more than its budget", change(EPOCHS, budget_uacc=94_999)),
    ("mining", "the rewards of all recordings are what the epochs paid", change(mining.CLAIMED, reward_uacc=95_001)),
    ("mining", "the rewards of all recordings are what the epochs paid", remove(mining.CLAIMED)),
    ("mining", "the rewards of all recordings are what the epochs paid", copy(EPOCHS, 1)),
    ("mining", "no vehicle has more readings rewarded in an epoch than its cap", change(DEVICES, points=100_001)),
    ("recording", "a recording's id derives from its vehicle and readings", under_another_id),
    (
        "recording",
        "a recording's id derives from its vehicle and readings",
        change(recording.RECORDINGS, fingerprint=bytes(32)),
    ),
    (
        "recording",
        "a recording's id derives from its vehicle and readings",
        change(recording.RECORDINGS, vehicle=bytes(20)),
    ),
    (
        "recording",
        "every recording is listed for its owner, and no other",
        change(recording.RECORDINGS, owner=bytes(20)),
    ),
    ("recording", "every recording is listed for its owner, and no other", remove(recording.OWNED)),
    ("recording", "every recording is listed for its owner, and no other", copy(recording.OWNED, bytes(20), bytes(20))),
    (
        "consent",
        "every consent is listed for its owner and its reader, and no other",
        change(consent.CONSENTS, owner=bytes(20)),
    ),
    (
        "consent",
        "every consent is listed for its owner and its reader, and no other",
        change(consent.CONSENTS, reader=bytes(20)),
    ),
    ("consent", "every consent is listed for its owner and its reader, and no other", remove(consent.state.BY_OWNER)),
    ("consent", "every consent is listed for its owner and its reader, and no other", remove(consent.state.BY_READER)),
    (
        "consent",
        "every consent is listed for its owner and its reader, and no other",
        copy(consent.state.BY_READER, bytes(20), bytes(20)),
    ),
    ("consent", "no consent ends before it was granted", change(consent.CONSENTS, ended_ms=1)),
    ("consent", "no consent ends before it was granted", change(consent.CONSENTS, expires_ms=1)),
    ("market", "every receipt is seen by the owner and the reader", change(market.RECEIPTS, owner=bytes(20))),
    ("market", "every receipt is seen by the owner and the reader", change(market.RECEIPTS, reader=bytes(20))),
    ("market", "every receipt is seen by the owner and the reader", remove(market.RECEIPTS)),
    ("market", "every receipt is seen by the owner and the reader", remove(market.state.BY_OWNER)),
    ("market", "every receipt is seen by the owner and the reader", remove(market.state.BY_READER)),
    ("market", "a reader's counter is how many receipts it has", change(market.state.COUNTS, bought=0)),
    ("consent", "an owner's counter is how many consents it granted", change(consent.state.COUNTS, granted=0)),
]


@pytest.mark.parametrize(("contract", "sentence", "corrupt"), CORRUPTIONS)
def test_an_invariant_names_the_state_that_breaks_it(contract: str, sentence: str, corrupt: Corruption) -> None:
    harness = lived_in()
    assert harness.machine.broken_invariants() == []
    corrupt(harness)
    assert f"{contract}: {sentence}" in harness.machine.broken_invariants()


def test_every_invariant_of_every_contract_is_broken_here_once() -> None:
    declared = {(contract.name, sentence) for contract in CONTRACTS for sentence in contract.invariants}
    broken = {(contract, sentence) for contract, sentence, _ in CORRUPTIONS}
    assert declared == broken


def test_every_contract_has_an_invariant() -> None:
    assert all(contract.invariants for contract in CONTRACTS)


def test_a_chain_stops_in_the_block_in_which_a_broken_handler_makes_money() -> None:
    def pay_without_taking(ctx: Context, message: interfaces.Pay) -> None:
        held = token.BALANCES.get(ctx, message.payee) or token.Balance(0)
        token.BALANCES.put(ctx, message.payee, value=token.Balance(held.amount_uacc + message.amount_uacc))

    broken = dataclasses.replace(token.CONTRACT, internal={interfaces.Pay: pay_without_taking})
    harness = Harness(contracts=[broken if made is token.CONTRACT else made for made in CONTRACTS])
    with pytest.raises(
        AssertionError, match=r"after block 1: \['token: all balances sum to exactly 300,000,000 ACC'\]"
    ):
        harness.register("ada")
