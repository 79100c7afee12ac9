"""Vehicle identification numbers: their form, what they say, and their check digit (ISO 3779, ISO 3780, 49 CFR 565)."""

from __future__ import annotations

from typing import Literal

from .refusals import VIN_CHARACTER, VIN_CHECK_DIGIT, VIN_LENGTH, VIN_YEAR

VIN_ALPHABET = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
"""Of ISO 3779, which leaves out I, O and Q, for they look like 1 and 0."""
CHARACTERS = 17
WHITE_SPACE = " \t\r\n"

Region = Literal["Africa", "Asia", "Europe", "North America", "Oceania", "South America"]

_CHECK_POSITION, _YEAR_POSITION = 8, 9
"""Places are counted from 0 here, and from 1 in what people read."""
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VALUES = dict(zip(VIN_ALPHABET, map(int, "012345678912345678123457923456789"), strict=True))
_CHECK_DIGITS = "0123456789X"
_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"
"""From 1980 on, and again from 2010 and 2040 on; U, Z and 0 stand for none."""
_FIRST_YEAR, _YEARS_AROUND = 1980, 30
_ORDER = "ABCDEFGHJKLMNPRSTUVWXYZ1234567890"
"""How ISO 3780 counts through the second character of a country's codes."""
_REGIONS: tuple[tuple[str, Region], ...] = (
    ("ABC", "Africa"),
    ("HJKLMNPR", "Asia"),
    ("STUVWXYZ", "Europe"),
    ("12345", "North America"),
    ("67", "Oceania"),
    ("89", "South America"),
)


def normal_vin(text: str) -> str:
    """Gives what has the form of a VIN in capitals and without the spaces around it, whatever it says.

    The refusals name a wrong character and its place and do not repeat the rest: what is nearly a VIN is personal too.
    """
    vin = text.strip(WHITE_SPACE)
    if len(vin) != CHARACTERS:
        raise VIN_LENGTH(f"these are {len(vin)}")
    # Before capitals are made, for some letters of other scripts become two then, or become ASCII.
    for place, letter in enumerate(vin, 1):
        if not letter.isascii() or letter.upper() not in VIN_ALPHABET:
            raise VIN_CHARACTER(f"character {place} is {letter!a}")
    return vin.upper()


def checked_vin(text: str) -> str:
    """Gives the one form of a VIN that somebody wrote; its year and check digit are right where it has them."""
    vin = normal_vin(text)
    if not has_check_digit(vin):
        return vin
    if vin[_YEAR_POSITION] not in _YEARS:
        raise VIN_YEAR(f"character {_YEAR_POSITION + 1} is {vin[_YEAR_POSITION]!r}")
    if vin[_CHECK_POSITION] != (right := check_digit(vin)):
        raise VIN_CHECK_DIGIT(f"character {_CHECK_POSITION + 1} is {vin[_CHECK_POSITION]!r} and would be {right!r}")
    return vin


def check_digit(vin: str) -> str:
    """Gives the digit, or X for ten, that stands at the ninth place of a VIN that has one."""
    total = sum(weight * _VALUES[letter] for weight, letter in zip(_WEIGHTS, vin, strict=True))
    return _CHECK_DIGITS[total % len(_CHECK_DIGITS)]


def has_check_digit(vin: str) -> bool:
    """Says whether the ninth character of a VIN is a check digit.

    In the United States and Canada it always is. In Mexico and China (GB 16735) it is in what is built for there, while
    makers fill the place with another letter, as the Z of European VINs, in some of what they build for elsewhere.
    """
    if region(vin) == "North America" and vin[0] != "3":
        return True
    is_mexican = vin[0] == "3" and vin[1] in _ORDER[: _ORDER.index("W") + 1]
    return (is_mexican or vin[0] == "L") and vin[_CHECK_POSITION] in _CHECK_DIGITS


def region(vin: str) -> Region | None:
    """Says where the maker of a VIN has its seat; None where ISO 3780 gives its first character to no region."""
    if vin[0] == "7" and vin[1] in _ORDER[_ORDER.index("F") :]:
        return "North America"  # When the codes 1, 4 and 5 ran out, the United States got these.
    return next((name for letters, name in _REGIONS if vin[0] in letters), None)


def model_years(vin: str, *, until: int) -> tuple[int, ...]:
    """Gives the model years, up to one, for which a VIN's tenth character stands; none where it says no year.

    Outside of North America and China a maker may use this character for something else.
    """
    code = vin[_YEAR_POSITION]
    if code not in _YEARS:
        return ()
    return tuple(range(_FIRST_YEAR + _YEARS.index(code), until + 1, _YEARS_AROUND))
