"""Whole-number arithmetic: one rounding, shares that sum exactly, and amounts as people write them."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.refusals import Broken, Refusal
from autochain.onchain.units import (
    NOT_AN_AMOUNT,
    TOTAL_SUPPLY_UACC,
    UACC_PER_ACC,
    acc,
    from_acc,
    mul_div,
    share,
    split,
)

WHOLE = st.integers(min_value=0, max_value=2**70)
POSITIVE = st.integers(min_value=1, max_value=2**70)
WEIGHTS = st.dictionaries(
    st.binary(min_size=1, max_size=4), st.integers(min_value=0, max_value=2**60), max_size=20
).filter(lambda weights: sum(weights.values()) > 0)


@given(WHOLE, WHOLE, POSITIVE)
def test_mul_div_rounds_once_at_the_end(a: int, b: int, c: int) -> None:
    exact = Fraction(a * b, c)
    assert mul_div(a, b, c, rounding="down") == floor(exact)
    assert mul_div(a, b, c, rounding="up") == ceil(exact)
    assert mul_div(a, b, c, rounding="half_even") == round(exact)


@pytest.mark.parametrize(("a", "expected"), [(1, 0), (3, 2), (5, 2), (7, 4), (9, 4), (2, 1)])
def test_half_even_takes_the_even_neighbour_of_a_half(a: int, expected: int) -> None:
    assert mul_div(a, 1, 2, rounding="half_even") == expected


@pytest.mark.parametrize(("a", "b", "c"), [(-1, 1, 1), (1, -1, 1), (1, 1, 0), (1, 1, -1)])
def test_mul_div_stops_at_what_it_is_not_made_for(a: int, b: int, c: int) -> None:
    with pytest.raises(Broken):
        mul_div(a, b, c, rounding="down")


@given(st.integers(min_value=-(2**70), max_value=2**70), POSITIVE)
def test_split_parts_a_number_into_units_and_a_rest_that_is_never_negative(number: int, unit: int) -> None:
    whole, rest = split(number, unit)
    assert whole * unit + rest == number
    assert 0 <= rest < unit


@given(WHOLE, WEIGHTS)
def test_shares_sum_to_the_total_and_are_exact_to_less_than_one(total: int, weights: dict[bytes, int]) -> None:
    shares = share(total, list(weights.items()))
    assert sum(shares.values()) == total
    assert set(shares) == set(weights)
    for name, weight in weights.items():
        assert abs(shares[name] - Fraction(total * weight, sum(weights.values()))) < 1


@given(WHOLE, WEIGHTS)
def test_what_is_left_over_goes_to_the_largest_remainders_and_among_equals_by_id(
    total: int, weights: dict[bytes, int]
) -> None:
    whole = sum(weights.values())
    shares = share(total, list(weights.items()))
    remainder = {name: total * weight % whole for name, weight in weights.items()}
    raised = {name for name, weight in weights.items() if shares[name] > total * weight // whole}
    for favoured in raised:
        for other in set(weights) - raised:
            assert (-remainder[favoured], favoured) < (-remainder[other], other)


@given(WHOLE, WEIGHTS, st.randoms(use_true_random=False))
def test_the_order_of_the_weights_does_not_matter(total: int, weights: dict[bytes, int], chance: object) -> None:
    pairs = list(weights.items())
    chance.shuffle(pairs)  # type: ignore[attr-defined]
    assert share(total, pairs) == share(total, sorted(weights.items()))


def test_a_tie_goes_to_the_lower_id() -> None:
    assert share(100, [(b"c", 1), (b"a", 1), (b"b", 1)]) == {b"a": 34, b"b": 33, b"c": 33}
    assert share(1, [(b"b", 7), (b"a", 7)]) == {b"a": 1, b"b": 0}


@pytest.mark.parametrize(
    ("total", "weights"),
    [
        (1, []),
        (1, [(b"a", 0)]),
        (-1, [(b"a", 1)]),
        (1, [(b"a", 2), (b"b", -1)]),
        (1, [(b"a", 1), (b"a", 1)]),
    ],
)
def test_share_stops_at_what_it_is_not_made_for(total: int, weights: list[tuple[bytes, int]]) -> None:
    with pytest.raises(Broken):
        share(total, weights)


@given(st.integers(min_value=0, max_value=TOTAL_SUPPLY_UACC))
def test_an_amount_reads_back_as_it_was_written(amount_uacc: int) -> None:
    assert from_acc(acc(amount_uacc)) == amount_uacc


@pytest.mark.parametrize(
    ("amount_uacc", "text"),
    [(0, "0"), (1, "0.000001"), (1_500_000, "1.5"), (10_000_000, "10"), (TOTAL_SUPPLY_UACC, "300000000")],
)
def test_an_amount_is_written_as_people_write_it(amount_uacc: int, text: str) -> None:
    assert acc(amount_uacc) == text


@pytest.mark.parametrize(
    "text",
    ["", ".", "1.", ".5", "-1", "+1", "1,5", "1e3", "1.2345678", "1.2.3", "0x1", " 1", "1 ", "1_0", "١", "²", "1" * 10],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        from_acc(text)
    assert caught.value.reason == NOT_AN_AMOUNT
    assert caught.value.remedy


def test_the_supply_is_three_hundred_million() -> None:
    assert TOTAL_SUPPLY_UACC == 300_000_000 * UACC_PER_ACC
    assert TOTAL_SUPPLY_UACC <= 2**53 - 1, "every reader of JSON holds every amount exactly"
