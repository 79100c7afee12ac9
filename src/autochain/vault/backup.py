"""Backups of a holder's keys, each recording's under a backup key of its own that can be destroyed.

The backup may be copied anywhere and kept for ever: once a recording's backup key is destroyed, no copy opens. Backup
keys lie apart from the backup, and are themselves never backed up this way.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..onchain.codec import Codec, encode
from ..onchain.refusals import Refusal
from ..privacy import remove_private, write_private, write_private_once
from . import errors
from .keys import KeyFolder, recordings_named

_KEY_BYTES = 32
_NONCE_BYTES = 12
_FILES: Codec[tuple[tuple[str, bytes], ...]] = Codec(tuple[tuple[str, bytes], ...], max_bytes=1_048_576)


class KeyBackup:
    """Backs up a `KeyFolder` into a folder; `backup_keys` is where the backup keys lie."""

    def __init__(self, folder: Path, *, backup_keys: Path) -> None:
        self._folder = folder
        self._backup_keys = backup_keys

    def back_up(self, keys: KeyFolder, recordings: Iterable[bytes]) -> int:
        """Backs up what is held of these recordings and not in the backup yet; gives how many were written."""
        written = 0
        for recording in recordings:
            held = keys.files(recording)
            try:
                before = self._opened(recording) or {}
            except Refusal:
                before = {}  # What was spoilt is written anew.
            # A key that was lost here stays in the backup.
            files = before | held
            if held and files != before:
                nonce = secrets.token_bytes(_NONCE_BYTES)
                plain = encode(tuple(sorted(files.items())))
                sealed = nonce + AESGCM(self._key(recording)).encrypt(nonce, plain, recording)
                write_private(self._path(recording), sealed)
                written += 1
        return written

    def restore(self, keys: KeyFolder) -> int:
        """Puts back what the backup holds and can still open; gives how many recordings that were.

        Refuses at the end where a backup does not open that should; the others are put back.
        """
        if not self._folder.is_dir():
            raise errors.NO_BACKUP(str(self._folder))
        restored = 0
        spoilt: list[str] = []
        for recording in recordings_named(path.stem for path in self._folder.glob("*.backup")):
            try:
                files = self._opened(recording)
            except Refusal:
                spoilt.append(self._path(recording).name)
                continue
            if files is not None:
                keys.put_files(recording, files)
                restored += 1
        if spoilt:
            raise errors.CORRUPT(", ".join(spoilt))
        return restored

    def destroy(self, recording: bytes) -> None:
        """Destroys a recording's backup key; its backup, and every copy of it, opens for nobody any more."""
        remove_private([self._key_path(recording), self._path(recording)])

    def _opened(self, recording: bytes) -> dict[str, bytes] | None:
        """Gives the files of a backup; None where there is none, or its key is destroyed."""
        if not self._path(recording).exists() or not self._key_path(recording).exists():
            return None
        try:
            sealed, key = self._path(recording).read_bytes(), self._key_path(recording).read_bytes()
            plain = AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], recording)
        except (InvalidTag, OSError, ValueError):
            raise errors.CORRUPT(f"backup of {recording.hex()}") from None
        return dict(_FILES.decode(plain))

    def _key(self, recording: bytes) -> bytes:
        """Gives a recording's backup key; makes one where there is none, or none that is whole."""
        path = self._key_path(recording)
        write_private_once(path, secrets.token_bytes(_KEY_BYTES))
        key = path.read_bytes()
        if len(key) != _KEY_BYTES:
            key = secrets.token_bytes(_KEY_BYTES)
            write_private(path, key)
        return key

    def _path(self, recording: bytes) -> Path:
        return self._folder / f"{recording.hex()}.backup"

    def _key_path(self, recording: bytes) -> Path:
        return self._backup_keys / f"{recording.hex()}.key"
