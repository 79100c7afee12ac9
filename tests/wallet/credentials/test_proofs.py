from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.refusals import Refusal
from autochain.wallet.credentials import (
    BAD_DID,
    DEACTIVATED,
    EXPIRED,
    FORGED,
    KEY_NOT_ALLOWED,
    MALFORMED,
    NOT_YET_VALID,
    REPLAYED,
    TOO_FEW_PROOFS,
    UNKNOWN_SUITE,
    UNRESOLVED,
    V2,
    WRONG_DOMAIN,
    Author,
    Document,
    Expected,
    Json,
    add_proof,
    canonical,
    did_key,
    issue,
    verify_proofs,
)
from autochain.wallet.credentials.multikey import from_base58, to_base58
from autochain.wallet.credentials.proofs import under_signed_contexts

from .actors import DAY, MAKER, NOW, OWNER, STRANGER, Chain, Key, World, refused, vectors, vehicle

WORLD = World()
ASKED = Expected(purpose="assertionMethod", now_ms=NOW)
SIGNED = issue(vehicle(), MAKER, now_ms=NOW)
W3C = vectors("vc-di-eddsa")


def proof_of(document: Document) -> Document:
    proof = document["proof"]
    assert isinstance(proof, dict)
    return proof


def bent(**changes: Json) -> Document:
    """Gives the signed credential with another proof."""
    return SIGNED | {"proof": proof_of(SIGNED) | changes}


def lacking(name: str) -> Document:
    return SIGNED | {"proof": {known: value for known, value in proof_of(SIGNED).items() if known != name}}


def leaves(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Gives the way to every value that holds no others."""
    parts: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if parts is None:
        yield path
    else:
        for name, part in parts:
            yield from leaves(part, (*path, name))


LEAVES = list(leaves(SIGNED))


def test_the_published_vector_is_made_and_verified() -> None:
    again = add_proof(vehicle(), MAKER, purpose="assertionMethod", created_ms=NOW)
    assert again == SIGNED
    if W3C is None:
        return
    read = {path.stem: path.read_text("utf-8") for path in (W3C / "eddsa-jcs-2022").iterdir()}
    signed: Document = json.loads(read["signedJCS"])
    expected = Expected(purpose="assertionMethod", now_ms=NOW)
    (proved,) = verify_proofs(signed, WORLD.resolve, expected)
    keys = json.loads((W3C / "keyPair.json").read_text("utf-8"))
    assert proved.did == f"did:key:{keys['publicKeyMultibase']}"
    seed = from_base58(keys["privateKeyMultibase"][1:])[2:]
    author = Author(did_key(Key(seed).public_key), Key(seed))
    unsigned: Document = json.loads((W3C / "unsigned.json").read_text("utf-8"))
    assert canonical(unsigned).decode() == read["canonDocJCS"]
    made = add_proof(unsigned, author, purpose="assertionMethod", created_ms=proved.created_ms or 0)
    assert made == signed


@given(st.sampled_from(LEAVES), st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3))
def test_any_change_of_any_leaf_of_a_signed_document_makes_verification_fail(
    path: tuple[str | int, ...], value: Json
) -> None:
    document: Any = deepcopy(SIGNED)
    parent = document
    for name in path[:-1]:
        parent = parent[name]
    if canonical(parent[path[-1]]) == canonical(value):
        return
    parent[path[-1]] = value
    with pytest.raises(Refusal):
        verify_proofs(document, WORLD.resolve, ASKED)


@given(st.sampled_from(LEAVES), st.integers(0, 60), st.sampled_from("aZ19 "))
def test_one_other_letter_anywhere_makes_verification_fail(path: tuple[str | int, ...], place: int, by: str) -> None:
    document: Any = deepcopy(SIGNED)
    parent = document
    for name in path[:-1]:
        parent = parent[name]
    text = str(parent[path[-1]])
    place %= len(text)
    changed = text[:place] + by + text[place + 1 :]
    if changed == text:
        return
    parent[path[-1]] = changed
    with pytest.raises(Refusal):
        verify_proofs(document, WORLD.resolve, ASKED)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(st.text(max_size=3), deeper, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(["proof", "@context", "issuer", *proof_of(SIGNED)]),
)
def test_whatever_stands_in_a_proof_is_refused_with_its_number(value: Json, name: str) -> None:
    document = bent(**{name: value}) if name in proof_of(SIGNED) else SIGNED | {name: value}
    if name == "issuer" and value == SIGNED["issuer"]:
        return
    with pytest.raises(Refusal):
        verify_proofs(document, WORLD.resolve, ASKED)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (bent(type="UnknownProofType"), UNKNOWN_SUITE),
        (bent(cryptosuite="eddsa-rdfc-2022"), UNKNOWN_SUITE),
        (lacking("type"), UNKNOWN_SUITE),
        (lacking("cryptosuite"), UNKNOWN_SUITE),
        (lacking("verificationMethod"), MALFORMED),
        (lacking("proofPurpose"), MALFORMED),
        (lacking("proofValue"), MALFORMED),
        (bent(proofValue=None), MALFORMED),
        (bent(proofValue=str(proof_of(SIGNED)["proofValue"])[1:]), MALFORMED),
        (bent(proofValue="z" + to_base58(bytes(96))), MALFORMED),
        (bent(proofValue="z" + to_base58(bytes(64))), FORGED),
        (bent(proofValue="u" + "A" * 86), MALFORMED),
        (bent(proofPurpose="authentication"), KEY_NOT_ALLOWED),
        (bent(created="invalidDate"), MALFORMED),
        (bent(created="2020-02-30T00:00:00Z"), MALFORMED),
        (bent(created=None), MALFORMED),
        (bent(expires="2020-01-01T00:00:00"), EXPIRED),
        (bent(id="no url"), MALFORMED),
        (bent(challenge=7), MALFORMED),
        (bent(domain=[7]), MALFORMED),
        (bent(verificationMethod="did:key:invalidVm"), BAD_DID),
        (bent(verificationMethod="did:key:invalidVm#x"), BAD_DID),
        (bent(verificationMethod="did:web:example.com#x"), UNRESOLVED),
        (bent(verificationMethod=STRANGER.method), FORGED),
        (bent(verificationMethod=f"{MAKER.did}#other"), KEY_NOT_ALLOWED),
        (bent(previousProof="urn:uuid:not-there"), MALFORMED),
        (lacking("@context"), FORGED),
        (SIGNED | {"@context": [V2]}, FORGED),
        (SIGNED | {"proof": []}, MALFORMED),
        (SIGNED | {"proof": None}, MALFORMED),
        (SIGNED | {"proof": [proof_of(SIGNED)] * 9}, MALFORMED),
        (SIGNED | {"proof": [proof_of(SIGNED), 1]}, MALFORMED),
        ({name: value for name, value in SIGNED.items() if name != "proof"}, MALFORMED),
    ],
)
def test_each_rule_of_a_proof_is_kept(document: Document, reason: Any) -> None:
    refused(reason, lambda: verify_proofs(document, WORLD.resolve, ASKED))


def test_a_proof_is_for_one_challenge_and_one_domain() -> None:
    signed = add_proof(
        vehicle(), OWNER, purpose="authentication", created_ms=NOW, challenge="c1", domain="https://verifier.example"
    )

    def verify(challenge: str | None, domain: str | None) -> object:
        expected = Expected(purpose="authentication", now_ms=NOW, challenge=challenge, domain=domain)
        return verify_proofs(signed, WORLD.resolve, expected)

    assert verify("c1", "https://verifier.example")
    assert verify(None, None)
    refused(REPLAYED, lambda: verify("c2", "https://verifier.example"))
    refused(WRONG_DOMAIN, lambda: verify("c1", "https://other.example"))
    refused(MALFORMED, lambda: add_proof(vehicle(), OWNER, purpose="authentication", created_ms=NOW, challenge="c"))


def test_a_proof_holds_from_its_making_to_its_end() -> None:
    signed = add_proof(vehicle(), MAKER, purpose="assertionMethod", created_ms=NOW, expires_ms=NOW + DAY)
    for now_ms, reason in ((NOW - DAY, NOT_YET_VALID), (NOW + DAY, EXPIRED)):
        expected = Expected(purpose="assertionMethod", now_ms=now_ms)
        refused(reason, verify_proofs, signed, WORLD.resolve, expected)
    assert verify_proofs(signed, WORLD.resolve, Expected(purpose="assertionMethod", now_ms=NOW + DAY - 1))
    assert verify_proofs(signed, WORLD.resolve, Expected(purpose="assertionMethod", now_ms=NOW - 59_000))


def test_every_proof_of_a_set_is_verified() -> None:
    both = add_proof(SIGNED, OWNER, purpose="assertionMethod", created_ms=NOW)
    assert [proved.did for proved in verify_proofs(both, WORLD.resolve, ASKED)] == [MAKER.did, OWNER.did]
    proofs: Any = both["proof"]
    half = both | {"proof": [proofs[0], proofs[1] | {"proofValue": proofs[0]["proofValue"]}]}
    refused(FORGED, lambda: verify_proofs(half, WORLD.resolve, ASKED))


def test_a_proof_over_another_proof_needs_it() -> None:
    first: Document = SIGNED | {"proof": proof_of(issue(vehicle(), MAKER, now_ms=NOW)) | {"id": "urn:uuid:1"}}
    # The id is signed too, so that proof is made anew with it.
    unsecured = vehicle()
    options: Document = {name: value for name, value in proof_of(first).items() if name != "proofValue"}
    options["proofValue"] = _sign(unsecured, options, MAKER)
    second = options | {"id": "urn:uuid:2", "verificationMethod": OWNER.method, "previousProof": "urn:uuid:1"}
    second.pop("proofValue")
    second["proofValue"] = _sign(unsecured | {"proof": [options]}, second, OWNER)
    chained: Document = unsecured | {"proof": [options, second]}
    assert len(verify_proofs(chained, WORLD.resolve, ASKED)) == 2
    refused(MALFORMED, lambda: verify_proofs(unsecured | {"proof": second}, WORLD.resolve, ASKED))
    refused(
        FORGED, lambda: verify_proofs(unsecured | {"proof": [options | {"nonce": "n"}, second]}, WORLD.resolve, ASKED)
    )


def _sign(document: Document, options: Document, author: Author) -> str:
    from hashlib import sha256

    configuration: Document = {name: value for name, value in options.items() if name != "proofValue"}
    message = sha256(canonical(configuration)).digest() + sha256(canonical(document)).digest()
    return "z" + to_base58(author.signer.sign(message))


def test_contexts_may_be_added_behind_those_that_were_signed() -> None:
    contexts: Any = SIGNED["@context"]
    assert verify_proofs(
        SIGNED | {"@context": [*contexts, {"more": "https://example.org/#more"}]}, WORLD.resolve, ASKED
    )


def test_only_an_ed25519_key_makes_this_proof() -> None:
    signer = SimpleNamespace(public_key=SimpleNamespace(suite=2, data=bytes(33)), sign=lambda message: bytes(64))
    author = Author("did:acc:x", signer)
    refused(UNKNOWN_SUITE, lambda: add_proof(vehicle(), author, purpose="assertionMethod", created_ms=NOW))


def test_a_key_that_was_replaced_proves_nothing_unless_past_keys_are_asked_for() -> None:
    chain = Chain()
    before = add_proof({"claim": 1}, chain.author(5), purpose="assertionMethod", created_ms=chain.TURN - 1)
    later = add_proof({"claim": 1}, chain.author(5), purpose="assertionMethod", created_ms=chain.TURN + 1)
    present = add_proof({"claim": 1}, chain.author(6), purpose="assertionMethod", created_ms=NOW)
    past = Expected(purpose="assertionMethod", now_ms=NOW, past_keys=True)
    assert verify_proofs(present, chain.resolve, ASKED)
    assert verify_proofs(present, chain.resolve, past)
    assert verify_proofs(before, chain.resolve, past)
    for signed, expected in ((before, ASKED), (later, past), (later, ASKED)):
        refused(
            KEY_NOT_ALLOWED,
            verify_proofs,
            signed,
            chain.resolve,
            expected,
        )


def test_a_proof_can_not_name_an_earlier_document_to_bring_its_key_back() -> None:
    chain = Chain()
    signed = add_proof({"claim": 1}, chain.author(5), purpose="assertionMethod", created_ms=NOW)
    proof = proof_of(signed)
    fragment = str(proof["verificationMethod"]).partition("#")[2]
    options: Document = proof | {"verificationMethod": f"{chain.did}?versionId=1#{fragment}"}
    options["proofValue"] = _sign({"claim": 1}, options, chain.author(5))
    refused(KEY_NOT_ALLOWED, lambda: verify_proofs({"claim": 1, "proof": options}, chain.resolve, ASKED))


def test_an_ended_did_proves_nothing_even_of_the_past() -> None:
    chain = Chain(active=False)
    signed = add_proof({"claim": 1}, chain.author(5), purpose="assertionMethod", created_ms=chain.TURN - 1)
    fragment = str(proof_of(signed)["verificationMethod"]).partition("#")[2]
    versioned = proof_of(signed) | {"verificationMethod": f"{chain.did}?versionId=1#{fragment}"}
    versioned["proofValue"] = _sign({"claim": 1}, versioned, chain.author(5))
    for past_keys in (False, True):
        expected = Expected(purpose="assertionMethod", now_ms=NOW, past_keys=past_keys)
        refused(DEACTIVATED, verify_proofs, signed, chain.resolve, expected)
        refused(DEACTIVATED, verify_proofs, {"claim": 1, "proof": versioned}, chain.resolve, expected)


def test_as_many_different_keys_sign_as_the_did_asks_for() -> None:
    chain = Chain(threshold=2)
    one = add_proof({"claim": 1}, chain.author(6), purpose="assertionMethod", created_ms=NOW)
    refused(TOO_FEW_PROOFS, lambda: verify_proofs(one, chain.resolve, ASKED))
    twice = add_proof(one, chain.author(6), purpose="assertionMethod", created_ms=NOW + 1)
    refused(TOO_FEW_PROOFS, lambda: verify_proofs(twice, chain.resolve, ASKED))
    assert (
        len(
            verify_proofs(
                add_proof(one, chain.author(7), purpose="assertionMethod", created_ms=NOW), chain.resolve, ASKED
            )
        )
        == 2
    )


def test_keys_of_two_documents_of_a_did_do_not_add_up() -> None:
    chain = Chain(threshold=2, first_threshold=2)
    past = Expected(purpose="assertionMethod", now_ms=NOW, past_keys=True)

    def signed(*signers: tuple[int, int]) -> Document:
        document: Document = {"claim": 1}
        for number, created_ms in signers:
            document = add_proof(document, chain.author(number), purpose="assertionMethod", created_ms=created_ms)
        return document

    assert len(verify_proofs(signed((4, chain.TURN - 1), (5, chain.TURN - 1)), chain.resolve, past)) == 2
    assert len(verify_proofs(signed((6, NOW), (7, NOW)), chain.resolve, past)) == 2
    for signers in (((5, chain.TURN - 1), (6, NOW)), ((4, chain.TURN - 1), (5, chain.TURN - 1), (6, NOW))):
        refused(TOO_FEW_PROOFS, verify_proofs, signed(*signers), chain.resolve, past)


def test_a_key_past_its_end_proves_nothing() -> None:
    chain = Chain(until_ms=NOW)
    signed = add_proof({"claim": 1}, chain.author(6), purpose="assertionMethod", created_ms=NOW - 1)
    refused(EXPIRED, lambda: verify_proofs(signed, chain.resolve, ASKED))
    assert verify_proofs(signed, chain.resolve, Expected(purpose="assertionMethod", now_ms=NOW - 1))


def test_a_proof_over_no_contexts_leaves_none_that_somebody_wrote_behind() -> None:
    document: Document = {"@context": ["https://example.org/words"], "proof": {"@context": []}}
    assert under_signed_contexts(document)["@context"] == []
    assert under_signed_contexts(document | {"proof": {}}) == document | {"proof": {}}
