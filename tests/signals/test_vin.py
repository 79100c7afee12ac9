"""VINs: their form, what they say, and a check digit where their region has one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.refusals import Refusal
from autochain.signals import (
    VIN_ALPHABET,
    Region,
    check_digit,
    checked_vin,
    has_check_digit,
    model_years,
    normal_vin,
    region,
)
from autochain.signals.refusals import VIN_CHARACTER, VIN_CHECK_DIGIT, VIN_LENGTH, VIN_YEAR

EUROPEAN = "WVWZZZ1JZ3W386752"
AMERICAN = "1M8GDM9AXKP042788"
PUBLISHED = (AMERICAN, "11111111111111111", "5GZCZ43D13S812715", "1HGCM82633A004352")
"""Examples that are printed in regulations and handbooks."""
texts = st.text(alphabet=VIN_ALPHABET, min_size=17, max_size=17)


def with_check_digit(vin: str) -> str:
    return vin[:8] + check_digit(vin) + vin[9:]


def reason_of(text: str) -> tuple[object, str]:
    with pytest.raises(Refusal) as caught:
        checked_vin(text)
    return caught.value.reason, caught.value.detail


@pytest.mark.parametrize("vin", PUBLISHED)
def test_published_vins_are_right(vin: str) -> None:
    assert checked_vin(vin) == vin
    assert has_check_digit(vin)
    assert check_digit(vin) == vin[8]


@pytest.mark.parametrize("text", [EUROPEAN, EUROPEAN.lower(), f"  {EUROPEAN}\r\n", f"\t{EUROPEAN}"])
def test_a_vin_has_one_form(text: str) -> None:
    assert checked_vin(text) == normal_vin(text) == EUROPEAN


@pytest.mark.parametrize("text", ["", EUROPEAN[:-1], EUROPEAN + "1", "\u2003" + EUROPEAN, "1" * 100_000])
def test_a_vin_has_seventeen_characters(text: str) -> None:
    assert reason_of(text) == (VIN_LENGTH, f"these are {len(text)}")


@pytest.mark.parametrize("letter", ["I", "O", "Q", "i", "o", "q", " ", "-", "\0", "ß", "ı", "ſ", "٣", "\uff11"])
@pytest.mark.parametrize("place", [2, 9, 16])
def test_a_wrong_character_is_named_with_its_place_and_nothing_else_is_repeated(letter: str, place: int) -> None:
    reason, detail = reason_of(EUROPEAN[: place - 1] + letter + EUROPEAN[place:])
    assert (reason, detail) == (VIN_CHARACTER, f"character {place} is {letter!a}")
    assert EUROPEAN[:3] not in detail


@pytest.mark.parametrize("first", ["1", "2", "4", "5", "3A", "3W", "7F", "7S", "71", "70", "L"])
def test_a_wrong_check_digit_is_named_with_what_it_would_be(first: str) -> None:
    right = with_check_digit(first + AMERICAN[len(first) :])
    assert checked_vin(right) == right
    for digit in "0123456789X":
        if digit != right[8]:
            detail = f"character 9 is {digit!r} and would be {right[8]!r}"
            assert reason_of(right[:8] + digit + right[9:]) == (VIN_CHECK_DIGIT, detail)


@pytest.mark.parametrize("first", ["W", "J", "K", "S", "8", "9", "6", "7A", "7E", "3X", "37", "30", "A", "G", "0"])
def test_elsewhere_the_ninth_character_is_free(first: str) -> None:
    for digit in VIN_ALPHABET:
        vin = first + AMERICAN[len(first) : 8] + digit + AMERICAN[9:]
        assert checked_vin(vin) == vin


def test_what_mexico_and_china_build_for_elsewhere_may_have_a_letter_there_and_no_american_has() -> None:
    for vin in ("3VWZZZ1KZ8M012345", "LPSVSEDEEML012345"):
        assert checked_vin(vin) == vin
    american = "1" + AMERICAN[1:8] + "Z" + AMERICAN[9:]
    assert reason_of(american)[0] == VIN_CHECK_DIGIT


@pytest.mark.parametrize("year", "UZ0")
def test_where_there_is_a_check_digit_there_is_a_model_year(year: str) -> None:
    american = with_check_digit(AMERICAN[:9] + year + AMERICAN[10:])
    assert reason_of(american) == (VIN_YEAR, f"character 10 is {year!r}")
    european = EUROPEAN[:9] + year + EUROPEAN[10:]
    assert checked_vin(european) == european


@pytest.mark.parametrize(
    ("code", "until", "years"),
    [
        ("A", 2030, (1980, 2010)),
        ("Y", 2030, (2000, 2030)),
        ("1", 2030, (2001,)),
        ("9", 2039, (2009, 2039)),
        ("A", 2040, (1980, 2010, 2040)),
        ("T", 2026, (1996, 2026)),
        ("T", 2025, (1996,)),
        ("U", 2030, ()),
        ("0", 2030, ()),
    ],
)
def test_a_model_year_comes_again_after_thirty_years(code: str, until: int, years: tuple[int, ...]) -> None:
    assert model_years(EUROPEAN[:9] + code + EUROPEAN[10:], until=until) == years


@pytest.mark.parametrize(
    ("first", "where"),
    [
        ("AA", "Africa"),
        ("JH", "Asia"),
        ("LS", "Asia"),
        ("R1", "Asia"),
        ("SA", "Europe"),
        ("ZF", "Europe"),
        ("1F", "North America"),
        ("3V", "North America"),
        ("5Y", "North America"),
        ("6F", "Oceania"),
        ("7A", "Oceania"),
        ("7E", "Oceania"),
        ("7F", "North America"),
        ("70", "North America"),
        ("93", "South America"),
        ("GX", None),
        ("0A", None),
    ],
)
def test_the_first_characters_say_the_region(first: str, where: Region | None) -> None:
    assert region(first + EUROPEAN[2:]) == where


@given(text=texts, place=st.integers(0, 16), other=st.sampled_from("0123456789"))
def test_one_wrong_digit_is_noticed(text: str, place: int, other: str) -> None:
    vin = with_check_digit("1" + text[1:9] + "K" + text[10:])
    if place in (0, 8, 9) or not vin[place].isdigit() or vin[place] == other:
        return
    assert reason_of(vin[:place] + other + vin[place + 1 :])[0] == VIN_CHECK_DIGIT


@given(st.text(max_size=20) | texts)
def test_a_text_is_a_vin_in_its_one_form_or_refused(text: str) -> None:
    try:
        vin = checked_vin(text)
    except Refusal as refusal:
        assert refusal.reason in (VIN_LENGTH, VIN_CHARACTER, VIN_YEAR, VIN_CHECK_DIGIT)
        return
    assert checked_vin(vin) == vin == text.strip(" \t\r\n").upper()
