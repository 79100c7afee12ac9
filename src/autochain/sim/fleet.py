"""A fleet: one town and some cars in it, all from one seed."""

from __future__ import annotations

from random import Random

from .car import Body, Car
from .powertrains import ElectricMotor, PetrolEngine
from .roads import town
from .tyres import Tyres
from .vin import vin

CENTRE = (50.0, 10.0)
"""Where the town lies unless said otherwise: latitude and longitude."""

COMFORT_C = 20.0


class Fleet:
    """Cars numbered from 1, every third of them electric; a car is the same in a fleet of any size."""

    def __init__(self, seed: int, size: int, *, start_ms: int, centre: tuple[float, float] = CENTRE) -> None:
        self.network = town(_chance(seed, "town"), centre=centre)
        air_c = _chance(seed, "weather").uniform(-5.0, 30.0)
        first_serial = _chance(seed, "serial").randrange(1_000_000)
        self.cars: list[Car] = []
        for number in range(1, size + 1):
            name = f"car-{number:02}"
            chance = _chance(seed, name)
            electric = number % 3 == 0
            self.cars.append(
                Car(
                    name,
                    vin=vin(model="EV2K7" if electric else "PT1B3", serial=(first_serial + number) % 1_000_000),
                    body=_electric_body(chance) if electric else _petrol_body(chance),
                    powertrain=_motor(chance, air_c) if electric else _engine(chance, air_c),
                    tyres=Tyres([chance.uniform(225.0, 255.0) for _ in range(4)]),
                    network=self.network,
                    odometer_m=chance.uniform(1e6, 9e7),
                    air_c=air_c,
                    start_ms=start_ms,
                    chance=chance,
                    noise=_chance(seed, name + "/sensors"),
                )
            )


def _chance(seed: int, what: str) -> Random:
    """A source of chance of its own for each thing, so that one more car changes no other."""
    return Random(f"{seed}/{what}")


def _petrol_body(chance: Random) -> Body:
    return Body(mass_kg=chance.uniform(1_150, 1_600), drag_area_m2=chance.uniform(0.60, 0.75), rolling_resistance=0.011)


def _electric_body(chance: Random) -> Body:
    return Body(mass_kg=chance.uniform(1_550, 2_050), drag_area_m2=chance.uniform(0.56, 0.68), rolling_resistance=0.010)


def _engine(chance: Random, air_c: float) -> PetrolEngine:
    displacement_l, tank_l = chance.uniform(1.0, 1.8), chance.uniform(40.0, 55.0)
    return PetrolEngine(
        displacement_m3=displacement_l / 1_000,
        power_limit_w=62_000.0 * displacement_l,
        tank_l=tank_l,
        fuel_l=tank_l * chance.uniform(0.3, 0.95),
        coolant_c=air_c,
        auxiliary_w=600.0 + 60.0 * max(0.0, air_c - COMFORT_C),
    )


def _motor(chance: Random, air_c: float) -> ElectricMotor:
    return ElectricMotor(
        capacity_wh=chance.uniform(42_000.0, 77_000.0),
        charge_percent=chance.uniform(45.0, 95.0),
        battery_c=air_c,
        auxiliary_w=350.0 + 55.0 * abs(air_c - COMFORT_C),
    )
