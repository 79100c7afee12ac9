"""Verifies ICS-23 proofs under SmtSpec, an independent re-computation that imports nothing of autochain.

Source: ICS-23 (vector commitments), with every check of its Go verifier v0.11 under SmtSpec: all hashes SHA-256, key
and value hashed before the leaf, leaf prefix 00, inner prefix of 1 byte, two children of 32 bytes, empty child 32 zero
bytes, at most 256 inner steps, keys compared by their hashes. It takes proofs of one key; batches are refused.

The `key` inside a NonExistenceProof is not checked, as in Go: what counts are the two neighbours.
"""

from dataclasses import dataclass
from hashlib import sha256

from oracles.protobuf import Fields

_SHA256, _NO_PREFIX = 1, 0
_CHILD = 32
_MIN_PREFIX = _MAX_PREFIX = 1
_MAX_DEPTH = 256
_EMPTY_CHILD = bytes(32)
_LEFT, _RIGHT = 0, 1


@dataclass(frozen=True)
class _Inner:
    prefix: bytes
    suffix: bytes


@dataclass(frozen=True)
class _Existence:
    key: bytes
    value: bytes
    leaf_prefix: bytes
    path: list[_Inner]


def verify_membership(root: bytes, commitment_proof: bytes, key: bytes, value: bytes) -> bool:
    """Tells whether the proof shows that the tree with this root holds the value under the key."""
    try:
        proof = Fields(commitment_proof)
        if not _is_alone(proof, 1):
            return False
        existence = _read_existence(proof.message(1))
        return existence.key == key and existence.value == value and _root(existence) == root
    except ValueError:
        return False


def verify_absence(root: bytes, commitment_proof: bytes, key: bytes) -> bool:
    """Tells whether the proof shows that the tree with this root holds nothing under the key."""
    try:
        proof = Fields(commitment_proof)
        if not _is_alone(proof, 2):
            return False
        _check_absence(proof.message(2), root, key)
    except ValueError:
        return False
    return True


def _is_alone(proof: Fields, number: int) -> bool:
    """Tells whether this arm of the union is set and no other is."""
    return [arm for arm in range(1, 5) if proof.has(arm)] == [number]


def _read_existence(fields: Fields) -> _Existence:
    leaf = fields.message(3)
    operations = leaf.int32(1), leaf.int32(2), leaf.int32(3), leaf.int32(4)
    if not fields.has(3) or operations != (_SHA256, _SHA256, _SHA256, _NO_PREFIX):
        raise ValueError("the leaf operation is not that of SmtSpec")
    if not leaf.blob(5).startswith(b"\x00"):
        raise ValueError("the leaf prefix does not start with 00")
    path = []
    for step in fields.messages(4):
        inner = _Inner(step.blob(2), step.blob(3))
        if step.int32(1) != _SHA256:
            raise ValueError("an inner operation does not hash with SHA-256")
        _check_inner(inner)
        path.append(inner)
    if len(path) > _MAX_DEPTH:
        raise ValueError("the path is too long")
    return _Existence(fields.blob(1), fields.blob(2), leaf.blob(5), path)


def _check_inner(inner: _Inner) -> None:
    if inner.prefix.startswith(b"\x00"):
        raise ValueError("an inner prefix looks like a leaf's")
    if not _MIN_PREFIX <= len(inner.prefix) <= _MAX_PREFIX + _CHILD:
        raise ValueError("an inner prefix has a wrong length")
    if len(inner.suffix) % _CHILD:
        raise ValueError("an inner suffix has a wrong length")


def _root(existence: _Existence) -> bytes:
    if not existence.key or not existence.value:
        raise ValueError("key or value is empty")
    node = sha256(existence.leaf_prefix + _hash(existence.key) + _hash(existence.value)).digest()
    for inner in existence.path:
        node = sha256(inner.prefix + node + inner.suffix).digest()
    return node


def _hash(data: bytes) -> bytes:
    return sha256(data).digest()


def _check_absence(fields: Fields, root: bytes, key: bytes) -> None:
    left = _read_existence(fields.message(2)) if fields.has(2) else None
    right = _read_existence(fields.message(3)) if fields.has(3) else None
    for neighbour in (left, right):
        if neighbour is not None and _root(neighbour) != root:
            raise ValueError("a neighbour is not in the tree")
    if left is not None and _hash(left.key) >= _hash(key):
        raise ValueError("the left neighbour is not left of the key")
    if right is not None and _hash(right.key) <= _hash(key):
        raise ValueError("the right neighbour is not right of the key")
    if left is not None and right is not None:
        _check_neighbours(left.path, right.path)
    elif right is not None:
        _check_outermost(right.path, _LEFT)
    elif left is not None:
        _check_outermost(left.path, _RIGHT)
    else:
        raise ValueError("both neighbours are missing")


def _check_neighbours(left: list[_Inner], right: list[_Inner]) -> None:
    """Checks that the paths part at one node, and that nothing lies between them below it."""
    common = 0
    while common < min(len(left), len(right)) and left[-1 - common] == right[-1 - common]:
        common += 1
    if common == min(len(left), len(right)):
        raise ValueError("the paths of the neighbours do not part")
    left_top, right_top = len(left) - 1 - common, len(right) - 1 - common
    if _side(left[left_top]) != _LEFT or _side(right[right_top]) != _RIGHT:
        raise ValueError("the neighbours are not left and right of each other")
    _check_outermost(left[:left_top], _RIGHT)
    _check_outermost(right[:right_top], _LEFT)


def _check_outermost(path: list[_Inner], side: int) -> None:
    """Checks that each step goes to this side, or that the sibling on this side is empty."""
    for inner in path:
        taken = _side(inner)
        if taken is None:
            raise ValueError("an inner operation fits neither child")
        sibling = inner.prefix[-_CHILD:] if taken == _RIGHT else inner.suffix
        if taken != side and sibling != _EMPTY_CHILD:
            raise ValueError("a path does not keep to its side")


def _side(inner: _Inner) -> int | None:
    """Says which child of the node the path comes from."""
    if len(inner.prefix) == _MIN_PREFIX and len(inner.suffix) == _CHILD:
        return _LEFT
    if len(inner.prefix) == _MIN_PREFIX + _CHILD and not inner.suffix:
        return _RIGHT
    return None
