"""Drives as a gateway gives them."""

from __future__ import annotations

from random import Random

from autochain.signals import FUEL_RATE, LATITUDE, LONGITUDE, SPEED, Drive, Reading

TRIP_MS = 24 * 3_600_000
"""How long before one another the drives of `a_drive` took place."""
STEP_MS = 5_000


def a_drive(number: int = 0, *, before_ms: int, points: int = 30, vehicle: str = "car") -> Drive:
    """Gives a drive of position, motion and energy; another number is another drive, a day earlier."""
    random = Random(number)
    drive = Drive(vehicle)
    start_ms = before_ms - (number + 1) * TRIP_MS
    for row in range(points):
        values = {
            LATITUDE: 51.0 + row * 1e-4 + random.random() * 1e-5,
            LONGITUDE: 7.0 + row * 1e-4 + random.random() * 1e-5,
            SPEED: 40 + 10 * random.random(),
            FUEL_RATE: 2 + random.random(),
        }
        drive.append(Reading(start_ms + row * STEP_MS, values))
    return drive
