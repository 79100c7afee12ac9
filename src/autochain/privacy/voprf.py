"""VOPRF of RFC 9497, the secret half: blinding, evaluating with proof, finalizing; and a key held by k of n.

A client learns what the key makes of its message and nothing else of the key; the holder of the key learns nothing of
the message. Of a key that is split, each holder evaluates with its share and proves it, and any `threshold` of them
give what the whole key gives.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import rbcl  # type: ignore[import-untyped]

from ..onchain.codec import Record
from ..onchain.crypto import ristretto255 as group
from ..onchain.crypto import voprf
from ..onchain.refusals import Reason, broken, ensure
from .secret_sharing import MAX_SHARES, check_threshold

NOT_BLINDED = Reason("privacy", 6, "This is not a blinded element.", "Blind the message with this version's SDK.")
KEYS_DISAGREE = Reason(
    "privacy", 7, "These public keys are not of one key that was split.", "Ask the dealer for the list of public keys."
)
TOO_FEW = Reason("privacy", 8, "Too few have evaluated honestly.", "Ask more of those who hold a share of the key.")

Chance = Callable[[int], bytes]
"""Gives as many random bytes as it is asked for."""
Number = Annotated[int, msgspec.Meta(ge=1, le=MAX_SHARES)]
"""The place of a share, from 1."""

with contextlib.suppress(OSError):
    # The library leaves a copy of its binary behind, 3 MB in the temporary folder for each process that loads it.
    Path(rbcl._sodium._name).unlink()


class KeyShare(Record, frozen=True):
    """One holder's share of a key. Never printed: `repr` shows the number alone."""

    number: Number
    secret: group.Scalar

    def __repr__(self) -> str:
        return f"KeyShare({self.number})"

    @property
    def public_key(self) -> bytes:
        return public_key(self.secret)


class PublicKeys(NamedTuple):
    """Who holds a split key, as everybody may know it."""

    threshold: int
    shares: tuple[bytes, ...]
    """The public key of each share, the first one of number 1."""


class Blinded(NamedTuple):
    """A message on its way: the element goes out, the scalar stays."""

    scalar: bytes
    element: bytes


class Evaluation(NamedTuple):
    """What a holder of a key, or of a share, answers to blinded elements."""

    elements: tuple[bytes, ...]
    proof: bytes


class Combined(NamedTuple):
    """What the whole key answers, and whose answers were not what they said."""

    elements: tuple[bytes, ...]
    liars: tuple[int, ...]


def derive_key(seed: bytes, *, info: bytes) -> bytes:
    """Derives a key from a seed of 32 random bytes; `info` keeps keys for different uses apart (DeriveKeyPair)."""
    ensure(len(seed) == 32 and len(info) < 1 << 16, "a seed has 32 bytes, and its info fewer than 65,536")
    for counter in range(256):
        material = seed + len(info).to_bytes(2, "big") + info + bytes((counter,))
        key = voprf.hash_to_scalar(material, tag=b"DeriveKeyPair" + voprf.CONTEXT)
        if key != group.ZERO:
            return key
    return broken("of 256 hashes one is no multiple of the group's order")


def public_key(secret: bytes) -> bytes:
    return group.times_base(secret)


def blind(message: bytes, *, chance: Chance) -> Blinded:
    """Hides a message, of fewer than 65,536 bytes, in an element that could be of any message."""
    ensure(len(message) < 1 << 16, "a message has fewer than 65,536 bytes")
    scalar = _scalar(chance)
    return Blinded(scalar, group.times(scalar, voprf.hash_to_group(message)))


def evaluate(secret: bytes, blinded: Sequence[bytes], *, chance: Chance) -> Evaluation:
    """Evaluates blinded elements with a key or a share of one, and proves with which."""
    if not 1 <= len(blinded) <= voprf.MAX_BATCH or not all(map(group.is_element, blinded)):
        raise NOT_BLINDED()
    elements = tuple(group.times(secret, element) for element in blinded)
    public = public_key(secret)
    weights = voprf.batch_weights(public, blinded, elements)
    m = voprf.weighted_sum(weights, blinded)
    nonce = _scalar(chance)
    challenge = voprf.challenge(public, m, group.times(secret, m), group.times_base(nonce), group.times(nonce, m))
    return Evaluation(elements, challenge + group.scalar_sub(nonce, group.scalar_mul(challenge, secret)))


def finalize(message: bytes, *, scalar: bytes, evaluated: bytes) -> bytes:
    """Gives the 64 bytes that the key makes of the message, from an element whose proof was verified."""
    return voprf.output(message, group.times(group.inverse(scalar), evaluated))


def split_key(key: bytes, *, threshold: int, count: int, chance: Chance) -> tuple[list[KeyShare], PublicKeys]:
    """Deals a key out, shares numbered from 1; the dealer forgets it then, and each holder gets its own alone."""
    check_threshold(threshold, count)
    while True:
        coefficients = [key, *(_scalar(chance) for _ in range(threshold - 1))]
        shares = [KeyShare(number, _value(coefficients, group.small(number))) for number in range(1, count + 1)]
        # A share of zero, which comes once in 2^252 times, would have no public key.
        if all(share.secret != group.ZERO for share in shares):
            return shares, PublicKeys(threshold, tuple(share.public_key for share in shares))


def whole_key(keys: PublicKeys) -> bytes:
    """Gives the public key of the key that was split; refuses public keys of which not every threshold agrees on it."""
    if not 1 <= keys.threshold <= len(keys.shares) <= MAX_SHARES or not all(map(group.is_element, keys.shares)):
        raise KEYS_DISAGREE()
    first = dict(enumerate(keys.shares[: keys.threshold], start=1))
    for number, element in enumerate(keys.shares, start=1):
        if number > keys.threshold and _interpolate(first, at=number) != element:
            raise KEYS_DISAGREE(f"number {number}")
    return _interpolate(first, at=0)


def combine(keys: PublicKeys, blinded: Sequence[bytes], evaluations: Mapping[int, Evaluation]) -> Combined:
    """Combines honest evaluations by their holders' numbers into what the whole key gives, and names the liars.

    Refuses, naming them, where fewer than the threshold were honest.
    """
    honest = [number for number, answer in sorted(evaluations.items()) if is_honest(keys, number, blinded, answer)]
    liars = tuple(sorted(set(evaluations) - set(honest)))
    if len(honest) < keys.threshold:
        said = f"{len(honest)} of {keys.threshold}"
        raise TOO_FEW(f"{said}; not honest: {', '.join(map(str, liars))}" if liars else said)
    chosen = honest[: keys.threshold]
    rows = [{number: evaluations[number].elements[place] for number in chosen} for place in range(len(blinded))]
    return Combined(tuple(_interpolate(row, at=0) for row in rows), liars)


def is_honest(keys: PublicKeys, number: int, blinded: Sequence[bytes], evaluation: Evaluation) -> bool:
    """Says whether a holder evaluated with the share that it was dealt."""
    if not 1 <= number <= len(keys.shares):
        return False
    return voprf.verify(keys.shares[number - 1], blinded, evaluation.elements, evaluation.proof)


def _scalar(chance: Chance) -> bytes:
    """Draws a scalar other than zero."""
    while (scalar := group.reduced(chance(group.WIDE_BYTES))) == group.ZERO:
        pass
    return scalar


def _value(coefficients: Sequence[bytes], x: bytes) -> bytes:
    """Evaluates a polynomial, lowest coefficient first."""
    value = group.ZERO
    for coefficient in reversed(coefficients):
        value = group.scalar_add(group.scalar_mul(value, x), coefficient)
    return value


def _interpolate(points: Mapping[int, bytes], *, at: int) -> bytes:
    """Gives the element at a place from those at as many others as the polynomial needs (Lagrange, in the exponent)."""
    weights = [_weight(number, points, at=at) for number in points]
    return voprf.weighted_sum(weights, list(points.values()))


def _weight(number: int, numbers: Iterable[int], *, at: int) -> bytes:
    above, below = group.ONE, group.ONE
    for other in numbers:
        if other != number:
            above = group.scalar_mul(above, group.scalar_sub(group.small(at), group.small(other)))
            below = group.scalar_mul(below, group.scalar_sub(group.small(number), group.small(other)))
    return group.scalar_mul(above, group.inverse(below))
