"""The interface of other wallets as the W3C's suites speak to it: what they issue, verify, break and expect."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from autochain.onchain.contracts.identity import Revoke
from autochain.wallet.credentials import EXAMPLES as SUBJECTS
from autochain.wallet.credentials import TYPES, decode_list, did_key, schema_url

from .people import Served
from .test_resolving import asked
from .wallets import ABSENT, EXAMPLES, V2, Desk, StandingDesk, a_credential, play_desk

LIST_TYPE = ["VerifiableCredential", "BitstringStatusListCredential"]
DAY = "2020-01-01T00:00:00Z"

ACCEPTED: dict[str, dict[str, Any]] = {
    "no issuer": {"issuer": ABSENT},
    "an issuer as a URL": {"issuer": "https://some-url/issuer/foo"},
    "an issuer as an object": {"issuer": {"id": "did:example:issuer", "name": "Example", "description": "An example"}},
    "a name in a language": {"issuer": {"id": "did:example:i", "name": {"@value": "Ex", "@language": "en"}}},
    "names in two languages": {"name": [{"@value": "A", "@language": "en"}, {"@value": "B", "@language": "de"}]},
    "an id": {"id": "urn:uuid:6b1d5f1c-0000-4000-8000-000000000000"},
    "two subjects": {"credentialSubject": [{"id": "did:example:a"}, {"id": "did:example:b"}]},
    "the examples' context": {"@context": [V2, EXAMPLES], "type": ["VerifiableCredential", "ExampleAlumniCredential"]},
    "a word of its own": {
        "@context": [V2, {"OwnCredential": "https://example.org/own#OwnCredential"}],
        "type": ["VerifiableCredential", "OwnCredential"],
    },
    "a type that is a URL": {"type": ["VerifiableCredential", "https://example.org/#Type"]},
    "a validity": {"validFrom": "2020-01-01T00:00:00Z", "validUntil": "2040-01-01T00:00:00+01:00"},
    "a schema": {"credentialSchema": {"id": "https://example.org/s.json", "type": "JsonSchema"}},
    "two schemas": {"credentialSchema": [{"id": f"https://example.org/{n}.json", "type": "JsonSchema"} for n in "ab"]},
    "a status of another kind": {
        "@context": [V2, {"CredentialStatusList2017": "https://example.org/examples#CredentialStatusList2017"}],
        "credentialStatus": {"id": "did:example:status", "type": "CredentialStatusList2017"},
    },
    "terms of use": {"@context": [V2, EXAMPLES], "termsOfUse": [{"type": "IssuerPolicy", "id": "https://e.example/p"}]},
    "evidence": {"@context": [V2, EXAMPLES], "evidence": {"type": "DocumentVerification"}},
    "a refresh service": {"@context": [V2, EXAMPLES], "refreshService": {"type": "Refresh", "id": "https://e.example"}},
}
"""Fields of credentials that an issuer has to take."""

REFUSED: dict[str, dict[str, Any]] = {
    "no context": {"@context": ABSENT},
    "another context first": {"@context": [EXAMPLES, V2]},
    "the base context missing": {"@context": [EXAMPLES]},
    "a context that is a number": {"@context": [V2, 5]},
    "a context that nobody knows": {"@context": [V2, "https://example.org/unknown/v1"]},
    "an id that is no URL": {"id": "not-a-url"},
    "two ids": {"id": ["urn:a", "urn:b"]},
    "a subject with two ids": {"credentialSubject": {"id": ["did:example:a", "did:example:b"]}},
    "a subject whose id is none": {"credentialSubject": {"id": "no url"}},
    "no type": {"type": ABSENT},
    "the usual type missing": {"type": ["https://example.org/#Type"]},
    "a type that means nothing": {"type": ["VerifiableCredential", "UnmappedType"]},
    "a type mapped to no URL": {"@context": [V2, {"T": "no url"}], "type": ["VerifiableCredential", "T"]},
    "a protected word of another meaning": {"@context": [V2, {"VerifiableCredential": "https://example.org/#V"}]},
    "a name in no language": {"name": {"@value": 5}},
    "a name with another field": {"name": {"@value": "A", "url": "https://example.org"}},
    "an issuer of null": {"issuer": None},
    "an issuer that is no URL": {"issuer": "not-a-url"},
    "an issuer without an id": {"issuer": {"name": "Example"}},
    "an issuer whose id is null": {"issuer": {"id": None}},
    "an issuer whose id is no URL": {"issuer": {"id": "not-a-url"}},
    "no subject": {"credentialSubject": ABSENT},
    "a subject of which nothing is said": {"credentialSubject": {}},
    "one of two subjects empty": {"credentialSubject": [{"id": "did:example:a"}, {}]},
    "a subject that is a text": {"credentialSubject": "did:example:a"},
    "a time without its seconds": {"validFrom": "2020-01-01T00:00Z"},
    "a time that is none": {"validUntil": "tomorrow"},
    "an end before the beginning": {"validFrom": "2030-01-01T00:00:00Z", "validUntil": "2020-01-01T00:00:00Z"},
    "a status without a type": {"credentialStatus": {"id": "did:example:status"}},
    "a status with two ids": {"credentialStatus": {"id": ["urn:a", "urn:b"], "type": "BitstringStatusListEntry"}},
    "a status whose id is none": {"credentialStatus": {"id": "no url", "type": "BitstringStatusListEntry"}},
    "a status of a type that means nothing": {"credentialStatus": {"type": "Unmapped"}},
    "a schema without an id": {"credentialSchema": {"type": "JsonSchema"}},
    "a schema without a type": {"credentialSchema": {"id": "https://example.org/s.json"}},
    "a schema whose id is none": {"credentialSchema": {"id": "no url", "type": "JsonSchema"}},
    "terms of use without a type": {"@context": [V2, EXAMPLES], "termsOfUse": {"id": "https://e.example"}},
    "evidence without a type": {"@context": [V2, EXAMPLES], "evidence": [{"id": "https://e.example"}]},
    "a refresh service without a type": {"@context": [V2, EXAMPLES], "refreshService": {"id": "https://e.example"}},
    "a related resource without a digest": {"relatedResource": {"id": "https://e.example"}},
    "a related resource twice": {
        "relatedResource": [{"id": "https://e.example", "digestMultibase": "uEiBZlVztZpfWHgPyskM"} for _ in range(2)]
    },
    "a list without its bits": {"type": LIST_TYPE},
    "a list that is too short": {
        "type": LIST_TYPE,
        "credentialSubject": {
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": "uH4sIAAAAAAAAA2NgQAYAAAAAAA",
        },
    },
    "an enveloped credential": {"type": "EnvelopedVerifiableCredential", "id": "data:application/vc+jwt,eyJ"},
}
"""Fields of credentials that an issuer has to refuse."""


def refused(response: Any, *, status: int = 400) -> Any:
    """Sees that a refusal has the form of vc-api and our number; gives it."""
    problem = response.json()
    assert response.status_code == status, (response.status_code, response.text)
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert problem["title"] and problem["detail"] and problem["remedy"]
    assert problem["code"] > 0 and problem["codespace"]
    return problem


def unverified(response: Any, *, status: int = 400) -> str:
    """Sees that a document was not verified, in every form in which suites look for it; gives our number."""
    problem = refused(response, status=status)
    assert problem["verified"] is False
    (detail,) = problem["problemDetails"]
    assert (detail["type"], detail["code"]) == (problem["type"], problem["code"])
    assert len(problem["errors"]) == 1
    return f"{problem['codespace']}/{problem['code']}"


def test_what_an_issuer_has_to_take_is_issued_and_verified(desk: StandingDesk) -> None:
    async def story(desk: Desk) -> None:
        did = desk.api.scene.network.wallet("foundation").did
        for what, changes in ACCEPTED.items():
            response = await desk.issue(a_credential(**deepcopy(changes)))
            assert response.status_code == 201, (what, response.text)
            issued = response.json()["verifiableCredential"]
            issuer = issued["issuer"]
            assert (issuer["id"] if isinstance(issuer, dict) else issuer) == did, what
            proof = issued["proof"]
            assert (proof["type"], proof["cryptosuite"]) == ("DataIntegrityProof", "eddsa-jcs-2022")
            assert proof["proofPurpose"] == "assertionMethod" and proof["proofValue"].startswith("z")
            assert proof["created"].endswith("Z")
            response = await desk.verify(issued, checks=["proof"])
            assert response.status_code == 200, (what, response.text)
            assert response.json()["verified"] is True
            assert (response.json()["problemDetails"], response.json()["errors"]) == ([], [])

    desk.play(story)


def test_what_an_issuer_has_to_refuse_is_refused_with_words(desk: StandingDesk) -> None:
    async def story(desk: Desk) -> None:
        for what, changes in REFUSED.items():
            response = await desk.issue(a_credential(**deepcopy(changes)))
            assert response.status_code == 400, (what, response.text)
            assert refused(response)["codespace"] == "credentials_w3c", what

    desk.play(story)


def broken(proof: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Gives a document's proof as suites break it."""
    value = proof["proofValue"]
    yield "absent", ABSENT
    yield "null", None
    for name in ("type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue"):
        yield f"no {name}", {key: each for key, each in proof.items() if key != name}
        yield f"a {name} of null", {**proof, name: None}
        yield f"another {name}", {**proof, name: "UnknownProofTypeOrValue"}
    yield "no multibase", {**proof, "proofValue": value[1:]}
    yield "another multibase", {**proof, "proofValue": "u" + value[1:]}
    yield "a letter of none", {**proof, "proofValue": value[:-1] + "0"}
    yield "cut", {**proof, "proofValue": value[:-4]}
    yield "longer", {**proof, "proofValue": value + "1"}
    yield "a created that is no time", {**proof, "created": "invalid"}
    yield "a created in the future", {**proof, "created": "2099-01-01T00:00:00Z"}
    yield "a created without its offset", {**proof, "created": proof["created"].rstrip("Z")}
    yield "expired", {**proof, "expires": "2020-01-01T00:00:00Z"}
    yield "expired, without an offset", {**proof, "expires": "2020-01-01T00:00:00"}
    yield "an id that is no URL", {**proof, "id": "no url"}
    yield "a domain that is a number", {**proof, "domain": 5}
    yield "a previous proof that is not there", {**proof, "previousProof": "urn:uuid:none"}
    yield "two, one of them none", [proof, {**proof, "proofValue": None}]
    yield "an empty list", []


def test_a_proof_that_is_broken_in_any_way_is_refused(desk: StandingDesk) -> None:
    async def story(desk: Desk) -> None:
        issued = await desk.issued()
        for what, proof in broken(issued["proof"]):
            document = {**issued, "proof": proof}
            if proof is ABSENT:
                del document["proof"]
            response = await desk.verify(document, checks=["proof"])
            assert response.status_code == 400, (what, response.text)
            assert unverified(response).startswith("credentials_w3c/"), what
        for name, value in (("id", "urn:other"), ("credentialSubject", {"id": "did:example:x"}), ("validFrom", DAY)):
            assert unverified(await desk.verify({**issued, name: value})) == "credentials_w3c/5"
        assert (await desk.verify(issued)).status_code == 200

    desk.play(story)


def test_what_a_proof_was_asked_to_be_is_looked_at(desk: StandingDesk) -> None:
    async def story(desk: Desk) -> None:
        issued = await desk.issued()
        assert unverified(await desk.verify(issued, expectedProofPurpose="authentication")) == "credentials_w3c/6"
        assert unverified(await desk.verify(issued, domain="domain.example")) == "credentials_w3c/13"
        wrong = await desk.verify(issued, domain="domain.example", challenge="1235abcd6789")
        assert unverified(wrong) == "credentials_w3c/13"
        assert unverified(await desk.verify(issued, challenge="1235abcd6789")) == "credentials_w3c/12"
        given = await desk.verify(issued, returnCredential=True)
        assert given.json()["verifiableCredential"] == issued
        assert "verifiableCredential" not in (await desk.verify(issued)).json()

    desk.play(story)


def test_each_kind_of_ours_is_issued_and_held_to_its_schema(desk: StandingDesk) -> None:
    async def story(desk: Desk) -> None:
        for kind, name in TYPES.items():
            document = a_credential(
                **{"@context": [V2, "https://autochain.example/contexts/v1"]},
                type=["VerifiableCredential", name],
                credentialSchema={"id": schema_url(kind), "type": "JsonSchema"},
                credentialSubject=deepcopy(SUBJECTS[kind]),
                validFrom="2020-01-01T00:00:00Z",
            )
            response = await desk.issue(document)
            assert response.status_code == 201, (kind, response.text)
            assert (await desk.verify(response.json()["verifiableCredential"])).status_code == 200
            document["credentialSubject"] = {"id": SUBJECTS[kind]["id"], "unheard": 1}
            assert refused(await desk.issue(document))["code"] == 18, kind

    desk.play(story)


def test_a_status_list_is_what_the_suite_looks_for(desk: StandingDesk) -> None:
    async def story(desk: Desk) -> None:
        issued = await desk.issued(a_credential(id="urn:uuid:1"), statusPurposes=["revocation", "suspension"])
        for entry, purpose in zip(issued["credentialStatus"], ("revocation", "suspension"), strict=True):
            assert (entry["type"], entry["statusPurpose"]) == ("BitstringStatusListEntry", purpose)
            assert str(int(entry["statusListIndex"])) == entry["statusListIndex"]
            assert entry["id"] != entry["statusListCredential"]
            response = await desk.opened.get(entry["statusListCredential"])
            document = response.json()
            assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
            assert document["type"] == LIST_TYPE and document["id"] == entry["statusListCredential"]
            subject = document["credentialSubject"]
            assert (subject["type"], subject["statusPurpose"]) == ("BitstringStatusList", purpose)
            assert len(decode_list(subject["encodedList"])) * 8 == 131_072
            assert (await desk.verify(document)).status_code == 200
            again = await desk.opened.get(
                entry["statusListCredential"], headers={"if-none-match": response.headers["etag"]}
            )
            assert again.status_code == 304
            named = await desk.opened.get(entry["statusListCredential"], headers={"accept": "application/vc"})
            assert (named.headers["content-type"], named.json()) == ("application/vc", document)

    desk.play(story)


def test_a_credential_is_suspended_and_revoked_by_its_name(desk: StandingDesk) -> None:
    async def story(desk: Desk) -> None:
        issued = await desk.issued(a_credential(id="urn:uuid:2"), statusPurposes=["revocation", "suspension"])

        async def set_status(purpose: str, **changes: Any) -> Any:
            entry = {"type": "BitstringStatusListEntry", "statusPurpose": purpose}
            body = {"credentialId": "urn:uuid:2", "credentialStatus": entry, **changes}
            return await desk.opened.post("/credentials/status", json=body)

        assert (await set_status("suspension", status=True)).status_code == 200
        assert unverified(await desk.verify(issued)) == "credentials_w3c/10"
        assert (await desk.verify(issued, checks=["proof"])).status_code == 200
        assert (await set_status("suspension", status=False)).status_code == 200
        assert (await desk.verify(issued)).status_code == 200
        assert (await set_status("revocation")).json() == {}
        assert unverified(await desk.verify(issued)) == "credentials_w3c/9"
        assert refused(await set_status("revocation", status=False), status=422)["codespace"] == "credentials"
        assert refused(await set_status("revocation", credentialId="urn:other"), status=404)["code"] == 2
        assert refused(await set_status("message"))["code"] == 9
        half = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "1"}
        assert refused(await set_status("revocation", credentialStatus=half))["code"] == 9

    desk.play(story)


def test_a_presentation_is_verified_with_all_that_it_shows(desk: StandingDesk) -> None:
    async def story(desk: Desk) -> None:
        did = desk.api.scene.network.wallet("foundation").did
        one, other = await desk.issued(), await desk.issued(a_credential(id="urn:b"))
        asked_for: Any = {"challenge": "c", "domain": "shop.example"}
        for shown in (
            await desk.presented(),
            await desk.presented(one, holder=did),
            await desk.presented(one, other, id="urn:p", holder=did),
            await desk.presented(one, holder={"id": did}, type=["VerifiablePresentation", "https://e.example/#P"]),
        ):
            response = await desk.verify_shown(shown, **asked_for)
            assert response.status_code == 200, response.text
            assert (await desk.verify_shown(shown, checks=[])).json()["warnings"]
        assert unverified(await desk.verify_shown(shown, **{**asked_for, "challenge": "d"})) == "credentials_w3c/12"
        assert unverified(await desk.verify_shown(shown, **{**asked_for, "domain": "d"})) == "credentials_w3c/13"
        changed = {**shown, "verifiableCredential": [{**one, "validFrom": DAY}]}
        assert unverified(await desk.verify_shown(changed)) == "credentials_w3c/5"
        for value in ("a text", 5, ["a text"], [], None):
            assert unverified(await desk.verify_shown({**shown, "verifiableCredential": value})) == "credentials_w3c/1"
        unsigned = {name: value for name, value in shown.items() if name != "proof"}
        assert unverified(await desk.verify_shown(unsigned)) == "credentials_w3c/1"
        for holder in ({"name": "nobody"}, "no url", None):
            assert unverified(await desk.verify_shown({**shown, "holder": holder})) == "credentials_w3c/1"
        enveloped = {"@context": [V2], "type": "EnvelopedVerifiablePresentation", "id": "data:application/vp+jwt,e"}
        assert unverified(await desk.verify_shown(enveloped)) == "credentials_w3c/19"

    desk.play(story)


def test_who_says_something_of_itself_is_the_holder(desk: StandingDesk) -> None:
    async def story(desk: Desk) -> None:
        did = desk.api.scene.network.wallet("foundation").did
        own = a_credential(issuer=did)
        assert (await desk.verify_shown(await desk.presented(own, holder=did))).status_code == 200
        assert unverified(await desk.verify_shown(await desk.presented(own))) == "credentials_w3c/1"
        other = await desk.presented(a_credential(issuer="did:example:acme"), holder=did)
        assert unverified(await desk.verify_shown(other)) == "credentials_w3c/1"

    desk.play(story)


def test_a_challenge_is_answered_once(desk: StandingDesk) -> None:
    async def story(desk: Desk) -> None:
        for client in (desk.opened, desk.usual):
            challenge = (await client.post("/challenges")).json()["challenge"]
            shown = await desk.presented(challenge=challenge)
            options: Any = {"challenge": challenge, "domain": "shop.example"}
            assert (await desk.verify_shown(shown, at=client, **options)).status_code == 200
            assert unverified(await desk.verify_shown(shown, at=client, **options)) == "issuer/7"
        foreign = await desk.presented(challenge="theirs")
        options = {"challenge": "theirs", "domain": "shop.example"}
        assert (await desk.verify_shown(foreign, **options)).status_code == 200
        assert unverified(await desk.verify_shown(foreign, at=desk.usual, **options)) == "issuer/7"

    desk.play(story)


def test_a_did_key_issues_where_it_is_open(desk: StandingDesk) -> None:
    async def story(desk: Desk) -> None:
        name = did_key(desk.api.scene.network.wallet("foundation").public_key)
        issued = await desk.issued(a_credential(issuer=name))
        assert issued["proof"]["verificationMethod"] == f"{name}#{name.rpartition(':')[2]}"
        assert (await desk.verify(issued)).status_code == 200

    desk.play(story)


def test_an_ended_did_is_gone_and_its_credentials_with_it(peopled: Path) -> None:
    async def story(desk: Desk) -> None:
        api: Served = desk.api
        issued, wallet = await desk.issued(), api.scene.network.wallet("foundation")
        assert (await desk.verify(issued)).status_code == 200
        change = wallet.rotated()
        await api.scene.client.send(change.signer, replace(change.message, next=None), Revoke(wallet.account))
        assert unverified(await desk.verify(issued)) == "credentials_w3c/15"
        for accept in ("", "application/did"):
            response = await asked(api, wallet.did, accept)
            assert response.status_code == 410
        result = (await asked(api, wallet.did)).json()
        assert result["didDocumentMetadata"]["deactivated"] is True
        assert "verificationMethod" not in result["didDocument"]
        assert (await asked(api, wallet.did, versionId="1")).status_code == 200

    play_desk(peopled, story)


@pytest.mark.parametrize("path", ["/contexts/v1", *(f"/schemas/{kind}-v1.json" for kind in TYPES)])
def test_the_files_that_our_credentials_name_are_served(demonstration: Any, path: str) -> None:
    async def story(api: Served) -> None:
        response = await api.http.get(path)
        assert response.status_code == 200
        kind = "application/ld+json" if path.startswith("/contexts") else "application/schema+json"
        assert response.headers["content-type"] == kind
        assert response.headers["cache-control"] == "public, max-age=86400, immutable"
        assert response.json()
        assert (await api.http.get(path, headers={"if-none-match": response.headers["etag"]})).status_code == 304
        assert (await api.http.get(f"{path}x")).status_code == 404

    demonstration.play(story)
