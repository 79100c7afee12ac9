"""What may be asked of the index; the same questions of SQLite and of PostgreSQL."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Select, Table, or_, select, tuple_

from .counts import WHOLE
from .database import Database
from .rows import (
    AccountRow,
    BlockRow,
    ConsentRow,
    EventRow,
    Figures,
    FlowRow,
    Found,
    ReceiptRow,
    RecordingRow,
    TransactionRow,
    VehicleFigures,
)
from .search import search
from .tables import (
    ACCOUNTS,
    BLOCKS,
    CONSENTS,
    COUNTS,
    EVENTS,
    EVENTS_PER_BLOCK,
    META,
    RECEIPTS,
    RECORDINGS,
    ROLES,
    SUBJECTS,
    TRANSACTIONS,
)

R = TypeVar("R")
LIMIT = 50
TRANSFERRED = "token/Transferred"

Place = tuple[int, str]
"""Where a list of records goes on: the time and id of the last row that was seen, its `place`."""


class Index:
    """Reads the index of any chain; from any thread, but not on the event loop.

    Lists begin with the newest and go on behind the `place` of the last row that was seen: new blocks change nothing
    of that. Refuses with AWAY while the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def height(self, chain: str) -> int:
        """Gives the height up to which the index tells of a chain; 0 where it knows nothing of it yet."""
        with self._database.reading() as connection:
            return connection.execute(select(META.c.height).where(META.c.chain == chain)).scalar() or 0

    def blocks(self, chain: str, before: int | None = None, limit: int = LIMIT) -> list[BlockRow]:
        query = _of(BLOCKS, chain).order_by(BLOCKS.c.height.desc()).limit(limit)
        return self._rows(BlockRow, query if before is None else query.where(BLOCKS.c.height < before))

    def block(self, chain: str, height: int) -> BlockRow | None:
        return self._one(BlockRow, _of(BLOCKS, chain).where(BLOCKS.c.height == height))

    def transactions(
        self,
        chain: str,
        before: tuple[int, int] | None = None,
        limit: int = LIMIT,
        *,
        account: str | None = None,
        height: int | None = None,
    ) -> list[TransactionRow]:
        """Lists transactions; those that an account sent or paid for, or those of one block."""
        columns = TRANSACTIONS.c
        query = _of(TRANSACTIONS, chain).order_by(columns.height.desc(), columns.position.desc()).limit(limit)
        if before is not None:
            query = query.where(tuple_(columns.height, columns.position) < tuple_(*before))
        if account is not None:
            query = query.where(or_(columns.sender == account, columns.payer == account))
        return self._rows(TransactionRow, query if height is None else query.where(columns.height == height))

    def transaction(self, chain: str, hash: str) -> TransactionRow | None:
        query = _of(TRANSACTIONS, chain).where(TRANSACTIONS.c.hash == hash)
        return self._one(TransactionRow, query.order_by(TRANSACTIONS.c.height).limit(1))

    def events(
        self,
        chain: str,
        after: int | None = None,
        before: int | None = None,
        limit: int = LIMIT,
        *,
        subject: str | None = None,
        type: str | None = None,
        height: int | None = None,
        transaction: str | None = None,
    ) -> list[EventRow]:
        """Lists events: behind a `seq` in the order in which they happened, otherwise the newest first.

        `subject` is any id that they or their transactions name; `height` and `transaction` take those of one block or
        one transaction.
        """
        columns = EVENTS.c
        query = _of(EVENTS, chain).order_by(columns.seq if after is not None else columns.seq.desc()).limit(limit)
        if after is not None:
            query = query.where(columns.seq > after)
        if before is not None:
            query = query.where(columns.seq < before)
        if subject is not None:
            named = (SUBJECTS.c.chain == chain, SUBJECTS.c.subject == subject)
            query = query.join(SUBJECTS, SUBJECTS.c.seq == columns.seq).where(*named)
        if type is not None:
            query = query.where(columns.type == type)
        if transaction is not None:
            found = self.transaction(chain, transaction)
            if found is None:
                return []
            query, height = query.where(columns.transaction == transaction), found.height
        if height is not None:
            first = height * EVENTS_PER_BLOCK
            query = query.where(columns.seq >= first, columns.seq < first + EVENTS_PER_BLOCK)
        return self._rows(EventRow, query)

    def recordings(
        self,
        chain: str,
        after: Place | None = None,
        limit: int = LIMIT,
        *,
        owner: str | None = None,
        vehicle: str | None = None,
    ) -> list[RecordingRow]:
        query = _page(RECORDINGS, chain, "committed_ms", after, limit, {"owner": owner, "vehicle": vehicle})
        return self._rows(RecordingRow, query)

    def recording(self, chain: str, id: str) -> RecordingRow | None:
        return self._one(RecordingRow, _of(RECORDINGS, chain).where(RECORDINGS.c.id == id))

    def consents(
        self,
        chain: str,
        after: Place | None = None,
        limit: int = LIMIT,
        *,
        owner: str | None = None,
        reader: str | None = None,
        vehicle: str | None = None,
    ) -> list[ConsentRow]:
        wanted = {"owner": owner, "reader": reader, "vehicle": vehicle}
        return self._rows(ConsentRow, _page(CONSENTS, chain, "granted_ms", after, limit, wanted))

    def consent(self, chain: str, id: str) -> ConsentRow | None:
        return self._one(ConsentRow, _of(CONSENTS, chain).where(CONSENTS.c.id == id))

    def receipts(
        self,
        chain: str,
        after: Place | None = None,
        limit: int = LIMIT,
        *,
        owner: str | None = None,
        consent: str | None = None,
        reader: str | None = None,
        recording: str | None = None,
        vehicle: str | None = None,
    ) -> list[ReceiptRow]:
        wanted = {"owner": owner, "consent": consent, "reader": reader, "recording": recording, "vehicle": vehicle}
        return self._rows(ReceiptRow, _page(RECEIPTS, chain, "bought_ms", after, limit, wanted))

    def receipt(self, chain: str, id: str) -> ReceiptRow | None:
        return self._one(ReceiptRow, _of(RECEIPTS, chain).where(RECEIPTS.c.id == id))

    def accounts(
        self,
        chain: str,
        after: Place | None = None,
        limit: int = LIMIT,
        *,
        kind: str | None = None,
        controller: str | None = None,
        role: str | None = None,
    ) -> list[AccountRow]:
        query = _page(ACCOUNTS, chain, "registered_ms", after, limit, {"kind": kind, "controller": controller})
        if role is not None:
            held = select(ROLES.c.account).where(ROLES.c.chain == chain, ROLES.c.role == role)
            query = query.where(ACCOUNTS.c.id.in_(held))
        return self._accounts(chain, query)

    def account(self, chain: str, id: str) -> AccountRow | None:
        found = self._accounts(chain, _of(ACCOUNTS, chain).where(ACCOUNTS.c.id == id))
        return found[0] if found else None

    def flows(self, chain: str, limit: int = LIMIT, before: int | None = None) -> list[FlowRow]:
        """Lists transfers of ACC, rewards and sales among them, the newest first."""
        events = self.events(chain, before=before, limit=limit, type=TRANSFERRED)
        return [_flow(event) for event in events]

    def figures(self, chain: str) -> Figures:
        """Counts what there is on a chain, at the price of reading a few rows."""
        return Figures(**self._counts(chain, WHOLE))

    def vehicle_figures(self, chain: str, vehicle: str) -> VehicleFigures:
        """Counts what there is of a vehicle, at the price of reading a few rows."""
        return VehicleFigures(**self._counts(chain, vehicle))

    def _counts(self, chain: str, subject: str) -> dict[str, int]:
        query = select(COUNTS.c.name, COUNTS.c.total).where(COUNTS.c.chain == chain, COUNTS.c.subject == subject)
        with self._database.reading() as connection:
            return {row.name: row.total for row in connection.execute(query)}

    def search(self, chain: str, text: str) -> list[Found]:
        """Finds a block by its height, and all else by a hash, an id or a DID, or by the first digits of one."""
        with self._database.reading() as connection:
            return search(connection, chain, text)

    def _accounts(self, chain: str, query: Select[Any]) -> list[AccountRow]:
        with self._database.reading() as connection:
            found = [_make(AccountRow, row) for row in connection.execute(query).mappings()]
            names = [row.id for row in found]
            held = select(ROLES.c.account, ROLES.c.role).where(ROLES.c.chain == chain, ROLES.c.account.in_(names))
            roles: dict[str, list[str]] = {}
            for account, role in connection.execute(held):
                roles.setdefault(account, []).append(role)
        return [msgspec.structs.replace(row, roles=tuple(sorted(roles.get(row.id, ())))) for row in found]

    def _rows(self, row_type: type[R], query: Select[Any]) -> list[R]:
        with self._database.reading() as connection:
            return [_make(row_type, row) for row in connection.execute(query).mappings()]

    def _one(self, row_type: type[R], query: Select[Any]) -> R | None:
        found = self._rows(row_type, query)
        return found[0] if found else None


def _of(table: Table, chain: str) -> Select[Any]:
    """Asks for a chain's rows without the chain itself."""
    return select(*(column for column in table.columns if column.name != "chain")).where(table.c.chain == chain)


def _page(
    table: Table, chain: str, time: str, after: Place | None, limit: int, wanted: dict[str, str | None]
) -> Select[Any]:
    """Asks for a page of records, the newest first."""
    query = _of(table, chain).order_by(table.c[time].desc(), table.c.id.desc()).limit(limit)
    filters: list[ColumnElement[bool]] = [table.c[name] == value for name, value in wanted.items() if value is not None]
    if after is not None:
        filters.append(tuple_(table.c[time], table.c.id) < tuple_(*after))
    return query.where(*filters)


def _make(row_type: type[R], row: Any) -> R:
    fields = dict(row)
    if "types" in fields:
        fields["types"] = tuple(fields["types"].split())
    return row_type(**fields)


def _flow(event: EventRow) -> FlowRow:
    body = event.body
    return FlowRow(
        seq=event.seq,
        height=event.height,
        time_ms=event.time_ms,
        transaction=event.transaction,
        payer=body["payer"],
        payee=body["payee"],
        amount_uacc=body["amount_uacc"],
    )
