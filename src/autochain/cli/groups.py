"""Groups of commands, and how each tells what it can do."""

from __future__ import annotations

import re
import textwrap
from typing import Any

import typer
from typer.core import TyperGroup

from .options import PROGRAM

EXAMPLE_COLUMNS = 68
"""So that an example, set in by four and broken by a backslash, fits a terminal of 80 columns."""


class Commands(TyperGroup):
    """A group that takes `help X` as `X --help`, and gives its help where a command is missing."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        asked = args[:1] == ["help"] and not any(word.startswith("-") for word in args)
        if asked or not (args or self.invoke_without_command):
            args = [*args[1:], "--help"]
        return super().parse_args(ctx, args)


def group(purpose: str, *lines: str) -> typer.Typer:
    """Makes a group of commands with some examples of them."""
    # Help comes in plain lines: nothing has to be loaded that draws boxes.
    return typer.Typer(
        cls=Commands,
        help=purpose,
        epilog=examples(*lines),
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def examples(*lines: str) -> str:
    """Writes examples for the end of a help text; one that is too long for a terminal goes on behind a backslash."""
    return "\b\nExamples:\n" + "\n".join(f"  {_broken(f'{PROGRAM} {line}'.rstrip())}" for line in lines)


def _broken(line: str) -> str:
    # An option stays together with its value.
    held = re.sub(r"(--\S+) (?!-)", r"\1\0", line)
    parts = textwrap.wrap(held, EXAMPLE_COLUMNS, break_on_hyphens=False, break_long_words=False)
    return " \\\n      ".join(parts).replace("\0", " ")


def lines_of(epilog: str) -> list[str]:
    """Gives the examples in the end of a command's help, one line each."""
    return [line.strip() for line in re.sub(r" \\\n +", " ", epilog).splitlines()[2:]]
