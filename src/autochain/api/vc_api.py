"""The interface of other wallets (vc-api): issuing, status, verifying, presenting, challenges, status lists, files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlsplit

import msgspec
from litestar import MediaType, Request, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter
from msgspec.structs import replace

from ..client import Client
from ..onchain.refusals import Refusal
from ..services.issuer import (
    FILES,
    NO_ISSUER,
    NO_LIST,
    UNKNOWN_STATUS,
    Asked,
    IssuerService,
    ListingService,
    VerifierService,
    problem_type,
    static_file,
)
from ..wallet.credentials import STATUS_ENTRY, Document, parse
from .access import Guard, signed_in
from .backend import Role
from .errors import (
    BAD_REQUEST,
    DESCRIPTIONS,
    PROBLEM,
    TOO_LARGE,
    UNKNOWN,
    WRONG_ROLE,
    handle,
    problem_of,
    problems,
)
from .given import BODY
from .sessions import Sessions
from .vc_shapes import (
    Done,
    GivenChallenge,
    Issued,
    IssueRequest,
    PresentedDocument,
    PresentRequest,
    ProblemDetail,
    Purpose,
    StatusRequest,
    VerificationProblem,
    VerificationResult,
    VerifyCredentialRequest,
    VerifyOptions,
    VerifyPresentationRequest,
)

ISSUING: tuple[Role, ...] = ("regulator",)
"""As whom one may have the network's issuer sign."""
MAX_DOCUMENT_BYTES = 262_144
"""A status list of 1,000,000 entries, a tenth of them set, has about 90 kB."""
VC = "application/vc"
IMMUTABLE = "public, max-age=86400, immutable"
"""A file is never changed: another version has another name."""
Name: TypeAlias = Annotated[
    str, PathParameter(pattern="^[a-z0-9.-]{1,64}$", max_length=64, description="The name of a file.")
]
IssuerDid: TypeAlias = Annotated[
    str, PathParameter(pattern="^did:acc:[a-z2-7]{32}$", max_length=40, description="The DID of the list's issuer.")
]
ListNumber: TypeAlias = Annotated[int, PathParameter(ge=0, le=(1 << 53) - 1, description="The number of its list.")]


def vc_routers(
    issuer: IssuerService | None,
    listing: ListingService | None,
    verifier: VerifierService,
    *,
    guard: Guard,
    host: Guard,
) -> Sequence[Router | HTTPRouteHandler]:
    """Makes the routes; `guard` stands before those that sign, `host` before those that name their own address."""
    return [
        Router(
            "/",
            route_handlers=_signing(issuer),
            guards=[guard],
            tags=["vc-api"],
            exception_handlers={Exception: _handle_named},
        ),
        Router("/", route_handlers=_verifying(verifier), tags=["vc-api"], exception_handlers={Exception: _handle_told}),
        Router(
            "/",
            route_handlers=[_listing(listing)],
            guards=[host],
            tags=["vc-api"],
            exception_handlers={Exception: _handle_named},
        ),
        Router("/", route_handlers=[context_file, schema_file], tags=["vc-api"]),
    ]


def issuing_guard(sessions: Sessions, client: Client, *, host: Guard, is_open: bool) -> Guard:
    """Makes the guard of what signs: for those who are signed in as an authority, or where it is open for anybody."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        await host(connection, handler)
        if is_open:
            return
        session = await signed_in(connection, sessions, client)
        if session.role not in ISSUING:
            raise WRONG_ROLE(f"{session.role}; this is for {', '.join(ISSUING)}")

    return guard


def _signing(issuer: IssuerService | None) -> Sequence[HTTPRouteHandler]:
    """Makes the routes that sign with the keys of the network's issuer."""

    @post(
        "/credentials/issue",
        status_code=201,
        responses=problems(401, 403, 404, 413, 415, 422, 503),
        summary="Issue a credential",
        operation_id="IssueCredential",
    )
    async def issue(request: Request[Any, Any, Any], data: Annotated[IssueRequest, BODY]) -> Issued:
        service = _issuer(issuer)
        document = await _document(request, "credential")
        options = data.options
        issued = await service.issue(
            document,
            origin=_origin(request),
            credential_id=options.credential_id,
            purposes=tuple(dict.fromkeys(options.status_purposes)),
        )
        return Issued(issued)

    @post(
        "/credentials/status",
        status_code=200,
        responses=problems(401, 403, 404, 413, 415, 422, 503),
        summary="Revoke or suspend a credential",
        operation_id="SetCredentialStatus",
    )
    async def set_status(data: Annotated[StatusRequest, BODY]) -> Done:
        entry = data.credential_status
        if entry.type != STATUS_ENTRY or entry.status_purpose not in ("revocation", "suspension"):
            raise UNKNOWN_STATUS(f"{entry.type[:60]}, {entry.status_purpose[:60]}")
        index, url = entry.status_list_index, entry.status_list_credential
        if (index is None) != (url is None):
            raise UNKNOWN_STATUS("statusListIndex and statusListCredential go together")
        place = (url, int(index)) if url is not None and index is not None else None
        purpose: Purpose = "revocation" if entry.status_purpose == "revocation" else "suspension"
        await _issuer(issuer).set_status(data.credential_id, purpose, value=data.status, place=place)
        return Done()

    @post(
        "/presentations",
        status_code=201,
        responses=problems(401, 403, 404, 413, 415, 422, 503),
        summary="Sign a presentation as the network's issuer",
        operation_id="CreatePresentation",
    )
    async def present(request: Request[Any, Any, Any], data: Annotated[PresentRequest, BODY]) -> PresentedDocument:
        document, options = await _document(request, "presentation"), data.options
        signed = await _issuer(issuer).present(document, challenge=options.challenge, domain=options.domain)
        return PresentedDocument(signed)

    return [issue, set_status, present]


def _verifying(verifier: VerifierService) -> Sequence[HTTPRouteHandler]:
    """Makes the routes that verify, which are anybody's."""
    refused = {
        status: ResponseSpec(
            VerificationProblem, generate_examples=False, description=DESCRIPTIONS[status], media_type=PROBLEM
        )
        for status in (400, 413, 415, 422, 429, 500, 503)
    }

    @post(
        "/credentials/verify",
        status_code=200,
        responses=refused,
        summary="Verify a credential",
        operation_id="VerifyCredential",
    )
    async def verify_credential(
        request: Request[Any, Any, Any], data: Annotated[VerifyCredentialRequest, BODY]
    ) -> VerificationResult:
        document = await _document(request, "verifiableCredential")
        outcome = await verifier.verify_credential(document, _asked(data.options))
        shown = outcome.document if data.options.return_credential else None
        return VerificationResult(True, (), outcome.checks, outcome.warnings, (), verifiable_credential=shown)

    @post(
        "/presentations/verify",
        status_code=200,
        responses=refused,
        summary="Verify a presentation and what it shows",
        operation_id="VerifyPresentation",
    )
    async def verify_presentation(
        request: Request[Any, Any, Any], data: Annotated[VerifyPresentationRequest, BODY]
    ) -> VerificationResult:
        document = await _document(request, "verifiablePresentation")
        outcome = await verifier.verify_presentation(document, _asked(data.options))
        shown = outcome.document if data.options.return_presentation else None
        return VerificationResult(True, (), outcome.checks, outcome.warnings, (), verifiable_presentation=shown)

    @post(
        "/challenges",
        status_code=200,
        responses=problems(),
        summary="Ask for a challenge that a presentation is to answer",
        operation_id="CreateChallenge",
    )
    async def give_challenge() -> GivenChallenge:
        return GivenChallenge(verifier.challenge())

    return [verify_credential, verify_presentation, give_challenge]


def _listing(service: ListingService | None) -> HTTPRouteHandler:
    @get(
        "/credentials/status/{issuer:str}/{number:int}",
        responses=problems(403, 404, 422, 503),
        summary="Get a status list as a credential",
        operation_id="GetStatusListCredential",
    )
    async def get_status_list(request: Request[Any, Any, Any], issuer: IssuerDid, number: ListNumber) -> Response[Any]:
        if service is None:
            raise NO_LIST()
        document = await service.status_list(issuer, number, origin=_origin(request))
        kind = VC if VC in request.headers.get("accept", "") else MediaType.JSON
        return Response(msgspec.json.encode(document), media_type=kind, headers={"vary": "accept"})

    return get_status_list


@get(
    "/contexts/{name:str}",
    media_type="application/ld+json",
    responses=problems(404),
    summary="Get the JSON-LD context of our credentials",
    operation_id="GetContext",
)
async def context_file(name: Name) -> Response[Any]:
    return _file(f"/contexts/{name}")


@get(
    "/schemas/{name:str}",
    media_type="application/schema+json",
    responses=problems(404),
    summary="Get the JSON Schema of a kind of credential",
    operation_id="GetSchema",
)
async def schema_file(name: Name) -> Response[Any]:
    return _file(f"/schemas/{name}")


def _file(path: str) -> Response[Any]:
    file = static_file(path)
    if file is None:
        raise UNKNOWN(f"{path}; there are {', '.join(FILES)}")
    return Response(file.data(), media_type=file.media_type, headers={"cache-control": IMMUTABLE})


def _issuer(issuer: IssuerService | None) -> IssuerService:
    if issuer is None:
        raise NO_ISSUER()
    return issuer


async def _document(request: Request[Any, Any, Any], name: str) -> Document:
    """Reads the document of a request once more, strictly: no name twice, no number that readers take differently."""
    body = await request.body()
    if len(body) > MAX_DOCUMENT_BYTES:
        raise TOO_LARGE(f"{len(body)} bytes, at most {MAX_DOCUMENT_BYTES}")
    document = parse(body)[name]
    # The form of the request was checked before.
    return document if isinstance(document, dict) else {}


def _asked(options: VerifyOptions) -> Asked:
    return Asked(
        challenge=options.challenge,
        domain=options.domain,
        checks=options.checks,
        purpose=options.expected_proof_purpose,
        past_keys=options.past_keys,
        holder_is_subject=options.holder_is_subject,
    )


def _origin(request: Request[Any, Any, Any]) -> str:
    """Gives the address at which it was asked; the guard has seen that its host is one of this machine's."""
    parts = urlsplit(f"//{request.headers.get('host', '')}")
    host = parts.hostname or ""
    named = f"[{host}]" if ":" in host else host
    try:
        port = parts.port
    except ValueError:
        raise BAD_REQUEST("the port of the header Host is none") from None
    return f"{request.scope['scheme']}://{named}" + (f":{port}" if port else "")


def _handle_named(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Tells a refusal as everywhere, under the name that the W3C has for it."""
    response: Response[Any] = handle(request, error)
    if isinstance(error, Refusal):
        response.content = replace(problem_of(error), type=problem_type(error.reason))
    return response


def _handle_told(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Tells a refusal to verify as a result of the verification, too."""
    response: Response[Any] = handle(request, error)
    problem = response.content
    named = problem_type(error.reason) if isinstance(error, Refusal) else problem.type
    detail = ProblemDetail(named, problem.title, problem.detail, problem.remedy, problem.codespace, problem.code)
    response.content = VerificationProblem(
        type=named,
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        remedy=problem.remedy,
        codespace=problem.codespace,
        code=problem.code,
        problem_details=(detail,),
        errors=(f"{problem.title} {problem.remedy}",),
    )
    return response
