"""Guards: a contract that the chain's spec names as one refuses any contract's message."""

from __future__ import annotations

import pytest

from autochain.onchain.codec import Record
from autochain.onchain.contracts.identity import Register
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.ids import Id
from autochain.onchain.ledger import ID, Context, Contract, Message, Table
from autochain.onchain.refusals import Broken, Reason
from chains import CONTRACTS, Harness, Party, Scene

HELD = Reason("hold", 1, "This account is held.", "Ask the regulator to lift the hold.")


class Hold(Message, frozen=True, tag="hold/Hold"):
    """Holds an account: what it sends is refused from now on."""

    account: Id


class Held(Record, frozen=True):
    """Says that an account is held."""

    height: int


HOLDS = Table("hold", "holds", Held, key=(ID,))


def _hold(ctx: Context, message: Hold) -> None:
    HOLDS.put(ctx, message.account, value=Held(ctx.block.height))


def _guard(ctx: Context, message: Message) -> None:
    if HOLDS.get(ctx, ctx.sender) is not None:
        raise HELD(type(message).__name__)


CONTRACT = Contract("hold", version=1, messages={Hold: _hold}, tables=(HOLDS,), guard=_guard)


@pytest.fixture
def held() -> Scene:
    """The usual scene on a chain with a regulator's hold, which holds the buyer."""
    scene = Scene(Harness(contracts=(*CONTRACTS, CONTRACT), guards=("hold",)))
    scene.harness.do(scene.harness.treasury, Hold(scene.buyer.account))
    return scene


def test_a_guard_refuses_every_contracts_message_of_a_held_account(held: Scene) -> None:
    refuses, buyer = held.harness.refuses, held.buyer
    refuses(HELD, buyer, Transfer(held.owner.account, 1))
    refuses(HELD, buyer, held.a_read(held.commit(), held.grant()))
    refuses(HELD, buyer, buyer.rotation(buyer.seeds))
    refuses(HELD, buyer, Hold(held.owner.account))


def test_a_guard_lets_everybody_else_pass(held: Scene) -> None:
    held.harness.do(held.owner, Transfer(held.buyer.account, 1))
    held.commit()


def test_a_guard_sees_each_message_so_a_hold_works_within_its_own_transaction(held: Scene) -> None:
    held.harness.refuses(HELD, held.owner, Hold(held.owner.account), Transfer(held.buyer.account, 1))


def test_a_free_message_that_a_guard_refuses_is_not_admitted() -> None:
    def no_newcomers(ctx: Context, message: Message) -> None:
        if isinstance(message, Register):
            raise HELD()

    closed = Contract("closed", version=1, guard=no_newcomers)
    harness = Harness(contracts=(*CONTRACTS, closed), guards=("closed",))
    ada = Party.make("ada", "person")
    harness.refuses(HELD, ada, ada.registration)


def test_a_contract_that_the_spec_does_not_name_guards_nothing() -> None:
    scene = Scene(Harness(contracts=(*CONTRACTS, CONTRACT)))
    scene.harness.do(scene.harness.treasury, Hold(scene.buyer.account))
    scene.harness.do(scene.buyer, Transfer(scene.owner.account, 1))


def test_a_chain_whose_spec_names_a_guard_without_one_runs_nothing() -> None:
    def run() -> None:
        harness = Harness(guards=("token",))
        harness.send(harness.treasury, Transfer(harness.operator.account, 1))

    with pytest.raises(Broken, match="token, a guard of the chain, has a guard"):
        run()
