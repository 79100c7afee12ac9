"""Shares bytes over GF(2^8) term by term, and finds polynomials by elimination; imports no autochain.

Source: Shamir, How to Share a Secret (1979); FIPS 197, section 4.2, for the field.
"""

from collections.abc import Mapping, Sequence


def times(a: int, b: int) -> int:
    """Multiplies two polynomials over GF(2), then divides by x^8 + x^4 + x^3 + x + 1; gives the remainder."""
    product = 0
    for place in range(8):
        if b >> place & 1:
            product ^= a << place
    for place in range(14, 7, -1):
        if product >> place & 1:
            product ^= 0b1_0001_1011 << (place - 8)
    return product


def power(a: int, exponent: int) -> int:
    result = 1
    for _ in range(exponent):
        result = times(result, a)
    return result


def value(coefficients: Sequence[int], x: int) -> int:
    """Adds up the terms of a polynomial, lowest coefficient first."""
    total = 0
    for exponent, coefficient in enumerate(coefficients):
        total ^= times(coefficient, power(x, exponent))
    return total


def polynomial(points: Mapping[int, int]) -> list[int]:
    """Gives the coefficients, lowest first, of the one polynomial through so many points (Gauss, by the columns)."""
    rows = [[*(power(x, exponent) for exponent in range(len(points))), y] for x, y in points.items()]
    for column in range(len(rows)):
        pivot = next(row for row in range(column, len(rows)) if rows[row][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        inverse = next(byte for byte in range(256) if times(byte, rows[column][column]) == 1)
        rows[column] = [times(inverse, entry) for entry in rows[column]]
        for row, entries in enumerate(rows):
            if row != column:
                factor = entries[column]
                rows[row] = [entry ^ times(factor, other) for entry, other in zip(entries, rows[column], strict=True)]
    return [row[-1] for row in rows]
