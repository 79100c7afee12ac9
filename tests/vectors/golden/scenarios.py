"""The histories behind the golden vectors: each yields the transactions of one block after another.

They lead to success and to refusal, in blocks of several transactions, and let timers fall due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from chains.garage import PAPERS, RXSWIN, Garage

from autochain.onchain.contracts.consent import Offer, TakeUp, consent_of
from autochain.onchain.contracts.consent import Revoke as RevokeConsent
from autochain.onchain.contracts.consent import Withdraw as WithdrawOffer
from autochain.onchain.contracts.credentials import (
    ApplyForCertificate,
    Attest,
    IssueCertificate,
    OpenStatusList,
    RevokeCertificate,
    SetStatus,
    Withdraw,
)
from autochain.onchain.contracts.identity import CompleteRecovery, HandOver, RejectRecovery, Revoke, SetGuardians
from autochain.onchain.contracts.market import Buy, Deliver, Item, Publish, Unpublish
from autochain.onchain.contracts.mining import Claim
from autochain.onchain.contracts.recording import HOUR_MS, Destroyed, Erase, Part, recording_id
from autochain.onchain.contracts.release import Anchor
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.contracts.vehicles import (
    ApproveSoftware,
    EnterService,
    FixSecurityEvent,
    Make,
    Modify,
    NotifySecurityEvent,
    Recall,
    Repair,
    ReportSecurityEvent,
    Scrap,
    Sell,
    StateOdometer,
    TriageSecurityEvent,
    UpdateSoftware,
)
from autochain.onchain.crypto import sha256
from autochain.onchain.ids import derive
from autochain.onchain.ledger import Message
from chains import ACC, START_MS, Party, Scene, make_seeds, promise_of, public_keys

DAY_MS = 24 * HOUR_MS


class Step(NamedTuple):
    """One block of a history."""

    transactions: tuple[bytes, ...] = ()
    later_ms: int = 1_000
    """How much later than the block before."""


def receipt_of(reader: Party, number: int) -> bytes:
    """Gives the id of a reader's receipt, by how many it bought before."""
    return derive("receipt", reader.account, number.to_bytes(8, "big"))


def by_members(scene: Scene, *messages: Message) -> tuple[bytes, ...]:
    """Signs for each message one transaction, by the first member, the second and so on; the treasury pays."""
    harness = scene.harness
    pairs = zip(harness.members, messages, strict=False)
    return tuple(harness.sign(member, message, payer=harness.treasury) for member, message in pairs)


def registrations(scene: Scene) -> Iterator[Step]:
    """People, organisations and devices come, change their keys and go."""
    harness, owner = scene.harness, scene.owner
    ada, firm = Party.make("ada", "person", keys=3, threshold=2), Party.make("firm", "organisation")
    bike, cart = Party.make("bike", "device", controller=owner), Party.make("cart", "device", controller=owner)
    sign = harness.sign
    yield Step((sign(ada, ada.registration), sign(firm, firm.registration), sign(bike, bike.registration, payer=owner)))
    yield Step((sign(cart, cart.registration), sign(ada, ada.registration), b"no transaction"))
    yield Step((sign(harness.treasury, Transfer(ada.account, ACC), Transfer(bike.account, ACC)),))
    seeds = make_seeds("ada", generation=1)
    rotation = sign(ada, ada.rotation(seeds))
    yield Step((rotation, rotation))
    ada.seeds, ada.threshold = seeds, 1
    yield Step((sign(ada, Revoke(bike.account)), sign(owner, Revoke(bike.account)), sign(bike, Revoke(bike.account))))
    yield Step((sign(ada, Revoke(ada.account)),))
    yield Step((sign(ada, Transfer(owner.account, 1)),))


def payments(scene: Scene) -> Iterator[Step]:
    """ACC is moved, by one and by another's fee, and is not moved where it is lacking."""
    harness, owner, buyer = scene.harness, scene.owner, scene.buyer
    sign = harness.sign
    yield Step((sign(owner, Transfer(buyer.account, 7 * ACC)), sign(buyer, Transfer(owner.account, 3 * ACC))))
    yield Step(
        (sign(owner, Transfer(buyer.account, 1), payer=buyer), sign(harness.treasury, Transfer(buyer.account, 1)))
    )
    yield Step((sign(owner, Transfer(buyer.account, 500 * ACC)), sign(buyer, Transfer(bytes(20), 1))))
    yield Step((sign(owner, Transfer(owner.account, 1)), sign(buyer, Transfer(owner.account, 0))))
    both = sign(owner, Transfer(buyer.account, ACC), Transfer(buyer.account, 500 * ACC))
    yield Step((both, sign(buyer, Transfer(owner.account, 1), fee_uacc=0)))
    yield Step(
        (sign(buyer, Transfer(owner.account, 1), sequence=99), sign(owner, Transfer(buyer.account, 1), expiry_height=1))
    )


def attestations(scene: Scene) -> Iterator[Step]:
    """An authority gives roles and takes them back, and a vehicle has one DID at a time."""
    sign, treasury, car, owner = scene.harness.sign, scene.harness.treasury, scene.car, scene.owner
    second, unique = scene.harness.register("second", "device", controller=owner), sha256(b"VIN of car")
    again = Attest(car.account, "vehicle", unique)
    yield Step((sign(treasury, Attest(owner.account, "owner")), sign(owner, again)))
    yield Step((sign(treasury, again), sign(owner, Withdraw(owner.account, "owner"))))
    yield Step(
        (sign(treasury, Attest(second.account, "vehicle")), sign(owner, Attest(second.account, "owner", unique)))
    )
    yield Step((sign(treasury, Attest(second.account, "vehicle", unique)),))
    yield Step((sign(treasury, Withdraw(car.account, "vehicle"), Attest(second.account, "vehicle", unique)),))
    yield Step((sign(treasury, again),))
    yield Step((sign(treasury, Withdraw(owner.account, "owner"), Attest(bytes(20), "bank")),))
    yield Step((sign(treasury, Withdraw(owner.account, "owner")),))


def rewards(scene: Scene) -> Iterator[Step]:
    """A car commits to drives and earns for them, once and up to its cap, in this epoch and the next."""
    sign, car, owner = scene.harness.sign, scene.car, scene.owner
    first, long = scene.a_drive("first"), scene.a_drive("long", points=250_000)
    name = recording_id(car.account, first.fingerprint)
    claim_long = Claim(recording_id(car.account, long.fingerprint))
    yield Step((sign(car, first), sign(owner, scene.a_drive("no car"))))
    yield Step((sign(car, Claim(name)), sign(owner, Claim(name))))
    yield Step((sign(car, Claim(name)),))
    yield Step((sign(car, first),))
    yield Step((sign(car, long, claim_long),))
    again = scene.a_drive("again", parts=(Part("position", "coarse", 10),), points=40)
    claim_again = Claim(recording_id(car.account, again.fingerprint))
    yield Step((sign(car, again, claim_again),))
    yield Step((sign(car, again),))
    yield Step((sign(car, claim_again),), 24 * HOUR_MS)
    yield Step((sign(car, scene.a_drive("tomorrow", end_ms=START_MS + 100 * HOUR_MS)),))
    yield Step((sign(car, scene.a_drive("for ever", keep_until_ms=START_MS + 3_652 * DAY_MS)),))


def hand_overs(scene: Scene) -> Iterator[Step]:
    """A car is sold: what it committed to before stays the seller's, and what it records then is the buyer's."""
    harness, car, owner, buyer = scene.harness, scene.car, scene.owner, scene.buyer
    sign, hand_over = harness.sign, HandOver(car.account)
    before, after = scene.a_drive("before"), scene.a_drive("after", **scene.this_hour())
    yield Step((sign(owner, hand_over), sign(buyer, hand_over, payer=owner), sign(car, hand_over, payer=buyer)))
    yield Step((sign(owner, hand_over, payer=car),))
    sold, sequence = sign(owner, hand_over, payer=buyer), harness.sequence(car)
    yield Step((sign(car, before, sequence=sequence), sold, sign(car, after, sequence=sequence + 1)))
    names = [recording_id(car.account, drive.fingerprint) for drive in (before, after)]
    yield Step((sign(car, *map(Claim, names)), sign(owner, hand_over, payer=buyer)))
    yield Step((sign(car, scene.a_drive("late")),))
    yield Step(
        (
            sign(owner, scene.a_grant()),
            sign(buyer, scene.a_grant(reader=owner.account)),
            sign(car, car.rotation(make_seeds("car", generation=1))),
        )
    )
    yield Step((sign(owner, Erase(names[1])), sign(buyer, Erase(names[0]))))
    yield Step((sign(buyer, Revoke(car.account)),))
    yield Step((sign(buyer, hand_over, payer=owner),))


def readings(scene: Scene) -> Iterator[Step]:
    """A buyer reads what a consent covers, until the consent is revoked or its time is over."""
    harness, owner, buyer = scene.harness, scene.owner, scene.buyer
    sign = harness.sign
    recording = scene.commit()
    consent = scene.grant(expires_ms=START_MS + HOUR_MS)
    other = scene.grant(purpose="insurance", precision="coarse", price_uacc=0)
    yield Step((sign(buyer, scene.a_read(recording, consent)), sign(owner, scene.a_read(recording, consent))))
    position = scene.a_read(recording, consent, categories=("position",))
    yield Step((sign(buyer, position), sign(owner, scene.a_read(bytes(20), consent))))
    yield Step((sign(buyer, scene.a_read(recording, consent, categories=("energy",))),))
    yield Step((sign(buyer, scene.a_read(recording, other, purpose="insurance")),))
    yield Step((sign(buyer, scene.a_read(recording, other, purpose="insurance", precision="coarse")),))
    yield Step((sign(owner, RevokeConsent(other)), sign(buyer, RevokeConsent(consent))))
    yield Step((sign(buyer, scene.a_read(recording, other, purpose="insurance", precision="coarse")),))
    yield Step((sign(owner, scene.a_grant(categories=("motion", "position"), price_uacc=500 * ACC)),))
    yield Step(later_ms=2 * HOUR_MS)
    yield Step((sign(buyer, scene.a_read(recording, consent)), sign(owner, RevokeConsent(consent))))


def deliveries(scene: Scene) -> Iterator[Step]:
    """Members say that they give their shares; the owner is paid when two have, or the reader refunded after a day."""
    buyer, sign = scene.buyer, scene.harness.sign
    recording, consent, free = scene.commit(), scene.grant(), scene.grant(price_uacc=0)
    read, first, second, third = scene.a_read(recording, consent), *(receipt_of(buyer, at) for at in range(3))
    yield Step((sign(buyer, read, read, scene.a_read(recording, free)),))
    yield Step((*by_members(scene, Deliver((first,))), sign(buyer, Deliver((first,)))))
    yield Step(by_members(scene, Deliver((first, first)), Deliver((third, bytes(20))), Deliver((first, third))))
    yield Step(by_members(scene, Deliver((second,))))
    # One millisecond before the day is over, and when it is.
    yield Step(by_members(scene, Deliver((first,)), Deliver((third,))), DAY_MS - 3_001)
    yield Step(by_members(scene, Deliver((second,)), Deliver((second,)), Deliver((third,))), 1)


def offers(scene: Scene) -> Iterator[Step]:
    """Readers of a role take an offer up, each once, until it is withdrawn or its time is over."""
    owner, buyer, sign = scene.owner, scene.buyer, scene.harness.sign
    recording, treasury = scene.commit(), scene.harness.treasury
    attest = Attest(buyer.account, "buyer")
    terms = scene.terms(precision="coarse", expires_ms=START_MS + DAY_MS)
    first, second = (derive("offer", owner.account, number.to_bytes(8, "big")) for number in range(2))
    long = Offer(scene.terms(categories=("position",), expires_ms=START_MS + 366 * DAY_MS), "buyer")
    yield Step((sign(owner, Offer(terms, "buyer"), Offer(terms, "insurer")), sign(buyer, Offer(terms, "buyer"))))
    yield Step((sign(owner, long), sign(buyer, TakeUp(first)), sign(treasury, attest)))
    taken = consent_of(first, buyer.account)
    read = scene.a_read(recording, taken, precision="coarse")
    yield Step((sign(buyer, TakeUp(first), read), sign(owner, scene.a_grant(reader=bytes(20)))))
    yield Step((sign(buyer, TakeUp(first)), sign(owner, WithdrawOffer(first), RevokeConsent(taken))))
    yield Step((sign(buyer, TakeUp(first)), sign(owner, WithdrawOffer(first))))
    yield Step((sign(buyer, WithdrawOffer(second)), sign(owner, TakeUp(second))))
    yield Step(
        (
            sign(treasury, Attest(buyer.account, "insurer")),
            sign(buyer, scene.a_read(recording, taken, precision="exact")),
        )
    )
    yield Step((sign(buyer, TakeUp(second)), sign(owner, WithdrawOffer(second))), later_ms=DAY_MS)


def products(scene: Scene) -> Iterator[Step]:
    """Recordings of two owners are put together, bought whole or not at all, and taken off."""
    harness, owner, buyer, sign = scene.harness, scene.owner, scene.buyer, scene.harness.sign
    treasury, other = harness.treasury, harness.register("other")
    bike = harness.register("bike", "device", controller=other)
    ride = scene.a_drive("a ride", parts=(Part("motion", "aggregate", 40), Part("motion", "exact", 4_000)))
    harness.do(bike, ride)
    harness.do(other, Offer(scene.terms(vehicle=bike.account), "buyer"))
    harness.do(treasury, Attest(buyer.account, "buyer"))
    theirs = Item(recording_id(bike.account, ride.fingerprint), derive("offer", other.account, bytes(8)))
    items = tuple(sorted((Item(scene.commit(), scene.offer()), theirs), key=lambda item: item.recording))
    product = derive("product", other.account, bytes(8))
    good = Publish("Rides and drives", items, "research", ("motion",), "exact")
    yield Step((sign(other, good), sign(owner, Publish("?", items[::-1], "research", ("motion",), "exact"))))
    yield Step((sign(other, Publish("?", items, "resale", ("motion",), "exact")), sign(owner, Unpublish(product))))
    yield Step((sign(buyer, Buy(product)), sign(owner, Buy(product)), sign(other, Buy(bytes(20)))))
    yield Step((sign(buyer, Buy(product)), sign(other, Erase(theirs.recording))))
    yield Step((sign(other, good),))
    yield Step((sign(buyer, Buy(product)), sign(other, Unpublish(product))))
    yield Step((sign(buyer, Buy(product)), sign(other, Unpublish(product))))
    yield Step(by_members(scene, *[Deliver(tuple(receipt_of(buyer, number) for number in range(4)))] * 2))


def erasures(scene: Scene) -> Iterator[Step]:
    """Recordings are erased by their owner or by time, and the members say that they destroyed the keys."""
    owner, buyer, sign = scene.owner, scene.buyer, scene.harness.sign
    erased, ended = scene.commit("erased"), scene.commit("ended", keep_until_ms=START_MS + HOUR_MS)
    consent = scene.grant()
    yield Step((sign(owner, Erase(erased)), sign(buyer, Erase(ended))))
    yield Step((sign(owner, Erase(erased)), sign(buyer, scene.a_read(erased, consent))))
    yield Step((sign(scene.car, Claim(erased)),))
    yield Step(
        (*by_members(scene, *[Destroyed((erased,))] * 2, Destroyed((erased, ended))), sign(owner, Destroyed((erased,))))
    )
    yield Step((sign(buyer, scene.a_read(ended, consent)), sign(owner, Erase(ended))), later_ms=HOUR_MS)
    yield Step(by_members(scene, *[Destroyed((erased, ended))] * 3))
    yield Step((sign(scene.car, scene.a_drive("erased")),))


def logs(scene: Scene) -> Iterator[Step]:
    """Members bind themselves to logs that only grow."""
    one, five = Anchor(sha256(b"one"), 1), Anchor(sha256(b"five"), 5)
    yield Step((*by_members(scene, one, five), scene.harness.sign(scene.owner, five)))
    yield Step(by_members(scene, one, Anchor(sha256(b"four"), 4), Anchor(sha256(b"none"), 0)))
    yield Step(by_members(scene, five))


def lives(scene: Scene) -> Iterator[Step]:
    """A car is made, sold, recalled, repaired, updated and scrapped, each by who may and by who may not."""
    garage, sign = Garage(scene.harness), scene.harness.sign
    maker, owner, buyer, workshop, car = garage.maker, garage.owner, garage.buyer, garage.workshop, garage.car.account
    make, enter = Make(car, PAPERS, 5), EnterService(car, PAPERS)
    yield Step((sign(owner, make, payer=maker), sign(garage.registry, enter), sign(maker, Sell(car, 12, PAPERS))))
    yield Step((sign(maker, make), sign(garage.registry, enter), sign(owner, StateOdometer(car, 9, PAPERS))))
    yield Step((sign(maker, Sell(car, 12, PAPERS), payer=owner), sign(garage.car, Revoke(car))))
    yield Step((sign(maker, HandOver(car)), sign(owner, HandOver(car), payer=buyer)))
    yield Step((sign(owner, StateOdometer(car, 5_000, PAPERS)), sign(garage.car, StateOdometer(car, 4_999, PAPERS))))
    yield Step((sign(maker, Recall((car,), "brakes", PAPERS)), sign(owner, Recall((car,), "belts", PAPERS))))
    repair = Repair(car, 6_000, PAPERS, "brakes")
    yield Step((sign(workshop, repair), sign(owner, repair, payer=workshop)))
    yield Step((sign(workshop, repair, payer=owner), sign(maker, Modify(car, 6_000, PAPERS, "E1"), payer=owner)))
    yield Step((sign(workshop, repair, payer=owner), sign(owner, Modify(car, 6_000, PAPERS, "E1 "))))
    yield Step((sign(workshop, Modify(car, 7_000, PAPERS, "E1"), payer=owner),))
    update, approve = UpdateSoftware(car, RXSWIN, "1.0", "ota-7"), ApproveSoftware(maker.account, RXSWIN, "1.0", "E1")
    yield Step((sign(garage.car, update), sign(garage.approver, approve), sign(maker, update), sign(owner, update)))
    yield Step((sign(garage.car, ReportSecurityEvent(car, PAPERS)), sign(workshop, ReportSecurityEvent(car, PAPERS))))
    yield Step((sign(maker, FixSecurityEvent(car, 1, PAPERS)),))
    triage, fix = TriageSecurityEvent(car, 1, "medium"), FixSecurityEvent(car, 1, PAPERS)
    yield Step((sign(maker, triage, fix, NotifySecurityEvent(car, 1, PAPERS)), sign(owner, triage)))
    yield Step((sign(owner, Sell(car, 6_999, PAPERS), payer=buyer), sign(buyer, Sell(car, 8_000, PAPERS))))
    yield Step((sign(owner, Sell(car, 8_000, PAPERS), payer=buyer),))
    scrap = Scrap(car, 9_000, PAPERS)
    yield Step((sign(owner, scrap, payer=garage.dismantler), sign(buyer, scrap)))
    yield Step((sign(buyer, scrap, payer=garage.dismantler), sign(garage.car, StateOdometer(car, 9_001, PAPERS))))
    yield Step((sign(buyer, Sell(car, 9_000, PAPERS), payer=owner), sign(maker, Recall((car,), "belts", PAPERS))))


def recoveries(scene: Scene) -> Iterator[Step]:
    """Keys are promised, brought, lost, recovered against an objection and without one, and expire."""
    harness, sign = scene.harness, scene.harness.sign
    ada, (ben, cem, dov) = harness.register("ada"), (harness.register(name) for name in ("ben", "cem", "dov"))
    first, second, third = (make_seeds("ada", generation=number) for number in (1, 2, 3))
    yield Step((sign(ada, ada.rotation(first, next=promise_of(second))), sign(ben, ada.recovery(third))))
    ada.seeds = first
    guard = SetGuardians((ben.account, cem.account, dov.account), 2, HOUR_MS)
    for forbidden in (guard, Revoke(ada.account), ada.rotation(third)):
        yield Step((sign(ada, forbidden),))
    ada.seeds = second
    until_ms = harness.now_ms + 10 * HOUR_MS
    yield Step((sign(ada, ada.succession(second, until_ms=until_ms), guard), sign(ben, CompleteRecovery(ada.account))))
    yield Step((sign(ben, ada.recovery(third)), sign(cem, ada.recovery(third))))
    yield Step((sign(dov, CompleteRecovery(ada.account)), sign(ada, RejectRecovery())))
    yield Step((sign(ada, RejectRecovery()),))
    yield Step((sign(ben, ada.recovery(third)), sign(dov, ada.recovery(third))))
    yield Step(later_ms=HOUR_MS)
    yield Step((sign(owner := scene.owner, CompleteRecovery(ada.account)), sign(ada, Transfer(owner.account, 1))))
    ada.seeds = third
    yield Step((sign(ada, Transfer(scene.owner.account, 1)),))
    yield Step((sign(ada, ada.rotation(first, until_ms=START_MS)),))
    yield Step((sign(ada, ada.rotation(first, until_ms=harness.now_ms + 2_000)),))
    ada.seeds = first
    yield Step((sign(ada, Transfer(scene.owner.account, 1)),), later_ms=HOUR_MS)


def papers(scene: Scene) -> Iterator[Step]:
    """A device is certified, anew and no more, and an issuer's statuses are opened, set and taken back."""
    harness, sign, car, owner = scene.harness, scene.harness.sign, scene.car, scene.owner
    apply = ApplyForCertificate(sha256(b"request"), public_keys(make_seeds("certified"))[0])
    now_ms = harness.now_ms
    first, second = (
        IssueCertificate(car.account, bytes([number]) * 16, sha256(bytes([number])), now_ms, now_ms + DAY_MS)
        for number in (1, 2)
    )
    yield Step((sign(owner, apply), sign(harness.treasury, first), sign(car, apply)))
    yield Step((sign(owner, first), sign(harness.treasury, first)))
    yield Step((sign(harness.treasury, second),))
    yield Step((sign(car, apply), sign(harness.treasury, second)))
    ended = RevokeCertificate(second.fingerprint, "key_compromise")
    yield Step((sign(car, ended), sign(owner, ended)))
    yield Step((sign(owner, ended),))
    revocations, suspensions = OpenStatusList(1, "revocation", 131_072), OpenStatusList(2, "suspension", 131_072)
    yield Step((sign(owner, revocations, suspensions),))
    yield Step((sign(owner, revocations),))
    yield Step((sign(owner, SetStatus(1, (0, 4_095, 4_096, 131_071), True), SetStatus(2, (7,), True)),))
    for taken_back in (SetStatus(1, (0,), False), SetStatus(2, (7,), False)):
        yield Step((sign(owner, taken_back),))
    yield Step((sign(owner, SetStatus(1, (131_072,), True)), sign(car, SetStatus(3, (1,), True))))


SCENARIOS: dict[str, Callable[[Scene], Iterator[Step]]] = {
    made.__name__: made
    for made in (
        registrations,
        payments,
        attestations,
        rewards,
        hand_overs,
        readings,
        deliveries,
        offers,
        products,
        erasures,
        logs,
        lives,
        recoveries,
        papers,
    )
}
