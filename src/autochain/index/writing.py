"""Writes a chain's rows: a batch of blocks in one transaction, together with the height they lead to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update

from .counts import WHOLE, Counts, count_rewards, count_rows
from .database import Database
from .reading import Batch
from .records import Records
from .tables import BLOCKS, COUNTS, EVENTS, META, ROLES, SCHEMA_VERSION, SUBJECTS, TABLES, TRANSACTIONS

MANY = 1_000
"""So many values are asked for at once: a database has a bound on them."""


class Standing(NamedTuple):
    """How far the index of a chain is."""

    height: int
    last_hash: str
    """The hash of its last block; empty before the first."""


class Writer:
    """Writes the rows of one chain."""

    def __init__(self, database: Database, *, chain: str, chain_id: str) -> None:
        self._database = database
        self._chain = chain
        self._chain_id = chain_id

    def standing(self) -> Standing | None:
        """Takes the database up and says how far it is; None where it holds another chain, or not all blocks."""
        self._database.take_up()
        with self._database.writing() as connection:
            known = connection.execute(select(META).where(META.c.chain == self._chain)).one_or_none()
            if known is None or known.chain_id != self._chain_id:
                return None
            own = BLOCKS.c.chain == self._chain
            count, first, last = connection.execute(
                select(func.count(), func.min(BLOCKS.c.height), func.max(BLOCKS.c.height)).where(own)
            ).one()
            if (count, first or 1, last or 0) != (known.height, 1, known.height):
                return None
            last_hash = connection.execute(select(BLOCKS.c.hash).where(own, BLOCKS.c.height == known.height)).scalar()
            return Standing(known.height, last_hash or "")

    def begin(self, genesis: Records) -> None:
        """Removes all rows of the chain and writes what stands from its genesis on."""
        with self._database.writing() as connection:
            for table in TABLES:
                connection.execute(delete(table).where(table.c.chain == self._chain))
            self._count(connection, self._write_records(connection, genesis))
            meta = {"chain": self._chain, "chain_id": self._chain_id, "height": 0, "schema_version": SCHEMA_VERSION}
            connection.execute(insert(META), meta)

    def write(self, batch: Batch, records: Records, *, after: int) -> bool:
        """Writes blocks behind a height with their records; False, and nothing, where the index is not there."""
        ours = (META.c.chain == self._chain, META.c.chain_id == self._chain_id, META.c.height == after)
        with self._database.writing() as connection:
            moved = connection.execute(update(META).where(*ours).values(height=batch.blocks[-1].height))
            if moved.rowcount != 1:
                return False
            self._insert(connection, BLOCKS, map(msgspec.structs.asdict, batch.blocks))
            self._insert(connection, TRANSACTIONS, map(_transaction, batch.transactions))
            self._insert(connection, EVENTS, map(msgspec.structs.asdict, batch.events))
            self._insert(connection, SUBJECTS, ({"subject": name, "seq": seq} for name, seq in batch.subjects))
            counts = self._write_records(connection, records)
            counts[WHOLE, TRANSACTIONS.name] += len(batch.transactions)
            self._count(connection, counts + count_rewards(batch.events, records.rows))
        return True

    def _write_records(self, connection: Connection, records: Records) -> Counts:
        """Puts records in the place of those that are there: removed and written anew, in both kinds of database.

        Gives the counts of those that are new.
        """
        counts: Counts = Counter()
        for table, pairs in groupby(records.rows, key=lambda pair: pair[0]):
            rows = [row for _, row in pairs]
            known = self._known(connection, table, rows)
            counts += count_rows(table, (row for row in rows if row["id"] not in known))
            self._replace(connection, table, rows, key=("id",))
        held = [{"account": account, "role": role} for account, role, holds in records.roles if holds]
        gone = [{"account": account, "role": role} for account, role, holds in records.roles if not holds]
        self._remove(connection, ROLES, gone, key=("account", "role"))
        self._replace(connection, ROLES, held, key=("account", "role"))
        return counts

    def _known(self, connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> set[str]:
        """Gives the ids of those rows that are there."""
        own, found = select(table.c.id).where(table.c.chain == self._chain), set[str]()
        for ids in _parts([row["id"] for row in rows]):
            found.update(connection.execute(own.where(table.c.id.in_(ids))).scalars())
        return found

    def _count(self, connection: Connection, counts: Counts) -> None:
        """Adds counts to those that are there."""
        totals = Counter(counts)
        own = select(COUNTS.c.subject, COUNTS.c.name, COUNTS.c.total).where(COUNTS.c.chain == self._chain)
        for subjects in _parts(sorted({subject for subject, _ in counts})):
            for subject, name, total in connection.execute(own.where(COUNTS.c.subject.in_(subjects))):
                totals[subject, name] += total
        rows = [{"subject": subject, "name": name, "total": total} for (subject, name), total in totals.items()]
        self._replace(connection, COUNTS, rows, key=("subject", "name"))

    def _replace(
        self, connection: Connection, table: Table, rows: Sequence[dict[str, Any]], *, key: tuple[str, ...]
    ) -> None:
        self._remove(connection, table, rows, key=key)
        self._insert(connection, table, rows)

    def _remove(
        self, connection: Connection, table: Table, rows: Sequence[dict[str, Any]], *, key: tuple[str, ...]
    ) -> None:
        if rows:
            same = [table.c[name] == bindparam(f"old_{name}") for name in key]
            keys = [{f"old_{name}": row[name] for name in key} for row in rows]
            connection.execute(delete(table).where(table.c.chain == self._chain, *same), keys)

    def _insert(self, connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
        own = [{"chain": self._chain, **row} for row in rows]
        if own:
            connection.execute(insert(table), own)


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[first : first + MANY] for first in range(0, len(values), MANY))


def _transaction(row: msgspec.Struct) -> dict[str, Any]:
    fields = msgspec.structs.asdict(row)
    return {**fields, "types": " ".join(fields["types"])}
