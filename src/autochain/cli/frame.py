"""Draws what a watcher has seen, as large as the terminal is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .answers import cell
from .words import clock_text, short

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from .watched import Watched

WIDE_COLUMNS = 100
"""From here on blocks stand beside balances; in less they stand below each other."""
LEAST_ROWS, MOST_ROWS = 3, 40
"""How many rows a list has at least and at most."""


def frame(watched: Watched, *, state: str, columns: int, rows: int) -> RenderableType:
    """Draws one frame within so many columns and rows; `state` says whether the network runs."""
    from rich.console import Group
    from rich.text import Text

    wide = columns >= WIDE_COLUMNS
    # Above the lists stand the state, the chain and what was earned, each list has a head, and a line parts them.
    room = max(rows - 9 - (0 if wide else 3), 0)
    listed = _fitting(room // 3 if wide else room // 4)
    balances = _balances(watched, listed)
    blocks = _blocks(watched, listed, wide=wide)
    happened = max(room - listed * (1 if wide else 2), LEAST_ROWS)
    parts: list[RenderableType] = [
        Text(state, style="bold", no_wrap=True, overflow="ellipsis"),
        _chains(watched, wide=wide),
        Text(_ticker(watched), style="green", no_wrap=True, overflow="ellipsis"),
        Text(),
    ]
    parts += [_beside(blocks, balances)] if wide else [blocks, Text(), balances]
    return Group(*parts, Text(), _lines(watched, _fitting(happened)))


def _fitting(rows: int) -> int:
    return min(max(rows, LEAST_ROWS), MOST_ROWS)


def _table(*heads: str, right: Sequence[str] = (), fold: str = "") -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for head in heads:
        table.add_column(
            head,
            justify="right" if head in right else "left",
            no_wrap=True,
            overflow="ellipsis",
            ratio=1 if head == fold else None,
        )
    table.expand = bool(fold)
    return table


def _row(table: Table, *cells: object, style: str = "") -> None:
    from rich.text import Text

    # As `Text`, since a square bracket in a name is no markup.
    table.add_row(*(Text(cell(value)) for value in cells), style=style)


def _chains(watched: Watched, *, wide: bool) -> Table:
    table = _table("chain", "height", "time", "waiting", right=("height", "waiting"))
    _row(
        table,
        watched.chain_id,
        f"{watched.height:,}",
        clock_text(watched.time_ms, whole=wide),
        f"{watched.waiting:,}",
    )
    return table


def _ticker(watched: Watched) -> str:
    from ..onchain.units import acc

    return (
        f"seen: {watched.recordings:,} recorded · {acc(watched.earned_uacc)} ACC earned · "
        f"{watched.sales:,} sold for {acc(watched.sold_uacc)} ACC · {watched.refused:,} refused"
    )


def _blocks(watched: Watched, rows: int, *, wide: bool) -> Table:
    heads = ("block", "time", "hash", "tx", "about") if wide else ("block", "time", "tx", "about")
    table = _table(*heads, right=("block", "tx"), fold="about")
    for block in list(watched.blocks)[: -rows - 1 : -1]:
        about = block.told or "—"
        hashed = (short(block.hash),) if wide else ()
        _row(table, f"{block.height:,}", clock_text(block.time_ms), *hashed, block.transactions, about)
    return table


def _balances(watched: Watched, rows: int) -> Table:
    from ..onchain.units import acc

    table = _table("party", "ACC", "change", right=("ACC", "change"))
    for party, held in watched.balances()[:rows]:
        change = f"{'+' if held.change_uacc > 0 else '-'}{acc(abs(held.change_uacc))}" if held.change_uacc else ""
        _row(table, party, acc(held.balance_uacc), change)
    return table


def _beside(left: Table, right: Table) -> Table:
    from rich.table import Table

    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(ratio=1)
    grid.add_column()
    grid.add_row(left, right)
    return grid


def _lines(watched: Watched, rows: int) -> Table:
    table = _table("block", "what happened", right=("block",), fold="what happened")
    for line in list(watched.lines)[: -rows - 1 : -1]:
        _row(table, f"{line.height:,}", line.text, style="red" if line.is_refused else "")
    if not watched.lines:
        _row(table, "", "nothing yet")
    return table
