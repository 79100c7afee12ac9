"""A file of any size and shape is read, or refused in words, within a bounded memory."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from edge.gateways.csv.recordings import START_MS, read
from homes import environment

from autochain.edge.gateways.csv.drives import MAX_REFUSED
from autochain.edge.gateways.csv.text import MAX_LINE_CHARACTERS

PEAK_MB = 130
"""What reading a file may take beyond an idle process, whatever the file."""
GIGABYTE = 1_000_000_000
HEADER = "time,lat,lon,speed [km/h],rpm\n"


def _row(number: int) -> str:
    return f"{START_MS + 1_000 * number},47.{10_000 + number % 7_000},11.5,40,{1_500 + number % 700}\n"


HEAD = HEADER + "".join(map(_row, range(20)))


@dataclass(frozen=True, slots=True)
class Shape:
    """A file that begins well or not, and then repeats itself without a mend."""

    head: str
    piece: str
    size: int
    """How many characters do to see an unbounded memory."""
    points: int
    words: str


SHAPES = {
    "one line": Shape("", "7", 96_000_000, 0, "line 1 has more than 131,072 characters"),
    "one line after good ones": Shape(HEAD, "7", 96_000_000, 20, "line 22 has more than 131,072 characters"),
    "zero bytes": Shape("", "\0", 96_000_000, 0, "none of its first lines has two cells"),
    "zero bytes after good lines": Shape(HEAD, "\0", 96_000_000, 20, ""),
    "a quote that swallows lines": Shape(HEAD + '17145505,"', "more of a cell\n", 9_000_000, 20, ""),
    "a row over lines without end": Shape(HEAD, '"7\n",', 30_000_000, 20, "after 4,194,304 characters"),
    "lines of very many cells": Shape(HEAD, "12," * 340_000 + "\n", 24_000_000, 20, "line 22 has more than"),
    "lines of many cells": Shape(HEAD, "12," * 43_000 + "\n", 24_000_000, 20, ""),
    "blank lines": Shape(HEAD, "\n", 2_000_000, 20, ""),
}


def _write(path: Path, head: str, piece: str, size: int) -> Path:
    many = piece * max(1, 1_000_000 // len(piece))
    with path.open("w") as file:
        file.write(head)
        for _ in range(size // len(many)):
            file.write(many)
    return path


def _rows(path: Path, count: int) -> Path:
    with path.open("w") as file:
        file.write(HEADER)
        file.writelines(map(_row, range(count)))
    return path


def _read_apart(path: Path) -> tuple[int, str]:
    """Reads a file in a process of its own, within the bound; gives the readings and the words of its refusal."""
    command = [sys.executable, "-m", "edge.gateways.csv.reading", str(path)]
    ended = subprocess.run(command, env=environment(path.parent), capture_output=True, text=True, check=True)
    path.unlink()
    told = json.loads(ended.stdout)
    assert told["peak_mb"] < PEAK_MB
    return told["points"], told["words"]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_file_of_any_shape_takes_a_bounded_memory(shape: Shape, tmp_path: Path) -> None:
    points, words = _read_apart(_write(tmp_path / "huge.csv", shape.head, shape.piece, shape.size))
    assert points == shape.points
    assert shape.words in words
    assert bool(words) == bool(shape.words)


@pytest.mark.soak
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_gigabyte_on_one_line_and_much_of_any_shape_takes_a_bounded_memory(shape: Shape, tmp_path: Path) -> None:
    size = min(GIGABYTE, 20 * shape.size)  # Of what is read slowly, less shows as well that memory does not grow.
    points, words = _read_apart(_write(tmp_path / "huge.csv", shape.head, shape.piece, size))
    assert points == shape.points
    assert shape.words in words


def test_a_line_packed_to_almost_nothing_takes_a_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "packed.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write(HEAD)
        for _ in range(96):
            file.write("7" * 1_000_000)
    assert _read_apart(path)[0] == 20


@pytest.mark.parametrize("size", [100_000, pytest.param(10_000_000, marks=pytest.mark.soak)])
def test_rows_in_any_number_take_a_bounded_memory(size: int, tmp_path: Path) -> None:
    assert _read_apart(_rows(tmp_path / "rows.csv", size)) == (size, "")


@pytest.mark.parametrize(("more", "stops"), [(0, False), (1, True)])
def test_a_line_is_refused_for_its_first_character_too_many(more: int, stops: bool, tmp_path: Path) -> None:
    long = "x" * (MAX_LINE_CHARACTERS - 1 + more)
    drives, report = read(tmp_path, HEAD + long + "\n" + _row(20))
    assert [drive.points for drive in drives] == [20 if stops else 21]
    assert (report.stopped is not None) is stops
    if report.stopped:
        assert "line 22 has more than" in report.stopped.text


def _swapped(car: int) -> str:
    return "".join(f"{START_MS + 5_000 * row},{110 + row / 1_000},47.5,car {car}\n" for row in range(3))


def test_of_very_many_refused_drives_the_first_are_told_and_the_others_counted(tmp_path: Path) -> None:
    cars = MAX_REFUSED + 7
    _, report = read(tmp_path, "time,lat,lon,vehicle\n" + "".join(map(_swapped, range(cars))))
    assert (len(report.refused), report.refused_more) == (MAX_REFUSED, 7)
    assert report.refused[0].vehicle == "car 0"
    # A traceback would hold the drive's readings for as long as the report is there.
    assert all(drive.refusal.__traceback__ is None for drive in report.refused)
