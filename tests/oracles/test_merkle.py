"""Tests the Merkle tree of the oracles against CometBFT's."""

from typing import Any

from oracles import merkle, vectors
from oracles import protobuf as pb


def _verifies(proof: dict[str, Any]) -> bool:
    leaf = bytes.fromhex(proof["leaf"])
    if proof["leaf_hash"] != merkle.leaf_hash(leaf).hex():
        return False
    aunts = [bytes.fromhex(aunt) for aunt in proof["aunts"]]
    try:
        found = merkle.root_from_proof(leaf=leaf, index=proof["index"], total=proof["total"], aunts=aunts)
    except ValueError:
        return False
    return found == bytes.fromhex(proof["root"])


def test_the_roots_of_0_to_17_leaves_are_those_of_cometbft() -> None:
    trees = vectors.load("merkle")
    leaves = [bytes.fromhex(leaf) for leaf in trees["leaves"]]
    assert [merkle.root(leaves[:count]).hex() for count in range(18)] == trees["roots"]


def test_a_proof_verifies_exactly_when_cometbft_says_so() -> None:
    for proof in vectors.load("merkle")["proofs"]:
        assert _verifies(proof) == proof["verify"]["valid"], proof["name"]


def test_a_proof_encodes_as_in_cometbft() -> None:
    for proof in vectors.load("merkle")["proofs"]:
        encoded = (
            pb.integer(1, proof["total"])
            + pb.integer(2, proof["index"])
            + pb.blob(3, bytes.fromhex(proof["leaf_hash"]))
            + b"".join(pb.message(4, bytes.fromhex(aunt)) for aunt in proof["aunts"])
        )
        assert encoded.hex() == proof["proto"], proof["name"]
