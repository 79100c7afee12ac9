"""The golden vectors: from a first state, these transactions give these results and these roots, for ever."""

from __future__ import annotations

import pytest
from vectors.golden.replay import FOLDER, Vector, load, machine_of, run_block

from autochain.onchain.ledger import StateMachine, errors
from autochain.onchain.refusals import Refusal
from chains import CONTRACTS

NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def replayed(machine: StateMachine, block: Vector) -> Vector:
    transactions = [bytes.fromhex(transaction["bytes"]) for transaction in block["transactions"]]
    return run_block(machine, transactions, height=block["height"], time_ms=block["time_ms"])


@pytest.mark.parametrize("name", NAMES)
def test_a_history_gives_the_recorded_results_and_roots(name: str) -> None:
    vector = load(name)
    machine = machine_of(vector)
    assert machine.info() == (vector["height"], bytes.fromhex(vector["root"]))
    for block in vector["blocks"]:
        assert replayed(machine, block) == block


def test_the_histories_hold_every_message_of_every_contract_and_refusals_of_each() -> None:
    happened, refused, announced = set[str](), set[str](), set[str]()
    for name in NAMES:
        for block in load(name)["blocks"]:
            announced |= {name} if block["timer_events"] != "90" else set()
            for transaction in block["transactions"]:
                result = transaction["result"]
                happened |= set(transaction["messages"] if result["code"] == 0 else ())
                refused |= {result["codespace"]} if result["code"] else set()
    assert happened == {str(kind.__struct_config__.tag) for made in CONTRACTS for kind in made.messages}
    assert refused == {made.name for made in CONTRACTS} | {"codec", "ledger"}
    assert announced, "a timer rings in some history"


def test_a_first_state_that_was_changed_is_noticed() -> None:
    for name in NAMES:
        vector = load(name)
        vector["pre_state"].popitem()
        with pytest.raises(Refusal) as caught:
            machine_of(vector)
        assert caught.value.reason == errors.STORE_DAMAGED
