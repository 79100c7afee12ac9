"""What market does with each message."""

from __future__ import annotations

from msgspec.structs import replace

from ...ids import derive
from ...ledger import Context, interfaces
from ..consent import GetConsent, GetOffer, Request, RequireConsent, TakeUp, consent_of, decide
from ..recording import GetRecording, Recording
from ..release import GetCommittee
from . import errors
from .messages import (
    Bought,
    Buy,
    Deliver,
    Delivered,
    Item,
    Publish,
    Published,
    Read,
    Unpublish,
    Unpublished,
)
from .state import BY_OWNER, BY_READER, COUNTS, OPEN_MS, PRODUCTS, RECEIPTS, Counter, Listed, Product, Receipt
from .timers import Lapse


def read(ctx: Context, message: Read) -> None:
    _read(ctx, message, product=None)


def _read(ctx: Context, message: Read, *, product: bytes | None) -> None:
    reader = ctx.ask("accounts", interfaces.AccountOf(ctx.sender))
    if reader is None:
        raise errors.UNKNOWN_READER()
    recording = ctx.ask("recording", GetRecording(message.recording))
    if recording is None:
        raise errors.NO_RECORDING()
    _check_parts(recording, message)
    asked = RequireConsent(
        message.consent, ctx.sender, recording, message.purpose, message.categories, message.precision
    )
    price_uacc = ctx.ask("consent", asked).terms.price_uacc
    now_ms = ctx.block.time_ms
    count = _count(ctx, ctx.sender)
    receipt = derive("receipt", ctx.sender, count.bought.to_bytes(8, "big"))
    record = Receipt(
        reader=ctx.sender,
        owner=recording.owner,
        vehicle=recording.vehicle,
        recording=message.recording,
        consent=message.consent,
        purpose=message.purpose,
        categories=message.categories,
        precision=message.precision,
        price_uacc=price_uacc,
        reader_key=reader.encryption_key,
        bought_ms=now_ms,
        lapses_ms=now_ms + OPEN_MS,
        product=product,
    )
    if price_uacc:
        ctx.call("money", interfaces.Pay(ctx.account, price_uacc))
    RECEIPTS.put(ctx, receipt, value=record)
    BY_OWNER.put(ctx, recording.owner, receipt, value=Listed(now_ms))
    BY_READER.put(ctx, ctx.sender, receipt, value=Listed(now_ms))
    COUNTS.put(ctx, ctx.sender, value=replace(count, bought=count.bought + 1))
    count = _count(ctx, recording.owner)
    COUNTS.put(ctx, recording.owner, value=replace(count, sold=count.sold + 1))
    ctx.schedule(record.lapses_ms, Lapse(receipt))
    ctx.emit(Bought(receipt, message.recording, recording.owner, ctx.sender, price_uacc))


def _check_parts(recording: Recording, wanted: Read | Publish) -> None:
    held = [part.category for part in recording.parts if part.precision == wanted.precision]
    if any(category not in held for category in wanted.categories):
        raise errors.NO_SUCH_PART()


def _count(ctx: Context, account: bytes) -> Counter:
    return COUNTS.get(ctx, account) or Counter(0, 0, 0)


def deliver(ctx: Context, message: Deliver) -> None:
    committee = ctx.ask("release", GetCommittee())
    if committee is None or ctx.sender not in committee.members:
        raise errors.NOT_A_MEMBER()
    for name in message.receipts:
        record = RECEIPTS.get(ctx, name)
        if record is None:
            raise errors.NO_RECEIPT(name.hex())
        if ctx.block.time_ms >= record.lapses_ms:
            raise errors.NOT_OPEN(name.hex())
        if ctx.sender in record.given_by:
            continue
        record = replace(record, given_by=(*record.given_by, ctx.sender))
        if record.status == "open" and len(record.given_by) >= committee.threshold:
            record = replace(record, status="delivered")
            if record.price_uacc:
                ctx.call("money", interfaces.Pay(record.owner, record.price_uacc), as_self=True)
            ctx.emit(Delivered(name, record.owner, record.price_uacc))
        RECEIPTS.put(ctx, name, value=record)


def publish(ctx: Context, message: Publish) -> None:
    for item in message.items:
        _check_item(ctx, item, message)
    count = _count(ctx, ctx.sender)
    product = derive("product", ctx.sender, count.published.to_bytes(8, "big"))
    record = Product(
        publisher=ctx.sender,
        name=message.name,
        items=message.items,
        purpose=message.purpose,
        categories=message.categories,
        precision=message.precision,
        published_ms=ctx.block.time_ms,
    )
    PRODUCTS.put(ctx, product, value=record)
    COUNTS.put(ctx, ctx.sender, value=replace(count, published=count.published + 1))
    ctx.emit(Published(product, ctx.sender))


def _check_item(ctx: Context, item: Item, product: Publish) -> None:
    """Refuses an item that nobody could read as the product promises."""
    recording = ctx.ask("recording", GetRecording(item.recording))
    if recording is None:
        raise errors.NO_RECORDING(item.recording.hex())
    _check_parts(recording, product)
    owner = ctx.ask("accounts", interfaces.AccountOf(recording.owner))
    offer = ctx.ask("consent", GetOffer(item.offer))
    now_ms = ctx.block.time_ms
    request = Request.to_read(
        recording,
        reader=ctx.sender,
        purpose=product.purpose,
        categories=product.categories,
        precision=product.precision,
        owner_active=owner is not None and owner.active,
        now_ms=now_ms,
    )
    if offer is None or not offer.stands(now_ms):
        raise errors.NOT_COVERED(item.recording.hex())
    if decide(offer.consent(ctx.sender, name=item.offer, now_ms=now_ms), request, now_ms=now_ms) is not None:
        raise errors.NOT_COVERED(item.recording.hex())


def unpublish(ctx: Context, message: Unpublish) -> None:
    record = PRODUCTS.get(ctx, message.product)
    if record is None or record.taken_off_ms:
        raise errors.NO_PRODUCT()
    if record.publisher != ctx.sender:
        raise errors.NOT_YOUR_PRODUCT()
    PRODUCTS.put(ctx, message.product, value=replace(record, taken_off_ms=ctx.block.time_ms))
    ctx.emit(Unpublished(message.product))


def buy(ctx: Context, message: Buy) -> None:
    record = PRODUCTS.get(ctx, message.product)
    if record is None or record.taken_off_ms:
        raise errors.NO_PRODUCT()
    for item in record.items:
        consent = consent_of(item.offer, ctx.sender)
        if ctx.ask("consent", GetConsent(consent)) is None:
            ctx.call("consent", TakeUp(item.offer))
        wanted = Read(item.recording, consent, record.purpose, record.categories, record.precision)
        _read(ctx, wanted, product=message.product)
