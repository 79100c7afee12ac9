"""Resolution: each document is derived from records of the chain with their proofs, earlier ones too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ...client import Client, Shown
from ...onchain.contracts.identity import IDENTITIES, VERSIONS, Identity, Version, VersionAt
from ...onchain.ids import from_did
from ...onchain.ledger import Table
from ...onchain.ledger.errors import NOT_PROVED
from ...onchain.refusals import Refusal
from ...wallet.credentials import (
    UNKNOWN_SUITE,
    DidUrl,
    Document,
    Resolution,
    acc_document,
    acc_metadata,
    did_key_document,
)
from ..proving import prove_fresh
from .errors import FEATURE_NOT_SUPPORTED, INVALID_DID, METHOD_NOT_SUPPORTED, NOT_FOUND

METHODS = ("acc", "key")
MAX_VERSION_DIGITS = 12


class Resolved(NamedTuple):
    """A document with its metadata, and the keys of the state whose proofs say so."""

    resolution: Resolution
    proved: tuple[bytes, ...] = ()
    """None for a did:key, which proves itself."""


class ResolverService:
    """Resolves DIDs through a node that it need not trust. `clock` gives milliseconds since 1970."""

    def __init__(self, client: Client, *, clock: Callable[[], int]) -> None:
        self._client = client
        self._clock = clock

    async def resolve(self, url: DidUrl) -> Resolved:
        """Gives the document of a DID, the present one or that of the version or time which the URL names."""
        match url.method:
            case "acc":
                return await self._acc(url)
            case "key":
                return Resolved(_key(url.did))
            case _:
                raise METHOD_NOT_SUPPORTED(url.method[:40])

    async def _acc(self, url: DidUrl) -> Resolved:
        try:
            account = from_did(url.did)
        except Refusal as refusal:
            raise INVALID_DID(refusal.detail) from None
        shown = await self._prove(IDENTITIES, account)
        record: Identity | None = shown.record
        if record is None:
            raise NOT_FOUND(url.did[:60])
        number = await self._number(url, account, record)
        version, proved = record.document(), [shown.proved.key]
        if number != record.version:
            earlier = await self._prove(VERSIONS, account, number)
            if earlier.record is None:
                raise NOT_FOUND(f"version {number}")
            version = earlier.record
            proved.append(earlier.proved.key)
            _check_time(url, version)
        metadata = acc_metadata(version, registered_ms=record.registered_ms)
        return Resolved(Resolution(acc_document(account, version), metadata), tuple(proved))

    async def _number(self, url: DidUrl, account: bytes, record: Identity) -> int:
        """Says which document is asked for, by its number."""
        if url.version_id is not None:
            text = url.version_id
            plain = text.isascii() and text.isdigit() and len(text) <= MAX_VERSION_DIGITS and text[0] != "0"
            if not plain or int(text) > record.version:
                raise NOT_FOUND(f"version {text[:40]}")
            return int(text)
        time_ms = url.version_ms
        if time_ms is None or time_ms >= max(record.since_ms, record.registered_ms):
            return record.version
        if time_ms < record.registered_ms:
            raise NOT_FOUND("it was registered later")
        # Which one it was is the node's word; that it stood at the time is seen on its proved record.
        found = await self._client.ask(VersionAt(account, time_ms))
        if found is None or found.version >= record.version:
            raise NOT_PROVED("a version of another time")
        return found.version

    async def _prove(self, table: Table[Any], *name: Any) -> Shown:
        return await prove_fresh(self._client, table, *name, now_ms=self._clock())


def _check_time(url: DidUrl, version: Version) -> None:
    time_ms = url.version_ms
    if time_ms is not None and not version.since_ms <= time_ms < version.replaced_ms:
        raise NOT_PROVED("a version of another time")


def _key(did: str) -> Resolution:
    try:
        return Resolution(did_key_document(did))
    except Refusal as refusal:
        reason = FEATURE_NOT_SUPPORTED if refusal.reason == UNKNOWN_SUITE else INVALID_DID
        raise reason(refusal.detail) from None


def dereferenced(resolution: Resolution, url: DidUrl) -> Document:
    """Gives what a DID URL means: the document, or the part of it that its fragment names."""
    if url.path:
        raise NOT_FOUND(f"path {url.path[:60]}")
    if url.fragment is None:
        return resolution.document
    name = f"{url.did}#{url.fragment}"
    for entries in resolution.document.values():
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and entry.get("id") == name:
                return entry
    raise NOT_FOUND(f"#{url.fragment[:60]}")
