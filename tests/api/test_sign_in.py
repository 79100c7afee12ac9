"""Who proves that an account is its own signs in as it, once for each challenge; nobody else does."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import httpx
import pytest
from homes import NOW_MS, Clock, refuses
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from autochain.api import errors
from autochain.api.sessions import (
    CHALLENGE_MS,
    MAX_ANSWERED,
    MAX_SESSIONS_OF_ONE,
    SESSION_MS,
    SIGN_DOMAIN,
    Challenges,
    Sessions,
    check_signatures,
    sign_in_bytes,
)
from autochain.onchain.contracts.credentials import Withdraw
from autochain.onchain.contracts.identity import Revoke
from autochain.onchain.ledger import Signature
from autochain.onchain.ledger.interfaces import AccountKeys
from autochain.onchain.ledger.transaction import SIGN_DOMAIN as TRANSACTION_DOMAIN
from autochain.privacy import ed25519, p256

from .people import V1, Served, Standing, play_api, seed_of

ACCOUNT, OTHER = bytes(20), bytes([1]) * 20
KEYS = AccountKeys((ed25519.public_key(bytes(32)),), 1, 0, active=True)


def challenges(clock: Clock) -> Challenges:
    return Challenges("main-abc", clock=clock, chance=secrets.token_bytes)


def sessions(clock: Clock) -> Sessions:
    return Sessions(clock=clock, chance=secrets.token_bytes)


def test_an_owner_signs_in_with_its_own_keys_and_out_again(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        owner = await api.sign_in(api.scene.owner, "owner")
        assert owner.account == api.scene.owner.account.hex()
        assert (await owner.get("/sharing-list")).status == 200
        out = await api.http.post(f"{V1}/sign-out", headers=owner.headers)
        assert (out.status_code, out.content) == (204, b"")
        assert (await owner.get("/sharing-list")).status == 401
        assert (await api.http.post(f"{V1}/sign-out", headers=owner.headers)).status_code == 401

    demonstration.play(story)


def test_what_is_signed_is_said_in_the_challenge(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        owner = api.scene.owner
        asked = await api.challenge(owner, "owner")
        made = sign_in_bytes(api.scene.client.trust.chain_id, owner.account, "owner", bytes.fromhex(asked["challenge"]))
        assert asked["sign_bytes"] == made.hex()
        assert asked["expires_ms"] == NOW_MS + CHALLENGE_MS

    demonstration.play(story)


def test_a_challenge_is_answered_once_in_time_by_the_right_keys_for_the_right_role(peopled: Path) -> None:
    async def story(api: Served) -> None:
        owner, buyer = api.scene.owner, api.scene.buyer
        used = (await api.challenge(owner, "owner"))["challenge"]
        assert (await api.answered(owner, "owner", used, signer=buyer)).refusal == "api/24"
        assert (await api.answered(owner, "owner", used)).status == 200
        again = await api.answered(owner, "owner", used)
        assert (again.status, again.refusal) == (401, "api/23")
        fresh = (await api.challenge(owner, "owner"))["challenge"]
        assert (await api.answered(owner, "stranger", fresh)).refusal == "api/23"
        assert (await api.answered(buyer, "owner", fresh)).refusal == "api/23"
        made_up = fresh[:-2] + f"{int(fresh[-2:], 16) ^ 1:02x}"
        assert (await api.answered(owner, "owner", made_up)).refusal == "api/23"
        api.clock.advance(CHALLENGE_MS)
        assert (await api.answered(owner, "owner", fresh)).refusal == "api/23"

    play_api(peopled, story)


def test_a_signature_of_anything_else_signs_nobody_in(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        owner = api.scene.owner
        asked = (await api.challenge(owner, "owner"))["challenge"]
        message = sign_in_bytes(api.scene.client.trust.chain_id, owner.account, "owner", bytes.fromhex(asked))
        others = [
            bytes.fromhex(asked),
            TRANSACTION_DOMAIN + message[len(SIGN_DOMAIN) :],
            sign_in_bytes("main-other", owner.account, "owner", bytes.fromhex(asked)),
            sign_in_bytes(api.scene.client.trust.chain_id, owner.account, "stranger", bytes.fromhex(asked)),
        ]
        for other in others:
            assert (await api.signed(owner, "owner", asked, owner.sign(other))).refusal == "api/24"
        assert (await api.signed(owner, "owner", asked, b"")).refusal == "api/24"
        assert (await api.signed(owner, "owner", asked, owner.sign(message))).status == 200

    demonstration.play(story)


def test_a_role_must_be_held_on_the_chain(peopled: Path) -> None:
    async def story(api: Served) -> None:
        scene = api.scene
        for wallet, role in ((scene.rival, "buyer"), (scene.buyer, "maker"), (scene.buyer, "owner")):
            answer = await api.answered(wallet, role, (await api.challenge(wallet, role))["challenge"])
            assert (answer.status, answer.refusal) == (403, "api/25")
        await api.sign_in(scene.rival, "stranger")
        await scene.network.attest(scene.rival, "buyer")
        await api.sign_in(scene.rival, "buyer")

    play_api(peopled, story)


def test_a_revoked_did_cannot_sign_in_and_its_sessions_end(peopled: Path) -> None:
    async def story(api: Served) -> None:
        by_keys, by_name = await api.sign_in(api.scene.owner, "owner"), await api.persona("owner")
        for person in (by_keys, by_name):
            assert (await person.get("/sharing-list")).status == 200
        change = api.scene.owner.rotated(promises=False)
        await api.scene.client.send(change.signer, change.message, Revoke(api.scene.owner.account))
        for person in (by_keys, by_name):
            assert (await person.get("/sharing-list")).status == 401
        asked = (await api.challenge(api.scene.owner, "owner"))["challenge"]
        assert (await api.answered(api.scene.owner, "owner", asked)).refusal == "api/24"
        assert (await api.http.post(f"{V1}/demo/sign-in", json={"persona": "owner"})).status_code == 401

    play_api(peopled, story)


def test_a_session_ends_when_the_keys_are_replaced(peopled: Path) -> None:
    async def story(api: Served) -> None:
        owner = api.scene.owner
        stolen = await api.sign_in(owner, "owner")
        change = owner.rotated()
        fresh = change.wallet
        await api.scene.client.send(change.signer, change.message)
        assert (await stolen.get("/sharing-list")).status == 401
        asked = (await api.challenge(owner, "owner"))["challenge"]
        assert (await api.answered(owner, "owner", asked)).refusal == "api/24"
        assert (await api.answered(owner, "owner", asked, signer=fresh)).status == 200

    play_api(peopled, story)


def test_a_session_ends_when_the_keys_expire(peopled: Path) -> None:
    async def story(api: Served) -> None:
        owner, until_ms = api.scene.owner, api.clock() + CHALLENGE_MS
        change = owner.rotated()
        await api.scene.client.send(change.signer, replace(change.message, until_ms=until_ms))
        person = await api.sign_in(change.wallet, "owner")
        api.clock.advance(CHALLENGE_MS - 1)
        assert (await person.get("/sharing-list")).status == 200
        api.clock.advance(1)
        assert (await person.get("/sharing-list")).status == 401
        asked = (await api.challenge(owner, "owner"))["challenge"]
        assert (await api.answered(owner, "owner", asked, signer=change.wallet)).refusal == "api/24"

    play_api(peopled, story)


def test_a_session_ends_with_its_role(peopled: Path) -> None:
    async def story(api: Served) -> None:
        network, buyer = api.scene.network, await api.persona("buyer")
        withdraw = Withdraw(api.scene.buyer.account, "buyer")
        await network.client.send(network.wallet("registrar"), withdraw, payer=network.wallet("operation"))
        refused = await buyer.get(f"/receipts/{api.scene.receipt.hex()}/readings")
        assert (refused.status, refused.refusal) == (403, "api/25")

    play_api(peopled, story)


def test_personas_sign_in_by_name_on_a_demonstration_alone(home: Path, peopled: Path) -> None:
    async def demonstration(api: Served) -> None:
        found = {each["name"]: each["role"] for each in (await api.http.get(f"{V1}/demo/personas")).json()["items"]}
        assert found == {
            "owner": "owner",
            "owner-2": "owner",
            "buyer": "buyer",
            "buyer-2": "buyer",
            "maker": "maker",
            "regulator": "regulator",
            "stranger": "stranger",
        }
        assert (await api.http.get(f"{V1}/demo/roads")).json() == {"roads": [[[51.0, 7.0], [51.1, 7.1]]]}
        for name in found:
            assert len((await api.persona(name)).token) == 43
        for name in ("validator", "registrar", "ido", "car", "rival", "../owner", "nobody"):
            assert (await api.http.post(f"{V1}/demo/sign-in", json={"persona": name})).status_code == 404

    async def real(api: Served) -> None:
        for method, path in (("GET", "personas"), ("GET", "roads"), ("POST", "sign-in")):
            answer = await api.http.request(method, f"{V1}/demo/{path}", json={"persona": "owner"})
            assert answer.status_code == 404, path
        owner = await api.sign_in(api.scene.owner, "owner")
        assert (await owner.get("/sharing-list")).refusal == "api/26"

    play_api(peopled, demonstration)
    play_api(home, real, demonstration=False)


NO_REQUESTS: list[Any] = [
    {},
    {"account": "x" * 40, "role": "owner"},
    {"account": "00" * 20, "role": "validator"},
    {"account": "00" * 20, "role": "owner", "more": 1},
    {"account": 1, "role": "owner"},
]


def test_a_request_that_is_no_request_is_refused_in_words(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        for body in NO_REQUESTS:
            answer = await api.http.post(f"{V1}/sign-in/challenges", json=body)
            assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), body

    demonstration.play(story)


def test_no_token_is_kept_and_none_is_logged(demonstration: Standing, caplog: pytest.LogCaptureFixture) -> None:
    store = sessions(Clock())
    token, session = store.begin(ACCOUNT, "owner", KEYS)
    assert token not in repr(vars(store)) + repr(session)

    async def story(api: Served) -> None:
        owner = await api.persona("owner")
        answers: list[httpx.Response] = [
            await api.http.get(f"{V1}/accounts/{owner.account}/nothing", headers=owner.headers),
            await api.http.get(f"{V1}/accounts/{'00' * 20}/sharing-list", headers=owner.headers),
            await api.http.get(f"{V1}/network", headers=owner.headers),
        ]
        seeds = [seed_of(api.scene.owner), api.scene.owner.secret, api.scene.owner.encryption]
        for secret in (owner.token, *(seed.hex() for seed in seeds)):
            assert secret not in caplog.text + "".join(answer.text + str(answer.headers) for answer in answers)

    demonstration.play(story)


def test_the_oldest_session_of_an_account_makes_room_and_no_other_does() -> None:
    clock = Clock()
    store = sessions(clock)
    other, _ = store.begin(OTHER, "buyer", KEYS)
    tokens = [store.begin(ACCOUNT, "owner", KEYS)[0] for _ in range(MAX_SESSIONS_OF_ONE + 1)]
    assert len(set(tokens)) == len(tokens)
    with refuses(errors.NOT_SIGNED_IN):
        store.find(tokens[0])
    for token in (other, *tokens[1:]):
        store.find(token)


def test_a_store_that_is_full_takes_nobody_in_until_somebody_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autochain.api.sessions.MAX_SESSIONS", 2)
    clock = Clock()
    store = sessions(clock)
    first, _ = store.begin(ACCOUNT, "owner", KEYS)
    store.begin(OTHER, "buyer", KEYS)
    third = bytes([2]) * 20
    with refuses(errors.TOO_MANY_SESSIONS):
        store.begin(third, "buyer", KEYS)
    store.find(first)
    clock.advance(SESSION_MS)
    store.begin(third, "buyer", KEYS)


@given(st.integers(0, 2 * SESSION_MS))
def test_a_session_is_good_for_its_time_and_not_a_moment_longer(ms: int) -> None:
    clock = Clock()
    store = sessions(clock)
    token, session = store.begin(ACCOUNT, "owner", KEYS)
    assert session.expires_ms == NOW_MS + SESSION_MS
    clock.advance(ms)
    if ms < SESSION_MS:
        assert store.find(token) == session
    else:
        with refuses(errors.NOT_SIGNED_IN):
            store.find(token)


@given(st.integers(0, 2 * CHALLENGE_MS), st.binary(max_size=80))
def test_a_challenge_is_good_for_its_time_and_nothing_like_it_is(ms: int, noise: bytes) -> None:
    clock = Clock()
    given_here = challenges(clock)
    challenge = given_here.give(ACCOUNT, "owner")
    with refuses(errors.BAD_CHALLENGE):
        given_here.check(noise, ACCOUNT, "owner")
    with refuses(errors.BAD_CHALLENGE):
        challenges(clock).check(challenge, ACCOUNT, "owner")
    clock.advance(ms)
    if ms < CHALLENGE_MS:
        given_here.check(challenge, ACCOUNT, "owner")
    else:
        with refuses(errors.BAD_CHALLENGE):
            given_here.check(challenge, ACCOUNT, "owner")


def test_challenges_that_nobody_answers_take_no_memory_and_answered_ones_are_forgotten_in_time() -> None:
    clock = Clock()
    given_here = challenges(clock)
    before = repr(vars(given_here))
    for _ in range(100):
        given_here.give(ACCOUNT, "owner")
    assert repr(vars(given_here)) == before
    for _ in range(MAX_ANSWERED):
        given_here.use_up(given_here.give(ACCOUNT, "owner"))
    with refuses(errors.TOO_MANY_SESSIONS):
        given_here.use_up(given_here.give(ACCOUNT, "owner"))
    clock.advance(CHALLENGE_MS)
    given_here.use_up(given_here.give(ACCOUNT, "owner"))


def test_of_two_that_answer_a_challenge_at_once_one_is_let_in() -> None:
    given_here = challenges(Clock())
    challenge = given_here.give(ACCOUNT, "owner")
    given_here.check(challenge, ACCOUNT, "owner")
    given_here.check(challenge, ACCOUNT, "owner")
    given_here.use_up(challenge)
    with refuses(errors.BAD_CHALLENGE):
        given_here.use_up(challenge)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 3)), max_size=8), st.integers(1, 3))
def test_enough_different_keys_must_sign(signed_by: list[tuple[int, int]], threshold: int) -> None:
    """Each pair is the place that a signature names and the key that made it."""
    seeds = [bytes([number]) * 32 for number in range(4)]
    keys = AccountKeys(tuple(map(ed25519.public_key, seeds[:3])), threshold, 0, active=True)
    signatures = tuple(Signature(place, ed25519.sign(seeds[key], b"message")) for place, key in signed_by)
    places = [place for place, _ in signed_by]
    good = len(set(places)) == len(places) >= threshold and all(place == key < 3 for place, key in signed_by)
    if good:
        check_signatures(keys, b"message", signatures)
        with refuses(errors.NOT_PROVED):
            check_signatures(keys, b"another", signatures)
    else:
        with refuses(errors.NOT_PROVED):
            check_signatures(keys, b"message", signatures)


def test_a_signature_names_the_suite_of_its_key() -> None:
    keys = AccountKeys((p256.public_key(bytes(32)),), 1, 0, active=True)
    made = Signature(0, p256.sign(bytes(32), b"message"), p256.SUITE)
    check_signatures(keys, b"message", (made,))
    for suite in (1, 4, 99):
        with refuses(errors.NOT_PROVED):
            check_signatures(keys, b"message", (replace(made, suite=suite),))
