"""Commands that take steps in the life of a vehicle: each by who may take it, with the papers it rests on."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from .answers import show
from .completing import parties
from .errors import KEYS_ELSEWHERE, NO_EVIDENCE, NO_LIFE, NOT_CONFIRMED, TOO_MANY_VEHICLES
from .groups import examples, group
from .naming import account_named
from .options import AsOption, Format, FormatOption, HomeOption, with_network
from .vehicles import VehicleArgument
from .words import metres

if TYPE_CHECKING:
    from ..network import Network
    from ..onchain.ledger import Message
    from ..wallet import Wallet

app = group(
    "The steps that are taken in a vehicle's life.", "vehicle sell car-01 owner-02 --odometer 9 --evidence a.pdf"
)
_Agreeing: TypeAlias = "Callable[[Network, bytes], Awaitable[Wallet]]"
EvidenceOption = Annotated[
    Path,
    typer.Option("--evidence", metavar="FILE", help="The paper it rests on; its SHA-256 is stated, the file stays."),
]
OdometerOption = Annotated[
    str, typer.Option("--odometer", metavar="KM", help="What the odometer shows, in kilometres, like 48210.5.")
]


def evidence_of(file: Path) -> bytes:
    """Gives the SHA-256 of a paper."""
    try:
        with file.open("rb") as paper:
            return hashlib.file_digest(paper, "sha256").digest()
    except OSError as error:
        raise NO_EVIDENCE(f"{file}: {error.strerror}") from None


def _agreeing(name: str) -> _Agreeing:
    """Has a party of this home agree, by its name; nobody where it is the sender itself."""

    async def find(network: Network, device: bytes) -> Wallet:
        from ..network import acting

        return await acting(network, name)

    return find


async def _owner(network: Network, device: bytes) -> Wallet:
    """Has the present owner agree, whoever that is."""
    from ..onchain.ids import did
    from ..onchain.ledger import interfaces

    account = await network.client.ask(interfaces.AccountOf(device))
    if account is None:
        raise NO_LIFE(did(device))
    name = network.names().get(account.owner)
    if name is None:
        raise KEYS_ELSEWHERE(f"the owner, {did(account.owner)}")
    return network.wallet(name)


def take(
    home: Path | None,
    form: Format,
    vehicle: str,
    sender: str,
    message: Callable[[bytes], Message],
    agreeing: _Agreeing | None = None,
) -> None:
    """Has a party take a step in a vehicle's life, another agreeing where it must, and shows the step."""

    async def job(network: Network) -> dict[str, Any]:
        from ..network import acting

        device = account_named(network, vehicle)
        wallet = await acting(network, sender)
        other = await agreeing(network, device) if agreeing else None
        payer = None if other == wallet else other
        told, name = await _sent(network, wallet, message(device), payer), network.names().get(device)
        if name is not None and payer is not None:
            # Where the payer owns it now: it gets keys that the seller never knew.
            await network.taken_over(network.wallet(name), payer)
        return told

    show(form, with_network(home, job))


async def _sent(network: Network, sender: Wallet, message: Message, payer: Wallet | None = None) -> dict[str, Any]:
    from ..onchain.contracts.vehicles import StepTaken
    from ..onchain.ids import did

    sent = await network.client.send(sender, message, payer=payer)
    taken = sent.event(StepTaken)
    evidence = getattr(message, "evidence", None)
    return {
        "vehicle": did(taken.device),
        "number": taken.number,
        "step": taken.kind,
        "by": did(taken.by),
        "agreed_by": did(taken.agreed_by) if taken.agreed_by else None,
        "evidence": evidence.hex() if evidence else None,
        "height": sent.submitted.height,
        "transaction": sent.submitted.hash.hex(),
    }


@app.command(
    epilog=examples(
        "vehicle make vehicle-3fa91c --odometer 48210 --evidence certificate.pdf",
        "vehicle make car-01 --odometer 12 --evidence coc.pdf --as owner-01 --maker maker",
    )
)
def make(
    vehicle: VehicleArgument,
    odometer: OdometerOption,
    evidence: EvidenceOption,
    maker: Annotated[
        str, typer.Option(metavar="PARTY", autocompletion=parties, help="Who made it and signs too.")
    ] = "maker",
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Begins the life of a vehicle: its owner and its maker sign.

    From then on it changes hands and ends by its life alone, see `vehicle sell` and `vehicle scrap`.
    """
    from ..onchain.contracts.vehicles import Make

    paper, odometer_m = evidence_of(evidence), metres(odometer)
    take(home, form, vehicle, sender, lambda device: Make(device, paper, odometer_m), _agreeing(maker))


@app.command("enter-service", epilog=examples("vehicle enter-service car-01 --evidence registration.pdf"))
def enter_service(
    vehicle: VehicleArgument,
    evidence: EvidenceOption,
    sender: AsOption = "registration-authority",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Takes a vehicle into service, as a registration authority does."""
    from ..onchain.contracts.vehicles import EnterService

    paper = evidence_of(evidence)
    take(home, form, vehicle, sender, lambda device: EnterService(device, paper))


@app.command(
    epilog=examples(
        "vehicle sell vehicle-3fa91c owner-2 --odometer 48210 --evidence contract.pdf",
        "vehicle sell car-01 owner-02 --odometer 51877.4 --evidence contract.pdf --as owner-01",
    )
)
def sell(
    vehicle: VehicleArgument,
    taker: Annotated[
        str,
        typer.Argument(
            metavar="PARTY", autocompletion=parties, help="Who buys it and pays the fee; its keys lie here."
        ),
    ],
    odometer: OdometerOption,
    evidence: EvidenceOption,
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Sells a vehicle to its next owner; both sign, and both sign what the odometer shows.

    What it has recorded stays its former owner's, with consents and receipts; what it records from now on is the next
    one's, and no consent of the former owner opens it.
    """
    from ..onchain.contracts.vehicles import Sell

    paper, odometer_m = evidence_of(evidence), metres(odometer)
    take(home, form, vehicle, sender, lambda device: Sell(device, odometer_m, paper), _agreeing(taker))


@app.command("odometer", epilog=examples("vehicle odometer car-01 48210.5 --evidence photo.jpg --as owner-01"))
def state_odometer(
    vehicle: VehicleArgument,
    odometer: Annotated[str, typer.Argument(metavar="KM", help="In kilometres, like 48210.5.")],
    evidence: EvidenceOption,
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """States what a vehicle's odometer shows: itself, its owner, or a registration authority."""
    from ..onchain.contracts.vehicles import StateOdometer

    paper, odometer_m = evidence_of(evidence), metres(odometer)
    take(home, form, vehicle, sender, lambda device: StateOdometer(device, odometer_m, paper))


@app.command(
    epilog=examples("vehicle repair car-01 --odometer 51877.4 --evidence invoice.pdf --campaign GXC-0206"),
)
def repair(
    vehicle: VehicleArgument,
    odometer: OdometerOption,
    evidence: EvidenceOption,
    campaign: Annotated[str | None, typer.Option(metavar="NAME", help="The recall that it closes.")] = None,
    sender: AsOption = "workshop",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Tells of a repair by a workshop; the owner signs too, and a recall that is named is closed."""
    from ..onchain.contracts.vehicles import Repair

    paper, odometer_m = evidence_of(evidence), metres(odometer)
    take(home, form, vehicle, sender, lambda device: Repair(device, odometer_m, paper, campaign), _owner)


@app.command(
    epilog=examples('vehicle modify car-01 --odometer 51877.4 --evidence report.pdf --approval "E1*55R01/02*1234"')
)
def modify(
    vehicle: VehicleArgument,
    odometer: OdometerOption,
    evidence: EvidenceOption,
    approval: Annotated[str, typer.Option(metavar="NUMBER", help="Number of the approval, as it is written.")],
    sender: AsOption = "workshop",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Tells of a change from how the vehicle was made, by a workshop under an approval; the owner signs too."""
    from ..onchain.contracts.vehicles import Modify

    paper, odometer_m = evidence_of(evidence), metres(odometer)
    take(home, form, vehicle, sender, lambda device: Modify(device, odometer_m, paper, approval), _owner)


@app.command(epilog=examples("vehicle recall GXC-2026-07 car-01 car-02 --evidence recall.pdf"))
def recall(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="What the recall is called.")],
    vehicles: Annotated[
        list[str],
        typer.Argument(metavar="VEHICLE", autocompletion=parties, help="Which ones: up to 64 DIDs, or parties."),
    ],
    evidence: EvidenceOption,
    sender: AsOption = "maker",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Recalls vehicles, as their maker does: all that are named, or none. A repair closes it for each."""
    paper = evidence_of(evidence)

    async def job(network: Network) -> dict[str, Any]:
        from ..network import acting
        from ..onchain.contracts.vehicles import MAX_RECALLED, Recall
        from ..onchain.ids import did

        devices = tuple(sorted({account_named(network, vehicle) for vehicle in vehicles}))
        if len(devices) > MAX_RECALLED:
            raise TOO_MANY_VEHICLES(f"{len(devices)}, at most {MAX_RECALLED}")
        sent = await network.client.send(await acting(network, sender), Recall(devices, campaign, paper))
        return {
            "campaign": campaign,
            "vehicles": [did(device) for device in devices],
            "evidence": paper.hex(),
            "height": sent.submitted.height,
            "transaction": sent.submitted.hash.hex(),
        }

    show(form, with_network(home, job))


@app.command(
    "approve-software",
    epilog=examples('vehicle approve-software "GXC R155" 1.7 --approval "E1*155R00/05*0001"'),
)
def approve_software(
    rxswin: Annotated[str, typer.Argument(metavar="RXSWIN", help="The identifier of the approved software.")],
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Which version.")],
    approval: Annotated[str, typer.Option(metavar="NUMBER", help="Number of the approval, as it is written.")],
    maker: Annotated[str, typer.Option(metavar="PARTY", autocompletion=parties, help="For whose vehicles.")] = "maker",
    sender: AsOption = "approval-authority",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Approves a version of a maker's software (UN R156), as an approval authority does."""

    async def job(network: Network) -> dict[str, Any]:
        from ..network import acting
        from ..onchain.contracts.vehicles import ApproveSoftware
        from ..onchain.ids import did

        authority, account = await acting(network, sender), account_named(network, maker)
        sent = await network.client.send(authority, ApproveSoftware(account, rxswin, version, approval))
        return {
            "rxswin": rxswin,
            "version": version,
            "maker": did(account),
            "by": authority.did,
            "approval": approval,
            "height": sent.submitted.height,
        }

    show(form, with_network(home, job))


@app.command(
    "update-software",
    epilog=examples(
        'vehicle update-software car-01 "GXC R155" 1.7', "vehicle update-software car-01 R79 2 --as car-01"
    ),
)
def update_software(
    vehicle: VehicleArgument,
    rxswin: Annotated[str, typer.Argument(metavar="RXSWIN", help="The identifier of the approved software.")],
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Which version it now runs; an approved one.")],
    campaign: Annotated[str | None, typer.Option(metavar="NAME", help="The campaign with which it came.")] = None,
    sender: AsOption = "maker",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """States that a vehicle now runs an approved version: itself, or its maker."""
    from ..onchain.contracts.vehicles import UpdateSoftware

    take(home, form, vehicle, sender, lambda device: UpdateSoftware(device, rxswin, version, campaign))


@app.command(
    epilog=examples("vehicle scrap car-01 --odometer 312004 --evidence destruction.pdf --as owner-01"),
)
def scrap(
    vehicle: VehicleArgument,
    odometer: OdometerOption,
    evidence: EvidenceOption,
    dismantler: Annotated[
        str, typer.Option(metavar="PARTY", autocompletion=parties, help="Who takes it and signs too.")
    ] = "dismantler",
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Ends a vehicle's life and its DID for good; the owner and a dismantler sign."""
    from ..onchain.contracts.vehicles import Scrap

    paper, odometer_m = evidence_of(evidence), metres(odometer)
    if not yes and not (sys.stdin.isatty() and typer.confirm(f"End the life of {vehicle} for good?", err=True)):
        raise NOT_CONFIRMED(vehicle)
    take(home, form, vehicle, sender, lambda device: Scrap(device, odometer_m, paper), _agreeing(dismantler))
