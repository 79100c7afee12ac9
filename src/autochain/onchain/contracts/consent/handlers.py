"""What consent does with each message."""

from __future__ import annotations

from msgspec.structs import replace

from ...ids import derive
from ...ledger import Context, interfaces
from . import errors
from .messages import Ended, Grant, Granted, Revoke
from .state import BY_OWNER, BY_READER, CONSENTS, COUNTS, Consent, Counter, Listed
from .timers import Expire


def grant(ctx: Context, message: Grant) -> None:
    now_ms = ctx.block.time_ms
    if message.expires_ms <= now_ms:
        raise errors.ALREADY_EXPIRED()
    reader = ctx.ask("accounts", interfaces.AccountOf(message.reader))
    if reader is None or not reader.active:
        raise errors.UNKNOWN_READER()
    vehicle = ctx.ask("accounts", interfaces.AccountOf(message.vehicle))
    if vehicle is None or vehicle.kind != "device" or vehicle.owner != ctx.sender:
        raise errors.NOT_YOUR_VEHICLE()
    count = COUNTS.get(ctx, ctx.sender) or Counter(0)
    consent = derive("consent", ctx.sender, count.granted.to_bytes(8, "big"))
    record = Consent(
        owner=ctx.sender,
        reader=message.reader,
        vehicle=message.vehicle,
        purpose=message.purpose,
        categories=message.categories,
        precision=message.precision,
        from_ms=message.from_ms,
        until_ms=message.until_ms,
        price_uacc=message.price_uacc,
        granted_ms=now_ms,
        expires_ms=message.expires_ms,
    )
    CONSENTS.put(ctx, consent, value=record)
    BY_OWNER.put(ctx, ctx.sender, consent, value=Listed(now_ms))
    BY_READER.put(ctx, message.reader, consent, value=Listed(now_ms))
    COUNTS.put(ctx, ctx.sender, value=Counter(count.granted + 1))
    ctx.schedule(message.expires_ms, Expire(consent))
    ctx.emit(Granted(consent, ctx.sender, message.reader, message.vehicle))


def revoke(ctx: Context, message: Revoke) -> None:
    record = CONSENTS.get(ctx, message.consent)
    if record is None or record.owner != ctx.sender:
        raise errors.NOT_YOUR_CONSENT()
    if not record.lives(ctx.block.time_ms):
        raise errors.ALREADY_ENDED()
    CONSENTS.put(ctx, message.consent, value=replace(record, ended_ms=ctx.block.time_ms))
    ctx.emit(Ended(message.consent, "revoked"))
