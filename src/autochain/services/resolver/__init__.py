"""The resolver: documents of did:acc from the proved records of the chain, of did:key from the key itself."""

from .asked import Options, identified
from .errors import (
    FEATURE_NOT_SUPPORTED,
    INVALID_DID,
    INVALID_OPTIONS,
    METHOD_NOT_SUPPORTED,
    NOT_FOUND,
    REPRESENTATION_NOT_SUPPORTED,
)
from .negotiation import MEDIA_TYPES, Representation, chosen, told_error
from .results import answered, error_status, failed
from .service import METHODS, Resolved, ResolverService, dereferenced

__all__ = [
    "FEATURE_NOT_SUPPORTED",
    "INVALID_DID",
    "INVALID_OPTIONS",
    "MEDIA_TYPES",
    "METHODS",
    "METHOD_NOT_SUPPORTED",
    "NOT_FOUND",
    "REPRESENTATION_NOT_SUPPORTED",
    "Options",
    "Representation",
    "Resolved",
    "ResolverService",
    "answered",
    "chosen",
    "dereferenced",
    "error_status",
    "failed",
    "identified",
    "told_error",
]
