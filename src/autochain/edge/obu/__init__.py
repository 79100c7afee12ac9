"""The on-board unit: a vehicle's keys, sensors and outbox; the same for replayed and for simulated vehicles."""

from .outbox import Outbox
from .sensors import Sensors, drives
from .unit import KeyHolder, OwnerKeys, PartKey, Recorded, Unit, recognise, recorded_before

__all__ = [
    "KeyHolder",
    "Outbox",
    "OwnerKeys",
    "PartKey",
    "Recorded",
    "Sensors",
    "Unit",
    "drives",
    "recognise",
    "recorded_before",
]
