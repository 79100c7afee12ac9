"""The verifying half of each cryptographic scheme, one module a scheme; nothing secret is ever held here."""

from . import merkle
from .hashes import Hash, sha256, tagged_hash
from .suites import SUITES, PublicKey, SignatureJob, SignatureVerifier, Suite, check_key, verify_in_turn

__all__ = [
    "SUITES",
    "Hash",
    "PublicKey",
    "SignatureJob",
    "SignatureVerifier",
    "Suite",
    "check_key",
    "merkle",
    "sha256",
    "tagged_hash",
    "verify_in_turn",
]
