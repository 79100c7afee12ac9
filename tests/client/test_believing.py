"""What a client believes: what is proved by the validators it trusts, and nothing else a node may say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from node.chain import SEED, VALIDATOR, Chain
from node.verified import check_proof
from node.virtual_time import VirtualClock, run
from onchain.ledger.probe import NOTES, Note, Put

from autochain.onchain.crypto import sha256, tagged_hash
from autochain.onchain.ledger import BlockAnswer, errors, header
from autochain.onchain.ledger.header import (
    FLAG_ABSENT,
    FLAG_COMMIT,
    Commit,
    CommitSignature,
    Header,
    LightBlock,
    SignedHeader,
    ValidatorSet,
)
from autochain.onchain.ledger.ics23 import BAD_PROOF
from autochain.onchain.ledger.light import Proved
from autochain.onchain.ledger.protobuf import BAD_PROTOBUF
from autochain.onchain.refusals import Reason, Refusal
from autochain.privacy import ed25519

from .nodes import WAYS, Between, client_at, client_of

ANOTHER_SEED = tagged_hash("test/seed", b"another validator")
ANOTHER = ed25519.public_key(ANOTHER_SEED).data


def signed(head: Header, *, seed: bytes = SEED, key: bytes = VALIDATOR, **votes: Any) -> bytes:
    """Gives a light block in which a validator's key signs this header; `votes` change the vote after it was signed."""
    member = header.validator(key, 1)
    block_id = header.BlockId(head.hash(), header.PartSetHeader(1, sha256(b"parts")))
    vote = CommitSignature(FLAG_COMMIT, member.address, head.time_ns)
    commit = Commit(head.height, 0, block_id, (vote,))
    signature = ed25519.sign(seed, commit.sign_bytes(chain_id=head.chain_id, index=0))
    commit = replace(commit, signatures=(replace(vote, signature=signature, **votes),))
    return LightBlock(SignedHeader(head, commit), ValidatorSet((member,), proposer=member)).encode()


def light(proved: Proved, change: Callable[[LightBlock], LightBlock]) -> Proved:
    block = change(LightBlock.decode(proved.light_block))
    return msgspec.structs.replace(proved, light_block=block.encode())


def with_header(change: Callable[[Header], Header]) -> Callable[[Proved, Proved], Proved]:
    return lambda proved, _: light(
        proved, lambda block: replace(block, signed=replace(block.signed, header=change(block.header)))
    )


def with_commit(change: Callable[[Commit], Commit]) -> Callable[[Proved, Proved], Proved]:
    return lambda proved, _: light(
        proved, lambda block: replace(block, signed=replace(block.signed, commit=change(block.commit)))
    )


def with_vote(change: Callable[[CommitSignature], CommitSignature]) -> Callable[[Proved, Proved], Proved]:
    return with_commit(lambda commit: replace(commit, signatures=(change(commit.signatures[0]),)))


def with_validators(change: Callable[[ValidatorSet], ValidatorSet]) -> Callable[[Proved, Proved], Proved]:
    return lambda proved, _: light(proved, lambda block: replace(block, validators=change(block.validators)))


def newly_signed(change: Callable[[Header], Header], **votes: Any) -> Callable[[Proved, Proved], Proved]:
    """The validator itself signs another header."""
    return lambda proved, _: msgspec.structs.replace(
        proved, light_block=signed(change(LightBlock.decode(proved.light_block).header), **votes)
    )


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def of_another_chain(proved: Proved, _: Proved) -> Proved:
    """All of it is right, but other validators sign another chain under the same name."""
    hashed = ValidatorSet((header.validator(ANOTHER, 1),)).hash()
    head = replace(LightBlock.decode(proved.light_block).header, validators_hash=hashed)
    return msgspec.structs.replace(proved, light_block=signed(head, seed=ANOTHER_SEED, key=ANOTHER))


def by_another_key(proved: Proved, _: Proved) -> Proved:
    """Another key signs in the validator's name."""
    return msgspec.structs.replace(
        proved, light_block=signed(LightBlock.decode(proved.light_block).header, seed=ANOTHER_SEED)
    )


set_ = msgspec.structs.replace
LIES: dict[str, tuple[Callable[[Proved, Proved], Proved], Reason]] = {
    "another value": (lambda proved, _: set_(proved, value=NOTES.codec.encode(Note("lie"))), BAD_PROOF),
    "no value": (lambda proved, _: set_(proved, value=b""), BAD_PROOF),
    "no proof": (lambda proved, _: set_(proved, proof=b""), BAD_PROOF),
    "a proof that is garbage": (lambda proved, _: set_(proved, proof=b"\xff" * 9), BAD_PROTOBUF),
    "the proof of another key": (lambda proved, other: set_(proved, proof=other.proof), BAD_PROOF),
    "value and proof of another key": (
        lambda proved, other: set_(proved, value=other.value, proof=other.proof),
        BAD_PROOF,
    ),
    "another key": (lambda _, other: other, errors.NOT_PROVED),
    "the header of another height": (lambda proved, other: set_(proved, light_block=other.light_block), BAD_PROOF),
    "a header that is garbage": (lambda proved, _: set_(proved, light_block=b"\xff" * 9), BAD_PROTOBUF),
    "no header": (lambda proved, _: set_(proved, light_block=b""), BAD_PROTOBUF),
    "another root": (with_header(lambda head: replace(head, app_hash=sha256(b"root"))), errors.BAD_COMMIT),
    "another time": (with_header(lambda head: replace(head, time_ns=head.time_ns + 1)), errors.BAD_COMMIT),
    "another chain's name": (with_header(lambda head: replace(head, chain_id="other")), errors.FOREIGN_HEADER),
    "another chain of the same validator": (
        newly_signed(lambda head: replace(head, chain_id="other")),
        errors.FOREIGN_HEADER,
    ),
    "another root that the validator signed": (
        newly_signed(lambda head: replace(head, app_hash=sha256(b"root"))),
        BAD_PROOF,
    ),
    "a header that names other validators": (
        newly_signed(lambda head: replace(head, validators_hash=sha256(b"others"))),
        errors.NOT_VALIDATORS,
    ),
    "other validators": (of_another_chain, errors.NOT_VALIDATORS),
    "no validators": (with_validators(lambda _: ValidatorSet()), errors.NOT_VALIDATORS),
    "the validator with more power": (
        with_validators(lambda members: ValidatorSet((replace(members.validators[0], power=2),))),
        errors.NOT_VALIDATORS,
    ),
    "another key in the validator's name": (by_another_key, errors.BAD_COMMIT),
    "another signature": (
        with_vote(lambda vote: replace(vote, signature=flipped(vote.signature))),
        errors.BAD_COMMIT,
    ),
    "no signature": (with_vote(lambda vote: replace(vote, signature=b"")), errors.BAD_COMMIT),
    "a vote at another time": (with_vote(lambda vote: replace(vote, time_ns=vote.time_ns + 1)), errors.BAD_COMMIT),
    "a vote of nobody": (with_vote(lambda vote: replace(vote, flag=FLAG_ABSENT)), errors.TOO_LITTLE_POWER),
    "a vote of an unknown kind": (with_vote(lambda vote: replace(vote, flag=9)), errors.BAD_COMMIT),
    "a vote under another address": (
        with_vote(lambda vote: replace(vote, validator_address=bytes(20))),
        errors.BAD_COMMIT,
    ),
    "a vote twice": (
        with_commit(lambda commit: replace(commit, signatures=commit.signatures * 2)),
        errors.BAD_COMMIT,
    ),
    "no vote": (with_commit(lambda commit: replace(commit, signatures=())), errors.BAD_COMMIT),
    "the commit of another height": (
        with_commit(lambda commit: replace(commit, height=commit.height + 1)),
        errors.BAD_COMMIT,
    ),
    "a commit in another round": (with_commit(lambda commit: replace(commit, round=1)), errors.BAD_COMMIT),
    "the commit of another block": (
        with_commit(lambda commit: replace(commit, block_id=replace(commit.block_id, hash=sha256(b"block")))),
        errors.BAD_COMMIT,
    ),
}


class Lying(Between):
    """A node that proves one thing wrongly."""

    def __init__(self, chain: Chain, lie: Callable[[Proved, Proved], Proved], other: Proved) -> None:
        super().__init__(chain.engine)
        self._lie = lie
        self._other = other

    async def prove(self, key: bytes) -> Proved:
        return self._lie(await super().prove(key), self._other)


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_not_believed(chain: Chain, clock: VirtualClock, name: str) -> None:
    lie, reason = LIES[name]

    async def job() -> None:
        async with chain.running() as engine:
            await chain.send(chain.treasury, Put("other", "text"))
            other = await engine.prove(NOTES.key("other"))
            await chain.send(chain.treasury, Put("name", "text"))
            honest = await client_at(chain).prove(NOTES, "name")
            assert honest.record == Note("text")
            client = client_at(chain, Lying(chain, lie, other))
            with pytest.raises(Refusal) as proving:
                await client.prove(NOTES, "name")
            with pytest.raises(Refusal) as checking:
                client.check(NOTES, lie(honest.proved, other), "name")
            assert proving.value.reason == checking.value.reason == reason

    run(clock, job())


def test_nothing_is_made_of_what_is_not_there(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.running() as engine:
            await chain.send(chain.treasury, Put("there", "text"))
            there = await engine.prove(NOTES.key("there"))
            absent = (await client_at(chain).prove(NOTES, "absent")).proved
            for lie in (
                set_(absent, value=there.value),
                set_(absent, value=there.value, proof=there.proof),
                set_(absent, proof=there.proof),
            ):
                with pytest.raises(Refusal) as caught:
                    client_at(chain).check(NOTES, lie, "absent")
                assert caught.value.reason == BAD_PROOF

    run(clock, job())


@pytest.mark.parametrize("way", WAYS)
def test_what_is_proved_is_believed_and_can_be_checked_by_anybody(chain: Chain, clock: VirtualClock, way: str) -> None:
    async def job() -> None:
        async with client_of(chain, way) as client:
            for number in range(3):
                await chain.send(chain.treasury, Put("name", str(number)))
                shown = await client.prove(NOTES, "name")
                assert shown.record == Note(str(number))
                assert (
                    check_proof(shown.proved, value=NOTES.codec.encode(shown.record))["height"] == shown.header.height
                )
                assert client.check(NOTES, shown.proved, "name") == shown
            absent = await client.prove(NOTES, "absent")
            assert (absent.record, absent.header) == (None, shown.header)
            check_proof(absent.proved, value=None)

    run(clock, job())


@pytest.mark.parametrize("way", WAYS)
def test_a_block_is_believed_with_its_height_and_transactions(chain: Chain, clock: VirtualClock, way: str) -> None:
    async def job() -> None:
        async with client_of(chain, way) as client:
            data = chain.sign(chain.treasury, Put("name", "text"))
            await chain.engine.submit(data)
            head, answer = await client.block(2)
            assert (head.height, answer.transactions) == (2, (data,))
            await client.prove(NOTES, "name")
            last, _ = await client.block()
            assert last.height == (await client.status()).height == 3
            with pytest.raises(Refusal) as caught:
                await client.block(99)
            assert caught.value.reason == errors.NO_BLOCK

    run(clock, job())


def test_a_wrong_block_is_not_believed(chain: Chain, clock: VirtualClock) -> None:
    lies: list[tuple[Callable[[BlockAnswer, BlockAnswer], BlockAnswer], Reason]] = [
        (lambda answer, other: other, errors.NOT_PROVED),
        (lambda answer, other: set_(answer, transactions=()), errors.NOT_PROVED),
        (lambda answer, other: set_(answer, transactions=(*answer.transactions, b"more")), errors.NOT_PROVED),
        (lambda answer, other: set_(answer, transactions=answer.transactions[::-1]), errors.NOT_PROVED),
        (lambda answer, other: set_(answer, light_block=answer.light_block[:-1]), BAD_PROTOBUF),
    ]

    async def job() -> None:
        async with chain.running() as engine:
            signed = [chain.sign(chain.treasury, Put(str(number), "text")) for number in range(2)]
            await asyncio.gather(*map(engine.submit, signed))
            other = await engine.block(1)
            for lie, reason in lies:

                class LyingOfBlocks(Between):
                    async def block(self, height: int) -> BlockAnswer:
                        return lie(await super().block(height), other)  # noqa: B023

                with pytest.raises(Refusal) as caught:
                    await client_at(chain, LyingOfBlocks(engine)).block(2)
                assert caught.value.reason == reason

    run(clock, job())
