"""One signed transaction of each kind that a main chain takes."""

from __future__ import annotations

from autochain.onchain.contracts.consent import Revoke as RevokeConsent
from autochain.onchain.contracts.credentials import Attest, Withdraw
from autochain.onchain.contracts.identity import Revoke
from autochain.onchain.contracts.mining import Claim
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.ledger import Message
from chains import Party, Scene, make_seeds


def every_transaction(scene: Scene) -> list[bytes]:
    """Signs a transaction of each message of each contract, all of which would happen; none of them is sent.

    Two more have several signatures and a payer.
    """
    harness, owner, buyer, car = scene.harness, scene.owner, scene.buyer, scene.car
    recording, consent = scene.commit(), scene.grant()
    many = harness.register("many", keys=3, threshold=2)
    newcomer, bike = Party.make("newcomer", "person"), Party.make("bike", "device", controller=owner)
    sign = harness.sign
    return [
        sign(newcomer, newcomer.registration),
        sign(bike, bike.registration, payer=owner),
        sign(bike, bike.registration, scene.a_drive("a ride"), payer=owner),
        sign(owner, owner.rotation(make_seeds("owner", generation=1))),
        sign(owner, Revoke(car.account)),
        sign(harness.treasury, Attest(car.account, "owner")),
        sign(harness.treasury, Withdraw(car.account, "vehicle")),
        sign(owner, Transfer(buyer.account, 5)),
        sign(many, Transfer(buyer.account, 5), Transfer(owner.account, 6), payer=many),
        sign(car, scene.a_drive("another drive"), payer=many),
        sign(car, Claim(recording)),
        sign(owner, scene.a_grant(purpose="insurance")),
        sign(owner, RevokeConsent(consent)),
        sign(buyer, scene.a_read(recording, consent)),
    ]


def kinds(scene: Scene, transactions: list[bytes]) -> set[type[Message]]:
    """Tells which messages these transactions hold."""
    decode = scene.harness.machine.dispatcher.transactions.decode
    return {type(message) for data in transactions for message in decode(data).messages}
