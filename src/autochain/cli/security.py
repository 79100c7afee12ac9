"""Commands on a vehicle's security events: reported, triaged, fixed, notified."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from .groups import examples, group
from .lives import EvidenceOption, evidence_of, take
from .options import AsOption, Format, FormatOption, HomeOption
from .vehicles import VehicleArgument

app = group(
    "Security events of a vehicle (UN R155): reported, triaged, fixed, notified.",
    "vehicle security report car-01 --evidence log.txt --as owner-01",
    "vehicle security triage car-01 1 high",
)
# The contract's own words again, as in options. A test compares.
SeverityName = Literal["none", "low", "medium", "high", "critical"]
NumberArgument = Annotated[
    int, typer.Argument(metavar="NUMBER", min=1, max=1_000_000_000, help="Which event, as `vehicle show` numbers them.")
]


@app.command(epilog=examples("vehicle security report car-01 --evidence log.txt --as owner-01"))
def report(
    vehicle: VehicleArgument,
    evidence: EvidenceOption,
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Reports a sign of an attack or of a weakness: the vehicle, its owner or its maker.

    That there is one is public from then on.
    """
    from ..onchain.contracts.vehicles import ReportSecurityEvent

    paper = evidence_of(evidence)
    take(home, form, vehicle, sender, lambda device: ReportSecurityEvent(device, paper))


@app.command(epilog=examples("vehicle security triage car-01 1 high"))
def triage(
    vehicle: VehicleArgument,
    number: NumberArgument,
    severity: Annotated[SeverityName, typer.Argument(metavar="SEVERITY", help="none, low, medium, high or critical.")],
    sender: AsOption = "maker",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Says how bad a reported event is, as the maker judges."""
    from ..onchain.contracts.vehicles import TriageSecurityEvent

    take(home, form, vehicle, sender, lambda device: TriageSecurityEvent(device, number, severity))


@app.command(epilog=examples("vehicle security fix car-01 1 --evidence release-notes.pdf"))
def fix(
    vehicle: VehicleArgument,
    number: NumberArgument,
    evidence: EvidenceOption,
    sender: AsOption = "maker",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """States that the maker has fixed what a triaged event showed."""
    from ..onchain.contracts.vehicles import FixSecurityEvent

    paper = evidence_of(evidence)
    take(home, form, vehicle, sender, lambda device: FixSecurityEvent(device, number, paper))


@app.command(epilog=examples("vehicle security notify car-01 1 --evidence letter.pdf"))
def notify(
    vehicle: VehicleArgument,
    number: NumberArgument,
    evidence: EvidenceOption,
    sender: AsOption = "maker",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """States that the maker has told the authority of an event and its fix."""
    from ..onchain.contracts.vehicles import NotifySecurityEvent

    paper = evidence_of(evidence)
    take(home, form, vehicle, sender, lambda device: NotifySecurityEvent(device, number, paper))
