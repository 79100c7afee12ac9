from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_scalarmult_base

from autochain.onchain.crypto import PublicKey
from autochain.onchain.ids import did
from autochain.onchain.refusals import Refusal
from autochain.wallet.credentials import (
    BAD_DID,
    KEY_NOT_ALLOWED,
    MALFORMED,
    UNKNOWN_SUITE,
    UNRESOLVED,
    Document,
    Purpose,
    acc_document,
    acc_metadata,
    agreement_multikey,
    did_key,
    did_key_document,
    find_key,
    from_agreement_multikey,
    from_multikey,
    key_id,
    multikey,
    parse_did,
    parse_did_url,
    resolver_of,
)
from autochain.wallet.credentials.did_documents import threshold_of
from autochain.wallet.credentials.multikey import from_base58, from_base64url, to_base58, to_base64url

from .actors import OWNER, Chain, key, refused, vectors

ACCOUNT = bytes(range(20))
SIGNING: tuple[Purpose, ...] = ("authentication", "assertionMethod", "capabilityInvocation", "capabilityDelegation")
LONG = PublicKey(4, bytes(1952))
HYBRID = PublicKey(5, bytes(1984))


def stated(*keys: PublicKey, **changes: Any) -> Any:
    """Gives what a document of a DID said on the chain."""
    usual = {
        "keys": keys or (key(1).public_key,),
        "threshold": 1,
        "encryption_key": crypto_scalarmult_base(b"e" * 32),
        "controller": None,
        "active": True,
        "until_ms": 0,
        "version": 1,
        "since_ms": 1_000,
        "replaced_ms": 0,
    }
    return SimpleNamespace(**usual | changes)


def sealing_key(document: Document) -> bytes:
    """Gives the one key of a document to which secrets are sealed."""
    names: Any = document["keyAgreement"]
    (name,) = names
    return from_agreement_multikey(name.partition("#")[2])


def published() -> list[tuple[str, Document]]:
    folder = vectors("did-key")
    if folder is None:
        return []
    documents: dict[str, Document] = {}
    for name in ("ed25519-x25519", "nist-curves"):
        for subject, vector in json.loads((folder / f"{name}.json").read_text("utf-8")).items():
            documents[subject] = vector["didDocument"]
    documents |= json.loads((folder / "x25519.json").read_text("utf-8"))["didDocument"]
    return [(subject, known) for subject, known in documents.items() if subject[8:12] in ("z6Mk", "z6LS", "zDna")]


def test_the_published_vectors_of_did_key_give_their_keys_and_relationships() -> None:
    ours = did_key(PublicKey(2, key_of_p256()))
    assert ours.startswith("did:key:zDn")
    for subject, known in [(ours, did_key_document(ours)), *published()]:
        assert_is(subject, known)


def assert_is(subject: str, known: Any) -> None:
    """Sees that the document made of a did:key holds what another did put there, whatever form its keys have."""
    made = did_key_document(subject)
    assert made["id"] == known["id"] == subject
    for relationship in (*SIGNING, "keyAgreement"):
        assert made.get(relationship) == known.get(relationship)
    methods: Any = made["verificationMethod"]
    for method in known["verificationMethod"]:
        mine = next(entry for entry in methods if entry["id"] == method["id"])
        data = from_base58(mine["publicKeyMultibase"][1:])[2:]
        if "publicKeyMultibase" in method:
            assert mine == method
        elif "publicKeyBase58" in method:
            assert data == from_base58(method["publicKeyBase58"])
        else:
            jwk = {name: from_base64url(method["publicKeyJwk"].get(name, "")) for name in "xy"}
            sign = bytes([2 + jwk["y"][-1] % 2]) if jwk["y"] else b""
            assert data == sign + jwk["x"]


def test_a_did_key_holds_its_key_for_every_purpose_and_another_to_seal_to() -> None:
    document = did_key_document(OWNER.did)
    for purpose in SIGNING:
        assert find_key(document, OWNER.method, purpose).key == key(2).public_key
    assert len(sealing_key(document)) == 32


@pytest.mark.parametrize("text", ["did:key:abc", "did:web:z6Mk", "did:key:z6Mk#a", "did:key:", "did:acc:z"])
def test_what_is_no_did_key_is_refused(text: str) -> None:
    refused(BAD_DID, lambda: did_key_document(text))


def test_a_did_key_of_what_is_no_point_of_the_curve_is_refused() -> None:
    for data in (bytes(32), b"\xff" * 32):
        refused(MALFORMED, did_key_document, "did:key:z" + to_base58(b"\xed\x01" + data))


@given(st.binary(max_size=80))
def test_a_did_key_of_any_bytes_is_a_document_or_refused(data: bytes) -> None:
    try:
        did_key_document("did:key:z" + to_base58(data))
        did_key_document("did:key:z" + to_base58((b"\xed\x01" + data + bytes(32))[:34]))
    except Refusal:
        return


@given(st.binary(max_size=100))
def test_base58_and_base64url_read_back_what_they_wrote(data: bytes) -> None:
    assert from_base58(to_base58(data)) == data
    assert from_base64url(to_base64url(data)) == data


def test_base64url_has_one_text_for_the_same_bytes() -> None:
    for text in ("A", "AB==", "AB", "A+8", "AAA=", "ÄÄ"):
        refused(MALFORMED, from_base64url, text)


def test_every_suite_with_a_code_has_a_multikey_that_reads_back() -> None:
    for known in (key(1).public_key, PublicKey(3, bytes([2]) * 33), LONG):
        assert from_multikey(multikey(known)) == known
    assert multikey(key(1).public_key).startswith("z6Mk")
    refused(UNKNOWN_SUITE, lambda: multikey(HYBRID))
    refused(UNKNOWN_SUITE, lambda: from_multikey(agreement_multikey(bytes(32))))
    refused(UNKNOWN_SUITE, lambda: from_agreement_multikey(multikey(key(1).public_key)))
    refused(MALFORMED, lambda: from_multikey("z" + to_base58(b"\xed\x01" + bytes(31))))
    refused(MALFORMED, lambda: from_multikey("u" + to_base64url(b"\xed\x01" + bytes(32))))


def test_a_document_of_did_acc_says_what_the_chain_does() -> None:
    record = stated(controller=bytes(20))
    document = acc_document(ACCOUNT, record)
    subject = did(ACCOUNT)
    assert document["id"] == subject
    assert document["controller"] == did(bytes(20))
    for purpose in SIGNING:
        assert find_key(document, key_id(subject, record.keys[0]), purpose).key == record.keys[0]
    assert sealing_key(document) == record.encryption_key
    assert "threshold" not in document


def test_a_key_keeps_its_name_when_others_come_and_go() -> None:
    first, second = key(1).public_key, key(2).public_key
    assert key_id("did:acc:x", first) == key_id("did:acc:x", first)
    document = acc_document(ACCOUNT, stated(second))
    refused(KEY_NOT_ALLOWED, lambda: find_key(document, key_id(did(ACCOUNT), first), "authentication"))


def test_every_suite_has_its_place_in_a_document_and_the_hybrid_is_not_taken_for_either_half() -> None:
    keys = (key(1).public_key, PublicKey(2, key_of_p256()), PublicKey(3, bytes([2]) * 33), LONG, HYBRID)
    document = acc_document(ACCOUNT, stated(*keys, threshold=2, until_ms=5_000))
    methods: Any = document["verificationMethod"]
    assert [method["type"] for method in methods] == ["Multikey"] * 4 + ["JsonWebKey", "Multikey"]
    assert len({method["id"] for method in methods}) == 6
    assert all(len(method["id"]) < 140 for method in methods)
    assert document["threshold"] == 2
    subject = did(ACCOUNT)
    assert find_key(document, key_id(subject, LONG), "assertionMethod").key == LONG
    assert find_key(document, key_id(subject, LONG), "assertionMethod").expires_ms == 5_000
    refused(UNKNOWN_SUITE, lambda: find_key(document, key_id(subject, HYBRID), "assertionMethod"))


def key_of_p256() -> bytes:
    point = ec.derive_private_key(7, ec.SECP256R1()).public_key()
    return point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def test_the_document_of_an_ended_did_holds_no_key() -> None:
    document = acc_document(ACCOUNT, stated(active=False))
    assert set(document) == {"@context", "id"}
    assert acc_metadata(stated(active=False), registered_ms=0)["deactivated"] is True


def test_metadata_tells_the_versions() -> None:
    first = acc_metadata(stated(replaced_ms=2_000), registered_ms=1_000)
    assert first == {
        "created": "1970-01-01T00:00:01Z",
        "versionId": "1",
        "nextUpdate": "1970-01-01T00:00:02Z",
        "nextVersionId": "2",
    }
    second = acc_metadata(stated(version=2, since_ms=2_500), registered_ms=1_000)
    assert second == {
        "created": "1970-01-01T00:00:01Z",
        "versionId": "2",
        "updated": "1970-01-01T00:00:03Z",
    }


def test_a_did_url_has_its_parts() -> None:
    url = parse_did_url("did:acc:abc/path?versionId=3&versionTime=2026-01-01T00:00:00%2B01:00#key-1")
    assert (url.did, url.method, url.path, url.fragment) == ("did:acc:abc", "acc", "/path", "key-1")
    assert url.version_id == "3"
    assert url.version_ms == 1_767_222_000_000
    assert parse_did_url("did:acc:abc?versionTime=2026-01-01T00:00:00+01:00").version_ms == url.version_ms
    assert parse_did("did:web:example.com%3A3000:user") == "did:web:example.com%3A3000:user"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "did",
        "did:acc:",
        "did:ACC:abc",
        "did:acc:a b",
        "did:acc:ab\n",
        "did:acc:a%2",
        "did:acc:a#b#c",
        "did:acc:ä",
        "did:acc:a?x=1&x=2",
        "did:acc:" + "a" * 5000,
        "https://example.com",
    ],
)
def test_what_is_no_did_url_is_refused(text: str) -> None:
    refused(BAD_DID, lambda: parse_did_url(text))
    refused(BAD_DID, lambda: parse_did("did:acc:abc#key"))


@given(st.text(max_size=60) | st.text("did:acky#?/%&=+ab2", max_size=40).map(lambda rest: "did:acc:" + rest))
def test_any_text_is_a_did_url_or_refused(text: str) -> None:
    try:
        assert text.startswith(parse_did_url(text).did)
    except Refusal as refusal:
        assert refusal.reason == BAD_DID


@pytest.mark.parametrize(
    "change",
    [
        {"id": "did:acc:other"},
        {"assertionMethod": []},
        {"assertionMethod": "no list"},
        {"verificationMethod": [7, None, {"id": 3}]},
        {"verificationMethod": None},
    ],
)
def test_a_key_that_the_document_does_not_let_sign_is_not_found(change: Any) -> None:
    document = did_key_document(OWNER.did) | change
    with pytest.raises(Refusal):
        find_key(document, OWNER.method, "assertionMethod")


def test_a_key_of_another_controller_a_revoked_one_and_one_of_another_kind_are_refused() -> None:
    document = did_key_document(OWNER.did)
    methods: Any = document["verificationMethod"]
    for change, reason in (
        ({"controller": "did:acc:other"}, KEY_NOT_ALLOWED),
        ({"revoked": "2026-01-01T00:00:00Z"}, KEY_NOT_ALLOWED),
        ({"type": "RsaVerificationKey2018"}, UNKNOWN_SUITE),
    ):
        bent: Document = document | {"verificationMethod": [methods[0] | change]}
        refused(reason, find_key, bent, OWNER.method, "assertionMethod")


def test_a_key_may_stand_in_the_relationship_itself_and_be_named_relative_to_its_document() -> None:
    document = did_key_document(OWNER.did)
    methods: Any = document["verificationMethod"]
    short = "#" + OWNER.method.partition("#")[2]
    whole = document | {"assertionMethod": [methods[0] | {"id": short}], "verificationMethod": []}
    assert find_key(whole, OWNER.method, "assertionMethod").key == key(2).public_key
    by_name = document | {"assertionMethod": [short]}
    assert find_key(by_name, OWNER.method, "assertionMethod").key == key(2).public_key


def test_a_resolver_asks_the_chain_for_its_own_makes_guests_itself_and_refuses_all_others() -> None:
    chain = Chain()
    resolve = resolver_of(chain.resolve)
    assert resolve(parse_did_url(chain.did)).metadata["versionId"] == "2"
    assert resolve(parse_did_url(f"{chain.did}?versionId=1")).metadata["nextVersionId"] == "2"
    assert resolve(parse_did_url(OWNER.did)).document == did_key_document(OWNER.did)
    refused(UNRESOLVED, resolve, parse_did_url("did:web:example.com"))


def test_only_short_keys_of_the_two_curves_have_a_did_key() -> None:
    refused(UNKNOWN_SUITE, lambda: did_key(LONG))
    refused(UNKNOWN_SUITE, lambda: did_key_document("did:key:" + multikey(PublicKey(3, bytes([2]) * 33))))


JUNK = st.recursive(
    st.none() | st.integers() | st.text(max_size=3) | st.sampled_from([OWNER.method, OWNER.did, "Multikey", "#a"]),
    lambda deeper: (
        st.lists(deeper, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "controller", "publicKeyMultibase", "expires"]), deeper, max_size=5
        )
    ),
    max_leaves=10,
)
PARTS = st.sampled_from(["id", "authentication", "verificationMethod", "threshold"])


@given(st.dictionaries(PARTS, JUNK, max_size=3))
def test_whatever_a_document_holds_its_key_is_found_or_refused(changes: dict[str, Any]) -> None:
    document = did_key_document(OWNER.did) | changes
    for attempt in (lambda: find_key(document, OWNER.method, "authentication"), lambda: threshold_of(document)):
        try:
            attempt()
        except Refusal:
            continue
