"""The verifying half of each cryptographic scheme, one module a scheme; nothing secret is ever held here.

`ristretto255` and `voprf` are loaded by whoever imports them, and signature schemes other than Ed25519 when their
suite is used first: their libraries take longer to load than all of the rest.
"""

from . import merkle
from .hashes import Hash, sha256, tagged_hash
from .suites import (
    ED25519,
    HYBRID,
    ML_DSA_65,
    P256,
    SM2,
    SUITES,
    PublicKey,
    SignatureJob,
    SignatureVerifier,
    Suite,
    check_key,
    check_suites,
    verify_in_turn,
)

__all__ = [
    "ED25519",
    "HYBRID",
    "ML_DSA_65",
    "P256",
    "SM2",
    "SUITES",
    "Hash",
    "PublicKey",
    "SignatureJob",
    "SignatureVerifier",
    "Suite",
    "check_key",
    "check_suites",
    "merkle",
    "p256",
    "ristretto255",
    "sha256",
    "sm2",
    "tagged_hash",
    "verify_in_turn",
    "voprf",
]
