"""Forged proofs: whatever is done to a proof's or a light block's bytes, it proves the same as before or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

import pytest
from oracles import ics23 as oracle
from oracles import protobuf as pb

from autochain.onchain.ledger import interfaces
from autochain.onchain.ledger.header import FLAG_ABSENT, FLAG_COMMIT, FLAG_NIL, CommitSignature, LightBlock
from autochain.onchain.ledger.ics23 import (
    MAX_DEPTH,
    CommitmentProof,
    ExistenceProof,
    InnerOp,
    LeafOp,
    NonExistenceProof,
    check_absence,
    check_membership,
)
from autochain.onchain.ledger.light import Trust, check_light_block
from autochain.onchain.ledger.protobuf import Message
from autochain.onchain.ledger.tree import EMPTY, Tree
from autochain.onchain.refusals import Refusal
from chains import Scene

from .signed import CHAIN_ID, make_header, make_members, make_set, sign_header

ITEMS = {b"key %d" % number: b"value %d" % number for number in range(9)}
TREE = Tree().update(ITEMS)
ROOT = TREE.root
PRESENT, ABSENT = b"key 4", b"absent 1"
MEMBERS = make_members(10, 10, 10, 10, 10)
BLOCK = sign_header(make_header(MEMBERS), MEMBERS, votes={3: FLAG_NIL})
TRUST = Trust(CHAIN_ID, make_set(MEMBERS).hash())


def existence(key: bytes) -> ExistenceProof:
    found = TREE.prove(key).exist
    assert found is not None
    return found


def membership(data: bytes, *, key: bytes, value: bytes, root: bytes = ROOT) -> CommitmentProof | None:
    """Gives the proof that was read when it proves this; the oracle must agree to all that is taken."""
    try:
        proof = CommitmentProof.decode(data)
        check_membership(root, proof, key=key, value=value)
    except Refusal as refusal:
        assert refusal.remedy
        return None
    assert oracle.verify_membership(root, data, key, value)
    return proof


def absence(data: bytes, *, key: bytes, root: bytes = ROOT) -> CommitmentProof | None:
    """Gives the proof that was read when it proves this; the oracle must agree to all that is taken."""
    try:
        proof = CommitmentProof.decode(data)
        check_absence(root, proof, key=key)
    except Refusal as refusal:
        assert refusal.remedy
        return None
    assert oracle.verify_absence(root, data, key)
    return proof


def neighbours(proof: CommitmentProof) -> tuple[ExistenceProof | None, ExistenceProof | None]:
    """Gives what counts in a proof of absence; the key it repeats does not."""
    assert proof.nonexist is not None
    return proof.nonexist.left, proof.nonexist.right


def parts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields each field of a message whole, and what stands in it."""
    at = 0
    while at < len(data):
        start, at, length, shift = at, at + 1, 0, 0
        while True:
            byte = data[at]
            length, shift, at = length | (byte & 0x7F) << shift, shift + 7, at + 1
            if byte < 0x80:
                break
        body = at
        if data[start] & 7 == pb.LENGTH:
            at += length
        yield data[start:at], data[body:at]


def rebuilt(kind: type[Message], data: bytes) -> Iterator[bytes]:
    """Yields a message with fields left out, doubled, swapped, added, renamed, retyped or written longer, at any depth.

    A field is also put in once more with nothing or a zero in it: who reads the last one, and who joins them, differ.
    """
    fields = list(parts(data))
    whole = [field for field, _ in fields]
    messages = {field.number: field.message for field in kind.FIELDS}
    for place, (field, body) in enumerate(fields):
        before, after = b"".join(whole[:place]), b"".join(whole[place + 1 :])
        number = field[0] >> 3
        yield before + after
        yield before + field + field + after
        yield before + field + field[:1] + b"\x00" + after
        yield before + field[:1] + b"\x00" + field + after
        yield before + after + field
        yield field + before + after
        yield before + field + bytes([15 << 3 | field[0] & 7]) + field[1:] + after
        yield before + bytes([(number + 1) << 3 | field[0] & 7]) + field[1:] + after
        yield before + bytes([number << 3 | 3]) + after + bytes([number << 3 | 4])
        if field[0] & 7 == pb.LENGTH:
            yield before + field[:1] + pb.uvarint(len(body) | 1 << 63) + body + after
            size = bytearray(pb.uvarint(len(body)))
            size[-1] |= 0x80
            yield before + field[:1] + bytes(size) + b"\x00" + body + after
            yield before + field[:1] + pb.delimited(body + b"\x78\x00") + after
        inner = messages[number]
        if inner is not None:
            for changed in rebuilt(inner, body):
                yield before + field[:1] + pb.delimited(changed) + after
    yield data + b"\x00"
    yield data + data


def bits_flipped(data: bytes, *, every: int = 1) -> Iterator[bytes]:
    """Yields the bytes with one bit flipped: each bit in turn, or every so many."""
    for place in range(0, 8 * len(data), every):
        yield data[: place >> 3] + bytes([data[place >> 3] ^ 1 << (place & 7)]) + data[(place >> 3) + 1 :]


def test_no_flipped_bit_leaves_a_proof_of_membership_standing() -> None:
    good = TREE.prove(PRESENT).encode()
    assert membership(good, key=PRESENT, value=ITEMS[PRESENT])
    assert not membership(good, key=PRESENT, value=ITEMS[PRESENT] + b"!")
    assert not membership(good, key=PRESENT + b"!", value=ITEMS[PRESENT])
    for changed in (*bits_flipped(good), *rebuilt(CommitmentProof, good)):
        assert changed == good or not membership(changed, key=PRESENT, value=ITEMS[PRESENT])
        assert not absence(changed, key=PRESENT)


def test_a_flipped_bit_of_a_proof_of_absence_counts_unless_it_is_of_the_key_it_repeats() -> None:
    proof = TREE.prove(ABSENT)
    good = proof.encode()
    others = 0
    for changed in (*bits_flipped(good), *rebuilt(CommitmentProof, good)):
        taken = absence(changed, key=ABSENT)
        assert taken is None or neighbours(taken) == neighbours(proof)
        others += taken is not None and taken != proof
    assert others >= 32 * 8, "the 32 bytes of the key may say anything"


def test_no_flipped_bit_makes_a_proof_of_one_key_one_of_another() -> None:
    for key in (b"key 1", b"absent 2"):
        for good in (TREE.prove(PRESENT).encode(), TREE.prove(ABSENT).encode()):
            for changed in (*bits_flipped(good, every=3), *rebuilt(CommitmentProof, good)):
                taken = absence(changed, key=key)
                assert taken is None or key not in ITEMS
                assert not membership(changed, key=key, value=b"value 4")


def what_counts(block: LightBlock) -> tuple[object, ...]:
    """Gives what a light block says to who trusts its validators: its header, who they are, and their votes for it."""
    votes = [vote if vote.flag == FLAG_COMMIT else CommitSignature() for vote in block.commit.signatures]
    return block.header, replace(block.commit, signatures=()), votes, block.validators.hash()


def test_whatever_is_done_to_a_light_blocks_bytes_it_says_the_same_or_is_refused() -> None:
    good = BLOCK.encode()
    assert check_light_block(TRUST, LightBlock.decode(good)) == BLOCK.header
    refused = taken = 0
    for changed in (*bits_flipped(good, every=3), *rebuilt(LightBlock, good)):
        try:
            block = LightBlock.decode(changed)
            check_light_block(TRUST, block)
        except Refusal as refusal:
            assert refusal.remedy
            refused += 1
        else:
            taken += 1
            assert what_counts(block) == what_counts(BLOCK)
    assert refused > 2 * taken > 0


@pytest.mark.parametrize("flag", [FLAG_NIL, FLAG_ABSENT])
def test_a_vote_that_is_none_for_the_block_may_say_anything_and_counts_for_nothing(flag: int) -> None:
    members = make_members(10, 10, 10)
    block = sign_header(make_header(members), members, votes={0: flag})
    with pytest.raises(Refusal):
        check_light_block(Trust(CHAIN_ID, make_set(members).hash()), block)
    for changed in bits_flipped(block.encode(), every=7):
        with pytest.raises(Refusal):
            check_light_block(Trust(CHAIN_ID, make_set(members).hash()), LightBlock.decode(changed))


@pytest.mark.parametrize(
    "leaf",
    [
        LeafOp(hash=0),
        LeafOp(hash=2),
        LeafOp(length=1),
        LeafOp(prefix=b""),
        LeafOp(prefix=b"\x01"),
        LeafOp(prefix=b"\x00\x00"),
        LeafOp(prefix=b"\x00" + bytes(32)),
        LeafOp(prehash_key=0),
        LeafOp(prehash_value=0),
        LeafOp(prehash_key=0, prehash_value=0),
    ],
)
def test_a_leaf_of_another_form_is_refused_even_where_the_hashes_fit(leaf: LeafOp) -> None:
    """Who makes a tree of his own can't have it hold what the specification's leaf does not say."""
    key, value = (
        shown if not hashed else sha256(shown).digest()
        for shown, hashed in ((b"key", leaf.prehash_key), (b"value", leaf.prehash_value))
    )
    root = sha256(leaf.prefix + key + value).digest()
    proof = CommitmentProof(exist=ExistenceProof(b"key", b"value", leaf=leaf)).encode()
    assert not membership(proof, key=b"key", value=b"value", root=root)


def test_bytes_moved_between_key_and_value_are_refused() -> None:
    shown = existence(PRESENT)
    both = shown.key + shown.value
    for place in range(len(both) + 1):
        moved = replace(shown, key=both[:place], value=both[place:])
        if moved != shown:
            assert not membership(CommitmentProof(exist=moved).encode(), key=moved.key, value=moved.value)


def test_a_keys_or_a_values_hash_is_not_taken_for_it() -> None:
    shown = existence(PRESENT)
    hashed = sha256(shown.key).digest(), sha256(shown.value).digest()
    for key, value in ((hashed[0], shown.value), (shown.key, hashed[1]), hashed):
        assert not membership(
            CommitmentProof(exist=replace(shown, key=key, value=value)).encode(), key=key, value=value
        )


def bent_paths(shown: ExistenceProof) -> Iterator[ExistenceProof]:
    """Yields an existence with one step of its path bent so that its hash, or what lies beside it, seems another."""
    path = shown.path
    for place, step in enumerate(path):
        other = (
            InnerOp(prefix=b"\x01", suffix=step.sibling)
            if len(step.prefix) > 1
            else InnerOp(prefix=b"\x01" + step.sibling)
        )
        bent = (
            *((other,), (), (step, step), (step, other)),
            *((replace(step, suffix=EMPTY),), (replace(step, prefix=b"\x01" + EMPTY, suffix=b""),)),
            *((replace(step, prefix=step.prefix + step.suffix, suffix=b""),), (replace(step, suffix=step.suffix * 2),)),
            (replace(step, prefix=b"\x01" + step.sibling, suffix=step.sibling),),
        )
        for steps in bent:
            if steps != (step,):
                yield replace(shown, path=(*path[:place], *steps, *path[place + 1 :]))
    for place in range(len(path)):
        yield replace(shown, path=path[:place])
        yield replace(shown, path=path[place:][::-1])


def test_no_bent_path_of_any_neighbours_proves_an_absence_of_what_is_there() -> None:
    proofs = [existence(key) for key in ITEMS]
    bent = [changed for shown in proofs[:3] for changed in bent_paths(shown) if changed.path != shown.path]
    for changed in bent:
        assert not membership(CommitmentProof(exist=changed).encode(), key=changed.key, value=changed.value)
        for other in (None, *proofs, changed):
            for sides in ((changed, other), (other, changed)):
                proof = CommitmentProof(nonexist=NonExistenceProof(b"", *sides)).encode()
                assert not absence(proof, key=PRESENT)
                assert not absence(proof, key=ABSENT)


@pytest.mark.parametrize("steps", [MAX_DEPTH + 1, 2_000])
def test_a_path_longer_than_a_tree_is_deep_is_refused_wherever_it_stands(steps: int) -> None:
    step = InnerOp(prefix=b"\x01", suffix=EMPTY)
    root = sha256(b"\x00" + sha256(b"key").digest() + sha256(b"value").digest()).digest()
    for _ in range(steps):
        root = sha256(b"\x01" + root + EMPTY).digest()
    long = ExistenceProof(b"key", b"value", path=(step,) * steps)
    assert not membership(CommitmentProof(exist=long).encode(), key=b"key", value=b"value", root=root)
    for sides in ((long, None), (None, long), (long, long)):
        proof = CommitmentProof(nonexist=NonExistenceProof(b"", *sides)).encode()
        assert not any(absence(proof, key=b"other %d" % number, root=root) for number in range(4))


def test_a_batch_and_a_compressed_proof_are_refused() -> None:
    """The other arms of the format's union, which no chain of AutoChain speaks."""
    good = TREE.prove(PRESENT).encode()
    for arm in (3, 4):
        batch = pb.message(arm, pb.message(1, good))
        for data in (batch, batch + good, good + batch):
            assert not membership(data, key=PRESENT, value=ITEMS[PRESENT])


def test_a_proof_of_an_earlier_state_is_refused_under_a_later_root() -> None:
    scene = Scene()
    machine, height = scene.harness.machine, scene.harness.height
    held = dict(scene.harness.store.pairs)
    former = machine.info().app_hash
    scene.read(scene.commit(), scene.grant())
    root, now = machine.info().app_hash, scene.harness.store.pairs
    assert set(now) > set(held)
    for key in now:
        old, new = machine.prove(key, height=height), machine.prove(key)
        assert membership(new.proof, key=key, value=new.value, root=root)
        assert not membership(new.proof, key=key, value=new.value, root=former)
        assert not membership(old.proof, key=key, value=old.value, root=root)
        assert not absence(old.proof, key=key, root=root)
        assert bool(absence(old.proof, key=key, root=former)) == (key not in held)
    assert scene.harness.ask(interfaces.BalanceOf(scene.owner.account)) > 0
