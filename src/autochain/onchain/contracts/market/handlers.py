"""What market does with each message."""

from __future__ import annotations

from ...ids import derive
from ...ledger import Context, interfaces
from ..consent import Request, RequireConsent
from ..recording import GetRecording
from . import errors
from .messages import Bought, Read
from .state import BY_OWNER, BY_READER, COUNTS, OPEN_MS, RECEIPTS, Counter, Listed, Receipt


def read(ctx: Context, message: Read) -> None:
    reader = ctx.ask("accounts", interfaces.AccountOf(ctx.sender))
    if reader is None:
        raise errors.UNKNOWN_READER()
    recording = ctx.ask("recording", GetRecording(message.recording))
    if recording is None:
        raise errors.NO_RECORDING()
    held = [part.category for part in recording.parts if part.precision == message.precision]
    if any(category not in held for category in message.categories):
        raise errors.NO_SUCH_PART()
    request = Request.to_read(
        recording,
        reader=ctx.sender,
        purpose=message.purpose,
        categories=message.categories,
        precision=message.precision,
    )
    consent = ctx.ask("consent", RequireConsent(message.consent, request))
    count = COUNTS.get(ctx, ctx.sender) or Counter(0)
    receipt = derive("receipt", ctx.sender, count.bought.to_bytes(8, "big"))
    now_ms = ctx.block.time_ms
    record = Receipt(
        reader=ctx.sender,
        owner=recording.owner,
        vehicle=recording.vehicle,
        recording=message.recording,
        consent=message.consent,
        purpose=message.purpose,
        categories=message.categories,
        precision=message.precision,
        price_uacc=consent.price_uacc,
        reader_key=reader.encryption_key,
        bought_ms=now_ms,
        lapses_ms=now_ms + OPEN_MS,
    )
    if consent.price_uacc and recording.owner != ctx.sender:
        ctx.call("money", interfaces.Pay(recording.owner, consent.price_uacc))
    RECEIPTS.put(ctx, receipt, value=record)
    BY_OWNER.put(ctx, recording.owner, receipt, value=Listed(now_ms))
    BY_READER.put(ctx, ctx.sender, receipt, value=Listed(now_ms))
    COUNTS.put(ctx, ctx.sender, value=Counter(count.bought + 1))
    ctx.emit(Bought(receipt, message.recording, recording.owner, ctx.sender, consent.price_uacc))
