"""Shamir's secret sharing of bytes: any `threshold` shares give the secret, and fewer say nothing about it.

Each byte is the value at 0 of a polynomial over GF(2^8), the field of AES; the share numbered i holds the values at i.
Nothing in a share tells whether it is genuine: who combines checks the secret by what it opens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..onchain.refusals import Reason

BAD_THRESHOLD = Reason(
    "privacy", 4, "So many shares can not be made.", "Take a threshold from 1 to the number of shares, at most 255."
)
BAD_SHARES = Reason(
    "privacy", 5, "These are not shares of one secret.", "Give shares of one splitting, each under its own number."
)

MAX_SHARES = 255
_POLYNOMIAL = 0x11B
"""x^8 + x^4 + x^3 + x + 1, by which AES reduces."""


def split(secret: bytes, *, threshold: int, count: int, chance: Callable[[int], bytes]) -> list[bytes]:
    """Splits a secret; the first share has the number 1. `chance` gives as many random bytes as it is asked for."""
    check_threshold(threshold, count)
    coefficients = [secret, *(chance(len(secret)) for _ in range(threshold - 1))]
    return [_value(coefficients, number) for number in range(1, count + 1)]


def combine(shares: Mapping[int, bytes]) -> bytes:
    """Gives the secret from at least as many shares as its threshold, by their numbers."""
    if not shares or not all(1 <= number <= MAX_SHARES for number in shares):
        raise BAD_SHARES("numbers go from 1 to 255")
    if len({len(share) for share in shares.values()}) != 1:
        raise BAD_SHARES("they differ in length")
    secret = bytes(len(next(iter(shares.values()))))
    for number, share in shares.items():
        secret = _xor(secret, share.translate(_multiples(_weight(number, [each for each in shares if each != number]))))
    return secret


def check_threshold(threshold: int, count: int) -> None:
    """Refuses a threshold that can't be reached, and one of none."""
    if not 1 <= threshold <= count <= MAX_SHARES:
        raise BAD_THRESHOLD(f"{threshold} of {count}")


def _value(coefficients: list[bytes], x: int) -> bytes:
    """Evaluates polynomials side by side, one for each byte, lowest coefficients first."""
    multiples = _multiples(x)
    value = bytes(len(coefficients[0]))
    for row in reversed(coefficients):
        value = _xor(value.translate(multiples), row)
    return value


def _weight(number: int, others: list[int]) -> int:
    """Gives what a share counts for in Lagrange's interpolation at 0."""
    above, below = 1, 1
    for other in others:
        above, below = _times(above, other), _times(below, other ^ number)
    return _times(above, _multiples(below).index(1))


def _multiples(factor: int) -> bytes:
    """Tabulates the products of a factor with every byte."""
    return bytes(_times(factor, byte) for byte in range(256))


def _times(a: int, b: int) -> int:
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = a << 1 ^ (_POLYNOMIAL if a & 0x80 else 0)
        b >>= 1
    return product


def _xor(a: bytes, b: bytes) -> bytes:
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).to_bytes(len(a), "big")
