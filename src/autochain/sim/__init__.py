"""Seeded worlds behind the sensor interface of the on-board unit: cars on the roads of an invented town."""

from .car import Body, Car
from .faults import EngineOverheating, Fault, GnssJump, SensorDropout, StuckValue, TroubleCodes, TyreLeak, draw_faults
from .fleet import Fleet
from .powertrains import CarKind, ElectricMotor, PetrolEngine
from .roads import Junction, Place, Road, RoadNetwork, town
from .sensors import CarState
from .traffic import Seen, Traffic, lines
from .vin import vin
from .world import PAST_MS, ProductSale, Sale, World

__all__ = [
    "PAST_MS",
    "Body",
    "Car",
    "CarKind",
    "CarState",
    "ElectricMotor",
    "EngineOverheating",
    "Fault",
    "Fleet",
    "GnssJump",
    "Junction",
    "PetrolEngine",
    "Place",
    "ProductSale",
    "Road",
    "RoadNetwork",
    "Sale",
    "Seen",
    "SensorDropout",
    "StuckValue",
    "Traffic",
    "TroubleCodes",
    "TyreLeak",
    "World",
    "draw_faults",
    "lines",
    "town",
    "vin",
]
