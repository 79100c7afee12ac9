"""Runs one seeded history of a main chain and prints what each block came to: `python -m onchain.ledger.twin`."""

from __future__ import annotations

import random
import sys

from chains.scene import DAY_MS

from autochain.onchain.codec import encode
from autochain.onchain.contracts.consent import Granted
from autochain.onchain.contracts.consent import Revoke as RevokeConsent
from autochain.onchain.contracts.identity import Revoke
from autochain.onchain.contracts.mining import Claim
from autochain.onchain.contracts.recording import Committed, recording_id
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto import sha256
from autochain.onchain.ledger import StateMachine, header
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
        self._consents = [bytes(20)]
        self._recordings = [bytes(20)]

    def line(self, number: int) -> str:
        """Makes a block of what the chance of this history brings, and says what came of it."""
        harness, chance = self._harness, self._chance
        speakers = [*self._people, self._scene.car]
        sent = [self._transaction(speaker, number) for speaker in speakers if chance.random() < 0.7]
        if number % 8 == 0:
            newcomer = Party.make(f"person {number}", "person")
            gift = Transfer(newcomer.account, 100 * ACC)
            sent += [harness.sign(newcomer, newcomer.registration), harness.sign(harness.treasury, gift)]
            self._people.append(newcomer)
        else:
            chance.shuffle(sent)
        if self._way == "checked":
            self._offer(sent)
        if self._way == "restarted" and number % 5 == 4:
            harness.machine = StateMachine(harness.store, {made.name: made for made in CONTRACTS})
        harness.now_ms += chance.choice((0, 0, 1, 3_600_000, DAY_MS))
        results = harness.block(*sent)
        events = [event for result in results for event in harness.events(result)]
        self._consents += [event.consent for event in events if isinstance(event, Granted)]
        self._recordings += [event.recording for event in events if isinstance(event, Committed)]
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

    def _transaction(self, speaker: Party, number: int) -> bytes:
        scene, chance, sign = self._scene, self._chance, self._harness.sign
        drive = scene.a_drive(f"drive {chance.randrange(number + 1)}", points=chance.randrange(1, 5_000))
        if speaker is scene.car:
            claim = Claim(recording_id(scene.car.account, drive.fingerprint))
            return sign(speaker, *chance.choice([(drive, claim), (drive,), (claim,)]))
        other = chance.choice(self._people)
        if chance.random() < 0.3:
            return sign(speaker, Transfer(other.account, chance.choice((1, 10_000, 10**9))))
        consent = chance.choice(self._consents[-9:])
        if speaker is scene.owner:
            expires_ms = self._harness.now_ms + chance.choice((1, 5_000, DAY_MS, 9 * DAY_MS))
            grant = scene.a_grant(reader=other.account, price_uacc=chance.randrange(ACC), expires_ms=expires_ms)
            last = Revoke(scene.car.account) if number > 30 else grant
            return sign(speaker, chance.choice([grant, grant, RevokeConsent(consent), last]))
        return sign(speaker, scene.a_read(chance.choice(self._recordings), consent))


def run(*, seed: int, way: str, blocks: int) -> list[str]:
    """Gives a line for each block of a seeded history."""
    twin = Twin(seed, way)
    return [twin.line(number) for number in range(blocks)]


if __name__ == "__main__":
    print("\n".join(run(seed=int(sys.argv[1]), way=sys.argv[2], blocks=int(sys.argv[3]))))
