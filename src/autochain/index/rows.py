"""What the index answers: one frozen row each; ids and hashes are lower hexadecimal digits."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class BlockRow(msgspec.Struct, frozen=True):
    """One block of a chain."""

    height: int
    hash: str
    time_ms: int
    app_hash: str
    """Root of the state after the block before this one."""
    transactions: int
    events: int

    @property
    def place(self) -> int:
        return self.height


class TransactionRow(msgspec.Struct, frozen=True):
    """One transaction in a block; a refused one has a code that is not 0."""

    height: int
    position: int
    hash: str
    time_ms: int
    sender: str
    payer: str
    """Who pays the fee: the sender, unless another co-signed."""
    fee_uacc: int
    codespace: str
    code: int
    types: tuple[str, ...]
    """The tags of its messages, in order."""
    messages: list[dict[str, Any]]

    @property
    def place(self) -> tuple[int, int]:
        return self.height, self.position


class EventRow(msgspec.Struct, frozen=True):
    """Something that was announced, by a transaction or by a timer."""

    seq: int
    height: int
    time_ms: int
    transaction: str | None
    """The hash of the transaction; None where a timer announced it."""
    type: str
    body: dict[str, Any]

    @property
    def place(self) -> int:
        return self.seq


class RecordingRow(msgspec.Struct, frozen=True):
    """One committed recording."""

    id: str
    vehicle: str
    owner: str
    points: int
    start_ms: int
    end_ms: int
    committed_ms: int
    height: int
    keep_until_ms: int
    erased_ms: int
    record: dict[str, Any]

    @property
    def place(self) -> tuple[int, str]:
        return self.committed_ms, self.id


class ConsentRow(msgspec.Struct, frozen=True):
    """One consent, which stays when it has ended."""

    id: str
    owner: str
    reader: str
    vehicle: str
    offer: str | None
    purpose: str
    precision: str
    price_uacc: int
    granted_ms: int
    expires_ms: int
    revoked_ms: int
    record: dict[str, Any]

    @property
    def place(self) -> tuple[int, str]:
        return self.granted_ms, self.id


class ReceiptRow(msgspec.Struct, frozen=True):
    """One reading that was bought."""

    id: str
    reader: str
    owner: str
    vehicle: str
    recording: str
    consent: str
    product: str | None
    purpose: str
    precision: str
    price_uacc: int
    bought_ms: int
    lapses_ms: int
    status: str
    record: dict[str, Any]

    @property
    def place(self) -> tuple[int, str]:
        return self.bought_ms, self.id


class AccountRow(msgspec.Struct, frozen=True):
    """One account: a DID, or what a contract holds money in.

    What changes with every transaction, balance and sequence, is the chain's to answer.
    """

    id: str
    kind: str
    """person, organisation, device or contract."""
    controller: str | None
    active: bool
    registered_ms: int
    record: dict[str, Any]
    roles: tuple[str, ...] = ()
    """What is attested of it, in alphabetical order."""

    @property
    def place(self) -> tuple[int, str]:
        return self.registered_ms, self.id


class FlowRow(msgspec.Struct, frozen=True):
    """ACC that moved from one account to another; fees are not among them."""

    seq: int
    height: int
    time_ms: int
    transaction: str | None
    payer: str
    payee: str
    amount_uacc: int

    @property
    def place(self) -> int:
        return self.seq


class Figures(msgspec.Struct, frozen=True):
    """How many of each the read model has of a chain."""

    transactions: int = 0
    recordings: int = 0
    points: int = 0
    """Readings in all recordings, those that are erased among them."""
    consents: int = 0
    receipts: int = 0
    vehicles: int = 0
    """Accounts of devices."""
    accounts: int = 0


class VehicleFigures(msgspec.Struct, frozen=True):
    """How many of each the read model has of a vehicle."""

    recordings: int = 0
    points: int = 0
    """Readings in all its recordings, those that are erased among them."""
    receipts: int = 0
    """How often its recordings were bought."""
    earned_uacc: int = 0
    """What mining has paid to its owners for its recordings."""


class Found(msgspec.Struct, frozen=True):
    """Something that a search found."""

    kind: Literal["block", "transaction", "account", "recording", "consent", "receipt"]
    id: str
    """A block's height, otherwise an id or hash in hexadecimal digits."""
