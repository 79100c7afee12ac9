"""What vehicles does with each message."""

from __future__ import annotations

from msgspec.structs import replace

from ...ledger import Context, interfaces
from ...refusals import present
from ..credentials import Holds, Role
from . import errors
from .messages import (
    ApproveSoftware,
    EnterService,
    FixSecurityEvent,
    Make,
    Modify,
    NotifySecurityEvent,
    Recall,
    Repair,
    ReportSecurityEvent,
    Scrap,
    Sell,
    SoftwareApproved,
    StateOdometer,
    StepKind,
    StepTaken,
    TriageSecurityEvent,
    UpdateSoftware,
)
from .state import (
    APPROVALS,
    LIVES,
    RECALLS,
    SECURITY,
    SOFTWARE,
    STEPS,
    Approval,
    Life,
    OpenRecall,
    SecurityEvent,
    SecurityStage,
    Software,
    Step,
    extended,
)

MAX_OPEN_RECALLS = 64
"""Of one device; a passport gives them all in one answer."""
MAX_RXSWINS = 64
"""Of one device, for the same reason."""


def make(ctx: Context, message: Make) -> None:
    account = ctx.ask("accounts", interfaces.AccountOf(message.device))
    if account is None or account.kind != "device" or not account.active:
        raise errors.NOT_A_DEVICE()
    if ctx.sender != account.owner:
        raise errors.NOT_YOURS()
    maker = ctx.payer or ctx.sender
    _check_role(ctx, maker, "maker")
    if LIVES.get(ctx, message.device) is not None:
        raise errors.ALREADY_MADE()
    ctx.call("accounts", interfaces.Keep(message.device))
    life = Life(maker, "made", ctx.block.time_ms, message.odometer_m)
    _take(ctx, message.device, life, _step(ctx, "made", evidence=message.evidence, odometer_m=message.odometer_m))


def enter_service(ctx: Context, message: EnterService) -> None:
    life = _living(ctx, message.device)
    _check_role(ctx, ctx.sender, "registration_authority")
    if life.stage != "made":
        raise errors.IN_SERVICE()
    is_makers = _owner(ctx, message.device) == life.maker
    life = replace(life, stage="registered" if is_makers else "owned")
    _take(ctx, message.device, life, _step(ctx, "registered", evidence=message.evidence))


def sell(ctx: Context, message: Sell) -> None:
    life = _living(ctx, message.device)
    if ctx.sender != _owner(ctx, message.device):
        raise errors.NOT_YOURS()
    if ctx.payer is None or ctx.payer == ctx.sender:
        raise errors.TAKER_ABSENT()
    _check_odometer(life, message.odometer_m)
    ctx.call("accounts", interfaces.PassOn(message.device, ctx.payer))
    if life.stage == "registered":
        life = replace(life, stage="owned")
    _take(ctx, message.device, life, _step(ctx, "sold", evidence=message.evidence, odometer_m=message.odometer_m))


def state_odometer(ctx: Context, message: StateOdometer) -> None:
    life = _living(ctx, message.device)
    is_its_own = ctx.sender in (message.device, _owner(ctx, message.device))
    if not is_its_own and not ctx.ask("credentials", Holds(ctx.sender, "registration_authority")):
        raise errors.NOT_YOURS()
    _check_odometer(life, message.odometer_m)
    step = _step(ctx, "odometer_stated", evidence=message.evidence, odometer_m=message.odometer_m)
    _take(ctx, message.device, life, step)


def repair(ctx: Context, message: Repair) -> None:
    life = _in_workshop(ctx, message)
    if message.campaign is not None:
        if RECALLS.get(ctx, message.device, message.campaign) is None:
            raise errors.NOT_RECALLED()
        RECALLS.delete(ctx, message.device, message.campaign)
        life = replace(life, recalls_open=life.recalls_open - 1)
    step = _step(ctx, "repaired", evidence=message.evidence, odometer_m=message.odometer_m)
    _take(ctx, message.device, life, replace(step, campaign=message.campaign))


def modify(ctx: Context, message: Modify) -> None:
    life = _in_workshop(ctx, message)
    step = _step(ctx, "modified", evidence=message.evidence, odometer_m=message.odometer_m)
    _take(ctx, message.device, life, replace(step, reference=message.approval))


def recall(ctx: Context, message: Recall) -> None:
    for device in message.devices:
        life = _living(ctx, device)
        _check_maker(ctx, life, device)
        if RECALLS.get(ctx, device, message.campaign) is not None:
            raise errors.ALREADY_RECALLED(device.hex())
        if life.recalls_open == MAX_OPEN_RECALLS:
            raise errors.TOO_MANY(f"{MAX_OPEN_RECALLS} open recalls, {device.hex()}")
        opened = OpenRecall(message.evidence, ctx.block.time_ms)
        RECALLS.put(ctx, device, message.campaign, value=opened)
        step = replace(_step(ctx, "recalled", evidence=message.evidence), campaign=message.campaign)
        _take(ctx, device, replace(life, recalls_open=life.recalls_open + 1), step)


def approve_software(ctx: Context, message: ApproveSoftware) -> None:
    _check_role(ctx, ctx.sender, "approval_authority")
    if APPROVALS.get(ctx, message.maker, message.rxswin, message.version) is not None:
        raise errors.ALREADY_APPROVED()
    approval = Approval(ctx.sender, message.approval, ctx.block.time_ms)
    APPROVALS.put(ctx, message.maker, message.rxswin, message.version, value=approval)
    ctx.emit(SoftwareApproved(message.maker, message.rxswin, message.version, ctx.sender))


def update_software(ctx: Context, message: UpdateSoftware) -> None:
    life = _living(ctx, message.device)
    if ctx.sender not in (message.device, life.maker):
        raise errors.NOT_YOURS()
    approval = APPROVALS.get(ctx, life.maker, message.rxswin, message.version)
    if approval is None:
        raise errors.NOT_APPROVED()
    if SOFTWARE.get(ctx, message.device, message.rxswin) is None:
        if life.rxswins == MAX_RXSWINS:
            raise errors.TOO_MANY(f"{MAX_RXSWINS} RXSWINs")
        life = replace(life, rxswins=life.rxswins + 1)
    software = Software(message.version, approval.approval, message.campaign, ctx.block.time_ms)
    SOFTWARE.put(ctx, message.device, message.rxswin, value=software)
    step = _step(ctx, "software_updated")
    step = replace(step, campaign=message.campaign, reference=message.rxswin, detail=message.version)
    _take(ctx, message.device, life, step)


def report_security_event(ctx: Context, message: ReportSecurityEvent) -> None:
    life = _living(ctx, message.device)
    if ctx.sender not in (message.device, life.maker, _owner(ctx, message.device)):
        raise errors.NOT_YOURS()
    number = life.security_events + 1
    event = SecurityEvent("reported", ctx.sender, ctx.block.time_ms, message.evidence, changed_ms=ctx.block.time_ms)
    SECURITY.put(ctx, message.device, number, value=event)
    step = replace(_step(ctx, "event_reported", evidence=message.evidence), reference=str(number))
    _take(ctx, message.device, replace(life, security_events=number), step)


def triage_security_event(ctx: Context, message: TriageSecurityEvent) -> None:
    life, event = _security_event(ctx, message, after="reported")
    event = replace(event, stage="triaged", severity=message.severity, changed_ms=ctx.block.time_ms)
    SECURITY.put(ctx, message.device, message.number, value=event)
    step = replace(_step(ctx, "event_triaged"), reference=str(message.number), detail=message.severity)
    _take(ctx, message.device, life, step)


def fix_security_event(ctx: Context, message: FixSecurityEvent) -> None:
    life, event = _security_event(ctx, message, after="triaged")
    event = replace(event, stage="fixed", fix=message.evidence, changed_ms=ctx.block.time_ms)
    SECURITY.put(ctx, message.device, message.number, value=event)
    step = replace(_step(ctx, "event_fixed", evidence=message.evidence), reference=str(message.number))
    _take(ctx, message.device, life, step)


def notify_security_event(ctx: Context, message: NotifySecurityEvent) -> None:
    life, event = _security_event(ctx, message, after="fixed")
    event = replace(event, stage="notified", notification=message.evidence, changed_ms=ctx.block.time_ms)
    SECURITY.put(ctx, message.device, message.number, value=event)
    step = replace(_step(ctx, "event_notified", evidence=message.evidence), reference=str(message.number))
    _take(ctx, message.device, life, step)


def scrap(ctx: Context, message: Scrap) -> None:
    life = _living(ctx, message.device)
    if ctx.sender != _owner(ctx, message.device):
        raise errors.NOT_YOURS()
    if not ctx.ask("credentials", Holds(ctx.payer or ctx.sender, "dismantler")):
        raise errors.DISMANTLER_ABSENT()
    _check_odometer(life, message.odometer_m)
    ctx.call("accounts", interfaces.End(message.device))
    step = _step(ctx, "scrapped", evidence=message.evidence, odometer_m=message.odometer_m)
    _take(ctx, message.device, replace(life, stage="scrapped"), step)


def _living(ctx: Context, device: bytes) -> Life:
    life = LIVES.get(ctx, device)
    if life is None:
        raise errors.NEVER_MADE(device.hex())
    if life.stage == "scrapped":
        raise errors.SCRAPPED(device.hex())
    return life


def _owner(ctx: Context, device: bytes) -> bytes:
    account = ctx.ask("accounts", interfaces.AccountOf(device))
    return present(account, "what has a life is registered").owner


def _check_role(ctx: Context, account: bytes, role: Role) -> None:
    if not ctx.ask("credentials", Holds(account, role)):
        raise errors.ROLE_LACKING(role)


def _check_maker(ctx: Context, life: Life, device: bytes) -> None:
    if ctx.sender != life.maker:
        raise errors.NOT_YOURS(device.hex())


def _check_odometer(life: Life, odometer_m: int) -> None:
    if odometer_m < life.odometer_m:
        raise errors.ODOMETER_SHRINKS(f"{odometer_m} m after {life.odometer_m} m")


def _in_workshop(ctx: Context, message: Repair | Modify) -> Life:
    """Gives the life of a device that a workshop may work on."""
    life = _living(ctx, message.device)
    _check_role(ctx, ctx.sender, "workshop")
    if _owner(ctx, message.device) not in (ctx.sender, ctx.payer):
        raise errors.OWNER_ABSENT()
    _check_odometer(life, message.odometer_m)
    return life


def _security_event(
    ctx: Context, message: TriageSecurityEvent | FixSecurityEvent | NotifySecurityEvent, *, after: SecurityStage
) -> tuple[Life, SecurityEvent]:
    """Gives a device's life and a security event that its maker, the sender, may bring from this stage to the next."""
    life = _living(ctx, message.device)
    _check_maker(ctx, life, message.device)
    event = SECURITY.get(ctx, message.device, message.number)
    if event is None:
        raise errors.NO_SECURITY_EVENT()
    if event.stage != after:
        raise errors.OUT_OF_ORDER(f"it is {event.stage}")
    return life, event


def _step(ctx: Context, kind: StepKind, *, evidence: bytes | None = None, odometer_m: int | None = None) -> Step:
    agreed_by = None if ctx.payer == ctx.sender else ctx.payer
    return Step(kind, ctx.sender, agreed_by, ctx.block.time_ms, evidence, odometer_m)


def _take(ctx: Context, device: bytes, life: Life, step: Step) -> None:
    """Writes a step at the end of a life, and announces it."""
    number = life.steps + 1
    odometer_m = life.odometer_m if step.odometer_m is None else step.odometer_m
    STEPS.put(ctx, device, number, value=step)
    changed = replace(life, steps=number, history=extended(life.history, step), odometer_m=odometer_m)
    LIVES.put(ctx, device, value=changed)
    ctx.emit(StepTaken(device, number, step.kind, step.by, step.agreed_by))
