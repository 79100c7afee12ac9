"""`autochain help`: what there is to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from .answers import show_json
from .groups import lines_of
from .options import Format, FormatOption


def help_(
    context: typer.Context,
    command: Annotated[list[str] | None, typer.Argument(metavar="COMMAND", help="The command to explain.")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Says what there is to do."""
    root = context.find_root()
    found = _found(root, command or [])
    if form is Format.TABLE:
        print(found.get_help())
    else:
        show_json({"commands": [_facts(leaf) for leaf in _leaves(found)]})


def _found(context: Any, names: list[str]) -> Any:
    """Gives the context of a command under another."""
    for name in names:
        command: Any = getattr(context.command, "commands", {}).get(name)
        if command is None:
            context.fail(f"No such command {name!r}.")
        context = typer.Context(command, info_name=name, parent=context)
    return context


def _leaves(context: Any) -> Iterator[Any]:
    """Goes through the commands under one, or gives that one if there are none."""
    names = list(getattr(context.command, "commands", {}))
    for name in names:
        yield from _leaves(_found(context, [name]))
    if not names:
        yield context


def _facts(context: Any) -> dict[str, Any]:
    summary, _, more = (context.command.help or "").partition("\n\n")
    return {
        "command": context.command_path,
        "summary": " ".join(summary.split()),
        "details": " ".join(more.split()),
        "usage": context.get_usage().removeprefix("Usage: "),
        "examples": lines_of(context.command.epilog or ""),
    }
