"""State that somebody made up, under a header that whichever validators signed: a member judges for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace as with_fields
from typing import Any

from homes import Scene, signed

from autochain.client import Client
from autochain.network.chain_file import CONTRACTS
from autochain.onchain.codec import Record, encode
from autochain.onchain.contracts.consent import CONSENTS
from autochain.onchain.contracts.identity import IDENTITIES
from autochain.onchain.contracts.market import RECEIPTS
from autochain.onchain.contracts.recording import RECORDINGS
from autochain.onchain.ledger import Table, Tree
from autochain.onchain.ledger.header import (
    FLAG_ABSENT,
    FLAG_COMMIT,
    Commit,
    CommitSignature,
    LightBlock,
    SignedHeader,
    ValidatorSet,
    validator,
    validator_set,
)
from autochain.onchain.ledger.light import Proved, Trust
from autochain.privacy import ed25519
from autochain.services.release import ReleaseService
from autochain.services.release.records import OpenRequest

from .members import restarted

Records = dict[str, Record | None]
"""By the field of a request that proves it; None is absent."""


def a_member(scene: Scene, *, trust: Trust) -> ReleaseService:
    """Gives the member of the scene's committee of one, with whom it trusts said otherwise."""
    client = scene.client
    return restarted(scene, client=Client(client.node, client.dispatcher.spec, CONTRACTS, trust))


async def records_of(scene: Scene) -> dict[str, tuple[bytes, Record]]:
    """Gives what gives the buyer its right on the standing receipt, each with its key in the state."""
    keys: dict[str, tuple[Table[Any], bytes]] = {
        "receipt_proof": (RECEIPTS, scene.receipt),
        "consent_proof": (CONSENTS, scene.consent),
        "recording_proof": (RECORDINGS, scene.recordings[0]),
        "identity_proof": (IDENTITIES, scene.buyer.account),
        "owner_proof": (IDENTITIES, scene.owner.account),
    }
    return {
        field: (table.key(name), (await scene.client.prove(table, name)).record)
        for field, (table, name) in keys.items()
    }


def validators_of(seeds: Sequence[bytes]) -> ValidatorSet:
    return validator_set([validator(ed25519.public_key(seed).data, 1) for seed in seeds])


async def made_up_request(
    scene: Scene, changed: Records, *, validators: Sequence[bytes], signers: Sequence[bytes]
) -> OpenRequest:
    """Makes the buyer's request out of state that holds some changed records, under a header that `signers` sign."""
    held = {field: (key, changed.get(field, record)) for field, (key, record) in (await records_of(scene)).items()}
    pairs = {key: encode(record) for key, record in held.values() if record is not None}
    tree = Tree().update({**pairs, b"something else": b"so that absence has neighbours"})
    genuine = LightBlock.decode((await scene.client.prove(RECEIPTS, scene.receipt)).proved.light_block)
    light_block = _signed(genuine, tree.root, validators=validators, signers=signers).encode()
    proofs: dict[str, Any] = {
        field: Proved(key, pairs.get(key, b""), tree.prove(key).encode(), light_block)
        for field, (key, _) in held.items()
    }
    request = OpenRequest(receipt=scene.receipt, time_ms=scene.clock(), **proofs)
    return signed(request, scene.buyer)


def _signed(like: LightBlock, root: bytes, *, validators: Sequence[bytes], signers: Sequence[bytes]) -> LightBlock:
    """Gives a block like a genuine one over another state, with the votes of some of its validators."""
    members = validators_of(validators)
    header = with_fields(
        like.header, app_hash=root, validators_hash=members.hash(), next_validators_hash=members.hash()
    )
    absent = tuple(CommitSignature(FLAG_ABSENT) for _ in members.validators)
    block_id = with_fields(like.commit.block_id, hash=header.hash())
    commit = Commit(like.commit.height, like.commit.round, block_id, absent)
    seeds = {ed25519.public_key(seed).data: seed for seed in signers}
    votes = list(absent)
    for index, member in enumerate(members.validators):
        seed = seeds.get(member.public_key.data)
        if seed is not None:
            vote = CommitSignature(FLAG_COMMIT, member.address, header.time_ns, b"")
            commit = with_fields(commit, signatures=(*votes[:index], vote, *votes[index + 1 :]))
            message = commit.sign_bytes(chain_id=header.chain_id, index=index)
            votes[index] = with_fields(vote, signature=ed25519.sign(seed, message))
    return LightBlock(SignedHeader(header, with_fields(commit, signatures=tuple(votes))), members)
