"""Tests of buying and reading a recording: what is cheap is checked first, what costs money comes last."""

from __future__ import annotations

import csv
import stat
from pathlib import Path

import pytest

from cli.program import Program


@pytest.fixture
def first(program: Program) -> str:
    found: str = program.json("recording", "list")["recordings"][0]["recording"]
    return found


def balance(program: Program) -> int:
    found: int = program.json("account", "show", "buyer")["balance_uacc"]
    return found


def test_a_reading_comes_as_csv_as_a_file_and_in_json_alike(program: Program, first: str, tmp_path: Path) -> None:
    words = ["recording", "read", first, "--purpose", "research"]
    answer = program.json(*words)
    assert answer["price"] == "0.5"
    in_json = {
        (str(time_ms), signal, str(value))
        for reading in answer["readings"]
        for signal, column in reading["signals"].items()
        for time_ms, value in zip(reading["time_ms"], column, strict=True)
        if value is not None
    }
    printed = program(*words)
    assert printed.err.startswith("bought for 0.5 ACC, receipt ")
    header, *rows = csv.reader(printed.out.splitlines())
    assert header == ["time_ms", "signal", "value"]
    assert {tuple(row) for row in rows} == in_json
    out = tmp_path / "drive.csv"
    told = program(*words, "--out", str(out))
    assert (told.code, told.err) == (0, "")
    assert f"file        {out}" in told.out
    assert out.read_text() == printed.out
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_only_the_categories_named_are_read(program: Program, first: str) -> None:
    words = ["recording", "read", first, "--purpose", "research", "--category", "motion"]
    answer = program.json(*words)
    assert answer["categories"] == ["motion"]
    assert [reading["category"] for reading in answer["readings"]] == ["motion"]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("there.csv", "There is such a file already."),
        ("missing/drive.csv", "This file can't be written."),
        (".", "There is such a file already."),
        ("closed/drive.csv", "This file can't be written."),
    ],
)
def test_a_place_that_can_not_be_written_costs_nothing(
    place: str, text: str, program: Program, first: str, tmp_path: Path
) -> None:
    (tmp_path / "there.csv").write_text("kept")
    # Also for root, who may write into any folder, a file is none.
    (tmp_path / "closed").write_text("a file, not a folder")
    before = balance(program)
    ended = program("recording", "read", first, "--purpose", "research", "--out", str(tmp_path / place))
    assert (ended.code, ended.out) == (1, "")
    assert text in ended.err
    assert "nothing else was done" in ended.err
    assert balance(program) == before
    assert (tmp_path / "there.csv").read_text() == "kept"


def test_a_refused_reading_leaves_no_file_and_costs_nothing(program: Program, first: str, tmp_path: Path) -> None:
    out, before = tmp_path / "drive.csv", balance(program)
    ended = program("recording", "read", first, "--purpose", "insurance", "--out", str(out))
    assert (ended.code, ended.out) == (1, "")
    assert "The consent is for another purpose." in ended.err
    assert not out.exists()
    assert balance(program) == before


def test_a_reading_dearer_than_one_would_pay_is_refused_and_costs_nothing(
    program: Program, first: str, tmp_path: Path
) -> None:
    before, out = balance(program), tmp_path / "drive.csv"
    words = ("recording", "read", first, "--purpose", "research", "--category", "motion")
    ended = program(*words, "--most", "0.49", "--out", str(out))
    assert (ended.code, ended.out) == (1, "")
    assert "It costs more than you would pay. (0.5 ACC) [network/16]" in ended.err
    assert not out.exists()
    assert balance(program) == before
    assert program.json(*words, "--most", "0.5")["price"] == "0.5"


def test_a_dearer_consent_beside_a_cheap_one_costs_nothing(program: Program, first: str) -> None:
    vehicle = program.json("recording", "show", first)["vehicle"]
    for price in ("900", "0.1", "3"):
        program.json(
            "consent", "grant", "buyer", vehicle, "--purpose", "research", "--category", "motion", "--price", price
        )
    assert program.json("recording", "read", first, "--purpose", "research", "--category", "motion")["price"] == "0.1"
