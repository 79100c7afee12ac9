"""Tests of what the commands say about themselves."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from homes import environment

import autochain
from autochain.cli.app import app
from autochain.cli.groups import lines_of
from autochain.cli.options import CategoryName, PrecisionName, PurposeName
from autochain.cli.products import MOST_LETTERS, MOST_RECORDINGS
from autochain.onchain.codec import Codec, encode
from autochain.onchain.contracts.consent import PURPOSES
from autochain.onchain.contracts.market import Item, Publish
from autochain.onchain.contracts.market.messages import MAX_ITEMS
from autochain.onchain.contracts.recording import CATEGORIES, PRECISIONS
from autochain.onchain.refusals import Refusal
from cli.program import Program

HEAVY = (
    "cryptography",
    "httpx",
    "litestar",
    "lmdb",
    "msgspec",
    "nacl",
    "obstore",
    "prometheus_client",
    "pyarrow",
    "pydantic",
    "rbcl",
    "rich",
    "sqlalchemy",
    "uvicorn",
)


def commands(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, *path, name)


ROOT: Any = typer.main.get_command(app)
ALL = dict(commands(ROOT))
EXAMPLES = [line for command in ALL.values() for line in lines_of(command.epilog)]


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_each_help_fits_80_columns_and_ends_with_an_example(path: tuple[str, ...], program: Program) -> None:
    ended = program(*path, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert max(map(len, ended.out.splitlines())) <= 80
    assert ended.out.partition("Examples:\n")[2].startswith("    " + " ".join(["autochain", *path]))


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_example_is_a_command_with_valid_options(example: str) -> None:
    name, *words = shlex.split(example)
    assert name == "autochain"
    command, path = ROOT, []
    while words and words[0] in getattr(command, "commands", {}):
        path.append(words.pop(0))
        command = command.commands[path[-1]]
    # Parsing raises what a user would be told who types this.
    command.make_context(" ".join(path), words)


def test_no_command_and_help_give_the_same_as_the_option(program: Program) -> None:
    for path in ([], ["recording"], ["recording", "read"]):
        assert program("help", *path) == program(*path, "--help")
    assert program("recording") == program("recording", "--help")


def test_help_in_json_tells_of_each_command_with_its_examples(program: Program) -> None:
    told = {facts["command"]: facts for facts in program.json("help")["commands"]}
    assert set(told) == {
        " ".join(["autochain", *path]) for path, command in ALL.items() if not hasattr(command, "commands")
    }
    for facts in told.values():
        assert facts["summary"].endswith(".")
        assert facts["usage"].startswith(facts["command"])
        assert facts["examples"]
    one = program.json("help", "recording", "read")["commands"]
    assert one == [told["autochain recording read"]]


def test_the_version_is_the_package_s(program: Program) -> None:
    assert program("--version").out == f"autochain {autochain.__version__}\n"


def test_the_words_of_options_are_the_contracts_words() -> None:
    assert get_args(PurposeName) == PURPOSES
    assert tuple(name.value for name in CategoryName) == CATEGORIES
    assert get_args(PrecisionName) == PRECISIONS


def _is_a_title(text: str) -> bool:
    publish = Publish(text, (Item(bytes(20), bytes(20)),), "research", ("motion",), "coarse")
    try:
        Codec(Publish, max_bytes=4096).decode(encode(publish))
    except Refusal:
        return False
    return True


def test_the_bounds_of_products_are_the_market_s() -> None:
    assert MOST_RECORDINGS == MAX_ITEMS
    lengths = (0, 1, MOST_LETTERS, MOST_LETTERS + 1)
    assert [_is_a_title("x" * length) for length in lengths] == [False, True, True, False]


@pytest.mark.parametrize("arguments", [["help"], ["--help"], ["--version"]], ids=" ".join)
def test_help_loads_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "autochain", *arguments]
    ended = subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in ended.stderr.splitlines()}
    assert "typer" in loaded
    assert loaded.isdisjoint(HEAVY)
