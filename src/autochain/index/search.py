"""Finds what somebody pasted into a search box: a height, a hash, an id, a DID, or the first digits of one."""

from __future__ import annotations

from typing import Literal, TypeAlias

from sqlalchemy import Connection, Table, select

from ..onchain.ids import DID_PREFIX, ID_BYTES
from .rows import Found
from .tables import ACCOUNTS, BLOCKS, CONSENTS, RECEIPTS, RECORDINGS, TRANSACTIONS

Kind: TypeAlias = Literal["block", "transaction", "account", "recording", "consent", "receipt"]

LEAST_DIGITS = 4
"""Fewer first digits than these would find too much."""
OF_A_KIND = 10
"""So many of each kind are found at the most."""
MAX_TEXT = 100
DIGITS = frozenset("0123456789abcdef")
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
"""The letters of a DID, 5 bits each."""
DID_LETTERS = 32
NAMED: tuple[tuple[Kind, Table, str], ...] = (
    ("account", ACCOUNTS, "id"),
    ("recording", RECORDINGS, "id"),
    ("consent", CONSENTS, "id"),
    ("receipt", RECEIPTS, "id"),
    ("transaction", TRANSACTIONS, "hash"),
    ("block", BLOCKS, "hash"),
)


def search(connection: Connection, chain: str, text: str) -> list[Found]:
    """Gives what a text may mean, the likeliest first; nothing for what can be no name here."""
    text = text.strip()
    if len(text) > MAX_TEXT:
        return []
    if text.startswith(DID_PREFIX):
        return _by_did(connection, chain, text.removeprefix(DID_PREFIX))
    text = text.lower()
    found = _by_height(connection, chain, text)
    if len(text) >= LEAST_DIGITS and set(text) <= DIGITS:
        for kind, table, column in NAMED:
            found += _between(connection, chain, kind, table, column, low=text, high=text + "f" * (64 - len(text)))
    elif len(text) == DID_LETTERS:
        found += _by_did(connection, chain, text)
    return list(dict.fromkeys(found))


def _by_height(connection: Connection, chain: str, text: str) -> list[Found]:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        return []
    query = select(BLOCKS.c.height).where(BLOCKS.c.chain == chain, BLOCKS.c.height == int(text))
    return [Found("block", str(height)) for height in connection.execute(query).scalars()]


def _by_did(connection: Connection, chain: str, letters: str) -> list[Found]:
    """Finds the accounts whose DIDs begin with these letters: they lie together, as their ids do."""
    if not letters or len(letters) > DID_LETTERS or not set(letters) <= set(LETTERS):
        return []
    number = 0
    for letter in letters:
        number = number << 5 | LETTERS.index(letter)
    rest = 8 * ID_BYTES - 5 * len(letters)
    low = (number << rest).to_bytes(ID_BYTES, "big").hex()
    high = ((number + 1 << rest) - 1).to_bytes(ID_BYTES, "big").hex()
    return _between(connection, chain, "account", ACCOUNTS, "id", low=low, high=high)


def _between(
    connection: Connection, chain: str, kind: Kind, table: Table, column: str, *, low: str, high: str
) -> list[Found]:
    name = table.c[column]
    shown = table.c.height if kind == "block" else name
    query = select(shown).where(table.c.chain == chain, name >= low, name <= high).order_by(name).limit(OF_A_KIND)
    return [Found(kind, str(each)) for each in connection.execute(query).scalars()]
