"""The credentials that a party keeps, held or issued: each in a file of its own, which the key of its home opens."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import NamedTuple

import msgspec

from ...onchain.crypto import sha256
from ...onchain.refusals import Refusal
from ...privacy import write_private
from ...wallet import sealing
from ...wallet.credentials import MALFORMED, Document, canonical, parse
from .errors import BAD_CREDENTIAL, NOT_KEPT

FOLDER = "credentials"
NAME_BYTES = 20
MAX_KEPT_BYTES = 8 * 1024 * 1024
_log = logging.getLogger(__name__)


class Kept(NamedTuple):
    """A credential, and of a grant that was passed on those that it was made from."""

    document: Document
    above: tuple[Document, ...] = ()
    """The owner's grant first."""

    @property
    def chain(self) -> tuple[Document, ...]:
        return (*self.above, self.document)

    @property
    def name(self) -> str:
        """Hexadecimal digits that stand for all that the credential says, and its proof."""
        return sha256(canonical(self.document))[:NAME_BYTES].hex()


class _File(msgspec.Struct, frozen=True):
    """A credential as it lies on the disk."""

    credential: sealing.Sealed


class CredentialFolder:
    """What one party keeps, for its user alone."""

    def __init__(self, parties: Path, party: str) -> None:
        self._parties = parties
        self._party = party
        self.path = parties / party / FOLDER

    def add(self, kept: Kept) -> None:
        """Keeps a credential; one that is there already stays once."""
        key = sealing.home_key(self._parties)
        sealed = sealing.seal(key, write_chain(kept), about=self._about(kept.name))
        write_private(self.path / f"{kept.name}.json", msgspec.json.encode(_File(sealed)))

    def get(self, name: str) -> Kept:
        """Opens a credential by its whole name."""
        path = self.path / f"{name}.json"
        try:
            file = msgspec.json.decode(path.read_bytes(), type=_File)
        except FileNotFoundError:
            raise NOT_KEPT(f"{self._party}: {name[:12]}") from None
        except (msgspec.DecodeError, UnicodeDecodeError, OSError):
            raise BAD_CREDENTIAL(str(path)) from None
        plain = sealing.unseal(sealing.home_key(self._parties), file.credential, about=self._about(name))
        if plain is None:
            raise BAD_CREDENTIAL(str(path))
        return read_chain(plain)

    def names(self) -> list[str]:
        """Lists the names of all of them."""
        return sorted(path.stem for path in self.path.glob("*.json"))

    def all(self) -> list[Kept]:
        """Opens all of them; one that is damaged is told in the log, and keeps no other back."""
        found: list[Kept] = []
        for name in self.names():
            try:
                found.append(self.get(name))
            except Refusal as refusal:
                if refusal.reason != BAD_CREDENTIAL:
                    raise
                _log.warning("%s", refusal)
        return found

    def _about(self, name: str) -> bytes:
        """What is authenticated with a credential, so that no other party's file passes for it."""
        return b"autochain/credential/v1\x00" + f"{self._party}/{name}".encode()


def write_chain(kept: Kept) -> bytes:
    """Writes a credential with those above it as one file."""
    return canonical({"credentials": list(kept.chain)})


def read_chain(data: bytes) -> Kept:
    """Reads a file that holds one credential, or a grant below those that it was made from."""
    document = parse(data, max_bytes=MAX_KEPT_BYTES)
    if "credentials" not in document:
        return Kept(document)
    chain = document["credentials"]
    if not isinstance(chain, list) or not chain:
        raise MALFORMED("it holds no credentials")
    documents = tuple(each for each in chain if isinstance(each, dict))
    if len(documents) != len(chain):
        raise MALFORMED("one of its credentials is no object")
    return Kept(documents[-1], documents[:-1])
