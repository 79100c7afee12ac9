"""Signature suites behind one small interface: a chain admits keys of these kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, NamedTuple, Protocol

import msgspec

from ..codec import Record
from ..refusals import Reason
from . import ed25519

ED25519, P256, SM2, ML_DSA_65, HYBRID = range(1, 6)
"""Suites by their numbers."""
UNKNOWN_SUITE = Reason(
    "crypto", 1, "This kind of key is not known here.", "Use a suite from 1 to 5, or a newer version of AutoChain."
)
BAD_KEY = Reason(
    "crypto", 2, "This is not a usable public key.", "Make the key with a wallet; never use a made-up value."
)
SUITE_ABSENT = Reason(
    "crypto",
    3,
    "The library of this kind of key is not installed here.",
    "Install it as docs/how-to/run-on-sm2.md says, or choose keys of another suite.",
)


class PublicKey(Record, frozen=True):
    """A public key and the suite it belongs to."""

    suite: int
    data: Annotated[bytes, msgspec.Meta(max_length=4096)]


class Scheme(Protocol):
    """The verifying half of a signature scheme: one module."""

    def is_key(self, key: bytes, /) -> bool:
        """Says whether these bytes are a public key; never raises."""
        ...

    def verify(self, key: bytes, message: bytes, signature: bytes, /) -> bool:
        """Says whether the signature holds; never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Suite:
    """One kind of signature key."""

    number: int
    name: str
    weight: int
    """What a signature costs: to verify, in units of about a microsecond, and a tenth of its bytes beyond 64."""
    load: Callable[[], Scheme]
    """Gives its scheme, whose library is loaded when it is used first; refuses where that is not installed."""


def _p256() -> Scheme:
    from . import p256

    return p256


def _sm2() -> Scheme:
    try:
        from . import sm2
    except ModuleNotFoundError:
        raise SUITE_ABSENT("SM2 needs gmalglib") from None
    return sm2


def _ml_dsa() -> Scheme:
    from . import ml_dsa

    return ml_dsa


def _hybrid() -> Scheme:
    from . import hybrid

    return hybrid


SUITES: Mapping[int, Suite] = MappingProxyType(
    {
        suite.number: suite
        for suite in (
            Suite(ED25519, "Ed25519", 60, lambda: ed25519),
            Suite(P256, "P-256", 100, _p256),
            Suite(SM2, "SM2", 550, _sm2),
            Suite(ML_DSA_65, "ML-DSA-65", 520, _ml_dsa),
            Suite(HYBRID, "Ed25519 with ML-DSA-65", 580, _hybrid),
        )
    }
)


class SignatureJob(NamedTuple):
    """One signature to verify."""

    key: PublicKey
    message: bytes
    signature: bytes


class SignatureVerifier(Protocol):
    """Verifies many signatures; a node gives one that uses threads."""

    def __call__(self, jobs: Sequence[SignatureJob], /) -> list[bool]: ...


def check_suites(numbers: Iterable[int]) -> None:
    """Refuses suites that are unknown here, or whose library is absent."""
    for number in numbers:
        _known(number).load()


def check_key(key: PublicKey) -> None:
    """Refuses a key of an unknown suite and one that is no point of its group."""
    suite = _known(key.suite)
    if not suite.load().is_key(key.data):
        raise BAD_KEY(suite.name)


def _known(number: int) -> Suite:
    suite = SUITES.get(number)
    if suite is None:
        raise UNKNOWN_SUITE(f"suite {number}")
    return suite


def verify(job: SignatureJob) -> bool:
    suite = SUITES.get(job.key.suite)
    return suite is not None and suite.load().verify(job.key.data, job.message, job.signature)


def verify_in_turn(jobs: Sequence[SignatureJob], /) -> list[bool]:
    """Verifies signatures one after another."""
    return [verify(job) for job in jobs]
