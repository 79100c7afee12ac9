"""The numbered refusals of the resolver."""

from ...onchain.refusals import Reason

INVALID_DID = Reason(
    "resolver", 1, "This is not a DID or a DID URL.", "Give did:acc: and 32 characters of a-z and 2-7, or a did:key."
)
INVALID_OPTIONS = Reason(
    "resolver",
    2,
    "The DID can't be resolved with these options.",
    "Give versionId or versionTime (such as 2026-06-01T12:00:00Z), not both, in plain ASCII.",
)
METHOD_NOT_SUPPORTED = Reason(
    "resolver", 3, "DIDs of this method are not resolved here.", "Ask a resolver of this method; here: acc and key."
)
NOT_FOUND = Reason(
    "resolver",
    4,
    "There is no such DID, or nothing of it by this name.",
    "Check it; what just happened takes a moment.",
)
REPRESENTATION_NOT_SUPPORTED = Reason(
    "resolver",
    5,
    "The document is not to be had in this form.",
    "Accept application/did-resolution, application/did or application/did-url-dereferencing.",
)
FEATURE_NOT_SUPPORTED = Reason(
    "resolver", 6, "A DID of this kind of key is not resolved here.", "Use a did:key of Ed25519, P-256 or X25519."
)
