"""The records, keys and invariants of credentials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

import msgspec

from ...codec import Record, folder_of
from ...crypto import Hash, PublicKey
from ...ids import Id
from ...ledger import HASH, ID, NUMBER, TEXT, Table, View
from ...units import Count, split
from .messages import CHUNK_BITS, ROLES, ListLength, Purpose, RevocationReason, Role, Serial

HERE = folder_of(__name__)
MAX_REGISTRARS = 16
CHUNK_BYTES = CHUNK_BITS >> 3
MAX_VALIDITY_MS = 730 * 86_400_000
"""How long a certificate is valid at most."""


class Attestation(Record, frozen=True):
    """One role of one DID."""

    authority: Id
    attested_ms: Count
    unique: Hash | None = None
    until_ms: Count = 0
    """From when on it holds no more; 0 where it holds until it is withdrawn."""

    def lasts(self, now_ms: int) -> bool:
        return self.until_ms == 0 or now_ms < self.until_ms


class Authority(Record, frozen=True):
    """The roles that one DID may attest."""

    roles: tuple[Role, ...]


class Bearer(Record, frozen=True):
    """Which DID a vehicle has."""

    subject: Id


class Registrars(Record, frozen=True):
    """The public keys of those who together make a VIN unrecognisable, in the order of their shares."""

    threshold: Annotated[int, msgspec.Meta(ge=1, le=MAX_REGISTRARS)]
    public_keys: Annotated[tuple[Hash, ...], msgspec.Meta(min_length=1, max_length=MAX_REGISTRARS)]
    """A ristretto255 element each."""


class StatusList(Record, frozen=True):
    """One list of statuses of its issuer's credentials."""

    purpose: Purpose
    length: ListLength
    opened_ms: Count
    changed_ms: Count
    """When a status in it changed last, or it was opened."""
    set_count: Count = 0
    """How many of its credentials are revoked, or suspended now."""


class Chunk(Record, frozen=True):
    """The statuses of 4,096 credentials that follow one another, the first in the highest bit of the first byte."""

    bits: Annotated[bytes, msgspec.Meta(min_length=CHUNK_BYTES, max_length=CHUNK_BYTES)]

    def is_set(self, place: int) -> bool:
        return self.bits[place >> 3] & (0x80 >> (place & 7)) != 0

    def changed(self, places: Iterable[int], *, value: bool) -> Chunk:
        """Gives the chunk with these places set, or not set any more."""
        bits = bytearray(self.bits)
        for place in places:
            bit = 0x80 >> (place & 7)
            bits[place >> 3] = bits[place >> 3] | bit if value else bits[place >> 3] & ~bit
        return Chunk(bytes(bits))

    def count(self) -> int:
        return int.from_bytes(self.bits, "big").bit_count()


class Certification(Record, frozen=True):
    """Who issues certificates, and which roles a device has only while it holds one; fixed at genesis."""

    certifiers: tuple[Id, ...] = ()
    certified: tuple[Role, ...] = ()


class Application(Record, frozen=True):
    """What a device applied for and has not been given yet."""

    request: Hash
    key: PublicKey
    applied_ms: Count


class Certificate(Record, frozen=True):
    """One X.509 certificate of a device, which itself lies beside the chain."""

    device: Id
    issuer: Id
    serial: Serial
    request: Hash
    key: PublicKey
    """The key that the device applied with."""
    not_before_ms: Count
    not_after_ms: Count
    issued_ms: Count
    revoked_ms: Count = 0
    """When it was revoked; 0 while it has not been."""
    reason: RevocationReason = "unspecified"


class Live(Record, frozen=True):
    """The certificate that a device has now, until it ends."""

    fingerprint: Hash
    not_after_ms: Count


class Listed(Record, frozen=True):
    """Says that a certificate is one of a device's."""

    issued_ms: Count


class Parameters(Record, frozen=True):
    """Who may attest which roles, who makes VINs unrecognisable, and who certifies devices."""

    authorities: tuple[tuple[Id, Authority], ...] = ()
    registrars: Registrars | None = None
    certification: Certification = Certification()


ATTESTATIONS = Table(HERE, "attestations", Attestation, key=(ID, TEXT))
"""By subject and role."""
AUTHORITIES = Table(HERE, "authorities", Authority, key=(ID,))
VEHICLES = Table(HERE, "vehicles", Bearer, key=(HASH,))
"""By what the registrars make of the VIN."""
REGISTRARS = Table(HERE, "registrars", Registrars, key=())
STATUS_LISTS = Table(HERE, "status_lists", StatusList, key=(ID, NUMBER))
"""By issuer and the list's number."""
CHUNKS = Table(HERE, "chunks", Chunk, key=(ID, NUMBER, NUMBER))
"""By issuer, the list's number and the chunk's; a chunk in which nothing is set is not there."""
CERTIFICATION = Table(HERE, "certification", Certification, key=())
APPLICATIONS = Table(HERE, "applications", Application, key=(ID,))
CERTIFICATES = Table(HERE, "certificates", Certificate, key=(HASH,))
"""By fingerprint."""
LIVE = Table(HERE, "live", Live, key=(ID,))
"""By device."""
OF_DEVICE = Table(HERE, "of_device", Listed, key=(ID, HASH))
"""By device and fingerprint."""


def _given_by_authorities(view: View) -> bool:
    roles = {account: record.roles for account, record in AUTHORITIES.items(view)}
    return all(
        key[21:].decode() in roles.get(record.authority, ()) and key[21:].decode() in ROLES
        for key, record in ATTESTATIONS.items(view)
    )


def _one_did_each(view: View) -> bool:
    attested = [(record.unique, key[:20]) for key, record in ATTESTATIONS.items(view) if record.unique is not None]
    return sorted(attested) == sorted((key, record.subject) for key, record in VEHICLES.items(view))


def _statuses_counted(view: View) -> bool:
    counted: Counter[bytes] = Counter()
    lists = dict(STATUS_LISTS.items(view))
    for key, chunk in CHUNKS.items(view):
        record = lists.get(key[:28])
        if record is None or not chunk.count():
            return False
        last = split(record.length - 1, CHUNK_BITS)
        number = int.from_bytes(key[28:], "big")
        beyond = chunk.changed(range(last[1] + 1), value=False).count() if number == last[0] else 0
        if number > last[0] or beyond:
            return False
        counted[key[:28]] += chunk.count()
    return all(record.set_count == counted[key] for key, record in lists.items())


def _one_live_each(view: View) -> bool:
    standing = [
        (record.device, Live(fingerprint, record.not_after_ms))
        for fingerprint, record in CERTIFICATES.items(view)
        if record.revoked_ms == 0
    ]
    return sorted(standing, key=lambda pair: pair[0]) == list(LIVE.items(view))


def _certificates_listed(view: View) -> bool:
    listed = [key for key, _ in OF_DEVICE.items(view)]
    return listed == sorted(record.device + key for key, record in CERTIFICATES.items(view))


def _issued_by_certifiers(view: View) -> bool:
    certifiers = (CERTIFICATION.get(view) or Certification()).certifiers
    return all(
        record.issuer in certifiers
        and record.not_before_ms <= record.issued_ms < record.not_after_ms <= record.not_before_ms + MAX_VALIDITY_MS
        for _, record in CERTIFICATES.items(view)
    )


INVARIANTS = {
    "every attestation is by an authority for its role": _given_by_authorities,
    "a vehicle has one DID": _one_did_each,
    "a status list counts what is set in it, and nothing is set beyond its end": _statuses_counted,
    "a device has one certificate that is not revoked, or none": _one_live_each,
    "every certificate is listed for its device, and no other": _certificates_listed,
    "every certificate is by a certifier, and was valid when it came": _issued_by_certifiers,
}
