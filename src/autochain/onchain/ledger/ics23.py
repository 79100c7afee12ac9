"""ICS-23 proofs for the state tree's shape (`SmtSpec`): their bytes, and the check of membership and absence.

Source: cosmos/ics23 `proofs.proto` and its verification rules; the spec is fixed here, as every chain of AutoChain has
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..crypto import sha256
from ..refusals import Reason
from .protobuf import Field, Message

BAD_PROOF = Reason(
    "ledger", 2, "This proof does not prove it.", "Fetch value and proof again, from another node if it repeats."
)

MAX_DEPTH = 256
_HASH_SHA256 = 1
_EMPTY = bytes(32)
_LEFT, _RIGHT = 0, 1


@dataclass(frozen=True, slots=True)
class LeafOp(Message):
    """How a leaf is hashed; the one form that `SmtSpec` knows."""

    hash: int = _HASH_SHA256
    prehash_key: int = _HASH_SHA256
    prehash_value: int = _HASH_SHA256
    length: int = 0
    prefix: bytes = b"\x00"
    FIELDS: ClassVar = (
        Field(1, "hash", "uint"),
        Field(2, "prehash_key", "uint"),
        Field(3, "prehash_value", "uint"),
        Field(4, "length", "uint"),
        Field(5, "prefix", "bytes"),
    )


@dataclass(frozen=True, slots=True)
class InnerOp(Message):
    """One step up: what stands before and after the child's hash."""

    hash: int = _HASH_SHA256
    prefix: bytes = b""
    suffix: bytes = b""
    FIELDS: ClassVar = (Field(1, "hash", "uint"), Field(2, "prefix", "bytes"), Field(3, "suffix", "bytes"))

    @property
    def side(self) -> int:
        """Which child the path comes from; refuses a step that is not of `SmtSpec`'s form."""
        if self.hash == _HASH_SHA256 and self.prefix[:1] == b"\x01":
            if len(self.prefix) == 1 and len(self.suffix) == 32:
                return _LEFT
            if len(self.prefix) == 33 and not self.suffix:
                return _RIGHT
        raise BAD_PROOF("a step of the path has another form than the tree's")

    @property
    def sibling(self) -> bytes:
        return self.suffix if self.side == _LEFT else self.prefix[1:]


@dataclass(frozen=True, slots=True)
class ExistenceProof(Message):
    """A key, its value, and the steps from its leaf up to the root."""

    key: bytes = b""
    value: bytes = b""
    leaf: LeafOp = LeafOp()
    path: tuple[InnerOp, ...] = ()
    FIELDS: ClassVar = (
        Field(1, "key", "bytes"),
        Field(2, "value", "bytes"),
        Field(3, "leaf", "message", LeafOp, always=True),
        Field(4, "path", "message", InnerOp, repeated=True),
    )

    def root(self) -> bytes:
        """Computes the root that this proof leads to."""
        if self.leaf != LeafOp() or not self.key or not self.value or len(self.path) > MAX_DEPTH:
            raise BAD_PROOF("the leaf has another form than the tree's")
        node = sha256(b"\x00" + sha256(self.key) + sha256(self.value))
        for step in self.path:
            node = sha256(step.prefix + node + step.suffix) if step.side in (_LEFT, _RIGHT) else node
        return node


@dataclass(frozen=True, slots=True)
class NonExistenceProof(Message):
    """A key that is absent, with the leaves before and after its place."""

    key: bytes = b""
    """SHA-256 of the key, as the published vectors have it; no verifier goes by it."""
    left: ExistenceProof | None = None
    right: ExistenceProof | None = None
    FIELDS: ClassVar = (
        Field(1, "key", "bytes"),
        Field(2, "left", "message", ExistenceProof, optional=True),
        Field(3, "right", "message", ExistenceProof, optional=True),
    )


@dataclass(frozen=True, slots=True)
class CommitmentProof(Message):
    """Either proof, as it is sent."""

    exist: ExistenceProof | None = None
    nonexist: NonExistenceProof | None = None
    FIELDS: ClassVar = (
        Field(1, "exist", "message", ExistenceProof, optional=True),
        Field(2, "nonexist", "message", NonExistenceProof, optional=True),
    )


def check_membership(root: bytes, proof: CommitmentProof, *, key: bytes, value: bytes) -> None:
    """Refuses unless the proof shows that the key has this value under the root."""
    shown = proof.exist
    if shown is None or proof.nonexist is not None or shown.key != key or shown.value != value or shown.root() != root:
        raise BAD_PROOF("membership")


def check_absence(root: bytes, proof: CommitmentProof, *, key: bytes) -> None:
    """Refuses unless the proof shows that nothing stands at the key under the root."""
    shown = proof.nonexist
    if shown is None or proof.exist is not None or (shown.left is None and shown.right is None):
        raise BAD_PROOF("absence")
    path = sha256(key)
    for neighbour in (shown.left, shown.right):
        if neighbour is not None and neighbour.root() != root:
            raise BAD_PROOF("a neighbour is not in the tree")
    if shown.left is not None and not sha256(shown.left.key) < path:
        raise BAD_PROOF("the left neighbour does not stand before the key")
    if shown.right is not None and not path < sha256(shown.right.key):
        raise BAD_PROOF("the right neighbour does not stand after the key")
    if not _are_neighbours(shown.left, shown.right):
        raise BAD_PROOF("something may stand between the neighbours")


def _are_neighbours(left: ExistenceProof | None, right: ExistenceProof | None) -> bool:
    """Says whether no leaf can stand between the two; None is the tree's outer edge."""
    if left is None or right is None:
        lone = left or right
        return lone is not None and _is_outermost(lone.path, _RIGHT if left else _LEFT)
    up_left, up_right = list(left.path), list(right.path)
    while up_left and up_right and up_left[-1] == up_right[-1]:
        up_left.pop()
        up_right.pop()
    if not up_left or not up_right or up_left.pop().side != _LEFT or up_right.pop().side != _RIGHT:
        return False
    return _is_outermost(up_left, _RIGHT) and _is_outermost(up_right, _LEFT)


def _is_outermost(path: list[InnerOp] | tuple[InnerOp, ...], side: int) -> bool:
    """Says whether a path keeps to one side all the way, where the other child is not there at all."""
    return all(step.side == side or step.sibling == _EMPTY for step in path)
