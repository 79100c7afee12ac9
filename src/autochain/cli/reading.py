"""`autochain recording read`: buys a reading and writes it down."""

from __future__ import annotations

import contextlib
import csv
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from .answers import show, show_json
from .errors import CANNOT_WRITE, FILE_EXISTS
from .naming import recording_named
from .options import (
    CATEGORY_HELP,
    AsOption,
    CategoryName,
    Format,
    FormatOption,
    HomeOption,
    PrecisionOption,
    PurposeOption,
    categories,
    with_network,
)
from .recordings import RecordingArgument
from .words import uacc

if TYPE_CHECKING:
    from ..network import Network
    from ..signals import Part

MostOption = Annotated[
    str | None,
    typer.Option("--most", metavar="ACC", help="Buy nothing that costs more in all.", show_default="any price"),
]


def read(
    recording: RecordingArgument,
    purpose: PurposeOption,
    category: Annotated[
        list[CategoryName] | None,
        typer.Option(metavar="CATEGORY", help=CATEGORY_HELP, show_default="all that the consent covers"),
    ] = None,
    precision: PrecisionOption = "exact",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the readings into this new file, for you alone.")
    ] = None,
    most: MostOption = None,
    party: AsOption = "buyer",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Buys a reading under the cheapest live consent that covers it, and writes it as CSV.

    The keys come on the receipt and are used here; nobody else sees the readings. With --format json and no file, they
    are in the answer.
    """
    most_uacc = uacc(most) if most is not None else None

    async def job(network: Network) -> tuple[dict[str, Any], list[Part]]:
        from ..network import read_under_consent
        from ..onchain.units import acc

        bought, what = await read_under_consent(
            network,
            network.wallet(party),
            await recording_named(network, recording),
            purpose=purpose,
            categories=categories(category or ()),
            precision=precision,
            most_uacc=most_uacc,
        )
        return {
            "recording": bought.recording.hex(),
            "receipt": bought.receipt.hex(),
            "price": acc(bought.price_uacc),
            "categories": list(what),
            "precision": precision,
            "rows": sum(len(part.times_ms) for part in bought.parts),
        }, bought.parts

    if out is not None:
        with _new_file(out) as file:
            facts, parts = with_network(home, job)
            _write(parts, file)
        show(form, facts | {"file": str(out)})
        return
    facts, parts = with_network(home, job)
    if form is Format.JSON:
        readings = [{"category": part.category, "time_ms": part.times_ms, "signals": part.columns} for part in parts]
        show_json(facts | {"readings": readings})
    else:
        _write(parts, sys.stdout)
        print(f"bought for {facts['price']} ACC, receipt {facts['receipt']}", file=sys.stderr)


@contextlib.contextmanager
def _new_file(path: Path) -> Iterator[IO[str]]:
    """Makes a file for its user alone, before anything is bought for it; removes it again if nothing came of that."""
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise FILE_EXISTS(str(path)) from None
    except OSError as error:
        raise CANNOT_WRITE(f"{path}: {error.strerror}") from None
    with open(made, "w", newline="", encoding="utf-8") as file:
        try:
            yield file
        except BaseException:
            path.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[None]:
    """Makes a folder for its user alone, before anything is bought for it; removes it if nothing came of that."""
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        raise FILE_EXISTS(str(path)) from None
    except OSError as error:
        raise CANNOT_WRITE(f"{path}: {error.strerror}") from None
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            path.rmdir()  # What was bought and written already stays.
        raise


def write_parts(parts: list[Part], path: Path) -> None:
    """Writes readings into a new file."""
    with _new_file(path) as file:
        _write(parts, file)


def _write(parts: list[Part], file: IO[str]) -> None:
    """Writes readings in long form: one line a reading."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["time_ms", "signal", "value"])
    for part in parts:
        for path, column in part.columns.items():
            writer.writerows(
                (time_ms, path, value)
                for time_ms, value in zip(part.times_ms, column, strict=True)
                if value is not None
            )
