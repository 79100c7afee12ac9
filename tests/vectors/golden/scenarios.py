"""The histories behind the golden vectors: each yields the transactions of one block after another.

They lead to success and to refusal, in blocks of several transactions, and let timers fall due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from autochain.onchain.contracts.consent import Revoke as RevokeConsent
from autochain.onchain.contracts.credentials import Attest, Withdraw
from autochain.onchain.contracts.identity import Revoke
from autochain.onchain.contracts.mining import Claim
from autochain.onchain.contracts.recording import HOUR_MS, Part, recording_id
from autochain.onchain.contracts.token import Transfer
from chains import ACC, START_MS, Party, Scene, make_seeds


class Step(NamedTuple):
    """One block of a history."""

    transactions: tuple[bytes, ...] = ()
    later_ms: int = 1_000
    """How much later than the block before."""


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
    """An authority gives roles and takes them back."""
    sign, treasury, car, owner = scene.harness.sign, scene.harness.treasury, scene.car, scene.owner
    yield Step((sign(treasury, Attest(owner.account, "owner")), sign(owner, Attest(car.account, "vehicle"))))
    yield Step((sign(treasury, Attest(car.account, "vehicle")), sign(owner, Withdraw(owner.account, "owner"))))
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


SCENARIOS: dict[str, Callable[[Scene], Iterator[Step]]] = {
    made.__name__: made for made in (registrations, payments, attestations, rewards, readings)
}
