"""The verifying half of each cryptographic scheme, one module a scheme; nothing secret is ever held here.

`ristretto255` and `voprf` are loaded by whoever imports them: their library takes longer to load than all of the rest.
"""

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
    "ristretto255",
    "sha256",
    "tagged_hash",
    "verify_in_turn",
    "voprf",
]
