"""SHA-256, plain and with a domain tag."""

from __future__ import annotations

import hashlib
from typing import Annotated

import msgspec

Hash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
"""A SHA-256 digest."""


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def tagged_hash(domain: str, *parts: bytes) -> bytes:
    """Hashes parts under a domain tag; lengths are hashed too, so that no two lists of parts collide."""
    digest = hashlib.sha256(b"autochain/" + domain.encode() + b"\x00")
    for part in parts:
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    return digest.digest()
