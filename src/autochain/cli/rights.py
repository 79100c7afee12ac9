"""Commands for the subject of data: who has read it, all that there is about it, and its erasure."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .answers import plain, show, show_json, show_table
from .bar import bar
from .completing import recordings
from .errors import CANNOT_WRITE, FILE_EXISTS, NOT_CONFIRMED, NOTHING_NAMED
from .groups import examples, group
from .naming import account_named, party_names, recording_named
from .options import AsOption, Format, FormatOption, HomeOption, with_network
from .words import short, time_text, who

if TYPE_CHECKING:
    from ..network import ErasureReceipt, Network
    from ..onchain.contracts.market import Receipt

app = group(
    "All that there is about a party: taken along, or erased.", "data export mine.zip", "data erase 8f0c27d1a5e4"
)
MINUTE_LETTERS = len("2026-11-21 08:00")
PartyOption = Annotated[str, typer.Option("--as", metavar="PARTY", help="Whose: a DID, or a party of this home.")]


def sharing_list(party: PartyOption = "owner", home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Shows who has bought what of a party's data, for what, and what became of it.

    Every receipt is proved, and that there is no other: the chain counts as many. Nothing here is the node's word.
    """

    async def job(network: Network) -> tuple[list[dict[str, Any]], dict[str, str], dict[str, Any]]:
        from ..network import sharing_list as proved_list

        with bar("receipts", form) as progress:
            shared = await proved_list(network, account_named(network, party), progress=progress)
        facts = {
            "count": len(shared.receipts),
            "height": shared.header.height,
            "time": time_text(shared.header.time_ms),
        }
        return [_read(name, receipt) for name, receipt in shared.receipts], party_names(network), facts

    receipts, names, facts = with_network(home, job)
    if form is Format.JSON:
        show_json({"receipts": receipts, "complete": facts})
        return
    show_table(
        [
            {
                "time": read["time"][:MINUTE_LETTERS],
                "reader": who(names, read["reader"]),
                "recording": short(read["recording"]),
                "what": f"{read['purpose']}: {', '.join(read['categories'])}; {read['precision']}",
                "ACC": read["price"],
                "state": read["state"],
            }
            for read in receipts
        ],
        wrap=["what"],
        right=["ACC"],
    )
    print(f"complete: the chain counts {facts['count']} at height {facts['height']}")


def _read(name: bytes, receipt: Receipt) -> dict[str, Any]:
    from ..onchain.contracts.consent import BASES
    from ..onchain.ids import did
    from ..onchain.units import acc

    return {
        "receipt": name.hex(),
        "time": time_text(receipt.bought_ms),
        "reader": did(receipt.reader),
        "recording": receipt.recording.hex(),
        "vehicle": did(receipt.vehicle),
        "consent": receipt.consent.hex(),
        "purpose": receipt.purpose,
        "basis": BASES[receipt.purpose],
        "categories": list(receipt.categories),
        "precision": receipt.precision,
        "price": acc(receipt.price_uacc),
        "price_uacc": receipt.price_uacc,
        "state": receipt.status,
    }


@app.command(epilog=examples("data export mine.zip", "data export mine.zip --as owner-01"))
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The zip file to write, for you alone.")],
    party: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Writes all that the network has about a party into a zip file.

    Its records on the chain with their proofs, its readings as CSV as far as it holds the keys, and the credentials
    that it keeps, opened. What can't be read is named, and holds up nothing else.
    """

    async def job(network: Network) -> dict[str, Any]:
        from ..network import export_data

        with bar("records", form) as progress:
            done = await export_data(network, network.wallet(party), file, progress=progress)
        return {"file": str(file), **done._asdict()}

    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise FILE_EXISTS(str(file)) from None
    except OSError as error:
        raise CANNOT_WRITE(f"{file}: {error.strerror}") from None
    try:
        facts = with_network(home, job)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    if form is Format.JSON:
        show_json(facts)
    else:
        show(form, {name: value for name, value in facts.items() if name != "missing"})
        for line in facts["missing"]:
            print(plain(f"missing: {line}"))
    if facts["missing"]:
        raise typer.Exit(1)


@app.command(epilog=examples("data erase 8f0c27d1a5e4", "data erase --all --yes --as owner-01"))
def erase(
    recordings: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RECORDING", autocompletion=recordings, help="Ids of recordings, or their first 6 digits or more."
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All recordings of the party.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    party: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Erases recordings for good: every holder destroys its keys, in its store and its backups, and states so.

    What was read before stays with who read it; the answer names those receipts.
    """
    if bool(recordings) == every:
        raise NOTHING_NAMED()
    question = "Erase all recordings for good?" if every else f"Erase {len(recordings or ())} recordings for good?"
    if not yes and not (sys.stdin.isatty() and typer.confirm(question, err=True)):
        raise NOT_CONFIRMED()

    async def job(network: Network) -> list[ErasureReceipt]:
        from ..network import erase as erase_all
        from ..onchain.contracts.recording import ListRecordings

        owner = network.wallet(party)
        if every:
            names = [name for name, _ in await network.client.pages(ListRecordings(owner.account))]
        else:
            names = [await recording_named(network, text) for text in recordings or ()]
        with bar("recordings", form) as progress:
            return await erase_all(network, owner, names, progress=progress)

    receipts = [_erased(receipt) for receipt in with_network(home, job)]
    if form is Format.JSON:
        show_json({"erased": receipts})
        return
    show_table(
        [
            {
                "recording": short(receipt["recording"]),
                "holders": len(receipt["holders"]),
                "destroyed": max(holder["time"] for holder in receipt["holders"]),
                "read before": ", ".join(map(short, receipt["read_before"])) or "by nobody",
            }
            for receipt in receipts
        ],
        wrap=["read before"],
    )


def _erased(receipt: ErasureReceipt) -> dict[str, Any]:
    from ..onchain.codec import encode
    from ..onchain.ids import did

    return {
        "recording": receipt.recording.hex(),
        "holders": [
            {
                "did": did(holder.account),
                "time": time_text(holder.destroyed_ms),
                "proof": encode(holder.proved).hex(),
            }
            for holder in receipt.holders
        ],
        "read_before": [name.hex() for name in receipt.read_before],
    }
