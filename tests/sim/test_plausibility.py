"""What simulated cars do could be true: physics, and the ranges of the catalogue."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autochain.signals import CATALOGUE, LATITUDE, LONGITUDE, SPEED, Drive, distance_km, fuel_l, haversine_km
from autochain.sim import Car, ElectricMotor, Fleet, PetrolEngine
from autochain.sim.paths import (
    ACCELERATION,
    BATTERY_CURRENT,
    BATTERY_POWER,
    BATTERY_VOLTAGE,
    CHARGE,
    COOLANT_TEMPERATURE,
    ENGINE_SPEED,
    FUEL_LEVEL,
    GEAR,
    ODOMETER,
    TYRE_PRESSURES,
)

START_MS = 1_760_000_000_000
SEEDS = st.integers(min_value=0, max_value=2**63)
FEW = settings(max_examples=10, deadline=None)


def cars(seed: int) -> list[Car]:
    return Fleet(seed, 3, start_ms=START_MS).cars


def petrol_car(seed: int) -> tuple[Car, PetrolEngine]:
    car = cars(seed)[0]
    assert isinstance(car.powertrain, PetrolEngine)
    return car, car.powertrain


def electric_car(seed: int) -> tuple[Car, ElectricMotor]:
    car = cars(seed)[2]
    assert isinstance(car.powertrain, ElectricMotor)
    return car, car.powertrain


def drive(car: Car) -> Drive:
    driven = Drive(car.name)
    for reading in car.trip():
        driven.append(reading)
    return driven


def column(driven: Drive, path: str) -> list[float]:
    values = [value for value in driven.columns[path] if value is not None]
    assert len(values) == driven.points
    return values


@FEW
@given(seed=SEEDS)
def test_every_value_is_known_to_the_catalogue_and_within_its_range(seed: int) -> None:
    for car in cars(seed):
        for reading in car.trip():
            for path, value in reading.values.items():
                assert isinstance(value, float)
                assert CATALOGUE[path].minimum <= value <= CATALOGUE[path].maximum, path


@FEW
@given(seed=SEEDS)
def test_speed_follows_the_limits_and_acceleration_stays_bearable(seed: int) -> None:
    for car in cars(seed):
        for reading in car.trip():
            assert car.state.speed_mps >= 0
            assert abs(car.state.acceleration_mps2) <= 3.0
            if car.road:
                assert reading.values[SPEED] <= car.road.speed_limit_kmh * 1.3
                assert reading.values[SPEED] == pytest.approx(3.6 * car.state.speed_mps, abs=1.0)
        assert car.state.speed_mps == 0


@FEW
@given(seed=SEEDS)
def test_speed_changes_by_no_more_than_the_driver_accelerates_or_brakes(seed: int) -> None:
    for car in cars(seed):
        before = 0.0
        for _ in car.trip(100):
            change = car.state.speed_mps - before
            assert -2.2 * 0.1 - 1e-6 <= change <= 1.7 * 0.1 + 1e-6
            before = car.state.speed_mps


@FEW
@given(seed=SEEDS)
def test_positions_speeds_and_odometer_agree_on_the_distance(seed: int) -> None:
    for car in cars(seed):
        driven = drive(car)
        odometer = column(driven, ODOMETER)
        gone_km = (odometer[-1] - odometer[0]) / 1_000
        assert gone_km >= 3
        assert distance_km(driven) == pytest.approx(gone_km, rel=0.03)
        assert sum(column(driven, SPEED)) / 3_600 == pytest.approx(gone_km, rel=0.03)


@FEW
@given(seed=SEEDS)
def test_the_receiver_errs_by_metres_and_not_by_nothing(seed: int) -> None:
    errors_m = []
    for car in cars(seed):
        for reading in car.trip():
            said = (reading.values[LATITUDE], reading.values[LONGITUDE])
            errors_m.append(1_000 * haversine_km(said, (car.state.latitude, car.state.longitude)))
    assert 0.1 < max(errors_m) < 20


@FEW
@given(seed=SEEDS)
def test_a_petrol_car_burns_3_to_15_l_on_100_km_and_its_tank_falls_by_that(seed: int) -> None:
    car, engine = petrol_car(seed)
    start_m, burnt_l = car.state.odometer_m, 0.0
    for _ in range(8):
        driven = drive(car)
        level = column(driven, FUEL_LEVEL)
        burnt_l += fuel_l(driven)
        assert level[0] - level[-1] == pytest.approx(fuel_l(driven), rel=0.1)
        assert all(later <= earlier for earlier, later in pairwise(level))
        assert 0 < engine.fuel_l <= engine.tank_l
    assert 3 <= burnt_l / ((car.state.odometer_m - start_m) / 1e5) <= 15


@FEW
@given(seed=SEEDS)
def test_an_engine_idles_when_the_car_stands_and_turns_within_its_bounds(seed: int) -> None:
    car, _ = petrol_car(seed)
    driven = drive(car)
    for rpm, gear, speed in zip(
        column(driven, ENGINE_SPEED)[:-1], column(driven, GEAR)[:-1], column(driven, SPEED)[:-1], strict=True
    ):
        assert 800 <= rpm <= 6_000
        assert 0 <= gear <= 5
        assert speed < 5 or gear > 0
    assert driven.columns[ENGINE_SPEED][-1] == 0


@FEW
@given(seed=SEEDS)
def test_coolant_warms_up_once_and_then_stays_in_its_band(seed: int) -> None:
    car, _ = petrol_car(seed)
    first = column(drive(car), COOLANT_TEMPERATURE)
    assert first[0] <= 30 and first[-1] > first[0] + 25
    for _ in range(4):
        assert max(column(drive(car), COOLANT_TEMPERATURE)) < 105


@FEW
@given(seed=SEEDS)
def test_an_electric_car_takes_10_to_30_kwh_on_100_km_and_its_charge_falls_on_every_trip(seed: int) -> None:
    car, motor = electric_car(seed)
    start_m, used_percent = car.state.odometer_m, 0.0
    for _ in range(12):
        charge = column(drive(car), CHARGE)
        assert min(charge) >= 0 and max(charge) <= 100
        assert charge[-1] < charge[0]
        used_percent += charge[0] - charge[-1]
    used_kwh = used_percent / 100 * motor.capacity_wh / 1_000
    assert 10 <= used_kwh / ((car.state.odometer_m - start_m) / 1e5) <= 30


@FEW
@given(seed=SEEDS)
def test_a_battery_gives_when_the_car_speeds_up_and_takes_when_it_brakes(seed: int) -> None:
    car, _ = electric_car(seed)
    driven = drive(car)
    for power, volt, ampere in zip(
        column(driven, BATTERY_POWER),
        column(driven, BATTERY_VOLTAGE),
        column(driven, BATTERY_CURRENT),
        strict=True,
    ):
        assert power == pytest.approx(volt * ampere, abs=50)
    rows = list(zip(column(driven, BATTERY_POWER), column(driven, ACCELERATION), column(driven, SPEED), strict=True))
    assert all(power < 0 for power, acceleration, speed in rows if acceleration > 0.8 and speed > 20)
    assert any(power > 0 for power, acceleration, _ in rows if acceleration < -0.8)


def test_cars_fill_up_between_trips_and_never_run_dry() -> None:
    car, engine = petrol_car(5)
    electric, motor = electric_car(5)
    filled = charged = 0
    for _ in range(150):
        fuel, charge = engine.fuel_l, motor.charge_percent
        next(car.trip())
        next(electric.trip())
        filled += engine.fuel_l > fuel
        if motor.charge_percent > charge:
            charged += 1
            assert motor.charge_percent == pytest.approx(90, abs=1)
        list(car.trip())
        list(electric.trip())
        assert engine.fuel_l > 1 and motor.charge_percent > 10
    assert filled >= 1 and charged >= 1


@FEW
@given(seed=SEEDS)
def test_tyres_warm_up_on_a_trip_and_hold_their_air(seed: int) -> None:
    for car in cars(seed):
        driven = drive(car)
        for path in TYRE_PRESSURES:
            pressure = column(driven, path)
            assert pressure[0] < pressure[-1] < 300
            assert min(pressure) > 200
