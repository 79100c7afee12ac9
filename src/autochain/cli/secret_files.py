"""Passphrases and PINs: from a file that only its user may read, or typed unseen; never from a command line."""

from __future__ import annotations

import sys
from pathlib import Path

from .errors import BAD_SECRET_FILE, NO_TERMINAL, TWO_PASSPHRASES

MAX_SECRET_BYTES = 1024
LEAST_BYTES = 8


def passphrase_from(path: Path | None, *, twice: bool = False) -> bytes:
    """Gives a passphrase, asked for at the terminal where no file is named; `twice` for a new one."""
    if path is not None:
        passphrase = secret_from(path)
    else:
        if not sys.stdin.isatty():
            raise NO_TERMINAL()
        passphrase = _typed("Passphrase: ")
        if twice and _typed("Once more: ") != passphrase:
            raise TWO_PASSPHRASES()
    if len(passphrase) < LEAST_BYTES:
        raise BAD_SECRET_FILE(f"at least {LEAST_BYTES} bytes")
    return passphrase


def _typed(prompt: str) -> bytes:
    from getpass import getpass

    return getpass(prompt).encode()


def secret_from(path: Path) -> bytes:
    """Reads a secret from a file; a line's end after it does not count."""
    try:
        if path.stat().st_mode & 0o077:
            raise BAD_SECRET_FILE(f"{path}: others may read it")
        secret = path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise BAD_SECRET_FILE(f"{path}: {error.strerror}") from None
    if not 0 < len(secret) <= MAX_SECRET_BYTES:
        raise BAD_SECRET_FILE(f"{path}: {len(secret)} bytes")
    return secret
