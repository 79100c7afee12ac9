"""Keys in PKCS#11 tokens: made there, and signing there; what is secret of them never leaves the token."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from typing import Any

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.util.ec import encode_named_curve_parameters

from ..onchain.crypto import ED25519, P256, PublicKey
from ..privacy import p256
from .errors import LABEL_TAKEN, SUITE_NOT_IN_TOKENS, TOKEN_FAILS
from .signers import TokenKey

_EDWARDS25519 = b"\x13\x0cedwards25519"
"""The name of the curve as PKCS#11 wants it: a printable string in DER."""
_TURN = threading.Lock()
"""A process is logged in at a token as a whole, and the end of one session would log another one out."""


def make_key(*, module: str, token: str, pin: str, label: str, suite: int) -> TokenKey:
    """Makes a key in a token, where it stays for ever."""
    if suite not in (ED25519, P256):
        raise SUITE_NOT_IN_TOKENS(f"suite {suite}")
    with _session(module=module, token=token, pin=pin, writes=True) as session:
        if list(session.get_objects({Attribute.LABEL: label})):
            raise LABEL_TAKEN(label[:80])
        kind, parameters = (
            (KeyType.EC, encode_named_curve_parameters("secp256r1"))
            if suite == P256
            else (KeyType.EC_EDWARDS, _EDWARDS25519)
        )
        domain = session.create_domain_parameters(kind, {Attribute.EC_PARAMS: parameters}, local=True)
        making = Mechanism.EC_KEY_PAIR_GEN if suite == P256 else Mechanism.EC_EDWARDS_KEY_PAIR_GEN
        secret = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
        public, _ = domain.generate_keypair(mechanism=making, store=True, label=label, private_template=secret)
        # The point stands in a string of DER, whose tag and length are the first two bytes.
        point = public[Attribute.EC_POINT][2:]
    data = bytes([2 + (point[-1] & 1)]) + point[1:33] if suite == P256 else point
    return TokenKey(PublicKey(suite, data), module, token, label, pin)


def sign(key: TokenKey, message: bytes) -> bytes:
    """Has the token sign a message."""
    with _session(module=key.module, token=key.token, pin=key.pin) as session:
        secret = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=key.label)
        if key.suite == ED25519:
            signature: bytes = secret.sign(message, mechanism=Mechanism.EDDSA)
            return signature
        return p256.low_s(secret.sign(hashlib.sha256(message).digest(), mechanism=Mechanism.ECDSA))


@contextlib.contextmanager
def _session(*, module: str, token: str, pin: str, writes: bool = False) -> Iterator[Any]:
    """Opens a session at a token, and says in words what the token refuses."""
    try:
        with _TURN, pkcs11.lib(module).get_token(token_label=token).open(rw=writes, user_pin=pin) as session:
            yield session
    except pkcs11.PKCS11Error as error:
        raise TOKEN_FAILS(f"{token}: {type(error).__name__}") from None
