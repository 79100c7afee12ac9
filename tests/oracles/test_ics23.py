"""Tests the ICS-23 verifier of the oracles on proofs of the naive tree and on published vectors.

With AUTOCHAIN_DATA set, the published vectors under vectors/ics23-smt of that folder are checked too.
"""

import json
import os
from hashlib import sha256
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from oracles import ics23, smt
from oracles import protobuf as pb

ITEMS = st.dictionaries(st.binary(min_size=1, max_size=8), st.binary(min_size=1, max_size=8), min_size=1, max_size=24)
KEYS = st.binary(min_size=1, max_size=8)


def _published() -> list[dict[str, bytes]]:
    folder = os.environ.get("AUTOCHAIN_DATA")
    files = sorted(Path(folder, "vectors", "ics23-smt").glob("*.json")) if folder else []
    found = [
        {name: bytes.fromhex(text) for name, text in json.loads(file.read_text("utf-8")).items()} for file in files
    ]
    assert bool(found) == bool(folder), "AUTOCHAIN_DATA holds no ICS-23 vectors"
    return found


def _own() -> list[dict[str, bytes]]:
    items = {b"key %d" % n: b"value %d" % n for n in range(30)}
    keys = [b"key %d" % n for n in range(60)]
    return [
        {"root": smt.root(items), "key": key, "value": items.get(key, b""), "proof": smt.prove(items, key)}
        for key in keys
    ]


def test_vectors_verify_and_do_not_verify_anything_else() -> None:
    for vector in _own() + _published():
        root, proof, key, value = (vector[name] for name in ("root", "proof", "key", "value"))
        assert ics23.verify_membership(root, proof, key, value) == bool(value)
        assert ics23.verify_absence(root, proof, key) == (not value)
        other = sha256(root).digest()
        assert not ics23.verify_membership(other, proof, key, value)
        assert not ics23.verify_absence(other, proof, key)
        assert not ics23.verify_membership(root, proof, key, value + b"x")
        assert not ics23.verify_membership(root, proof, key + b"x", value)
        assert not ics23.verify_membership(root, proof[:-1], key, value)
        assert not ics23.verify_absence(root, proof[:-1], key)


@given(items=ITEMS, key=KEYS)
def test_a_proof_of_any_key_verifies_what_is_so_and_nothing_else(items: dict[bytes, bytes], key: bytes) -> None:
    root, proof = smt.root(items), smt.prove(items, key)
    assert ics23.verify_membership(root, proof, key, items.get(key, b"")) == (key in items)
    assert ics23.verify_absence(root, proof, key) == (key not in items)


def _absence(left: bytes | None, right: bytes | None) -> bytes:
    """Makes a proof of absence from two existence proofs."""
    neighbours = [pb.message(number, proof) for number, proof in ((2, left), (3, right)) if proof is not None]
    return pb.message(2, b"".join(neighbours))


def test_leaves_around_a_key_that_is_there_do_not_prove_its_absence() -> None:
    items = {b"key %d" % n: b"value" for n in range(30)}
    ordered = sorted(items, key=lambda key: sha256(key).digest())
    proofs = [pb.Fields(smt.prove(items, key)).blob(1) for key in ordered]
    root = smt.root(items)
    for place, key in enumerate(ordered):
        for left in (None, *proofs[: place + 1]):
            for right in (None, *proofs[place:]):
                assert not ics23.verify_absence(root, _absence(left, right), key)
        for other in proofs:
            assert not ics23.verify_absence(root, _absence(other, other), key)


def test_steps_that_fit_neither_child_do_not_prove_absence() -> None:
    """A root that hashes three children or more is no root of such a tree, whoever made it."""
    low, high = sorted([b"a", b"b"], key=lambda key: sha256(key).digest())
    between = next(
        key
        for key in (b"%d" % n for n in range(99))
        if sha256(low).digest() < sha256(key).digest() < sha256(high).digest()
    )
    leaves = {key: sha256(b"\x00" + sha256(key).digest() + sha256(b"v").digest()).digest() for key in (low, high)}

    def existence(key: bytes, prefix: bytes, suffix: bytes) -> bytes:
        step = pb.integer(1, 1) + pb.blob(2, prefix) + pb.blob(3, suffix)
        return pb.Fields(smt.prove({key: b"v"}, key)).blob(1) + pb.message(4, step)

    root = sha256(b"\x01" + leaves[low] + leaves[high] + bytes(32)).digest()
    left = existence(low, b"\x01", leaves[high] + bytes(32))
    right = existence(high, b"\x01" + leaves[low], bytes(32))
    assert not ics23.verify_absence(root, _absence(left, right), between)
    root = sha256(b"\x01" + bytes(32) + leaves[low] + bytes(32)).digest()
    alone = existence(low, b"\x01" + bytes(32), bytes(32))
    assert not ics23.verify_absence(root, _absence(alone, None), between)


@given(items=ITEMS, key=KEYS, position=st.integers(0, 5000), change=st.integers(1, 255))
def test_a_changed_byte_never_proves_a_falsehood(
    items: dict[bytes, bytes], key: bytes, position: int, change: int
) -> None:
    root, changed = smt.root(items), bytearray(smt.prove(items, key))
    changed[position % len(changed)] ^= change
    assert not ics23.verify_membership(root, bytes(changed), key, items.get(key, b"") + b"!")
    if key in items:
        assert not ics23.verify_absence(root, bytes(changed), key)


def _leaf_and_root(
    hash_operation: int = 1,
    prehash_key: int = 1,
    prehash_value: int = 1,
    length: int = 0,
    prefix: bytes = b"\x00",
) -> tuple[bytes, bytes]:
    """Makes the proof of the only leaf, with parts of its leaf operation changed, and the root it would lead to."""
    numbers = enumerate((hash_operation, prehash_key, prehash_value, length), start=1)
    operation = b"".join(pb.integer(number, value) for number, value in numbers) + pb.blob(5, prefix)
    root = sha256(prefix + sha256(b"k").digest() + sha256(b"v").digest()).digest()
    return pb.message(1, pb.blob(1, b"k") + pb.blob(2, b"v") + pb.message(3, operation)), root


def test_only_the_leaf_operation_of_the_specification_counts() -> None:
    proof, root = _leaf_and_root()
    assert ics23.verify_membership(root, proof, b"k", b"v")
    for proof, root in (
        _leaf_and_root(hash_operation=2),
        _leaf_and_root(prehash_key=0),
        _leaf_and_root(prehash_value=0),
        _leaf_and_root(length=1),
        _leaf_and_root(prefix=b"\x02"),
        _leaf_and_root(prefix=b""),
    ):
        assert not ics23.verify_membership(root, proof, b"k", b"v"), proof.hex()


def _one_step(prefix: bytes, suffix: bytes, operation: int = 1) -> bool:
    """Tells whether a path of one such step verifies against the root it leads to."""
    proof, leaf = _leaf_and_root()
    step = pb.integer(1, operation) + pb.blob(2, prefix) + pb.blob(3, suffix)
    longer = pb.message(1, pb.Fields(proof).blob(1) + pb.message(4, step))
    return ics23.verify_membership(sha256(prefix + leaf + suffix).digest(), longer, b"k", b"v")


def test_only_inner_operations_of_the_specification_count() -> None:
    child = sha256(b"sibling").digest()
    assert _one_step(b"\x01", child)
    assert _one_step(b"\x01" + child, b"")
    assert not _one_step(b"\x01", child, operation=2)
    assert not _one_step(b"\x00", child)
    assert not _one_step(b"", child)
    assert not _one_step(b"\x01" + child + b"x", b"")
    assert not _one_step(b"\x01", child[:-1])


def test_a_path_may_have_256_steps_and_not_one_more() -> None:
    proof, root = _leaf_and_root()
    step = pb.message(4, pb.integer(1, 1) + pb.blob(2, b"\x01") + pb.blob(3, bytes(32)))
    inner = pb.Fields(proof).blob(1)
    for _ in range(256):
        root, inner = sha256(b"\x01" + root + bytes(32)).digest(), inner + step
    assert ics23.verify_membership(root, pb.message(1, inner), b"k", b"v")
    root, inner = sha256(b"\x01" + root + bytes(32)).digest(), inner + step
    assert not ics23.verify_membership(root, pb.message(1, inner), b"k", b"v")


def test_an_empty_key_value_or_proof_proves_nothing() -> None:
    root = sha256(b"\x00" + sha256(b"k").digest() + sha256(b"").digest()).digest()
    proof, _ = _leaf_and_root()
    leaf = pb.message(3, pb.Fields(proof).message(1).blob(3))
    assert not ics23.verify_membership(root, pb.message(1, pb.blob(1, b"k") + leaf), b"k", b"")
    assert not ics23.verify_membership(bytes(32), b"", b"k", b"")
    assert not ics23.verify_absence(bytes(32), b"", b"k")
    assert not ics23.verify_absence(bytes(32), pb.message(2, b""), b"k")
