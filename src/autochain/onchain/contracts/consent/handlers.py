"""What consent does with each message."""

from __future__ import annotations

from msgspec.structs import replace

from ...ids import derive
from ...ledger import Context, interfaces
from ..credentials import Holds
from . import errors
from .messages import Ended, Grant, Granted, Offer, Offered, Revoke, TakeUp, Terms, Withdraw, Withdrawn
from .state import (
    BY_OWNER,
    BY_READER,
    CONSENTS,
    COUNTS,
    OFFERS,
    OFFERS_BY_OWNER,
    Consent,
    Counter,
    Listed,
    OpenOffer,
)


def grant(ctx: Context, message: Grant) -> None:
    _check_terms(ctx, message.terms)
    reader = ctx.ask("accounts", interfaces.AccountOf(message.reader))
    if reader is None or not reader.active:
        raise errors.UNKNOWN_READER()
    number = _count(ctx, ctx.sender).granted
    name = derive("consent", ctx.sender, number.to_bytes(8, "big"))
    _put(ctx, name, Consent(ctx.sender, message.reader, message.terms, ctx.block.time_ms))


def _check_terms(ctx: Context, terms: Terms) -> None:
    """Refuses terms that the sender may not give, or not for so long."""
    now_ms = ctx.block.time_ms
    if terms.expires_ms <= now_ms:
        raise errors.ALREADY_EXPIRED()
    if terms.expires_ms > now_ms + terms.longest_ms:
        raise errors.TOO_LONG()
    vehicle = ctx.ask("accounts", interfaces.AccountOf(terms.vehicle))
    if vehicle is None or vehicle.kind != "device" or vehicle.owner != ctx.sender:
        raise errors.NOT_YOUR_VEHICLE()


def _put(ctx: Context, name: bytes, record: Consent) -> None:
    """Writes a new consent and lists it for both."""
    CONSENTS.put(ctx, name, value=record)
    BY_OWNER.put(ctx, record.owner, name, value=Listed(record.granted_ms))
    BY_READER.put(ctx, record.reader, name, value=Listed(record.granted_ms))
    count = _count(ctx, record.owner)
    COUNTS.put(ctx, record.owner, value=replace(count, granted=count.granted + 1))
    count = _count(ctx, record.reader)
    COUNTS.put(ctx, record.reader, value=replace(count, received=count.received + 1))
    ctx.emit(Granted(name, record.owner, record.reader, record.terms.vehicle))


def _count(ctx: Context, account: bytes) -> Counter:
    return COUNTS.get(ctx, account) or Counter(0, 0, 0)


def revoke(ctx: Context, message: Revoke) -> None:
    record = CONSENTS.get(ctx, message.consent)
    if record is None or record.owner != ctx.sender:
        raise errors.NOT_YOUR_CONSENT()
    if not record.lives(ctx.block.time_ms):
        raise errors.ALREADY_ENDED()
    CONSENTS.put(ctx, message.consent, value=replace(record, revoked_ms=ctx.block.time_ms))
    ctx.emit(Ended(message.consent))


def offer(ctx: Context, message: Offer) -> None:
    _check_terms(ctx, message.terms)
    count = _count(ctx, ctx.sender)
    name = derive("offer", ctx.sender, count.offered.to_bytes(8, "big"))
    now_ms = ctx.block.time_ms
    OFFERS.put(ctx, name, value=OpenOffer(ctx.sender, message.terms, message.role, now_ms))
    OFFERS_BY_OWNER.put(ctx, ctx.sender, name, value=Listed(now_ms))
    COUNTS.put(ctx, ctx.sender, value=replace(count, offered=count.offered + 1))
    ctx.emit(Offered(name, ctx.sender))


def take_up(ctx: Context, message: TakeUp) -> None:
    record = OFFERS.get(ctx, message.offer)
    if record is None or not record.stands(ctx.block.time_ms):
        raise errors.NO_OFFER()
    reader = ctx.ask("accounts", interfaces.AccountOf(ctx.sender))
    if reader is None or not reader.active:
        raise errors.UNKNOWN_READER()
    if not ctx.ask("credentials", Holds(ctx.sender, record.role)):
        raise errors.OTHER_ROLE(record.role)
    name = consent_of(message.offer, ctx.sender)
    if CONSENTS.get(ctx, name) is not None:
        raise errors.ALREADY_TAKEN_UP(name.hex())
    _put(ctx, name, record.consent(ctx.sender, name=message.offer, now_ms=ctx.block.time_ms))


def consent_of(offer: bytes, reader: bytes) -> bytes:
    """Gives the id of the consent that a reader has when it takes an offer up, which it can do once."""
    return derive("consent-by-offer", offer, reader)


def withdraw(ctx: Context, message: Withdraw) -> None:
    record = OFFERS.get(ctx, message.offer)
    if record is None or record.owner != ctx.sender:
        raise errors.NOT_YOUR_OFFER()
    if not record.stands(ctx.block.time_ms):
        raise errors.OFFER_ENDED()
    OFFERS.put(ctx, message.offer, value=replace(record, withdrawn_ms=ctx.block.time_ms))
    ctx.emit(Withdrawn(message.offer))
