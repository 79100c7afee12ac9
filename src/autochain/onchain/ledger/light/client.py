"""The light client in its first form: a validator set that is trusted and does not change."""

from __future__ import annotations

from dataclasses import dataclass

from ...crypto import SignatureJob, SignatureVerifier, verify_in_turn
from .. import errors
from ..header import FLAG_ABSENT, FLAG_COMMIT, FLAG_NIL, Header, LightBlock, ValidatorSet

MAX_VALIDATORS = 1024


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom a verifier believes about a chain."""

    chain_id: str
    validators_hash: bytes


def check_light_block(trust: Trust, block: LightBlock, *, verify: SignatureVerifier = verify_in_turn) -> Header:
    """Gives the header when more than two thirds of the trusted power signed it; else refuses."""
    header, commit, validators = block.header, block.commit, block.validators
    if header.chain_id != trust.chain_id:
        raise errors.FOREIGN_HEADER(f"{header.chain_id!r}, not {trust.chain_id!r}")
    if len(validators.validators) > MAX_VALIDATORS or validators.hash() != trust.validators_hash:
        raise errors.NOT_VALIDATORS()
    if header.validators_hash != trust.validators_hash:
        raise errors.NOT_VALIDATORS("the header names others")
    if commit.height != header.height or commit.block_id.hash != header.hash():
        raise errors.BAD_COMMIT("it is for another block")
    _check_signatures(header.chain_id, block, validators, verify)
    return header


def _check_signatures(chain_id: str, block: LightBlock, validators: ValidatorSet, verify: SignatureVerifier) -> None:
    signatures = block.commit.signatures
    if len(signatures) != len(validators.validators):
        raise errors.BAD_COMMIT("it has not one place for each validator")
    jobs: list[SignatureJob] = []
    power = 0
    for index, (signature, member) in enumerate(zip(signatures, validators.validators, strict=True)):
        if signature.flag not in (FLAG_ABSENT, FLAG_COMMIT, FLAG_NIL):
            raise errors.BAD_COMMIT("unknown kind of vote")
        if signature.flag != FLAG_COMMIT:
            continue
        if signature.validator_address != member.address:
            raise errors.BAD_COMMIT("a vote stands in another validator's place")
        message = block.commit.sign_bytes(chain_id=chain_id, index=index)
        jobs.append(SignatureJob(member.public_key, message, signature.signature))
        power += member.power
    if 3 * power <= 2 * validators.power:
        raise errors.TOO_LITTLE_POWER(f"{power} of {validators.power}")
    if not all(verify(jobs)):
        raise errors.BAD_COMMIT("a signature does not hold")


def check_fresh(header: Header, *, now_ms: int, max_age_ms: int, max_skew_ms: int) -> None:
    """Refuses a header that is older than allowed, or further in the future than clocks may differ."""
    if not now_ms - max_age_ms <= header.time_ms <= now_ms + max_skew_ms:
        raise errors.STALE_HEADER(f"{now_ms - header.time_ms} ms old, at most {max_age_ms}")
