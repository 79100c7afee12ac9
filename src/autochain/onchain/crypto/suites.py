"""Signature suites behind one small interface: a chain admits keys of these kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, NamedTuple, Protocol

import msgspec

from ..codec import Record
from ..refusals import Reason
from . import ed25519

UNKNOWN_SUITE = Reason(
    "crypto", 1, "This kind of key is not known here.", "Use an Ed25519 key (suite 1), or a newer version of AutoChain."
)
BAD_KEY = Reason(
    "crypto", 2, "This is not a usable public key.", "Make the key with a wallet; never use a made-up value."
)


class PublicKey(Record, frozen=True):
    """A public key and the suite it belongs to."""

    suite: int
    data: Annotated[bytes, msgspec.Meta(max_length=4096)]


@dataclass(frozen=True, slots=True)
class Suite:
    """One kind of signature key."""

    number: int
    name: str
    weight: int
    """What one verification costs, in units of about a microsecond."""
    is_key: Callable[[bytes], bool]
    verify: Callable[[bytes, bytes, bytes], bool]
    """key, message, signature -> whether the signature holds; never raises."""


SUITES: Mapping[int, Suite] = MappingProxyType(
    {suite.number: suite for suite in (Suite(1, "Ed25519", 60, ed25519.is_key, ed25519.verify),)}
)


class SignatureJob(NamedTuple):
    """One signature to verify."""

    key: PublicKey
    message: bytes
    signature: bytes


class SignatureVerifier(Protocol):
    """Verifies many signatures; a node gives one that uses threads."""

    def __call__(self, jobs: Sequence[SignatureJob], /) -> list[bool]: ...


def check_key(key: PublicKey) -> None:
    """Refuses a key of an unknown suite and one that is no point of its group."""
    suite = SUITES.get(key.suite)
    if suite is None:
        raise UNKNOWN_SUITE(f"suite {key.suite}")
    if not suite.is_key(key.data):
        raise BAD_KEY(suite.name)


def verify(job: SignatureJob) -> bool:
    suite = SUITES.get(job.key.suite)
    return suite is not None and suite.verify(job.key.data, job.message, job.signature)


def verify_in_turn(jobs: Sequence[SignatureJob], /) -> list[bool]:
    """Verifies signatures one after another."""
    return [verify(job) for job in jobs]
