"""Computes RFC 6962 Merkle roots with SHA-256, an independent re-computation that imports nothing of autochain.

Source: RFC 6962 section 2.1 and spec/core/encoding.md of CometBFT.
"""

from collections.abc import Sequence
from hashlib import sha256


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def inner_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _split(count: int) -> int:
    """Gives the largest power of two below the count."""
    return 1 << (count - 1).bit_length() - 1


def root(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = _split(len(leaves))
    return inner_hash(root(leaves[:split]), root(leaves[split:]))


def root_from_proof(*, leaf: bytes, index: int, total: int, aunts: Sequence[bytes]) -> bytes:
    """Gives the root that an inclusion proof leads to; the aunts go from the leaf's sibling to the root's child."""
    if not 0 <= index < total:
        raise ValueError(f"leaf {index} is not among {total}")
    if total == 1:
        if aunts:
            raise ValueError("the proof has too many aunts")
        return leaf_hash(leaf)
    if not aunts:
        raise ValueError("the proof has too few aunts")
    split = _split(total)
    if index < split:
        return inner_hash(root_from_proof(leaf=leaf, index=index, total=split, aunts=aunts[:-1]), aunts[-1])
    return inner_hash(aunts[-1], root_from_proof(leaf=leaf, index=index - split, total=total - split, aunts=aunts[:-1]))
