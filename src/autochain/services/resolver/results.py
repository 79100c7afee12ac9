"""The results of resolving and dereferencing as JSON, and the errors by the names that the specification gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...onchain.refusals import Reason, Refusal
from ...wallet.credentials import DidUrl, Document
from .errors import (
    FEATURE_NOT_SUPPORTED,
    INVALID_DID,
    INVALID_OPTIONS,
    METHOD_NOT_SUPPORTED,
    NOT_FOUND,
    REPRESENTATION_NOT_SUPPORTED,
)
from .negotiation import Representation
from .service import Resolved, dereferenced

ERRORS_URL = "https://www.w3.org/ns/did#"


class _Named(NamedTuple):
    """An error as DID Resolution names it."""

    status: int
    name: str
    old: str
    """As it was named before errors became objects."""


_ERRORS: Mapping[Reason, _Named] = {
    INVALID_DID: _Named(400, "INVALID_DID", "invalidDid"),
    INVALID_OPTIONS: _Named(400, "INVALID_OPTIONS", "invalidOptions"),
    NOT_FOUND: _Named(404, "NOT_FOUND", "notFound"),
    REPRESENTATION_NOT_SUPPORTED: _Named(406, "REPRESENTATION_NOT_SUPPORTED", "representationNotSupported"),
    METHOD_NOT_SUPPORTED: _Named(501, "METHOD_NOT_SUPPORTED", "methodNotSupported"),
    FEATURE_NOT_SUPPORTED: _Named(501, "FEATURE_NOT_SUPPORTED", "featureNotSupported"),
}
_INTERNAL = _Named(500, "INTERNAL_ERROR", "internalError")
"""What is wrong here and not with what was asked: no node answers, or nothing that it says is proved."""


def answered(found: Resolved, url: DidUrl, representation: Representation, *, proofs: tuple[str, ...]) -> Document:
    """Writes what was found in the form that is accepted; `proofs` are addresses at which it can be checked."""
    resolution, content = found.resolution, dereferenced(found.resolution, url)
    if representation.form == "document":
        return content
    kind = "application/did+ld+json" if representation.is_old else representation.media_type
    metadata: Document = {"contentType": kind}
    if proofs:
        metadata["proofs"] = list(proofs)
    if representation.form == "result":
        return {
            "didDocument": content,
            "didResolutionMetadata": metadata,
            "didDocumentMetadata": resolution.metadata,
        }
    of_whole = resolution.metadata if url.fragment is None else {}
    return {"contentStream": content, "dereferencingMetadata": metadata, "contentMetadata": of_whole}


def error_status(refusal: Refusal) -> int:
    """Gives the status of HTTP for a refusal to resolve."""
    return _ERRORS.get(refusal.reason, _INTERNAL).status


def failed(refusal: Refusal, representation: Representation) -> Document:
    """Writes why something could not be resolved, under the name of the specification and under our number."""
    named = _ERRORS.get(refusal.reason, _INTERNAL)
    told: Document = {"contentType": representation.media_type}
    if representation.is_old:
        told |= {"error": named.old, "errorMessage": str(refusal)[:1000]}
    else:
        told["error"] = {
            "type": ERRORS_URL + named.name,
            "title": refusal.reason.text,
            "detail": refusal.detail[:1000] or refusal.reason.text,
            "remedy": refusal.reason.remedy,
            "codespace": refusal.codespace,
            "code": refusal.code,
        }
    if representation.form == "dereferencing":
        return {"contentStream": None, "dereferencingMetadata": told, "contentMetadata": {}}
    return {"didDocument": None, "didResolutionMetadata": told, "didDocumentMetadata": {}}
