"""Our documents verify in another's implementation and its documents here; what was tampered with, in neither."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autochain.onchain.refusals import Refusal
from autochain.wallet.credentials import (
    AUTOCHAIN,
    EXAMPLES,
    FORGED,
    REPLAYED,
    V2,
    Document,
    Kind,
    Validity,
    acc_document,
    autochain_context,
    did_key_document,
    draft,
    from_ms,
    issue,
    present,
    verify_credential,
    verify_presentation,
)

from ..actors import DAY, MAKER, NOW, OWNER, Chain, World, refused, vehicle
from .another import ask

WORLD = World()
CONTEXTS = {AUTOCHAIN: json.loads(autochain_context())}
CHALLENGE, DOMAIN = "Zm9yIG9uY2U", "https://verifier.example"


def theirs_says(what: str, document: Document, **given: Any) -> bool:
    documents = {author.did: did_key_document(author.did) for author in (MAKER, OWNER)} | given.pop("documents", {})
    asked = {"documents": documents, "contexts": CONTEXTS, "now": from_ms(NOW)} | given
    return bool(ask(what, document=document, **asked)["verified"])


@pytest.fixture(scope="module")
def pair() -> dict[str, str]:
    """A key of theirs, with a did:key."""
    found: dict[str, str] = ask("pair")
    return found


def issued_by_them(pair: dict[str, str], subject: str) -> Document:
    document: Document = {
        "@context": [V2],
        "type": ["VerifiableCredential"],
        "issuer": pair["controller"],
        "validFrom": from_ms(NOW - DAY),
        "credentialSubject": {"id": subject, "name": "€ and 😀"},
    }
    made: Document = ask(
        "issue",
        document=document,
        key=pair,
        now=from_ms(NOW),
        documents={pair["controller"]: did_key_document(pair["controller"])},
    )
    return made


@pytest.mark.parametrize("kind", ["vehicle", "driver-licence", "roadside-unit"])
def test_our_credential_verifies_there_and_no_longer_once_it_is_changed(kind: Kind) -> None:
    document = draft(
        kind,
        id="urn:uuid:1",
        issuer=MAKER.did,
        subject=EXAMPLES[kind],
        validity=Validity(since_ms=NOW, until_ms=NOW + DAY),
    )
    signed = issue(document, MAKER, now_ms=NOW)
    assert theirs_says("verifyCredential", signed)
    assert not theirs_says("verifyCredential", signed | {"validUntil": from_ms(NOW + 2 * DAY)})


def test_our_presentation_verifies_there_for_its_challenge_alone() -> None:
    signed = issue(vehicle(), MAKER, now_ms=NOW)
    shown = present([signed], OWNER, now_ms=NOW, challenge=CHALLENGE, domain=DOMAIN)
    assert theirs_says("verifyPresentation", shown, challenge=CHALLENGE, domain=DOMAIN)
    assert not theirs_says("verifyPresentation", shown, challenge="another", domain=DOMAIN)
    bent = shown | {"verifiableCredential": [signed | {"validUntil": from_ms(NOW + 9 * DAY)}]}
    assert not theirs_says("verifyPresentation", bent, challenge=CHALLENGE, domain=DOMAIN)


def test_a_credential_by_a_did_of_the_chain_verifies_there_with_its_document() -> None:
    chain = Chain()
    author = chain.author(6)
    signed = issue(vehicle() | {"issuer": author.did}, author, now_ms=NOW)
    documents = {author.did: acc_document(chain.account, chain.second)}
    assert theirs_says("verifyCredential", signed, documents=documents)
    revoked = {author.did: acc_document(chain.account, chain.first)}
    assert not theirs_says("verifyCredential", signed, documents=revoked)


def test_their_credential_verifies_here_and_no_longer_once_it_is_changed(pair: dict[str, str]) -> None:
    signed = issued_by_them(pair, OWNER.did)
    assert verify_credential(signed, WORLD.checks()).issuer == pair["controller"]
    bent = signed | {"credentialSubject": {"id": OWNER.did, "name": "another"}}
    refused(FORGED, lambda: verify_credential(bent, WORLD.checks()))


def test_their_presentation_verifies_here_for_its_challenge_alone(pair: dict[str, str]) -> None:
    shown = ask(
        "present",
        document=[issued_by_them(pair, pair["controller"])],
        key=pair,
        challenge=CHALLENGE,
        domain=DOMAIN,
        now=from_ms(NOW),
        documents={pair["controller"]: did_key_document(pair["controller"])},
    )
    presented = verify_presentation(shown, WORLD.checks(), challenge=CHALLENGE, domain=DOMAIN)
    assert presented.holder == pair["controller"]
    refused(REPLAYED, lambda: verify_presentation(shown, WORLD.checks(), challenge="another", domain=DOMAIN))
    with pytest.raises(Refusal):
        verify_presentation(shown | {"verifiableCredential": []}, WORLD.checks(), challenge=CHALLENGE, domain=DOMAIN)


def test_every_word_of_our_documents_means_something_to_a_json_ld_processor() -> None:
    validity = Validity(since_ms=NOW)
    documents = [
        draft(kind, id="urn:uuid:1", issuer=MAKER.did, subject=subject, validity=validity)
        for kind, subject in EXAMPLES.items()
    ]
    expanded = ask("expand", document=documents, contexts=CONTEXTS)
    for (subject,) in (one["https://www.w3.org/2018/credentials#credentialSubject"] for (one,) in expanded):
        assert subject["@id"] == MAKER.did or subject["@id"].startswith("did:key:")
    (car,) = expanded[0][0]["https://www.w3.org/2018/credentials#credentialSubject"]
    assert car["https://autochain.example/vocab#vin"] == [{"@value": "WVWZZZ1JZXW000001"}]
    nonsense = documents[0] | {"undefined": 1}
    with pytest.raises(AssertionError, match="undefined"):
        ask("expand", document=[nonsense], contexts=CONTEXTS)
