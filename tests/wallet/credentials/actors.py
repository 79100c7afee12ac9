"""Those who issue, hold and verify in these tests, and what they find out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace

from autochain.onchain.contracts.identity import Version
from autochain.onchain.crypto import PublicKey
from autochain.onchain.ids import did
from autochain.onchain.refusals import Reason, Refusal
from autochain.privacy import ed25519
from autochain.wallet.credentials import (
    UNRESOLVED,
    Author,
    Checks,
    DidUrl,
    Document,
    Resolution,
    StatusList,
    Validity,
    acc_document,
    acc_metadata,
    did_key,
    did_key_document,
    draft,
)

NOW = 1_800_000_000_000
DAY = 86_400_000


@dataclass(frozen=True)
class Key:
    """A signer whose seed lies in memory."""

    seed: bytes

    @property
    def public_key(self) -> PublicKey:
        return ed25519.public_key(self.seed)

    def sign(self, message: bytes) -> bytes:
        return ed25519.sign(self.seed, message)


def key(number: int) -> Key:
    return Key(bytes([number]) * 32)


def guest(number: int) -> Author:
    """Gives a party with a did:key."""
    return Author(did_key(key(number).public_key), key(number))


MAKER, OWNER, STRANGER = guest(1), guest(2), guest(3)


@dataclass
class World:
    """DID documents and status lists by name; every did:key is its own document."""

    documents: dict[str, Resolution] = field(default_factory=dict)
    lists: dict[str, StatusList] = field(default_factory=dict)

    def resolve(self, url: DidUrl) -> Resolution:
        if url.method == "key":
            return Resolution(did_key_document(url.did))
        found = self.documents.get(url.did)
        if found is None:
            raise UNRESOLVED(url.did)
        return found

    def statuses(self, url: str) -> StatusList:
        return self.lists[url]

    def checks(self, *, now_ms: int = NOW, past_keys: bool = False) -> Checks:
        return Checks(resolver=self.resolve, statuses=self.statuses, now_ms=now_ms, past_keys=past_keys)


class Chain:
    """One did:acc whose keys are replaced at `TURN`; the second document is the present one.

    Its keys are 5, then 6; where two must sign, 4 and 5, then 6 and 7.
    """

    TURN = NOW - 30 * DAY

    def __init__(self, *, threshold: int = 1, first_threshold: int = 1, active: bool = True, until_ms: int = 0) -> None:
        self.account = bytes(range(20))
        self.did = did(self.account)
        keys = (key(6).public_key, key(7).public_key) if threshold == 2 else (key(6).public_key,)
        before = (key(4).public_key, key(5).public_key) if first_threshold == 2 else (key(5).public_key,)
        first = self._version(1, before, since_ms=0, replaced_ms=self.TURN)
        self.first = replace(first, threshold=first_threshold)
        second = self._version(2, keys, since_ms=self.TURN)
        self.second = replace(second, threshold=threshold, active=active, until_ms=until_ms)

    def _version(self, number: int, keys: tuple[PublicKey, ...], *, since_ms: int, replaced_ms: int = 0) -> Version:
        return Version(
            version=number,
            keys=keys,
            threshold=1,
            encryption_key=bytes([9]) + bytes(31),
            controller=None,
            active=True,
            until_ms=0,
            since_ms=since_ms,
            replaced_ms=replaced_ms,
        )

    def author(self, number: int) -> Author:
        return Author(self.did, key(number))

    def resolve(self, url: DidUrl) -> Resolution:
        at = url.version_ms
        record = self.first if url.version_id == "1" or (at is not None and at < self.TURN) else self.second
        return Resolution(acc_document(self.account, record), acc_metadata(record, registered_ms=0))


def vehicle(*, status: Document | None = None, until_ms: int | None = NOW + 365 * DAY, holder: str = "") -> Document:
    """Writes what the maker says of a car."""
    return draft(
        "vehicle",
        id="urn:uuid:8c1b7d6e-0a4e-4f3e-9d8e-3b6f1a2c4d5e",
        issuer=MAKER.did,
        subject={"id": holder or OWNER.did, "vin": "WVWZZZ1JZXW000001", "make": "Example Motors", "model": "E1"},
        validity=Validity(since_ms=NOW - DAY, until_ms=until_ms),
        status=status,
    )


def refused(reason: Reason, attempt: Callable[..., object], *given: object) -> Refusal:
    """Sees that something is refused for this very reason."""
    with pytest.raises(Refusal) as caught:
        attempt(*given)
    assert caught.value.reason == reason, caught.value
    return caught.value


def without(document: Mapping[str, object], *names: str) -> Document:
    return {name: value for name, value in document.items() if name not in names}  # type: ignore[misc]


def vectors(*folder: str) -> Path | None:
    """Gives a folder of published vectors, where they lie on this machine."""
    data = os.environ.get("AUTOCHAIN_DATA")
    if data is None:
        return None
    path = Path(data, "vectors", *folder)
    assert path.is_dir(), f"AUTOCHAIN_DATA holds no {path}"
    return path
