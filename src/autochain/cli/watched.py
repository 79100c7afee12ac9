"""What a watcher has seen of a chain: its last blocks, what happened in them, what was earned and who holds what."""

from __future__ import annotations

from collections import ChainMap, deque
from typing import TYPE_CHECKING, Any, NamedTuple

from .telling import account_teller, accounts_in, tag, told

if TYPE_CHECKING:
    from ..onchain.ledger import BlockAnswer, Dispatcher, Event, TransactionResult
    from ..onchain.ledger.header import Header

KEPT_BLOCKS, KEPT_LINES = 50, 200
"""How much a view keeps to show; no terminal is taller."""


class BlockLine(NamedTuple):
    """One block, in a line."""

    height: int
    time_ms: int
    hash: str
    transactions: int
    told: str
    """What its transactions and timers were about."""


class Line(NamedTuple):
    """One thing that happened, in plain words."""

    height: int
    time_ms: int
    text: str
    is_refused: bool


class Held(NamedTuple):
    """What a party holds, and by how much it changed last."""

    balance_uacc: int
    change_uacc: int
    height: int


class Watched:
    """One chain as it was seen so far; `take` adds a block and gives what a program would want to be told of it."""

    def __init__(self, chain_id: str, dispatcher: Dispatcher) -> None:
        from ..onchain.ids import contract_account

        self.chain_id = chain_id
        contracts = {contract_account(name): f"the {name} contract" for name in dispatcher.contracts}
        self.names: dict[bytes, str] = {}
        """Names of the parties that are known, by account."""
        self._called = ChainMap(self.names, contracts)
        """These, and what the accounts of contracts are called."""
        self.height = self.time_ms = self.waiting = 0
        self.blocks: deque[BlockLine] = deque(maxlen=KEPT_BLOCKS)
        self.lines: deque[Line] = deque(maxlen=KEPT_LINES)
        self.held: dict[str, Held] = {}
        self.recordings = self.sales = self.earned_uacc = self.sold_uacc = self.fees_uacc = self.refused = 0
        """What the blocks that were seen brought about."""
        self._dispatcher = dispatcher

    def take(self, header: Header, answer: BlockAnswer) -> tuple[list[dict[str, Any]], set[bytes]]:
        """Adds a block; gives one object for each thing of it that is told, and the parties that it names."""
        self.height, self.time_ms = header.height, header.time_ms
        place = {"chain": self.chain_id, "height": header.height, "time_ms": header.time_ms}
        timed = self._dispatcher.events.decode(answer.events)
        objects: list[dict[str, Any]] = []
        touched: set[bytes] = set()
        kinds: list[str] = []
        for data, result in zip(answer.transactions, answer.results, strict=True):
            found, named, tags = self._transaction(data, result, place)
            objects.append(found)
            touched |= named
            kinds += tags
        if timed:
            objects.append({"kind": "timers", **place, "events": self._events(timed, place)})
            touched |= accounts_in(timed, self.names)
            kinds += [tag(event) for event in timed]
        line = BlockLine(
            header.height,
            header.time_ms,
            header.hash().hex(),
            len(answer.transactions),
            ", ".join(dict.fromkeys(kinds)),
        )
        self.blocks.append(line)
        block = {"kind": "block", **place, "hash": line.hash, "transactions": line.transactions}
        return [block, *objects], touched

    def _transaction(
        self, data: bytes, result: TransactionResult, place: dict[str, Any]
    ) -> tuple[dict[str, Any], set[bytes], list[str]]:
        """Gives a transaction as an object, the parties that it names, and the tags of its messages."""
        from ..onchain.ids import did
        from ..onchain.ledger import transaction_hash

        transaction = self._dispatcher.transactions.decode(data)
        sender, payer = transaction.proof.sender, transaction.proof.payer
        tags = [tag(message) for message in transaction.messages]
        refused = None
        if result.code:
            self.refused += 1
            said = f"{account_teller(self._called)(sender)} is refused {', '.join(tags)}: {result.text}"
            refused = {"code": f"{result.codespace}/{result.code}", "text": result.text, "told": said}
            self.lines.append(Line(place["height"], place["time_ms"], said, True))
        events = self._dispatcher.events.decode(result.events)
        self.fees_uacc += transaction.fee_uacc
        found = {
            "kind": "transaction",
            **place,
            "hash": transaction_hash(data).hex(),
            "sender": did(sender),
            "payer": did(payer) if payer else None,
            "messages": tags,
            "fee_uacc": transaction.fee_uacc,
            "refused": refused,
            "events": self._events(events, place),
        }
        named = accounts_in((sender, payer, transaction.messages, events), self.names)
        return found, named, tags

    def _events(self, events: tuple[Event, ...], place: dict[str, Any]) -> list[dict[str, Any]]:
        """Counts events, notes their words, and gives them as objects."""
        from ..onchain.codec import named

        found = []
        for event in events:
            fields, words = named(event), told(event, self._called)
            self._count(fields)
            self.lines.append(Line(place["height"], place["time_ms"], words, False))
            found.append({**fields, "text": words})
        return found

    def _count(self, fields: dict[str, Any]) -> None:
        match fields["type"]:
            case "recording/Committed":
                self.recordings += 1
            case "mining/Rewarded":
                self.earned_uacc += fields["reward_uacc"]
            case "market/Bought":
                self.sales += 1
                self.sold_uacc += fields["price_uacc"]

    def hold(self, party: str, balance_uacc: int) -> dict[str, Any] | None:
        """Takes note of what a party holds; gives an object where that has changed."""
        before = self.held.get(party)
        if before is not None and before.balance_uacc == balance_uacc:
            return None
        change_uacc = balance_uacc - before.balance_uacc if before else 0
        self.held[party] = Held(balance_uacc, change_uacc, self.height)
        amounts = {"balance_uacc": balance_uacc, "change_uacc": change_uacc}
        return {"kind": "balance", "chain": self.chain_id, "height": self.height, "party": party, **amounts}

    def balances(self) -> list[tuple[str, Held]]:
        """Lists what parties hold: those that changed last stand first, then who has most."""
        return sorted(self.held.items(), key=lambda item: (-item[1].height, -item[1].balance_uacc, item[0]))

    def facts(self) -> dict[str, Any]:
        """Gives all that is seen as one object."""
        return {
            "chains": [
                {
                    "chain": self.chain_id,
                    "height": self.height,
                    "time_ms": self.time_ms,
                    "waiting": self.waiting,
                }
            ],
            "seen": {
                "recordings": self.recordings,
                "sales": self.sales,
                "earned_uacc": self.earned_uacc,
                "sold_uacc": self.sold_uacc,
                "fees_uacc": self.fees_uacc,
                "refused": self.refused,
            },
            "blocks": [line._asdict() for line in self.blocks],
            "lines": [line._asdict() for line in self.lines],
            "balances": [{"party": party, "balance_uacc": held.balance_uacc} for party, held in self.balances()],
        }
