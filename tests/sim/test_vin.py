"""The numbers of simulated cars: well formed, checked and different."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.refusals import Broken
from autochain.signals import check_digit
from autochain.sim import Fleet, vin

LETTERS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
SERIALS = st.integers(min_value=0, max_value=999_999)
MODELS = st.text(alphabet=LETTERS, min_size=5, max_size=5)


@pytest.mark.parametrize("number", ["1M8GDM9AXKP042788", "11111111111111111", "5GZCZ43D13S812715", "1HGCM82633A004352"])
def test_the_check_digit_of_published_numbers_is_found(number: str) -> None:
    assert check_digit(number) == number[8]


@given(model=MODELS, serial=SERIALS)
def test_a_number_has_seventeen_letters_of_its_alphabet_and_its_own_check_digit(model: str, serial: int) -> None:
    number = vin(model=model, serial=serial)
    assert re.fullmatch(f"[{LETTERS}]{{17}}", number)
    assert check_digit(number) == number[8]
    assert number[3:8] == model and int(number[11:]) == serial


@given(model=MODELS, serial=SERIALS, place=st.integers(min_value=0, max_value=16), other=st.sampled_from("0123456789"))
def test_one_wrong_digit_is_noticed(model: str, serial: int, place: int, other: str) -> None:
    number = vin(model=model, serial=serial)
    if place == 8 or not number[place].isdigit() or number[place] == other:
        return
    assert check_digit(number[:place] + other + number[place + 1 :]) != number[8]


def test_a_serial_number_too_long_is_a_programmers_error() -> None:
    with pytest.raises(Broken):
        vin(model="PT1B3", serial=1_000_000)


def test_no_two_cars_of_a_fleet_share_a_number() -> None:
    numbers = [car.vin for car in Fleet(4, 300, start_ms=0).cars]
    assert len(set(numbers)) == 300
    assert all(check_digit(number) == number[8] for number in numbers)
