"""Answers that were changed: in their bytes, and in what these hold, so that every check of a verifier is reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from hypothesis import strategies as st

from autochain.onchain.ledger.header import NO_TIME_NS, LightBlock, SignedHeader
from autochain.onchain.ledger.ics23 import CommitmentProof, ExistenceProof, NonExistenceProof
from autochain.onchain.refusals import Refusal

from .vectors import Case

PARTS = ("key", "value", "proof", "light_block")
Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def changed(draw: Draw, cases: Sequence[Case]) -> Case:
    """Takes one of the cases and leaves it as it is or changes it in one way or two."""
    case: Case = draw(st.sampled_from(cases))
    ways = (_bytes, _swapped, _trust, _proof, _block)
    for way in draw(st.lists(st.sampled_from(ways), max_size=2)):
        case = way(draw, case, cases)
    return case


def _bytes(draw: Draw, case: Case, _: Sequence[Case]) -> Case:
    """Changes, cuts or adds bytes of one part."""
    name = draw(st.sampled_from(PARTS))
    data: bytes = getattr(case.proved, name)
    at = draw(st.integers(0, len(data)))
    end = draw(st.integers(at, min(len(data), at + 2)))
    return case.given(**{name: data[:at] + draw(st.binary(max_size=2)) + data[end:]})


def _swapped(draw: Draw, case: Case, cases: Sequence[Case]) -> Case:
    """Takes one part, or the question, of another answer."""
    other: Case = draw(st.sampled_from(cases))
    name = draw(st.sampled_from((*PARTS, "question")))
    if name == "question":
        return case._replace(kind=other.kind, id=other.id)
    return case.given(**{name: getattr(other.proved, name)})


def _trust(draw: Draw, case: Case, cases: Sequence[Case]) -> Case:
    return case._replace(trust=draw(st.sampled_from(cases)).trust)


def _proof(draw: Draw, case: Case, cases: Sequence[Case]) -> Case:
    """Changes what a proof holds, and keeps it canonical."""
    proof = _decoded(CommitmentProof, case.proved.proof)
    if proof is None:
        return case
    if proof.exist is not None:
        return case.given(proof=replace(proof, exist=_existence(draw, proof.exist)).encode())
    absent = proof.nonexist or NonExistenceProof()
    shown = [each.exist for other in cases if (each := _decoded(CommitmentProof, other.proved.proof)) is not None]
    side = draw(st.sampled_from(("left", "right")))
    neighbour = getattr(absent, side)
    instead = [None, *shown, *([_existence(draw, neighbour)] if neighbour is not None else [])]
    changed_proof = CommitmentProof(nonexist=replace(absent, **{side: draw(st.sampled_from(instead))}))
    return case.given(proof=changed_proof.encode())


def _existence(draw: Draw, proof: ExistenceProof) -> ExistenceProof:
    path = list(proof.path)
    ways: dict[str, Callable[[], ExistenceProof]] = {
        "leaf": lambda: replace(
            proof, leaf=draw(st.sampled_from([replace(proof.leaf, hash=2), replace(proof.leaf, length=1)]))
        ),
        "prefix": lambda: replace(
            proof, leaf=replace(proof.leaf, prefix=draw(st.sampled_from((b"\x01", b"\x00\x00"))))
        ),
        "cut": lambda: replace(proof, path=tuple(path[1:])),
        "longer": lambda: replace(proof, path=(*path, *path[-1:])),
        "turned": lambda: replace(proof, path=tuple(reversed(path))),
        "step": lambda: replace(
            proof,
            path=tuple(replace(step, prefix=draw(st.sampled_from((b"\x01", b"\x00", step.prefix)))) for step in path),
        ),
        "none": lambda: replace(proof, path=()),
        "deep": lambda: replace(proof, path=tuple(path[:1] * 257)),
    }
    return ways[draw(st.sampled_from(sorted(ways)))]()


def _block(draw: Draw, case: Case, _: Sequence[Case]) -> Case:
    """Changes a field of header, commit, votes or validators, and keeps the block canonical."""
    block = _decoded(LightBlock, case.proved.light_block)
    if block is None:
        return case
    header, commit, members = block.header, block.commit, block.validators
    match draw(st.sampled_from(("header", "commit", "votes", "validators", "proposer"))):
        case "header":
            header = draw(st.sampled_from([
                replace(header, height=header.height + 1),
                replace(header, chain_id=header.chain_id + "x"),
                replace(header, time_ns=NO_TIME_NS),
                replace(header, validators_hash=header.app_hash),
                replace(header, app_hash=b""),
            ]))  # fmt: skip
        case "commit":
            commit = draw(st.sampled_from([
                replace(commit, height=commit.height + 1),
                replace(commit, round=1 << 63),
                replace(commit, block_id=replace(commit.block_id, hash=header.app_hash)),
            ]))  # fmt: skip
        case "votes" if commit.signatures:
            votes = list(commit.signatures)
            at = draw(st.integers(0, len(votes) - 1))
            votes[at] = draw(st.sampled_from([
                *(replace(votes[at], flag=flag) for flag in (1, 2, 3, 4)),
                replace(votes[at], time_ns=-1),
                replace(votes[at], validator_address=b""),
                *votes,
            ]))  # fmt: skip
            commit = replace(commit, signatures=tuple(votes[draw(st.integers(0, 1)) :]))
        case "validators" if members.validators:
            first, *rest = members.validators
            first = draw(st.sampled_from([replace(first, power=-first.power), replace(first, address=bytes(20))]))
            members = replace(members, validators=(first, *rest))
        case "proposer":
            instead = [None, *(replace(each, power=each.power + 1) for each in members.validators), *members.validators]
            members = replace(members, proposer=draw(st.sampled_from(instead)))
    return case.given(light_block=LightBlock(SignedHeader(header, commit), members).encode())


def _decoded(kind: Any, data: bytes) -> Any:
    try:
        return kind.decode(data)
    except Refusal:
        return None
