"""Commands on delegated access to a vehicle: grant, pass on, use, look, end."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .answers import show, show_json, show_table
from .completing import credentials, parties
from .documents import credential_named, did_named, new_file
from .groups import examples, group
from .hours import area, area_text, hours_text, position, windows
from .naming import account_named, party_names
from .options import AsOption, Format, FormatOption, HomeOption, with_network
from .words import short, time_ms, time_text, who, whole

if TYPE_CHECKING:
    from ..network import Network
    from ..network.credentials import Issued, Kept
    from ..wallet.credentials.access import Resource

app = group(
    "Who may use a vehicle, for what, when and where; the vehicle checks it by itself.",
    "access grant buyer car-01 --resource unlock --resource drive",
    "access list --as buyer",
)
DAY_MS = 24 * 3_600_000


# The words of wallet/credentials/access again, for help must not wait until that is loaded. A test compares.
class ResourceName(Enum):
    """What a grant may name, as a word of a command."""

    UNLOCK = "unlock"
    LOCK = "lock"
    OPEN_BOOT = "open_boot"
    DRIVE = "drive"
    CHARGE = "charge"
    SET_CLIMATE = "set_climate"
    READ_TYRE_PRESSURE = "read_tyre_pressure"
    READ_ODOMETER = "read_odometer"
    READ_BATTERY_LEVEL = "read_battery_level"
    READ_POSITION = "read_position"
    READ_FAULT_CODES = "read_fault_codes"
    UPDATE_SOFTWARE = "update_software"


RESOURCE_HELP = f"What: {', '.join(name.value for name in ResourceName)}. Repeat it for several."
ResourcesOption = Annotated[list[ResourceName] | None, typer.Option("--resource", metavar="NAME", help=RESOURCE_HELP)]
HolderArgument = Annotated[
    str,
    typer.Argument(
        metavar="HOLDER", autocompletion=parties, help="Who may: a DID, a did:key too, or a party of this home."
    ),
]
GrantArgument = Annotated[
    str,
    typer.Argument(
        metavar="GRANT", autocompletion=credentials, help="Its id, or its first 6 digits or more; or a file."
    ),
]
HolderOption = Annotated[
    str, typer.Option("--as", metavar="PARTY", autocompletion=parties, help="Who has it; its keys lie in the home.")
]
DuringOption = Annotated[
    list[str] | None,
    typer.Option("--during", metavar="HOURS", help="Hours of the week in UTC, like 'mon-fri 08:00-18:00'. Repeatable."),
]
WithinOption = Annotated[str | None, typer.Option("--within", metavar="LAT,LON,METRES", help="Only in this circle.")]
CornerOption = Annotated[
    list[str] | None,
    typer.Option("--corner", metavar="LAT,LON", help="Only in the area with these corners; three or more."),
]
UsesOption = Annotated[
    int | None, typer.Option("--uses", metavar="NUMBER", min=1, max=1_000_000, help="How often at most.")
]
DelegationsOption = Annotated[
    int, typer.Option("--delegations", metavar="NUMBER", min=0, max=3, help="How many times in a row it may go on.")
]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Writes it to this new file, too, for a holder elsewhere.")
]
AtOption = Annotated[str | None, typer.Option("--at", metavar="LAT,LON", help="Where the vehicle is.")]


@app.command(
    epilog=examples(
        "access grant buyer vehicle-3fa91c --resource unlock --resource drive --days 2",
        "access grant buyer car-01 --resource drive --during 'mon-fri 08:00-18:00'"
        " --within 52.5163,13.3777,20000 --uses 10 --delegations 1 --as owner-01",
    )
)
def grant(
    holder: HolderArgument,
    vehicle: Annotated[
        str, typer.Argument(metavar="VEHICLE", autocompletion=parties, help="Its DID, or its name in this home.")
    ],
    resource: Annotated[list[ResourceName], typer.Option("--resource", metavar="NAME", help=RESOURCE_HELP)],
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="From when on; UTC.", show_default="now")
    ] = None,
    days: Annotated[int, typer.Option(metavar="DAYS", min=1, max=3650, help="After how many days it ends.")] = 7,
    during: DuringOption = None,
    within: WithinOption = None,
    corner: CornerOption = None,
    uses: UsesOption = None,
    delegations: DelegationsOption = 0,
    sender: AsOption = "owner",
    out: OutOption = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Lets somebody use a vehicle: what, when, where, how often.

    It ends by itself, when its owner revokes it, and with the sale of the vehicle. What is not granted stays closed.
    """
    times, place = windows(during or ()), area(within, corner or ())
    from_ms = time_ms(since) if since else None

    async def job(network: Network) -> dict[str, Any]:
        from ..network.credentials import access

        start_ms = network.clock() // 1000 * 1000 if from_ms is None else from_ms
        terms = access.Terms(
            resources=_resources(resource),
            since_ms=start_ms,
            until_ms=start_ms + days * DAY_MS,
            times=times,
            area=place,
            uses=uses,
            delegations=delegations,
        )
        to = await access.holder_named(network, did_named(network, holder))
        account = account_named(network, vehicle)
        issued = await access.grant_access(network, network.wallet(sender), account, to, terms)
        return _issued(network, sender, issued, put, out)

    with new_file(out) as put:
        answer = with_network(home, job)
    show(form, answer)


@app.command(
    epilog=examples(
        "access delegate 8f0c27d1a5e4 stranger --resource unlock --as buyer",
        "access delegate 8f0c27 did:key:z6Mkq2 --until 2026-12-01T18:00 --as buyer --out unlock.json",
    )
)
def delegate(
    granted: GrantArgument,
    holder: HolderArgument,
    sender: HolderOption,
    resource: ResourcesOption = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Until when; UTC.", show_default="when the grant ends"),
    ] = None,
    during: DuringOption = None,
    within: WithinOption = None,
    corner: CornerOption = None,
    uses: UsesOption = None,
    delegations: DelegationsOption = 0,
    out: OutOption = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Passes a grant on to somebody else, never wider than it is; what is not named stays as it was granted.

    It ends with the grant that it comes of. The chain learns nothing of it.
    """
    times, place = windows(during or ()), area(within, corner or ())
    until_ms = time_ms(until) if until else None

    async def job(network: Network) -> dict[str, Any]:
        from ..network.credentials import access

        kept = credential_named(network, sender, granted)
        narrowing = access.Narrowing(
            resources=_resources(resource) if resource else None,
            until_ms=until_ms,
            times=times,
            area=place,
            uses=uses,
            delegations=delegations,
        )
        to = await access.holder_named(network, did_named(network, holder))
        issued = access.pass_on(network, network.wallet(sender), kept, to, narrowing)
        return _issued(network, sender, issued, put, out)

    with new_file(out) as put:
        answer = with_network(home, job)
    show(form, answer)


def _resources(names: list[ResourceName]) -> tuple[Resource, ...]:
    return tuple(name.value for name in names)


def _issued(network: Network, issuer: str, issued: Issued, put: Any, out: Path | None) -> dict[str, Any]:
    from ..network.credentials import write_chain

    put(write_chain(issued.kept))
    return {
        **_facts(issued.kept, party_names(network)),
        "kept_by": [issuer, *filter(None, [issued.holder])],
        "file": str(out) if out else None,
    }


def _facts(kept: Kept, names: dict[str, str]) -> dict[str, Any]:
    from ..network.credentials import access

    found = access.grant_of(kept)
    return {
        "grant": kept.name,
        "vehicle": whole(names, found.vehicle),
        "by": whole(names, found.issuer),
        "holder": whole(names, found.holder),
        "resources": list(found.resources),
        "from": time_text(found.since_ms),
        "until": time_text(found.until_ms),
        "during": hours_text(found.times),
        "where": area_text(found.area),
        "uses": found.uses if found.uses is not None else "any number",
        "delegations": found.delegations,
        "passed_on": len(kept.above),
    }


@app.command("list", epilog=examples("access list", "access list --as buyer --format json"))
def list_(party: HolderOption = "owner", home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Lists the grants that a party gave or has, and how each stands on the chain now."""

    async def job(network: Network) -> tuple[list[dict[str, Any]], dict[str, str]]:
        from ..network.credentials import CredentialFolder, access

        wallet, names = network.wallet(party), party_names(network)
        kept = [each for each in CredentialFolder(network.home.parties, wallet.name).all() if access.is_grant(each)]
        return [{**_facts(each, names), "state": await access.grant_state(network, each)} for each in kept], names

    found, names = with_network(home, job)
    if form is Format.JSON:
        show_json({"grants": found})
        return
    show_table(
        [
            {
                "grant": short(each["grant"]),
                "vehicle": who(names, each["vehicle"].partition(" ")[0]),
                "by": who(names, each["by"].partition(" ")[0]),
                "holder": who(names, each["holder"].partition(" ")[0]),
                "what": ", ".join(each["resources"]),
                "until": each["until"][:16],
                "state": each["state"],
            }
            for each in found
        ],
        shorten="vehicle",
        wrap=["what", "state"],
    )


@app.command(
    epilog=examples(
        "access use 8f0c27d1a5e4 unlock --as buyer", "access use 8f0c27 drive --as buyer --at 52.51,13.37 --offline"
    )
)
def use(
    granted: GrantArgument,
    resource: Annotated[
        ResourceName,
        typer.Argument(metavar="RESOURCE", show_choices=False, help="What to do; one that the grant names."),
    ],
    holder: HolderOption,
    at: AtOption = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="The vehicle has no connection and relies on what it heard last.")
    ] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Uses a vehicle: it asks a challenge, the holder answers with its key, the vehicle checks, counts and logs it.

    Both sides run here, on the files of the home, as they would on a phone and in a car. Unless it is --offline, the
    vehicle first hears who owns it and what is revoked.
    """
    place = position(at)

    async def job(network: Network) -> dict[str, Any]:
        from ..network.credentials import access

        kept, wallet = credential_named(network, holder, granted), network.wallet(holder)
        allowed = await access.use_access(network, wallet, kept, resource.value, position=place, online=not offline)
        return {
            "allowed": True,
            "resource": allowed.resource,
            "vehicle": whole(party_names(network), allowed.grants[-1].vehicle),
            "holder": whole(party_names(network), allowed.holder),
            "line": allowed.number,
        }

    show(form, with_network(home, job))


@app.command(epilog=examples("access check 8f0c27d1a5e4 --as buyer", "access check 8f0c27 --as buyer --at 52.51,13.37"))
def check(
    granted: GrantArgument,
    holder: HolderOption,
    at: AtOption = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Says what of a grant the vehicle would allow its holder now. Nothing is counted or logged."""
    place = position(at)

    async def job(network: Network) -> list[dict[str, Any]]:
        from ..network.credentials import access

        kept, wallet = credential_named(network, holder, granted), network.wallet(holder)
        return [
            {
                "resource": each.resource,
                "allowed": each.refusal is None,
                "why": "" if each.refusal is None else each.refusal.text,
                "needed": "" if each.refusal is None else each.refusal.remedy,
            }
            for each in await access.try_access(network, wallet, kept, position=place)
        ]

    found = with_network(home, job)
    if form is Format.JSON:
        show_json({"resources": found})
    else:
        show_table(found, wrap=["why", "needed"])


@app.command(epilog=examples("access log vehicle-3fa91c", "access log car-01 --format json"))
def log(
    vehicle: Annotated[
        str, typer.Argument(metavar="VEHICLE", autocompletion=parties, help="Its DID, or its name in this home.")
    ],
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Shows who used a vehicle by a grant, and who was refused, as the vehicle itself has logged it."""

    async def job(network: Network) -> tuple[dict[str, Any], dict[str, str]]:
        from ..network.credentials import access

        return access.access_log(network, account_named(network, vehicle)), party_names(network)

    found, names = with_network(home, job)
    if form is Format.JSON:
        show_json(found)
        return
    entries = [line["entry"] for part in ("uses", "refusals") for line in found[part]["lines"]]
    show_table(
        [
            {
                "time": each["time"].replace("T", " ").rstrip("Z"),
                "result": each["result"],
                "resource": each.get("resource") or "",
                "holder": who(names, each["holder"]) if each.get("holder") else "not proved",
                "reason": each.get("reason") or "",
            }
            for each in sorted(entries, key=lambda entry: str(entry["time"]))
        ]
    )


@app.command(epilog=examples("access revoke 8f0c27d1a5e4", "access revoke 8f0c27 --as owner-01 --format json"))
def revoke(
    granted: GrantArgument, sender: AsOption = "owner", home: HomeOption = None, form: FormatOption = Format.TABLE
) -> None:
    """Ends a grant for ever, with all that was passed on of it; a vehicle learns of it when it has a connection."""

    async def job(network: Network) -> dict[str, Any]:
        from ..network.credentials import access, set_status

        kept = credential_named(network, sender, granted)
        access.grant_of(kept)
        await set_status(network, network.wallet(sender), kept, "revocation", value=True)
        return {"grant": kept.name, "state": await access.grant_state(network, kept)}

    show(form, with_network(home, job))
