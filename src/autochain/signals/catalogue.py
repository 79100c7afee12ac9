"""The catalogue is every signal AutoChain knows: its COVESA VSS 6.0 path, unit, category and plausible range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

VSS_VERSION = "6.0"

LATITUDE = "Vehicle.CurrentLocation.Latitude"
LONGITUDE = "Vehicle.CurrentLocation.Longitude"
SPEED = "Vehicle.Speed"
GNSS_SPEED = "Vehicle.CurrentLocation.GNSSReceiver.Speed"
FUEL_RATE = "Vehicle.Powertrain.FuelSystem.ConsumptionRate"


class Category(StrEnum):
    """What a person consents to share as one thing; a signal's branch decides it."""

    POSITION = "position"
    """Where the vehicle is, and how well its receiver knows that."""
    MOTION = "motion"
    """How it is driven: speed, acceleration, pedals, steering, gear, distance travelled."""
    ENGINE = "engine"
    """How what turns its wheels runs: combustion engine and electric motor."""
    ENERGY = "energy"
    """What it carries and uses: fuel and traction battery."""
    CONDITION = "condition"
    """How well it is: trouble codes, tyres, the low-voltage battery, service."""
    ENVIRONMENT = "environment"
    """What it meets: the air outside."""


class Coarse(StrEnum):
    """What a minute of a signal becomes at coarse precision."""

    MEAN = "mean"
    LAST = "last"
    """The last value: a mean of a counter or a gear says nothing."""
    AREA = "area"
    """The first value, rounded to 0.01 degrees: the area, about a kilometre wide."""
    WITHHELD = "withheld"
    """Nothing: it would say more of the place than its area does."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal a vehicle measures; every reading of it is a float in `unit`.

    A reading is kept as it was measured even where VSS stores the signal in a narrower type, such as a whole percent.
    """

    path: str
    unit: str
    """The unit by its VSS name, empty for a bare number."""
    minimum: float
    maximum: float
    """A reading outside of [minimum, maximum] can't be true; inside it may be unusual."""
    coarse: Coarse = Coarse.MEAN
    overlay: bool = False
    """Whether AutoChain adds the signal to VSS, as a VSS overlay does, because the standard catalogue lacks it."""

    @property
    def category(self) -> Category:
        return category_of(self.path)


_BRANCHES = (
    ("Vehicle.CurrentLocation.", Category.POSITION),
    ("Vehicle.Powertrain.CombustionEngine.", Category.ENGINE),
    ("Vehicle.Powertrain.ElectricMotor.", Category.ENGINE),
    ("Vehicle.Powertrain.Transmission.", Category.MOTION),
    ("Vehicle.Powertrain.", Category.ENERGY),
    ("Vehicle.Chassis.Axle.", Category.CONDITION),
    ("Vehicle.LowVoltageBattery.", Category.CONDITION),
    ("Vehicle.Diagnostics.", Category.CONDITION),
    ("Vehicle.Service.", Category.CONDITION),
    ("Vehicle.Exterior.", Category.ENVIRONMENT),
    ("Vehicle.", Category.MOTION),
)
"""The category of each branch; the first that fits counts."""


def category_of(path: str) -> Category:
    """Gives the category of a signal by the branch it stands on."""
    return next(category for branch, category in _BRANCHES if path.startswith(branch))


def _position() -> Iterator[Signal]:
    branch = "Vehicle.CurrentLocation"
    withheld = Coarse.WITHHELD
    yield Signal(LATITUDE, "degrees", -90, 90, Coarse.AREA)
    yield Signal(LONGITUDE, "degrees", -180, 180, Coarse.AREA)
    yield Signal(f"{branch}.Altitude", "m", -500, 10_000, withheld)
    yield Signal(f"{branch}.Heading", "degrees", 0, 360, withheld)
    yield Signal(f"{branch}.HorizontalAccuracy", "m", 0, 10_000, withheld)
    yield Signal(f"{branch}.VerticalAccuracy", "m", 0, 10_000, withheld)
    yield Signal(GNSS_SPEED, "km/h", 0, 400, withheld, overlay=True)
    for dilution in ("HDOP", "VDOP", "PDOP"):
        yield Signal(f"{branch}.GNSSReceiver.{dilution}", "", 0, 50, withheld, overlay=True)


def _motion() -> Iterator[Signal]:
    last = Coarse.LAST
    yield Signal(SPEED, "km/h", 0, 400)
    for axis in ("Longitudinal", "Lateral", "Vertical"):
        yield Signal(f"Vehicle.Acceleration.{axis}", "m/s^2", -2_000, 2_000)
    yield Signal("Vehicle.AngularVelocity.Yaw", "degrees/s", -2_000, 2_000)
    yield Signal("Vehicle.TraveledDistance", "m", 0, 1e10, last)
    yield Signal("Vehicle.TraveledDistanceSinceStart", "m", 0, 1e10, last)
    yield Signal("Vehicle.Chassis.Accelerator.PedalPosition", "percent", 0, 100)
    yield Signal("Vehicle.Chassis.Brake.PedalPosition", "percent", 0, 100)
    yield Signal("Vehicle.Chassis.SteeringWheel.Angle", "degrees", -2_000, 2_000)
    yield Signal("Vehicle.Powertrain.Transmission.CurrentGear", "", -20, 40, last)


def _engine() -> Iterator[Signal]:
    engine = "Vehicle.Powertrain.CombustionEngine"
    yield Signal(f"{engine}.Speed", "rpm", 0, 16_000)
    yield Signal(f"{engine}.Torque", "Nm", -10_000, 10_000)
    yield Signal(f"{engine}.Power", "kW", -2_000, 2_000)
    yield Signal(f"{engine}.TPS", "percent", 0, 100)
    yield Signal(f"{engine}.MAF", "g/s", 0, 2_000)
    yield Signal(f"{engine}.MAFCalculated", "g/s", 0, 2_000, overlay=True)
    yield Signal(f"{engine}.MAP", "kPa", 0, 1_000)
    yield Signal(f"{engine}.Load", "percent", 0, 400, overlay=True)
    yield Signal(f"{engine}.TimingAdvance", "degrees", -180, 180, overlay=True)
    yield Signal(f"{engine}.IntakeAirTemperature", "Celsius", -60, 250, overlay=True)
    yield Signal(f"{engine}.EngineCoolant.Temperature", "Celsius", -60, 250)
    yield Signal(f"{engine}.EngineOil.Temperature", "Celsius", -60, 300)
    yield Signal(f"{engine}.EngineHours", "h", 0, 500_000, Coarse.LAST)
    yield Signal(f"{engine}.LambdaVoltage", "V", 0, 20, overlay=True)
    yield Signal(f"{engine}.LambdaRatio", "ratio", 0, 20, overlay=True)
    yield Signal(f"{engine}.CO2Rate", "kg/h", 0, 2_000, overlay=True)
    for bank in (1, 2):
        yield Signal(f"{engine}.ShortTermFuelTrim{bank}", "percent", -100, 100, overlay=True)
        yield Signal(f"{engine}.LongTermFuelTrim{bank}", "percent", -100, 100, overlay=True)
    motor = "Vehicle.Powertrain.ElectricMotor"
    yield Signal(f"{motor}.Speed", "rpm", -50_000, 50_000)
    yield Signal(f"{motor}.Torque", "Nm", -10_000, 10_000)
    yield Signal(f"{motor}.Power", "kW", -2_000, 2_000)
    yield Signal(f"{motor}.Temperature", "Celsius", -60, 300)


def _energy() -> Iterator[Signal]:
    last = Coarse.LAST
    fuel = "Vehicle.Powertrain.FuelSystem"
    yield Signal(FUEL_RATE, "l/h", 0, 1_000, overlay=True)
    yield Signal(f"{fuel}.InstantConsumption", "l/100km", 0, 10_000)
    yield Signal(f"{fuel}.AverageConsumption", "l/100km", 0, 10_000)
    yield Signal(f"{fuel}.RelativeLevel", "percent", 0, 100)
    yield Signal(f"{fuel}.AbsoluteLevel", "l", 0, 5_000)
    yield Signal("Vehicle.Powertrain.Range", "m", 0, 1e7, last)
    battery = "Vehicle.Powertrain.TractionBattery"
    yield Signal(f"{battery}.StateOfCharge.Current", "percent", 0, 100)
    yield Signal(f"{battery}.StateOfCharge.Displayed", "percent", 0, 100)
    yield Signal(f"{battery}.StateOfHealth", "percent", 0, 100)
    yield Signal(f"{battery}.CurrentVoltage", "V", 0, 2_000)
    yield Signal(f"{battery}.CurrentCurrent", "A", -5_000, 5_000)
    yield Signal(f"{battery}.CurrentPower", "W", -5e6, 5e6)
    yield Signal(f"{battery}.Temperature.Average", "Celsius", -60, 200)
    yield Signal(f"{battery}.AccumulatedConsumedEnergy", "kWh", 0, 1e7, last)
    yield Signal(f"{battery}.AccumulatedChargedEnergy", "kWh", 0, 1e7, last)
    yield Signal(f"{battery}.Charging.AveragePower", "kW", -5_000, 5_000)
    yield Signal(f"{battery}.Charging.ChargeVoltage.DC", "V", 0, 2_000)
    yield Signal(f"{battery}.Charging.ChargeCurrent.DC", "A", -5_000, 5_000)


def _condition() -> Iterator[Signal]:
    last = Coarse.LAST
    yield Signal("Vehicle.Diagnostics.DTCCount", "", 0, 10_000, last)
    for row in ("Row1", "Row2"):
        for side in ("Left", "Right"):
            tire = f"Vehicle.Chassis.Axle.{row}.Wheel.{side}.Tire"
            yield Signal(f"{tire}.Pressure", "kPa", 0, 2_000)
            yield Signal(f"{tire}.Temperature", "Celsius", -60, 300)
    yield Signal("Vehicle.LowVoltageBattery.CurrentVoltage", "V", 0, 60)
    yield Signal("Vehicle.LowVoltageBattery.CurrentCurrent", "A", -3_000, 3_000)
    yield Signal("Vehicle.Service.DistanceToService", "km", -1e6, 1e6, last)


def _environment() -> Iterator[Signal]:
    yield Signal("Vehicle.Exterior.AirTemperature", "Celsius", -90, 100)
    yield Signal("Vehicle.Exterior.Humidity", "percent", 0, 100)
    yield Signal("Vehicle.Exterior.AirPressure", "kPa", 10, 150, overlay=True)


CATALOGUE: Mapping[str, Signal] = MappingProxyType(
    {
        signal.path: signal
        for branch in (_position, _motion, _engine, _energy, _condition, _environment)
        for signal in branch()
    }
)
"""Every signal by its VSS path, in the order in which a table shows them."""
