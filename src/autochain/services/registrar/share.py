"""A registrar's share of the key, in a file that only its user may read."""

from __future__ import annotations

from pathlib import Path

from ...onchain.codec import Codec, Record, encode
from ...onchain.crypto import Hash, tagged_hash
from ...onchain.crypto import ristretto255 as group
from ...onchain.refusals import Refusal
from ...privacy import write_private
from ...privacy.voprf import KeyShare
from .errors import NO_SHARE, SHARE_OPEN


class _File(Record, frozen=True):
    """A share as it lies on the disk."""

    share: KeyShare
    checksum: Hash
    """With a bit that turned the registrar would lie, and not know it."""


_FILE: Codec[_File] = Codec(_File, max_bytes=256)


def keep_share(path: Path, share: KeyShare) -> None:
    """Writes a share down, for its registrar alone."""
    write_private(path, encode(_File(share, _checksum(share))))


def load_share(path: Path) -> KeyShare:
    """Reads a share; refuses one that is damaged, or that others may read."""
    try:
        if path.stat().st_mode & 0o077:
            raise SHARE_OPEN(str(path))
        file = _FILE.decode(path.read_bytes())
    except OSError as error:
        raise NO_SHARE(f"{path}: {error.strerror}") from None
    except Refusal as refusal:
        raise refusal if refusal.reason == SHARE_OPEN else NO_SHARE(str(path)) from None
    if file.checksum != _checksum(file.share) or not group.is_scalar(file.share.secret):
        raise NO_SHARE(str(path))
    return file.share


def _checksum(share: KeyShare) -> bytes:
    return tagged_hash("registrar share", encode(share))
