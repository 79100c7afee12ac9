"""A recording as a manifest of parts, each encrypted in chunks under a key of its own.

The nonce is the chunk's number, since no key encrypts twice; what a chunk belongs to is authenticated too.
The manifest names the hash of each key, so that one ciphertext can't open to two different readings.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from cryptography.exceptions import InvalidTag

from ..onchain.codec import Codec, Record, encode
from ..onchain.contracts.recording import Category, Precision
from ..onchain.crypto import Hash, merkle, sha256, tagged_hash
from ..onchain.ids import Id
from ..onchain.units import Count
from . import ciphers, errors
from .ciphers import KEY_BYTES, Cipher

CHUNK_BYTES = 1_048_576
MAX_MANIFEST_BYTES = 4 * 1024 * 1024


class SealedPart(Record, frozen=True):
    """One encrypted part: its chunks by hash, and the hash of its key."""

    category: Category
    precision: Precision
    size_bytes: Count
    """Length of the plain part."""
    chunks: tuple[Hash, ...]
    """SHA-256 of each chunk's ciphertext, under which the vault keeps it."""
    key_hash: Hash
    cipher: Cipher = "AES-256-GCM"

    def opens_with(self, key: bytes) -> bool:
        """Says whether this is the part's key."""
        return _key_hash(key) == self.key_hash


class Manifest(Record, frozen=True):
    """What a recording consists of; the chain holds the Merkle root over its id and its parts."""

    recording: Id
    parts: tuple[SealedPart, ...]

    @property
    def root(self) -> bytes:
        return merkle.root([self.recording, *(encode(part) for part in self.parts)])

    def part(self, category: str, precision: str) -> SealedPart:
        for part in self.parts:
            if (part.category, part.precision) == (category, precision):
                return part
        raise errors.NO_PART(f"{category}, {precision}")


MANIFEST: Codec[Manifest] = Codec(Manifest, max_bytes=MAX_MANIFEST_BYTES)


def seal_part(
    plain: bytes,
    *,
    recording: bytes,
    category: Category,
    precision: Precision,
    cipher: Cipher = "AES-256-GCM",
) -> tuple[SealedPart, bytes, list[bytes]]:
    """Encrypts a part under a fresh key; gives its entry in the manifest, the key, and the ciphertext of each chunk."""
    key = secrets.token_bytes(KEY_BYTES)
    starts = range(0, max(len(plain), 1), CHUNK_BYTES)
    chunks = [
        ciphers.encrypt(
            cipher,
            key,
            _nonce(index),
            plain[at : at + CHUNK_BYTES],
            _about(recording, category, precision, index),
        )
        for index, at in enumerate(starts)
    ]
    part = SealedPart(category, precision, len(plain), tuple(map(object_name, chunks)), _key_hash(key), cipher)
    return part, key, chunks


def open_part(part: SealedPart, key: bytes, *, recording: bytes, get: Callable[[bytes], bytes]) -> bytes:
    """Decrypts a part; names a wrong key and a chunk that was tampered with."""
    if not part.opens_with(key):
        raise errors.WRONG_KEY(f"{part.category}, {part.precision}")
    plain = bytearray()
    for index, name in enumerate(part.chunks):
        about = _about(recording, part.category, part.precision, index)
        try:
            plain += ciphers.decrypt(part.cipher, key, _nonce(index), get(name), about)
        except InvalidTag:
            raise errors.TAMPERED(f"chunk {index} of {part.category}, {part.precision}") from None
    if len(plain) != part.size_bytes:
        raise errors.TAMPERED(f"{part.category}, {part.precision} has another length")
    return bytes(plain)


def _nonce(index: int) -> bytes:
    return index.to_bytes(12, "big")


def _about(recording: bytes, category: str, precision: str, index: int) -> bytes:
    """What is authenticated with a chunk: where it belongs."""
    return tagged_hash("chunk", recording, category.encode(), precision.encode(), index.to_bytes(4, "big"))


def _key_hash(key: bytes) -> bytes:
    return tagged_hash("part-key", key)


def object_name(data: bytes) -> bytes:
    """Gives the name under which the vault keeps an object."""
    return sha256(data)
