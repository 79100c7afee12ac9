"""Runs the same blocks after other submissions: `python -m onchain.ledger.submissions SEED WAY`.

The blocks are fixed; what differs is in which order, how often and with how many others their transactions were offered
to the mempool before, and what was asked meanwhile.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from typing import NamedTuple

from autochain.onchain.codec import encode
from autochain.onchain.contracts.consent import ListConsents
from autochain.onchain.contracts.mining import Claim
from autochain.onchain.contracts.recording import recording_id
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto import sha256
from autochain.onchain.ledger import Executed, StateMachine
from autochain.onchain.refusals import Refusal
from chains import ACC, CONTRACTS, Harness, Scene

WAYS = ("none", "in order", "backwards", "shuffled", "twice", "with others", "late")


class Made(NamedTuple):
    """One block as it was made."""

    transactions: tuple[bytes, ...]
    others: tuple[bytes, ...]
    """Transactions of the same senders, sequences and fees that stand in no block."""
    time_ms: int


class Recorder(StateMachine):
    """Keeps the blocks that it executes."""

    blocks: list[Made]
    others: tuple[bytes, ...] = ()

    def execute(self, transactions: Sequence[bytes], *, height: int, time_ms: int) -> Executed:
        self.blocks.append(Made(tuple(transactions), self.others, time_ms))
        return super().execute(transactions, height=height, time_ms=time_ms)


def history(seed: int, *, blocks: int = 12) -> list[Made]:
    """Makes blocks of several transactions of equal fee by each of several senders, some of which fail."""
    chance, harness = random.Random(seed), Harness()
    recorder = Recorder(harness.store, {made.name: made for made in CONTRACTS})
    recorder.blocks = []
    harness.machine = recorder
    scene = Scene(harness)
    consent = scene.grant()
    people = [scene.owner, scene.buyer, harness.treasury, *(harness.register(f"person {at}") for at in range(3))]
    for number in range(blocks):
        sent: list[list[bytes]] = []
        others: list[bytes] = []
        for person in people:
            payee = chance.choice([other for other in people if other is not person])
            first = harness.sequence(person)
            amounts = [chance.choice((1, ACC, 60 * ACC)) for _ in range(chance.randrange(4))]
            sent.append([
                harness.sign(person, Transfer(payee.account, amount), fee_uacc=5_000, sequence=first + at)
                for at, amount in enumerate(amounts)
            ])  # fmt: skip
            others.append(harness.sign(person, Transfer(payee.account, 2), fee_uacc=5_000, sequence=first))
        drive = scene.a_drive(f"drive {number}")
        recording = recording_id(scene.car.account, drive.fingerprint)
        at = harness.sequence(scene.car)
        sent.append([
            harness.sign(scene.car, drive, sequence=at),
            harness.sign(scene.car, Claim(recording), sequence=at + 1),
        ])  # fmt: skip
        last = harness.sequence(scene.buyer) + len(sent[people.index(scene.buyer)])
        sent[people.index(scene.buyer)].append(
            harness.sign(scene.buyer, scene.a_read(recording, consent), sequence=last)
        )
        recorder.others = tuple(others)
        harness.block(*interleaved(sent, chance))
    return recorder.blocks


def interleaved(rows: list[list[bytes]], chance: random.Random) -> list[bytes]:
    """Mixes rows so that each keeps its order."""
    turns = [row for row in rows for _ in row]
    chance.shuffle(turns)
    following = {id(row): iter(row) for row in rows}
    return [next(following[id(row)]) for row in turns]


def offered(made: Made, way: str, chance: random.Random) -> list[bytes]:
    """Gives what is offered to the mempool before a block."""
    sent = list(made.transactions)
    match way:
        case "none":
            return []
        case "backwards":
            return sent[::-1]
        case "shuffled":
            return chance.sample(sent, len(sent))
        case "twice":
            return [*sent, *chance.sample(sent, len(sent))]
        case "with others":
            return [*made.others, *chance.sample(sent, len(sent)), *made.others]
        case "late":
            return chance.sample(sent, len(sent) // 2)
        case _:
            return sent


def run(blocks: Sequence[Made], way: str, seed: int) -> list[str]:
    """Gives a line for each block: its height, its root and the hash of all its results."""
    harness, chance = Harness(), random.Random(f"{seed} {way}")
    machine, lines = harness.machine, []
    for height, made in enumerate(blocks, start=1):
        for data in offered(made, way, chance):
            try:
                machine.check(data)
            except Refusal:
                continue
        if way != "none":
            machine.prepare(made.others + made.transactions, height=height, time_ms=made.time_ms)
            machine.query(encode(ListConsents(harness.treasury.account)))
            assert machine.process(made.transactions, height=height, time_ms=made.time_ms)
        executed = machine.execute(made.transactions, height=height, time_ms=made.time_ms)
        root = machine.root()
        machine.commit()
        for data in offered(made, way, chance)[:3] if way == "late" else ():
            try:
                machine.check(data, recheck=True)
            except Refusal:
                continue
        codes = sorted({f"{result.codespace}{result.code}" for result in executed.results})
        lines.append(f"{height} {root.hex()} {sha256(encode(executed.results)).hex()} {','.join(codes)}")
    return lines


if __name__ == "__main__":
    seed = int(sys.argv[1])
    print("\n".join(run(history(seed), sys.argv[2], seed)))
