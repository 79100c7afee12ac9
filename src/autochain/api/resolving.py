"""DID resolution over HTTP in the Universal Resolver's form: who asks for a DID gets its document, as `Accept` says."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import Request, Response, Router, get
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, Schema
from litestar.params import PathParameter, QueryParameter

from ..onchain.refusals import Refusal
from ..services.resolver import (
    INVALID_DID,
    INVALID_OPTIONS,
    MEDIA_TYPES,
    Options,
    ResolverService,
    answered,
    chosen,
    error_status,
    failed,
    identified,
    told_error,
)
from .backend import Chain
from .errors import UNEXPECTED, problems

PATH = "/1.0/identifiers"
RESULT = "application/did-resolution"
ERRORS = (400, 404, 406, 500, 501)
_TAKEN = frozenset(("versionId", "versionTime", "service", "serviceType", "relativeRef"))
_DESCRIPTIONS = {
    400: "This is no DID or DID URL, or the options are none.",
    404: "There is no such DID, or nothing of it by this name.",
    406: "The document is not to be had in any form that is accepted.",
    410: "The DID was ended; its document holds no keys.",
    500: "Something went wrong here, or no node of the chain proves what it says.",
    501: "DIDs of this method, or this feature, are not known here.",
}

log = logging.getLogger(__name__)


class ResolutionResult(msgspec.Struct, frozen=True, rename="camel"):
    """A DID document with what is known of it, or why there is none."""

    did_document: dict[str, Any] | None
    did_resolution_metadata: dict[str, Any]
    did_document_metadata: dict[str, Any]


@dataclass
class Negotiated(Operation):
    """An operation whose answers come in every form that `Accept` may name."""

    def __post_init__(self) -> None:
        anything = OpenAPIMediaType(schema=Schema(description="A document, or a result with it, in JSON."))
        for status, response in (self.responses or {}).items():
            if status == "429" or getattr(response, "content", None) is None:
                continue
            response.content = {**dict.fromkeys(MEDIA_TYPES, anything), **response.content}  # type: ignore[union-attr, dict-item]


Identifier: TypeAlias = Annotated[
    str, PathParameter(max_length=4096, description="A DID, or a DID URL, percent-encoded where it has a fragment.")
]


def _told(*statuses: int) -> dict[int, ResponseSpec]:
    """Documents statuses; what every route may answer is told as everywhere."""
    results = {
        status: ResponseSpec(
            ResolutionResult, generate_examples=False, description=_DESCRIPTIONS[status], media_type=RESULT
        )
        for status in statuses
    }
    return {**problems(), **results}


def _option(name: str, description: str) -> QueryParameter:
    return QueryParameter(name=name, max_length=1000, description=description)


def resolver_router(chain: Chain, resolver: ResolverService) -> Router:
    """Makes the routes that resolve DIDs; those of `did:acc` are accounts of this chain."""

    @get(
        "/{identifier:path}",
        operation_id="Resolve",
        operation_class=Negotiated,
        summary="Resolve a DID, or dereference a DID URL",
        media_type=RESULT,
        before_request=_check_options,
        responses=_told(*ERRORS, 410),
    )
    async def resolve(
        request: Request[Any, Any, Any],
        identifier: Identifier,
        version_id: Annotated[str | None, _option("versionId", "The number of the version that is wanted.")] = None,
        version_time: Annotated[
            str | None, _option("versionTime", "The time whose version is wanted, such as 2026-06-01T12:00:00Z.")
        ] = None,
        service: Annotated[str | None, _option("service", "Chooses nothing: documents name no services.")] = None,
        service_type: Annotated[str | None, _option("serviceType", "Chooses nothing, as `service`.")] = None,
        relative_ref: Annotated[str | None, _option("relativeRef", "Chooses nothing, as `service`.")] = None,
    ) -> Response[Any]:
        options = Options(version_id, version_time, service, service_type, relative_ref)
        url = identified(_identifier(request), options)
        representation = chosen(_accepted(request), is_part=url.fragment is not None)
        found = await resolver.resolve(url)
        proofs = tuple(f"/api/v1/chains/{chain.name}/proofs/{key.hex()}" for key in found.proved)
        content = answered(found, url, representation, proofs=proofs)
        status = 410 if found.resolution.is_deactivated else 200
        return _response(content, representation.media_type, status)

    return Router(
        PATH,
        route_handlers=[resolve, resolve_nothing],
        tags=["resolver"],
        exception_handlers={Exception: _failed},
    )


def _identifier(request: Request[Any, Any, Any]) -> str:
    """Gives what stands behind the path, once decoded: Litestar's own reading drops slashes."""
    path: str = request.scope["path"]
    return path.removeprefix(f"{PATH}/") if path.startswith(f"{PATH}/") else ""


def _accepted(request: Request[Any, Any, Any]) -> str:
    return ",".join(request.headers.getall("accept", []))


def _check_options(request: Request[Any, Any, Any]) -> None:
    """Refuses an option that is not known, for what it asks would be passed over, and one that is given twice."""
    counted = Counter(name for name, _ in request.query_params.multi_items())
    for name, count in counted.items():
        if name not in _TAKEN or count > 1:
            raise INVALID_OPTIONS(f"{name[:60]}, given {count} times; there are {', '.join(sorted(_TAKEN))}")


def _failed(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Tells any error as a result of resolution."""
    if isinstance(error, Refusal):
        refusal = error
    elif isinstance(error, HTTPException) and error.status_code == 400:
        refusal = INVALID_OPTIONS(error.detail[:200])
    else:
        log.error("%s %s failed", request.method, request.scope["path"], exc_info=error)
        refusal = UNEXPECTED()
    representation = told_error(_accepted(request), is_part="#" in _identifier(request))
    return _response(failed(refusal, representation), representation.media_type, error_status(refusal))


def _response(content: object, media_type: str, status: int) -> Response[Any]:
    return Response(msgspec.json.encode(content), status_code=status, media_type=media_type, headers={"vary": "accept"})


@get(
    "/",
    operation_id="ResolveNothing",
    operation_class=Negotiated,
    summary="Is told that a DID is to be named",
    media_type=RESULT,
    before_request=_check_options,
    responses=_told(*ERRORS),
)
async def resolve_nothing() -> Response[Any]:
    raise INVALID_DID("none is named")
