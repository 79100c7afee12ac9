"""Tests of `check` and `replay-blocks`, and of what commands say of a store that is damaged."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from homes import flip_in_a_block, forge, lose, run_command, truncate

from cli.program import Program, Running

Start = Callable[..., Running]


def test_the_check_of_a_sound_chain_says_for_each_part_that_it_holds(program: Program) -> None:
    answer = program.json("check")
    assert [(row["check"], row["outcome"]) for row in answer["checks"]] == [
        ("file", "holds"),
        ("root", "holds"),
        ("invariants", "holds"),
    ]
    ended = program("check")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.count("holds") == 3


def test_blocks_that_run_again_are_counted(program: Program) -> None:
    answer = program.json("replay-blocks")
    shown = program.json("block", "show", str(answer["height"]))
    assert (answer["first_height"], answer["height"]) == (1, shown["height"])
    assert answer["transactions"] > 10
    assert len(answer["app_hash"]) == 64
    ended = program("replay-blocks")
    assert (ended.code, ended.err) == (0, "")
    assert "app hash      " in ended.out


def test_what_a_forger_wrote_is_named_in_words(program: Program) -> None:
    forge(program.home)
    ended = program("check")
    assert (ended.code, ended.out.count("holds")) == (1, 2)
    assert "token: all balances sum" in ended.out
    assert "token: all balances sum" in ended.err
    assert "[ledger/39]" in ended.err
    ended = program("check", "--format", "json")
    assert (ended.code, ended.answer["error"]["code"]) == (1, "ledger/39")
    ended = program("replay-blocks")
    assert (ended.code, ended.out) == (1, "")
    assert "do not give what was kept. (height " in ended.err
    assert "[ledger/38]" in ended.err


@pytest.mark.parametrize("damage", [flip_in_a_block, truncate, lose])
def test_every_command_on_a_damaged_store_ends_in_words(program: Program, damage: Callable[[Path], None]) -> None:
    damage(program.home)
    for command in (["account", "show"], ["recording", "list"], ["block", "show"], ["check"], ["replay-blocks"]):
        ended = program(*command)
        assert ended.code == 1, command
        assert "The chain's store is damaged. (" in ended.err
        assert "[ledger/34]\nRestore the home's folder `chains` from a backup." in ended.err
        assert program(*command, "--format", "json").answer["error"]["code"] == "ledger/34"
    ended_alone = run_command(program.home, "--port", "0", "--cars", "0")
    assert (ended_alone.returncode, ended_alone.stdout) == (1, "")
    assert ended_alone.stderr.startswith("The chain's store is damaged. (")
    assert "Traceback" not in ended_alone.stderr


def test_a_network_that_runs_must_be_ended_first(home: Path, program: Program, start: Start) -> None:
    running = start(home, "--port", "0", "--cars", "0")
    running.wait_until_it_answers()
    for command in ("check", "replay-blocks"):
        ended = program(command)
        assert (ended.code, ended.out) == (1, "")
        assert f"process {running.pid}" in ended.err
        assert "end it first" in ended.err
    ended = running.end(signal.SIGTERM)
    assert "  store    sound: " in ended.out
