"""Accounts whose keys are of other suites than Ed25519 send and sign in over HTTP as all others do."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from homes import prepare_home
from msgspec.structs import replace

from autochain.network import chain_file
from autochain.network.chain_file import ChainFile
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.ids import did
from autochain.onchain.units import UACC_PER_ACC

from .people import V1, Served, Standing

CHAIN = f"{V1}/chains/main"
P256, ML_DSA_65 = 2, 4
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """A network whose own parties sign by P-256, and which takes Ed25519 and ML-DSA-65 too."""
    load = chain_file.load

    def changed(name: str) -> ChainFile:
        return replace(load(name), suites=(P256, 1, ML_DSA_65))

    home = tmp_path_factory.mktemp("mixed") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chain_file, "load", changed)
        asyncio.run(prepare_home(home))
        standing = Standing(home, demonstration=False)
        yield standing
        standing.close()


class Holder(NamedTuple):
    """Who holds a key of some suite, and signs without any part of AutoChain."""

    suite: int
    public: bytes
    sign: Callable[[bytes], bytes]

    def signature(self, message: str) -> dict[str, Any]:
        """Signs what a draft or a challenge says is to be signed."""
        return {"key": 0, "signature": self.sign(bytes.fromhex(message)).hex(), "suite": self.suite}


def a_holder(suite: int) -> Holder:
    if suite == ML_DSA_65:
        key = MLDSA65PrivateKey.generate()
        return Holder(suite, key.public_key().public_bytes_raw(), key.sign)
    private = ec.generate_private_key(ec.SECP256R1())

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + min(s, P256_ORDER - s).to_bytes(32, "big")

    return Holder(suite, private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint), sign)


async def drafted(api: Served, message: str, body: dict[str, Any], **parameters: str) -> dict[str, Any]:
    answer = await api.http.post(f"{CHAIN}/drafts/{message}", json=body, params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def sent(api: Served, draft: dict[str, Any], *signatures: dict[str, Any], **more: Any) -> httpx.Response:
    body = {"draft": draft["draft"], "signatures": signatures, **more}
    return await api.http.post(f"{CHAIN}/transactions", json=body)


def a_registration(holder: Holder, **changes: Any) -> dict[str, Any]:
    return {
        "keys": [{"suite": holder.suite, "data": holder.public.hex()}],
        "threshold": 1,
        "kind": "person",
        "commitment": secrets.token_hex(32),
        "encryption_key": secrets.token_hex(32),
        "controller": None,
        **changes,
    }


async def registered(api: Served, holder: Holder) -> str:
    """Registers a person with this key and gives it ACC; gives the account."""
    draft = await drafted(api, "identity/Register", a_registration(holder))
    answer = await sent(api, draft, holder.signature(draft["sign_bytes"]))
    assert answer.status_code == 200, answer.text
    account: str = draft["sender"]
    await api.scene.client.send(api.scene.buyer, Transfer(bytes.fromhex(account), UACC_PER_ACC))
    return account


@pytest.mark.parametrize("suite", [P256, ML_DSA_65])
def test_a_key_of_another_suite_signs_a_draft_that_names_it(mixed: Standing, suite: int) -> None:
    async def story(api: Served) -> None:
        holder, rival = a_holder(suite), api.scene.rival
        account = await registered(api, holder)
        before = await api.scene.client.balance_uacc(rival.account)
        draft = await drafted(api, "token/Transfer", {"payee": rival.did, "amount_uacc": 1_000}, sender=account)
        unnamed = holder.signature(draft["sign_bytes"])
        del unnamed["suite"]
        refused = await sent(api, draft, unnamed)
        assert (refused.status_code, refused.json()["type"]) == (422, "/errors/ledger/17"), refused.text
        assert refused.json()["detail"] == f"key 0 is of suite {suite}, not 1"
        answer = await sent(api, draft, holder.signature(draft["sign_bytes"]))
        assert answer.status_code == 200, answer.text
        assert await api.scene.client.balance_uacc(rival.account) == before + 1_000

    mixed.play(story)


def test_a_device_and_the_owner_who_pays_sign_in_suites_of_their_own(mixed: Standing) -> None:
    async def story(api: Served) -> None:
        owner, device = a_holder(P256), a_holder(ML_DSA_65)
        account = await registered(api, owner)
        body = a_registration(device, kind="device", controller=did(bytes.fromhex(account)))
        draft = await drafted(api, "identity/Register", body, payer=account)
        own, paying = (holder.signature(draft["sign_bytes"]) for holder in (device, owner))
        refused = await sent(api, draft, own, payer_signatures=[{**paying, "suite": 1}])
        assert (refused.status_code, refused.json()["type"]) == (422, "/errors/ledger/17"), refused.text
        answer = await sent(api, draft, own, payer_signatures=[paying])
        assert answer.status_code == 200, answer.text
        assert answer.json()["events"][0]["controller"] == account

    mixed.play(story)


@pytest.mark.parametrize("suite", [P256, ML_DSA_65])
def test_a_key_of_another_suite_signs_in_where_it_is_named(mixed: Standing, suite: int) -> None:
    async def story(api: Served) -> None:
        holder = a_holder(suite)
        account = await registered(api, holder)
        asking = {"account": account, "role": "owner"}
        asked = (await api.http.post(f"{V1}/sign-in/challenges", json=asking)).json()
        given = {**asking, "challenge": asked["challenge"]}
        signature = holder.signature(asked["sign_bytes"])
        refused = await api.http.post(f"{V1}/sign-in", json={**given, "signatures": [{**signature, "suite": 1}]})
        assert (refused.status_code, refused.json()["type"]) == (401, "/errors/api/24"), refused.text
        answer = await api.http.post(f"{V1}/sign-in", json={**given, "signatures": [signature]})
        assert answer.status_code == 200, answer.text

    mixed.play(story)


def test_parties_of_a_network_on_p256_sign_in_with_their_keys(mixed: Standing) -> None:
    async def story(api: Served) -> None:
        assert api.scene.owner.suites == (P256,)
        owner = await api.sign_in(api.scene.owner, "owner")
        assert (await owner.get("/sharing-list")).status != 401

    mixed.play(story)


def test_a_suite_that_nobody_knows_is_no_request(mixed: Standing) -> None:
    async def story(api: Served) -> None:
        for suite in (0, 6, -1, "2", 2.5, None):
            signature = {"key": 0, "signature": "00", "suite": suite}
            answer = await api.http.post(f"{CHAIN}/transactions", json={"draft": "00", "signatures": [signature]})
            assert (answer.status_code, answer.json()["type"]) == (400, "/errors/api/1"), suite

    mixed.play(story)


def test_the_reference_says_which_suites_there_are(mixed: Standing) -> None:
    async def story(api: Served) -> None:
        reference = (await api.http.get(f"{V1}/openapi.json")).json()
        (form,) = (form for name, form in reference["components"]["schemas"].items() if "KeySignature" in name)
        suite = form["properties"]["suite"]
        assert (suite["minimum"], suite["maximum"], suite["default"]) == (1, 5, 1)
        assert "2 is P-256" in suite["description"]
        assert "suite" not in form["required"]

    mixed.play(story)


def test_a_draft_for_keys_of_an_unknown_suite_is_refused(mixed: Standing) -> None:
    async def story(api: Served) -> None:
        body = a_registration(a_holder(P256), keys=[{"suite": 0, "data": "00"}])
        replacing = {name: body[name] for name in ("keys", "threshold", "encryption_key")}
        for message, given, parameters in (
            ("identity/Register", body, {}),
            ("identity/Succeed", replacing, {"sender": api.scene.buyer.did}),
        ):
            answer = await api.http.post(f"{CHAIN}/drafts/{message}", json=given, params=parameters)
            assert (answer.status_code, answer.json()["type"]) == (422, "/errors/crypto/1"), answer.text

    mixed.play(story)
