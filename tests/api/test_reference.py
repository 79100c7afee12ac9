"""The API's reference: all of the routes, nothing else, and every form that they take and give."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from litestar import Litestar

from autochain.api.access import private_routes
from autochain.api.app import make_routes
from autochain.api.metrics import Metrics

from .following import followed
from .people import V1, Served, open_api

HIDDEN = "/api/v1/openapi.json"
RESULTS = ("application/did-resolution", "application/did")
"""Some of the types in which DIDs are resolved; why one is not, is told in these too, as DID Resolution wants it."""


class Described:
    """A served API's routes and its reference."""

    def __init__(self, routes: Litestar, reference: dict[str, Any], answers: dict[str, Any]) -> None:
        self.routes = routes
        self.reference = reference
        self.answers = answers
        """What some addresses answered."""

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for path, item in self.reference["paths"].items():
            for method, operation in item.items():
                yield path, method, operation


@pytest.fixture(scope="module")
def api(prepared_people: Path) -> Described:
    async def ask() -> Described:
        async with open_api(prepared_people) as served:
            await followed(served)
            reference = (await served.http.get(HIDDEN)).json()
            routes = make_routes(served.backend, Metrics(served.backend))
            return Described(routes, reference, await _answers(served))

    return asyncio.run(ask())


async def _answers(served: Served) -> dict[str, Any]:
    scene, chain = served.scene, f"{V1}/chains/main"
    addresses = {
        f"{V1}/network": f"{V1}/network",
        f"{V1}/reasons": f"{V1}/reasons",
        f"{V1}/search": f"{V1}/search?q=1",
        f"{V1}/demo/personas": f"{V1}/demo/personas",
        f"{V1}/chains/{{chain}}/blocks": f"{chain}/blocks",
        f"{V1}/chains/{{chain}}/blocks/{{height}}": f"{chain}/blocks/2",
        f"{V1}/chains/{{chain}}/transactions": f"{chain}/transactions",
        f"{V1}/chains/{{chain}}/events": f"{chain}/events",
        f"{V1}/chains/{{chain}}/recordings": f"{chain}/recordings",
        f"{V1}/chains/{{chain}}/receipts/{{id}}": f"{chain}/receipts/{scene.receipt.hex()}",
        f"{V1}/chains/{{chain}}/accounts": f"{chain}/accounts",
        f"{V1}/chains/{{chain}}/accounts/{{id}}": f"{chain}/accounts/{scene.owner.did}",
        f"{V1}/chains/{{chain}}/vehicles/{{id}}": f"{chain}/vehicles/{scene.car.did}",
        f"{V1}/chains/{{chain}}/token": f"{chain}/token",
        f"{V1}/chains/{{chain}}/queries/consent/ListConsents": (
            f"{chain}/queries/consent/ListConsents?account={scene.owner.did}"
        ),
        f"{V1}/chains/{{chain}}/queries/identity/KeysOf": f"{chain}/queries/identity/KeysOf?account={scene.car.did}",
    }
    found = {}
    for path, address in addresses.items():
        answer = await served.http.get(address)
        assert answer.status_code == 200, answer.text
        found[path] = answer.json()
    return found


def test_the_reference_has_exactly_the_routes_that_there_are(api: Described) -> None:
    routes = {
        (route.path_format, method.lower())
        for route in api.routes.routes
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods
        if method != "OPTIONS" and not route.path_format.startswith(HIDDEN)
    }
    nodes = {("/chains/main/submit", "post"), ("/chains/main/status", "get")}
    told = {(path, method) for path, method, _ in api.operations()}
    assert {(path, method) for path, method in told if not path.startswith("/chains/")} == routes
    assert nodes <= told


def test_every_operation_says_what_it_is_and_how_it_refuses(api: Described) -> None:
    names = [operation["operationId"] for _, _, operation in api.operations()]
    assert len(set(names)) == len(names)
    tags = {tag["name"] for tag in api.reference["tags"]}
    for path, method, operation in api.operations():
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]+", operation["operationId"])
        assert operation["summary"]
        assert operation["tags"]
        assert set(operation["tags"]) <= tags, (path, method)
        if path.startswith("/chains/"):
            continue
        for status, response in operation["responses"].items():
            if operation["tags"] == ["resolver"] and status != "429":
                assert set(RESULTS) <= set(response.get("content", RESULTS))
            elif int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], (path, status)
        assert {"400", "429", "500"} <= set(operation["responses"]), path
        if "requestBody" in operation:
            assert {"413", "415"} <= set(operation["responses"]), path


def test_every_private_route_asks_for_a_bearer(api: Described) -> None:
    private = {(route.path, route.method.lower()) for route in private_routes(api.routes) if route.method != "OPTIONS"}
    assert len(private) > 15
    for path, method, operation in api.operations():
        if (path, method) in private:
            assert operation["security"] == [{"bearer": []}], path
            assert {"401", "403"} <= set(operation["responses"]), path


def test_every_form_has_a_text_and_every_reference_leads_somewhere(api: Described) -> None:
    schemas = api.reference["components"]["schemas"]
    named = set(re.findall(r"'#/components/schemas/([^']+)'", str(api.reference)))
    assert named == set(schemas)
    assert [name for name, form in schemas.items() if not form.get("description")] == []


def test_answers_have_the_forms_that_the_reference_says(api: Described) -> None:
    for path, answer in api.answers.items():
        response = api.reference["paths"][path]["get"]["responses"]["200"]
        form = {**response["content"]["application/json"]["schema"], "components": api.reference["components"]}
        jsonschema_rs.validate(form, answer)
