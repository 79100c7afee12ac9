"""What market does when the time to fetch keys is over."""

from __future__ import annotations

from msgspec.structs import replace

from ...codec import tag_of
from ...ids import Id
from ...ledger import Context, Timer, interfaces
from .messages import Refunded
from .state import RECEIPTS


class Lapse(Timer, frozen=True, tag=tag_of(__name__)):
    """A receipt's day is over."""

    receipt: Id


def lapse(ctx: Context, timer: Lapse) -> None:
    record = RECEIPTS.get(ctx, timer.receipt)
    if record is None or record.status != "open":
        return
    RECEIPTS.put(ctx, timer.receipt, value=replace(record, status="refunded"))
    if record.price_uacc:
        ctx.call("money", interfaces.Pay(record.reader, record.price_uacc), as_self=True)
    ctx.emit(Refunded(timer.receipt, record.reader, record.price_uacc))
