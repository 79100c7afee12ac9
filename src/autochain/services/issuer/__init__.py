"""The issuer and verifier of W3C credentials: what stands behind the interface that other wallets speak (vc-api)."""

from .allotments import Allotment, Allotments
from .challenges import CHALLENGE_MS, Challenges
from .errors import (
    BAD_ALLOTMENTS,
    NO_CHALLENGE,
    NO_CREDENTIAL,
    NO_ISSUER,
    NO_LIST,
    NOT_ISSUED_HERE,
    STATUS_ELSEWHERE,
    TOO_MANY,
    TOO_MANY_CHALLENGES,
    UNKNOWN_STATUS,
    problem_type,
)
from .files import FILES, static_file
from .listing import ListingService, list_url
from .service import IssuerService
from .status_lists import StatusLists, named
from .verifying import Asked, VerifierService, unknown_schemas

__all__ = [
    "BAD_ALLOTMENTS",
    "CHALLENGE_MS",
    "FILES",
    "NOT_ISSUED_HERE",
    "NO_CHALLENGE",
    "NO_CREDENTIAL",
    "NO_ISSUER",
    "NO_LIST",
    "STATUS_ELSEWHERE",
    "TOO_MANY",
    "TOO_MANY_CHALLENGES",
    "UNKNOWN_STATUS",
    "Allotment",
    "Allotments",
    "Asked",
    "Challenges",
    "IssuerService",
    "ListingService",
    "StatusLists",
    "VerifierService",
    "list_url",
    "named",
    "problem_type",
    "static_file",
    "unknown_schemas",
]
