"""The records, keys and invariants of vehicles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

from ...codec import Record, encode, folder_of
from ...crypto import Hash, tagged_hash
from ...ids import Id
from ...ledger import ID, NUMBER, TEXT, Table, View, interfaces
from ...units import Count
from .messages import Name, Odometer, Severity, StepKind

HERE = folder_of(__name__)

Stage = Literal["made", "registered", "owned", "scrapped"]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""In their order; a life never goes back to an earlier one."""

SecurityStage = Literal["reported", "triaged", "fixed", "notified"]
SECURITY_STAGES: tuple[SecurityStage, ...] = get_args(SecurityStage)
"""In their order; a security event goes through one after the other."""

NO_STEPS = bytes(32)
"""What a history comes to that has no step yet."""


class Life(Record, frozen=True):
    """How far the life of a device has come."""

    maker: Id
    stage: Stage
    made_ms: Count
    odometer_m: Odometer
    """The last statement."""
    steps: Count = 0
    history: Hash = NO_STEPS
    """What its steps come to, see `extended`: whoever holds steps that come to the same holds all, unchanged."""
    recalls_open: Count = 0
    rxswins: Count = 0
    """How many RXSWINs it has."""
    security_events: Count = 0


class Step(Record, frozen=True):
    """One step of a life."""

    kind: StepKind
    by: Id
    agreed_by: Id | None
    """Who co-signed as payer: the owner, the next owner, the dismantler; None where nobody else did."""
    time_ms: Count
    evidence: Hash | None = None
    """Hash of the papers, which stay off the chain."""
    odometer_m: Odometer | None = None
    campaign: Name | None = None
    """Of a recall, of its repair, or of an update."""
    reference: Name | None = None
    """An approval, an RXSWIN, or the number of a security event."""
    detail: Name | None = None
    """Of an update the version, of a triage the severity."""


class Software(Record, frozen=True):
    """The software that a device has under one RXSWIN."""

    version: Name
    approval: Name
    campaign: Name | None
    updated_ms: Count


class Approval(Record, frozen=True):
    """Says that a version of a maker's software is approved."""

    authority: Id
    approval: Name
    approved_ms: Count


class SecurityEvent(Record, frozen=True):
    """A security event, and what has come of it."""

    stage: SecurityStage
    reporter: Id
    reported_ms: Count
    evidence: Hash
    severity: Severity | None = None
    fix: Hash | None = None
    notification: Hash | None = None
    changed_ms: Count = 0
    """When it came to its present stage."""


class OpenRecall(Record, frozen=True):
    """A recall that no repair has named yet."""

    evidence: Hash
    recalled_ms: Count


LIVES = Table(HERE, "lives", Life, key=(ID,))
"""By device, as all that follow but one."""
STEPS = Table(HERE, "steps", Step, key=(ID, NUMBER))
"""Numbered from 1."""
SOFTWARE = Table(HERE, "software", Software, key=(ID, TEXT))
"""By RXSWIN."""
APPROVALS = Table(HERE, "approvals", Approval, key=(ID, TEXT, TEXT))
"""By maker, RXSWIN and version."""
SECURITY = Table(HERE, "security", SecurityEvent, key=(ID, NUMBER))
"""Numbered from 1."""
RECALLS = Table(HERE, "recalls", OpenRecall, key=(ID, TEXT))
"""By campaign."""


def extended(history: bytes, step: Step) -> bytes:
    """Gives what a history comes to with one step more."""
    return tagged_hash("vehicles/history", history, encode(step))


def _histories(view: View) -> Iterator[tuple[bytes, Life, list[Step]]]:
    """Yields each life with its steps, in their order."""
    for device, life in LIVES.items(view):
        yield device, life, [step for _, step in STEPS.items(view, device)]


def _whole(view: View) -> bool:
    listed = 0
    for device, life, steps in _histories(view):
        history = NO_STEPS
        for step in steps:
            history = extended(history, step)
        numbers = [int.from_bytes(key, "big") for key, _ in STEPS.items(view, device)]
        if history != life.history or numbers != list(range(1, life.steps + 1)):
            return False
        listed += len(steps)
    return listed == sum(1 for _ in STEPS.items(view))


def _odometers_grow(view: View) -> bool:
    for _, life, steps in _histories(view):
        stated = [step.odometer_m for step in steps if step.odometer_m is not None]
        if stated != sorted(stated) or stated[-1:] != [life.odometer_m]:
            return False
    return True


def _ends_once(view: View) -> bool:
    for device, life, steps in _histories(view):
        account = view.ask("accounts", interfaces.AccountOf(device))
        kinds = [step.kind for step in steps]
        ended = life.stage == "scrapped"
        if (
            account is None
            or account.active == ended
            or "scrapped" in kinds[:-1]
            or (kinds[-1:] == ["scrapped"]) != ended
        ):
            return False
    return True


def _counted(view: View) -> bool:
    counts = {device: (life.recalls_open, life.rxswins, life.security_events) for device, life in LIVES.items(view)}
    tables: tuple[Table[OpenRecall] | Table[Software] | Table[SecurityEvent], ...] = (RECALLS, SOFTWARE, SECURITY)
    there = {device: tuple(sum(1 for _ in table.items(view, device)) for table in tables) for device in counts}
    in_all = tuple(sum(1 for _ in table.items(view)) for table in tables)
    return counts == there and in_all == tuple(sum(count[at] for count in counts.values()) for at in range(len(tables)))


def _approved(view: View) -> bool:
    for device, life in LIVES.items(view):
        for key, software in SOFTWARE.items(view, device):
            approval = APPROVALS.get(view, life.maker, key[1:].decode(), software.version)
            if approval is None or approval.approval != software.approval:
                return False
    return True


def _in_order(view: View) -> bool:
    return all(
        [event.severity is not None, event.fix is not None, event.notification is not None]
        == [number <= SECURITY_STAGES.index(event.stage) for number in (1, 2, 3)]
        for _, event in SECURITY.items(view)
    )


INVARIANTS = {
    "a life is all of its steps, in their order": _whole,
    "an odometer never goes back": _odometers_grow,
    "a device is active until it is scrapped, and nothing happens to it after": _ends_once,
    "a life counts its open recalls, its RXSWINs and its security events": _counted,
    "every device runs what was approved for its maker": _approved,
    "a security event is triaged, fixed and notified in this order": _in_order,
}
