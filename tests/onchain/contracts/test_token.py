"""Token: ACC is moved, never made, and never lost by a slip."""

from __future__ import annotations

import pytest

from autochain.onchain.contracts.identity import Revoke
from autochain.onchain.contracts.token import (
    BALANCES,
    Allocation,
    GetAllocations,
    Parameters,
    Transfer,
    Transferred,
    errors,
)
from autochain.onchain.ids import Id, contract_account
from autochain.onchain.ledger import Context, Contract, Message, interfaces
from autochain.onchain.ledger import errors as ledger
from autochain.onchain.refusals import Broken
from autochain.onchain.units import TOTAL_SUPPLY_UACC
from chains import ACC, CONTRACTS, Harness, Scene, entries


def test_all_acc_exist_from_the_beginning_in_named_allocations(harness: Harness) -> None:
    listed = harness.ask(GetAllocations())
    allocations = dict(listed)
    assert allocations["mining"] == Allocation(contract_account("mining"), 129_000_000 * ACC)
    assert sum(part.amount_uacc for part in allocations.values()) == TOTAL_SUPPLY_UACC == 300_000_000 * ACC
    assert all(harness.balance(part.account) == part.amount_uacc for part in allocations.values())


def test_allocations_to_one_account_add_up() -> None:
    probe = Harness()
    treasury = probe.treasury.account
    harness = Harness(
        parameters={
            "token": Parameters((("a", Allocation(treasury, 1)), ("b", Allocation(treasury, TOTAL_SUPPLY_UACC - 1))))
        }
    )
    assert harness.balance(treasury) == TOTAL_SUPPLY_UACC


@pytest.mark.parametrize("surplus_uacc", [-1, 1])
def test_a_genesis_that_does_not_allocate_the_whole_supply_does_not_begin(surplus_uacc: int) -> None:
    half = TOTAL_SUPPLY_UACC // 2
    parts = (("a", Allocation(bytes(20), half)), ("b", Allocation(bytes(20), half + surplus_uacc)))
    with pytest.raises(Broken, match="whole supply"):
        Harness(parameters={"token": Parameters(parts)})


def test_a_transfer_moves_exactly_its_amount_and_the_sender_pays_the_fee(scene: Scene) -> None:
    harness, owner, buyer = scene.harness, scene.owner, scene.buyer
    before = [harness.balance(party) for party in (owner, buyer, harness.operator)]
    events = harness.do(owner, Transfer(buyer.account, 7))
    after = [harness.balance(party) for party in (owner, buyer, harness.operator)]
    fee = (50 + 60 + Transfer.weight) * 5
    assert events == (Transferred(owner.account, buyer.account, 7),)
    assert after == [before[0] - 7 - fee, before[1] + 7, before[2] + fee]


def test_an_account_that_gave_everything_away_has_no_record(harness: Harness) -> None:
    ada, bob = harness.register("ada"), harness.register("bob")
    fee = (50 + 60 + Transfer.weight) * 5
    harness.do(ada, Transfer(bob.account, harness.balance(ada) - fee))
    assert harness.balance(ada) == 0
    assert ada.account not in dict(entries(harness, BALANCES))


def test_who_takes_the_fees_pays_none(scene: Scene) -> None:
    harness = scene.harness
    harness.do(harness.treasury, Transfer(harness.operator.account, ACC))
    held = harness.balance(harness.operator)
    harness.do(harness.operator, Transfer(scene.owner.account, held))
    assert harness.balance(harness.operator) == 0


def test_more_than_the_account_holds_after_the_fee_is_refused(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    fee = (50 + 60 + Transfer.weight) * 5
    harness.refuses(errors.TOO_POOR, owner, Transfer(scene.buyer.account, harness.balance(owner) - fee + 1))
    harness.do(owner, Transfer(scene.buyer.account, harness.balance(owner) - fee))


def test_who_cannot_pay_the_fee_is_not_admitted(harness: Harness) -> None:
    poor = harness.register("poor", funds_uacc=0)
    result = harness.refuses(errors.TOO_POOR, poor, Transfer(harness.treasury.account, 1))
    assert result.weight_used == 0


def test_an_amount_of_nothing_is_refused_before_any_fee(scene: Scene) -> None:
    result = scene.harness.refuses(errors.NOTHING_TO_PAY, scene.owner, Transfer(scene.buyer.account, 0))
    assert result.weight_used == 0


class Tip(Message, frozen=True, tag="tips/Tip"):
    """Has the test's own contract pay for the sender."""

    payee: Id
    amount_uacc: int


def test_a_contract_pays_for_the_sender_by_the_same_rules() -> None:
    def tip(ctx: Context, message: Tip) -> None:
        ctx.call("money", interfaces.Pay(message.payee, message.amount_uacc))

    scene = Scene(Harness(contracts=(*CONTRACTS, Contract("tips", version=1, uses=("money",), messages={Tip: tip}))))
    harness, owner, buyer = scene.harness, scene.owner, scene.buyer.account
    harness.do(owner, Tip(buyer, 1))
    harness.refuses(errors.NOTHING_TO_PAY, owner, Tip(buyer, 0))
    harness.refuses(errors.PAYEE_IS_PAYER, owner, Tip(owner.account, 1))
    harness.refuses(errors.TOO_POOR, owner, Tip(buyer, harness.balance(owner)))


def test_money_to_an_unregistered_account_is_refused_even_to_a_contracts_own(scene: Scene) -> None:
    scene.harness.refuses(errors.UNKNOWN_PAYEE, scene.owner, Transfer(bytes(20), 1))
    scene.harness.refuses(errors.UNKNOWN_PAYEE, scene.owner, Transfer(contract_account("mining"), 1))


def test_nobody_pays_himself(scene: Scene) -> None:
    scene.harness.refuses(errors.PAYEE_IS_PAYER, scene.owner, Transfer(scene.owner.account, 1))


def test_a_revoked_account_still_takes_money_and_never_spends_it(scene: Scene) -> None:
    harness = scene.harness
    harness.do(scene.buyer, Revoke(scene.buyer.account))
    harness.do(scene.owner, Transfer(scene.buyer.account, 1))
    harness.refuses(ledger.REVOKED_SENDER, scene.buyer, Transfer(scene.owner.account, 1))
