"""Every invariant turns red when its rule is broken: each is seen to name a state that a broken handler would leave."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from chains.garage import PAPERS, RXSWIN, Garage
from chains.scene import DAY_MS
from msgspec.structs import replace

from autochain.onchain.contracts import (
    consent,
    credentials,
    market,
    mining,
    recording,
    release,
    token,
    vehicles,
)
from autochain.onchain.contracts.mining.state import DEVICES, EPOCHS
from autochain.onchain.ids import contract_account
from autochain.onchain.ledger import Context, Table, interfaces
from chains import CONTRACTS, START_MS, Harness, Scene, entries

from . import corrupted_identities

Corruption = Callable[[Harness], None]


def lived_in() -> Harness:
    """A chain on which everything happened at least once."""
    scene = Scene()
    harness, owner, buyer = scene.harness, scene.owner, scene.buyer
    drive, erased = scene.commit(), scene.commit("another drive")
    harness.do(scene.car, mining.Claim(drive))
    scene.deliver(scene.read(drive, scene.grant()))
    harness.do(owner, consent.Revoke(scene.grant()))
    harness.do(harness.treasury, credentials.Attest(buyer.account, "buyer"))
    item = market.Item(drive, scene.offer())
    (published,) = harness.do(owner, market.Publish("A drive", (item,), "research", ("motion",), "exact"))
    harness.do(buyer, market.Buy(published.product))  # type: ignore[attr-defined]
    harness.do(owner, consent.Withdraw(item.offer))
    harness.do(owner, recording.Erase(erased))
    certified(scene)
    corrupted_identities.recoveries(harness)
    for member in harness.members:
        harness.do(member, recording.Destroyed((erased,)), payer=harness.treasury)
        harness.do(member, release.Anchor(bytes(32), 1), payer=harness.treasury)
    live_a_life(Garage(harness))
    return harness


def live_a_life(garage: Garage) -> None:
    """Everything happens to a car once, and another one is scrapped."""
    harness, maker = garage.harness, garage.maker
    wreck = harness.register("wreck", "device", controller=maker)
    garage.make(wreck)
    harness.do(maker, vehicles.Scrap(wreck.account, 0, PAPERS), payer=garage.dismantler)
    garage.bring_to_owner()
    car = garage.car.account
    garage.approve()
    harness.do(garage.car, vehicles.UpdateSoftware(car, RXSWIN, "1.0"))
    garage.recall()
    garage.report()
    harness.do(maker, vehicles.TriageSecurityEvent(car, 1, "high"))
    harness.do(maker, vehicles.FixSecurityEvent(car, 1, PAPERS), vehicles.NotifySecurityEvent(car, 1, PAPERS))


def certified(scene: Scene) -> None:
    """Lets the treasury set statuses, and certify a car twice and a truck once."""
    harness, treasury = scene.harness, scene.harness.treasury
    harness.do(treasury, credentials.OpenStatusList(1, "revocation", 131_073))
    harness.do(treasury, credentials.SetStatus(1, (0, 131_072), True))
    truck = harness.register("truck", "device", controller=scene.owner)
    for number, device in enumerate((scene.car, scene.car, truck)):
        harness.do(device, credentials.ApplyForCertificate(bytes(32), device.registration.keys[0]))
        period = (harness.now_ms, harness.now_ms + DAY_MS)
        fingerprint = bytes([number]) * 32
        harness.do(treasury, credentials.IssueCertificate(device.account, bytes(16), fingerprint, *period))


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


def treasury(amount_uacc: int) -> Corruption:
    """Sets what the treasury holds, as compared with what it held."""

    def corrupt(harness: Harness) -> None:
        held = harness.balance(harness.treasury) + amount_uacc
        harness.corrupt(token.BALANCES, harness.treasury.account, value=token.Balance(held))

    return corrupt


def another_live_certificate(harness: Harness) -> None:
    """Puts a second certificate of the truck on record, which is not revoked either."""
    fingerprint, record = list(entries(harness, credentials.CERTIFICATES))[-1]
    listed = credentials.OF_DEVICE.codec.decode(
        harness.store.pairs[credentials.OF_DEVICE.key(record.device, fingerprint)]
    )
    harness.corrupt(credentials.CERTIFICATES, bytes([9]) * 32, value=record)
    harness.corrupt(credentials.OF_DEVICE, record.device, bytes([9]) * 32, value=listed)


def a_bit_beyond_the_end(harness: Harness) -> None:
    """Sets the bit behind the last one of the status list, and counts it."""
    key, chunk = list(entries(harness, credentials.CHUNKS))[-1]
    assert chunk.bits[0] == 0x80
    harness.store.pairs[credentials.CHUNKS.key() + key] = credentials.CHUNKS.codec.encode(
        chunk.changed((1,), value=True)
    )
    change(credentials.STATUS_LISTS, set_count=3)(harness)


def an_empty_balance(harness: Harness) -> None:
    harness.corrupt(token.BALANCES, bytes(20), value=token.Balance(0))


def an_authority_that_lost_its_roles(harness: Harness) -> None:
    account = harness.treasury.account
    harness.corrupt(credentials.AUTHORITIES, account, value=credentials.Authority(("bank",)))


def under_another_id(harness: Harness) -> None:
    """Moves a recording, together with its owner's listing, to an id that does not derive from it."""
    name, record = next(iter(entries(harness, recording.RECORDINGS)))
    owned = recording.OWNED.codec.decode(harness.store.pairs[recording.OWNED.key(record.owner, name)])
    harness.corrupt(recording.RECORDINGS, name, value=None)
    harness.corrupt(recording.RECORDINGS, bytes(20), value=record)
    harness.corrupt(recording.OWNED, record.owner, name, value=None)
    harness.corrupt(recording.OWNED, record.owner, bytes(20), value=owned)


def each(table: Table[Any], **changes: Any) -> Corruption:
    """Changes fields of all of a table's records."""

    def corrupt(harness: Harness) -> None:
        for key, record in entries(harness, table):
            harness.store.pairs[table.key() + key] = table.codec.encode(replace(record, **changes))

    return corrupt


def a_kept_recording_destroyed(harness: Harness) -> None:
    (kept,) = (name for name, record in entries(harness, recording.RECORDINGS) if not record.erased_ms)
    copy(recording.STATEMENTS, kept, harness.members[0].account)(harness)


def other_terms(**changes: Any) -> Corruption:
    """Changes terms of every offer."""

    def corrupt(harness: Harness) -> None:
        for name, record in entries(harness, consent.OFFERS):
            terms = replace(record.terms, **changes)
            harness.corrupt(consent.OFFERS, name, value=replace(record, terms=terms))

    return corrupt


def a_thief_in_the_market(harness: Harness) -> None:
    """Takes one uacc of what waits, so that nothing else is wrong."""
    escrow = contract_account("market")
    harness.corrupt(token.BALANCES, escrow, value=token.Balance(harness.balance(escrow) - 1))
    treasury(1)(harness)


def an_odometer_that_was_higher_once(harness: Harness) -> None:
    for key, step in entries(harness, vehicles.STEPS):
        if step.kind == "made":
            turned = replace(step, odometer_m=vehicles.MAX_ODOMETER_M)
            harness.store.pairs[vehicles.STEPS.key() + key] = vehicles.STEPS.codec.encode(turned)


CORRUPTIONS: list[tuple[str, str, Corruption]] = [
    *corrupted_identities.CORRUPTIONS,
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
    ("credentials", "a vehicle has one DID", remove(credentials.VEHICLES)),
    ("credentials", "a vehicle has one DID", change(credentials.VEHICLES, subject=bytes(20))),
    ("credentials", "a vehicle has one DID", copy(credentials.VEHICLES, bytes(32))),
    ("credentials", "a vehicle has one DID", change(credentials.ATTESTATIONS, unique=bytes(32))),
    *(
        ("credentials", "a status list counts what is set in it, and nothing is set beyond its end", corruption)
        for corruption in (
            a_bit_beyond_the_end,
            remove(credentials.CHUNKS),
            remove(credentials.STATUS_LISTS),
            change(credentials.STATUS_LISTS, set_count=1),
            change(credentials.STATUS_LISTS, length=131_072),
            copy(credentials.CHUNKS, bytes(20), 1, 0),
            change(credentials.CHUNKS, bits=bytes(512)),
        )
    ),
    *(
        ("credentials", "a device has one certificate that is not revoked, or none", corruption)
        for corruption in (
            another_live_certificate,
            remove(credentials.LIVE),
            copy(credentials.LIVE, bytes(20)),
            each(credentials.LIVE, not_after_ms=0),
            each(credentials.CERTIFICATES, revoked_ms=0),
            each(credentials.CERTIFICATES, revoked_ms=1),
        )
    ),
    *(
        ("credentials", "every certificate is listed for its device, and no other", corruption)
        for corruption in (
            remove(credentials.OF_DEVICE),
            copy(credentials.OF_DEVICE, bytes(20), bytes(32)),
            change(credentials.CERTIFICATES, device=bytes(20)),
        )
    ),
    *(
        ("credentials", "every certificate is by a certifier, and was valid when it came", corruption)
        for corruption in (
            change(credentials.CERTIFICATES, issuer=bytes(20)),
            change(credentials.CERTIFICATES, issued_ms=0),
            change(credentials.CERTIFICATES, not_after_ms=START_MS),
            change(credentials.CERTIFICATES, not_after_ms=START_MS + 740 * DAY_MS),
            change(credentials.CERTIFICATION, certifiers=()),
        )
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
    ("recording", "an owner's counter is how many recordings it has", change(recording.COUNTS, committed=0)),
    ("recording", "an owner's counter is how many recordings it has", remove(recording.COUNTS)),
    ("recording", "an owner's counter is how many recordings it has", copy(recording.COUNTS, bytes(20))),
    ("recording", "no key was destroyed before its recording's end", a_kept_recording_destroyed),
    ("recording", "no key was destroyed before its recording's end", each(recording.RECORDINGS, erased_ms=0)),
    ("recording", "no key was destroyed before its recording's end", change(recording.STATEMENTS, destroyed_ms=1)),
    (
        "recording",
        "no key was destroyed before its recording's end",
        copy(recording.STATEMENTS, bytes(20), bytes(20)),
    ),
    ("release", "enough members of the committee are there, each once", change(release.COMMITTEE, threshold=4)),
    (
        "release",
        "enough members of the committee are there, each once",
        change(release.COMMITTEE, members=(bytes(20),) * 2),
    ),
    ("release", "a log is a member's", copy(release.LOGS, bytes(20))),
    ("release", "a log is a member's", change(release.COMMITTEE, members=(bytes(20), bytes([1]) * 20))),
    ("release", "a log is a member's", remove(release.COMMITTEE)),
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
    ("consent", "every consent is listed for its owner and its reader, and no other", remove(consent.BY_OWNER)),
    ("consent", "every consent is listed for its owner and its reader, and no other", remove(consent.BY_READER)),
    (
        "consent",
        "every consent is listed for its owner and its reader, and no other",
        copy(consent.BY_READER, bytes(20), bytes(20)),
    ),
    ("consent", "every offer is listed for its owner, and no other", change(consent.OFFERS, owner=bytes(20))),
    ("consent", "every offer is listed for its owner, and no other", remove(consent.state.OFFERS_BY_OWNER)),
    ("consent", "every offer is listed for its owner, and no other", remove(consent.OFFERS)),
    (
        "consent",
        "every offer is listed for its owner, and no other",
        copy(consent.state.OFFERS_BY_OWNER, bytes(20), bytes(20)),
    ),
    (
        "consent",
        "no consent ends before it was granted, or later than its grade allows",
        change(consent.CONSENTS, revoked_ms=1),
    ),
    (
        "consent",
        "no consent ends before it was granted, or later than its grade allows",
        change(consent.CONSENTS, granted_ms=START_MS + 30 * DAY_MS),
    ),
    (
        "consent",
        "no consent ends before it was granted, or later than its grade allows",
        change(consent.CONSENTS, granted_ms=START_MS + 30 * DAY_MS - 2 * 365 * DAY_MS - 1),
    ),
    ("consent", "an account's counter is how many consents and offers it has", each(consent.COUNTS, granted=0)),
    ("consent", "an account's counter is how many consents and offers it has", each(consent.COUNTS, offered=0)),
    ("consent", "an account's counter is how many consents and offers it has", each(consent.COUNTS, received=0)),
    ("consent", "an account's counter is how many consents and offers it has", remove(consent.COUNTS)),
    ("consent", "an account's counter is how many consents and offers it has", copy(consent.COUNTS, bytes(20))),
    (
        "consent",
        "a consent that came by an offer has the offer's owner and terms",
        change(consent.CONSENTS, offer=bytes(20)),
    ),
    (
        "consent",
        "a consent that came by an offer has the offer's owner and terms",
        each(consent.OFFERS, owner=bytes(20)),
    ),
    ("consent", "a consent that came by an offer has the offer's owner and terms", other_terms(price_uacc=0)),
    ("consent", "a consent that came by an offer has the offer's owner and terms", other_terms(precision="coarse")),
    ("market", "every receipt is seen by the owner and the reader", change(market.RECEIPTS, owner=bytes(20))),
    ("market", "every receipt is seen by the owner and the reader", change(market.RECEIPTS, reader=bytes(20))),
    ("market", "every receipt is seen by the owner and the reader", remove(market.RECEIPTS)),
    ("market", "every receipt is seen by the owner and the reader", remove(market.BY_OWNER)),
    ("market", "every receipt is seen by the owner and the reader", remove(market.state.BY_READER)),
    ("market", "every receipt is seen by the owner and the reader", copy(market.BY_OWNER, bytes(20), bytes(20))),
    ("market", "an account's counter is how many receipts and products it has", each(market.COUNTS, bought=0)),
    ("market", "an account's counter is how many receipts and products it has", each(market.COUNTS, sold=0)),
    ("market", "an account's counter is how many receipts and products it has", each(market.COUNTS, published=0)),
    ("market", "an account's counter is how many receipts and products it has", remove(market.COUNTS)),
    ("market", "an account's counter is how many receipts and products it has", remove(market.PRODUCTS)),
    ("market", "an account's counter is how many receipts and products it has", copy(market.COUNTS, bytes(20))),
    ("market", "what was paid for open receipts is held", a_thief_in_the_market),
    ("market", "what was paid for open receipts is held", each(market.RECEIPTS, status="open")),
    ("market", "what was paid for open receipts is held", each(market.RECEIPTS, price_uacc=10**12)),
    *(
        ("vehicles", "a life is all of its steps, in their order", corrupt)
        for corrupt in (
            change(vehicles.STEPS, by=bytes(20)),
            remove(vehicles.STEPS),
            remove(vehicles.LIVES),
            copy(vehicles.STEPS, bytes(20), 1),
            each(vehicles.LIVES, history=bytes(32)),
            change(vehicles.LIVES, steps=0),
        )
    ),
    *(
        ("vehicles", "an odometer never goes back", corrupt)
        for corrupt in (
            each(vehicles.LIVES, odometer_m=vehicles.MAX_ODOMETER_M),
            an_odometer_that_was_higher_once,
        )
    ),
    *(
        ("vehicles", "a device is active until it is scrapped, and nothing happens to it after", corrupt)
        for corrupt in (
            corrupted_identities.device(active=False),
            corrupted_identities.device(active=True),
            each(vehicles.LIVES, stage="scrapped"),
            each(vehicles.LIVES, stage="owned"),
            each(vehicles.STEPS, kind="scrapped"),
            copy(vehicles.LIVES, bytes(20)),
        )
    ),
    *(
        ("vehicles", "a life counts its open recalls, its RXSWINs and its security events", corrupt)
        for corrupt in (
            each(vehicles.LIVES, recalls_open=0),
            each(vehicles.LIVES, rxswins=0),
            each(vehicles.LIVES, security_events=0),
            remove(vehicles.RECALLS),
            copy(vehicles.RECALLS, bytes(20), "brakes"),
            copy(vehicles.SOFTWARE, bytes(20), "brakes"),
            copy(vehicles.SECURITY, bytes(20), 1),
        )
    ),
    *(
        ("vehicles", "every device runs what was approved for its maker", corrupt)
        for corrupt in (
            remove(vehicles.APPROVALS),
            change(vehicles.APPROVALS, approval="another"),
            change(vehicles.SOFTWARE, version="9.9"),
            each(vehicles.LIVES, maker=bytes(20)),
        )
    ),
    *(
        ("vehicles", "a security event is triaged, fixed and notified in this order", corrupt)
        for corrupt in (
            change(vehicles.SECURITY, stage="fixed"),
            change(vehicles.SECURITY, severity=None),
            change(vehicles.SECURITY, fix=None),
            change(vehicles.SECURITY, notification=None),
        )
    ),
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
