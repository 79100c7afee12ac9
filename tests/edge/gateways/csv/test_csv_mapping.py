"""Columns are recognised by the names people give them, or by what a mapping file says."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from edge.gateways.csv.recordings import RPM, STANDARD, Cell, as_drive, drive_rows, iso, moment, read, table, write

from autochain.edge.gateways.csv import ColumnMapping, FileMapping, TimeMapping, read_mapping
from autochain.onchain.refusals import Refusal
from autochain.signals import CATALOGUE, FUEL_RATE, GNSS_SPEED, LATITUDE, LONGITUDE, SPEED

COOLANT = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"
OUTSIDE = "Vehicle.Exterior.AirTemperature"
ENGINE = "Vehicle.Powertrain.CombustionEngine"
BATTERY = "Vehicle.Powertrain.TractionBattery"

HEADERS = [
    ("lat", LATITUDE, "degrees"),
    ("Latitude", LATITUDE, "degrees"),
    ("GPS_LAT", LATITUDE, "degrees"),
    ("gpsLatitude", LATITUDE, "degrees"),
    ("Latitude[deg]", LATITUDE, "degrees"),
    ("latitudeE7", LATITUDE, "1e-7 degrees"),
    ("lng", LONGITUDE, "degrees"),
    ("Längengrad", LONGITUDE, "degrees"),
    ("Bearing", "Vehicle.CurrentLocation.Heading", "degrees"),
    ("Horizontal Dilution of Precision", "Vehicle.CurrentLocation.GNSSReceiver.HDOP", ""),
    ("Speed", SPEED, "km/h"),
    ("speed_kmh", SPEED, "km/h"),
    ("speed_km_h", SPEED, "km/h"),
    ("Speed [mph]", SPEED, "mph"),
    ("vehicleSpeedMph", SPEED, "mph"),
    ("Speed (OBD)(km/h)", SPEED, "km/h"),
    ("Vehicle Speed Sensor [km/h]", SPEED, "km/h"),
    ("velocity (m/s)", SPEED, "m/s"),
    ("mps", SPEED, "m/s"),
    ("GPS Speed (Meters/second)", GNSS_SPEED, "m/s"),
    ("Speed (GPS)(km/h)", GNSS_SPEED, "km/h"),
    ("Engine RPM(rpm)", RPM, "rpm"),
    ("ENGINE_RPM", RPM, "rpm"),
    ("Drehzahl [1/min]", RPM, "rpm"),
    ("Throttle Position(Manifold)(%)", f"{ENGINE}.TPS", "percent"),
    ("MAF[g/sec]", f"{ENGINE}.MAF", "g/s"),
    ("Intake Manifold Pressure(psi)", f"{ENGINE}.MAP", "psi"),
    ("Engine Coolant Temperature(°F)", COOLANT, "Fahrenheit"),
    ("coolant_temp_f", COOLANT, "Fahrenheit"),
    ("Fuel Rate[L/hr]", FUEL_RATE, "l/h"),
    ("Fuel flow rate/hour(gal/hr)", FUEL_RATE, "gal/h"),
    ("Consumption [l/100km]", "Vehicle.Powertrain.FuelSystem.InstantConsumption", "l/100km"),
    ("Fuel Level [%]", "Vehicle.Powertrain.FuelSystem.RelativeLevel", "percent"),
    ("OAT[DegC]", OUTSIDE, "Celsius"),
    ("HV Battery SOC[%]", f"{BATTERY}.StateOfCharge.Current", "percent"),
    ("HV Battery Current[A]", f"{BATTERY}.CurrentCurrent", "A"),
    ("tire_pressure_fl [bar]", "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure", "bar"),
    ("odometer (mi)", "Vehicle.TraveledDistance", "mi"),
    (COOLANT, COOLANT, "Celsius"),
    (f"{SPEED} [m/s]", SPEED, "m/s"),
    ("vehicle.speed", SPEED, "km/h"),
]


@pytest.mark.parametrize(("header", "signal", "unit"), HEADERS)
def test_a_column_is_known_by_its_name_and_unit(header: str, signal: str, unit: str, tmp_path: Path) -> None:
    content = f'time;"{header}"\n2024-05-01T08:00:00Z;1\n2024-05-01T08:00:05Z;2\n'
    _, report = read(tmp_path, content)
    assert [(column.signal, column.unit) for column in report.layout.columns] == [(signal, unit)]


@pytest.mark.parametrize("path", CATALOGUE)
def test_every_signal_is_known_by_its_vss_path(path: str, tmp_path: Path) -> None:
    _, report = read(tmp_path, f"time,{path}\n2024-05-01T08:00:00Z,1\n")
    assert [column.signal for column in report.layout.columns] == [path]


@pytest.mark.parametrize(
    "header", ["Speed [furlongs]", "Speed [bar]", "colour", "consumption", "GPS vehicle speed", "Trip Time(s)", "G(x)"]
)
def test_a_column_that_may_be_anything_is_left_alone_and_listed(header: str, tmp_path: Path) -> None:
    columns = {"time": iso, "tacho": lambda row: row["rpm"], header: lambda _: 1}
    drives, report = read(tmp_path, table(columns=columns), FileMapping(columns={"tacho": RPM}))
    assert list(drives[0].columns) == [RPM]
    assert header in report.layout.ignored


def test_a_column_guessed_to_be_a_signal_but_full_of_words_is_left_alone(tmp_path: Path) -> None:
    _, report = read(tmp_path, table(columns=STANDARD | {"heading": lambda _: "north"}))
    assert "no numbers" in report.layout.ignored["heading"]


def test_the_first_of_two_columns_of_the_same_signal_is_used(tmp_path: Path) -> None:
    _, report = read(tmp_path, table(columns=STANDARD | {"Speed (OBD)(mph)": lambda _: 7}))
    assert "'speed [km/h]' is Vehicle.Speed already" in report.layout.ignored["Speed (OBD)(mph)"]


def test_the_second_of_two_columns_of_the_same_name_is_listed_as_ignored(tmp_path: Path) -> None:
    header, body = table().split("\n", 1)
    content = f"{header},lat\n" + "\n".join(f"{line},1.5" for line in body.splitlines())
    (drive,), report = read(tmp_path, content)
    assert drive.columns[LATITUDE] == [row["lat"] for row in drive_rows()]
    assert "is Vehicle.CurrentLocation.Latitude already" in report.layout.ignored["lat"]


def test_readings_in_other_units_are_said_in_those_of_vss(tmp_path: Path) -> None:
    columns: dict[str, Cell] = {
        "time": iso,
        "speed_mph": lambda _: 60,
        "coolant (°F)": lambda _: 212,
        "tire pressure fl (psi)": lambda _: 32,
        "odometer [km]": lambda _: 12.5,
    }
    drives, _ = read(tmp_path, table(columns=columns))
    first = {path: column[0] for path, column in drives[0].columns.items()}
    assert first[SPEED] == pytest.approx(96.56064)
    assert first[COOLANT] == pytest.approx(100)
    assert first["Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure"] == pytest.approx(220.632, rel=1e-5)
    assert first["Vehicle.TraveledDistance"] == 12_500


def test_positions_may_name_their_hemisphere(tmp_path: Path) -> None:
    columns: dict[str, Cell] = {"time": iso, "lat": lambda _: "33.5S", "lon": lambda _: "70.6 W"}
    drives, _ = read(tmp_path, table(columns=columns))
    assert (drives[0].columns[LATITUDE][0], drives[0].columns[LONGITUDE][0]) == (-33.5, -70.6)


MAPPING = """
vehicle = "wer"
track = "fahrt"
header = ["wer", "fahrt", "wann", "a", "b", "c"]

[time]
column = "wann"
format = "s"
start = "2024-05-01 08:00"

[columns]
"a" = { signal = "Vehicle.Speed", unit = "mph" }
"b" = "Vehicle.Powertrain.CombustionEngine.Speed"
"c" = "ignore"
"""


def test_a_mapping_file_says_what_a_file_without_a_header_holds(tmp_path: Path) -> None:
    mapping = read_mapping(write(tmp_path, MAPPING, "mapping.toml"))
    drives, report = read(tmp_path, "car 7,t1,0,60,900,1\ncar 7,t1,1.5,61,950,1\n", mapping)
    assert (drives[0].vehicle, drives[0].track) == ("car 7", "t1")
    assert drives[0].times_ms == [1_714_550_400_000, 1_714_550_401_500]
    assert drives[0].columns == {SPEED: [pytest.approx(96.56064), pytest.approx(98.169984)], RPM: [900.0, 950.0]}
    assert report.layout.ignored["c"] == "the mapping says so"


def test_what_a_mapping_leaves_out_is_still_guessed(tmp_path: Path) -> None:
    mapping = FileMapping(columns={"speed [km/h]": ColumnMapping("Vehicle.Speed", "km/h"), "rpm": "ignore"})
    drives, _ = read(tmp_path, table(), mapping)
    assert set(drives[0].columns) == {LATITUDE, LONGITUDE, SPEED, FUEL_RATE}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[columns]\nspeed = ", "Invalid value"),
        ("a = " + "[" * 3_000, "nested too deeply"),
        ("a = " + "1" * 5_000, "digits"),
        ("[columns]\na = 'Vehicle.Speed'\nb = 'Vehicle.Speed'", "'a' and 'b' are both Vehicle.Speed"),
        ("header = ['time', 'lat', 'lat']", "names two columns 'lat'"),
        ('["\\u001b[2J"]', r"unknown field `\\x1b\[2J`"),
        ("[colums]\nspeed = 'Vehicle.Speed'", "unknown field `colums`"),
        ("[time]\ncolumn = 5", "str"),
        ("[columns]\nspeed = 'Vehicle.Sped'", "near it are Vehicle.Speed"),
        ("[columns]\nspeed = { signal = 'Vehicle.Speed', unit = 'kPa' }", "no unit of Vehicle.Speed"),
        ("delimiter = ';;'", "one character"),
        ("decimal = 'x'", "decimal is"),
        ("encoding = 'klingon'", "encoding"),
    ],
)
def test_a_mapping_file_with_a_mistake_is_refused_at_its_place(content: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=words):
        read(tmp_path, table(), read_mapping(write(tmp_path, content, "mapping.toml")))


def test_a_mapping_of_a_column_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"'velocidad'; the file has 'time', 'lat'"):
        read(tmp_path, table(), FileMapping(columns={"velocidad": "Vehicle.Speed"}))


def _mend(refusal: Refusal) -> FileMapping:
    """Takes the mapping file out of a refusal's remedy."""
    return msgspec.convert(tomllib.loads(refusal.remedy.split("\n", 1)[1]), FileMapping)


def test_a_file_without_a_column_of_times_is_refused_with_a_mapping_to_complete(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="'wann', 'lat'") as refused:
        read(tmp_path, table().replace("time", "wann", 1))
    assert "tells the time" in refused.value.text
    assert _mend(refused.value).time.column


def test_a_file_without_a_signal_is_refused_with_a_mapping_to_complete(tmp_path: Path) -> None:
    content = table(columns={"time": iso, "zoom": lambda row: row["speed"]})
    with pytest.raises(Refusal, match="'time', 'zoom'") as refused:
        read(tmp_path, content)
    drives, _ = read(tmp_path, content, _mend(refused.value))
    assert drives[0].columns == {SPEED: [row["speed"] for row in drive_rows()]}


def test_a_suggested_mapping_takes_the_unit_from_the_name_and_leaves_out_words_and_other_units(tmp_path: Path) -> None:
    columns: dict[str, Cell] = {
        "time": iso,
        "driver": lambda _: "anna",
        "depth_m": lambda _: 4,
        "zoom": lambda _: 3,
        "cycMps": lambda row: row["speed"] / 3.6,
    }
    with pytest.raises(Refusal) as refused:
        read(tmp_path, table(columns=columns))
    said = _mend(refused.value).columns
    assert said.pop("cycMps") == ColumnMapping(SPEED, "m/s")
    assert said == {"driver": "ignore", "depth_m": "ignore", "zoom": "ignore"}


def test_a_suggested_mapping_makes_no_second_speed(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        read(tmp_path, table().replace("time", "wann", 1))
    assert _mend(refused.value).columns == {"wann": "ignore"}


@pytest.mark.parametrize("time", ["time", "wann"])
def test_control_characters_of_a_header_are_escaped_in_refusals_and_the_suggested_mapping(
    time: str, tmp_path: Path
) -> None:
    nasty = "zo\x1b]0;om\x07\x7f\u202e\U000e0001"
    with pytest.raises(Refusal) as refused:
        read(tmp_path, table(columns={time: iso, nasty: lambda row: row["speed"], "a": lambda _: "b"}))
    assert str(refused.value).replace("\n", "").isprintable()
    assert _mend(refused.value).columns[nasty] == ColumnMapping(SPEED, "km/h")


def test_a_suggested_mapping_of_a_header_that_repeats_a_name_is_valid(tmp_path: Path) -> None:
    columns: dict[str, Cell] = {"time": iso} | {f"{'x' * 120}{number}": lambda _: 1 for number in range(3)}
    with pytest.raises(Refusal) as refused:
        read(tmp_path, table(columns=columns))
    assert _mend(refused.value).columns


def test_a_file_without_a_header_is_refused_with_the_line_that_names_its_columns(tmp_path: Path) -> None:
    content = table().split("\n", 1)[1]
    with pytest.raises(Refusal, match="no line that names") as refused:
        read(tmp_path, content)
    mended = _mend(refused.value)
    assert len(mended.header) == 6
    drives, _ = read(tmp_path, content, FileMapping(header=list(STANDARD)))
    assert drives == [as_drive(drive_rows())]


def test_an_export_of_a_phone_app_with_an_adapter_is_read_as_it_is(tmp_path: Path) -> None:
    columns: dict[str, Cell] = {
        "GPS Time": lambda row: (moment(row) + timedelta(hours=2)).strftime("%a %b %d %H:%M:%S GMT+02:00 %Y"),
        " Device Time": lambda row: (moment(row) + timedelta(hours=2)).strftime("%d-%b-%Y %H:%M:%S.000"),
        " Longitude": lambda row: row["lon"],
        " Latitude": lambda row: row["lat"],
        "GPS Speed (Meters/second)": lambda row: row["speed"] / 3.6,
        " Horizontal Dilution of Precision": lambda _: 3.0,
        " Altitude": lambda _: 61.0,
        " Bearing": lambda row: "-" if row["t"] % 10 else 200.5,
        " G(x)": lambda _: 0.03,
        "Speed (OBD)(km/h)": lambda row: row["speed"],
        "Engine RPM(rpm)": lambda row: row["rpm"],
        "Engine Coolant Temperature(°F)": lambda _: 194,
        "Fuel flow rate/hour(l/hr)": lambda row: row["fuel"],
        "Speed (GPS)(km/h)": lambda row: row["speed"],
    }
    (drive,), report = read(tmp_path, table(columns=columns), name="trackLog.csv")
    plain = as_drive(drive_rows(), vehicle="trackLog")
    assert {path: drive.columns[path] for path in plain.columns} == plain.columns
    assert drive.times_ms == plain.times_ms
    assert drive.columns[GNSS_SPEED] == pytest.approx(plain.columns[SPEED])
    assert set(drive.columns[COOLANT]) == {90.0}
    assert not report.cleaning.dropped
    assert set(report.layout.ignored) == {"Device Time", "G(x)", "Speed (GPS)(km/h)"}


def test_a_research_fleet_of_many_vehicles_and_trips_is_read_once_its_start_is_said(tmp_path: Path) -> None:
    columns: dict[str, Cell] = {
        "DayNum": lambda _: 5.25,
        "VehId": lambda row: 8 if row["t"] < 150 else 9,
        "Trip": lambda _: 706,
        "Timestamp(ms)": lambda row: row["t"] * 1_000,
        "Latitude[deg]": lambda row: row["lat"],
        "Longitude[deg]": lambda row: row["lon"],
        "Vehicle Speed[km/h]": lambda row: row["speed"],
        "MAF[g/sec]": lambda _: "NaN",
        "OAT[DegC]": lambda _: 9.5,
        "HV Battery SOC[%]": lambda _: 60.98,
    }
    times = TimeMapping(column=["DayNum", "Timestamp(ms)"], format=["days", "ms"], start="2017-11-01")
    drives, report = read(tmp_path, table(columns=columns), FileMapping(time=times))
    assert [(drive.vehicle, drive.track, drive.points) for drive in drives] == [("8", "706", 30), ("9", "706", 30)]
    assert set(drives[0].columns) == {LATITUDE, LONGITUDE, SPEED, OUTSIDE, f"{BATTERY}.StateOfCharge.Current"}
    assert not report.cleaning.dropped
