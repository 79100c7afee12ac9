"""The group ristretto255 (RFC 9496) by libsodium: elements and scalars as their 32 canonical bytes.

What comes from a stranger goes through `is_element` or `is_scalar` first: the arithmetic itself says nothing of bytes
that are neither.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
import rbcl  # type: ignore[import-untyped]

from ..refusals import ensure

ELEMENT_BYTES = SCALAR_BYTES = 32
WIDE_BYTES = 64
"""How many uniform bytes make one uniform element or scalar."""

Element = Annotated[bytes, msgspec.Meta(min_length=ELEMENT_BYTES, max_length=ELEMENT_BYTES)]
Scalar = Annotated[bytes, msgspec.Meta(min_length=SCALAR_BYTES, max_length=SCALAR_BYTES)]
"""A number below the order of the group, the least byte first."""

IDENTITY = bytes(ELEMENT_BYTES)
ZERO = bytes(SCALAR_BYTES)
ONE = b"\x01" + bytes(SCALAR_BYTES - 1)


def is_element(data: bytes) -> bool:
    """Says whether these bytes are the canonical encoding of an element other than the identity."""
    # libsodium takes the identity for a valid element.
    return len(data) == ELEMENT_BYTES and data != IDENTITY and bool(rbcl.crypto_core_ristretto255_is_valid_point(data))


def is_scalar(data: bytes) -> bool:
    """Says whether these bytes are a number below the order of the group."""
    return len(data) == SCALAR_BYTES and reduced(data + bytes(SCALAR_BYTES)) == data


def element(uniform: bytes) -> bytes:
    """Maps 64 uniform bytes to an element whose logarithm nobody knows."""
    mapped: bytes = rbcl.crypto_core_ristretto255_from_hash(uniform)
    return mapped


def reduced(number: bytes) -> bytes:
    """Gives the scalar of a number of 64 bytes, the least byte first."""
    scalar: bytes = rbcl.crypto_core_ristretto255_scalar_reduce(number)
    return scalar


def small(number: int) -> bytes:
    """Gives the scalar of a small number."""
    return number.to_bytes(SCALAR_BYTES, "little")


def times(scalar: bytes, of: bytes) -> bytes:
    """Multiplies an element by a scalar."""
    product: bytes = rbcl.crypto_scalarmult_ristretto255_allow_scalar_zero(scalar, of)
    return product


def times_base(scalar: bytes) -> bytes:
    """Multiplies the group's generator by a scalar."""
    product: bytes = rbcl.crypto_scalarmult_ristretto255_base_allow_scalar_zero(scalar)
    return product


def add(a: bytes, b: bytes) -> bytes:
    """Adds two elements."""
    total: bytes = rbcl.crypto_core_ristretto255_add(a, b)
    return total


def scalar_add(a: bytes, b: bytes) -> bytes:
    total: bytes = rbcl.crypto_core_ristretto255_scalar_add(a, b)
    return total


def scalar_sub(a: bytes, b: bytes) -> bytes:
    difference: bytes = rbcl.crypto_core_ristretto255_scalar_sub(a, b)
    return difference


def scalar_mul(a: bytes, b: bytes) -> bytes:
    product: bytes = rbcl.crypto_core_ristretto255_scalar_mul(a, b)
    return product


def inverse(scalar: bytes) -> bytes:
    """Gives the scalar by which this one, which is not zero, must be multiplied to give one."""
    ensure(scalar != ZERO, "zero has no inverse")
    inverted: bytes = rbcl.crypto_core_ristretto255_scalar_invert(scalar)
    return inverted
