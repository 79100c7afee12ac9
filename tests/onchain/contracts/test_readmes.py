"""Each contract's README is its specification: its facts are those of the code, and its examples run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec import inspect

from autochain.onchain import contracts
from autochain.onchain.contracts.consent import BASES, LONGEST_MS, PURPOSES
from autochain.onchain.contracts.credentials import ROLES
from autochain.onchain.contracts.recording import CATEGORIES, GRADES, PRECISIONS
from autochain.onchain.contracts.vehicles import SEVERITIES, STAGES, STEP_KINDS
from autochain.onchain.ledger import HASH, ID, NUMBER, TEXT, Contract
from autochain.onchain.refusals import Reason
from autochain.onchain.units import TOTAL_SUPPLY_UACC
from chains import CONTRACTS, Harness

FOLDER = Path(next(iter(contracts.__path__)))
KEY_PARTS = {ID: "20 bytes", HASH: "32 bytes", NUMBER: "number", TEXT: "text"}
DAY_MS = 86_400_000
NAMED = {
    "category": CATEGORIES,
    "precision": PRECISIONS,
    "purpose": PURPOSES,
    "role": ROLES,
    "severity": SEVERITIES,
    "stage": STAGES,
    "step": STEP_KINDS,
}
"""Choices that the README of the contract that declares them lists under Concepts; elsewhere they go by this name."""
LISTED = (
    ("recording", "Categories", CATEGORIES),
    ("recording", "Grades", tuple(LONGEST_MS)),
    ("recording", "Precisions", PRECISIONS),
    ("consent", "Purposes", PURPOSES),
    ("consent", "Longest times", tuple(LONGEST_MS)),
    ("credentials", "Roles", ROLES),
    ("vehicles", "Stages", STAGES),
    ("vehicles", "Steps", STEP_KINDS),
    ("vehicles", "Severities", SEVERITIES),
)
SAID = (
    ("recording", "Categories", {name: f"`{grade}`" for name, grade in GRADES.items()}),
    ("consent", "Purposes", {name: f"`{basis}`" for name, basis in BASES.items()}),
    ("consent", "Longest times", {grade: f"{longest_ms // DAY_MS} days" for grade, longest_ms in LONGEST_MS.items()}),
)
"""What the last column of such a list says of each choice."""

each_contract = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)


def readme(contract: Contract) -> str:
    return (FOLDER / contract.name / "README.md").read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """Gives what stands under a heading, up to the next one of its level or above."""
    level = heading.split(" ", 1)[0]
    found = re.search(rf"^{re.escape(heading)}$\n(.*?)(?=^#{{2,{len(level)}}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no heading {heading!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """Gives the rows of the first table in a text, without its head."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("|"):
            lines.append(line)
        elif lines:
            break
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def in_words(kind: inspect.Type) -> str:
    """Writes a field's type as the READMEs do."""
    match kind:
        case inspect.IntType(ge=0, le=le) if le == TOTAL_SUPPLY_UACC:
            return "amount in uacc"
        case inspect.IntType(ge=0, le=le) if le == (1 << 53) - 1:
            return "whole number"
        case inspect.IntType(ge=None):
            return "number"
        case inspect.IntType():
            return f"{kind.ge:,} to {kind.le:,}"
        case inspect.BytesType(min_length=None):
            return f"up to {kind.max_length:,} bytes"
        case inspect.BytesType():
            return f"{kind.max_length} bytes"
        case inspect.StrType():
            return "text"
        case inspect.BoolType():
            return "yes or no"
        case inspect.LiteralType():
            listed = ", ".join(f"`{value}`" for value in sorted(map(str, kind.values)))
            return next((name for name, values in NAMED.items() if set(values) == set(kind.values)), listed)
        case inspect.VarTupleType(max_length=None):
            return f"list of {in_words(kind.item_type)}"
        case inspect.VarTupleType(min_length=None):
            return f"up to {kind.max_length} of {in_words(kind.item_type)}"
        case inspect.VarTupleType():
            return f"{kind.min_length} to {kind.max_length} of {in_words(kind.item_type)}"
        case inspect.TupleType():
            return " and ".join(in_words(item) for item in kind.item_types)
        case inspect.StructType():
            return f"`{kind.cls.__name__}`"
        case inspect.UnionType() if kind.includes_none:
            (given,) = (part for part in kind.types if not isinstance(part, inspect.NoneType))
            return f"{in_words(given)} or nothing"
    raise AssertionError(f"no words for {kind}")


def fields(record: type[Any]) -> list[list[str]]:
    """The names and types of a record's fields."""
    info = inspect.type_info(record)
    assert isinstance(info, inspect.StructType)
    return [[f"`{field.name}`", in_words(field.type)] for field in info.fields]


def names(record: type[Any]) -> str:
    return ", ".join(name for name, _ in fields(record)) or "none"


def tag(record: type[Any]) -> str:
    return f"`{record.__struct_config__.tag}`"


def answer(query: type[Any]) -> inspect.Type:
    return inspect.type_info(get_args(query.__orig_bases__[0])[0])


def records(contract: Contract) -> dict[str, type[Any]]:
    """The records of a contract's state and parameters, of its answers, and those that they and what is said hold."""
    found: dict[str, type[Any]] = {}

    def visit(kind: inspect.Type) -> None:
        match kind:
            case inspect.StructType():
                if kind.cls.__module__.startswith(f"autochain.onchain.contracts.{contract.name}."):
                    found.setdefault(kind.cls.__name__, kind.cls)
                for field in kind.fields:
                    visit(field.type)
            case inspect.VarTupleType():
                visit(kind.item_type)
            case inspect.TupleType() as several:
                for item in several.item_types:
                    visit(item)
            case inspect.UnionType():
                for part in kind.types:
                    visit(part)

    spoken = [*contract.messages, *contract.internal, *contract.queries, *contract.events, *contract.timers]
    for record in (*(table.value for table in contract.tables), contract.parameters, *spoken):
        if record is not None:
            visit(inspect.type_info(record))
    for query in contract.queries:
        visit(answer(query))
    return {name: record for name, record in found.items() if record not in spoken}


def headings(text: str) -> list[str]:
    return re.findall(r"^### (.*)$", text, re.MULTILINE)


@each_contract
def test_a_readme_names_version_and_interfaces(contract: Contract) -> None:
    def listed(interfaces: Iterable[str]) -> str:
        return ", ".join(f"`{name}`" for name in interfaces) or "nothing"

    line = f"Version {contract.version}. Provides {listed(contract.provides)}. Uses {listed(contract.uses)}."
    assert line in readme(contract).splitlines()


@each_contract
def test_a_readme_lists_the_tables_with_keys_and_records(contract: Contract) -> None:
    expected = [
        [f"`{table.name}`", " + ".join(KEY_PARTS[part] for part in table.shape) or "none", f"`{table.value.__name__}`"]
        for table in contract.tables
    ]
    assert [row[:3] for row in rows(section(readme(contract), "## State"))] == expected


@each_contract
def test_a_readme_explains_every_record_field_by_field(contract: Contract) -> None:
    state = section(readme(contract), "## State")
    assert sorted(headings(state)) == sorted(f"`{name}`" for name in records(contract))
    for name, record in records(contract).items():
        assert [row[:2] for row in rows(section(state, f"### `{name}`"))] == fields(record)


@each_contract
def test_a_readme_explains_every_message_field_by_field(contract: Contract) -> None:
    text = section(readme(contract), "## Messages")
    assert headings(text) == [tag(message) for message in (*contract.messages, *contract.internal)]
    for message in (*contract.messages, *contract.internal):
        own = section(text, f"### {tag(message)}")
        internal = message in contract.internal
        first = "Internal." if internal else f"Weight {message.weight}{', free' if message.free else ''}."
        assert own.strip().startswith(first)
        assert [row[:2] for row in rows(own)] == fields(message)


@each_contract
def test_a_readme_lists_events_queries_and_timers_with_their_fields(contract: Contract) -> None:
    text = readme(contract)
    events = [[tag(event), names(event)] for event in contract.events]
    assert [row[:2] for row in rows(section(text, "## Events"))] == events
    queries = [[tag(query), names(query), in_words(answer(query))] for query in contract.queries]
    assert [row[:3] for row in rows(section(text, "## Queries"))] == queries
    timers = [[tag(timer), names(timer)] for timer in contract.timers]
    assert [row[:2] for row in (rows(section(text, "## Timers")) if timers else [])] == timers


@each_contract
def test_a_readme_lists_the_invariants(contract: Contract) -> None:
    listed = re.findall(r"^- (.*)\.$", section(readme(contract), "## Invariants"), re.MULTILINE)
    assert [sentence[0].lower() + sentence[1:] for sentence in listed] == list(contract.invariants)


@each_contract
def test_a_readme_lists_the_refusals_with_numbers_and_remedies(contract: Contract) -> None:
    errors = import_module(f"autochain.onchain.contracts.{contract.name}.errors")
    declared = sorted(
        (reason for reason in vars(errors).values() if isinstance(reason, Reason)), key=lambda reason: reason.code
    )
    expected = [[str(reason.code), reason.text, reason.remedy] for reason in declared]
    assert rows(section(readme(contract), "## Refusals")) == expected


@each_contract
def test_a_readme_says_of_every_refusal_when_it_comes(contract: Contract) -> None:
    errors = import_module(f"autochain.onchain.contracts.{contract.name}.errors")
    declared = {reason.code for reason in vars(errors).values() if isinstance(reason, Reason)}
    before = readme(contract).split("## Refusals")[0]
    assert {int(number) for number in re.findall(r"\(refusal (\d+)\)", before)} == declared


@pytest.mark.parametrize(("contract", "heading", "choices"), LISTED)
def test_a_readme_lists_every_choice_with_its_meaning(contract: str, heading: str, choices: tuple[str, ...]) -> None:
    text = section((FOLDER / contract / "README.md").read_text(encoding="utf-8"), f"### {heading}")
    listed = rows(text)
    assert {row[0] for row in listed} == {f"`{choice}`" for choice in choices}
    assert all(row[1] for row in listed)


@pytest.mark.parametrize(("contract", "heading", "said"), SAID)
def test_a_readme_says_of_every_choice_what_the_code_holds_of_it(
    contract: str, heading: str, said: dict[str, str]
) -> None:
    text = section((FOLDER / contract / "README.md").read_text(encoding="utf-8"), f"### {heading}")
    assert {row[0].strip("`"): row[-1] for row in rows(text)} == said


@each_contract
def test_a_readme_states_limits_before_anything_else_is_specified(contract: Contract) -> None:
    heads = re.findall(r"^## (.*)$", readme(contract), re.MULTILINE)
    assert heads[:2] == ["Concepts", "Limits"]
    assert len(re.findall(r"^- \*\*", section(readme(contract), "## Limits"), re.MULTILINE)) >= 2


def examples() -> Iterator[Any]:
    for contract in CONTRACTS:
        found = re.findall(r"^```python\n(.*?)^```$", readme(contract), re.MULTILINE | re.DOTALL)
        for number, code in enumerate(found or [""]):
            yield pytest.param(contract, code, id=f"{contract.name}-{number}")


@pytest.mark.parametrize(("contract", "code"), list(examples()))
def test_an_example_in_a_readme_runs_as_it_stands(contract: Contract, code: str) -> None:
    assert "assert" in code, f"the README of {contract.name} has an example that shows something"
    exec(compile(code, f"{contract.name}/README.md", "exec"), {"harness": Harness()})
