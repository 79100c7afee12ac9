"""The passport of a vehicle: its life and all that belongs to it, proved in one file that is checked offline."""

from .bundle import BUNDLE, FORMAT, MAX_BUNDLE_BYTES, Bundle, Entry, bytes_of, plain_block
from .checking import Checked, check_passport
from .errors import (
    CONTRADICTS,
    INCOMPLETE,
    MOVING,
    NO_LIFE,
    NOT_A_PASSPORT,
    OTHER_FORMAT,
    OTHER_VEHICLE,
    TOO_LARGE,
    TOO_MUCH,
)
from .making import make_passport

__all__ = [
    "BUNDLE",
    "CONTRADICTS",
    "FORMAT",
    "INCOMPLETE",
    "MAX_BUNDLE_BYTES",
    "MOVING",
    "NOT_A_PASSPORT",
    "NO_LIFE",
    "OTHER_FORMAT",
    "OTHER_VEHICLE",
    "TOO_LARGE",
    "TOO_MUCH",
    "Bundle",
    "Checked",
    "Entry",
    "bytes_of",
    "check_passport",
    "make_passport",
    "plain_block",
]
