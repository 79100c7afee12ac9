"""Tests the sharing of the oracles on products that FIPS 197 gives and on polynomials computed by hand."""

import pytest

from oracles import shamir


@pytest.mark.parametrize(
    ("a", "b", "product"),
    [(0x57, 0x83, 0xC1), (0x57, 0x13, 0xFE), (0x57, 0x02, 0xAE), (0x57, 0x08, 0x8E), (0xFF, 0, 0), (0xFF, 1, 0xFF)],
)
def test_products_are_those_of_fips_197(a: int, b: int, product: int) -> None:
    assert shamir.times(a, b) == shamir.times(b, a) == product


def test_a_line_goes_up_by_its_slope() -> None:
    assert [shamir.value([0x2A, 0x57], x) for x in (0, 1, 2)] == [0x2A, 0x2A ^ 0x57, 0x2A ^ 0xAE]


def test_the_polynomial_through_points_is_found_again() -> None:
    coefficients = [0x11, 0xFE, 0x00, 0x9C]
    for places in [(1, 2, 3, 4), (255, 7, 1, 128), (0, 9, 8, 7)]:
        assert shamir.polynomial({x: shamir.value(coefficients, x) for x in places}) == coefficients
