"""What release does with each message."""

from __future__ import annotations

from ...ledger import Context
from . import errors
from .messages import Anchor, Anchored
from .state import COMMITTEE, LOGS, Committee, Log


def genesis(ctx: Context, parameters: Committee) -> None:
    if not parameters.is_sound:
        raise errors.BAD_COMMITTEE()
    COMMITTEE.put(ctx, value=parameters)


def anchor(ctx: Context, message: Anchor) -> None:
    committee = COMMITTEE.get(ctx)
    if committee is None or ctx.sender not in committee.members:
        raise errors.NOT_A_MEMBER()
    before = LOGS.get(ctx, ctx.sender)
    if message.length <= (before.length if before else 0):
        raise errors.LOG_SHRANK()
    LOGS.put(ctx, ctx.sender, value=Log(message.head, message.length, ctx.block.time_ms))
    ctx.emit(Anchored(ctx.sender, message.length))
