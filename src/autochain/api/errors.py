"""What goes wrong, as `application/problem+json`: one map from refusals to statuses, one handler of exceptions."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec

from ..index import AWAY
from ..onchain.codec import TOO_LONG
from ..onchain.ledger import errors as ledger
from ..onchain.refusals import Reason, Refusal
from ..services import issuer, resolver

PROBLEM = "application/problem+json"
RETRY_AFTER_S = 1
"""When a request may be sent again that was one too many."""

log = logging.getLogger(__name__)


def _reason(code: int, text: str, remedy: str) -> Reason:
    return Reason("api", code, text, remedy)


BAD_REQUEST = _reason(1, "The request is not what this address takes.", "See the address in /api/v1/openapi.json.")
NO_ADDRESS = _reason(2, "There is nothing at this address.", "See the addresses in /api/v1/openapi.json.")
WRONG_METHOD = _reason(3, "This address is not asked by this method.", "Use a method that the header `Allow` names.")
TOO_LARGE = _reason(4, "The request is larger than one may be.", "Split it into smaller ones.")
NOT_JSON = _reason(5, "The body is not of the type that this address takes.", "Send `content-type: application/json`.")
TOO_MANY = _reason(6, "Too many requests come from this address.", "Wait as long as the header `Retry-After` says.")
UNEXPECTED = _reason(7, "Something went wrong here.", "Try again; when it stays so, see the log of the network.")
BAD_CURSOR = _reason(8, "This is not a cursor of this list.", "Leave `cursor` out to begin with the first page.")
UNKNOWN = _reason(9, "There is no such thing here.", "Check the id; what has just happened may take a moment.")
NO_CHAIN = _reason(10, "There is no such chain here.", "See the chains in /api/v1/network.")
NOT_ON_CHAIN = _reason(11, "This chain does not have this contract.", "See its contracts in /api/v1/network.")
NOT_READY = _reason(12, "The network is not ready.", "Wait a moment; see `./run` and its log when it stays so.")
NO_ACCOUNT = _reason(13, "The sender has no account on this chain.", "Register its DID first: identity/Register.")
BAD_KEY = _reason(14, "This is not a key of the state.", "Give the key in lower hexadecimal digits, at most 512 bytes.")
SIGNED_ALREADY = _reason(15, "The draft holds signatures.", "Send the draft as it was given, signatures beside it.")
NOT_SIGNED_IN = _reason(20, "Nobody is signed in.", "Sign in at /api/v1/sign-in and send the token as bearer.")
WRONG_ROLE = _reason(21, "This is not for the role that is signed in.", "Sign in again in a role that may do it.")
OTHER_ACCOUNT = _reason(22, "This belongs to another account.", "Ask for what is yours, or sign in as its account.")
BAD_CHALLENGE = _reason(23, "This challenge can't be answered any more.", "Ask for a new one; each is good once.")
NOT_PROVED = _reason(24, "The signatures do not prove the account.", "Sign the challenge with the account's keys.")
ROLE_NOT_HELD = _reason(25, "The account does not hold this role.", "Have it attested, or sign in as a stranger.")
NO_DEMONSTRATION = _reason(26, "This network is not a demonstration.", "Sign in with the keys of your own account.")
TOO_MANY_SESSIONS = _reason(27, "Too many are signed in.", "Try again when some have signed out.")
TOO_MANY_LISTENERS = _reason(28, "Too many listen to the stream.", "Try again in a moment, or ask for a list.")
STOPPING = _reason(29, "The network is stopping.", "Try again when it runs again.")
FOREIGN_HOST = _reason(
    30, "This comes from a page of another host.", "Use this machine's address, or start with --host."
)

STATUSES: Mapping[Reason, int] = {
    BAD_REQUEST: 400,
    NO_ADDRESS: 404,
    WRONG_METHOD: 405,
    TOO_LARGE: 413,
    TOO_LONG: 413,
    NOT_JSON: 415,
    TOO_MANY: 429,
    UNEXPECTED: 500,
    BAD_CURSOR: 400,
    UNKNOWN: 404,
    NO_CHAIN: 404,
    NOT_ON_CHAIN: 404,
    NOT_READY: 503,
    BAD_KEY: 400,
    NOT_SIGNED_IN: 401,
    WRONG_ROLE: 403,
    OTHER_ACCOUNT: 403,
    NOT_PROVED: 401,
    BAD_CHALLENGE: 401,
    ROLE_NOT_HELD: 403,
    NO_DEMONSTRATION: 404,
    TOO_MANY_SESSIONS: 429,
    TOO_MANY_LISTENERS: 503,
    STOPPING: 503,
    FOREIGN_HOST: 403,
    ledger.NO_BLOCK: 404,
    ledger.HEIGHT_GONE: 404,
    ledger.WRONG_SEQUENCE: 409,
    ledger.ALREADY_KNOWN: 409,
    ledger.MEMPOOL_FULL: 429,
    ledger.SENDER_BUSY: 429,
    ledger.TIMERS_FULL: 429,
    ledger.STORE_FULL: 503,
    ledger.STALE_HEADER: 503,
    AWAY: 503,
    resolver.INVALID_DID: 400,
    resolver.INVALID_OPTIONS: 400,
    resolver.NOT_FOUND: 404,
    resolver.REPRESENTATION_NOT_SUPPORTED: 406,
    resolver.METHOD_NOT_SUPPORTED: 501,
    resolver.FEATURE_NOT_SUPPORTED: 501,
    issuer.NO_ISSUER: 404,
    issuer.NO_CREDENTIAL: 404,
    issuer.NO_LIST: 404,
    issuer.NOT_ISSUED_HERE: 404,
    issuer.STATUS_ELSEWHERE: 400,
    issuer.TOO_MANY: 400,
    issuer.NO_CHALLENGE: 400,
    issuer.TOO_MANY_CHALLENGES: 429,
    issuer.UNKNOWN_STATUS: 400,
    issuer.BAD_ALLOTMENTS: 503,
}
"""The status of every refusal for which HTTP has one; any other has 422."""
_BY_NUMBER: Mapping[tuple[str, int], int] = {(each.codespace, each.code): status for each, status in STATUSES.items()}
"""A refusal that came over the wire or out of a block is known by its number alone."""
_OF_PART: Mapping[str, int] = {"credentials_w3c": 400}
"""What does not hold of a document is its sender's matter, and vc-api answers it so."""
_OF_HTTP: Mapping[int, Reason] = {
    400: BAD_REQUEST,
    401: NOT_SIGNED_IN,
    403: WRONG_ROLE,
    404: NO_ADDRESS,
    405: WRONG_METHOD,
    413: TOO_LARGE,
    415: NOT_JSON,
    429: TOO_MANY,
}


class Problem(msgspec.Struct, frozen=True):
    """Why a request was refused, and what mends it (RFC 9457)."""

    type: Annotated[str, msgspec.Meta(description="The address of a page about this refusal.")]
    title: Annotated[str, msgspec.Meta(description="What is refused.")]
    status: Annotated[int, msgspec.Meta(ge=400, le=599)]
    detail: Annotated[str, msgspec.Meta(description="What is wrong in this case.")]
    remedy: Annotated[str, msgspec.Meta(description="What mends it.")]
    codespace: Annotated[str, msgspec.Meta(description="The contract or part that refuses.")]
    code: Annotated[int, msgspec.Meta(ge=1, description="Its number there.")]


DESCRIPTIONS: Mapping[int, str] = {
    400: "The request is not what this address takes.",
    401: "Nobody is signed in, or what was given does not prove who asks.",
    403: "The role or the account that is signed in may not do this.",
    404: "There is no such thing here.",
    409: "It clashes with what has happened already.",
    413: "The request is too large.",
    415: "The body is of another type than this address takes.",
    422: "A contract, or the ledger, refuses it.",
    429: "Too many requests; the header `Retry-After` says when to try again.",
    500: "Something went wrong here.",
    503: "Not now; try again in a moment.",
}


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Documents statuses with which a route refuses; every route may refuse what is malformed or one too many."""
    return {
        status: ResponseSpec(Problem, generate_examples=False, description=DESCRIPTIONS[status], media_type=PROBLEM)
        for status in sorted({400, 429, 500, *statuses})
    }


def status_of(refusal: Refusal) -> int:
    """Gives the status of a refusal."""
    return _BY_NUMBER.get((refusal.codespace, refusal.code), _OF_PART.get(refusal.codespace, 422))


def problem_of(refusal: Refusal) -> Problem:
    """Tells a refusal in the form of RFC 9457."""
    reason = refusal.reason
    return Problem(
        type=f"/errors/{reason.codespace}/{reason.code}",
        title=reason.text,
        status=status_of(refusal),
        detail=refusal.detail or reason.text,
        remedy=reason.remedy,
        codespace=reason.codespace,
        code=reason.code,
    )


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Answers any exception of a route as a problem; what nobody foresaw is logged and tells nothing of the inside."""
    if isinstance(error, Refusal):
        return answer(error)
    if isinstance(error, HTTPException) and error.status_code in _OF_HTTP:
        refusal = _OF_HTTP[error.status_code](_details(error))
        return answer(refusal, _allowed(error))
    log.error("%s %s failed", request.method, request.scope["path"], exc_info=error)
    return answer(UNEXPECTED())


def answer(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response[Problem]:
    """Answers a refusal, with the headers that HTTP wants beside its status."""
    problem = problem_of(refusal)
    named = {**_headers(problem.status), **(headers or {})}
    return Response(problem, status_code=problem.status, media_type=PROBLEM, headers=named)


def answer_bytes(refusal: Refusal, headers: Mapping[str, str] | None = None) -> tuple[int, Mapping[str, str], bytes]:
    """Gives the same answer as status, headers and body, for what is no route."""
    problem = problem_of(refusal)
    body = msgspec.json.encode(problem)
    named = {"content-type": PROBLEM, "content-length": str(len(body)), **_headers(problem.status), **(headers or {})}
    return problem.status, named, body


def _headers(status: int) -> dict[str, str]:
    match status:
        case 401:
            return {"www-authenticate": "Bearer"}
        case 429 | 503:
            return {"retry-after": str(RETRY_AFTER_S)}
        case _:
            return {}


def _allowed(error: HTTPException) -> dict[str, str]:
    """Gives the header with the methods that an address takes; where there is GET there is HEAD."""
    found = {key: value for key, value in (error.headers or {}).items() if key.lower() == "allow"}
    return {key: re.sub(r"\bGET\b", "GET, HEAD", value) for key, value in found.items()}


def _details(error: HTTPException) -> str:
    """Says what is wrong with a request, field by field where that is known."""
    found = [
        f"{each.get('key') or 'body'}: {each.get('message')}" for each in error.extra or () if isinstance(each, dict)
    ]
    return "; ".join(found)[:1000] or error.detail[:1000]
