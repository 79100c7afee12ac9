"""Keys and signatures as text: multibase, and the Multikey of Controlled Identifiers 1.0."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from types import MappingProxyType

from ...onchain.crypto import ED25519, ML_DSA_65, P256, SM2, PublicKey
from .errors import MALFORMED, UNKNOWN_SUITE

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES: Mapping[str, int] = MappingProxyType({letter: value for value, letter in enumerate(ALPHABET)})
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)

MAX_TEXT = 4096
"""The longest text that is read as base58: an ML-DSA-65 key has 2,668 letters."""

CODECS: Mapping[int, tuple[bytes, int]] = MappingProxyType(
    {
        ED25519: (b"\xed\x01", 32),
        P256: (b"\x80\x24", 33),
        SM2: (b"\x86\x24", 33),
        ML_DSA_65: (b"\x91\x24", 1952),
    }
)
"""By suite: the code of its public keys in the table of multicodec, as a varint, and their length in bytes."""
X25519 = b"\xec\x01"


def to_base58(data: bytes) -> str:
    """Writes bytes in the letters of Bitcoin; each zero byte in front is a `1`."""
    number = int.from_bytes(data, "big")
    letters: list[str] = []
    while number:
        number, rest = divmod(number, 58)
        letters.append(ALPHABET[rest])
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + "".join(reversed(letters))


def from_base58(text: str) -> bytes:
    """Reads what `to_base58` writes."""
    if len(text) > MAX_TEXT:
        raise MALFORMED("a base58 text is too long")
    number = 0
    try:
        for letter in text:
            number = number * 58 + _VALUES[letter]
    except KeyError:
        raise MALFORMED("a letter is not of base58") from None
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def to_base64url(data: bytes) -> str:
    """Writes bytes in base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Reads base64url without padding; one text for the same bytes."""
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise MALFORMED("not base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if to_base64url(data) != text:
        raise MALFORMED("not base64url")
    return data


def multikey(key: PublicKey) -> str:
    """Writes a public key as Multikey."""
    codec = CODECS.get(key.suite)
    if codec is None:
        raise UNKNOWN_SUITE(f"suite {key.suite} has no Multikey")
    return "z" + to_base58(codec[0] + key.data)


def from_multikey(text: str) -> PublicKey:
    """Reads a public key from its Multikey; whether it is a point of its group is seen when a signature is verified."""
    data = _multibase58(text)
    for suite, (prefix, length) in CODECS.items():
        if data.startswith(prefix):
            key = PublicKey(suite, data[len(prefix) :])
            if len(key.data) != length:
                raise MALFORMED("a public key of another length")
            return key
    raise UNKNOWN_SUITE(text[:20])


def agreement_multikey(key: bytes) -> str:
    """Writes an X25519 key, to which secrets are sealed, as Multikey."""
    return "z" + to_base58(X25519 + key)


def from_agreement_multikey(text: str) -> bytes:
    """Reads an X25519 key from its Multikey."""
    data = _multibase58(text)
    if not data.startswith(X25519) or len(data) != len(X25519) + 32:
        raise UNKNOWN_SUITE(text[:20])
    return data[len(X25519) :]


def _multibase58(text: str) -> bytes:
    if not text.startswith("z"):
        raise MALFORMED("not base58-btc of multibase")
    return from_base58(text[1:])
