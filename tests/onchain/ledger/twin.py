"""Runs one seeded history of a main chain and prints what each block came to: `python -m onchain.ledger.twin`."""

from __future__ import annotations

import random
import sys

from chains.scene import DAY_MS

from autochain.onchain.codec import encode
from autochain.onchain.contracts.consent import Granted, Offer, Offered, TakeUp, Withdraw
from autochain.onchain.contracts.consent import Revoke as RevokeConsent
from autochain.onchain.contracts.credentials import Attest
from autochain.onchain.contracts.identity import HandOver, Revoke
from autochain.onchain.contracts.market import Bought, Buy, Deliver, Item, Publish, Published
from autochain.onchain.contracts.mining import Claim
from autochain.onchain.contracts.recording import Committed, Destroyed, Erase, Erased, recording_id
from autochain.onchain.contracts.release import Anchor
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto import sha256
from autochain.onchain.ledger import Event, StateMachine, header
from autochain.onchain.refusals import Refusal
from chains import ACC, CONTRACTS, Party, Scene

WAYS = ("plain", "checked", "restarted")
"""Blocks as they are; each transaction offered to the mempool before; and a machine that starts anew now and then."""


class Twin:
    """One of several runs that must come to the same."""

    def __init__(self, seed: int, way: str) -> None:
        self._chance = random.Random(seed)
        self._way = way
        self._scene = Scene()
        self._harness = self._scene.harness
        self._people = [self._scene.owner, self._scene.buyer]
        nothing = bytes(20)
        self._consents, self._recordings, self._erased = [nothing], [nothing], [nothing]
        self._offers, self._products, self._receipts = [nothing], [nothing], [nothing]

    def line(self, number: int) -> str:
        """Makes a block of what the chance of this history brings, and says what came of it."""
        harness, chance = self._harness, self._chance
        speakers = [*self._people, self._scene.car, *harness.members]
        sent = [self._transaction(speaker, number) for speaker in speakers if chance.random() < 0.7]
        if number % 8 == 0:
            newcomer = Party.make(f"person {number}", "person")
            gifts = (Transfer(newcomer.account, 100 * ACC), Attest(newcomer.account, "buyer"))
            sent += [harness.sign(newcomer, newcomer.registration), harness.sign(harness.treasury, *gifts)]
            self._people.append(newcomer)
        else:
            chance.shuffle(sent)
        if self._way == "checked":
            self._offer(sent)
        if self._way == "restarted" and number % 5 == 4:
            harness.machine = StateMachine(harness.store, {made.name: made for made in CONTRACTS})
        harness.now_ms += chance.choice((0, 0, 1, 3_600_000, DAY_MS))
        results = harness.block(*sent)
        for event in (event for result in results for event in harness.events(result)):
            self._remember(event)
        digest = header.results_hash([result.deterministic() for result in results]).hex()
        whole = sha256(encode(results)).hex()
        codes = ",".join(f"{result.codespace}{result.code}" for result in results)
        return f"{harness.height} {harness.machine.info().app_hash.hex()} {digest} {whole} {codes}"

    def _offer(self, sent: list[bytes]) -> None:
        for data in sent:
            try:
                self._harness.check(data)
            except Refusal:
                continue

    def _remember(self, event: Event) -> None:
        match event:
            case Granted():
                self._consents.append(event.consent)
            case Committed():
                self._recordings.append(event.recording)
            case Erased():
                self._erased.append(event.recording)
            case Offered():
                self._offers.append(event.offer)
            case Published():
                self._products.append(event.product)
            case Bought():
                self._receipts.append(event.receipt)

    def _transaction(self, speaker: Party, number: int) -> bytes:
        scene, chance, sign = self._scene, self._chance, self._harness.sign
        when = chance.choice(({}, scene.this_hour()))
        drive = scene.a_drive(f"drive {chance.randrange(number + 1)}", points=chance.randrange(1, 5_000), **when)
        if speaker is scene.car:
            claim = Claim(recording_id(scene.car.account, drive.fingerprint))
            return sign(speaker, *chance.choice([(drive, claim), (drive,), (claim,)]))
        if speaker in self._harness.members:
            return self._by_a_member(speaker, number)
        other = chance.choice(self._people)
        if chance.random() < 0.2:
            return sign(speaker, Transfer(other.account, chance.choice((1, 10_000, 10**9))))
        if number > 25 and chance.random() < 0.1:
            hand_over, revoke = HandOver(scene.car.account), Revoke(scene.car.account)
            return sign(speaker, chance.choice([hand_over, hand_over, revoke]), payer=other)
        consent = chance.choice(self._consents[-9:])
        if speaker is scene.owner:
            expires_ms = self._harness.now_ms + chance.choice((1, 5_000, DAY_MS, 9 * DAY_MS))
            grant = scene.a_grant(reader=other.account, price_uacc=chance.randrange(ACC), expires_ms=expires_ms)
            offer = Offer(scene.terms(price_uacc=chance.randrange(ACC), expires_ms=expires_ms), "buyer")
            erase, withdraw = Erase(chance.choice(self._recordings)), Withdraw(chance.choice(self._offers))
            return sign(speaker, chance.choice([grant, grant, offer, offer, RevokeConsent(consent), withdraw, erase]))
        recording, offered = chance.choice(self._recordings[-9:]), chance.choice(self._offers[-3:])
        product = Publish("a product", (Item(recording, offered),), "research", ("motion",), "exact")
        buy, read = Buy(chance.choice(self._products[-3:])), scene.a_read(recording, consent)
        return sign(speaker, chance.choice([read, read, TakeUp(offered), product, buy]))

    def _by_a_member(self, member: Party, number: int) -> bytes:
        chance = self._chance
        message = chance.choice(
            [
                Deliver((chance.choice(self._receipts[-4:]),)),
                Deliver((chance.choice(self._receipts[-4:]),)),
                Destroyed((chance.choice(self._erased[-4:]),)),
                Anchor(sha256(bytes([number % 256])), chance.randrange(2 * number + 1)),
            ]
        )
        return self._harness.sign(member, message, payer=self._harness.treasury)


def run(*, seed: int, way: str, blocks: int) -> list[str]:
    """Gives a line for each block of a seeded history."""
    twin = Twin(seed, way)
    return [twin.line(number) for number in range(blocks)]


if __name__ == "__main__":
    print("\n".join(run(seed=int(sys.argv[1]), way=sys.argv[2], blocks=int(sys.argv[3]))))
