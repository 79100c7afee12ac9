"""What recording does with each message."""

from __future__ import annotations

from ...ledger import Context, interfaces
from . import errors
from .messages import HOUR_MS, Commit, Committed, recording_id
from .state import OWNED, RECORDINGS, Owned, Recording


def commit(ctx: Context, message: Commit) -> None:
    account = ctx.ask("accounts", interfaces.AccountOf(ctx.sender))
    if account is None or account.kind != "device":
        raise errors.NOT_A_DEVICE()
    if message.end_ms > ctx.block.time_ms + HOUR_MS:
        raise errors.IN_THE_FUTURE()
    name = recording_id(ctx.sender, message.fingerprint)
    if RECORDINGS.get(ctx, name) is not None:
        raise errors.ALREADY_COMMITTED(name.hex())
    record = Recording(
        vehicle=ctx.sender,
        owner=account.owner,
        fingerprint=message.fingerprint,
        manifest_root=message.manifest_root,
        parts=message.parts,
        points=message.points,
        start_ms=message.start_ms,
        end_ms=message.end_ms,
        committed_ms=ctx.block.time_ms,
        height=ctx.block.height,
    )
    RECORDINGS.put(ctx, name, value=record)
    OWNED.put(ctx, account.owner, name, value=Owned(ctx.block.time_ms))
    ctx.emit(Committed(name, ctx.sender, account.owner, message.points))
