"""What moves a car: a petrol engine with its tank, or a motor with its battery."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, exp, pi, sqrt
from typing import ClassVar

WHEEL_RADIUS_M = 0.31
FINAL_DRIVE = 4.1
GEARS = (3.55, 1.95, 1.30, 0.97, 0.78)

IDLE_RPM = 800.0
SHIFT_DOWN_RPM, SHIFT_UP_RPM = 1_250.0, 2_200.0
SHIFT_UP_AT_FULL_LOAD_RPM = 4_500.0
TOP_RPM = 6_000.0

PETROL_J_PER_L = 32.0e6
"""The energy of a litre of petrol."""

PETROL_G_PER_L = 745.0
AIR_TO_FUEL = 14.7
"""Grams of air burnt with each gram of petrol."""

COMBUSTION_EFFICIENCY = 0.40
"""Work on the pistons over energy of the fuel."""

FRICTION_PA = 150_000.0
"""Friction of an engine as a mean pressure on its pistons."""

GEARBOX_EFFICIENCY = 0.92

COLD_EXTRA = 0.25
"""How much more fuel an engine takes at 0 °C than a warm one."""

WARM_C = 85.0
BOIL_C = 130.0
"""Where the pressure cap lets the steam out."""

COOLANT_SHARE = 0.30
"""The share of the fuel's energy that the coolant has to carry away."""

ENGINE_J_PER_K = 40_000.0
"""Little of the engine warms up with the coolant before the thermostat opens."""

BLOCK_W_PER_K = 12.0
RADIATOR_W_PER_K = 600.0
THERMOSTAT_OPENS_C, THERMOSTAT_OPEN_C = 86.0, 96.0

LOW_TANK_SHARE = 0.15
REFUEL_S = 300

MOTOR_REDUCTION = 9.0
MOTOR_EFFICIENCY = 0.88
REGENERATION_EFFICIENCY = 0.65
REGENERATION_LIMIT_W = 50_000.0
REGENERATION_FADES_W_PER_PERCENT = 10_000.0
"""A nearly full battery takes only this much for each percent still free."""

EMPTY_V, FULL_V = 340.0, 400.0
RESISTANCE_OHM = 0.09
BATTERY_J_PER_K = 350_000.0
BATTERY_COOLING_W_PER_K = 60.0
CHARGER_W = 11_000.0
LOW_CHARGE_PERCENT, CHARGE_TARGET_PERCENT = 30.0, 90.0


class CarKind(StrEnum):
    """What moves a car."""

    PETROL = "petrol"
    ELECTRIC = "electric"


@dataclass(slots=True)
class PetrolEngine:
    """An engine by Willans' line (fuel grows linearly with work above friction), a five-speed gearbox and a tank."""

    kind: ClassVar[CarKind] = CarKind.PETROL

    displacement_m3: float
    power_limit_w: float
    tank_l: float
    fuel_l: float
    coolant_c: float
    auxiliary_w: float
    rpm: float = 0.0
    gear: int = 0
    throttle_percent: float = 0.0
    fuel_l_per_h: float = 0.0
    cooling: float = 1.0
    """The share of the radiator that works: less than one overheats the engine."""

    @property
    def air_g_per_s(self) -> float:
        return self.fuel_l_per_h * PETROL_G_PER_L * AIR_TO_FUEL / 3_600

    @property
    def fill_s(self) -> int:
        """How long the car must stand to fill up: 0 while its tank lasts for a while."""
        return REFUEL_S if self.fuel_l < LOW_TANK_SHARE * self.tank_l else 0

    def start(self) -> None:
        """Makes ready for a trip."""
        if self.fill_s:
            self.fuel_l = self.tank_l
        self.rpm = IDLE_RPM

    def drive(self, *, power_w: float, speed_mps: float, air_c: float, span_s: float) -> None:
        """Gives the wheels a power for a while; it is negative when the car brakes."""
        self._shift(speed_mps=speed_mps, power_w=power_w)
        overrun = power_w < 0 and self.rpm > 1.3 * IDLE_RPM
        shaft_w = max(0.0, power_w) / GEARBOX_EFFICIENCY + self.auxiliary_w
        friction_w = FRICTION_PA * self.displacement_m3 * self.rpm / 120
        cold = 1 + COLD_EXTRA * max(0.0, 1 - self.coolant_c / WARM_C)
        fuel_w = 0.0 if overrun else (shaft_w + friction_w) / COMBUSTION_EFFICIENCY * cold
        self.throttle_percent = 0.0 if overrun else min(100.0, 8 + 92 * shaft_w / self.power_limit_w)
        self.fuel_l_per_h = fuel_w / PETROL_J_PER_L * 3_600
        self.fuel_l = max(0.0, self.fuel_l - fuel_w / PETROL_J_PER_L * span_s)
        self._warm(heat_w=COOLANT_SHARE * fuel_w, air_c=air_c, span_s=span_s)

    def rest(self, *, air_c: float, span_s: float) -> None:
        """Stands switched off for a while."""
        self.rpm = self.throttle_percent = self.fuel_l_per_h = 0.0
        self.gear = 0
        self.coolant_c = _settled(
            self.coolant_c, end_c=air_c, loss_w_per_k=BLOCK_W_PER_K, j_per_k=ENGINE_J_PER_K, span_s=span_s
        )

    def _shift(self, *, speed_mps: float, power_w: float) -> None:
        if speed_mps < 0.5:
            self.gear, self.rpm = 0, IDLE_RPM
            return
        self.gear = max(1, self.gear)
        rpm_in_top = speed_mps / (2 * pi * WHEEL_RADIUS_M) * 60 * FINAL_DRIVE
        load = min(1.0, max(0.0, power_w / self.power_limit_w))
        up_rpm = SHIFT_UP_RPM + (SHIFT_UP_AT_FULL_LOAD_RPM - SHIFT_UP_RPM) * load
        while self.gear < len(GEARS) and rpm_in_top * GEARS[self.gear - 1] > up_rpm:
            self.gear += 1
        while self.gear > 1 and rpm_in_top * GEARS[self.gear - 1] < SHIFT_DOWN_RPM:
            self.gear -= 1
        self.rpm = min(TOP_RPM, max(IDLE_RPM, rpm_in_top * GEARS[self.gear - 1]))

    def _warm(self, *, heat_w: float, air_c: float, span_s: float) -> None:
        opening = (self.coolant_c - THERMOSTAT_OPENS_C) / (THERMOSTAT_OPEN_C - THERMOSTAT_OPENS_C)
        loss_w_per_k = BLOCK_W_PER_K + RADIATOR_W_PER_K * self.cooling * min(1.0, max(0.0, opening))
        end_c = air_c + heat_w / loss_w_per_k
        coolant_c = _settled(
            self.coolant_c, end_c=end_c, loss_w_per_k=loss_w_per_k, j_per_k=ENGINE_J_PER_K, span_s=span_s
        )
        self.coolant_c = min(BOIL_C, coolant_c)


@dataclass(slots=True)
class ElectricMotor:
    """A motor that regenerates, and a battery with an inner resistance, charged where the car is parked."""

    kind: ClassVar[CarKind] = CarKind.ELECTRIC

    capacity_wh: float
    charge_percent: float
    battery_c: float
    auxiliary_w: float
    power_w: float = 0.0
    """Into the battery; out of it is negative."""

    current_a: float = 0.0
    voltage_v: float = EMPTY_V
    charging: bool = False

    @property
    def fill_s(self) -> int:
        """How long the car must stand to charge: 0 while its battery lasts for a while."""
        return ceil(self._to_target_s) if self.charge_percent < LOW_CHARGE_PERCENT else 0

    def rpm(self, speed_mps: float) -> float:
        return speed_mps / (2 * pi * WHEEL_RADIUS_M) * 60 * MOTOR_REDUCTION

    @property
    def _to_target_s(self) -> float:
        return max(0.0, CHARGE_TARGET_PERCENT - self.charge_percent) / 100 * self.capacity_wh / CHARGER_W * 3_600

    def start(self) -> None:
        """Makes ready for a trip."""
        self.charging = False
        self._flow(-self.auxiliary_w, air_c=self.battery_c, span_s=0.0)

    def drive(self, *, power_w: float, speed_mps: float, air_c: float, span_s: float) -> None:
        """Gives the wheels a power for a while; it is negative when the car brakes."""
        if power_w > 0:
            battery_w = -power_w / MOTOR_EFFICIENCY
        else:
            taken_w = min(REGENERATION_LIMIT_W, REGENERATION_FADES_W_PER_PERCENT * (100 - self.charge_percent))
            battery_w = min(-power_w * REGENERATION_EFFICIENCY, taken_w)
        self._flow(battery_w - self.auxiliary_w, air_c=air_c, span_s=span_s)

    def rest(self, *, air_c: float, span_s: float) -> None:
        """Stands switched off for a while."""
        self.charging = self.charging or self.fill_s > 0
        first_s = min(span_s, self._to_target_s) if self.charging else span_s
        self._flow(CHARGER_W if self.charging else 0.0, air_c=air_c, span_s=first_s)
        if first_s < span_s:
            self.charging = False
            self._flow(0.0, air_c=air_c, span_s=span_s - first_s)

    def _flow(self, power_w: float, *, air_c: float, span_s: float) -> None:
        """Moves energy through the battery's terminals: in when positive."""
        open_v = EMPTY_V + (FULL_V - EMPTY_V) * self.charge_percent / 100
        self.power_w = power_w
        self.current_a = (sqrt(open_v**2 + 4 * RESISTANCE_OHM * power_w) - open_v) / (2 * RESISTANCE_OHM)
        self.voltage_v = open_v + RESISTANCE_OHM * self.current_a
        gained_wh = open_v * self.current_a * span_s / 3_600
        self.charge_percent = min(100.0, max(0.0, self.charge_percent + 100 * gained_wh / self.capacity_wh))
        self.battery_c = _settled(
            self.battery_c,
            end_c=air_c + RESISTANCE_OHM * self.current_a**2 / BATTERY_COOLING_W_PER_K,
            loss_w_per_k=BATTERY_COOLING_W_PER_K,
            j_per_k=BATTERY_J_PER_K,
            span_s=span_s,
        )


def _settled(now_c: float, *, end_c: float, loss_w_per_k: float, j_per_k: float, span_s: float) -> float:
    """Gives the temperature of a body on its way to another: exact at any step, so that a long one does not swing."""
    return end_c + (now_c - end_c) * exp(-span_s * loss_w_per_k / j_per_k)


Powertrain = PetrolEngine | ElectricMotor
