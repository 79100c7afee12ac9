"""Tests of the one place where what goes wrong becomes words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from homes import environment

from cli.program import Program


def test_what_may_be_chosen_is_told_in_one_line(program: Program) -> None:
    ended = program("product", "offer", "car", "--purpose", "research")
    assert (ended.code, ended.out) == (2, "")
    line, _ = ended.err.splitlines()
    assert line == (
        "Missing option '--category'. Choose from: condition, energy, engine, environment, motion, position [usage]"
    )
    answer = program("product", "offer", "car", "--purpose", "research", "--format", "json").answer
    assert answer["error"]["text"] == line.removesuffix(" [usage]")
    assert json.dumps(answer).isprintable()


@pytest.mark.parametrize("form", ["table", "json"])
@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("recording", "list"), 1, "The system refuses: No space left on device."),
        (("recording", "show", "000000"), 1, "There is no such recording."),
        (("product", "offer", "car", "--purpose", "research"), 2, "Missing option '--category'."),
    ],
)
def test_a_full_disk_behind_the_output_is_told_where_it_can_be_read(
    home: Path, words: tuple[str, ...], code: int, told: str, form: str
) -> None:
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "autochain", *words, "--format", form],
            env=environment(home),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == code
    first, _ = ended.stderr.splitlines()
    assert first.startswith(told)
