"""A simulated car: it drives from trip to trip through the town, by whole trips or by small steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot
from random import Random

from ..onchain.refusals import ensure
from ..signals import Reading
from .faults import EngineOverheating, Fault, GnssJump, TyreLeak
from .powertrains import CarKind, PetrolEngine, Powertrain
from .profile import Phase, plan, some_driver
from .roads import Junction, Road, RoadNetwork
from .sensors import CarState, SensorSet
from .tyres import Tyres

GRAVITY_MPS2 = 9.81
AIR_KG_PER_M3 = 1.2
ROTATING_MASS = 1.04
"""How much heavier a car is to speed up than to carry, for its wheels turn too."""

SHORTEST_TRIP_M = 3_000.0
"""As the crow flies; nobody takes the car for less."""

SHORTEST_STAY_S, LONGEST_STAY_S = 300, 2_400
"""How long a car is parked between two trips, if it needs not fill up."""

INSTANT_S = 1e-9
"""Less than this is rounding, not time."""


@dataclass(frozen=True, slots=True)
class Body:
    """What the air and the road feel of a car."""

    mass_kg: float
    drag_area_m2: float
    """Drag coefficient times frontal area."""

    rolling_resistance: float

    def power_w(self, *, speed_mps: float, acceleration_mps2: float, grade: float) -> float:
        """Gives what its wheels need to move it so: negative where it must brake."""
        inertia_n = self.mass_kg * ROTATING_MASS * acceleration_mps2
        weight_n = self.mass_kg * GRAVITY_MPS2 * (grade + self.rolling_resistance)
        air_n = 0.5 * AIR_KG_PER_M3 * self.drag_area_m2 * speed_mps * speed_mps
        return (inertia_n + weight_n + air_n) * speed_mps


class Car:
    """One car, its driver and its sensors; `chance` decides its trips and `noise` what its sensors add."""

    def __init__(
        self,
        name: str,
        *,
        vin: str,
        body: Body,
        powertrain: Powertrain,
        tyres: Tyres,
        network: RoadNetwork,
        odometer_m: float,
        air_c: float,
        start_ms: int,
        chance: Random,
        noise: Random,
    ) -> None:
        self.name = name
        self.vin = vin
        self.body = body
        self.powertrain = powertrain
        self.tyres = tyres
        self.faults: tuple[Fault, ...] = ()
        """What goes wrong, past and to come: the labels of its readings."""
        self._network = network
        self._air_c = air_c
        self._chance = chance
        self._sensors = SensorSet(noise)
        self._driver = some_driver(chance)
        self._here = chance.choice(network.junctions)
        self._start_ms = start_ms
        self._elapsed_s = 0.0
        self._parked_s = 0.0
        self._phases: list[Phase] = []
        self._phase = 0
        self._into_s = 0.0
        place = network.at(east_m=self._here.east_m, north_m=self._here.north_m, altitude_m=self._here.altitude_m)
        self.state = CarState(
            time_ms=start_ms,
            parked=True,
            latitude=place.latitude,
            longitude=place.longitude,
            altitude_m=place.altitude_m,
            heading_deg=0.0,
            speed_mps=0.0,
            acceleration_mps2=0.0,
            odometer_m=odometer_m,
        )

    @property
    def kind(self) -> CarKind:
        return self.powertrain.kind

    @property
    def road(self) -> Road | None:
        """The road it drives on, none while it is parked."""
        return None if self.state.parked else self._phases[self._phase].road

    def inject(self, *faults: Fault) -> None:
        """Lets things go wrong with this car."""
        overheats = any(isinstance(fault, EngineOverheating) for fault in faults)
        ensure(not overheats or self.kind is CarKind.PETROL, "only a petrol car has an engine to overheat")
        # A receiver's jump comes first, for a value that sticks would otherwise jump again at every reading.
        self.faults = tuple(sorted(self.faults + faults, key=lambda fault: not isinstance(fault, GnssJump)))

    def readings(self) -> Iterator[Reading]:
        """Gives what the on-board unit sees of the next trip, once a second."""
        return self.trip()

    def trip(self, period_ms: int = 1_000) -> Iterator[Reading]:
        """Drives the next trip, or the rest of one begun, and reads the sensors each period of simulated time."""
        ensure(period_ms > 0, "a period is longer than nothing")
        if self.state.parked:
            self._take_faults(self._parked_s)
            self._elapsed_s += self._parked_s
            self._wait(self._parked_s)
            self._look()
        yield self.read()
        while not self.state.parked:
            self.step(period_ms / 1_000)
            yield self.read()

    def read(self) -> Reading:
        """Reads the sensors now."""
        return self._sensors.read(self.state, self.powertrain, self.tyres, air_c=self._air_c, faults=self.faults)

    def step(self, dt_s: float) -> None:
        """Lives on for a while: drives, parks, fills up, sets off again."""
        ensure(dt_s > 0, "a step is longer than nothing")
        self._take_faults(dt_s)
        self._elapsed_s += dt_s
        left_s = dt_s
        while left_s > INSTANT_S:
            left_s -= self._wait(left_s) if self.state.parked else self._drive(left_s)
        self._look()

    def _take_faults(self, span_s: float) -> None:
        """Lets what goes wrong in the coming while act on the car itself."""
        cooling = 1.0
        for fault in self.faults:
            if isinstance(fault, TyreLeak):
                leaking_s = fault.overlap_s(self.state.time_ms, span_s)
                self.tyres.leak(fault.wheel, fault.kpa_per_hour * leaking_s / 3_600)
            elif isinstance(fault, EngineOverheating) and fault.active(self.state.time_ms):
                cooling = min(cooling, fault.cooling)
        if isinstance(self.powertrain, PetrolEngine):
            self.powertrain.cooling = cooling

    def _wait(self, limit_s: float) -> float:
        """Stays parked up to a limit, sets off if its stay is over, and says how long it stayed."""
        span_s = min(limit_s, self._parked_s)
        self.powertrain.rest(air_c=self._air_c, span_s=span_s)
        self.tyres.roll(speed_mps=0.0, span_s=span_s)
        self._parked_s -= span_s
        if self._parked_s <= INSTANT_S:
            self._set_off()
        return span_s

    def _set_off(self) -> None:
        far = [there for there in self._network.junctions if _distance_m(self._here, there) >= SHORTEST_TRIP_M]
        goal = self._chance.choice(far)
        route = self._network.route(start=self._here.number, end=goal.number)
        junctions = self._network.junctions
        self._phases = plan(route, junctions=junctions, driver=self._driver, chance=self._chance)
        self._phase, self._into_s = 0, 0.0
        self._here = goal
        self.powertrain.start()
        self.state.parked = False

    def _drive(self, limit_s: float) -> float:
        """Goes on with the present phase of the trip up to a limit, and says for how long."""
        phase = self._phases[self._phase]
        left_s = phase.duration_s - self._into_s
        ends = left_s <= limit_s + INSTANT_S
        span_s = left_s if ends else limit_s
        mean_mps = max(0.0, phase.speed_mps + phase.acceleration_mps2 * (self._into_s + span_s / 2))
        power_w = self.body.power_w(
            speed_mps=mean_mps, acceleration_mps2=phase.acceleration_mps2, grade=phase.road.grade
        )
        self.powertrain.drive(power_w=power_w, speed_mps=mean_mps, air_c=self._air_c, span_s=span_s)
        self.tyres.roll(speed_mps=mean_mps, span_s=span_s)
        self.state.odometer_m += mean_mps * span_s
        self._into_s += span_s
        if ends and self._phase + 1 == len(self._phases):
            self._park()
        elif ends:
            self._phase, self._into_s = self._phase + 1, 0.0
        return span_s

    def _park(self) -> None:
        self.state.parked = True
        self._parked_s = float(max(self.powertrain.fill_s, self._chance.randint(SHORTEST_STAY_S, LONGEST_STAY_S)))
        self.powertrain.rest(air_c=self._air_c, span_s=0.0)

    def _look(self) -> None:
        """Brings the public state up to now."""
        state, phase = self.state, self._phases[self._phase]
        state.time_ms = self._start_ms + round(self._elapsed_s * 1_000)
        into_s = self._into_s
        state.speed_mps = max(0.0, phase.speed_mps + phase.acceleration_mps2 * into_s)
        state.acceleration_mps2 = phase.acceleration_mps2
        along_m = phase.offset_m + (phase.speed_mps + phase.acceleration_mps2 * into_s / 2) * into_s
        place = self._network.place(phase.road, along_m)
        state.latitude, state.longitude, state.altitude_m = (place.latitude, place.longitude, place.altitude_m)
        state.heading_deg = phase.road.heading_deg


def _distance_m(a: Junction, b: Junction) -> float:
    return hypot(b.east_m - a.east_m, b.north_m - a.north_m)
