"""What vehicles measure, under COVESA VSS names and units: catalogue, cleaning, and the parts a drive is shared in."""

from .catalogue import (
    CATALOGUE,
    FUEL_RATE,
    GNSS_SPEED,
    LATITUDE,
    LONGITUDE,
    SPEED,
    VSS_VERSION,
    Category,
    Coarse,
    Signal,
    category_of,
)
from .cleaning import MAX_TIME_MS, MIN_TIME_MS, Cleaner, Rows
from .conversion import convert, convertible, factor, same_quantity, unit_named
from .drive import MAX_POINTS, Column, Drive, Reading, fingerprint_bytes
from .measures import distance_km, fuel_l, haversine_km, positions
from .parts import Part, Precision, merge, read_part, split
from .report import Dropped, Report, Rule
from .vin import VIN_ALPHABET, Region, check_digit, checked_vin, has_check_digit, model_years, normal_vin, region

__all__ = [
    "CATALOGUE",
    "FUEL_RATE",
    "GNSS_SPEED",
    "LATITUDE",
    "LONGITUDE",
    "MAX_POINTS",
    "MAX_TIME_MS",
    "MIN_TIME_MS",
    "SPEED",
    "VIN_ALPHABET",
    "VSS_VERSION",
    "Category",
    "Cleaner",
    "Coarse",
    "Column",
    "Drive",
    "Dropped",
    "Part",
    "Precision",
    "Reading",
    "Region",
    "Report",
    "Rows",
    "Rule",
    "Signal",
    "category_of",
    "check_digit",
    "checked_vin",
    "convert",
    "convertible",
    "distance_km",
    "factor",
    "fingerprint_bytes",
    "fuel_l",
    "has_check_digit",
    "haversine_km",
    "merge",
    "model_years",
    "normal_vin",
    "positions",
    "read_part",
    "region",
    "same_quantity",
    "split",
    "unit_named",
]
