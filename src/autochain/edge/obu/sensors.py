"""Where a unit's readings come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ...signals import MAX_POINTS, Drive, Reading


class Sensors(Protocol):
    """A vehicle's sensors over one trip."""

    def readings(self) -> Iterator[Reading]:
        """Yields what is measured, in the order of time."""
        ...


def drives(sensors: Sensors, *, vehicle: str) -> Iterator[Drive]:
    """Gathers readings into drives; a long one goes on as the next."""
    drive = Drive(vehicle)
    for reading in sensors.readings():
        if drive.points == MAX_POINTS:
            yield drive
            drive = Drive(vehicle)
        drive.append(reading)
    if drive.points:
        yield drive
