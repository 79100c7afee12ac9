"""A progress bar for work that is counted, on a terminal; elsewhere there is none."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from .options import Format


def is_silent(form: Format) -> bool:
    """Says whether nothing is to be shown while something is at work."""
    return form is Format.JSON or not sys.stderr.isatty()


@contextlib.contextmanager
def bar(what: str, form: Format) -> Iterator[Callable[[int, int], None]]:
    """Shows how many of how many are done, and the time that is left."""
    if is_silent(form):
        yield lambda _done, _of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, of: shown.update(task, completed=done, total=of)
