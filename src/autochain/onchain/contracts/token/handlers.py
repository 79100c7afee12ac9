"""What token does with each message."""

from __future__ import annotations

from ...ids import did
from ...ledger import Context, interfaces
from ...refusals import ensure
from ...units import TOTAL_SUPPLY_UACC, acc
from . import errors
from .messages import Transfer, Transferred
from .state import ALLOCATIONS, BALANCES, Balance, Parameters


def genesis(ctx: Context, parameters: Parameters) -> None:
    total = sum(allocation.amount_uacc for _, allocation in parameters.allocations)
    ensure(total == TOTAL_SUPPLY_UACC, "the allocations sum to the whole supply")
    for name, allocation in parameters.allocations:
        ALLOCATIONS.put(ctx, name, value=allocation)
        _set_balance(ctx, allocation.account, _balance(ctx, allocation.account) + allocation.amount_uacc)


def transfer(ctx: Context, message: Transfer) -> None:
    if ctx.ask("accounts", interfaces.AccountOf(message.payee)) is None:
        raise errors.UNKNOWN_PAYEE()
    pay(ctx, interfaces.Pay(message.payee, message.amount_uacc))


def pay(ctx: Context, message: interfaces.Pay) -> None:
    payer, payee, amount = ctx.sender, message.payee, message.amount_uacc
    if amount == 0:
        raise errors.NOTHING_TO_PAY()
    if payer == payee:
        raise errors.PAYEE_IS_PAYER()
    held = _balance(ctx, payer)
    if held < amount:
        raise errors.TOO_POOR(f"{acc(held)} of {acc(amount)} ACC at {did(payer)}")
    _set_balance(ctx, payer, held - amount)
    _set_balance(ctx, payee, _balance(ctx, payee) + amount)
    ctx.emit(Transferred(payer, payee, amount))


def _balance(ctx: Context, account: bytes) -> int:
    record = BALANCES.get(ctx, account)
    return record.amount_uacc if record else 0


def _set_balance(ctx: Context, account: bytes, amount_uacc: int) -> None:
    if amount_uacc:
        BALANCES.put(ctx, account, value=Balance(amount_uacc))
    else:
        BALANCES.delete(ctx, account)
