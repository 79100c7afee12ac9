"""The API's reference in OpenAPI 3.1: Litestar knows the routes, msgspec the forms, docstrings what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

import msgspec
from litestar import Litestar, MediaType, Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

from .descriptions import Descriptions, summary
from .errors import DESCRIPTIONS, PROBLEM, Problem
from .serving import TAGGED

REFERENCE = "/api/v1/openapi.json"
COMPONENTS = "#/components/schemas/"
MEDIA_TYPE = "application/vnd.msgpack"
ETAG = {"etag": {"description": "Names what is answered; send it as If-None-Match.", "schema": {"type": "string"}}}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The tag of an answer that the asker has.",
    "schema": {"type": "string"},
}
NODE_ROUTES: Mapping[tuple[str, str], tuple[str, str, str]] = {
    ("post", "submit"): ("SubmitBytes", "Send a transaction in canonical bytes: the fast way", "Submitted"),
    ("post", "query"): ("QueryBytes", "Ask an encoded query", "Answer"),
    ("post", "prove"): ("ProveBytes", "Get the proof of a key", "Proved"),
    ("post", "block"): ("BlockBytes", "Get a block by its height in decimal digits, 0 for the last", "BlockAnswer"),
    ("get", "status"): ("StatusBytes", "See where the chain stands", "Status"),
}
"""Operation id, summary, and the record that a node answers; a refusal is the record `Refused`."""


class Reference(OpenAPIRenderPlugin):
    """Serves the reference as it is completed here."""

    def __init__(self, chains: Iterable[str]) -> None:
        super().__init__(path=["/", "/openapi.json"], media_type=MediaType.JSON)
        self._chains = tuple(chains)
        self._rendered = b""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        if not self._rendered:
            self._rendered = msgspec.json.encode(completed(openapi_schema, request.app, self._chains))
        return self._rendered


def completed(schema: dict[str, Any], app: Litestar, chains: tuple[str, ...]) -> dict[str, Any]:
    """Adds to Litestar's reference what it does not know."""
    components = _components(app)
    written = {**schema.get("components", {}), "schemas": components}
    paths = {path: _path(item, chains) for path, item in schema["paths"].items()}
    return {**schema, "paths": {**paths, **_node_paths(chains)}, "components": written}


def _components(app: Litestar) -> dict[str, Any]:
    """Gives the forms of all structs that routes take and give, with the texts beneath their fields."""
    kinds = sorted(set(_structs(app)) | {Problem}, key=lambda kind: kind.__name__)
    _, components = msgspec.json.schema_components(kinds, ref_template=COMPONENTS + "{name}")
    for form in components.values():
        _shorten(form)
    descriptions = Descriptions()
    for kind in _with_inner(kinds):
        form = components.get(kind.__name__)
        if form is None:
            continue
        form.setdefault("description", summary(kind))
        for name, text in descriptions.of(kind).items():
            if name in form.get("properties", {}):
                form["properties"][name].setdefault("description", text)
    return components


def _shorten(form: Any) -> None:
    """Says of a list of so many alike what they all are, once: not every reader knows a form for each place."""
    if isinstance(form, dict):
        places = form.get("prefixItems", [])
        if places and all(place == places[0] for place in places):
            form["items"] = form.pop("prefixItems")[0]
        for inner in form.values():
            _shorten(inner)
    elif isinstance(form, list):
        for inner in form:
            _shorten(inner)


def _structs(app: Litestar) -> Iterator[type[msgspec.Struct]]:
    """Finds the structs that the routes take and give."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if not handler.resolve_include_in_schema():
                continue
            signature = handler.parsed_fn_signature
            annotations = [signature.return_type.annotation]
            annotations += [field.annotation for field in signature.parameters.values() if field.name == "data"]
            annotations += [spec.data_container for spec in (handler.responses or {}).values()]
            for annotation in annotations:
                yield from structs_in(annotation)


def structs_in(annotation: Any) -> Iterator[type[msgspec.Struct]]:
    """Finds the structs in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    for inner in get_args(annotation):
        yield from structs_in(inner)


def _with_inner(kinds: Iterable[type[msgspec.Struct]]) -> set[type[msgspec.Struct]]:
    """Gives structs with all that stand in their fields."""
    found: set[type[msgspec.Struct]] = set()
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        if kind not in found:
            found.add(kind)
            waiting += [inner for field in msgspec.structs.fields(kind) for inner in structs_in(field.type)]
    return found


def _path(item: dict[str, Any], chains: tuple[str, ...]) -> dict[str, Any]:
    """Completes the operations of one path: a chain's name, refused bodies, answers that are not sent again."""
    for method, operation in item.items():
        for parameter in operation.get("parameters", ()):
            if parameter["name"] == "chain":
                parameter["schema"]["enum"] = list(chains)
        if "requestBody" in operation:
            operation["responses"] |= {str(status): _refusal(status) for status in (413, 415)}
        success = operation["responses"].get("200")
        if method == "get" and success and any(kind.encode().startswith(TAGGED) for kind in success.get("content", {})):
            success["headers"] = ETAG
            operation["responses"]["304"] = {"description": "The asker has it already.", "headers": ETAG}
            operation.setdefault("parameters", []).append(IF_NONE_MATCH)
    return item


def _refusal(status: int) -> dict[str, Any]:
    return {"description": DESCRIPTIONS[status], "content": {PROBLEM: {"schema": {"$ref": f"{COMPONENTS}Problem"}}}}


def _node_paths(chains: tuple[str, ...]) -> dict[str, Any]:
    """Describes the addresses of the nodes themselves, which speak MessagePack."""
    paths: dict[str, Any] = {}
    refused = {"schema": {"type": "string", "format": "binary", "description": "The record Refused."}}
    for chain in chains:
        for (method, name), (operation, text, answered) in NODE_ROUTES.items():
            given = {"schema": {"type": "string", "format": "binary", "description": f"The record {answered}."}}
            responses = {"200": {"description": text, "content": {MEDIA_TYPE: given}}}
            for status in (408, 413, 422, 503):
                description = DESCRIPTIONS.get(status, "The request did not arrive whole.")
                responses[str(status)] = {"description": description, "content": {MEDIA_TYPE: refused}}
            described_operation: dict[str, Any] = {
                "operationId": f"{operation}Of{chain.capitalize()}",
                "summary": text,
                "tags": ["nodes"],
                "responses": responses,
            }
            if method == "post":
                body = {"schema": {"type": "string", "format": "binary"}}
                described_operation["requestBody"] = {"required": name != "prove", "content": {MEDIA_TYPE: body}}
            paths[f"/chains/{chain}/{name}"] = {method: described_operation}
    return paths
