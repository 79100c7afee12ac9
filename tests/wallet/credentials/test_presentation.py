from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.refusals import Refusal
from autochain.wallet.credentials import (
    ENVELOPED,
    FORGED,
    MALFORMED,
    REPLAYED,
    V2,
    WRONG_DOMAIN,
    WRONG_HOLDER,
    WRONG_ISSUER,
    Author,
    Document,
    Presented,
    add_proof,
    issue,
    present,
    sign_presentation,
    verify_presentation,
)

from .actors import MAKER, NOW, OWNER, STRANGER, World, refused, vehicle, without

WORLD = World()
SIGNED = issue(vehicle(), MAKER, now_ms=NOW)
CHALLENGE, DOMAIN = "Zm9yIG9uY2U", "https://verifier.example"


def show(*credentials: Document, by: Author = OWNER) -> Document:
    return present(credentials or (SIGNED,), by, now_ms=NOW, challenge=CHALLENGE, domain=DOMAIN)


def verify(document: Document, *, bound: bool = True) -> Presented:
    return verify_presentation(document, WORLD.checks(), challenge=CHALLENGE, domain=DOMAIN, bound=bound)


def signed_by(author: Author, holder: str | None, *credentials: Document) -> Document:
    document: Document = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": list(credentials),
    }
    if holder is not None:
        document["holder"] = holder
    return add_proof(document, author, purpose="authentication", created_ms=NOW, challenge=CHALLENGE, domain=DOMAIN)


def test_a_holder_shows_a_credential_about_itself() -> None:
    presented = verify(show())
    assert presented.holder == OWNER.did
    assert [verified.issuer for verified in presented.credentials] == [MAKER.did]


def test_contexts_that_were_added_to_a_presentation_are_not_given_back() -> None:
    shown = show()
    presented = verify(shown | {"@context": [V2, {"Word": "https://example.org/#Word"}]})
    assert presented.document == shown


def test_a_presentation_answers_one_challenge_of_one_verifier() -> None:
    shown = show()
    checks = WORLD.checks()
    refused(REPLAYED, lambda: verify_presentation(shown, checks, challenge="another", domain=DOMAIN))
    refused(
        WRONG_DOMAIN, lambda: verify_presentation(shown, checks, challenge=CHALLENGE, domain="https://other.example")
    )
    assert verify_presentation(shown, checks, challenge=None, domain=None).holder == OWNER.did


def test_only_the_subject_of_a_credential_shows_it() -> None:
    shown = show(by=STRANGER)
    refused(WRONG_HOLDER, lambda: verify(shown))
    assert verify(shown, bound=False).holder == STRANGER.did
    nobody = vehicle() | {"credentialSubject": {"vin": "WVWZZZ1JZXW000001", "make": "M", "model": "N"}}
    nobody = without(nobody, "credentialSchema") | {"@context": [V2], "type": ["VerifiableCredential"]}
    refused(WRONG_HOLDER, lambda: verify(show(issue(nobody, MAKER, now_ms=NOW))))


def test_a_holder_that_did_not_sign_is_refused() -> None:
    refused(WRONG_HOLDER, lambda: verify(signed_by(STRANGER, OWNER.did, SIGNED)))
    both = add_proof(show(), STRANGER, purpose="authentication", created_ms=NOW, challenge=CHALLENGE, domain=DOMAIN)
    refused(WRONG_HOLDER, lambda: verify(both))
    written: Document = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": OWNER.did}
    refused(
        WRONG_HOLDER,
        lambda: sign_presentation(written, STRANGER, now_ms=NOW, challenge=CHALLENGE, domain=DOMAIN),
    )
    assert sign_presentation(written, OWNER, now_ms=NOW, challenge=CHALLENGE, domain=DOMAIN)


def test_every_credential_of_a_presentation_is_verified() -> None:
    subject: Any = SIGNED["credentialSubject"]
    bent = SIGNED | {"credentialSubject": subject | {"model": "E2"}}
    refused(FORGED, lambda: verify(show(SIGNED, bent)))
    foreign = add_proof(vehicle(), STRANGER, purpose="assertionMethod", created_ms=NOW)
    refused(WRONG_ISSUER, lambda: verify(show(SIGNED, foreign)))


def test_a_presentation_whose_credentials_were_exchanged_is_refused() -> None:
    other = issue(vehicle() | {"id": "urn:uuid:other"}, MAKER, now_ms=NOW)
    refused(FORGED, lambda: verify(show() | {"verifiableCredential": [other]}))


def test_what_a_holder_says_of_itself_needs_its_name_in_the_presentation() -> None:
    own = vehicle() | {"issuer": OWNER.did}
    assert verify(signed_by(OWNER, OWNER.did, own)).credentials[0].issuer == OWNER.did
    assert verify(signed_by(OWNER, OWNER.did, issue(own, OWNER, now_ms=NOW))).holder == OWNER.did
    refused(WRONG_HOLDER, lambda: verify(signed_by(OWNER, None, issue(own, OWNER, now_ms=NOW))))
    refused(MALFORMED, lambda: verify(signed_by(OWNER, None, own)))
    refused(MALFORMED, lambda: verify(signed_by(OWNER, OWNER.did, vehicle())))


def test_a_presentation_without_a_proof_or_of_another_purpose_shows_nothing() -> None:
    refused(MALFORMED, lambda: verify(without(show(), "proof")))
    document = without(show(), "proof")
    signed = add_proof(document, OWNER, purpose="assertionMethod", created_ms=NOW, challenge=CHALLENGE, domain=DOMAIN)
    with pytest.raises(Refusal, match="asked for authentication"):
        verify(signed)


def test_an_enveloped_credential_in_a_presentation_is_refused_as_one() -> None:
    envelope: Document = {
        "@context": V2,
        "type": "EnvelopedVerifiableCredential",
        "id": "data:application/vc+jwt,e30",
        "proof": {"type": "DataIntegrityProof"},
    }
    refused(ENVELOPED, lambda: verify(signed_by(OWNER, OWNER.did, envelope)))


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from([OWNER.did, SIGNED]),
    lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(st.text(max_size=3), deeper, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(["@context", "type", "holder", "id", "verifiableCredential", "proof", "more"]), JUNK)
def test_whatever_a_presentation_holds_beyond_what_was_signed_is_refused(name: str, value: Any) -> None:
    shown = show()
    if shown.get(name) == value:
        return
    with pytest.raises(Refusal):
        verify(shown | {name: value})
