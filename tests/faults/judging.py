"""What came of every transaction that was sent, held against the blocks that a node has after a restart."""

from __future__ import annotations

from fakes import MemoryStore
from node.verified import Verifier
from onchain.ledger.probe import WITH_PROBE

from autochain.node import ChainStore, EmbeddedEngine
from autochain.node.store import StoredBlock
from autochain.onchain.contracts.token import BALANCES
from autochain.onchain.ledger import StateMachine, Submitted, errors, transaction_hash
from autochain.onchain.refusals import Refusal
from autochain.onchain.units import TOTAL_SUPPLY_UACC

CONTRACTS = {contract.name: contract for contract in WITH_PROBE}
Place = tuple[int, int, int]
"""Height, index, and code of the result."""


class Book:
    """Keeps what the clients were told, and the blocks that were seen."""

    def __init__(self, genesis: MemoryStore) -> None:
        self._twin = MemoryStore()
        self._twin.pairs, self._twin.meta = dict(genesis.pairs), genesis.meta
        self.told: dict[bytes, Place] = {}
        """Where each acknowledged transaction stands."""
        self.may_stand: set[bytes] = set()
        """What was acknowledged, or sent by somebody who never learnt what came of it."""
        self._verifier = Verifier(StateMachine(self._twin, CONTRACTS))
        self._blocks: list[StoredBlock] = []
        self._places: dict[bytes, Place] = {}

    def acknowledge(self, submitted: Submitted) -> None:
        place = (submitted.height, submitted.index, submitted.result.code)
        assert self.told.setdefault(submitted.hash, place) == place, "a transaction is acknowledged in one place"
        self.may_stand.add(submitted.hash)

    def refuse(self, name: bytes, refusal: Refusal) -> None:
        # A node without room tries for some before it looks for what it has.
        assert name not in self.told or refusal.reason == errors.STORE_FULL, f"acknowledged, now refused: {refusal}"

    def lose(self, name: bytes) -> None:
        self.may_stand.add(name)

    async def check(self, store: ChainStore, machine: StateMachine, engine: EmbeddedEngine) -> None:
        """Sees that blocks, state and what the clients were told agree; the blocks seen before are as they were."""
        for height in range(1, store.height + 1):
            kept = store.block(height)
            assert kept is not None, "heights have no gap"
            if height <= len(self._blocks):
                assert kept == self._blocks[height - 1], "no block changes"
                continue
            self._blocks.append(kept)
            answer = await engine.block(height)
            self._verifier.check(answer, signatures=False)
            for index, (data, result) in enumerate(zip(answer.transactions, answer.results, strict=True)):
                name = transaction_hash(data)
                assert name not in self._places, "no transaction stands twice"
                self._places[name] = (height, index, result.code)
        assert store.height == len(self._blocks), "no block goes"
        assert self._verifier.twin.info() == machine.info(), "the twin has the node's root"
        assert self._twin.pairs == store.pairs, "the twin has the node's state"
        assert machine.info().height == store.height
        lost = [name.hex() for name, place in self.told.items() if self._places.get(name) != place]
        assert not lost, f"acknowledged, and not where it was said: {lost}"
        uninvited = [name.hex() for name in self._places if name not in self.may_stand]
        assert not uninvited, f"refused, and in a block: {uninvited}"
        for name, (height, index, _) in self._places.items():
            place = store.place(name)
            assert place is not None
            assert (place.height, place.index) == (height, index)
        broken = machine.broken_invariants()
        assert not broken, broken
        prefix = BALANCES.key()
        held = [BALANCES.codec.decode(data).amount_uacc for key, data in store.pairs.items() if key.startswith(prefix)]
        assert sum(held) == TOTAL_SUPPLY_UACC
