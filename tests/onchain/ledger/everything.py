"""One signed transaction of each kind that a main chain takes."""

from __future__ import annotations

from chains.garage import PAPERS, RXSWIN, Garage

from autochain.onchain.contracts.consent import Offer, TakeUp
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
from autochain.onchain.contracts.identity import (
    HOUR_MS,
    CompleteRecovery,
    HandOver,
    RejectRecovery,
    Revoke,
    SetGuardians,
)
from autochain.onchain.contracts.market import Buy, Deliver, Item, Publish, Published, Unpublish
from autochain.onchain.contracts.mining import Claim
from autochain.onchain.contracts.recording import Destroyed, Erase
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
from autochain.onchain.ledger import Message
from chains import ACC, Party, Scene, make_seeds, promise_of

EXAMPLES: tuple[tuple[Message, ...], ...] = ()
"""Messages that need nothing to stand before, each a transaction of the owner's; `new contract` adds to them."""


Asked = tuple[Party, Message, Party | None]
"""A sender, what it asks for, and who co-signs to pay: signed when nobody's sequence changes any more."""


def every_transaction(scene: Scene) -> list[bytes]:
    """Signs a transaction of each message of each contract, all of which would happen; none of them is sent.

    Two more have several signatures and a payer.
    """
    harness, owner, buyer, car = scene.harness, scene.owner, scene.buyer, scene.car
    treasury, member = harness.treasury, harness.members[0]
    recording, consent, offer = scene.commit(), scene.grant(), scene.offer()
    gone = scene.commit("a drive that is erased")
    harness.do(owner, Erase(gone))
    harness.do(treasury, Attest(buyer.account, "buyer"), Transfer(member.account, ACC))
    a_product = Publish("drives", (Item(recording, offer),), "research", ("motion",), "exact")
    (published,) = harness.do(treasury, a_product)
    assert isinstance(published, Published)
    receipt = scene.read(recording, consent)
    many = harness.register("many", keys=3, threshold=2)
    newcomer, bike = Party.make("newcomer", "person"), Party.make("bike", "device", controller=owner)
    second = harness.register("second", "device", controller=owner)
    asked = [*_with_guardians(scene), *_with_credentials(scene), *_with_a_life(scene)]
    sign = harness.sign
    return [
        sign(newcomer, newcomer.registration),
        sign(bike, bike.registration, payer=owner),
        sign(bike, bike.registration, scene.a_drive("a ride"), payer=owner),
        sign(owner, owner.rotation(make_seeds("owner", generation=1))),
        sign(owner, Revoke(car.account)),
        sign(owner, HandOver(car.account), payer=buyer),
        sign(treasury, Attest(car.account, "owner")),
        sign(treasury, Attest(second.account, "vehicle", sha256(b"what the registrars make of a VIN"))),
        sign(treasury, Withdraw(car.account, "vehicle")),
        sign(owner, Transfer(buyer.account, 5)),
        sign(many, Transfer(buyer.account, 5), Transfer(owner.account, 6), payer=many),
        sign(car, scene.a_drive("another drive"), payer=many),
        sign(car, Claim(recording)),
        sign(owner, scene.a_grant(purpose="insurance")),
        sign(owner, RevokeConsent(consent)),
        sign(owner, Offer(scene.terms(purpose="insurance"), "insurer")),
        sign(buyer, TakeUp(offer)),
        sign(owner, WithdrawOffer(offer)),
        sign(buyer, scene.a_read(recording, consent)),
        sign(member, Deliver((receipt,))),
        sign(treasury, a_product),
        sign(buyer, Buy(published.product)),
        sign(treasury, Unpublish(published.product)),
        sign(owner, Erase(recording)),
        sign(member, Destroyed((gone,))),
        sign(member, Anchor(sha256(b"the last entry"), 3)),
        *(sign(sender, message, payer=payer) for sender, message, payer in asked),
        *(sign(owner, *messages) for messages in EXAMPLES),
    ]


def _with_guardians(scene: Scene) -> list[Asked]:
    """Gives what changes keys that were lost, or stolen."""
    harness, fresh = scene.harness, make_seeds("fresh")
    promised, ward, guardian = (harness.register(name) for name in ("promised", "ward", "guardian"))
    harness.do(promised, promised.rotation(promised.seeds, next=promise_of(fresh)))
    succession, promised.seeds = promised.succession(fresh), fresh
    harness.do(ward, SetGuardians((guardian.account,), 1, HOUR_MS))
    harness.do(guardian, ward.recovery(fresh))
    harness.advance(HOUR_MS)
    return [
        (promised, succession, None),
        (guardian, SetGuardians((ward.account, scene.owner.account), 2, HOUR_MS), None),
        (guardian, ward.recovery(make_seeds("other"), next=promise_of(fresh)), None),
        (ward, RejectRecovery(), None),
        (scene.buyer, CompleteRecovery(ward.account), None),
    ]


def _with_credentials(scene: Scene) -> list[Asked]:
    """Gives what sets statuses and certifies a car of the owner's."""
    harness, owner, treasury = scene.harness, scene.owner, scene.harness.treasury
    sedan, van = (harness.register(name, "device", controller=owner) for name in ("sedan", "van"))
    harness.do(treasury, OpenStatusList(0, "revocation", 131_072))
    applications = {car: ApplyForCertificate(sha256(b"a request"), car.registration.keys[0]) for car in (sedan, van)}
    for car, application in applications.items():
        harness.do(car, application)
    fingerprint, period = sha256(b"a certificate"), (harness.now_ms, harness.now_ms + 1_000_000_000)
    harness.do(treasury, IssueCertificate(sedan.account, bytes(16), fingerprint, *period))
    return [
        (treasury, OpenStatusList(1, "suspension", 131_072), None),
        (treasury, SetStatus(0, (1, 94_567), True), None),
        (sedan, applications[sedan], None),
        (treasury, IssueCertificate(van.account, bytes(16), sha256(b"another certificate"), *period), None),
        (owner, RevokeCertificate(fingerprint, "cessation_of_operation"), None),
    ]


def _with_a_life(scene: Scene) -> list[Asked]:
    """Gives each step of a car's life."""
    garage, harness = Garage(scene.harness), scene.harness
    maker, owner, workshop = garage.maker, garage.owner, garage.workshop
    unmade, unserved = (harness.register(name, "device", controller=maker) for name in ("unmade", "unserved"))
    garage.make(unserved)
    garage.bring_to_owner()
    garage.recall()
    garage.approve()
    for _ in range(3):
        garage.report()
    car = garage.car.account
    harness.do(maker, TriageSecurityEvent(car, 2, "low"), TriageSecurityEvent(car, 3, "low"))
    harness.do(maker, FixSecurityEvent(car, 3, PAPERS))
    return [
        (maker, Make(unmade.account, PAPERS, 0), None),
        (garage.registry, EnterService(unserved.account, PAPERS), None),
        (owner, Sell(car, 5_000_000, PAPERS), garage.buyer),
        (garage.car, StateOdometer(car, 10_000_000_000, PAPERS), None),
        (workshop, Repair(car, 12, PAPERS, "brakes-26-01"), owner),
        (workshop, Modify(car, 12, PAPERS, "E1*55*0001"), owner),
        (maker, Recall(tuple(sorted((car, unserved.account))), "belts-26-02", PAPERS), None),
        (garage.approver, ApproveSoftware(maker.account, RXSWIN, "2.0", "E1*79*2027"), None),
        (garage.car, UpdateSoftware(car, RXSWIN, "1.0", "ota-7"), None),
        (garage.car, ReportSecurityEvent(car, PAPERS), None),
        (maker, TriageSecurityEvent(car, 1, "critical"), None),
        (maker, FixSecurityEvent(car, 2, PAPERS), None),
        (maker, NotifySecurityEvent(car, 3, PAPERS), None),
        (owner, Scrap(car, 12, PAPERS), garage.dismantler),
    ]


def kinds(scene: Scene, transactions: list[bytes]) -> set[type[Message]]:
    """Tells which messages these transactions hold."""
    decode = scene.harness.machine.dispatcher.transactions.decode
    return {type(message) for data in transactions for message in decode(data).messages}
