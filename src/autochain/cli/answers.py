"""How answers are printed: for people as lines or a table, for programs as one JSON object."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from .options import Format

PIPE_COLUMNS = 1_000
"""What reads a pipe has no edge at which a table must end."""

NAME_COLUMNS = 24
"""Up to here a table shows a vehicle's name, which comes from a file and may be of any length."""
STEERING = re.compile(r"[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that JSON allows as they are, and a terminal may obey."""


def show(form: Format, answer: Mapping[str, Any]) -> None:
    """Prints an answer: as one JSON object, or a line for each name and value."""
    if form is Format.JSON:
        show_json(answer)
        return
    # An amount in uacc stands there in ACC already.
    told = {name: value for name, value in answer.items() if value not in (None, []) and not name.endswith("_uacc")}
    width = max(map(len, told))
    for name, value in told.items():
        print(f"{name.replace('_', ' '):<{width}}  {cell(value)}".rstrip())


def show_json(answer: Mapping[str, Any]) -> None:
    _print_json(json.dumps(answer, ensure_ascii=False, indent=2))


def show_json_line(answer: Mapping[str, Any]) -> None:
    """Prints one of many objects, each on a line of its own."""
    _print_json(json.dumps(answer, ensure_ascii=False))


def _print_json(text: str) -> None:
    print(STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text), flush=True)


def show_table(
    rows: Sequence[Mapping[str, Any]], *, shorten: str = "", wrap: Sequence[str] = (), right: Sequence[str] = ()
) -> None:
    """Prints rows under the names of their cells; numbers stand right, and so do the columns in `right`.

    The column named by `shorten` shows no more than the beginnings of long names, in a narrow terminal even less of
    them; there those in `wrap` get more lines.
    """
    if not rows:
        print("nothing yet")
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else PIPE_COLUMNS)
    cells = [[_cut(cell(value)) if name == shorten else cell(value) for name, value in row.items()] for row in rows]
    widths = [max(map(len, column)) for column in zip(rows[0], *cells, strict=True)]
    gap = 1 if sum(widths) + 2 * len(widths) <= console.width else 0
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    for name, value in rows[0].items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        table.add_column(
            name,
            justify="right" if number or name in right else "left",
            no_wrap=name != shorten and name not in wrap,
            overflow="ellipsis" if name == shorten else "fold",
        )
    for row in cells:
        # As `Text`, since a square bracket in a name from a file is no markup.
        table.add_row(*map(Text, row))
    console.print(table)


def _cut(name: str) -> str:
    return name if len(name) <= NAME_COLUMNS else f"{name[: NAME_COLUMNS - 1]}…"


def cell(value: object) -> str:
    """Writes a value for people, without anything that would steer their terminal."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    if isinstance(value, list | tuple):
        return ", ".join(map(cell, value))
    text = "" if value is None else str(value)
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def plain(text: str) -> str:
    """Writes lines for people, as `cell` does a value: the name of a file may be in them."""
    return "\n".join(map(cell, text.splitlines()))
