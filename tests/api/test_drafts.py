"""Sending by whoever holds own keys: a draft from the API, signed with a library of its own, sent back."""

from __future__ import annotations

from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto import sha256
from autochain.wallet import Wallet

from .people import V1, Served, Standing, seed_of

CHAIN = f"{V1}/chains/main"


async def drafted(api: Served, message: str, body: dict[str, Any], **parameters: str) -> dict[str, Any]:
    answer = await api.http.post(f"{CHAIN}/drafts/{message}", json=body, params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def signature(seed: bytes, draft: dict[str, Any]) -> dict[str, Any]:
    """Signs as RFC 8032 says, without any part of AutoChain."""
    signed = Ed25519PrivateKey.from_private_bytes(seed).sign(bytes.fromhex(draft["sign_bytes"]))
    return {"key": 0, "signature": signed.hex()}


async def sent(api: Served, draft: dict[str, Any], seed: bytes, **more: Any) -> httpx.Response:
    body = {"draft": draft["draft"], "signatures": [signature(seed, draft)], **more}
    return await api.http.post(f"{CHAIN}/transactions", json=body)


def a_transfer(payee: Wallet, amount_uacc: int = 1_000) -> dict[str, Any]:
    return {"payee": payee.did, "amount_uacc": amount_uacc}


def test_a_draft_that_others_sign_happens_and_announces_its_events(spending: Standing) -> None:
    async def story(api: Served) -> None:
        buyer, rival = api.scene.buyer, api.scene.rival
        before = await api.scene.client.balance_uacc(rival.account)
        draft = await drafted(api, "token/Transfer", a_transfer(rival), sender=buyer.did)
        assert bytes.fromhex(draft["sign_bytes"]).endswith(bytes.fromhex(draft["draft"]))
        answer = await sent(api, draft, seed_of(buyer))
        assert answer.status_code == 200, answer.text
        (event,) = answer.json()["events"]
        assert event == {
            "type": "token/Transferred",
            "payer": buyer.account.hex(),
            "payee": rival.account.hex(),
            "amount_uacc": 1_000,
        }
        assert await api.scene.client.balance_uacc(rival.account) == before + 1_000

    spending.play(story)


def test_a_transaction_sent_again_gives_the_same_answer_and_happens_once(spending: Standing) -> None:
    async def story(api: Served) -> None:
        buyer, rival = api.scene.buyer, api.scene.rival
        draft = await drafted(api, "token/Transfer", a_transfer(rival), sender=buyer.did)
        first = await sent(api, draft, seed_of(buyer))
        balance = await api.scene.client.balance_uacc(rival.account)
        again = await sent(api, draft, seed_of(buyer))
        assert (again.status_code, again.json()) == (200, first.json())
        assert await api.scene.client.balance_uacc(rival.account) == balance

    spending.play(story)


def test_the_bare_route_takes_the_same_transaction(spending: Standing) -> None:
    async def story(api: Served) -> None:
        buyer = api.scene.buyer
        answered = await api.scene.client.send(buyer, Transfer(api.scene.rival.account, 7))
        block = await api.scene.client.node.block(answered.submitted.height)
        data = block.transactions[answered.submitted.index]
        assert sha256(data) == answered.submitted.hash
        answer = await api.http.post("/chains/main/submit", content=data)
        assert answer.status_code == 200
        assert answered.submitted.hash in answer.content

    spending.play(story)


def test_keys_of_another_do_not_sign_a_draft(spending: Standing) -> None:
    async def story(api: Served) -> None:
        draft = await drafted(api, "token/Transfer", a_transfer(api.scene.rival), sender=api.scene.buyer.did)
        answer = await sent(api, draft, seed_of(api.scene.rival))
        assert (answer.status_code, answer.json()["code"], answer.json()["codespace"]) == (422, 17, "ledger")

    spending.play(story)


def test_of_two_drafts_with_one_sequence_one_happens(spending: Standing) -> None:
    async def story(api: Served) -> None:
        buyer = api.scene.buyer
        first = await drafted(api, "token/Transfer", a_transfer(api.scene.rival, 1), sender=buyer.did)
        second = await drafted(api, "token/Transfer", a_transfer(api.scene.rival, 2), sender=buyer.did)
        assert (await sent(api, first, seed_of(buyer))).status_code == 200
        answer = await sent(api, second, seed_of(buyer))
        assert (answer.status_code, answer.json()["type"]) == (409, "/errors/ledger/18")

    spending.play(story)


def test_a_contract_that_refuses_in_the_block_tells_why_and_where(spending: Standing) -> None:
    async def story(api: Served) -> None:
        buyer = api.scene.buyer
        draft = await drafted(api, "token/Transfer", a_transfer(api.scene.rival, 10**14), sender=buyer.did)
        answer = await sent(api, draft, seed_of(buyer))
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (422, "/errors/token/1")
        assert problem["remedy"] == "Pay less, or let ACC be sent to the account first."
        assert "transaction " in problem["detail"]

    spending.play(story)


def test_a_draft_of_what_can_not_be_is_refused_before_anybody_signs(spending: Standing) -> None:
    async def story(api: Served) -> None:
        path, sender = f"{CHAIN}/drafts/token/Transfer", {"sender": api.scene.buyer.did}
        nothing = await api.http.post(path, json=a_transfer(api.scene.rival, 0), params=sender)
        assert (nothing.status_code, nothing.json()["type"]) == (422, "/errors/token/2")
        unknown = await api.http.post(path, json=a_transfer(api.scene.rival), params={"sender": "00" * 20})
        assert (unknown.status_code, unknown.json()["type"]) == (422, "/errors/api/13")

    spending.play(story)


def test_a_draft_that_holds_signatures_is_refused(spending: Standing) -> None:
    async def story(api: Served) -> None:
        answered = await api.scene.client.send(api.scene.buyer, Transfer(api.scene.rival.account, 7))
        block = await api.scene.client.node.block(answered.submitted.height)
        data = block.transactions[answered.submitted.index].hex()
        body = {"draft": data, "signatures": [{"key": 0, "signature": "00"}]}
        answer = await api.http.post(f"{CHAIN}/transactions", json=body)
        assert (answer.status_code, answer.json()["type"]) == (422, "/errors/api/15")

    spending.play(story)


def test_a_new_did_registers_itself_and_a_device_with_its_owner_as_payer(spending: Standing) -> None:
    async def story(api: Served) -> None:
        owner, seed = api.scene.owner, sha256(b"a seed that nobody else has")
        key = {"suite": 1, "data": Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw().hex()}
        body = {
            "keys": [key],
            "threshold": 1,
            "kind": "person",
            "commitment": "01" * 32,
            "encryption_key": "02" * 32,
            "controller": None,
        }
        person = await drafted(api, "identity/Register", body)
        assert (await sent(api, person, seed)).status_code == 200
        device = await drafted(
            api, "identity/Register", {**body, "kind": "device", "controller": owner.did}, payer=owner.did
        )
        answer = await sent(api, device, seed, payer_signatures=[signature(seed_of(owner), device)])
        assert answer.status_code == 200, answer.text
        (event,) = answer.json()["events"]
        assert (event["account"], event["controller"]) == (device["sender"], owner.account.hex())

    spending.play(story)


def test_every_message_of_every_contract_has_a_route_for_drafts(spending: Standing) -> None:
    async def story(api: Served) -> None:
        paths = (await api.http.get(f"{V1}/openapi.json")).json()["paths"]
        for name, contract in api.scene.client.dispatcher.contracts.items():
            for kind in contract.messages:
                assert f"{V1}/chains/{{chain}}/drafts/{name}/{kind.__name__}" in paths
            for query in contract.queries:
                assert f"{V1}/chains/{{chain}}/queries/{name}/{query.__name__}" in paths

    spending.play(story)
