"""A replay of very many rows stays within its memory, shows how far it is, and goes on after Ctrl-C."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from homes import environment

from autochain.signals import MAX_POINTS
from cli.program import Program, Running, recorded

PEAK_MB = 300
"""What a replay may take beyond an idle process, however many rows its file has."""
WIDTH = 100
START_MS = 1_714_550_400_000


def _endless_drive(path: Path, rows: int) -> Path:
    """Writes one drive without a pause, a row each second."""
    with path.open("w") as file:
        file.write("time,lat,lon,speed [km/h],rpm,fuel rate [l/h]\n")
        for row in range(rows):
            latitude = 47 + abs(row % 7_200 - 3_600) / 10_000
            file.write(f"{START_MS + 1_000 * row},{latitude:.4f},11.5,{40 + row % 3 / 10},{1_500 + row % 700},5\n")
    return path


@pytest.mark.parametrize("rows", [2 * MAX_POINTS + 1, pytest.param(10_000_000, marks=pytest.mark.soak)])
def test_an_endless_drive_is_cut_into_recordings_within_a_bounded_memory(rows: int, tmp_path: Path) -> None:
    drives = _endless_drive(tmp_path / "drives.csv", rows)
    command = [sys.executable, "-m", "cli.measured", "replay", str(drives), "--format", "json"]
    ended = subprocess.run(command, env=environment(tmp_path / "home"), capture_output=True, text=True, check=True)
    drives.unlink()
    answer = json.loads(ended.stdout)
    assert answer["verified"] == len(answer["recordings"]) == -(-rows // MAX_POINTS)
    assert sum(drive["points_kept"] for drive in answer["recordings"]) == rows
    peak = re.fullmatch(r"peak_mb (\d+)\n", ended.stderr)
    assert peak is not None
    assert int(peak[1]) < PEAK_MB


def test_an_interrupted_replay_of_an_endless_drive_goes_on_where_it_stopped(
    fresh: Program, start: Callable[..., Running], tmp_path: Path
) -> None:
    drives = _endless_drive(tmp_path / "drives.csv", 4 * MAX_POINTS)
    replay = start(fresh.home, "replay", str(drives), "--format", "json")
    replay.wait_for(lambda: recorded(fresh.home) >= 2)
    ended = replay.end(signal.SIGINT)
    assert ended.code == 130
    assert ended.err.startswith("Stopped: You interrupted it.\n")
    before = {drive["recording"] for drive in ended.answer["recordings"]}
    assert 1 <= len(before) < 4
    again = fresh.json("replay", str(drives))
    assert again["verified"] == len(again["recordings"]) == 4
    assert before <= {drive["recording"] for drive in again["recordings"] if drive["known"]}
    assert len(fresh.json("recording", "list")["recordings"]) == 4


def _on_a_terminal(home: Path, *arguments: str) -> str:
    """Runs a command whose errors go to a terminal, and gives what that shows, without its colours."""
    ours, theirs = pty.openpty()
    settings = environment(home) | {"TERM": "xterm", "COLUMNS": str(WIDTH)}
    command = [sys.executable, "-m", "autochain", *arguments]
    with subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65_536):
                shown += piece
        except OSError:
            # On Linux the end of a terminal is an error.
            pass
    os.close(ours)
    assert process.returncode == 0, shown
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())


def test_a_terminal_shows_bytes_rows_and_the_time_left_and_json_is_quiet(tmp_path: Path) -> None:
    drives = _endless_drive(tmp_path / "drives.csv", MAX_POINTS)
    shown = _on_a_terminal(tmp_path / "home", "replay", str(drives))
    size = re.escape(f"{drives.stat().st_size / 1_000_000:.1f}")
    assert re.search(rf"[\d.]+/{size} MB.* [\d,]+ rows/s.* (\d+:\d\d:\d\d|-:--:--)", shown)
    assert _on_a_terminal(tmp_path / "home", "replay", str(drives), "--format", "json") == ""
