"""The words by which other people's files call what they hold, in English and German."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ....signals import FUEL_RATE, GNSS_SPEED, LATITUDE, LONGITUDE, SPEED

_LOCATION, _ENGINE = "Vehicle.CurrentLocation", "Vehicle.Powertrain.CombustionEngine"
_BATTERY, _FUEL = "Vehicle.Powertrain.TractionBattery", "Vehicle.Powertrain.FuelSystem"

ENVIROCAR: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "lon": (LONGITUDE, "degrees"),
        "lat": (LATITUDE, "degrees"),
        "GPS Accuracy [%]": (f"{_LOCATION}.HorizontalAccuracy", "m"),
        "GPS Altitude [m]": (f"{_LOCATION}.Altitude", "m"),
        "GPS Bearing [deg]": (f"{_LOCATION}.Heading", "degrees"),
        "GPS Speed [km/h]": (GNSS_SPEED, "km/h"),
        "GPS HDOP [precision]": (f"{_LOCATION}.GNSSReceiver.HDOP", ""),
        "GPS VDOP [precision]": (f"{_LOCATION}.GNSSReceiver.VDOP", ""),
        "GPS PDOP [precision]": (f"{_LOCATION}.GNSSReceiver.PDOP", ""),
        "Speed [km/h]": (SPEED, "km/h"),
        "Rpm [u/min]": (f"{_ENGINE}.Speed", "rpm"),
        "Throttle Position [%]": (f"{_ENGINE}.TPS", "percent"),
        "Engine Load [%]": (f"{_ENGINE}.Load", "percent"),
        "Intake Temperature [c]": (f"{_ENGINE}.IntakeAirTemperature", "Celsius"),
        "Intake Pressure [kPa]": (f"{_ENGINE}.MAP", "kPa"),
        "MAF [l/s]": (f"{_ENGINE}.MAF", "g/s"),
        "Calculated MAF [g/s]": (f"{_ENGINE}.MAFCalculated", "g/s"),
        "O2 Lambda Voltage [V]": (f"{_ENGINE}.LambdaVoltage", "V"),
        "O2 Lambda Voltage ER [ratio]": (f"{_ENGINE}.LambdaRatio", "ratio"),
        "CO2 [kg/h]": (f"{_ENGINE}.CO2Rate", "kg/h"),
        "Consumption [l/h]": (FUEL_RATE, "l/h"),
    }
)
"""enviroCar's columns and the units they are in. Two say another unit than theirs: accuracy is the radius in metres an
Android phone gives, and MAF is in g/s, as its ratio to the fuel rate shows."""

_PHRASES = {
    LATITUDE: "lat, latitude, position lat, position latitude, location lat, location latitude, latitude wgs 84,"
    " latitude wgs84, latitude n s, breitengrad, geografische breite",
    LONGITUDE: "lon, lng, long, longitude, position lon, position long, position longitude, location lon, location lng,"
    " location longitude, longitude wgs 84, longitude wgs84, longitude e w, längengrad, laengengrad,"
    " geografische länge",
    f"{_LOCATION}.Altitude": "alt, altitude, ele, elevation, height, höhe, hoehe, altitude gps",
    f"{_LOCATION}.Heading": "heading, bearing, course, cog, course over ground, azimuth, direction, kurs",
    f"{_LOCATION}.HorizontalAccuracy": "accuracy, horizontal accuracy, h acc, hacc, position accuracy, eph",
    f"{_LOCATION}.VerticalAccuracy": "vertical accuracy, v acc, vacc, altitude accuracy, epv",
    f"{_LOCATION}.GNSSReceiver.HDOP": "hdop, horizontal dilution of precision",
    f"{_LOCATION}.GNSSReceiver.VDOP": "vdop, vertical dilution of precision",
    f"{_LOCATION}.GNSSReceiver.PDOP": "pdop, position dilution of precision",
    GNSS_SPEED: "gps speed, gnss speed, speed gps, speed gnss, gps velocity, sog, speed over ground,"
    " gps geschwindigkeit",
    SPEED: "speed, vehicle speed, velocity, car speed, vehicle velocity, spd, geschwindigkeit",
    "Vehicle.Acceleration.Longitudinal": "longitudinal acceleration, acceleration longitudinal, long acceleration",
    "Vehicle.Acceleration.Lateral": "lateral acceleration, acceleration lateral, lat acceleration",
    "Vehicle.Acceleration.Vertical": "vertical acceleration, acceleration vertical",
    "Vehicle.AngularVelocity.Yaw": "yaw rate, angular velocity yaw",
    "Vehicle.TraveledDistance": "odometer, odo, mileage, total distance, odometer reading, kilometerstand,"
    " odometer value",
    "Vehicle.TraveledDistanceSinceStart": "trip distance, distance since start, distance travelled, distance traveled",
    "Vehicle.Chassis.Accelerator.PedalPosition": "accelerator, accelerator pedal, accelerator pedal position,"
    " accelerator position, accelerator pedal position d, accelerator pedalposition d, gas pedal, accel pedal,"
    " pedal position",
    "Vehicle.Chassis.Brake.PedalPosition": "brake pedal, brake pedal position, brake position",
    "Vehicle.Chassis.SteeringWheel.Angle": "steering angle, steering wheel angle, lenkwinkel",
    "Vehicle.Powertrain.Transmission.CurrentGear": "gear, current gear, gang",
    f"{_ENGINE}.Speed": "rpm, engine rpm, engine speed, engine revs, engine revolutions, revs, revolutions, drehzahl,"
    " motordrehzahl, n engine",
    f"{_ENGINE}.Torque": "engine torque, actual engine torque, motordrehmoment",
    f"{_ENGINE}.Power": "engine power",
    f"{_ENGINE}.TPS": "throttle, throttle position, throttle pos, absolute throttle position, tps, throttle angle,"
    " throttle position manifold, absolute throttle position b, drosselklappe, drosselklappenstellung",
    f"{_ENGINE}.MAF": "maf, mass air flow, mass air flow rate, mass airflow, maf air flow rate, air flow rate,"
    " air flow rate from mass flow, maf rate, luftmasse",
    f"{_ENGINE}.MAFCalculated": "calculated maf",
    f"{_ENGINE}.MAP": "map, intake pressure, intake manifold pressure, manifold pressure, manifold absolute pressure,"
    " intake manifold absolute pressure, intake map, saugrohrdruck",
    f"{_ENGINE}.Load": "load, engine load, calculated engine load, calculated load, calculated load value,"
    " calculated engine load value, absolute load, engine load absolute, motorlast",
    f"{_ENGINE}.TimingAdvance": "timing advance, ignition timing advance, timing advance for 1 cylinder",
    f"{_ENGINE}.IntakeAirTemperature": "intake temperature, intake temp, intake air temperature, intake air temp,"
    " air intake temp, air intake temperature, iat, ansauglufttemperatur",
    f"{_ENGINE}.EngineCoolant.Temperature": "coolant temperature, coolant temp, engine coolant temperature,"
    " engine coolant temp, ect, water temperature, water temp, coolant, kühlmitteltemperatur, kuehlmitteltemperatur",
    f"{_ENGINE}.EngineOil.Temperature": "oil temperature, oil temp, engine oil temperature, engine oil temp,"
    " öltemperatur",
    f"{_ENGINE}.EngineHours": "engine hours",
    f"{_ENGINE}.LambdaVoltage": "o2 lambda voltage",
    f"{_ENGINE}.LambdaRatio": "o2 lambda voltage er, lambda, equivalence ratio, equiv ratio",
    f"{_ENGINE}.CO2Rate": "co2, co2 rate, co2 emission, co2 emissions, co2 mass flow",
    f"{_ENGINE}.ShortTermFuelTrim1": "short term fuel trim bank 1, short term fuel trim 1, fuel trim bank 1 short term",
    f"{_ENGINE}.ShortTermFuelTrim2": "short term fuel trim bank 2, short term fuel trim 2, fuel trim bank 2 short term",
    f"{_ENGINE}.LongTermFuelTrim1": "long term fuel trim bank 1, long term fuel trim 1, fuel trim bank 1 long term",
    f"{_ENGINE}.LongTermFuelTrim2": "long term fuel trim bank 2, long term fuel trim 2, fuel trim bank 2 long term",
    "Vehicle.Powertrain.ElectricMotor.Speed": "motor speed, motor rpm, electric motor speed",
    "Vehicle.Powertrain.ElectricMotor.Torque": "motor torque, electric motor torque",
    "Vehicle.Powertrain.ElectricMotor.Power": "motor power, electric motor power",
    "Vehicle.Powertrain.ElectricMotor.Temperature": "motor temperature, motor temp, electric motor temperature",
    FUEL_RATE: "consumption, fuel rate, fuel consumption, fuel consumption rate, engine fuel rate, fuel flow,"
    " fuel flow rate, fuel flow rate hour, calculated instant fuel rate, verbrauch",
    f"{_FUEL}.InstantConsumption": "instant consumption, instantaneous consumption, consumption, fuel consumption,"
    " litres per 100 kilometer instant, momentanverbrauch, verbrauch",
    f"{_FUEL}.AverageConsumption": "average consumption, average fuel consumption, durchschnittsverbrauch",
    f"{_FUEL}.RelativeLevel": "fuel level, fuel tank level, fuel level input, fuel level from engine, tankfüllstand",
    f"{_FUEL}.AbsoluteLevel": "fuel level, fuel remaining, fuel volume",
    f"{_BATTERY}.StateOfCharge.Current": "soc, state of charge, battery soc, hv battery soc, battery state of charge,"
    " battery level, traction battery soc, hybrid battery charge, ladezustand",
    f"{_BATTERY}.StateOfCharge.Displayed": "displayed soc, soc displayed, display soc",
    f"{_BATTERY}.StateOfHealth": "soh, state of health, battery soh",
    f"{_BATTERY}.CurrentVoltage": "hv battery voltage, hv voltage, traction battery voltage, pack voltage",
    f"{_BATTERY}.CurrentCurrent": "hv battery current, hv current, traction battery current, pack current",
    f"{_BATTERY}.CurrentPower": "hv battery power, traction battery power, battery power",
    f"{_BATTERY}.Temperature.Average": "battery temperature, hv battery temperature, traction battery temperature,"
    " battery temp",
    f"{_BATTERY}.Charging.AveragePower": "average charging power, charging power, charge power",
    "Vehicle.Powertrain.Range": "remaining range, range, reichweite",
    "Vehicle.Diagnostics.DTCCount": "dtc count, dtc number, number of dtcs, trouble code count,"
    " number of trouble codes",
    "Vehicle.LowVoltageBattery.CurrentVoltage": "control module voltage, voltage control module, 12v battery voltage,"
    " adapter voltage, voltage adapter, low voltage battery voltage, module voltage",
    "Vehicle.Service.DistanceToService": "distance to service",
    "Vehicle.Exterior.AirTemperature": "ambient temperature, ambient temp, ambient air temperature, ambient air temp,"
    " outside temperature, outside temp, outside air temperature, oat, exterior temperature, außentemperatur,"
    " aussentemperatur",
    "Vehicle.Exterior.Humidity": "humidity, outside humidity, ambient humidity",
    "Vehicle.Exterior.AirPressure": "barometric pressure, barometer, ambient pressure, air pressure, luftdruck",
}


def _listed(phrases: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in phrases.split(","))


TIME = _listed(
    "time, timestamp, datetime, date time, time stamp, utc, utc time, time utc, timestamp utc, datetime utc, gps time,"
    " gpstime, gnss time, device time, local time, recorded at, created at, event time, ts, epoch, unix time, unixtime,"
    " unix timestamp, epoch time, time since epoch, date and time, rcv time, log time, server time, fix time, zeit,"
    " zeitstempel, zeitpunkt, datum uhrzeit, datum zeit, date, datum, t, seconds, elapsed time, cyc secs, time of day,"
    " uhrzeit, sample time, measurement time, position time"
)
TIME_WORDS = frozenset({"time", "timestamp", "datetime", "date", "updated", "zeit", "zeitstempel", "datum"})
"""A column with one of these in its name may tell the time if no other does."""
DATE = _listed("date, datum, gps date, utc date, local date, date utc, log date")
TIME_OF_DAY = _listed("time, zeit, uhrzeit, gps time, utc time, local time, time of day, time utc, log time")
VEHICLE = _listed(
    "vehicle, vehicle id, vehicleid, veh id, vehid, car, car id, carid, car name, vin, plate, license plate,"
    " number plate,"
    " registration, device, device id, deviceid, unit id, asset, asset id, bus, bus id, taxi id, truck,"
    " truck id, fahrzeug,"
    " fahrzeug id, kennzeichen, vehicle name, imei, obu id, sender id"
)
TRACK = _listed(
    "track, track id, trackid, trip, trip id, tripid, trip no, trip number, session, session id, drive,"
    " drive id, journey,"
    " journey id, ride, ride id, run, run id, fahrt, fahrt id"
)
SOURCES = frozenset({"obd", "obd2", "obdii", "ii", "can", "ecu", "pid", "sensor"})
"""Words that only say where a reading comes from."""
POSITIONING = frozenset({"gps", "gnss"})
"""Words that go without saying for a position, and make a difference for a speed."""


def _tires() -> Iterator[tuple[str, str]]:
    for row, front in (("Row1", "front"), ("Row2", "rear")):
        for side in ("Left", "Right"):
            corners = (f"{front} {side.lower()}", f"{front[0]}{side[0].lower()}")
            for tire in ("tire", "tyre"):
                for corner in corners:
                    for what, words in (("Pressure", ("pressure",)), ("Temperature", ("temperature", "temp"))):
                        path = f"Vehicle.Chassis.Axle.{row}.Wheel.{side}.Tire.{what}"
                        for word in words:
                            yield path, f"{tire} {word} {corner}"
                            yield path, f"{corner} {tire} {word}"


def _by_phrase() -> Mapping[str, tuple[str, ...]]:
    paths: dict[str, list[str]] = {}
    said = [(path, phrase) for path, phrases in _PHRASES.items() for phrase in _listed(phrases)]
    for path, phrase in (*said, *_tires()):
        paths.setdefault(phrase, []).append(path)
    return MappingProxyType({phrase: tuple(found) for phrase, found in paths.items()})


SIGNALS = _by_phrase()
"""The signals each phrase may mean; the unit decides where there are several."""
