"""Tests of how answers are printed."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from homes import environment
from hypothesis import given
from hypothesis import strategies as st

from autochain.cli.answers import cell, show, show_json, show_table
from autochain.cli.options import Format
from autochain.cli.words import clock_text, hours_text, time_ms, time_text
from cli.program import Program

HOUR_MS = 3_600_000


def on_a_terminal(home: Path, *arguments: str, columns: int) -> list[str]:
    """Runs a command on a terminal of some width, and gives the lines that it shows."""
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    surroundings = {name: value for name, value in environment(home).items() if name not in ("COLUMNS", "LINES")}
    command = [sys.executable, "-m", "autochain", *arguments]
    with subprocess.Popen(command, env=surroundings, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        shown = b""
        # A terminal whose program has ended answers with an error instead of an end.
        while piece := _read(master):
            shown += piece
    os.close(master)
    assert process.returncode == 0, shown.decode()
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()).splitlines()


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65_536)
    except OSError:
        return b""


def test_a_table_fits_a_terminal_of_80_columns_with_each_row_on_its_line(home: Path) -> None:
    lines = on_a_terminal(home, "recording", "list", columns=80)
    assert max(map(len, lines)) <= 80
    rows = [line for line in lines if re.match(r"[0-9a-f]{12} ", line)]
    assert len(rows) == 2
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("sharing-list",), "research: energy, engine, motion, position;"),
        (("product", "offers"), "energy, engine; coarse"),
        (("product", "list"), "All that my cars do"),
        (("consent", "list"), "energy, engine, motion, position;"),
        (("consent", "explain", "ID", "--purpose", "resale", "--category", "motion"), "is for another purpose."),
        (("data", "erase", "--all", "--yes"), "read before"),
    ],
)
def test_a_table_of_long_cells_breaks_no_word_in_80_columns(
    program: Program, command: tuple[str, ...], told: str
) -> None:
    recordings = program.json("recording", "list")["recordings"]
    what = ("--purpose", "traffic_management", "--category", "energy", "--category", "engine")
    for recording in recordings:
        program.json("product", "offer", recording["vehicle"], *what)
    names = [recording["recording"] for recording in recordings]
    program.json("product", "publish", "All that my cars do when they are driven", *names, *what)
    words = [names[0] if word == "ID" else word for word in command]
    lines = on_a_terminal(program.home, *words, columns=80)
    assert max(map(len, lines)) <= 80
    cells = {word for line in lines for word in line.split()}
    assert set(told.split()) <= cells, "\n".join(lines)


def test_a_narrow_terminal_shortens_the_vehicle_s_name_and_nothing_else(home: Path) -> None:
    lines = on_a_terminal(home, "recording", "list", columns=62)
    for line in lines[2:]:
        assert re.fullmatch(r"[0-9a-f]{12} vehicle-[0-9a-f]+… +40 \S+ \d\d:\d\d–\d\d:\d\d +\d+ *", line), line


def test_a_pipe_gets_each_row_whole(program: Program) -> None:
    header, _, *rows = program("consent", "list").out.splitlines()
    assert header.split() == ["consent", "reader", "vehicle", "purpose", "what", "ACC", "state"]
    assert len(rows) == 2
    for row in rows:
        assert re.match(r"[0-9a-f]{12}  buyer   vehicle-[0-9a-f]{12}  research  energy, .*exact  0.5  live", row)


def test_a_table_shows_dids_cut_short_and_an_account_shows_its_own_whole(program: Program) -> None:
    assert re.search(r"^owner +person .* did:acc:[a-z2-7]{4}…[a-z2-7]{6} *$", program("account", "show").out, re.M)
    facts = program("account", "show", "owner").out
    assert re.search(r"^did  +did:acc:[a-z2-7]{32}$", facts, re.M)


def test_names_and_values_stand_in_two_columns_each_pair_on_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    show(Format.TABLE, {"hash": "ab" * 32, "header_height": 7, "price": "2", "price_uacc": 2, "till": None, "ok": True})
    assert capsys.readouterr().out.splitlines() == [
        f"hash           {'ab' * 32}",
        "header height  7",
        "price          2",
        "ok             yes",
    ]


def test_a_table_without_rows_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    show_table([])
    assert capsys.readouterr().out == "nothing yet\n"


def test_a_name_from_a_file_is_neither_markup_nor_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show_table([{"vehicle": "[red]a[/] \x1b[2J\x07\r\nb", "points": 3}], shorten="vehicle")
    out = capsys.readouterr().out
    assert "[red]a[/] \ufffd[2J\ufffd\ufffd\ufffdb" in out


def test_a_table_shows_the_beginning_of_a_long_name_even_to_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    show_table([{"vehicle": name, "points": 3} for name in ("x" * 24, "y" * 5_000)], shorten="vehicle")
    _, _, fitting, long = capsys.readouterr().out.splitlines()
    assert fitting.split() == ["x" * 24, "3"]
    assert long.split() == ["y" * 23 + "…", "3"]


@given(st.text(st.characters(codec=None)))
def test_a_json_answer_keeps_every_character_and_steers_no_terminal(text: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        show_json({"name": text})
    assert json.loads(out.getvalue()) == {"name": text}
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out.getvalue())


@given(st.text())
def test_a_cell_is_printable_whatever_it_is_made_of(text: str) -> None:
    shown = cell(text)
    assert len(shown) == len(text)
    assert shown.isprintable()


@given(st.integers(0, 253_402_300_799_000))
def test_a_time_that_was_written_is_read_as_the_same_second(moment_ms: int) -> None:
    assert time_ms(time_text(moment_ms)) == moment_ms - moment_ms % 1000


@given(st.integers(0, (1 << 53) - 1), st.integers(0, (1 << 53) - 1))
def test_whatever_time_a_chain_can_hold_is_written(moment_ms: int, other_ms: int) -> None:
    assert len(time_text(moment_ms)) == 19
    assert time_text(moment_ms).endswith(clock_text(moment_ms))
    assert hours_text(moment_ms, other_ms).startswith(time_text(moment_ms)[:16])


@given(st.integers(0, 3_000_000), st.integers(1, 50))
def test_hours_name_the_day_of_their_end_where_it_is_in_doubt(start: int, length: int) -> None:
    text = hours_text(start * HOUR_MS, (start + length) * HOUR_MS)
    begin, end = text.split("–")
    assert time_ms(begin) == start * HOUR_MS
    same_or_next = time_ms(f"{begin[:10]} {end}") if length < 24 else time_ms(end)
    if length < 24 and same_or_next <= start * HOUR_MS:
        same_or_next += 24 * HOUR_MS
    assert same_or_next == (start + length) * HOUR_MS
