"""Options that many commands share, and how answers are shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from ..network import Home, Network, open_network
from ..network.home import default_home

R = TypeVar("R")


class Format(Enum):
    """How an answer is printed."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How the answer is printed.")]
HomeOption = Annotated[
    Path | None,
    typer.Option("--home", envvar="AUTOCHAIN_HOME", help="Where the network's state and keys lie.", show_default=False),
]
AsOption = Annotated[str, typer.Option("--as", help="The party who acts; its keys lie in the home.")]


def home_at(path: Path | None) -> Home:
    return Home(path or default_home())


def with_network(path: Path | None, job: Callable[[Network], Coroutine[Any, Any, R]], *, make: bool = False) -> R:
    """Runs a job on the network of a home, in this process or through the one that has it."""
    import asyncio

    async def run() -> R:
        async with open_network(home_at(path), make=make) as network:
            return await job(network)

    return asyncio.run(run())


def show(form: Format, answer: Any, *, rows: list[dict[str, Any]] | None = None, title: str = "") -> None:
    """Prints an answer: as one JSON object, or its rows as a table (an answer without rows as name and value)."""
    if form is Format.JSON:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if rows is None:
        rows = [{"": name, title or "value": value} for name, value in answer.items()]
    if not rows:
        console.print("[dim]nothing yet[/dim]")
        return
    table = Table(title=title or None, title_justify="left", header_style="bold")
    for column, value in rows[0].items():
        table.add_column(column, justify="right" if isinstance(value, int | float) else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    console.print(table)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)
