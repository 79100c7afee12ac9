"""Readings are said in VSS units without losing any of what was measured."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochain.signals import convert, convertible, same_quantity, unit_named


@pytest.mark.parametrize(
    ("reading", "unit", "to", "said"),
    [
        (60, "mph", "km/h", 96.56064),
        (10, "m/s", "km/h", 36),
        (10, "kn", "km/h", 18.52),
        (212, "Fahrenheit", "Celsius", 100),
        (-40, "Fahrenheit", "Celsius", -40),
        (273.15, "K", "Celsius", 0),
        (2.2, "bar", "kPa", 220),
        (32, "psi", "kPa", 220.632),
        (1, "gal/h", "l/h", 3.785411784),
        (36, "kg/h", "g/s", 10),
        (0.5, "ratio", "percent", 50),
        (1, "mi", "m", 1609.344),
        (100, "ft", "m", 30.48),
        (516813682, "1e-7 degrees", "degrees", 51.6813682),
        (1, "hp", "kW", 0.7457),
        (3, "kW", "W", 3000),
        (1, "g", "m/s^2", 9.80665),
    ],
)
def test_a_reading_is_said_in_another_unit(reading: float, unit: str, to: str, said: float) -> None:
    assert convert(reading, unit, to=to) == pytest.approx(said, rel=1e-5)


@given(st.floats(allow_nan=False))
def test_a_reading_in_its_own_unit_stays_the_same_float(reading: float) -> None:
    same = convert(reading, "km/h", to="km/h")
    assert same == reading
    assert math.copysign(1, same) == math.copysign(1, reading)


@given(st.floats(-1e6, 1e6), st.sampled_from(["km/h", "Celsius", "kPa", "l/h", "m"]), st.data())
def test_a_conversion_there_and_back_gives_the_reading(reading: float, unit: str, data: st.DataObject) -> None:
    other = data.draw(st.sampled_from(same_quantity(unit)))
    assert convert(convert(reading, unit, to=other), other, to=unit) == pytest.approx(reading, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("Km/H", "km/h"),
        ("kph", "km/h"),
        ("Meters/second", "m/s"),
        ("MPH", "mph"),
        ("°C", "Celsius"),
        (" deg F ", "Fahrenheit"),
        ("u/min", "rpm"),
        ("%", "percent"),
        ("L/hr", "l/h"),
        ("KPA", "kPa"),
        ("furlongs", None),
    ],
)
def test_a_unit_is_known_by_what_people_write(written: str, unit: str | None) -> None:
    assert unit_named(written) == unit


def test_units_of_different_quantities_do_not_mix() -> None:
    assert not convertible("km/h", to="Celsius")
    assert not convertible("g/s", to="l/h")
    assert not convertible("furlongs", to="m")
