"""Every private route refuses everybody but its account in its role, and what was refused has changed nothing."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar
from msgspec import json
from msgspec.structs import asdict

from autochain.api.access import ACCOUNTS, SENDS, PrivateRoute, private_routes, senders
from autochain.api.app import make_app, make_routes
from autochain.api.backend import ROLES, Role
from autochain.api.metrics import Metrics
from autochain.api.sessions import SESSION_MS
from autochain.onchain.codec import named
from autochain.onchain.contracts.consent import Grant, Offer, Revoke, TakeUp, Withdraw
from autochain.onchain.contracts.credentials import Attest
from autochain.onchain.contracts.identity import RejectRecovery, SetGuardians
from autochain.onchain.contracts.market import Buy, Item, Publish, Read, Unpublish
from autochain.onchain.contracts.recording import HOUR_MS, Erase
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.ledger import Message

from .people import V1, Person, Served, Standing, play_api, served

PERSONAS: dict[Role, str] = {
    "owner": "owner",
    "buyer": "buyer",
    "maker": "maker",
    "regulator": "regulator",
    "stranger": "stranger",
}
OTHERS: dict[Role, str] = {"owner": "owner-2", "buyer": "buyer-2"}
"""A second party of a role, where there is one."""
SIGNED_OUT, WRONG_ROLE, OTHER_ACCOUNT = (401, "api/20"), (403, "api/21"), (403, "api/22")


def routes_of(api: Served) -> Litestar:
    return make_routes(api.backend, Metrics(api.backend))


def bodies(api: Served) -> dict[str, Any]:
    """Gives for the end of each path what one sends there who may."""
    scene, name = api.scene, bytes(20)
    trade = ("traffic_management", ("motion",), "coarse")
    grant = scene.a_grant()
    sent: list[Message] = [
        grant,
        Offer(grant.terms, "buyer"),
        Withdraw(name),
        Revoke(scene.consent),
        TakeUp(name),
        Erase(scene.recordings[1]),
        Transfer(scene.rival.account, 1),
        Read(scene.recordings[1], scene.consent, "research", ("motion",), "exact"),
        Buy(name),
        Publish("Drives", (Item(scene.recordings[0], name),), *trade),  # type: ignore[arg-type]
        Unpublish(name),
        Attest(scene.rival.account, "maker"),
        SetGuardians((scene.rival.account,), 1, HOUR_MS),
        RejectRecovery(),
    ]
    fields = {f"/messages/{kind.__struct_config__.tag}": named(asdict_of(kind)) for kind in sent}
    read = {"recording": scene.recordings[1].hex(), "purpose": "research", "categories": ["motion"]}
    return {**fields, "/reads": read}


def asdict_of(message: Message) -> dict[str, Any]:
    return {field: named(value) for field, value in asdict(message).items()}


def ways(api: Served, route: PrivateRoute) -> tuple[str, Any]:
    """Gives the path behind the account's, and the body, with which a route is asked."""
    path = route.path.removeprefix(f"{V1}/accounts/{{account}}")
    found = bodies(api).get(path)
    assert found is not None or "/messages/" not in path, f"{path} needs a body here"
    for name, value in (("{recording}", api.scene.recordings[0]), ("{receipt}", api.scene.receipt)):
        path = path.replace(name, value.hex())
    return path, found


async def refusals(api: Served, route: PrivateRoute) -> list[str]:
    """Tries a route as everybody who may not, and tells who was not refused as it should be."""
    path, body = ways(api, route)
    right = await api.persona(PERSONAS[route.roles[0]])
    faults: list[str] = []

    async def tried(who: str, expected: tuple[int, str], headers: Any, account: str = right.account) -> None:
        url = f"{V1}/accounts/{account}{path}"
        response = await api.http.request(route.method, url, json=body, headers=headers)
        refused = response.json() if response.headers["content-type"] == "application/problem+json" else {}
        got = response.status_code, f"{refused.get('codespace')}/{refused.get('code')}"
        if got != expected or (expected[0] == 401 and response.headers.get("www-authenticate") != "Bearer"):
            faults.append(f"{route.method} {path} as {who}: {got}")

    token = {"authorization": f"Bearer {right.token}"}
    await tried("a stranger", SIGNED_OUT, {})
    await tried("a stranger for nobody's account", SIGNED_OUT, {}, "nobody")
    for garbage in garbage_headers(right.token):
        await tried(f"garbage {garbage}", SIGNED_OUT, garbage)
    for role in ROLES:
        if role not in route.roles:
            wrong = await api.persona(PERSONAS[role])
            await tried(role, WRONG_ROLE, wrong.headers, wrong.account)
            await tried(f"{role} for another", OTHER_ACCOUNT, wrong.headers)
    if route.roles[0] in OTHERS:
        other = await api.persona(OTHERS[route.roles[0]])
        await tried("another of the role", OTHER_ACCOUNT, other.headers)
        await tried("the account at another's", OTHER_ACCOUNT, token, other.account)
    await tried("the account at nobody's", OTHER_ACCOUNT, token, "nobody")
    await api.http.post(f"{V1}/sign-out", headers=right.headers)
    await tried("one who signed out", SIGNED_OUT, token)
    return faults


def garbage_headers(token: str) -> list[Any]:
    """Gives headers that are no bearer's token, though they look alike or hold a good one where none is looked for."""
    turned = ("B" if token[0] == "A" else "A") + token[1:]
    return [
        {"authorization": f"Bearer {secrets.token_urlsafe(32)}"},
        {"authorization": f"Bearer {turned}"},
        {"authorization": f"Bearer {token}="},
        {"authorization": f"Bearer {token[:-1]}"},
        {"authorization": f"Bearer  {token}"},
        {"authorization": "Bearer"},
        {"authorization": token},
        {"authorization": f"Basic {token}"},
        {"authorization": b"Bearer \xff\xfe" + b"x" * 41},
        {"cookie": f"authorization=Bearer {token}; token={token}"},
        {"x-authorization": f"Bearer {token}"},
        [("authorization", f"Bearer {token}"), ("authorization", "Bearer x")],
    ]


def test_every_private_route_refuses_all_but_its_account_in_its_role_and_nothing_happens(peopled: Path) -> None:
    async def story(api: Served) -> None:
        routes = private_routes(routes_of(api))
        assert len(routes) == 6 + len({kind for kinds in SENDS.values() for kind in kinds})
        expired = {role: await api.persona(name) for role, name in PERSONAS.items()}
        before = (await api.scene.client.status()).app_hash
        faults = [fault for route in routes for fault in await refusals(api, route)]
        assert faults == []
        api.clock.advance(SESSION_MS)
        for route in routes:
            path, body = ways(api, route)
            answer = await expired[route.roles[0]].ask(route.method, path, body)
            assert (answer.status, answer.refusal) == SIGNED_OUT, f"{path} with an expired token"
        assert (await api.scene.client.status()).app_hash == before

    play_api(peopled, story)


def test_every_private_route_lets_its_account_in(peopled: Path) -> None:
    async def story(api: Served) -> None:
        for route in private_routes(routes_of(api)):
            path, body = ways(api, route)
            for role in route.roles:
                person = await api.persona(PERSONAS[role])
                if route.method == "GET" or path == "/reads":
                    response = await api.http.request(
                        route.method, f"{V1}/accounts/{person.account}{path}", json=body, headers=person.headers
                    )
                    assert response.status_code not in (400, 401, 500), response.text
                    assert response.status_code != 403 or role == "maker", response.text

    play_api(peopled, story)


def test_no_route_beneath_an_account_is_without_its_guard(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        routes = routes_of(api)
        table = {(route.method.lower(), route.path) for route in private_routes(routes)}
        reference = (await api.http.get(f"{V1}/openapi.json")).json()
        documented = {
            (method, path)
            for path, item in reference["paths"].items()
            if path.startswith(f"{V1}/accounts/")
            for method in item
        }
        assert documented == table
        for method, path in documented:
            operation = reference["paths"][path][method]
            assert operation["security"] == [{"bearer": []}]
            assert {"401", "403"} <= set(operation["responses"]), path
        beneath = {path.path_format for path in routes.routes if ACCOUNTS.partition("{")[0] in path.path_format}
        assert {path for path in beneath if "/chains/" not in path} == {path for _, path in table}

    demonstration.play(story)


def test_a_role_sends_just_the_messages_that_are_for_it() -> None:
    assert set(SENDS) == set(ROLES)
    assert SENDS["stranger"] == ()
    assert senders(Grant) == ("owner",)
    assert senders(Read) == ("buyer", "maker")
    assert senders(Transfer) == ("owner", "buyer", "maker")
    assert senders(Attest) == ("regulator",)
    assert senders(RejectRecovery) == ("owner", "buyer", "maker", "regulator")


HOSTS = [
    ("127.0.0.1:{port}", True),
    ("localhost:{port}", True),
    ("LOCALHOST", True),
    ("[::1]:{port}", True),
    ("192.168.1.7:{port}", True),
    ("autochain.localhost", True),
    ("evil.example", False),
    ("evil.example:{port}", False),
    ("localhost.evil.example", False),
    ("127.0.0.1.evil.example", False),
    ("evillocalhost", False),
    ("127.0.0.1@evil.example", False),
    ("", False),
]


def test_a_page_of_another_host_gets_nothing(demonstration: Standing) -> None:
    async def tried(api: Served, owner: Person, host: str, good: bool) -> None:
        named_host = host.format(port=api.http.base_url.port)
        asked: list[tuple[str, str, Any]] = [
            ("GET", f"/accounts/{owner.account}/sharing-list", None),
            ("GET", "/demo/personas", None),
            ("GET", "/demo/roads", None),
            ("POST", "/demo/sign-in", {"persona": "owner"}),
            ("POST", "/sign-in/challenges", {"account": owner.account, "role": "owner"}),
        ]
        for method, path, body in asked:
            headers = {**owner.headers, "host": named_host}
            response = await api.http.request(method, V1 + path, json=body, headers=headers)
            # What is no host at all is refused before it comes to the guard.
            assert response.status_code in ((200,) if good else (400, 403)), (path, host)
            assert good or owner.account not in response.text

    async def story(api: Served) -> None:
        owner = await api.persona("owner")
        for host, good in HOSTS:
            await tried(api, owner, host, good)

    demonstration.play(story)


def test_a_name_that_the_network_was_started_with_is_its_own(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        async with served(make_app(replace(api.backend, hosts=("Cars.example",)))) as http:
            for host, status in (("cars.example", 200), ("CARS.example:80", 200), ("evil.example", 403)):
                assert (await http.get(f"{V1}/demo/personas", headers={"host": host})).status_code == status

    demonstration.play(story)


ORIGINS = [
    ("http://127.0.0.1:5173", True),
    ("http://localhost", True),
    ("https://evil.example", False),
    ("http://203.0.113.9", False),
    ("null", False),
]


def test_a_page_of_another_origin_signs_nobody_in(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        for origin, good in ORIGINS:
            headers = {"origin": origin}
            response = await api.http.post(f"{V1}/demo/sign-in", json={"persona": "owner"}, headers=headers)
            assert response.status_code == (200 if good else 403), origin
            assert "access-control-allow-origin" not in response.headers

    demonstration.play(story)


def test_what_is_refused_is_refused_before_its_body_is_looked_at(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        owner = await api.persona("owner")
        url = f"{V1}/accounts/{owner.account}/messages/consent/Grant"
        response: httpx.Response = await api.http.post(url, content=b"\xff{")
        assert response.status_code == 401
        response = await api.http.post(url, content=json.encode({"reader": 1}), headers=owner.headers)
        assert response.status_code in (400, 415)

    demonstration.play(story)


def test_other_methods_of_a_private_route_are_for_nobody(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        owner = await api.persona("owner")
        for method, status in (("OPTIONS", 403), ("PUT", 405), ("DELETE", 405)):
            url = f"{V1}/accounts/{owner.account}/sharing-list"
            response = await api.http.request(method, url, headers=owner.headers)
            assert response.status_code == status, method
        assert (await api.http.options(f"{V1}/accounts/{owner.account}/sharing-list")).status_code == 401

    demonstration.play(story)


def test_who_signs_in_with_own_keys_sends_nothing_with_keys_that_lie_elsewhere(peopled: Path) -> None:
    async def story(api: Served) -> None:
        scene = api.scene
        registrar = scene.network.wallet("registrar")
        await scene.network.attest(registrar, "buyer")
        person: Person = await api.sign_in(registrar, "buyer")
        before = await scene.client.balance_uacc(scene.rival.account)
        paid = {"payee": scene.rival.account.hex(), "amount_uacc": 1}
        refused = await person.post("/messages/token/Transfer", paid)
        assert (refused.status, refused.refusal) == (422, "network/13")
        assert await scene.client.balance_uacc(scene.rival.account) == before

    play_api(peopled, story)
