"""Transactions that wait for a block: bounded, in the order of what they pay, and fair between senders."""

from __future__ import annotations

from dataclasses import dataclass

from ....onchain.ledger import SEQUENCE_WINDOW, Checked, errors

MAX_TRANSACTIONS = 50_000
MAX_BYTES = 64 * 1024 * 1024
_PRICE_SCALE = 1_000


@dataclass(slots=True)
class Waiting:
    """A transaction that waits."""

    name: bytes
    data: bytes
    sender: bytes
    price: int
    """Fee by weight, and no more than that of what the sender put in front of it."""
    arrival: int
    succeeds: bool


class Mempool:
    """Waiting transactions by hash, and by sender in the order in which they came."""

    def __init__(self) -> None:
        self._by_name: dict[bytes, Waiting] = {}
        self._by_sender: dict[bytes, list[Waiting]] = {}
        self._bytes = 0
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._by_name)

    def has_room(self, data: bytes) -> bool:
        return len(self._by_name) < MAX_TRANSACTIONS and self._bytes + len(data) <= MAX_BYTES

    def add(self, name: bytes, data: bytes, checked: Checked) -> list[Waiting]:
        """Takes a transaction in, or refuses it where there is no room or too many of its sender wait.

        Gives what had to go for it: a succession takes the place of all that waits of its sender, so that whoever has
        stolen the present keys does not keep the next ones out.
        """
        if not self.has_room(data):
            raise errors.MEMPOOL_FULL(f"{len(self._by_name)} transactions")
        price = checked.fee_uacc * _PRICE_SCALE // checked.weight
        own = self._by_sender.get(checked.sender, [])
        if own and own[0].succeeds:
            raise errors.SENDER_BUSY("a succession waits")
        superseded = own.copy() if checked.succeeds else []
        for one in superseded:
            self.drop(one.name)
        if own:
            if len(own) >= SEQUENCE_WINDOW:
                raise errors.SENDER_BUSY(f"{len(own)} transactions")
            price = min(price, own[-1].price)
        self._arrivals += 1
        waiting = Waiting(name, data, checked.sender, price, self._arrivals, checked.succeeds)
        self._by_name[name] = waiting
        self._by_sender.setdefault(checked.sender, []).append(waiting)
        self._bytes += len(data)
        return superseded

    def drop(self, name: bytes) -> None:
        """Lets a transaction go."""
        waiting = self._by_name.pop(name, None)
        if waiting is None:
            return
        self._bytes -= len(waiting.data)
        queue = self._by_sender[waiting.sender]
        queue.remove(waiting)
        if not queue:
            del self._by_sender[waiting.sender]

    def in_order(self) -> list[Waiting]:
        """Gives what waits in the order in which it should go into a block.

        The better paying come first; of those that pay alike, everybody's first before anybody's second, as they came.
        """
        ordered = sorted(
            (-waiting.price, turn, waiting.arrival, waiting)
            for queue in self._by_sender.values()
            for turn, waiting in enumerate(queue)
        )
        return [waiting for _, _, _, waiting in ordered]
