"""The records behind events: the chain is asked for them as they stand, and a row is made of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from msgspec.structs import asdict
from sqlalchemy import Table

from ..onchain.codec import Codec, encode, named
from ..onchain.contracts.consent import Consent, GetConsent
from ..onchain.contracts.credentials import Attestation, GetAttestation, Role
from ..onchain.contracts.identity import GetIdentity, Identity
from ..onchain.contracts.market import GetReceipt, Receipt
from ..onchain.contracts.recording import GetRecording, Recording
from ..onchain.contracts.release import Committee, GetCommittee
from ..onchain.contracts.token import Allocation, GetAllocations
from ..onchain.ids import contract_account
from ..onchain.ledger import Dispatcher, Node, Query
from .reading import Batch
from .tables import ACCOUNTS, CONSENTS, RECEIPTS, RECORDINGS

MAX_ANSWER_BYTES = 1_048_576
MAX_KNOWN = 200_000
"""How many accounts are remembered as listed before all are forgotten, and asked for once more."""

Row = dict[str, Any]


class Kind(NamedTuple):
    """One kind of record: what asks for it, how it is read, and in which table it stands."""

    contract: str
    query: Callable[[bytes], Query[Any]]
    answer: Codec[Any]
    table: Table
    fields: tuple[str, ...] = ()
    """The fields of messages and events that hold its ids."""


IDENTITY = Kind("identity", GetIdentity, Codec(Identity | None, max_bytes=MAX_ANSWER_BYTES), ACCOUNTS)
KINDS = (
    Kind(
        "recording",
        GetRecording,
        Codec(Recording | None, max_bytes=MAX_ANSWER_BYTES),
        RECORDINGS,
        ("recording", "recordings"),
    ),
    Kind("consent", GetConsent, Codec(Consent | None, max_bytes=MAX_ANSWER_BYTES), CONSENTS, ("consent",)),
    Kind("market", GetReceipt, Codec(Receipt | None, max_bytes=MAX_ANSWER_BYTES), RECEIPTS, ("receipt", "receipts")),
)
NOT_ACCOUNTS = frozenset(("offer", "product", *(name for kind in KINDS for name in kind.fields)))
"""Fields whose ids are no accounts; in every other field stands one."""
ALLOCATIONS: Codec[tuple[tuple[str, Allocation], ...]] = Codec(
    tuple[tuple[str, Allocation], ...], max_bytes=MAX_ANSWER_BYTES
)
COMMITTEE: Codec[Committee | None] = Codec(Committee | None, max_bytes=MAX_ANSWER_BYTES)
ATTESTATION: Codec[Attestation | None] = Codec(Attestation | None, max_bytes=MAX_ANSWER_BYTES)


class Records(NamedTuple):
    """Records as the chain has them."""

    rows: list[tuple[Table, Row]]
    roles: list[tuple[str, str, bool]]
    """Account, role, and whether it is attested."""


class Asking:
    """Asks one chain for the records that its blocks name."""

    def __init__(self, node: Node, dispatcher: Dispatcher) -> None:
        self._node = node
        self._dispatcher = dispatcher
        self._of_contracts = {contract_account(name) for name in dispatcher.contracts}
        self._known: set[bytes] = set()
        """Accounts that are listed already; they are asked for again only when they change."""

    def forget(self) -> None:
        """Begins anew, as with an empty database."""
        self._known.clear()

    async def at_genesis(self) -> Records:
        """Gives the accounts of which a chain tells from its beginning; others show when they are first named."""
        names = {self._dispatcher.spec.fees_to}
        if self._has("token"):
            names |= {allocation.account for _, allocation in await self._ask(GetAllocations(), ALLOCATIONS)}
        if self._has("release") and (committee := await self._ask(GetCommittee(), COMMITTEE)) is not None:
            names |= set(committee.members)
        rows = await self._rows(IDENTITY, names)
        return Records([(ACCOUNTS, _of_contract(name)) for name in self._dispatcher.contracts] + rows, [])

    async def of(self, batch: Batch) -> Records:
        """Gives all records that some blocks may have changed, as they stand now."""
        rows = []
        for kind in KINDS:
            rows += await self._rows(kind, {found for field, found in batch.named if field in kind.fields})
        mentioned = {found for field, found in batch.named if field not in NOT_ACCOUNTS}
        rows += await self._rows(IDENTITY, (mentioned - self._known - self._of_contracts) | batch.changed)
        roles = []
        for account, role in sorted(batch.roles):
            roles.append((account.hex(), role, await self._is_attested(account, role)))  # type: ignore[arg-type]
        return Records(rows, roles)

    def _has(self, contract: str) -> bool:
        return contract in self._dispatcher.contracts

    async def _rows(self, kind: Kind, names: Collection[bytes]) -> list[tuple[Table, Row]]:
        if not self._has(kind.contract):
            return []
        rows = []
        for name in sorted(names):
            record = await self._ask(kind.query(name), kind.answer)
            if record is None:
                continue
            if kind is IDENTITY:
                self._know(name)
            rows.append((kind.table, _row(kind.table, name, record)))
        return rows

    def _know(self, account: bytes) -> None:
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known.add(account)

    async def _is_attested(self, account: bytes, role: Role) -> bool:
        return await self._ask(GetAttestation(account, role), ATTESTATION) is not None

    async def _ask(self, query: Query[Any], codec: Codec[Any]) -> Any:
        answer = await self._node.query(encode(query))
        # A node in this process answers without ever waiting: others must have their turns.
        await asyncio.sleep(0)
        return codec.decode(answer.value)


def _row(table: Table, name: bytes, record: Any) -> Row:
    """Makes a row: every column is the field of its name, in the record or in its terms."""
    fields = asdict(record)
    if isinstance(record, Consent):
        fields |= asdict(record.terms)
    told = named(record)
    if isinstance(record, Identity):
        # It changes with every transaction, and the chain itself tells it.
        del told["sequence"]
    columns = {column.name: _plain(fields[column.name]) for column in table.columns if column.name in fields}
    return {**columns, "id": name.hex(), "record": told}


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _of_contract(name: str) -> Row:
    """Makes the row of the account in which a contract holds money."""
    return {
        "id": contract_account(name).hex(),
        "kind": "contract",
        "controller": None,
        "active": True,
        "registered_ms": 0,
        "record": {"kind": "contract", "contract": name},
    }
