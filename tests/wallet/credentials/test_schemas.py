from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from autochain.wallet.credentials import (
    AUTOCHAIN,
    EXAMPLES,
    SCHEMA_MISFIT,
    TYPES,
    Document,
    Kind,
    Validity,
    autochain_context,
    check_schema,
    draft,
    issue,
    kind_of,
    schema_file,
    schema_url,
    verify_credential,
)

from .actors import MAKER, NOW, World, refused, vehicle, without

KINDS: tuple[Kind, ...] = get_args(Kind)


def drafted(kind: Kind, subject: Document) -> Document:
    return draft(
        kind, id="urn:uuid:1", issuer=MAKER.did, subject=subject, validity=Validity(since_ms=NOW, until_ms=NOW + 1)
    )


def words(schema: Any) -> set[str]:
    """Gives the names of all properties that a schema knows."""
    parts = schema.get("properties", {})
    deeper = [*parts.values(), *schema.get("oneOf", []), *([schema["items"]] if "items" in schema else [])]
    return set(parts).union(*(words(part) for part in deeper))


def test_there_is_a_schema_and_an_example_of_every_kind() -> None:
    assert set(KINDS) == set(TYPES) == set(EXAMPLES)


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_each_kind_is_issued_and_verified(kind: Kind) -> None:
    document = drafted(kind, EXAMPLES[kind])
    assert kind_of(document) == kind
    verified = verify_credential(issue(document, MAKER, now_ms=NOW), World().checks())
    assert verified.unknown_schemas == ()


@pytest.mark.parametrize("kind", KINDS)
def test_each_schema_is_one_and_names_itself(kind: Kind) -> None:
    schema = json.loads(schema_file(kind))
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == schema_url(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_each_schema_refuses_what_it_does_not_know_and_misses_what_it_asks_for(kind: Kind) -> None:
    refused(SCHEMA_MISFIT, lambda: drafted(kind, EXAMPLES[kind] | {"unknown": 1}))
    schema = json.loads(schema_file(kind))
    for name in schema["properties"]["credentialSubject"]["required"]:
        refused(SCHEMA_MISFIT, drafted, kind, without(EXAMPLES[kind], name))


def test_our_context_defines_every_word_of_the_schemas_and_every_type() -> None:
    defined = set(json.loads(autochain_context())["@context"]) | {"id", "type"}
    for kind in KINDS:
        schema = json.loads(schema_file(kind))
        assert words(schema["properties"]["credentialSubject"]) <= defined
    assert set(TYPES.values()) <= defined
    assert "threshold" in defined
    assert AUTOCHAIN in vehicle()["@context"]  # type: ignore[operator]


def test_a_schema_that_a_credential_names_is_asked_whatever_its_type() -> None:
    document = vehicle() | {"credentialSchema": {"id": schema_url("owner"), "type": "JsonSchema"}}
    refused(SCHEMA_MISFIT, lambda: check_schema(document))


def test_a_line_that_ends_behind_a_text_is_part_of_it() -> None:
    fields: list[tuple[Kind, str]] = [
        ("vehicle", "vin"),
        ("owner", "vehicle"),
        ("owner", "ownedSince"),
        ("test-approval", "regulation"),
    ]
    for kind, name in fields:
        subject = EXAMPLES[kind]
        refused(SCHEMA_MISFIT, drafted, kind, subject | {name: f"{subject[name]}\n"})
