"""What consent does when a consent's time is over."""

from __future__ import annotations

from msgspec.structs import replace

from ...codec import tag_of
from ...ids import Id
from ...ledger import Context, Timer
from .messages import Ended
from .state import CONSENTS


class Expire(Timer, frozen=True, tag=tag_of(__name__)):
    """A consent's expiry has come."""

    consent: Id


def expire(ctx: Context, timer: Expire) -> None:
    record = CONSENTS.get(ctx, timer.consent)
    if record is None or record.ended_ms:
        return
    CONSENTS.put(ctx, timer.consent, value=replace(record, ended_ms=ctx.block.time_ms))
    ctx.emit(Ended(timer.consent, "expired"))
