"""The on-board unit: a vehicle's keys, sensors and outbox; the same for replayed and for simulated vehicles."""

from .outbox import Outbox
from .sensors import Sensors, drives
from .unit import OTHER_OWNER, KeyHolder, OwnerKeys, PartKey, Recorded, Unit, recognise, recorded_before

__all__ = [
    "OTHER_OWNER",
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
