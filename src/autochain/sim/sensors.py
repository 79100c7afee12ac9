"""What the sensors of a car say of it: the truth with their noise, in the signals and units of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, exp, radians, sqrt
from random import Random

from ..signals import FUEL_RATE, LATITUDE, LONGITUDE, SPEED, Reading
from .faults import METRES_PER_DEGREE, Fault, TroubleCodes
from .paths import (
    ACCELERATION,
    AIR_FLOW,
    AIR_TEMPERATURE,
    ALTITUDE,
    BATTERY_CURRENT,
    BATTERY_POWER,
    BATTERY_TEMPERATURE,
    BATTERY_VOLTAGE,
    CHARGE,
    COOLANT_TEMPERATURE,
    DTC_COUNT,
    ENGINE_SPEED,
    FUEL_LEVEL,
    FUEL_SHARE,
    GEAR,
    HEADING,
    HORIZONTAL_ACCURACY,
    MOTOR_SPEED,
    ODOMETER,
    THROTTLE,
    TYRE_PRESSURES,
)
from .powertrains import ElectricMotor, PetrolEngine, Powertrain
from .tyres import Tyres

GNSS_ERROR_M = 2.0
"""The standard deviation of the error along each of east and north; that of the altitude is twice as large."""

GNSS_DRIFT_S = 200.0
"""An error fades over minutes: satellites and atmosphere change slowly."""


@dataclass(slots=True)
class CarState:
    """Where a car truly is and how it moves."""

    time_ms: int
    parked: bool
    latitude: float
    longitude: float
    altitude_m: float
    heading_deg: float
    """Clockwise from north."""

    speed_mps: float
    acceleration_mps2: float
    odometer_m: float


class SensorSet:
    """The sensors of one car; it remembers the errors of the receiver and what it said last."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._east_m = chance.gauss(0.0, GNSS_ERROR_M)
        self._north_m = chance.gauss(0.0, GNSS_ERROR_M)
        self._up_m = chance.gauss(0.0, 2 * GNSS_ERROR_M)
        self._last = Reading(0, {})

    def read(
        self, state: CarState, powertrain: Powertrain, tyres: Tyres, *, air_c: float, faults: Sequence[Fault]
    ) -> Reading:
        """Says what the sensors say now, spoilt by the faults that are active."""
        active = [fault for fault in faults if fault.active(state.time_ms)]
        values = self._motion(state)
        values.update(_engine(powertrain) if isinstance(powertrain, PetrolEngine) else _motor(powertrain, state))
        for wheel, path in enumerate(TYRE_PRESSURES):
            values[path] = round(tyres.pressure_kpa(wheel), 1)
        values[AIR_TEMPERATURE] = round(air_c + self._chance.gauss(0.0, 0.1), 1)
        values[DTC_COUNT] = float(sum(fault.count for fault in active if isinstance(fault, TroubleCodes)))
        for fault in active:
            fault.disturb(values, self._last.values)
        self._last = Reading(state.time_ms, values)
        return self._last

    def _motion(self, state: CarState) -> dict[str, float]:
        self._drift((state.time_ms - self._last.time_ms) / 1_000)
        gauss = self._chance.gauss
        moving = state.speed_mps > 0
        east_m_per_degree = METRES_PER_DEGREE * cos(radians(state.latitude))
        return {
            LATITUDE: round(state.latitude + self._north_m / METRES_PER_DEGREE, 7),
            LONGITUDE: round(state.longitude + self._east_m / east_m_per_degree, 7),
            ALTITUDE: round(state.altitude_m + self._up_m, 1),
            HEADING: round((state.heading_deg + (gauss(0.0, 0.7) if moving else 0.0)) % 360, 1),
            HORIZONTAL_ACCURACY: round(1.5 * GNSS_ERROR_M + gauss(0.0, 0.05), 1),
            SPEED: round(max(0.0, 3.6 * state.speed_mps + gauss(0.0, 0.1)) if moving else 0.0, 1),
            ACCELERATION: round(state.acceleration_mps2 + gauss(0.0, 0.02), 2),
            ODOMETER: float(int(state.odometer_m)),
        }

    def _drift(self, span_s: float) -> None:
        """Lets the receiver's errors wander (Gauss-Markov), so that they neither jump nor average out at once."""
        kept = exp(-span_s / GNSS_DRIFT_S)
        new_m = GNSS_ERROR_M * sqrt(1 - kept * kept)
        self._east_m = self._east_m * kept + self._chance.gauss(0.0, new_m)
        self._north_m = self._north_m * kept + self._chance.gauss(0.0, new_m)
        self._up_m = self._up_m * kept + self._chance.gauss(0.0, 2 * new_m)


def _engine(engine: PetrolEngine) -> dict[str, float]:
    return {
        GEAR: float(engine.gear),
        ENGINE_SPEED: round(engine.rpm, 0),
        THROTTLE: round(engine.throttle_percent, 1),
        AIR_FLOW: round(engine.air_g_per_s, 2),
        COOLANT_TEMPERATURE: round(engine.coolant_c, 1),
        FUEL_RATE: round(engine.fuel_l_per_h, 3),
        FUEL_LEVEL: round(engine.fuel_l, 3),
        FUEL_SHARE: round(100 * engine.fuel_l / engine.tank_l, 2),
    }


def _motor(motor: ElectricMotor, state: CarState) -> dict[str, float]:
    return {
        MOTOR_SPEED: round(motor.rpm(state.speed_mps), 0),
        CHARGE: round(motor.charge_percent, 2),
        BATTERY_VOLTAGE: round(motor.voltage_v, 1),
        BATTERY_CURRENT: round(motor.current_a, 1),
        BATTERY_POWER: round(motor.power_w, 0),
        BATTERY_TEMPERATURE: round(motor.battery_c, 1),
    }
