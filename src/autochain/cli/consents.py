"""Commands on consents: grant, revoke, list."""

from __future__ import annotations

from typing import Annotated, Any, cast

import typer

from ..network import Network
from ..onchain.contracts.consent import PURPOSES, Consent, Ended, Grant, Granted, ListConsents, Purpose, Revoke
from ..onchain.contracts.recording import CATEGORIES, PRECISIONS, Category, Precision
from ..onchain.ids import did, from_hex
from ..onchain.units import acc, from_acc
from .options import AsOption, Format, FormatOption, HomeOption, show, with_network
from .words import account as read_account
from .words import one_of, time_ms, time_text, who

app = typer.Typer(no_args_is_help=True, help="Who may read what, for which purpose, until when.")
DAY_MS = 24 * 3_600_000


@app.command()
def grant(
    reader: Annotated[str, typer.Argument(help="Who may read: a DID, or the name of a party of this home.")],
    vehicle: Annotated[str, typer.Argument(help="Whose recordings: the vehicle's DID, or its party's name.")],
    purpose: Annotated[str, typer.Option(help=f"What for: {', '.join(PURPOSES)}.")],
    category: Annotated[list[str], typer.Option(help=f"What: {', '.join(CATEGORIES)}. Repeat it for several.")],
    price: Annotated[str, typer.Option(help="What the reader pays for each recording, in ACC.")] = "0.5",
    precision: Annotated[str, typer.Option(help="How closely: exact or coarse.")] = "exact",
    since: Annotated[str, typer.Option("--from", help="Recordings from this time on.")] = "1970-01-01",
    until: Annotated[str | None, typer.Option(help="Recordings up to this time; now, when none is named.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="After how many days the consent expires.")] = 30,
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Lets one reader see recordings of one vehicle for one purpose. What is not granted stays closed.

    [bold]Example[/bold]
      autochain consent grant buyer vehicle-3fa91c2b4d5e --purpose research --category motion --price 0.25
    """

    async def job(network: Network) -> dict[str, Any]:
        now_ms = network.clock()
        message = Grant(
            reader=read_account(network, reader),
            vehicle=read_account(network, vehicle),
            purpose=cast(Purpose, one_of(purpose, PURPOSES, "purpose")),
            categories=tuple(sorted({cast(Category, one_of(name, CATEGORIES, "category")) for name in category})),
            precision=cast(Precision, one_of(precision, PRECISIONS, "precision")),
            from_ms=max(0, time_ms(since)),
            until_ms=time_ms(until) if until else now_ms + DAY_MS,
            price_uacc=from_acc(price),
            expires_ms=now_ms + days * DAY_MS,
        )
        sent = await network.client.send(network.wallet(sender), message)
        return {"consent": sent.event(Granted).consent.hex(), "height": sent.submitted.height}

    show(form, with_network(home, job))


@app.command()
def revoke(
    consent: Annotated[str, typer.Argument(help="The consent's id, as `consent list` shows it.")],
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Takes a consent back, at once; what was read before stays with who read it.

    [bold]Example[/bold]
      autochain consent revoke 8f0c… --as owner
    """

    async def job(network: Network) -> dict[str, Any]:
        sent = await network.client.send(network.wallet(sender), Revoke(from_hex(consent)))
        return {"consent": consent, "ended": sent.event(Ended).how, "height": sent.submitted.height}

    show(form, with_network(home, job))


@app.command("list")
def list_(
    party: AsOption = "owner",
    as_reader: Annotated[bool, typer.Option("--as-reader", help="Those granted to the party, not by it.")] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Lists the consents that a party granted, or that were granted to it.

    [bold]Examples[/bold]
      autochain consent list --as owner
      autochain consent list --as buyer --as-reader
    """

    async def job(network: Network) -> tuple[list[dict[str, Any]], dict[bytes, str]]:
        account = read_account(network, party)
        found = await network.client.pages(ListConsents(account, as_reader))
        return [_facts(name, consent, network.clock()) for name, consent in found], network.names()

    found, names = with_network(home, job)
    rows = [
        {
            "consent": row["consent"],
            "reader": who(names, bytes.fromhex(row["reader_account"])),
            "vehicle": who(names, bytes.fromhex(row["vehicle_account"])),
            "purpose": row["purpose"],
            "what": f"{', '.join(row['categories'])}; {row['precision']}",
            "price ACC": row["price"],
            "state": row["state"],
        }
        for row in found
    ]
    show(form, {"consents": found}, rows=rows)


def _facts(name: bytes, consent: Consent, now_ms: int) -> dict[str, Any]:
    return {
        "consent": name.hex(),
        "owner": did(consent.owner),
        "reader": did(consent.reader),
        "reader_account": consent.reader.hex(),
        "vehicle": did(consent.vehicle),
        "vehicle_account": consent.vehicle.hex(),
        "purpose": consent.purpose,
        "categories": list(consent.categories),
        "precision": consent.precision,
        "from": time_text(consent.from_ms),
        "until": time_text(consent.until_ms),
        "price": acc(consent.price_uacc),
        "price_uacc": consent.price_uacc,
        "granted": time_text(consent.granted_ms),
        "expires": time_text(consent.expires_ms),
        "state": "live" if consent.lives(now_ms) else "ended",
    }
