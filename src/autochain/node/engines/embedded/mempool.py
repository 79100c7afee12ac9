"""Transactions that wait for a block, in the order in which they came, within bounds."""

from __future__ import annotations

from collections import OrderedDict

from ....onchain.ledger import errors

MAX_TRANSACTIONS = 20_000
MAX_BYTES = 64 * 1024 * 1024


class Mempool:
    """A bounded queue of transactions by hash."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[bytes, bytes] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def check_room(self, name: bytes, data: bytes) -> None:
        """Refuses a transaction that waits already, and any when the queue is full."""
        if name in self._waiting:
            raise errors.ALREADY_WAITING()
        if len(self._waiting) >= MAX_TRANSACTIONS or self._bytes + len(data) > MAX_BYTES:
            raise errors.MEMPOOL_FULL(f"{len(self._waiting)} transactions")

    def add(self, name: bytes, data: bytes) -> None:
        self._waiting[name] = data
        self._bytes += len(data)

    def drop(self, name: bytes) -> None:
        self._bytes -= len(self._waiting.pop(name, b""))

    def items(self) -> list[tuple[bytes, bytes]]:
        """Hashes and bytes, the oldest first."""
        return list(self._waiting.items())
