"""The tables of the index: columns for what people filter by, the whole record as JSON beside them.

Every row belongs to a chain by its name in this network. Ids and hashes are lower hexadecimal digits.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, MetaData, Table, Text

SCHEMA_VERSION = 2
"""Counts up with every change here or in what is written; a database of another version is built anew."""
EVENTS_PER_BLOCK = 1 << 20
"""An event's `seq` is its block's height times this, plus its place in the block: the same after a rebuild."""

_HEX = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared by its bytes, whatever the language of the database."""
_METADATA = MetaData()


def _table(name: str, *columns: Column[object], indexes: tuple[tuple[str, ...], ...] = (), rowid: bool = True) -> Table:
    """Lays a table of a chain's rows out, with its indexes, each behind the chain."""
    table = Table(name, _METADATA, Column("chain", Text, primary_key=True), *columns, sqlite_with_rowid=rowid)
    for names in indexes:
        Index(f"{name}_by_{'_'.join(names)}", table.c.chain, *(table.c[each] for each in names))
    return table


def _key(name: str) -> Column[object]:
    return Column(name, _HEX, primary_key=True)


def _number_key(name: str) -> Column[object]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _hex(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, _HEX, nullable=nullable)


def _text(name: str) -> Column[object]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[object]:
    return Column(name, BigInteger, nullable=False)


def _json(name: str) -> Column[object]:
    return Column(name, JSON, nullable=False)


META = _table("meta", _text("chain_id"), _number("height"), _number("schema_version"))
BLOCKS = _table(
    "blocks",
    _number_key("height"),
    _hex("hash"),
    _number("time_ms"),
    _hex("app_hash"),
    _number("transactions"),
    _number("events"),
    indexes=(("hash",),),
)
TRANSACTIONS = _table(
    "transactions",
    _number_key("height"),
    _number_key("position"),
    _hex("hash"),
    _number("time_ms"),
    _hex("sender"),
    _hex("payer"),
    _number("fee_uacc"),
    _text("codespace"),
    _number("code"),
    _text("types"),
    _json("messages"),
    indexes=(("hash",), ("sender", "height", "position"), ("payer", "height", "position")),
)
EVENTS = _table(
    "events",
    _number_key("seq"),
    _number("height"),
    _number("time_ms"),
    _hex("transaction", nullable=True),
    _text("type"),
    _json("body"),
    indexes=(("type", "seq"),),
)
SUBJECTS = _table("subjects", _key("subject"), _number_key("seq"), rowid=False)
RECORDINGS = _table(
    "recordings",
    _key("id"),
    _hex("vehicle"),
    _hex("owner"),
    _number("points"),
    _number("start_ms"),
    _number("end_ms"),
    _number("committed_ms"),
    _number("height"),
    _number("keep_until_ms"),
    _number("erased_ms"),
    _json("record"),
    indexes=(("committed_ms", "id"), ("owner", "committed_ms", "id"), ("vehicle", "committed_ms", "id")),
)
CONSENTS = _table(
    "consents",
    _key("id"),
    _hex("owner"),
    _hex("reader"),
    _hex("vehicle"),
    _hex("offer", nullable=True),
    _text("purpose"),
    _text("precision"),
    _number("price_uacc"),
    _number("granted_ms"),
    _number("expires_ms"),
    _number("revoked_ms"),
    _json("record"),
    indexes=(
        ("granted_ms", "id"),
        ("owner", "granted_ms", "id"),
        ("reader", "granted_ms", "id"),
        ("vehicle", "granted_ms", "id"),
    ),
)
RECEIPTS = _table(
    "receipts",
    _key("id"),
    _hex("reader"),
    _hex("owner"),
    _hex("vehicle"),
    _hex("recording"),
    _hex("consent"),
    _hex("product", nullable=True),
    _text("purpose"),
    _text("precision"),
    _number("price_uacc"),
    _number("bought_ms"),
    _number("lapses_ms"),
    _text("status"),
    _json("record"),
    indexes=(
        ("bought_ms", "id"),
        ("consent", "bought_ms", "id"),
        ("owner", "bought_ms", "id"),
        ("reader", "bought_ms", "id"),
        ("recording", "bought_ms", "id"),
        ("vehicle", "bought_ms", "id"),
    ),
)
ACCOUNTS = _table(
    "accounts",
    _key("id"),
    _text("kind"),
    _hex("controller", nullable=True),
    Column("active", Boolean, nullable=False),
    _number("registered_ms"),
    _json("record"),
    indexes=(("registered_ms", "id"), ("kind", "registered_ms", "id"), ("controller", "registered_ms", "id")),
)
ROLES = _table("roles", _key("account"), Column("role", Text, primary_key=True), rowid=False)
COUNTS = _table("counts", _key("subject"), Column("name", Text, primary_key=True), _number("total"), rowid=False)
TABLES = tuple(_METADATA.sorted_tables)
