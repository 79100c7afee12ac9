"""Every refusal: numbered once, and each seen by a test of its contract."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

from autochain.onchain.refusals import Reason
from chains import CONTRACTS

NAMES = [contract.name for contract in CONTRACTS]


def reasons(contract: str) -> dict[str, Reason]:
    """The refusals that a contract declares, by their names in its `errors.py`."""
    module = import_module(f"autochain.onchain.contracts.{contract}.errors")
    return {name: value for name, value in vars(module).items() if isinstance(value, Reason)}


@pytest.mark.parametrize("contract", NAMES)
def test_a_contracts_refusals_are_numbered_apart_and_say_the_mend(contract: str) -> None:
    declared = reasons(contract).values()
    assert len({reason.code for reason in declared}) == len(declared)
    for reason in declared:
        assert reason.codespace == contract
        assert reason.code > 0
        assert reason.text.endswith(".")
        assert reason.remedy.endswith(".")


@pytest.mark.parametrize("contract", NAMES)
def test_each_refusal_is_refused_once_in_the_contracts_own_tests(contract: str) -> None:
    own = sorted(Path(__file__).parent.glob(f"test_{contract}*.py"))
    seen = {
        argument.attr
        for path in own
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) == "refuses"
        for argument in node.args[:1]
        if isinstance(argument, ast.Attribute)
        and isinstance(argument.value, ast.Name)
        and argument.value.id == "errors"
    }
    assert set(reasons(contract)) - seen == set()
