"""Strangers at the interface of other wallets: who may sign, and what bodies that nobody means get for an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import json

from autochain.api import make_app
from autochain.api.vc_api import MAX_DOCUMENT_BYTES

from .people import Served, Standing, served
from .test_vc_api import refused, unverified
from .wallets import V2, Desk, StandingDesk, a_credential

JSON = {"content-type": "application/json"}
SIGNING = {
    "/credentials/issue": {"credential": a_credential()},
    "/credentials/status": {
        "credentialId": "urn:a",
        "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
    },
    "/presentations": {"presentation": {"@context": [V2], "type": ["VerifiablePresentation"]}},
}
VERIFYING = {"/credentials/verify": "verifiableCredential", "/presentations/verify": "verifiablePresentation"}
ADDRESSES = {**VERIFYING, "/credentials/issue": "credential", "/presentations": "presentation"}


def test_nobody_has_the_issuer_sign_but_who_is_signed_in_as_an_authority(desk: StandingDesk) -> None:
    async def story(desk: Desk) -> None:
        for path, body in SIGNING.items():
            assert refused(await desk.usual.post(path, json=body), status=401)["code"] == 20
            for name in ("owner", "buyer", "maker", "stranger"):
                person = await desk.signed_in(name)
                response = await desk.usual.post(path, json=body, headers=person.headers)
                assert refused(response, status=403)["code"] == 21, (path, name)
        regulator = await desk.signed_in("regulator")
        own = {"credential": a_credential(issuer=...)}
        response = await desk.usual.post("/credentials/issue", json=own, headers=regulator.headers)
        assert response.status_code == 201, response.text
        issued = response.json()["verifiableCredential"]
        assert issued["issuer"] == desk.api.scene.network.wallet("registrar").did
        assert (await desk.verify(issued)).status_code == 200
        other = {"credential": a_credential()}
        refusal = refused(await desk.usual.post("/credentials/issue", json=other, headers=regulator.headers))
        assert refusal["type"] == "https://w3id.org/security#PROOF_VERIFICATION_ERROR"

    desk.play(story)


def test_no_page_of_another_host_has_anything_signed(desk: StandingDesk) -> None:
    async def story(desk: Desk) -> None:
        for headers in ({"host": "evil.example"}, {"origin": "https://evil.example"}):
            for path, body in SIGNING.items():
                response = await desk.opened.post(path, json=body, headers=headers)
                assert refused(response, status=403)["code"] == 30
        did = desk.api.scene.network.wallet("foundation").did
        listed = await desk.opened.get(f"/credentials/status/{did}/1", headers={"host": "evil.example"})
        assert refused(listed, status=403)["code"] == 30
        odd = await desk.opened.post(
            "/credentials/issue", json=SIGNING["/credentials/issue"], headers={"host": "user:secret@127.0.0.1:99999"}
        )
        assert refused(odd)["codespace"] == "api"

    desk.play(story)


def test_where_nobody_issues_it_is_said(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        async with served(make_app(replace(api.backend, issuer=None, is_vc_api_open=True))) as http:
            for path, body in SIGNING.items():
                assert refused(await http.post(path, json=body), status=404)["code"] == 1
            response = await http.get(f"/credentials/status/{api.scene.owner.did}/1")
            assert refused(response, status=404)["codespace"] == "issuer"

    demonstration.play(story)


def hostile() -> dict[str, bytes]:
    """Gives bodies that nobody means, whole documents among them."""
    good = json.encode(a_credential()).decode()
    deep = "[" * 100_000 + "]" * 100_000
    return {
        "nothing": b"",
        "no JSON": b"{",
        "a list": b"[]",
        "a text": b'"x"',
        "null": b"null",
        "no UTF-8": b'{"%s": "\xff"}',
        "a document that is a text": b'{"%s": "x"}',
        "a document that is null": b'{"%s": null}',
        "no document": b"{}",
        "a name twice": b'{"%s": {"a": 1, "a": 2}}',
        "a document twice": b'{"%s": {}, "%s": {}}',
        "a number that is no number": b'{"%s": {"a": NaN}}',
        "a number without end": b'{"%s": {"a": 1e999999}}',
        "a number of many digits": b'{"%s": {"a": ' + b"9" * 5_000 + b"}}",
        "a number that readers take differently": b'{"%s": {"a": 9007199254740993}}',
        "half of a pair": b'{"%s": {"a": "\\ud800"}}',
        "depth": f'{{"%s": {{"a": {deep}}}}}'.encode(),
        "some depth": b'{"%s": {"a": ' + b"[" * 60 + b"]" * 60 + b"}}",
        "many values": b'{"%s": {"a": [' + b"1," * 60_000 + b"1]}}",
        "an option that is none": f'{{"%s": {good}, "options": {{"chalenge": "x"}}}}'.encode(),
        "options that are none": f'{{"%s": {good}, "options": []}}'.encode(),
    }


def test_bodies_that_nobody_means_get_an_answer_in_words(desk: StandingDesk) -> None:
    async def story(desk: Desk) -> None:
        for path, name in ADDRESSES.items():
            for what, template in hostile().items():
                body = template.replace(b"%s", name.encode())
                response = await desk.opened.post(path, content=body, headers=JSON)
                assert response.status_code in (400, 413), (path, what, response.text)
                problem = refused(response, status=response.status_code)
                assert len(response.content) < 5_000, what
                if path in VERIFYING:
                    assert problem["verified"] is False

    desk.play(story)


def test_what_is_too_large_is_refused_unread(desk: StandingDesk) -> None:
    async def story(desk: Desk) -> None:
        for path, name in ADDRESSES.items():
            for size in (MAX_DOCUMENT_BYTES, 1_048_576, 4_000_000):
                body = b'{"%s": {"a": "' % name.encode() + b"x" * size + b'"}}'
                response = await desk.opened.post(path, content=body, headers=JSON)
                assert refused(response, status=413)["code"] == 4, (path, size)
        other = await desk.opened.post("/credentials/verify", content=b"{}", headers={"content-type": "text/plain"})
        assert unverified(other, status=415) == "api/5"

    desk.play(story)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("@context", "type", "issuer", "credentialSubject", "credentialStatus", "proof", "holder", "name", "id")


def test_no_document_brings_the_verifier_down(demonstration: Standing) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(sorted(VERIFYING)), st.sampled_from(FIELDS), VALUES)
    def tried(path: str, field: str, value: Any) -> None:
        async def story(api: Any) -> None:
            document = a_credential(proof={"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022"})
            document[field] = value
            body = {VERIFYING[path]: {**document, "type": document["type"]}, "options": {"checks": ["proof"]}}
            response: httpx.Response = await api.http.post(path, content=json.encode(body), headers=JSON)
            assert unverified(response).startswith(("credentials_w3c/", "api/1"))

        demonstration.play(story)

    tried()
