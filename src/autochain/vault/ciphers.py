"""The ciphers of parts, each with a tag that tells of any change; a manifest names which one a part is sealed with."""

from __future__ import annotations

from typing import Literal

from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM

from ..onchain.crypto import tagged_hash

Cipher = Literal["AES-256-GCM", "SM4-GCM"]
KEY_BYTES = 32
TAG_BYTES = 16
"""What a cipher adds to each chunk."""
_SM4_KEY_BYTES = 16


def encrypt(cipher: Cipher, key: bytes, nonce: bytes, plain: bytes, about: bytes) -> bytes:
    """Encrypts, and authenticates what it is about with it; a key and a nonce serve once."""
    if cipher == "AES-256-GCM":
        return AESGCM(key).encrypt(nonce, plain, about)
    encryptor = BlockCipher(SM4(_sm4_key(key)), GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(about)
    return encryptor.update(plain) + encryptor.finalize() + encryptor.tag


def decrypt(cipher: Cipher, key: bytes, nonce: bytes, sealed: bytes, about: bytes) -> bytes:
    """Decrypts; raises InvalidTag where anything was changed."""
    if cipher == "AES-256-GCM":
        return AESGCM(key).decrypt(nonce, sealed, about)
    tag = sealed[-TAG_BYTES:].rjust(TAG_BYTES, b"\0")
    decryptor = BlockCipher(SM4(_sm4_key(key)), GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(about)
    return decryptor.update(sealed[:-TAG_BYTES]) + decryptor.finalize()


def _sm4_key(key: bytes) -> bytes:
    """SM4 takes 16 bytes: they come of the part's key, which is as long and is shared as for any cipher."""
    return tagged_hash("sm4-part-key", key)[:_SM4_KEY_BYTES]
