"""ICS-23 proofs: what is proved is so, and a changed or made-up proof is refused, never with another exception."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import ics23 as oracle
from oracles import smt

from autochain.onchain.ledger.ics23 import (
    BAD_PROOF,
    MAX_DEPTH,
    CommitmentProof,
    ExistenceProof,
    InnerOp,
    LeafOp,
    NonExistenceProof,
    check_absence,
    check_membership,
)
from autochain.onchain.ledger.tree import EMPTY, Tree
from autochain.onchain.refusals import Refusal

ITEMS = {b"key %d" % number: b"value %d" % number for number in range(9)}
TREE = Tree().update(ITEMS)
ROOT = TREE.root
ORDER = sorted(ITEMS, key=lambda key: sha256(key).digest())
ABSENT = [b"absent %d" % number for number in range(40)]


def membership(proof: CommitmentProof | bytes, *, key: bytes, value: bytes, root: bytes = ROOT) -> bool:
    try:
        read = CommitmentProof.decode(proof) if isinstance(proof, bytes) else proof
        check_membership(root, read, key=key, value=value)
    except Refusal as refusal:
        assert refusal.remedy
        return False
    return True


def absence(proof: CommitmentProof | bytes, *, key: bytes, root: bytes = ROOT) -> bool:
    try:
        read = CommitmentProof.decode(proof) if isinstance(proof, bytes) else proof
        check_absence(root, read, key=key)
    except Refusal as refusal:
        assert refusal.remedy
        return False
    return True


def existence(key: bytes) -> ExistenceProof:
    found = TREE.prove(key).exist
    assert found is not None
    return found


def nonexistence(key: bytes) -> NonExistenceProof:
    found = TREE.prove(key).nonexist
    assert found is not None
    return found


def between() -> bytes:
    """Gives an absent key that has neighbours on both sides."""
    return next(key for key in ABSENT if nonexistence(key).left and nonexistence(key).right)


def vectors() -> list[dict[str, bytes]]:
    """Gives vectors of the naive tree, and the published ones where the environment names the data."""
    own = [
        {"root": smt.root(ITEMS), "key": key, "value": ITEMS.get(key, b""), "proof": smt.prove(ITEMS, key)}
        for key in (*ITEMS, *ABSENT)
    ]
    folder = os.environ.get("AUTOCHAIN_DATA")
    files = sorted(Path(folder, "vectors", "ics23-smt").glob("*.json")) if folder else []
    assert bool(files) == bool(folder), "AUTOCHAIN_DATA holds no ICS-23 vectors"
    return own + [
        {name: bytes.fromhex(text) for name, text in json.loads(file.read_text("utf-8")).items()} for file in files
    ]


def test_vectors_prove_what_they_say_and_nothing_else() -> None:
    for vector in vectors():
        root, key, value, proof = (vector[name] for name in ("root", "key", "value", "proof"))
        assert CommitmentProof.decode(proof).encode() == proof
        assert membership(proof, key=key, value=value, root=root) == bool(value)
        assert absence(proof, key=key, root=root) == (not value)
        other = sha256(root).digest()
        assert not membership(proof, key=key, value=value, root=other)
        assert not absence(proof, key=key, root=other)
        assert not membership(proof, key=key, value=value + b"x", root=root)
        assert not membership(proof, key=key + b"x", value=value, root=root)


@pytest.mark.parametrize("key", ORDER)
def test_every_changed_byte_of_a_proof_of_membership_is_refused(key: bytes) -> None:
    good = TREE.prove(key).encode()
    for place in range(len(good)):
        for change in (1, 0x80, 0xFF):
            changed = good[:place] + bytes([good[place] ^ change]) + good[place + 1 :]
            assert not membership(changed, key=key, value=ITEMS[key])


@pytest.mark.parametrize("key", ABSENT[:8])
def test_every_changed_byte_of_a_proof_of_absence_is_refused(key: bytes) -> None:
    """The key that such a proof repeats is left out here: as in other implementations, only its neighbours count."""
    good = CommitmentProof(nonexist=replace(nonexistence(key), key=b"")).encode()
    assert absence(good, key=key)
    for place in range(len(good)):
        for change in (1, 0x80, 0xFF):
            changed = good[:place] + bytes([good[place] ^ change]) + good[place + 1 :]
            assert not absence(changed, key=key)


@given(st.sampled_from([*ORDER[:3], *ABSENT[:3]]), st.data())
def test_a_proof_with_bytes_dropped_doubled_or_put_in_is_refused(key: bytes, data: st.DataObject) -> None:
    shown = TREE.prove(key)
    good = (shown if shown.exist else CommitmentProof(nonexist=replace(nonexistence(key), key=b""))).encode()
    start = data.draw(st.integers(min_value=0, max_value=len(good) - 1))
    end = data.draw(st.integers(min_value=start + 1, max_value=min(len(good), start + 60)))
    extra = data.draw(st.binary(min_size=1, max_size=4))
    for changed in (good[:start] + good[end:], good[:end] + good[start:], good[:start] + extra + good[start:]):
        if changed != good:
            assert not membership(changed, key=key, value=ITEMS.get(key, b"x"))
            assert not absence(changed, key=key)


def test_a_proof_with_a_part_left_out_is_refused() -> None:
    key = ORDER[4]
    shown = existence(key)
    for place in range(len(shown.path)):
        assert not membership(
            CommitmentProof(exist=replace(shown, path=shown.path[:place] + shown.path[place + 1 :])),
            key=key,
            value=ITEMS[key],
        )
    for emptied in (replace(shown, key=b""), replace(shown, value=b""), replace(shown, path=())):
        assert not membership(CommitmentProof(exist=emptied), key=emptied.key, value=emptied.value)
    for leaf in (
        LeafOp(hash=0),
        LeafOp(hash=2),
        LeafOp(prehash_key=0),
        LeafOp(prehash_value=0),
        LeafOp(length=1),
        LeafOp(prefix=b""),
        LeafOp(prefix=b"\x00\x00"),
        LeafOp(prefix=b"\x01"),
    ):
        assert not membership(CommitmentProof(exist=replace(shown, leaf=leaf)), key=key, value=ITEMS[key])
    assert not membership(CommitmentProof(), key=key, value=ITEMS[key])
    assert not absence(CommitmentProof(), key=ABSENT[0])
    assert not absence(CommitmentProof(nonexist=NonExistenceProof(ABSENT[0])), key=ABSENT[0])


def test_a_proof_with_a_step_added_is_refused() -> None:
    key = ORDER[4]
    shown = existence(key)
    for step in (*shown.path, InnerOp(prefix=b"\x01", suffix=EMPTY), InnerOp(prefix=b"\x01" + EMPTY)):
        for place in range(len(shown.path) + 1):
            longer = replace(shown, path=(*shown.path[:place], step, *shown.path[place:]))
            assert not membership(CommitmentProof(exist=longer), key=key, value=ITEMS[key])


def test_a_path_is_followed_to_its_greatest_depth_and_no_further() -> None:
    step = InnerOp(prefix=b"\x01", suffix=EMPTY)
    for depth, taken in ((MAX_DEPTH, True), (MAX_DEPTH + 1, False)):
        shown = ExistenceProof(b"key", b"value", path=(step,) * depth)
        root = sha256(b"\x00" + sha256(b"key").digest() + sha256(b"value").digest()).digest()
        for _ in range(depth):
            root = sha256(b"\x01" + root + EMPTY).digest()
        assert membership(CommitmentProof(exist=shown), key=b"key", value=b"value", root=root) == taken
        assert oracle.verify_membership(root, CommitmentProof(exist=shown).encode(), b"key", b"value") == taken


@pytest.mark.parametrize(
    "step",
    [
        InnerOp(),
        InnerOp(prefix=b"\x01"),
        InnerOp(prefix=b"\x01", suffix=bytes(31)),
        InnerOp(prefix=b"\x01", suffix=bytes(33)),
        InnerOp(prefix=b"\x01", suffix=bytes(64)),
        InnerOp(prefix=b"\x01" + bytes(31)),
        InnerOp(prefix=b"\x01" + bytes(33)),
        InnerOp(prefix=b"\x01" + bytes(32), suffix=bytes(32)),
        InnerOp(prefix=b"\x00", suffix=bytes(32)),
        InnerOp(prefix=b"\x00" + bytes(32)),
        InnerOp(prefix=b"\x02", suffix=bytes(32)),
        InnerOp(prefix=b"", suffix=bytes(32)),
        InnerOp(hash=0, prefix=b"\x01", suffix=bytes(32)),
        InnerOp(hash=2, prefix=b"\x01", suffix=bytes(32)),
    ],
)
def test_a_step_of_another_form_is_refused_even_where_the_hashes_fit(step: InnerOp) -> None:
    leaf = sha256(b"\x00" + sha256(b"key").digest() + sha256(b"value").digest()).digest()
    root = sha256(step.prefix + leaf + step.suffix).digest()
    shown = ExistenceProof(b"key", b"value", path=(step,))
    with pytest.raises(Refusal) as caught:
        check_membership(root, CommitmentProof(exist=shown), key=b"key", value=b"value")
    assert caught.value.reason == BAD_PROOF


@pytest.mark.parametrize(("key", "value"), [(b"", b"value"), (b"key", b""), (b"", b"")])
def test_an_empty_key_or_value_is_refused_even_where_the_hashes_fit(key: bytes, value: bytes) -> None:
    root = sha256(b"\x00" + sha256(key).digest() + sha256(value).digest()).digest()
    assert not membership(CommitmentProof(exist=ExistenceProof(key, value)), key=key, value=value, root=root)


def test_neighbours_that_stand_the_other_way_round_in_their_tree_are_refused() -> None:
    first, *_, last = ORDER
    leaves = {key: sha256(b"\x00" + sha256(key).digest() + sha256(b"v").digest()).digest() for key in (first, last)}
    root = sha256(b"\x01" + leaves[last] + leaves[first]).digest()
    left = ExistenceProof(first, b"v", path=(InnerOp(prefix=b"\x01" + leaves[last]),))
    right = ExistenceProof(last, b"v", path=(InnerOp(prefix=b"\x01", suffix=leaves[first]),))
    for shown in ((left, right), (left, None), (None, right)):
        proof = CommitmentProof(nonexist=NonExistenceProof(b"", *shown))
        accepted = absence(proof, key=between(), root=root)
        assert accepted == oracle.verify_absence(root, proof.encode(), between())
        assert accepted == (None in shown), "at an edge, who made this tree is free to hide what he likes"


def test_an_inner_node_is_not_taken_for_a_leaf() -> None:
    """The children's own preimages stand as key and value; only the leaf's prefix tells the two apart."""
    halves = [b"a", b"b"]
    leaves = {key: b"\x00" + sha256(key).digest() + sha256(b"v").digest() for key in halves}
    tree = Tree().update(dict.fromkeys(halves, b"v"))
    left, right = (leaves[key] for key in sorted(halves, key=lambda key: sha256(key).digest()))
    assert tree.root == sha256(b"\x01" + sha256(left).digest() + sha256(right).digest()).digest()
    forged = ExistenceProof(left, right, leaf=LeafOp(prefix=b"\x01"))
    assert not membership(CommitmentProof(exist=forged), key=left, value=right, root=tree.root)


def test_a_leaf_is_not_taken_for_an_inner_node() -> None:
    """Who may store a value stores a made-up leaf in it, and a step pretends that the true leaf is above it."""
    inside = b"\x00" + sha256(b"forged key").digest() + sha256(b"forged value").digest()
    tree = Tree().update({b"mine": inside})
    step = InnerOp(prefix=b"\x00" + sha256(b"mine").digest())
    forged = ExistenceProof(b"forged key", b"forged value", path=(step,))
    assert sha256(step.prefix + sha256(inside).digest()).digest() == tree.root
    assert not membership(CommitmentProof(exist=forged), key=b"forged key", value=b"forged value", root=tree.root)


def test_only_the_true_neighbours_prove_an_absence() -> None:
    proofs: dict[bytes | None, ExistenceProof | None] = {None: None, **{key: existence(key) for key in ORDER}}
    for key in ABSENT[:10]:
        true = nonexistence(key)
        for left_key, left in proofs.items():
            for right_key, right in proofs.items():
                proof = CommitmentProof(nonexist=NonExistenceProof(key, left, right))
                expected = (left, right) == (true.left, true.right)
                assert absence(proof, key=key) == expected, (left_key, right_key)
                assert oracle.verify_absence(ROOT, proof.encode(), key) == expected


def test_no_two_neighbours_prove_the_absence_of_a_key_that_is_there() -> None:
    proofs = [None, *(existence(key) for key in ORDER)]
    for key in ORDER:
        for left in proofs:
            for right in proofs:
                assert not absence(CommitmentProof(nonexist=NonExistenceProof(key, left, right)), key=key)


def test_neighbours_on_the_wrong_sides_are_refused() -> None:
    key = between()
    shown = nonexistence(key)
    assert not absence(CommitmentProof(nonexist=replace(shown, left=shown.right, right=shown.left)), key=key)
    assert not absence(CommitmentProof(nonexist=replace(shown, left=None)), key=key)
    assert not absence(CommitmentProof(nonexist=replace(shown, right=None)), key=key)


def test_a_neighbour_of_another_tree_is_refused() -> None:
    key = between()
    shown = nonexistence(key)
    other = Tree().update({**ITEMS, b"more": b"things"})
    assert shown.left is not None
    assert shown.right is not None
    for mixed in (
        replace(shown, left=other.prove(shown.left.key).exist),
        replace(shown, right=other.prove(shown.right.key).exist),
    ):
        assert not absence(CommitmentProof(nonexist=mixed), key=key)


def test_a_proof_of_both_is_refused() -> None:
    both = CommitmentProof(existence(ORDER[0]), nonexistence(ABSENT[0]))
    assert not membership(both, key=ORDER[0], value=ITEMS[ORDER[0]])
    assert not absence(both, key=ABSENT[0])
    assert not absence(CommitmentProof(existence(ORDER[0]), NonExistenceProof(b"key")), key=b"key", root=EMPTY)


def test_of_the_empty_tree_nothing_is_proved() -> None:
    """ICS-23 has no such proof, and no chain needs one: its own spec always stands in its state."""
    proof = Tree().prove(b"key")
    assert not absence(proof, key=b"key", root=EMPTY)
    assert not oracle.verify_absence(EMPTY, proof.encode(), b"key")
    assert not absence(TREE.prove(ABSENT[0]), key=ABSENT[0], root=EMPTY)
    assert not membership(proof, key=b"key", value=b"value", root=EMPTY)


@given(st.binary(max_size=120))
def test_strangers_bytes_prove_nothing(data: bytes) -> None:
    assert not membership(data, key=ORDER[0], value=ITEMS[ORDER[0]])
    assert not absence(data, key=ABSENT[0])


@given(
    st.dictionaries(st.binary(min_size=1, max_size=3), st.binary(min_size=1, max_size=3), min_size=1, max_size=12),
    st.binary(min_size=1, max_size=3),
    st.data(),
)
def test_we_and_the_oracle_agree_on_made_up_neighbours(
    items: dict[bytes, bytes], key: bytes, data: st.DataObject
) -> None:
    tree = Tree().update(items)
    keys = st.none() | st.sampled_from(sorted(items))
    left, right = (tree.prove(other).exist if other else None for other in (data.draw(keys), data.draw(keys)))
    proof = CommitmentProof(nonexist=NonExistenceProof(key, left, right))
    taken = absence(proof, key=key, root=tree.root)
    assert taken == oracle.verify_absence(tree.root, proof.encode(), key)
    assert not (taken and key in items)
