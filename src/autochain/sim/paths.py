"""The signals a simulated car has, by their VSS paths."""

from __future__ import annotations

from types import MappingProxyType

from ..signals import SPEED
from .powertrains import CarKind

ALTITUDE = "Vehicle.CurrentLocation.Altitude"
HEADING = "Vehicle.CurrentLocation.Heading"
HORIZONTAL_ACCURACY = "Vehicle.CurrentLocation.HorizontalAccuracy"
ACCELERATION = "Vehicle.Acceleration.Longitudinal"
ODOMETER = "Vehicle.TraveledDistance"
AIR_TEMPERATURE = "Vehicle.Exterior.AirTemperature"
DTC_COUNT = "Vehicle.Diagnostics.DTCCount"
TYRE_PRESSURES = tuple(
    f"Vehicle.Chassis.Axle.{row}.Wheel.{side}.Tire.Pressure" for row in ("Row1", "Row2") for side in ("Left", "Right")
)
"""Front left, front right, rear left, rear right."""

GEAR = "Vehicle.Powertrain.Transmission.CurrentGear"
ENGINE_SPEED = "Vehicle.Powertrain.CombustionEngine.Speed"
THROTTLE = "Vehicle.Powertrain.CombustionEngine.TPS"
AIR_FLOW = "Vehicle.Powertrain.CombustionEngine.MAF"
COOLANT_TEMPERATURE = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"
FUEL_LEVEL = "Vehicle.Powertrain.FuelSystem.AbsoluteLevel"
FUEL_SHARE = "Vehicle.Powertrain.FuelSystem.RelativeLevel"

MOTOR_SPEED = "Vehicle.Powertrain.ElectricMotor.Speed"
CHARGE = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current"
BATTERY_VOLTAGE = "Vehicle.Powertrain.TractionBattery.CurrentVoltage"
BATTERY_CURRENT = "Vehicle.Powertrain.TractionBattery.CurrentCurrent"
BATTERY_POWER = "Vehicle.Powertrain.TractionBattery.CurrentPower"
BATTERY_TEMPERATURE = "Vehicle.Powertrain.TractionBattery.Temperature.Average"

_OF_EVERY_CAR = (SPEED, ALTITUDE, HEADING, ACCELERATION, AIR_TEMPERATURE, *TYRE_PRESSURES)

FRAGILE = MappingProxyType(
    {
        CarKind.PETROL: (*_OF_EVERY_CAR, ENGINE_SPEED, THROTTLE, AIR_FLOW, COOLANT_TEMPERATURE, FUEL_LEVEL),
        CarKind.ELECTRIC: (*_OF_EVERY_CAR, MOTOR_SPEED, CHARGE, BATTERY_VOLTAGE, BATTERY_CURRENT, BATTERY_TEMPERATURE),
    }
)
"""The signals whose sensors may fail, by kind of car."""
