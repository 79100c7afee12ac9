"""`autochain replay`: real drives through the whole job."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from ..edge.gateways.csv import FileMapping, FileReport, read_mapping
from ..network import Network, Replay, Replayed, Terms
from ..onchain.contracts.consent import PURPOSES, Purpose
from ..onchain.units import UACC_PER_ACC, acc, from_acc
from .options import Format, FormatOption, HomeOption, show, with_network
from .words import one_of


def replay(
    file: Annotated[Path, typer.Argument(help="A table of recorded drives: CSV, with any columns.")],
    mapping: Annotated[Path | None, typer.Option(help="A small TOML that says what the file's columns are.")] = None,
    owner: Annotated[str, typer.Option(help="The party who owns the vehicles.")] = "owner",
    buyer: Annotated[str, typer.Option(help="The party who buys and reads.")] = "buyer",
    purpose: Annotated[str, typer.Option(help=f"What for: {', '.join(PURPOSES)}.")] = "research",
    price: Annotated[str, typer.Option(help="What the buyer pays for each recording, in ACC.")] = "0.5",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Takes recorded drives in, sells them to a buyer, reads them back, and proves it all.

    Readings are cleaned, turned into signals, encrypted, committed; the owner consents, the buyer pays and decrypts.
    At the end every recording and receipt is checked against a header by its proof alone.

    [bold]Examples[/bold]
      autochain replay drives.csv
      autochain replay log.csv --mapping log.toml --price 0.25 --format json
    """
    terms = Terms(owner, buyer, cast(Purpose, one_of(purpose, PURPOSES, "purpose")), from_acc(price))
    given = read_mapping(mapping) if mapping else FileMapping()

    async def job(network: Network) -> tuple[list[Replayed], FileReport]:
        with Progress(form) as progress:
            work = Replay(network, file, given, terms, progress)
            done = [drive async for drive in work.drives()]
            await work.verify(done)
        return done, work.report

    done, report = with_network(home, job, make=True)
    verified = sum(drive.verified for drive in done)
    if form is Format.JSON:
        show(form, {"recordings": [_facts(drive) for drive in done], "verified": verified})
    else:
        show(form, None, rows=[_row(drive) for drive in done])
        _say(done, report, verified)
    for line in _troubles(report):
        print(line, file=sys.stderr)
    if verified < len(done) or report.stopped is not None or report.refused:
        raise typer.Exit(1)


class Progress:
    """A progress bar on a terminal; silent elsewhere."""

    def __init__(self, form: Format) -> None:
        self._silent = form is Format.JSON or not sys.stderr.isatty()

    def __enter__(self) -> Progress:
        if not self._silent:
            from rich.console import Console
            from rich.progress import Progress as Bar

            self._bar = Bar(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("replaying", total=1.0)
        return self

    def __exit__(self, *_: object) -> None:
        if not self._silent:
            self._bar.stop()

    def __call__(self, share: float) -> None:
        if not self._silent:
            self._bar.update(self._task, completed=share)


def _facts(drive: Replayed) -> dict[str, Any]:
    return {
        "vehicle": drive.vehicle,
        "points_kept": drive.points,
        "points_dropped": drive.report.rows_dropped,
        "km": round(drive.km, 6),
        "litres": round(drive.litres, 6),
        "hash": drive.recorded.manifest_root.hex(),
        "height": drive.recorded.height,
        "reward": drive.recorded.reward_uacc / UACC_PER_ACC,
        "price": drive.price_uacc / UACC_PER_ACC,
        "buyer": drive.buyer,
        "receipt": drive.receipt.hex(),
        "verified": drive.verified,
        "recording": drive.recorded.recording.hex(),
        "known": drive.recorded.known,
    }


def _row(drive: Replayed) -> dict[str, Any]:
    return {
        "vehicle": drive.vehicle,
        "kept": drive.points,
        "dropped": drive.report.rows_dropped,
        "km": round(drive.km, 2),
        "litres": round(drive.litres, 3),
        "content hash": drive.recorded.manifest_root.hex()[:16] + "…",
        "height": drive.recorded.height,
        "reward ACC": acc(drive.recorded.reward_uacc),
        "price ACC": acc(drive.price_uacc),
        "verified": drive.verified,
    }


def _say(done: list[Replayed], report: FileReport, verified: int) -> None:
    known = sum(drive.recorded.known for drive in done)
    print(f"{verified} of {len(done)} recordings and receipts hold against a header by their proofs alone.")
    if known:
        print(f"{known} of {len(done)} were on the chain already: recognised by their readings, not committed again.")
    dropped = sorted(report.cleaning.dropped.items(), key=lambda item: -item[1].count)
    for (rule, column), case in dropped[:12]:
        what = f"{column}: " if column else ""
        example = f", first in line {case.line}: {case.example!r}" if case.example else f", first in line {case.line}"
        print(f"dropped {case.count:>6} × {what}{rule.sentence}{example}")
    if len(dropped) > 12:
        print(f"dropped more, for {len(dropped) - 12} further reasons")


def _troubles(report: FileReport) -> list[str]:
    lines = [
        f"not taken in: {drive.vehicle} from line {drive.first_line}, {drive.rows} rows: "
        f"{drive.refusal.text} {drive.refusal.remedy}"
        for drive in report.refused
    ]
    if report.stopped is not None:
        lines.append(f"stopped: {report.stopped.text} {report.stopped.remedy}")
        lines.append("What was taken in before that is kept.")
    return lines
