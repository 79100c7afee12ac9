from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.refusals import Refusal
from autochain.wallet.credentials import (
    BAD_DIGEST,
    ENVELOPED,
    EXPIRED,
    MALFORMED,
    NOT_YET_VALID,
    SCHEMA_MISFIT,
    UNKNOWN_CONTEXT,
    V2,
    WRONG_ISSUER,
    Document,
    Json,
    add_proof,
    check_credential,
    check_presentation,
    issue,
    parse,
    verify_credential,
    write,
)
from autochain.wallet.credentials.contexts import EXAMPLES, SHA256, UNDEFINED_TERMS

from .actors import DAY, MAKER, NOW, OWNER, STRANGER, World, refused, vehicle, without

WORLD = World()
PLAIN: Document = {
    "@context": [V2],
    "type": ["VerifiableCredential"],
    "issuer": MAKER.did,
    "credentialSubject": {"id": "did:example:subject"},
}
PRESENTATION: Document = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": OWNER.did}
WORDS: Document = {"Word": "https://example.org/#Word"}
FILE = "https://example.org/file"
DIGEST = "sha256-" + "A" * 43 + "="


def test_what_is_issued_is_verified_and_says_who_says_it_of_whom() -> None:
    signed = issue(vehicle(), MAKER, now_ms=NOW)
    verified = verify_credential(parse(write(signed)), WORLD.checks())
    assert verified.issuer == MAKER.did
    assert verified.subjects == (OWNER.did,)
    assert verified.types == ("VerifiableCredential", "VehicleCredential")
    assert verified.unknown_schemas == ()


@pytest.mark.parametrize("added", [[WORDS], [{"@vocab": "https://example.org/#"}, "https://example.org/unknown"]])
def test_contexts_that_were_added_behind_the_signed_ones_give_nothing_a_meaning(added: list[Json]) -> None:
    signed = issue(vehicle(), MAKER, now_ms=NOW)
    contexts = signed["@context"]
    assert isinstance(contexts, list)
    assert verify_credential(signed | {"@context": [*contexts, *added]}, WORLD.checks()).document == signed
    wanting: Document = PLAIN | {"type": ["VerifiableCredential", "Word"]}
    meaningless = add_proof(wanting, MAKER, purpose="assertionMethod", created_ms=NOW)
    refused(UNKNOWN_CONTEXT, verify_credential, meaningless | {"@context": [V2, *added]}, WORLD.checks())


def test_of_two_who_signed_under_different_contexts_the_fewer_ones_count() -> None:
    one = add_proof(PLAIN, MAKER, purpose="assertionMethod", created_ms=NOW)
    both = add_proof(one | {"@context": [V2, WORDS]}, MAKER, purpose="assertionMethod", created_ms=NOW)
    assert verify_credential(both, WORLD.checks()).document == both | {"@context": [V2]}


@pytest.mark.parametrize(
    "change",
    [
        {"@context": [V2, EXAMPLES], "type": ["VerifiableCredential", "RelationshipCredential"]},
        {"@context": [V2, UNDEFINED_TERMS], "type": ["VerifiableCredential", "Whatever"]},
        {"@context": [V2, WORDS], "type": ["Word", "VerifiableCredential"]},
        {"@context": [V2, {"Word": {"@id": "https://example.org/#Word", "@type": "@id"}}]},
        {"type": "VerifiableCredential"},
        {"type": ["VerifiableCredential", "https://example.org/#Credential"]},
        {"id": "urn:uuid:86294362-4254-4f36-854f-3952fe42555d"},
        {"id": "did:example:credential"},
        {"issuer": {"id": "did:example:issuer", "name": {"@value": "N", "@language": "en", "@direction": "ltr"}}},
        {"name": "Name", "description": {"@value": "Text", "@language": "en-GB"}},
        {"name": [{"@value": "Dog", "@language": "en"}, {"@value": "Chien", "@language": "fr"}]},
        {"credentialSubject": [{"id": "did:example:one"}, {"id": "did:example:two"}]},
        {"credentialSubject": {"claim": 1}},
        {"validFrom": "2023-02-25T19:10:39-06:00", "validUntil": "2123-02-25T19:10:39.123Z"},
        {"validFrom": "2023-02-25T19:10:39Z", "validUntil": "2023-02-25T19:10:39Z"},
        {"validFrom": "2023-02-25T19:10:39"},
        {"@context": [V2, WORDS], "credentialStatus": {"id": "did:example:status", "type": "Word"}},
        {"@context": [V2, WORDS], "credentialStatus": {"type": "Word"}},
        {"credentialSchema": {"id": "did:example:schema", "type": "https://example.org/#Schema"}},
        {"credentialSchema": [{"id": "did:example:schema", "type": "JsonSchema"}] * 2},
        {"refreshService": {"id": "did:example:refresh", "type": "https://example.org/#Refresh"}},
        {"@context": [V2, WORDS], "termsOfUse": [{"type": "Word"}, {"type": "Word", "id": "did:example:terms"}]},
        {"@context": [V2, WORDS], "evidence": {"type": "Word"}},
        {"relatedResource": [{"id": FILE, "digestSRI": DIGEST, "mediaType": "application/json"}]},
        {"relatedResource": {"id": FILE, "digestMultibase": "uEiAjCHMnK5-ayOIZLWo_TBoKYVvSAprlkYEjRlm19Cj0uw"}},
        {"relatedResource": {"id": V2, "digestMultibase": "uWZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ"}},
        {
            "relatedResource": {
                "id": V2,
                "digestSRI": "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU",
            }
        },
    ],
)
def test_what_the_data_model_allows_is_taken(change: Document) -> None:
    check_credential(PLAIN | change)


@pytest.mark.parametrize("name", ["@context", "type", "issuer", "credentialSubject"])
def test_what_a_credential_must_have_is_asked_for(name: str) -> None:
    refused(MALFORMED, lambda: check_credential(without(PLAIN, name)))


@pytest.mark.parametrize(
    "change",
    [
        {"@context": []},
        {"@context": V2},
        {"@context": [EXAMPLES, V2]},
        {"@context": [EXAMPLES]},
        {"@context": [V2, V2]},
        {"@context": [V2, 123192875]},
        {"@context": [V2, None]},
        {"@context": [V2, *({f"w{number}": f"https://example.org/#{number}"} for number in range(16))]},
        {"@context": [V2, {"VerifiableCredential": "https://example.org/#Bad"}]},
        {"@context": [V2, {"@protected": True, **WORDS}, {"Word": "https://example.org/#Bad"}]},
        {"@context": [V2, {"Word": "https ://not-a-url#Word"}], "type": ["VerifiableCredential", "Word"]},
        {"@context": [V2, {"Word": None}]},
        {"@context": [V2, {"@vocab": "no url"}]},
        {"type": []},
        {"type": ["Other"]},
        {"type": ["VerifiableCredential", None]},
        {"type": ["VerifiableCredential", "VerifiableCredential"]},
        {"id": None},
        {"id": "not-a-url"},
        {"id": ["did:example:1", "did:example:2"]},
        {"issuer": None},
        {"issuer": "not a url"},
        {"issuer": {"id": None}},
        {"issuer": {"id": "no-url"}},
        {"issuer": {"name": "N"}},
        {"issuer": ["did:example:issuer"]},
        {"issuer": {"id": "did:example:issuer", "name": {"@value": "N", "url": "did:example:x"}}},
        {"credentialSubject": {}},
        {"credentialSubject": []},
        {"credentialSubject": [{"id": "did:example:one"}, {}]},
        {"credentialSubject": "did:example:one"},
        {"credentialSubject": {"id": ["did:example:one", "did:example:two"]}},
        {"validFrom": "Sat 25 Feb 2023 07:16:31 PM CST"},
        {"validFrom": 1},
        {"validUntil": "2023-13-01T00:00:00Z"},
        {"validFrom": "2023-02-25T19:10:40Z", "validUntil": "2023-02-25T19:10:39Z"},
        {"name": 7},
        {"name": []},
        {"name": ["one", "two"]},
        {"name": {"@value": "N", "@language": "en", "url": "did:example:x"}},
        {"name": {"@value": 7}},
        {"name": {"@language": "en"}},
        {"description": {"@value": "N", "@direction": "up"}},
        {"description": {"@value": "N", "@language": "not a language"}},
        {"credentialStatus": {"id": "did:example:status"}},
        {"credentialStatus": {"type": 2}},
        {"credentialStatus": {"id": "no url", "type": "https://example.org/#S"}},
        {"credentialStatus": {"id": ["did:example:1", "did:example:2"], "type": "https://example.org/#S"}},
        {"credentialStatus": "did:example:status"},
        {"credentialSchema": {"id": "did:example:schema"}},
        {"credentialSchema": {"type": "JsonSchema"}},
        {"credentialSchema": {"id": 7, "type": "JsonSchema"}},
        {"termsOfUse": {"id": "did:example:terms"}},
        {"evidence": [{"id": "did:example:evidence"}]},
        {"refreshService": {"id": "did:example:refresh"}},
        {"renderMethod": {"id": "did:example:render"}},
        {"relatedResource": ["https://example.org/file"]},
        {"relatedResource": {"digestSRI": DIGEST}},
        {"relatedResource": {"id": FILE}},
        {"relatedResource": {"id": FILE, "digestSRI": DIGEST, "mediaType": 7}},
        {"relatedResource": [{"id": FILE, "digestSRI": DIGEST}] * 2},
        {"relatedResource": {"id": FILE, "digestSRI": "sha256-" + "ca3d163b" * 8}},
        {"relatedResource": {"id": FILE, "digestSRI": "md5-AAAA"}},
        {"relatedResource": {"id": FILE, "digestSRI": 7}},
        {"relatedResource": {"id": FILE, "digestMultibase": "uZTQ0MjM1NiAgcmVwb3J0cc5jZWxhdGVkLXJlc291cmNlLmpzb24K"}},
        {"relatedResource": {"id": FILE, "digestMultibase": "x123"}},
        {"proof": {"created": "2023-02-25T19:10:39Z"}},
    ],
)
def test_what_the_data_model_forbids_is_refused(change: Any) -> None:
    refused(MALFORMED, lambda: check_credential(PLAIN | change))


@pytest.mark.parametrize(
    "change",
    [
        {"@context": [V2, "https://example.com"]},
        {"@context": [V2, "https ://not-a-url/contexts/example/v1"]},
        {"@context": [V2, {"@import": "https://example.com"}]},
        {"@context": [V2, {"@vocab": None}], "type": ["VerifiableCredential", "Unknown"]},
        {"type": ["VerifiableCredential", "Unknown"]},
        {"evidence": {"type": "Unknown"}},
    ],
)
def test_a_context_or_word_that_is_not_known_here_is_never_fetched_but_refused(change: Any) -> None:
    refused(UNKNOWN_CONTEXT, lambda: check_credential(PLAIN | change))


def test_a_related_resource_that_is_known_here_has_its_own_digest() -> None:
    assert SHA256[V2].startswith("59955ced")
    for name, digest in (("digestSRI", DIGEST), ("digestMultibase", "uEiAjCHMnK5-ayOIZLWo_TBoKYVvSAprlkYEjRlm19Cj0uw")):
        entry: Document = {"id": V2, name: digest}
        refused(BAD_DIGEST, check_credential, PLAIN | {"relatedResource": entry})


@pytest.mark.parametrize(
    "change",
    [
        {"type": ["VerifiablePresentation", "Unknown"]},
        {"@context": [V2, "https://example.com"]},
        {"@context": [EXAMPLES, V2]},
        {"@context": [V2, 7]},
        {"type": ["VerifiableCredential"]},
        {"type": None},
        {"id": "no url"},
        {"holder": {"name": "no id"}},
        {"holder": 7},
        {"verifiableCredential": ["https://example.org/credential"]},
        {"verifiableCredential": [PLAIN, 7]},
        {"verifiableCredential": [PLAIN] * 257},
        {"termsOfUse": {"id": "did:example:terms"}},
    ],
)
def test_a_presentation_has_its_rules_too(change: Any) -> None:
    check_presentation(PRESENTATION)
    check_presentation(
        PRESENTATION | {"holder": {"id": OWNER.did}, "id": "urn:uuid:1", "verifiableCredential": [PLAIN]}
    )
    with pytest.raises(Refusal) as caught:
        check_presentation(PRESENTATION | change)
    assert caught.value.reason in (MALFORMED, UNKNOWN_CONTEXT)


def test_an_envelope_is_refused_as_one() -> None:
    for kind in ("Credential", "Presentation"):
        envelope: Document = {"@context": V2, "type": f"EnvelopedVerifiable{kind}", "id": "data:application/vc+jwt,e"}
        refused(ENVELOPED, check_credential, envelope)
        refused(ENVELOPED, check_presentation, envelope)


def test_validity_is_asked_when_it_is_verified() -> None:
    signed = issue(vehicle(), MAKER, now_ms=NOW)
    refused(EXPIRED, lambda: verify_credential(signed, WORLD.checks(now_ms=NOW + 366 * DAY)))
    early = issue(
        vehicle() | {"validFrom": "2100-01-01T00:00:00Z", "validUntil": "2101-01-01T00:00:00Z"}, MAKER, now_ms=NOW
    )
    refused(NOT_YET_VALID, lambda: verify_credential(early, WORLD.checks()))


def test_nobody_issues_in_the_name_of_another() -> None:
    refused(WRONG_ISSUER, lambda: issue(vehicle(), STRANGER, now_ms=NOW))
    signed = add_proof(vehicle(), STRANGER, purpose="assertionMethod", created_ms=NOW)
    refused(WRONG_ISSUER, lambda: verify_credential(signed, WORLD.checks()))


def test_a_credential_that_does_not_fit_its_schema_is_neither_issued_nor_taken() -> None:
    subject: Document = {"id": OWNER.did, "vin": "with an I and an O", "make": "M", "model": "N"}
    wrong = vehicle() | {"credentialSubject": subject}
    refused(SCHEMA_MISFIT, lambda: issue(wrong, MAKER, now_ms=NOW))
    signed = add_proof(wrong, MAKER, purpose="assertionMethod", created_ms=NOW)
    refused(SCHEMA_MISFIT, lambda: verify_credential(signed, WORLD.checks()))
    unnamed = without(signed, "credentialSchema", "proof")
    refused(SCHEMA_MISFIT, lambda: issue(unnamed, MAKER, now_ms=NOW))


def test_a_schema_that_is_not_known_here_is_named() -> None:
    document = PLAIN | {"credentialSchema": {"id": "https://example.org/schema", "type": "JsonSchema"}}
    verified = verify_credential(issue(document, MAKER, now_ms=NOW), WORLD.checks())
    assert verified.unknown_schemas == ("https://example.org/schema",)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from([V2, OWNER.did]),
    lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(st.text(max_size=3), deeper, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        *("@context", "id", "type", "issuer", "name", "description", "credentialSubject", "validFrom", "validUntil"),
        *("credentialStatus", "credentialSchema", "termsOfUse", "evidence", "relatedResource", "proof", "holder"),
        "verifiableCredential",
    ]
)


@given(st.dictionaries(NAMES, JUNK, max_size=3))
def test_whatever_a_document_holds_it_is_verified_or_refused(changes: dict[str, Json]) -> None:
    for check in (check_credential, check_presentation):
        for base in (PLAIN, PRESENTATION):
            try:
                check(base | changes)
            except Refusal:
                continue
    with pytest.raises(Refusal):
        verify_credential(issue(vehicle(), MAKER, now_ms=NOW) | changes | {"added": 1}, WORLD.checks())
