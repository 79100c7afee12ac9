"""Tests of how hours of the week and places are read from words."""

from __future__ import annotations

from itertools import pairwise

import pytest
from homes import refuses
from hypothesis import given
from hypothesis import strategies as st

from autochain.cli.errors import NOT_A_PLACE, NOT_HOURS, ONE_AREA
from autochain.cli.hours import DAY_MINUTES, DAYS, WEEK_MINUTES, area, area_text, hours_text, position, windows
from autochain.wallet.credentials.access import Circle, Polygon


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ([], None),
        (["mon 08:00-18:00"], ((480, 1080),)),
        (["tue-wed 00:00-24:00"], ((1440, 4320),)),
        (["sat 22:00-02:00"], ((8520, 8760),)),
        (["sun 22:00-02:00"], ((0, 120), (9960, 10080))),
        (["sun-mon 23:00-24:00"], ((1380, 1440), (10020, 10080))),
        (["mon 08:00-12:00", "Mon 12:00-18:00 "], ((480, 1080),)),
        (["daily 00:00-24:00"], ((0, WEEK_MINUTES),)),
    ],
)
def test_hours_become_minutes_of_the_week_apart_from_each_other(
    texts: list[str], found: tuple[tuple[int, int], ...] | None
) -> None:
    assert windows(texts) == found


TIMES = st.integers(0, DAY_MINUTES - 1)


@given(st.lists(st.tuples(st.sampled_from(DAYS), TIMES, TIMES), min_size=1, max_size=8))
def test_exactly_the_minutes_that_were_named_are_within(named: list[tuple[str, int, int]]) -> None:
    texts = [f"{day} {s // 60:02}:{s % 60:02}-{u // 60:02}:{u % 60:02}" for day, s, u in named]
    meant: set[int] = set()
    for day, since, until in named:
        start = DAYS.index(day) * DAY_MINUTES
        end = start + until + (DAY_MINUTES if until <= since else 0)
        meant |= {minute % WEEK_MINUTES for minute in range(start + since, end)}
    found = windows(texts) or ()
    assert {minute for since, until in found for minute in range(since, until)} == meant
    assert all(one[1] < two[0] for one, two in pairwise(found))


@pytest.mark.parametrize(
    "text", ["", "mon", "8-18", "mon 8:00-18:00", "mon 08:60-18:00", "mon 08:00-24:01", "moo 08:00-18:00"]
)
def test_what_is_no_hour_is_refused(text: str) -> None:
    with refuses(NOT_HOURS):
        windows([text])


def test_places_are_whole_numbers_of_ten_millionths_of_a_degree() -> None:
    assert position("52.5163001,-13.37") == (525_163_001, -133_700_000)
    assert position(None) is None
    circle = area("52.5163, 13.3777, 2000", ())
    assert circle == Circle(latitude_e7=525_163_000, longitude_e7=133_777_000, radius_m=2000)
    assert area_text(circle) == "within 2000 m of 52.5163,13.3777"
    corners = area(None, ("0,0", "0,10", "10,10"))
    assert corners == Polygon(corners_e7=((0, 0), (0, 10**8), (10**8, 10**8)))
    assert area_text(corners) == "within 0,0 0,10 10,10"
    assert (area(None, ()), area_text(None), hours_text(None)) == (None, "anywhere", "at all hours")


@pytest.mark.parametrize(
    "text", ["", "52", "52,13,1", "91,0", "0,181", "north,east", "NaN,0", "1e999999,0", "Infinity,0"]
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with refuses(NOT_A_PLACE):
        position(text)


def test_what_is_no_area_is_refused() -> None:
    for within in ("0,0,0", "0,0,100001", "0,0", "0,0,1.5"):
        with refuses(NOT_A_PLACE):
            area(within, ())
    wrong: list[tuple[str | None, list[str]]] = [("0,0,1", ["0,0"]), (None, ["0,0", "0,1"]), (None, ["0,0"] * 33)]
    for circle, corners in wrong:
        with refuses(ONE_AREA):
            area(circle, corners)
