"""`check` looks through all that a chain has kept; `replay-blocks` runs its blocks again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from .answers import show, show_json, show_table
from .bar import bar, is_silent
from .options import Format, FormatOption, HomeOption, home_at


def check(home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Checks all that the chain has kept.

    Its file to the last byte that counts, the links between its blocks, the root of its state, and what its contracts
    promise of it. The network must be ended first; nothing is changed.
    """
    from ..network import check_home

    with _spinner(form) as begins:
        checks = check_home(home_at(home), begins=begins)
    rows = [
        {
            "check": each.name,
            "amount": each.amount,
            "seconds": each.seconds,
            "outcome": each.refusal.detail if each.refusal else "holds",
        }
        for each in checks
    ]
    broken = [each.refusal for each in checks if each.refusal]
    if form is Format.TABLE:
        show_table(rows, wrap=["outcome"])
    elif not broken:
        show_json({"checks": rows})
    if broken:
        raise broken[0]


def replay_blocks(home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Runs all blocks of the chain again, from its beginning.

    Every signature is verified again, and what each block did is held against what was kept of it. The network must be
    ended first; nothing is changed.
    """
    from ..network import replay_home

    start = time.monotonic()
    with bar("blocks", form) as progress:
        done = replay_home(home_at(home), progress=progress)
    show(
        form,
        {
            "first_height": done.first_height,
            "height": done.height,
            "transactions": done.transactions,
            "app_hash": done.app_hash.hex(),
            "seconds": round(time.monotonic() - start, 3),
        },
    )


@contextlib.contextmanager
def _spinner(form: Format) -> Iterator[Callable[[str], None]]:
    """Shows what is looked at, on a terminal."""
    if is_silent(form):
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield lambda name: status.update(f"{name} …")
