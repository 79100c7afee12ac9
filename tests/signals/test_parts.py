"""A drive is split into parts that give it back, and a part from a stranger does no harm."""

from __future__ import annotations

import random
import zlib
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autochain.onchain.refusals import Refusal
from autochain.signals import (
    CATALOGUE,
    LATITUDE,
    LONGITUDE,
    SPEED,
    VSS_VERSION,
    Category,
    Drive,
    Precision,
    merge,
    read_part,
    split,
)
from autochain.signals.catalogue import Coarse

EXACT, COARSE, AGGREGATE = Precision.EXACT, Precision.COARSE, Precision.AGGREGATE
RPM = "Vehicle.Powertrain.CombustionEngine.Speed"
DTC = "Vehicle.Diagnostics.DTCCount"
MINUTE, HOUR = 60_000, 3_600_000
T0 = 1_714_550_400_000


def _drive(points: int = 30) -> Drive:
    times = [T0 + 10_000 * row for row in range(points)]
    columns: dict[str, list[float | None]] = {
        LATITUDE: [51.0 + row * 0.001 for row in range(points)],
        LONGITUDE: [7.0 + row * 0.001 for row in range(points)],
        "Vehicle.CurrentLocation.Altitude": [100.0] * points,
        SPEED: [float(row) for row in range(points)],
        RPM: [None if row % 3 else 800.0 + row for row in range(points)],
        DTC: [float(row // 10) for row in range(points)],
    }
    return Drive("car", "track", times, columns)


@st.composite
def drives(draw: st.DrawFn) -> Drive:
    times = sorted(draw(st.sets(st.integers(0, 4 * 10**12), min_size=1, max_size=30)))
    paths = draw(st.lists(st.sampled_from(list(CATALOGUE)), min_size=1, max_size=8, unique=True))
    cell = st.none() | st.floats(-1e300, 1e300)
    columns = {path: draw(st.lists(cell, min_size=len(times), max_size=len(times))) for path in paths}
    kept = {path: column for path, column in columns.items() if column.count(None) < len(column)}
    return Drive("car", "track", times, kept or {paths[0]: [0.0] * len(times)})


@given(drives())
def test_the_exact_parts_give_the_drive_back_with_rows_that_hold_nothing(drive: Drive) -> None:
    parts = split(drive)
    exact = [data for (_, precision), data in parts.items() if precision is EXACT]
    assert merge(exact, vehicle="car", track="track") == drive


@given(drives())
def test_splitting_the_same_drive_again_gives_the_same_bytes(drive: Drive) -> None:
    again = Drive("other", "", list(drive.times_ms), dict(reversed(drive.columns.items())))
    assert split(drive) == split(again)


def test_each_category_has_its_own_parts_and_no_other_signal() -> None:
    parts = split(_drive())
    assert set(parts) == {
        (category, precision)
        for category in (Category.POSITION, Category.MOTION, Category.ENGINE, Category.CONDITION)
        for precision in Precision
    } - {(Category.POSITION, AGGREGATE)}
    motion = read_part(parts[Category.MOTION, EXACT])
    assert list(motion.columns) == [SPEED]
    assert (motion.category, motion.precision) == (Category.MOTION, EXACT)
    assert motion.times_ms == _drive().times_ms


def test_a_part_leaves_out_the_moments_its_category_says_nothing_of() -> None:
    engine = read_part(split(_drive())[Category.ENGINE, EXACT])
    assert engine.times_ms == [T0 + 30_000 * row for row in range(10)]
    assert None not in engine.columns[RPM]


def test_a_coarse_part_has_one_row_a_minute_with_means() -> None:
    motion = read_part(split(_drive())[Category.MOTION, COARSE])
    assert motion.times_ms == [T0 + MINUTE * minute for minute in range(5)]
    assert motion.columns[SPEED] == [2.5 + 6 * minute for minute in range(5)]


def test_a_coarse_position_is_an_area_without_altitude() -> None:
    position = read_part(split(_drive())[Category.POSITION, COARSE])
    assert set(position.columns) == {LATITUDE, LONGITUDE}
    assert position.columns[LATITUDE] == [51.0, 51.01, 51.01, 51.02, 51.02]


def test_a_coarse_counter_is_its_last_value_of_the_minute() -> None:
    condition = read_part(split(_drive())[Category.CONDITION, COARSE])
    assert condition.columns[DTC] == [0.0, 1.0, 1.0, 2.0, 2.0]


def test_an_aggregate_part_is_one_row_for_the_whole_drive_at_its_hour() -> None:
    parts = split(_drive())
    hour_ms = T0 - T0 % HOUR
    motion, condition = read_part(parts[Category.MOTION, AGGREGATE]), read_part(parts[Category.CONDITION, AGGREGATE])
    assert (motion.times_ms, motion.columns) == ([hour_ms], {SPEED: [14.5]})
    assert (condition.times_ms, condition.columns) == ([hour_ms], {DTC: [2.0]})
    engine = read_part(parts[Category.ENGINE, AGGREGATE])
    assert engine.columns == {RPM: [sum(range(800, 830, 3)) / 10]}


def test_a_later_start_in_the_same_hour_can_not_be_told_from_an_aggregate_part() -> None:
    early, late = _drive(), _drive()
    late.times_ms = [time_ms + 17 * MINUTE for time_ms in late.times_ms]
    for category in (Category.MOTION, Category.ENGINE, Category.CONDITION):
        assert split(early)[category, AGGREGATE] == split(late)[category, AGGREGATE]


@given(drives())
def test_an_aggregate_part_has_means_and_last_values_and_nothing_of_the_position(drive: Drive) -> None:
    for (category, precision), data in split(drive).items():
        if precision is not AGGREGATE:
            continue
        assert category is not Category.POSITION
        part = read_part(data)
        assert part.times_ms == [drive.times_ms[0] - drive.times_ms[0] % HOUR]
        for path, (value,) in part.columns.items():
            measured = [Fraction(each) for each in drive.columns[path] if each is not None]
            last = CATALOGUE[path].coarse is Coarse.LAST
            expected = measured[-1] if last else sum(measured, Fraction()) / len(measured)
            assert value == pytest.approx(float(expected), rel=1e-12)


@given(drives())
def test_a_coarse_part_tells_no_more_than_minutes_and_areas(drive: Drive) -> None:
    minutes = {time_ms - time_ms % MINUTE for time_ms in drive.times_ms}
    for (_, precision), data in split(drive).items():
        if precision is not COARSE:
            continue
        part = read_part(data)
        assert set(part.times_ms) <= minutes
        for path, column in part.columns.items():
            assert CATALOGUE[path].coarse is not Coarse.WITHHELD
            if path in (LATITUDE, LONGITUDE):
                assert all(value is None or value == round(value, 2) for value in column)


@given(drives())
def test_the_exact_part_is_there_wherever_a_summary_is(drive: Drive) -> None:
    parts = split(drive)
    assert {(category, EXACT) for category, _ in parts} <= set(parts)


def test_a_part_is_an_arrow_stream_that_names_units_and_not_the_vehicle() -> None:
    data = zlib.decompress(split(_drive())[Category.MOTION, EXACT], 31)
    table = pa.ipc.open_stream(data).read_all()
    assert table.schema.field(SPEED).metadata == {b"unit": b"km/h"}
    assert table.schema.metadata == {b"category": b"motion", b"precision": b"exact", b"vss": VSS_VERSION.encode()}
    assert table.column(SPEED).to_pylist() == _drive().columns[SPEED]
    assert b"car" not in data


def test_some_exact_parts_give_what_they_hold() -> None:
    parts = split(_drive())
    drive = merge([parts[Category.ENGINE, EXACT]])
    assert drive.points == 10
    assert set(drive.columns) == {RPM}


def test_parts_that_do_not_belong_together_are_refused() -> None:
    parts = split(_drive())
    with pytest.raises(Refusal, match="belong together"):
        merge([parts[Category.MOTION, EXACT], parts[Category.MOTION, EXACT]])
    with pytest.raises(Refusal, match="belong together"):
        merge([parts[Category.MOTION, COARSE]])


def _packed(table: pa.Table, **options: object) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, **options) as stream:
        stream.write_table(table)
    return zlib.compress(sink.getvalue().to_pybytes(), 1, 31)


def _table(about: dict[str, str] | None = None, **columns: object) -> pa.Table:
    said = {"category": "motion", "precision": "exact"} if about is None else about
    default = {"time_ms": pa.array([1, 2], pa.int64()), SPEED: pa.array([1.0, None], pa.float64())}
    return pa.table({**default, **columns}).replace_schema_metadata(said)


def test_a_well_formed_part_from_elsewhere_is_read() -> None:
    assert read_part(_packed(_table())).columns == {SPEED: [1.0, None]}


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"not gzip at all",
        zlib.compress(b"no arrow", 1, 31),
        _packed(_table())[:-20],
        _packed(_table()) + b"more",
        _packed(_table(about={})),
        _packed(_table(about={"category": "secrets", "precision": "exact"})),
        _packed(_table(about={"category": "position", "precision": "exact"})),
        _packed(_table(time_ms=pa.array([2, 1], pa.int64()))),
        _packed(_table(time_ms=pa.array([1, None], pa.int64()))),
        _packed(_table(time_ms=pa.array([1.0, 2.0], pa.float64()))),
        _packed(_table(**{SPEED: pa.array(["1", "2"])})),
        _packed(_table(**{SPEED: pa.array([1.0, float("nan")])})),
        _packed(_table(**{SPEED: pa.array([1.0, float("inf")])})),
        _packed(_table(**{"Elsewhere.Speed": pa.array([1.0, 2.0])})),
        _packed(pa.table({"time_ms": pa.array([1], pa.int64())})),
        _packed(_table(), options=pa.ipc.IpcWriteOptions(compression="zstd")),
        _packed(pa.concat_tables([_table(), _table(time_ms=pa.array([3, 4], pa.int64()))])),
    ],
)
def test_what_is_no_part_is_refused(hostile: bytes) -> None:
    with pytest.raises(Refusal, match="not a part") as refused:
        read_part(hostile)
    assert refused.value.codespace == "signals"


def test_a_part_that_unpacks_to_a_flood_is_refused() -> None:
    with pytest.raises(Refusal, match="does not end within"):
        read_part(zlib.compress(bytes(65 * 1024 * 1024), 9, 31))


def test_a_part_with_more_moments_than_a_drive_can_have_is_refused() -> None:
    times = pa.array(range(50_001), pa.int64())
    with pytest.raises(Refusal, match="50001 rows"):
        read_part(_packed(_table(time_ms=times, **{SPEED: pa.array([1.0] * 50_001)})))


@settings(max_examples=300)
@given(st.integers(0, 2**32))
def test_a_part_damaged_anywhere_is_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    stream = bytearray(zlib.decompress(_packed(_table()), 31))
    for _ in range(chance.randint(1, 4)):
        stream[chance.randrange(len(stream))] = chance.randrange(256)
    try:
        part = read_part(zlib.compress(bytes(stream), 1, 31))
    except Refusal:
        return
    assert all(len(column) == len(part.times_ms) for column in part.columns.values())
