"""What may be asked of vehicles, and what it announces."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, get_args

import msgspec

from ...codec import tag_of
from ...crypto import Hash
from ...ids import Id
from ...ledger import Event, Message
from ...units import Count
from . import errors

TAG = tag_of(__name__)
STEP_WEIGHT = 250
PASSING_WEIGHT = 300
"""What a step costs that changes the device's DID as well."""
MAX_RECALLED = 64
"""How many devices one recall may name."""
MAX_ODOMETER_M = 10_000_000_000
"""Ten million kilometres: more than any vehicle has travelled."""

Odometer = Annotated[int, msgspec.Meta(ge=0, le=MAX_ODOMETER_M)]
"""Total distance travelled, in metres."""
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""What makers and authorities call a campaign, an approval, an RXSWIN or a version: printable ASCII."""

StepKind = Literal[
    "made",
    "registered",
    "sold",
    "odometer_stated",
    "repaired",
    "modified",
    "recalled",
    "software_updated",
    "event_reported",
    "event_triaged",
    "event_fixed",
    "event_notified",
    "scrapped",
]
STEP_KINDS: tuple[StepKind, ...] = get_args(StepKind)

Severity = Literal["none", "low", "medium", "high", "critical"]
"""How bad a security event is, by the words of CVSS."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


def check_names(*names: str | None) -> None:
    """Refuses what two readers could take for different or for the same texts."""
    for name in names:
        if name is not None and (not all(" " <= letter <= "~" for letter in name) or " " in (name[0], name[-1])):
            raise errors.NOT_PRINTABLE()


class Make(Message, frozen=True, tag=TAG):
    """The sender, who owns a device, begins its life; the maker is the sender, or co-signs as payer."""

    device: Id
    evidence: Hash
    odometer_m: Odometer
    weight: ClassVar[int] = STEP_WEIGHT


class EnterService(Message, frozen=True, tag=TAG):
    """The sender, a registration authority, takes a device into service."""

    device: Id
    evidence: Hash
    weight: ClassVar[int] = STEP_WEIGHT


class Sell(Message, frozen=True, tag=TAG):
    """The sender sells a device of its own to another, who co-signs as payer, both with this odometer reading."""

    device: Id
    odometer_m: Odometer
    evidence: Hash
    weight: ClassVar[int] = PASSING_WEIGHT


class StateOdometer(Message, frozen=True, tag=TAG):
    """The sender, the device itself, its owner or a registration authority, states what the odometer shows."""

    device: Id
    odometer_m: Odometer
    evidence: Hash
    weight: ClassVar[int] = STEP_WEIGHT


class Repair(Message, frozen=True, tag=TAG):
    """The sender, a workshop, repairs a device, whose owner agrees; a recall that it names is closed."""

    device: Id
    odometer_m: Odometer
    evidence: Hash
    campaign: Name | None = None
    weight: ClassVar[int] = STEP_WEIGHT

    def check(self) -> None:
        check_names(self.campaign)


class Modify(Message, frozen=True, tag=TAG):
    """The sender, a workshop, changes a device from how it was made, under an approval; its owner agrees."""

    device: Id
    odometer_m: Odometer
    evidence: Hash
    approval: Name
    weight: ClassVar[int] = STEP_WEIGHT

    def check(self) -> None:
        check_names(self.approval)


class Recall(Message, frozen=True, tag=TAG):
    """The sender recalls devices that it has made; the recall of each is open until a repair names its campaign."""

    devices: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=MAX_RECALLED)]
    campaign: Name
    evidence: Hash
    weight: ClassVar[int] = 100 * MAX_RECALLED

    def check(self) -> None:
        check_names(self.campaign)
        if list(self.devices) != sorted(set(self.devices)):
            raise errors.DEVICES_UNSORTED()


class ApproveSoftware(Message, frozen=True, tag=TAG):
    """The sender, an approval authority, approves a version of a maker's software under its RXSWIN (UN R156)."""

    maker: Id
    rxswin: Name
    version: Name
    approval: Name

    def check(self) -> None:
        check_names(self.rxswin, self.version, self.approval)


class UpdateSoftware(Message, frozen=True, tag=TAG):
    """The sender, the device itself or its maker, states that it now runs this version, which is approved."""

    device: Id
    rxswin: Name
    version: Name
    campaign: Name | None = None
    weight: ClassVar[int] = STEP_WEIGHT

    def check(self) -> None:
        check_names(self.rxswin, self.version, self.campaign)


class ReportSecurityEvent(Message, frozen=True, tag=TAG):
    """The sender, the device itself, its owner or its maker, reports a security event (UN R155)."""

    device: Id
    evidence: Hash
    weight: ClassVar[int] = STEP_WEIGHT


class TriageSecurityEvent(Message, frozen=True, tag=TAG):
    """The sender, the maker, says how bad a reported security event is."""

    device: Id
    number: Count
    severity: Severity
    weight: ClassVar[int] = STEP_WEIGHT


class FixSecurityEvent(Message, frozen=True, tag=TAG):
    """The sender, the maker, states that it has fixed what a triaged security event showed."""

    device: Id
    number: Count
    evidence: Hash
    weight: ClassVar[int] = STEP_WEIGHT


class NotifySecurityEvent(Message, frozen=True, tag=TAG):
    """The sender, the maker, states that it has notified the authority of a security event and its fix."""

    device: Id
    number: Count
    evidence: Hash
    weight: ClassVar[int] = STEP_WEIGHT


class Scrap(Message, frozen=True, tag=TAG):
    """The sender gives a device of its own to a dismantler, who co-signs as payer; its life and its DID end."""

    device: Id
    odometer_m: Odometer
    evidence: Hash
    weight: ClassVar[int] = PASSING_WEIGHT


class StepTaken(Event, frozen=True, tag=TAG):
    device: Id
    number: Count
    kind: StepKind
    by: Id
    agreed_by: Id | None


class SoftwareApproved(Event, frozen=True, tag=TAG):
    maker: Id
    rxswin: Name
    version: Name
    authority: Id
