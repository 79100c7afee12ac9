"""One signed transaction of each kind that a main chain takes."""

from __future__ import annotations

from autochain.onchain.contracts.consent import Offer, TakeUp
from autochain.onchain.contracts.consent import Revoke as RevokeConsent
from autochain.onchain.contracts.consent import Withdraw as WithdrawOffer
from autochain.onchain.contracts.credentials import Attest, Withdraw
from autochain.onchain.contracts.identity import HandOver, Revoke
from autochain.onchain.contracts.market import Buy, Deliver, Item, Publish, Published, Unpublish
from autochain.onchain.contracts.mining import Claim
from autochain.onchain.contracts.recording import Destroyed, Erase
from autochain.onchain.contracts.release import Anchor
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto import sha256
from autochain.onchain.ledger import Message
from chains import ACC, Party, Scene, make_seeds

EXAMPLES: tuple[tuple[Message, ...], ...] = ()
"""Messages that need nothing to stand before, each a transaction of the owner's; `new contract` adds to them."""


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
        *(sign(owner, *messages) for messages in EXAMPLES),
    ]


def kinds(scene: Scene, transactions: list[bytes]) -> set[type[Message]]:
    """Tells which messages these transactions hold."""
    decode = scene.harness.machine.dispatcher.transactions.decode
    return {type(message) for data in transactions for message in decode(data).messages}
