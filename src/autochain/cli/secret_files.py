"""Passphrases and PINs: from a file that only its user may read, or typed unseen; never from a command line."""

from __future__ import annotations

import sys
from pathlib import Path

from .errors import BAD_SECRET_FILE, NO_TERMINAL, TWO_PASSPHRASES


def passphrase_from(path: Path | None, *, twice: bool = False) -> bytes:
    """Gives a passphrase, asked for at the terminal where no file is named; `twice` for a new one."""
    from ..privacy import MIN_PASSPHRASE_BYTES, read_secret

    if path is not None:
        return read_secret(path, BAD_SECRET_FILE, least_bytes=MIN_PASSPHRASE_BYTES)
    if not sys.stdin.isatty():
        raise NO_TERMINAL()
    passphrase = _typed("Passphrase: ")
    if twice and _typed("Once more: ") != passphrase:
        raise TWO_PASSPHRASES()
    if len(passphrase) < MIN_PASSPHRASE_BYTES:
        raise BAD_SECRET_FILE(f"at least {MIN_PASSPHRASE_BYTES} bytes")
    return passphrase


def pin_from(path: Path) -> str:
    """Reads the PIN of a token."""
    from ..privacy import read_secret

    return read_secret(path, BAD_SECRET_FILE).decode(errors="replace")


def _typed(prompt: str) -> bytes:
    from getpass import getpass

    return getpass(prompt).encode()
