"""Names of accounts, devices and recordings: 20 bytes each, and their texts."""

from __future__ import annotations

import base64
from typing import Annotated

import msgspec

from .crypto import Hash, tagged_hash
from .refusals import Reason

ID_BYTES = 20
"""Length of an id: a SHA-256 digest cut to 160 bits."""

Id = Annotated[bytes, msgspec.Meta(min_length=ID_BYTES, max_length=ID_BYTES)]

DID_PREFIX = "did:acc:"
_LOWER = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz")

__all__ = ["DID_PREFIX", "ID_BYTES", "Hash", "Id", "contract_account", "derive", "did", "from_did", "from_hex"]

NOT_A_DID = Reason(
    "ids", 1, "This is not a DID of AutoChain.", "Give the whole DID: did:acc: and 32 characters of a-z and 2-7."
)
NOT_AN_ID = Reason("ids", 2, "This is not an id.", "Give the id as 40 hexadecimal digits.")


def derive(domain: str, *parts: bytes) -> bytes:
    """Derives an id from what it names, so that nobody else can take it."""
    return tagged_hash(f"id/{domain}", *parts)[:ID_BYTES]


def contract_account(contract: str) -> bytes:
    """Gives the account that a contract itself holds money in."""
    return derive("contract", contract.encode())


def did(account: bytes) -> str:
    """Writes an account as its DID."""
    return DID_PREFIX + base64.b32encode(account).translate(_LOWER).decode()


def from_did(text: str) -> bytes:
    """Reads an account from its DID."""
    body = text.removeprefix(DID_PREFIX)
    if not text.startswith(DID_PREFIX) or len(body) != 32 or not set(body) <= set("abcdefghijklmnopqrstuvwxyz234567"):
        raise NOT_A_DID(text[:60])
    return base64.b32decode(body, casefold=True)


def from_hex(text: str) -> bytes:
    """Reads an id from its 40 hexadecimal digits."""
    if len(text) != 2 * ID_BYTES or not set(text) <= set("0123456789abcdef"):
        raise NOT_AN_ID(text[:60])
    return bytes.fromhex(text)
