"""Wallets lie encrypted: under the key of their home, which a passphrase can protect, or under a passphrase alone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ..privacy import MIN_PASSPHRASE_BYTES, read_secret, remove_private, write_private, write_private_once
from . import errors

KEY_FILE = "wallets.key"
SETTING = "AUTOCHAIN_PASSPHRASE_FILE"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_SCRYPT_N = 1 << 15
"""With r = 8 a guess takes 32 MiB and about a tenth of a second."""


class Sealed(msgspec.Struct, frozen=True):
    """Encrypted by AES-256-GCM."""

    nonce: Annotated[bytes, msgspec.Meta(min_length=_NONCE_BYTES, max_length=_NONCE_BYTES)]
    data: bytes


class Protected(msgspec.Struct, frozen=True):
    """Encrypted under a passphrase, from which scrypt makes the key."""

    salt: Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
    sealed: Sealed


class _KeyFile(msgspec.Struct, frozen=True):
    """The key of a home's wallets: as it is, or protected."""

    key: Annotated[bytes, msgspec.Meta(min_length=_KEY_BYTES, max_length=_KEY_BYTES)] | None = None
    protected: Protected | None = None


def seal(key: bytes, plain: bytes, *, about: bytes) -> Sealed:
    """Encrypts under a key; what it is about must be the same when it is opened."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return Sealed(nonce, AESGCM(key).encrypt(nonce, plain, about))


def unseal(key: bytes, sealed: Sealed, *, about: bytes) -> bytes | None:
    """Decrypts what was sealed under this key; None where it was not, or was changed."""
    try:
        return AESGCM(key).decrypt(sealed.nonce, sealed.data, about)
    except InvalidTag:
        return None


def protect(plain: bytes, passphrase: bytes, *, about: bytes) -> Protected:
    """Encrypts under a passphrase."""
    salt = secrets.token_bytes(16)
    return Protected(salt, seal(_stretched(passphrase, salt), plain, about=about))


def unprotect(protected: Protected, passphrase: bytes, *, about: bytes) -> bytes:
    """Decrypts what a passphrase protects."""
    plain = unseal(_stretched(passphrase, protected.salt), protected.sealed, about=about)
    if plain is None:
        raise errors.WRONG_PASSPHRASE()
    return plain


@lru_cache(maxsize=4)
def _stretched(passphrase: bytes, salt: bytes) -> bytes:
    # Remembered, as a home's wallets are opened over and over, and each time would take a tenth of a second.
    return Scrypt(salt=salt, length=_KEY_BYTES, n=_SCRYPT_N, r=8, p=1).derive(passphrase)


def home_key(parties: Path, *, environment: Mapping[str, str] = os.environ, make: bool = False) -> bytes:
    """Gives the key of a home's wallets; one that is made is protected if the setting names a passphrase's file."""
    path = parties / KEY_FILE
    if make and not path.exists():
        write_private_once(path, _key_file(secrets.token_bytes(_KEY_BYTES), passphrase_of(environment)))
    try:
        if path.stat().st_mode & 0o077:
            raise errors.WALLET_OPEN(str(path))
        file = msgspec.json.decode(path.read_bytes(), type=_KeyFile)
    except OSError as error:
        raise errors.BAD_KEY_FILE(f"{path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise errors.BAD_KEY_FILE(str(path)) from None
    if file.key is not None:
        return file.key
    if file.protected is None:
        raise errors.BAD_KEY_FILE(str(path))
    passphrase = passphrase_of(environment)
    if passphrase is None:
        raise errors.PASSPHRASE_NEEDED(str(path))
    return unprotect(file.protected, passphrase, about=KEY_FILE.encode())


def change_passphrase(parties: Path, passphrase: bytes | None, *, environment: Mapping[str, str] = os.environ) -> None:
    """Protects the key of a home's wallets by another passphrase, or with None by its file's rights alone."""
    write_private(parties / KEY_FILE, _key_file(home_key(parties, environment=environment), passphrase))
    # What a process that was killed left half written may hold the key as it was, without a passphrase.
    remove_private(parties.glob(f".{KEY_FILE}.*"))


def passphrase_of(environment: Mapping[str, str]) -> bytes | None:
    """Reads the passphrase from the file that the setting names."""
    named = environment.get(SETTING)
    if not named:
        return None
    return read_secret(Path(named), errors.BAD_PASSPHRASE_FILE, least_bytes=MIN_PASSPHRASE_BYTES)


def _key_file(key: bytes, passphrase: bytes | None) -> bytes:
    if passphrase is None:
        return msgspec.json.encode(_KeyFile(key=key))
    return msgspec.json.encode(_KeyFile(protected=protect(key, passphrase, about=KEY_FILE.encode())))
