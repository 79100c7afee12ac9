"""Commands on recordings: list, show, verify, read."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import IO, Annotated, Any, cast

import typer

from ..network import Network, find_consent, read_recording, verify_recording
from ..onchain.contracts.consent import PURPOSES, Purpose
from ..onchain.contracts.mining import GetReward
from ..onchain.contracts.recording import (
    CATEGORIES,
    PRECISIONS,
    Category,
    GetRecording,
    ListRecordings,
    Precision,
    Recording,
)
from ..onchain.ids import did, from_hex
from ..onchain.refusals import Reason
from ..onchain.units import acc
from ..signals import Part
from .options import AsOption, Format, FormatOption, HomeOption, show, with_network
from .words import account as read_account
from .words import one_of, time_text, who

app = typer.Typer(no_args_is_help=True, help="What vehicles recorded: see it, prove it, buy and read it.")

NO_RECORDING = Reason("cli", 3, "There is no such recording.", "See the recordings with `recording list`.")
RecordingArgument = Annotated[str, typer.Argument(help="The recording's id, as `recording list` shows it.")]


@app.command("list")
def list_(
    owner: Annotated[str | None, typer.Option(help="Only those of one owner: a DID or a party's name.")] = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Lists the recordings on the chain.

    [bold]Examples[/bold]
      autochain recording list
      autochain recording list --owner owner --format json
    """

    async def job(network: Network) -> tuple[list[dict[str, Any]], dict[bytes, str]]:
        account = read_account(network, owner) if owner else None
        found = await network.client.pages(ListRecordings(account))
        return [_facts(name, record) for name, record in found], network.names()

    found, names = with_network(home, job)
    rows = [
        {
            "recording": row["recording"],
            "vehicle": who(names, bytes.fromhex(row["vehicle_account"])),
            "points": row["points"],
            "from hour": row["from"],
            "to hour": row["to"],
            "parts": len(row["parts"]),
            "height": row["height"],
        }
        for row in sorted(found, key=lambda row: int(row["height"]))
    ]
    show(form, {"recordings": found}, rows=rows)


@app.command("show")
def show_recording(recording: RecordingArgument, home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Shows what the chain knows of a recording: never a reading.

    [bold]Example[/bold]
      autochain recording show 8f0c…
    """

    async def job(network: Network) -> dict[str, Any]:
        name = from_hex(recording)
        record = await network.client.ask(GetRecording(name))
        if record is None:
            raise NO_RECORDING()
        reward = await network.client.ask(GetReward(name))
        return _facts(name, record) | {"reward": acc(reward.reward_uacc) if reward else "0"}

    found = with_network(home, job)
    shown = {key: value for key, value in found.items() if key not in ("parts", "vehicle_account")}
    if form is Format.JSON:
        show(form, found)
        return
    show(form, shown)
    show(form, None, rows=found["parts"])


@app.command()
def verify(recording: RecordingArgument, home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Checks a recording against a header by its proof alone, and every encrypted chunk against the recording.

    [bold]Example[/bold]
      autochain recording verify 8f0c…
    """
    checked = with_network(home, lambda network: verify_recording(network, from_hex(recording)))
    show(
        form,
        {
            "recording": recording,
            "verified": True,
            "hash": checked.manifest_root.hex(),
            "chunks": checked.chunks,
            "ciphertext_bytes": checked.ciphertext_bytes,
            "header_height": checked.header.height,
            "header_hash": checked.header.hash().hex(),
            "app_hash": checked.header.app_hash.hex(),
            "chain": checked.header.chain_id,
        },
    )


@app.command()
def read(
    recording: RecordingArgument,
    purpose: Annotated[str, typer.Option(help=f"What for: {', '.join(PURPOSES)}.")],
    category: Annotated[
        list[str] | None,
        typer.Option(help="What; all that the consent covers, when none is named. Repeat for several."),
    ] = None,
    precision: Annotated[str, typer.Option(help="How closely: exact or coarse.")] = "exact",
    out: Annotated[Path | None, typer.Option(help="Write the readings into this file, for you alone.")] = None,
    party: AsOption = "buyer",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Buys the reading of a recording under a live consent, decrypts it, and writes its readings as CSV.

    [bold]Example[/bold]
      autochain recording read 8f0c… --as buyer --purpose research --category motion --out drive.csv
    """

    async def job(network: Network) -> tuple[dict[str, Any], list[Part]]:
        reader = network.wallet(party)
        name = from_hex(recording)
        record = await network.client.ask(GetRecording(name))
        if record is None:
            raise NO_RECORDING()
        wanted = tuple(cast(Category, one_of(word, CATEGORIES, "category")) for word in category or ())
        close = cast(Precision, one_of(precision, PRECISIONS, "precision"))
        goal = cast(Purpose, one_of(purpose, PURPOSES, "purpose"))
        consent, what = await find_consent(network, reader, record, purpose=goal, categories=wanted, precision=close)
        receipt, price_uacc, parts = await read_recording(
            network, reader, name, consent=consent, purpose=goal, categories=what, precision=close
        )
        rows = sum(len(part.times_ms) for part in parts)
        return {
            "recording": recording,
            "receipt": receipt.hex(),
            "price": acc(price_uacc),
            "categories": list(what),
            "precision": precision,
            "rows": rows,
        }, parts

    facts, parts = with_network(home, job)
    if out is not None:
        out.touch(mode=0o600)
        with out.open("w", newline="") as file:
            _write(parts, file)
        show(form, facts | {"file": str(out)})
    elif form is Format.JSON:
        readings = [{"category": p.category, "time_ms": p.times_ms, "signals": p.columns} for p in parts]
        show(form, facts | {"readings": readings})
    else:
        _write(parts, sys.stdout)
        print(f"bought on receipt {facts['receipt']} for {facts['price']} ACC", file=sys.stderr)


def _write(parts: list[Part], file: IO[str]) -> None:
    """Writes readings in long form: one line a reading."""
    writer = csv.writer(file)
    writer.writerow(["time_ms", "signal", "value"])
    for part in parts:
        for path, column in part.columns.items():
            writer.writerows(
                (time_ms, path, value)
                for time_ms, value in zip(part.times_ms, column, strict=True)
                if value is not None
            )


def _facts(name: bytes, record: Recording) -> dict[str, Any]:
    return {
        "recording": name.hex(),
        "vehicle": did(record.vehicle),
        "vehicle_account": record.vehicle.hex(),
        "owner": did(record.owner),
        "points": record.points,
        "from": time_text(record.start_ms),
        "to": time_text(record.end_ms),
        "hash": record.manifest_root.hex(),
        "height": record.height,
        "committed": time_text(record.committed_ms),
        "parts": [
            {"category": part.category, "precision": part.precision, "bytes": part.size_bytes} for part in record.parts
        ],
    }
