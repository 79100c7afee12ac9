"""DID resolution over HTTP: forms, statuses, options and tags, as other people's wallets ask for them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from autochain.client import Client
from autochain.onchain.contracts.identity import IDENTITIES
from autochain.onchain.ids import did
from autochain.onchain.ledger.header import LightBlock
from autochain.onchain.ledger.light import Proved
from autochain.privacy import ed25519
from autochain.wallet.credentials import acc_document, did_key, from_multikey

from .people import Served, Standing

RESULT, PART = "application/did-resolution", "application/did-url-dereferencing"
OLD = 'application/ld+json;profile="https://w3id.org/did-resolution"'
NOT_ASCII = ("🔥💥🚫", "Привет", "こんにちは", "foo\u200bbar")


async def asked(api: Served, identifier: str, accept: str = "", **options: str) -> httpx.Response:
    headers = {"accept": accept} if accept else {}
    return await api.http.get(f"/1.0/identifiers/{identifier}", params=options or None, headers=headers)


def error_of(response: httpx.Response) -> str:
    """Gives the name of an error, once all of its form is right."""
    result = response.json()
    assert (result["didDocument"], result["didDocumentMetadata"]) == (None, {})
    metadata = result["didResolutionMetadata"]
    error = metadata["error"]
    assert response.headers["content-type"] == metadata["contentType"] == RESULT
    assert error["title"] and error["detail"] and error["remedy"] and error["code"] > 0
    name: str = error["type"].removeprefix("https://www.w3.org/ns/did#")
    return name


def test_an_independent_wallet_finds_the_keys_of_a_did(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        owner = api.scene.owner
        response = await asked(api, owner.did)
        result = response.json()
        assert (response.status_code, response.headers["content-type"]) == (200, RESULT)
        document, metadata = result["didDocument"], result["didDocumentMetadata"]
        assert document["id"] == owner.did
        keys = {
            method["id"]: from_multikey(method["publicKeyMultibase"]) for method in document["verificationMethod"][:1]
        }
        assert [keys[name] for name in document["assertionMethod"]] == [owner.public_key]
        assert metadata["versionId"] == "1" and metadata["created"].endswith("Z")

    demonstration.play(story)


def test_each_form_is_answered_as_the_type_that_it_names(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        name = api.scene.car.did
        record = (await api.scene.client.prove(IDENTITIES, api.scene.car.account)).record.document()
        document = acc_document(api.scene.car.account, record)
        for kind in ("application/did", "application/did+json", "application/did+ld+json"):
            response = await asked(api, name, kind)
            assert (response.headers["content-type"], response.json()) == (kind, document)
            assert response.headers["vary"] == "accept"
        for kind in (RESULT, "application/json"):
            response = await asked(api, name, kind)
            assert (response.headers["content-type"], response.json()["didDocument"]) == (kind, document)
            assert response.json()["didResolutionMetadata"]["contentType"] == kind
        old = await asked(api, name, OLD)
        assert old.headers["content-type"] == OLD
        assert old.json()["didResolutionMetadata"]["contentType"] == "application/did+ld+json"
        whole = (await asked(api, name, PART)).json()
        assert (whole["contentStream"], whole["dereferencingMetadata"]["contentType"]) == (document, PART)

    demonstration.play(story)


def test_a_did_url_with_a_fragment_leads_to_the_key(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        document = (await asked(api, api.scene.owner.did, "application/did")).json()
        for method in document["verificationMethod"]:
            response = await asked(api, quote(method["id"], safe=""))
            assert (response.status_code, response.headers["content-type"]) == (200, PART)
            assert response.json()["contentStream"] == method
            assert response.json()["dereferencingMetadata"]["contentType"] == PART
            assert (await asked(api, quote(method["id"], safe=""), "application/did")).json() == method
        absent = await asked(api, quote(f"{api.scene.owner.did}#nobody", safe=""))
        assert absent.status_code == 404
        assert absent.json()["dereferencingMetadata"]["error"]["type"].endswith("#NOT_FOUND")
        assert absent.json()["contentStream"] is None

    demonstration.play(story)


def test_a_did_is_the_same_percent_encoded_and_with_options_in_either_place(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        name = api.scene.owner.did
        plain = await asked(api, name)
        for way in (quote(name, safe=""), f"{quote(name, safe='')}?versionId=1", quote(f"{name}?versionId=1", safe="")):
            response = await asked(api, way)
            assert (response.status_code, response.content) == (200, plain.content), way
        assert (await asked(api, name, versionTime="2030-01-01T00:00:00Z")).content == plain.content
        assert (await asked(api, name, service="linkedDomain")).status_code == 200
        assert (await asked(api, name, relativeRef="my%20path/file")).status_code == 200

    demonstration.play(story)


def test_each_error_has_its_name_and_its_status(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        name = api.scene.owner.did
        for bad in ("", "not-a-did", "did:example", "did:acc:short", quote("did:acc:é", safe=""), "did:key:z0"):
            response = await asked(api, bad)
            assert (response.status_code, error_of(response)) == (400, "INVALID_DID"), bad
        missing = await asked(api, did(bytes(20)))
        assert (missing.status_code, error_of(missing)) == (404, "NOT_FOUND")
        for number in ("0", "2", "x"):
            response = await asked(api, name, versionId=number)
            assert (response.status_code, error_of(response)) == (404, "NOT_FOUND")
        early = await asked(api, name, versionTime="2020-01-01T00:00:00Z")
        assert (early.status_code, error_of(early)) == (404, "NOT_FOUND")
        other = await asked(api, "did:unsupported:123456789abcdefghi")
        assert (other.status_code, error_of(other)) == (501, "METHOD_NOT_SUPPORTED")
        form = await asked(api, name, "application/x-unsupported-did-representation-99999")
        assert (form.status_code, error_of(form)) == (406, "REPRESENTATION_NOT_SUPPORTED")
        key = await asked(api, "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme")
        assert (key.status_code, error_of(key)) == (501, "FEATURE_NOT_SUPPORTED")

    demonstration.play(story)


def test_options_that_are_none_are_refused(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        name = api.scene.owner.did
        wrong = [{option: text} for text in NOT_ASCII for option in ("versionId", "service", "serviceType", "hl")]
        wrong += [
            {"versionTime": text} for text in ("2025-10-07", "2025-10-07T00:00:00+02:00", "2025-10-07T00:00:00.1Z")
        ]
        wrong += [{"relativeRef": text} for text in ("my path/file", "file#section", "dir/with?query=value")]
        wrong += [{"versionId": "1", "versionTime": "2030-01-01T00:00:00Z"}, {"versionID": "1"}, {"hl": "zQm"}]
        for options in wrong:
            response = await asked(api, name, **options)
            assert (response.status_code, error_of(response)) == (400, "INVALID_OPTIONS"), options
        for query in ("versionId=1&versionId=1", "versionId=1&versionId=2"):
            twice = await asked(api, f"{name}?{query}")
            assert (twice.status_code, error_of(twice)) == (400, "INVALID_OPTIONS")

    demonstration.play(story)


def test_errors_are_words_in_the_older_form(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        for name, word in {"did:x": "invalidDid", "did:x:1": "methodNotSupported", did(bytes(20)): "notFound"}.items():
            response = await asked(api, name, OLD)
            metadata = response.json()["didResolutionMetadata"]
            assert (response.headers["content-type"], metadata["error"]) == (OLD, word)
            assert "[resolver/" in metadata["errorMessage"]

    demonstration.play(story)


def test_who_has_a_document_is_not_sent_it_again(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        path = f"/1.0/identifiers/{api.scene.owner.did}"
        first = await api.http.get(path)
        again = await api.http.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert (await api.http.head(path)).headers["etag"] == first.headers["etag"]
        other = await api.http.get(path, headers={"accept": "application/did", "if-none-match": first.headers["etag"]})
        assert (other.status_code, other.headers["content-type"]) == (200, "application/did")

    demonstration.play(story)


def test_what_is_resolved_can_be_checked_against_the_chain(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        owner = api.scene.owner
        result = (await asked(api, owner.did)).json()
        (address,) = result["didResolutionMetadata"]["proofs"]
        given: Any = (await api.http.get(address)).json()
        fields = {name: bytes.fromhex(given[name]) for name in ("key", "value", "proof", "light_block")}
        client: Client = api.scene.client
        shown = client.check(IDENTITIES, Proved(**fields), owner.account)
        assert acc_document(owner.account, shown.record.document()) == result["didDocument"]
        assert LightBlock.decode(fields["light_block"]).header.height == given["height"]

    demonstration.play(story)


def test_a_guest_s_did_key_is_resolved(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        name = did_key(ed25519.public_key(bytes(32)))
        result = (await asked(api, name)).json()
        assert result["didDocument"]["id"] == name
        assert "proofs" not in result["didResolutionMetadata"]

    demonstration.play(story)
