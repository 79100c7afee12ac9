"""Transactions that wait for a block: bounded, in the order of what they pay, and fair between senders."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from ....onchain.ledger import Checked, errors

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


class Mempool:
    """Waiting transactions by hash, and by sender in the order of their sequences."""

    def __init__(self) -> None:
        self._by_name: dict[bytes, Waiting] = {}
        self._by_sender: dict[bytes, list[Waiting]] = {}
        self._cheapest: list[tuple[int, int, Waiting]] = []
        """A heap by price, of those that pay alike the newest first; some have gone meanwhile.

        What comes first in it is the last of its sender, as that one pays no more than those before it and is newer.
        """
        self._bytes = 0
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._by_name)

    def add(self, name: bytes, data: bytes, checked: Checked) -> list[Waiting]:
        """Takes a transaction in; gives those that had to make way for it.

        When the queue is full the cheapest one makes way, if it pays less; it is the last of its sender, so that no
        sequence is left without the one before it. Where too few pay less, none makes way and this one is refused.
        """
        price = checked.fee_uacc * _PRICE_SCALE // checked.weight
        own = self._by_sender.get(checked.sender)
        if own:
            price = min(price, own[-1].price)
        displaced = self._make_way(len(data), price)
        self._arrivals += 1
        waiting = Waiting(name, data, checked.sender, price, self._arrivals)
        self._by_name[name] = waiting
        self._by_sender.setdefault(checked.sender, []).append(waiting)
        self._bytes += len(data)
        if len(self._cheapest) > 2 * len(self._by_name):
            self._cheapest = [_by_price(one) for one in self._by_name.values()]
            heapify(self._cheapest)
        else:
            heappush(self._cheapest, _by_price(waiting))
        return displaced

    def _make_way(self, size: int, price: int) -> list[Waiting]:
        """Drops what must make way for so many bytes at this price, or nothing and refuses."""
        displaced: list[Waiting] = []
        freed = 0
        while len(self._by_name) - len(displaced) >= MAX_TRANSACTIONS or self._bytes - freed + size > MAX_BYTES:
            while self._cheapest and self._by_name.get(self._cheapest[0][2].name) is not self._cheapest[0][2]:
                heappop(self._cheapest)
            if not self._cheapest or self._cheapest[0][2].price >= price:
                for one in displaced:
                    heappush(self._cheapest, _by_price(one))
                raise errors.MEMPOOL_FULL(f"{len(self._by_name)} transactions")
            cheapest = heappop(self._cheapest)[2]
            displaced.append(cheapest)
            freed += len(cheapest.data)
        for one in displaced:
            self.drop(one.name)
        return displaced

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


def _by_price(waiting: Waiting) -> tuple[int, int, Waiting]:
    return waiting.price, -waiting.arrival, waiting
