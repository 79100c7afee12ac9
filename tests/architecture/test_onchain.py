"""What every validator computes alike: no ban is broken, the core names no contract, each contract keeps its form."""

from __future__ import annotations

from importlib import import_module

import pytest

from autochain.onchain.ledger import Contract

from .bans import ATTRIBUTES, EXCEPTIONS, MODULES, NAMES, OPERATORS, OUTSIDE, STANDARD, WITHOUT_ARGUMENT, ban_faults
from .source import Source
from .structure import contract_faults, contract_names, core_faults

SOURCE = Source()


def test_onchain_code_breaks_no_ban() -> None:
    assert ban_faults(SOURCE) == []


def test_every_ban_has_a_reason_and_nothing_is_both_banned_and_allowed() -> None:
    reasons = [
        *NAMES.values(),
        *ATTRIBUTES.values(),
        *MODULES.values(),
        *WITHOUT_ARGUMENT.values(),
        *EXCEPTIONS.values(),
    ]
    reasons += [reason for _, reason in OPERATORS.values()]
    assert all(len(reason) > 20 and reason.endswith(".") for reason in reasons)
    assert not set(MODULES) & (STANDARD | OUTSIDE)


def test_every_exception_is_still_needed() -> None:
    for path, what in EXCEPTIONS:
        text = (SOURCE.root / path).read_text("utf-8")
        assert f"{what}(" in text or f" {what} " in text, path


def test_the_core_names_no_contract() -> None:
    assert core_faults(SOURCE) == []


def test_every_contract_has_the_fixed_files_and_declares_whom_it_uses() -> None:
    assert contract_faults(SOURCE) == []
    assert len(contract_names(SOURCE)) >= 7


@pytest.mark.parametrize("name", contract_names(SOURCE))
def test_the_tags_on_the_wire_are_folder_and_class(name: str) -> None:
    contract: Contract = import_module(f"autochain.onchain.contracts.{name}").CONTRACT
    assert contract.name == name
    kinds = [*contract.messages, *contract.internal, *contract.queries, *contract.timers, *contract.events]
    for kind in kinds:
        folder = ["accounts", "money"] if kind.__module__.endswith("ledger.interfaces") else [name]
        assert kind.__struct_config__.tag in [f"{said}/{kind.__name__}" for said in folder]
    assert all(table.contract == name for table in contract.tables)
