"""What credentials does with each message."""

from __future__ import annotations

from ...ledger import Context, interfaces
from . import errors
from .messages import Attest, Attested, Withdraw, Withdrawn
from .state import ATTESTATIONS, AUTHORITIES, Attestation, Parameters


def genesis(ctx: Context, parameters: Parameters) -> None:
    for account, record in parameters.authorities:
        AUTHORITIES.put(ctx, account, value=record)


def attest(ctx: Context, message: Attest) -> None:
    authority = AUTHORITIES.get(ctx, ctx.sender)
    if authority is None or message.role not in authority.roles:
        raise errors.NOT_AUTHORITY()
    subject = ctx.ask("accounts", interfaces.AccountOf(message.subject))
    if subject is None or not subject.active:
        raise errors.UNKNOWN_SUBJECT()
    if ATTESTATIONS.get(ctx, message.subject, message.role) is not None:
        raise errors.ALREADY_ATTESTED()
    ATTESTATIONS.put(ctx, message.subject, message.role, value=Attestation(ctx.sender, ctx.block.time_ms))
    ctx.emit(Attested(message.subject, message.role, ctx.sender))


def withdraw(ctx: Context, message: Withdraw) -> None:
    attestation = ATTESTATIONS.get(ctx, message.subject, message.role)
    if attestation is None or attestation.authority != ctx.sender:
        raise errors.NOT_ATTESTED()
    ATTESTATIONS.delete(ctx, message.subject, message.role)
    ctx.emit(Withdrawn(message.subject, message.role, ctx.sender))
