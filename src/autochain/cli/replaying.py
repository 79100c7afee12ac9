"""`autochain replay`: real drives through the whole job."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..onchain.refusals import Refusal
from .answers import plain, show_json
from .options import Format, FormatOption, HomeOption, PurposeOption, with_network
from .replayed import answer, tell, troubles
from .words import uacc

if TYPE_CHECKING:
    from ..edge.gateways.csv import Reached
    from ..network import Network, Replay, Replayed


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table of recorded drives: CSV, with any columns.")],
    mapping: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A small TOML that says what the file's columns are.")
    ] = None,
    owner: Annotated[str, typer.Option(metavar="PARTY", help="Who owns the vehicles.")] = "owner",
    buyer: Annotated[str, typer.Option(metavar="PARTY", help="Who buys and reads.")] = "buyer",
    purpose: PurposeOption = "research",
    price: Annotated[str, typer.Option(metavar="ACC", help="What the buyer pays for each recording.")] = "0.5",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Takes recorded drives in, sells, reads and proves them.

    Readings are cleaned, turned into signals, encrypted and committed; the owner consents, the buyer pays and decrypts.
    At the end every recording and receipt is checked against a header by its proof alone.

    What was taken in before something went wrong is kept; replaying the file again goes on from there.
    """
    from ..edge.gateways.csv import FileMapping, read_drives, read_mapping
    from ..network import Replay, Terms

    terms = Terms(owner, buyer, purpose, uacc(price))
    given = read_mapping(mapping) if mapping else FileMapping()
    # A file that can't be read is refused before a network is made for it.
    report = read_drives(file, given).report
    done: list[Replayed] = []
    stops: list[str] = []

    async def job(network: Network) -> None:
        nonlocal report
        with Progress(form) as progress:
            work = Replay(network, file, given, terms, progress)
            report = work.report
            await _work_through(work, done, stops)

    interrupted = False
    try:
        with_network(home, job, make=True)
    except KeyboardInterrupt:
        interrupted = True
        stops.append("You interrupted it.")
    if form is Format.JSON:
        show_json(answer(done, report))
    else:
        tell(done, report)
    for line in troubles(done, report, stops):
        print(plain(line), file=sys.stderr)
    if interrupted:
        raise KeyboardInterrupt
    if stops or report.refused or report.stopped or not done or not all(drive.verified for drive in done):
        raise typer.Exit(1)


async def _work_through(work: Replay, done: list[Replayed], stops: list[str]) -> None:
    """Replays drive by drive into `done`, then proves them; notes what stopped it once something was done."""
    try:
        async for drive in work.drives():
            done.append(drive)
    except Refusal as refusal:
        if not done:
            raise
        stops.append(str(refusal))
    try:
        await work.verify(done)
    except Refusal as refusal:
        stops.append(str(refusal))


class Progress:
    """A progress bar on a terminal, of the bytes read, rows a second and the time left; silent elsewhere."""

    def __init__(self, form: Format) -> None:
        self._silent = form is Format.JSON or not sys.stderr.isatty()

    def __enter__(self) -> Progress:
        if not self._silent:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = BarColumn(), DownloadColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn()
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("replaying", total=None, rate="")
        return self

    def __exit__(self, *_: object) -> None:
        if not self._silent:
            self._bar.stop()

    def __call__(self, reached: Reached) -> None:
        if not self._silent:
            seconds = self._bar.tasks[0].elapsed
            rate = f"{reached.lines / seconds:,.0f} rows/s" if seconds else ""
            self._bar.update(self._task, completed=reached.read_bytes, total=reached.size_bytes, rate=rate)
