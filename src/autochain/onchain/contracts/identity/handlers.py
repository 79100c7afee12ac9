"""What identity does with each message."""

from __future__ import annotations

from msgspec.structs import replace

from ...ledger import Context, interfaces
from . import errors
from .messages import HandedOver, HandOver, Register, Registered, Revoke, Revoked, Rotate, Rotated
from .state import IDENTITIES, Identity, Parameters


def genesis(ctx: Context, parameters: Parameters) -> None:
    for account, record in parameters.identities:
        IDENTITIES.put(ctx, account, value=record)


def register(ctx: Context, message: Register) -> None:
    account = message.account()
    if ctx.sender != account:
        raise errors.NOT_YOURSELF()
    if IDENTITIES.get(ctx, account) is not None:
        raise errors.ALREADY_REGISTERED()
    if message.controller is not None:
        _check_controller(ctx, message.controller)
    record = Identity(
        kind=message.kind,
        keys=message.keys,
        threshold=message.threshold,
        sequence=1,
        commitment=message.commitment,
        encryption_key=message.encryption_key,
        controller=message.controller,
        registered_ms=ctx.block.time_ms,
    )
    IDENTITIES.put(ctx, account, value=record)
    ctx.emit(Registered(account, message.kind, message.controller))


def _check_controller(ctx: Context, controller: bytes) -> None:
    if ctx.payer != controller:
        raise errors.CONTROLLER_ABSENT()
    owner = IDENTITIES.get(ctx, controller)
    if owner is None or not owner.active or owner.kind == "device":
        raise errors.CONTROLLER_UNFIT()


def rotate(ctx: Context, message: Rotate) -> None:
    record = _known(ctx, ctx.sender)
    changed = replace(record, keys=message.keys, threshold=message.threshold, encryption_key=message.encryption_key)
    IDENTITIES.put(ctx, ctx.sender, value=changed)
    ctx.emit(Rotated(ctx.sender))


def revoke(ctx: Context, message: Revoke) -> None:
    record = _known(ctx, message.account)
    if ctx.sender not in (message.account, record.controller):
        raise errors.NOT_YOURS()
    IDENTITIES.put(ctx, message.account, value=replace(record, active=False))
    ctx.emit(Revoked(message.account))


def hand_over(ctx: Context, message: HandOver) -> None:
    record = _known(ctx, message.device)
    if record.controller is None or record.controller != ctx.sender:
        raise errors.NOT_YOURS()
    if not record.active:
        raise errors.DEVICE_REVOKED()
    if ctx.payer is None or ctx.payer == ctx.sender:
        raise errors.TAKER_ABSENT()
    _check_controller(ctx, ctx.payer)
    IDENTITIES.put(ctx, message.device, value=replace(record, controller=ctx.payer, controlled_ms=ctx.block.time_ms))
    ctx.emit(HandedOver(message.device, ctx.payer))


def use_sequence(ctx: Context, message: interfaces.UseSequence) -> None:
    record = _known(ctx, ctx.sender)
    IDENTITIES.put(ctx, ctx.sender, value=replace(record, sequence=record.sequence + 1))


def _known(ctx: Context, account: bytes) -> Identity:
    record = IDENTITIES.get(ctx, account)
    if record is None:
        raise errors.UNKNOWN_DID()
    return record
