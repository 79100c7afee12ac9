"""What recording does with each message."""

from __future__ import annotations

from msgspec.structs import replace

from ...ledger import Context, interfaces
from ..release import GetCommittee
from . import errors
from .messages import HOUR_MS, MAX_KEPT_MS, Commit, Committed, Destroyed, Erase, Erased, recording_id
from .state import COUNTS, OWNED, RECORDINGS, STATEMENTS, Counter, Owned, Recording, Statement


def commit(ctx: Context, message: Commit) -> None:
    account = ctx.ask("accounts", interfaces.AccountOf(ctx.sender))
    if account is None or account.kind != "device":
        raise errors.NOT_A_DEVICE()
    if message.end_ms > ctx.block.time_ms + HOUR_MS:
        raise errors.IN_THE_FUTURE()
    if message.start_ms + HOUR_MS <= account.owned_ms:
        raise errors.BEFORE_HAND_OVER()
    if not ctx.block.time_ms < message.keep_until_ms <= ctx.block.time_ms + MAX_KEPT_MS:
        raise errors.BAD_RETENTION()
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
        keep_until_ms=message.keep_until_ms,
    )
    RECORDINGS.put(ctx, name, value=record)
    OWNED.put(ctx, account.owner, name, value=Owned(ctx.block.time_ms))
    count = COUNTS.get(ctx, account.owner) or Counter(0)
    COUNTS.put(ctx, account.owner, value=Counter(count.committed + 1))
    ctx.emit(Committed(name, ctx.sender, account.owner, message.points))


def erase(ctx: Context, message: Erase) -> None:
    record = RECORDINGS.get(ctx, message.recording)
    if record is None or record.owner != ctx.sender:
        raise errors.NOT_YOURS()
    if not record.is_kept(ctx.block.time_ms):
        raise errors.ALREADY_ERASED()
    RECORDINGS.put(ctx, message.recording, value=replace(record, erased_ms=ctx.block.time_ms))
    ctx.emit(Erased(message.recording, ctx.sender))


def destroyed(ctx: Context, message: Destroyed) -> None:
    committee = ctx.ask("release", GetCommittee())
    if committee is None or ctx.sender not in committee.members:
        raise errors.NOT_A_HOLDER()
    for name in message.recordings:
        record = RECORDINGS.get(ctx, name)
        if record is None or record.is_kept(ctx.block.time_ms):
            raise errors.STILL_KEPT(name.hex())
        # Said once more, it stands as it was said first.
        if STATEMENTS.get(ctx, name, ctx.sender) is None:
            STATEMENTS.put(ctx, name, ctx.sender, value=Statement(ctx.block.time_ms))
