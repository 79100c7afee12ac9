"""What identity does with each message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from ...ledger import Context, commitment_to, interfaces
from ...refusals import ensure
from . import errors
from .messages import (
    CompleteRecovery,
    GuardiansSet,
    HandedOver,
    HandOver,
    Kept,
    Recover,
    Recovered,
    RecoveryAsked,
    RecoveryBegun,
    RecoveryRejected,
    Register,
    Registered,
    RejectRecovery,
    Revoke,
    Revoked,
    Rotate,
    Rotated,
    SetGuardians,
    Succeed,
    Succeeded,
)
from .state import (
    GUARDIANS,
    IDENTITIES,
    RECOVERIES,
    VERSIONS,
    WORDS,
    Guardians,
    Guarding,
    Identity,
    Parameters,
    Recovery,
    Words,
)


def genesis(ctx: Context, parameters: Parameters) -> None:
    for account, record in parameters.identities:
        IDENTITIES.put(ctx, account, value=replace(record, since_ms=record.registered_ms))


def register(ctx: Context, message: Register) -> None:
    account = message.account()
    if ctx.sender != account:
        raise errors.NOT_YOURSELF()
    if IDENTITIES.get(ctx, account) is not None:
        raise errors.ALREADY_REGISTERED()
    _check_expiry(ctx, message.until_ms)
    if message.controller is not None:
        if ctx.payer != message.controller:
            raise errors.CONTROLLER_ABSENT()
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
        next=message.next,
        until_ms=message.until_ms,
        since_ms=ctx.block.time_ms,
    )
    IDENTITIES.put(ctx, account, value=record)
    ctx.emit(Registered(account, message.kind, message.controller))


def rotate(ctx: Context, message: Rotate) -> None:
    record = _known(ctx, ctx.sender)
    _check_no_next(record)
    ctx.check_keys(message.keys)
    _bring_keys(ctx, record, message)
    ctx.emit(Rotated(ctx.sender))


def succeed(ctx: Context, message: Succeed) -> None:
    record = _known(ctx, ctx.sender)
    promised = commitment_to(message.keys, message.threshold)
    ensure(record.next == promised, "the ledger lets nobody succeed but with the keys that were committed to")
    _bring_keys(ctx, record, message)
    ctx.emit(Succeeded(ctx.sender))


def _bring_keys(ctx: Context, record: Identity, message: Rotate | Succeed) -> None:
    _check_expiry(ctx, message.until_ms)
    _renew(
        ctx,
        ctx.sender,
        record,
        keys=message.keys,
        threshold=message.threshold,
        encryption_key=message.encryption_key,
        next=message.next,
        until_ms=message.until_ms,
    )


def set_guardians(ctx: Context, message: SetGuardians) -> None:
    record = _known(ctx, ctx.sender)
    if record.controller is not None:
        raise errors.NO_GUARDIANS()
    _check_no_next(record)
    if ctx.sender in message.guardians or not all(_is_active(ctx, each) for each in message.guardians):
        raise errors.BAD_GUARDIANS()
    now_ms = ctx.block.time_ms
    wanted = Guardians(message.guardians, message.threshold, message.delay_ms)
    before = _guardians(ctx, ctx.sender)
    guarding = Guarding(wanted, from_ms=now_ms)
    if before is not None and before.members:
        # Whoever stole the keys must not be rid of the guardians before they can act.
        guarding = Guarding(before, wanted, now_ms + before.delay_ms)
    GUARDIANS.put(ctx, ctx.sender, value=guarding)
    ctx.emit(GuardiansSet(ctx.sender, message.guardians, guarding.from_ms))


def recover(ctx: Context, message: Recover) -> None:
    record = _known(ctx, message.account)
    if not record.active:
        raise errors.DID_REVOKED()
    ctx.check_keys(message.keys)
    if record.controller is not None:
        if ctx.sender != record.controller:
            raise errors.NOT_GUARDIAN()
        _give_keys(ctx, message.account, record, message)
        return
    guardians = _guardians(ctx, message.account)
    if guardians is None or ctx.sender not in guardians.members:
        raise errors.NOT_GUARDIAN()
    asked = WORDS.get(ctx, message.account)
    word, others = message.word(), _without(asked.words if asked else (), ctx.sender, guardians)
    words = (*others, (ctx.sender, word))
    WORDS.put(ctx, message.account, value=Words(words))
    ctx.emit(RecoveryAsked(message.account, ctx.sender))
    agreeing = sum(1 for guardian, theirs in words if theirs == word and _is_active(ctx, guardian))
    begun = RECOVERIES.get(ctx, message.account)
    if agreeing >= guardians.threshold and (begun is None or begun.word != word):
        _begin(ctx, message, due_ms=ctx.block.time_ms + guardians.delay_ms)


def _without(
    words: Iterable[tuple[bytes, bytes]], sender: bytes, guardians: Guardians
) -> tuple[tuple[bytes, bytes], ...]:
    """Gives the words of the other guardians; of those who are none any more, none counts."""
    return tuple((each, word) for each, word in words if each != sender and each in guardians.members)


def _begin(ctx: Context, message: Recover, *, due_ms: int) -> None:
    recovery = Recovery(
        keys=message.keys,
        threshold=message.threshold,
        encryption_key=message.encryption_key,
        next=message.next,
        word=message.word(),
        due_ms=due_ms,
    )
    RECOVERIES.put(ctx, message.account, value=recovery)
    ctx.emit(RecoveryBegun(message.account, due_ms))


def reject_recovery(ctx: Context, message: RejectRecovery) -> None:
    if not _forget_recovery(ctx, ctx.sender):
        raise errors.NO_RECOVERY()
    ctx.emit(RecoveryRejected(ctx.sender))


def complete_recovery(ctx: Context, message: CompleteRecovery) -> None:
    record = _known(ctx, message.account)
    recovery = RECOVERIES.get(ctx, message.account)
    if recovery is None:
        raise errors.NO_RECOVERY()
    if ctx.block.time_ms < recovery.due_ms:
        raise errors.NOT_DUE()
    _give_keys(ctx, message.account, record, recovery)


def _give_keys(ctx: Context, account: bytes, record: Identity, given: Recover | Recovery) -> None:
    _renew(
        ctx,
        account,
        record,
        keys=given.keys,
        threshold=given.threshold,
        encryption_key=given.encryption_key,
        next=given.next,
        until_ms=0,
    )
    ctx.emit(Recovered(account))


def revoke(ctx: Context, message: Revoke) -> None:
    record = _known(ctx, message.account)
    if ctx.sender not in (message.account, record.controller):
        raise errors.NOT_YOURS()
    if record.is_kept:
        raise errors.LIFE_KEPT()
    if ctx.sender == message.account:
        _check_no_next(record)
    _revoke(ctx, message.account, record)


def hand_over(ctx: Context, message: HandOver) -> None:
    record = _owned(ctx, message.device)
    if record.is_kept:
        raise errors.LIFE_KEPT()
    _pass_on(ctx, message.device, record, taker=ctx.payer)


def keep(ctx: Context, message: interfaces.Keep) -> None:
    record = _owned(ctx, message.device)
    if not record.active:
        raise errors.DID_REVOKED()
    if record.is_kept:
        raise errors.LIFE_KEPT()
    IDENTITIES.put(ctx, message.device, value=replace(record, is_kept=True))
    ctx.emit(Kept(message.device))


def pass_on(ctx: Context, message: interfaces.PassOn) -> None:
    record = _owned(ctx, message.device)
    ensure(record.is_kept, "a contract passes on only the devices whose lives it keeps")
    _pass_on(ctx, message.device, record, taker=message.taker)


def end(ctx: Context, message: interfaces.End) -> None:
    record = _owned(ctx, message.device)
    ensure(record.is_kept, "a contract ends only the devices whose lives it keeps")
    _revoke(ctx, message.device, record)


def use_sequence(ctx: Context, message: interfaces.UseSequence) -> None:
    record = _known(ctx, ctx.sender)
    IDENTITIES.put(ctx, ctx.sender, value=replace(record, sequence=record.sequence + 1))


def _owned(ctx: Context, device: bytes) -> Identity:
    """Gives a device of the sender's."""
    record = _known(ctx, device)
    if record.controller != ctx.sender:
        raise errors.NOT_YOURS()
    return record


def _pass_on(ctx: Context, device: bytes, record: Identity, *, taker: bytes | None) -> None:
    if not record.active:
        raise errors.DID_REVOKED()
    if taker is None or taker == ctx.sender:
        raise errors.TAKER_ABSENT()
    _check_controller(ctx, taker)
    _renew(ctx, device, record, controller=taker, controlled_ms=ctx.block.time_ms)
    ctx.emit(HandedOver(device, taker))


def _revoke(ctx: Context, account: bytes, record: Identity) -> None:
    if record.active:
        _renew(ctx, account, record, active=False)
        ctx.emit(Revoked(account))


def _renew(ctx: Context, account: bytes, record: Identity, **changes: Any) -> None:
    """Puts the next document of a DID into force; the present one becomes history, and no recovery goes on."""
    now_ms = ctx.block.time_ms
    VERSIONS.put(ctx, account, record.version, value=record.document(replaced_ms=now_ms))
    IDENTITIES.put(ctx, account, value=replace(record, version=record.version + 1, since_ms=now_ms, **changes))
    _forget_recovery(ctx, account)


def _forget_recovery(ctx: Context, account: bytes) -> bool:
    """Ends what guardians asked for, and says whether there was anything."""
    found = False
    for table in (WORDS, RECOVERIES):
        if table.get(ctx, account) is not None:
            table.delete(ctx, account)
            found = True
    return found


def _guardians(ctx: Context, account: bytes) -> Guardians | None:
    guarding = GUARDIANS.get(ctx, account)
    return None if guarding is None else guarding.at(ctx.block.time_ms)


def _check_controller(ctx: Context, controller: bytes) -> None:
    owner = IDENTITIES.get(ctx, controller)
    if owner is None or not owner.active or owner.kind == "device":
        raise errors.CONTROLLER_UNFIT()


def _check_expiry(ctx: Context, until_ms: int) -> None:
    if 0 < until_ms <= ctx.block.time_ms:
        raise errors.EXPIRED_ALREADY()


def _check_no_next(record: Identity) -> None:
    """Refuses where the holder promised to speak on this by its next keys: the present ones may be stolen."""
    if record.next is not None:
        raise errors.NEXT_STANDS()


def _is_active(ctx: Context, account: bytes) -> bool:
    record = IDENTITIES.get(ctx, account)
    return record is not None and record.active


def _known(ctx: Context, account: bytes) -> Identity:
    record = IDENTITIES.get(ctx, account)
    if record is None:
        raise errors.UNKNOWN_DID()
    return record
