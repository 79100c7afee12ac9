"""The numbered refusals of issuer and verifier, and the names that the W3C has for refusals."""

from collections.abc import Mapping

from ...onchain.refusals import Reason
from ...wallet import credentials as w3c

NO_ISSUER = Reason(
    "issuer", 1, "Nobody issues credentials here.", "Ask a network that has an issuer, or start this one with its keys."
)
NO_CREDENTIAL = Reason(
    "issuer",
    2,
    "No credential with such a status was issued here.",
    "Give the credentialId with which it was issued, and the purpose of its status.",
)
NO_LIST = Reason(
    "issuer", 3, "There is no such status list here.", "Give the issuer's DID and the number of one of its lists."
)
NOT_ISSUED_HERE = Reason(
    "issuer",
    4,
    "The keys of this status list's issuer do not lie here.",
    "Ask that issuer for it; its bits stand on the chain.",
)
STATUS_ELSEWHERE = Reason(
    "issuer",
    5,
    "The status of this credential lies at an address that is not asked from here.",
    'Ask there, or verify with "checks": ["proof"], which leaves the status unasked.',
)
TOO_MANY = Reason(
    "issuer", 6, "One document names more signers or status lists than are looked up.", "Verify its credentials singly."
)
NO_CHALLENGE = Reason(
    "issuer",
    7,
    "This challenge was not given here, was used, or has expired.",
    "Ask /challenges for a new one; each is good once, for five minutes.",
)
TOO_MANY_CHALLENGES = Reason("issuer", 8, "Too many challenges are being used.", "Try again in a few minutes.")
UNKNOWN_STATUS = Reason(
    "issuer",
    9,
    "This kind of status can't be set.",
    "Give the type BitstringStatusListEntry and the purpose revocation or suspension.",
)
BAD_ALLOTMENTS = Reason(
    "issuer",
    10,
    "The file of what was issued is damaged.",
    "Restore it from a backup: without it no credential can be revoked by its id.",
)

_MODEL = "https://www.w3.org/TR/vc-data-model#"
_SECURITY = "https://w3id.org/security#"
_STATUS = "https://www.w3.org/ns/credentials/status-list#"
_TYPES: Mapping[Reason, str] = {
    w3c.MALFORMED: f"{_MODEL}MALFORMED_VALUE_ERROR",
    w3c.TOO_LARGE: f"{_MODEL}RANGE_ERROR",
    w3c.UNKNOWN_CONTEXT: f"{_MODEL}MALFORMED_VALUE_ERROR",
    w3c.UNKNOWN_SUITE: f"{_SECURITY}PROOF_VERIFICATION_ERROR",
    w3c.FORGED: f"{_MODEL}CRYPTOGRAPHIC_SECURITY_ERROR",
    w3c.KEY_NOT_ALLOWED: f"{_SECURITY}INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
    w3c.EXPIRED: f"{_MODEL}RANGE_ERROR",
    w3c.NOT_YET_VALID: f"{_MODEL}RANGE_ERROR",
    w3c.REPLAYED: f"{_SECURITY}INVALID_CHALLENGE_ERROR",
    NO_CHALLENGE: f"{_SECURITY}INVALID_CHALLENGE_ERROR",
    w3c.WRONG_DOMAIN: f"{_SECURITY}INVALID_DOMAIN_ERROR",
    w3c.UNRESOLVED: f"{_SECURITY}INVALID_CONTROLLED_IDENTIFIER_DOCUMENT",
    w3c.DEACTIVATED: f"{_SECURITY}INVALID_CONTROLLED_IDENTIFIER_DOCUMENT",
    w3c.BAD_DID: f"{_SECURITY}INVALID_VERIFICATION_METHOD_URL",
    w3c.WRONG_ISSUER: f"{_SECURITY}PROOF_VERIFICATION_ERROR",
    w3c.BAD_STATUS: f"{_STATUS}STATUS_VERIFICATION_ERROR",
    STATUS_ELSEWHERE: f"{_STATUS}STATUS_RETRIEVAL_ERROR",
    NO_LIST: f"{_STATUS}STATUS_RETRIEVAL_ERROR",
    w3c.SCHEMA_MISFIT: f"{_MODEL}MALFORMED_VALUE_ERROR",
    w3c.ENVELOPED: f"{_MODEL}MALFORMED_VALUE_ERROR",
    w3c.TOO_FEW_PROOFS: f"{_SECURITY}PROOF_VERIFICATION_ERROR",
    w3c.BAD_DIGEST: f"{_MODEL}CRYPTOGRAPHIC_SECURITY_ERROR",
}
"""For the others, such as a revoked credential, there is no name; our own page says what they mean."""


def problem_type(reason: Reason) -> str:
    """Gives the URL that names a refusal: the W3C's where it has one, else that of our page about it."""
    return _TYPES.get(reason, f"/errors/{reason.codespace}/{reason.code}")
