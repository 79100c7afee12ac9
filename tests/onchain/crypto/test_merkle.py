"""Merkle trees over lists: roots and proofs as CometBFT's own code computes them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from oracles import merkle as oracle
from oracles import vectors

from autochain.onchain.codec import Codec, encode
from autochain.onchain.crypto import merkle, sha256
from autochain.onchain.refusals import Refusal

PROOF: Codec[merkle.Proof] = Codec(merkle.Proof, max_bytes=4096)
LISTS = st.lists(st.binary(max_size=5), min_size=1, max_size=40)


def test_the_roots_of_0_to_17_leaves_are_those_of_cometbft() -> None:
    trees = vectors.load("merkle")
    leaves = [bytes.fromhex(leaf) for leaf in trees["leaves"]]
    assert [merkle.root(leaves[:count]).hex() for count in range(18)] == trees["roots"]


@pytest.mark.parametrize(
    "case", vectors.load("merkle")["proofs"], ids=lambda case: f"{case['name']}-{case['index']}-{case['total']}"
)
def test_a_proof_verifies_exactly_when_cometbft_says_so(case: dict[str, Any]) -> None:
    leaf = bytes.fromhex(case["leaf"])
    proof = merkle.Proof(case["total"], case["index"], tuple(bytes.fromhex(aunt) for aunt in case["aunts"]))
    holds = merkle.verify(bytes.fromhex(case["root"]), leaf, proof)
    assert holds == (case["verify"]["valid"] or case["name"] == "leaf hash of another leaf")
    if case["name"] == "leaf hash of another leaf":
        assert merkle.leaf_hash(leaf).hex() != case["leaf_hash"], (
            "our proof carries no leaf hash that could be another's"
        )


@given(LISTS, st.data())
def test_every_leaf_is_proved_and_no_other_in_its_place(leaves: list[bytes], data: st.DataObject) -> None:
    root = merkle.root(leaves)
    assert root == oracle.root(leaves)
    index = data.draw(st.integers(min_value=0, max_value=len(leaves) - 1))
    proof = merkle.prove(leaves, index)
    assert merkle.verify(root, leaves[index], proof)
    assert oracle.root_from_proof(leaf=leaves[index], index=index, total=len(leaves), aunts=proof.aunts) == root
    other = data.draw(st.binary(max_size=5))
    assert merkle.verify(root, other, proof) == (other == leaves[index])
    assert PROOF.decode(encode(proof)) == proof


@given(LISTS, st.data())
def test_a_changed_proof_proves_nothing(leaves: list[bytes], data: st.DataObject) -> None:
    root, index = merkle.root(leaves), data.draw(st.integers(min_value=0, max_value=len(leaves) - 1))
    proof = merkle.prove(leaves, index)
    aunts = proof.aunts
    changed = [
        replace(proof, aunts=(*aunts, sha256(b"one more"))),
        replace(proof, aunts=(sha256(b"one more"), *aunts)),
        replace(proof, index=-1),
        replace(proof, index=len(leaves)),
        replace(proof, total=0),
        replace(proof, total=-1),
        replace(proof, total=(1 << 40) + 1),
    ]
    if aunts:
        place = data.draw(st.integers(min_value=0, max_value=len(aunts) - 1))
        forged = sha256(aunts[place])
        changed += [
            replace(proof, aunts=aunts[1:]),
            replace(proof, aunts=aunts[:-1]),
            replace(proof, aunts=(*aunts[:place], forged, *aunts[place + 1 :])),
        ]
    for wrong in changed:
        assert not merkle.verify(root, leaves[index], wrong)


@given(LISTS, st.integers(min_value=0, max_value=50), st.integers(min_value=-1, max_value=50))
def test_a_proof_for_another_place_or_length_shows_the_same_leaf_at_most(
    leaves: list[bytes], total: int, index: int
) -> None:
    """A root does not tell the length of its list, so another length may fit; another leaf may not."""
    root = merkle.root(leaves)
    proof = replace(merkle.prove(leaves, 0), total=total, index=index)
    other = leaves[0] + b"!"
    assert not merkle.verify(root, other, proof)
    if merkle.verify(root, leaves[0], proof):
        assert index < total


def test_an_inner_node_is_not_taken_for_a_leaf() -> None:
    leaves = [b"a", b"b", b"c", b"d"]
    left = merkle.inner_hash(merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b"))
    right = merkle.inner_hash(merkle.leaf_hash(b"c"), merkle.leaf_hash(b"d"))
    assert merkle.root(leaves) == merkle.inner_hash(left, right)
    assert merkle.root([left, right]) != merkle.root(leaves)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_an_aunt_that_is_no_hash_is_refused(length: int) -> None:
    with pytest.raises(Refusal):
        PROOF.decode(encode(merkle.Proof(2, 0, (bytes(length),))))
