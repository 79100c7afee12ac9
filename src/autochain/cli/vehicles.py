"""Commands on vehicles: what is known of one, and all that happened to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .answers import show, show_json, show_table
from .completing import parties
from .errors import NO_LIFE
from .groups import examples, group
from .naming import account_named, party_names
from .options import Format, FormatOption, HomeOption, with_network
from .words import km_text, short, time_text, who, whole

if TYPE_CHECKING:
    from ..network import Network
    from ..onchain.contracts.vehicles import Passport, Step

app = group(
    "The lives of vehicles: from the maker to the dismantler, each step with its papers.",
    "vehicle show car-01",
    "vehicle history car-01",
    "vehicle passport car-01 --out car-01.passport",
)
VehicleArgument = Annotated[
    str, typer.Argument(metavar="VEHICLE", autocompletion=parties, help="A DID, or a party of this home.")
]


@app.command("show", epilog=examples("vehicle show car-01", "vehicle show vehicle-3fa91c --format json"))
def show_vehicle(vehicle: VehicleArgument, home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Shows what is known of a vehicle: whose it is, what it runs, and what is open."""

    async def job(network: Network) -> tuple[dict[str, Any], dict[str, str]]:
        from ..onchain.contracts.vehicles import GetPassport

        device = account_named(network, vehicle)
        passport = await network.client.ask(GetPassport(device))
        if passport is None:
            raise NO_LIFE(vehicle)
        return _facts(device, passport), party_names(network)

    found, names = with_network(home, job)
    if form is Format.JSON:
        show_json(found)
        return
    lists = {name: found.pop(name) for name in ("software", "recalls", "security_events")}
    named = {role: whole(names, found[role]) for role in ("vehicle", "owner", "maker")}
    show(form, found | named | {"odometer": km_text(found["odometer_m"])} | {"odometer_m": None})
    for name, rows in lists.items():
        if rows:
            print(f"\n{name.replace('_', ' ')}:")
            show_table([_told(row, names) for row in rows])


def _told(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Writes a row of JSON for people: hashes cut short, DIDs by their names."""
    changed = {"reporter": lambda did: who(names, did)} | dict.fromkeys(("evidence", "fix", "notification"), short)
    return {name: changed[name](value) if value and name in changed else value for name, value in row.items()}


def _facts(device: bytes, passport: Passport) -> dict[str, Any]:
    from ..onchain.ids import did

    life = passport.life
    return {
        "vehicle": did(device),
        "owner": did(passport.owner),
        "maker": did(life.maker),
        "stage": life.stage,
        "since": time_text(life.made_ms),
        "odometer": None,
        "odometer_m": life.odometer_m,
        "steps": life.steps,
        "recalls_open": life.recalls_open,
        "software": [
            {
                "RXSWIN": rxswin,
                "version": software.version,
                "approval": software.approval,
                "campaign": software.campaign,
                "updated": time_text(software.updated_ms),
            }
            for rxswin, software in passport.software
        ],
        "recalls": [
            {"campaign": campaign, "since": time_text(recall.recalled_ms), "evidence": recall.evidence.hex()}
            for campaign, recall in passport.recalls
        ],
        "security_events": [
            {
                "number": number,
                "stage": event.stage,
                "severity": event.severity,
                "reporter": did(event.reporter),
                "reported": time_text(event.reported_ms),
                "evidence": event.evidence.hex(),
                "fix": event.fix.hex() if event.fix else None,
                "notification": event.notification.hex() if event.notification else None,
            }
            for number, event in enumerate(passport.security_events, 1)
        ],
    }


@app.command(epilog=examples("vehicle history car-01", "vehicle history car-01 --format json"))
def history(vehicle: VehicleArgument, home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Shows all that happened to a vehicle, step by step, and who said so.

    This is the node's word; a passport proves the same.
    """

    async def job(network: Network) -> tuple[list[dict[str, Any]], dict[str, str]]:
        from ..onchain.contracts.vehicles import GetHistory, GetLife

        device = account_named(network, vehicle)
        if await network.client.ask(GetLife(device)) is None:
            raise NO_LIFE(vehicle)
        steps: list[Step] = []
        while page := await network.client.ask(GetHistory(device, len(steps))):
            steps += page
        return [step_facts(number, step) for number, step in enumerate(steps, 1)], party_names(network)

    found, names = with_network(home, job)
    if form is Format.JSON:
        show_json({"steps": found})
    else:
        show_table([step_row(names, facts) for facts in found], right=["km"], wrap=["what"])


def step_facts(number: int, step: Step) -> dict[str, Any]:
    """Gives what one step of a life says."""
    from ..onchain.ids import did

    return {
        "number": number,
        "step": step.kind,
        "time": time_text(step.time_ms),
        "by": did(step.by),
        "agreed_by": did(step.agreed_by) if step.agreed_by else None,
        "odometer_m": step.odometer_m,
        "campaign": step.campaign,
        "reference": step.reference,
        "detail": step.detail,
        "evidence": step.evidence.hex() if step.evidence else None,
    }


def step_row(names: dict[str, str], facts: dict[str, Any]) -> dict[str, Any]:
    """Gives a step as a row of a table."""
    parties_of = [facts["by"], *filter(None, [facts["agreed_by"]])]
    told = [facts[name] for name in ("campaign", "reference", "detail") if facts[name]]
    return {
        "": facts["number"],
        "time (UTC)": facts["time"],
        "step": facts["step"].replace("_", " "),
        "by": ", ".join(who(names, party) for party in parties_of),
        "km": "" if facts["odometer_m"] is None else km_text(facts["odometer_m"]).removesuffix(" km"),
        "what": ", ".join(told),
        "evidence": short(facts["evidence"]) if facts["evidence"] else "",
    }
