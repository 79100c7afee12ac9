"""The release believes one chain's validators: no other header opens anything, and no proof that was changed."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import replace as with_fields
from pathlib import Path

import msgspec
import pytest
from homes import Clock, Outsider, Scene, open_scene, play, refuses, request_of, signed
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from autochain.network import Home
from autochain.onchain.crypto import sha256
from autochain.onchain.ledger import errors as ledger_errors
from autochain.onchain.ledger.header import (
    FLAG_ABSENT,
    FLAG_COMMIT,
    Commit,
    CommitSignature,
    LightBlock,
    SignedHeader,
    validator,
    validator_set,
)
from autochain.onchain.ledger.light import Proved
from autochain.onchain.refusals import Reason, Refusal
from autochain.privacy import ed25519
from autochain.services.release.records import OpenRequest
from autochain.wallet import create

from .members import restarted

PROOFS = ("receipt_proof", "consent_proof", "recording_proof", "identity_proof", "owner_proof")
PLACES = ("key", "value", "proof", "light_block")
THIEF = sha256(b"a validator of the thief's own")


def by_another_key(block: LightBlock) -> LightBlock:
    """Leaves header and validators, and puts the thief's signature in the validator's place."""
    return _resigned(block)


def by_another_validator(block: LightBlock) -> LightBlock:
    """Puts the thief into the validator set too."""
    own = validator_set([validator(ed25519.public_key(THIEF).data, 1)])
    return LightBlock(_resigned(block).signed, own)


def by_another_validator_named_in_the_header(block: LightBlock) -> LightBlock:
    """Makes a header of the thief's own, which holds together in itself."""
    own = validator_set([validator(ed25519.public_key(THIEF).data, 1)])
    header = with_fields(block.header, validators_hash=own.hash(), next_validators_hash=own.hash())
    commit = with_fields(block.commit, block_id=with_fields(block.commit.block_id, hash=header.hash()))
    return LightBlock(_resigned(LightBlock(SignedHeader(header, commit), own)).signed, own)


def of_another_chain(block: LightBlock) -> LightBlock:
    header = with_fields(block.header, chain_id="main-foreign")
    return LightBlock(SignedHeader(header, block.commit), block.validators)


def with_another_root(block: LightBlock) -> LightBlock:
    header = with_fields(block.header, app_hash=sha256(b"another state"))
    return LightBlock(SignedHeader(header, block.commit), block.validators)


def with_a_later_time(block: LightBlock) -> LightBlock:
    header = with_fields(block.header, time_ns=block.header.time_ns + 1_000_000)
    return LightBlock(SignedHeader(header, block.commit), block.validators)


def with_no_vote(block: LightBlock) -> LightBlock:
    commit = with_fields(block.commit, signatures=(CommitSignature(FLAG_ABSENT),))
    return LightBlock(SignedHeader(block.header, commit), block.validators)


def with_two_votes_of_one(block: LightBlock) -> LightBlock:
    commit = with_fields(block.commit, signatures=block.commit.signatures * 2)
    return LightBlock(SignedHeader(block.header, commit), block.validators)


def _resigned(block: LightBlock) -> LightBlock:
    vote = block.commit.signatures[0]
    message = block.commit.sign_bytes(chain_id=block.header.chain_id, index=0)
    address = block.validators.validators[0].address
    forged = CommitSignature(FLAG_COMMIT, address, vote.time_ns, ed25519.sign(THIEF, message))
    commit = Commit(block.commit.height, block.commit.round, block.commit.block_id, (forged,))
    return LightBlock(SignedHeader(block.header, commit), block.validators)


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        (by_another_key, ledger_errors.BAD_COMMIT),
        (by_another_validator, ledger_errors.NOT_VALIDATORS),
        (by_another_validator_named_in_the_header, ledger_errors.NOT_VALIDATORS),
        (of_another_chain, ledger_errors.FOREIGN_HEADER),
        (with_another_root, ledger_errors.BAD_COMMIT),
        (with_a_later_time, ledger_errors.BAD_COMMIT),
        (with_no_vote, ledger_errors.TOO_LITTLE_POWER),
        (with_two_votes_of_one, ledger_errors.BAD_COMMIT),
    ],
)
def test_a_header_that_was_not_decided_is_refused(
    home: Path, forge: Callable[[LightBlock], LightBlock], reason: Reason
) -> None:
    async def story(scene: Scene) -> None:
        for field in PROOFS:
            request = await request_of(scene, scene.buyer, scene.receipt)
            proved: Proved = getattr(request, field)
            forged = replace(proved, light_block=forge(LightBlock.decode(proved.light_block)).encode())
            with refuses(reason):
                await Outsider(scene.network).release.open(signed(replace(request, **{field: forged}), scene.buyer))

    play(home, story)


def test_a_fork_of_the_chain_under_its_own_id_opens_nothing(home: Path, tmp_path: Path) -> None:
    """Who copies a chain and goes on with a validator of its own may sell itself everything, there."""
    fork = shutil.copytree(home, tmp_path / "fork")
    shutil.rmtree(fork / "parties" / "validator")
    thief = create(fork / "parties", "validator", kind="organisation")
    own = validator_set([validator(thief.public_key.data, 1)]).hash().hex()
    network_file = fork / "network.json"
    facts = Home(fork).facts()
    network_file.write_bytes(msgspec.json.encode(replace(facts, validators_hash=own)))

    async def run() -> None:
        clock = Clock()
        async with open_scene(fork, clock) as forked, open_scene(home, clock) as scene:
            assert forked.client.trust.chain_id == scene.client.trust.chain_id
            consent = await forked.grant(reader=forked.rival.account)
            receipt = await forked.buy(forked.rival, consent=consent)
            request = await request_of(forked, forked.rival, receipt)
            # On the fork, whose member trusts the thief, this would open the keys that were copied with it.
            assert len((await Outsider(forked.network).release.open(request)).shares) == 2
            with refuses(ledger_errors.NOT_VALIDATORS):
                await Outsider(scene.network).release.open(request)

    asyncio.run(run())


def test_no_byte_of_a_proof_can_be_changed(home: Path) -> None:
    """Whatever is changed is refused, signed anew by the reader or not."""

    async def story(scene: Scene) -> None:
        service, good = restarted(scene), await request_of(scene, scene.buyer, scene.receipt)
        drawn: list[OpenRequest] = []

        @settings(max_examples=300, deadline=None)
        @given(field=st.sampled_from(PROOFS), place=st.sampled_from(PLACES), data=st.data())
        def draw(field: str, place: str, data: st.DataObject) -> None:
            proved: Proved = getattr(good, field)
            old: bytes = getattr(proved, place)
            new = data.draw(_changed(old))
            if place == "light_block" and _says_the_same(old, new):
                return
            drawn.append(replace(good, **{field: replace(proved, **{place: new})}))

        draw()
        assert len(drawn) > 100
        for request in drawn:
            for sent in (request, signed(request, scene.buyer)):
                with pytest.raises(Refusal):
                    await service.open(sent)
        assert len((await service.open(good)).shares) == 2

    play(home, story)


def _says_the_same(old: bytes, new: bytes) -> bool:
    """Whether only that was changed which CometBFT leaves open: who proposed, and in which order they do."""
    try:
        block, was = LightBlock.decode(new), LightBlock.decode(old)
    except Refusal:
        return False
    return block.signed == was.signed and block.validators.hash() == was.validators.hash()


@st.composite
def _changed(draw: st.DrawFn, data: bytes) -> bytes:
    """Turns a bit of some bytes, cuts them, or puts a byte into them."""
    at, byte = draw(st.integers(0, len(data) - 1)), draw(st.integers(1, 255))
    turned = data[:at] + bytes([data[at] ^ byte]) + data[at + 1 :]
    return draw(st.sampled_from([turned, data[:at], data[:at] + bytes([byte]) + data[at:]]))
