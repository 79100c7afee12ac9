"""What credentials does with each message."""

from __future__ import annotations

from ...ledger import Context, interfaces
from ...refusals import ensure
from . import errors
from .messages import Attest, Attested, Withdraw, Withdrawn
from .state import ATTESTATIONS, AUTHORITIES, REGISTRARS, VEHICLES, Attestation, Bearer, Parameters


def genesis(ctx: Context, parameters: Parameters) -> None:
    for account, record in parameters.authorities:
        AUTHORITIES.put(ctx, account, value=record)
    if (registrars := parameters.registrars) is not None:
        ensure(registrars.threshold <= len(registrars.public_keys), "there are as many registrars as must answer")
        REGISTRARS.put(ctx, value=registrars)


def attest(ctx: Context, message: Attest) -> None:
    authority = AUTHORITIES.get(ctx, ctx.sender)
    if authority is None or message.role not in authority.roles:
        raise errors.NOT_AUTHORITY()
    subject = ctx.ask("accounts", interfaces.AccountOf(message.subject))
    if subject is None or not subject.active:
        raise errors.UNKNOWN_SUBJECT()
    if ATTESTATIONS.get(ctx, message.subject, message.role) is not None:
        raise errors.ALREADY_ATTESTED()
    if message.unique is not None:
        if VEHICLES.get(ctx, message.unique) is not None:
            raise errors.OTHER_DID()
        VEHICLES.put(ctx, message.unique, value=Bearer(message.subject))
    record = Attestation(ctx.sender, ctx.block.time_ms, message.unique)
    ATTESTATIONS.put(ctx, message.subject, message.role, value=record)
    ctx.emit(Attested(message.subject, message.role, ctx.sender))


def withdraw(ctx: Context, message: Withdraw) -> None:
    attestation = ATTESTATIONS.get(ctx, message.subject, message.role)
    if attestation is None or attestation.authority != ctx.sender:
        raise errors.NOT_ATTESTED()
    ATTESTATIONS.delete(ctx, message.subject, message.role)
    if attestation.unique is not None:
        VEHICLES.delete(ctx, attestation.unique)
    ctx.emit(Withdrawn(message.subject, message.role, ctx.sender))
