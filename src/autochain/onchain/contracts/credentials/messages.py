"""What may be asked of credentials, and what it announces."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, get_args

import msgspec

from ...codec import tag_of
from ...crypto import Hash, PublicKey, check_key
from ...ids import Id
from ...ledger import Event, Message
from ...units import Count, split
from . import errors

TAG = tag_of(__name__)

Role = Literal[
    "vehicle",
    "roadside_unit",
    "owner",
    "maker",
    "supplier",
    "rsu_operator",
    "authority",
    "insurer",
    "bank",
    "buyer",
    "registration_authority",
    "workshop",
    "approval_authority",
    "dismantler",
]
ROLES: tuple[Role, ...] = get_args(Role)

Purpose = Literal["revocation", "suspension"]
MIN_LIST_BITS, MAX_LIST_BITS = 131_072, 16_777_216
"""The shortest that the W3C's Bitstring Status List allows, so that a status is one among many; and the longest."""
CHUNK_BITS = 4_096
"""How many statuses one record of a status list holds."""
MAX_INDICES = 256
MAX_CHUNKS = 16
"""In how many chunks the indices of one message may lie: each is a record to write."""
ListLength = Annotated[int, msgspec.Meta(ge=MIN_LIST_BITS, le=MAX_LIST_BITS)]
Indices = Annotated[tuple[Count, ...], msgspec.Meta(min_length=1, max_length=MAX_INDICES)]

Serial = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
CERTIFIED_SUITES = (1, 2)
"""The kinds of key that have a certificate: Ed25519 and P-256."""
RevocationReason = Literal[
    "unspecified",
    "key_compromise",
    "affiliation_changed",
    "superseded",
    "cessation_of_operation",
    "privilege_withdrawn",
]
"""Those of RFC 5280 that fit a device."""


class Attest(Message, frozen=True, tag=TAG):
    """The sender, an authority for this role, attests it of a DID."""

    subject: Id
    role: Role
    unique: Hash | None = None
    """Of a vehicle: what the registrars make of its VIN, the same for the same VIN; None for every other role."""
    until_ms: Count = 0
    """From when on it holds no more; 0 where it holds until it is withdrawn."""

    def check(self) -> None:
        if (self.role == "vehicle") != (self.unique is not None):
            raise errors.UNIQUE_MISFIT()


class Withdraw(Message, frozen=True, tag=TAG):
    """The sender takes back its attestation, or, an authority for the role, one that is over or has lost its giver."""

    subject: Id
    role: Role


class OpenStatusList(Message, frozen=True, tag=TAG):
    """The sender opens a list that says of each of its credentials whether it is revoked, or suspended."""

    number: Count
    """By which the sender tells its lists apart."""
    purpose: Purpose
    length: ListLength
    """How many credentials have a place in it."""


class SetStatus(Message, frozen=True, tag=TAG):
    """The sender says of some credentials of one of its lists that they are revoked, or suspended or no more so."""

    number: Count
    indices: Indices
    """Their places in the list, in ascending order."""
    value: bool
    weight: ClassVar[int] = 1_200

    def check(self) -> None:
        if any(low >= high for low, high in zip(self.indices, self.indices[1:], strict=False)):
            raise errors.BAD_INDICES("not in ascending order")
        if len(self.chunks()) > MAX_CHUNKS:
            raise errors.BAD_INDICES(f"in more than {MAX_CHUNKS} chunks")

    def chunks(self) -> dict[int, list[int]]:
        """Gives the places within each chunk, by the chunk's number."""
        places: dict[int, list[int]] = {}
        for index in self.indices:
            number, place = split(index, CHUNK_BITS)
            places.setdefault(number, []).append(place)
        return places


class ApplyForCertificate(Message, frozen=True, tag=TAG):
    """The sender, a device, asks for a certificate of a key; what it asked before counts no more."""

    request: Hash
    """SHA-256 of the certificate signing request (PKCS #10), which goes to the certifier beside the chain."""
    key: PublicKey

    def check(self) -> None:
        if self.key.suite not in CERTIFIED_SUITES:
            raise errors.UNFIT_KEY()
        check_key(self.key)


class IssueCertificate(Message, frozen=True, tag=TAG):
    """The sender, a certifier, puts on record a certificate that it made for a device; the former one ends."""

    device: Id
    serial: Serial
    fingerprint: Hash
    """SHA-256 of the certificate in DER."""
    not_before_ms: Count
    not_after_ms: Count
    weight: ClassVar[int] = 200


class RevokeCertificate(Message, frozen=True, tag=TAG):
    """The sender, a certificate's issuer or its device's owner, ends it."""

    fingerprint: Hash
    reason: RevocationReason


class Attested(Event, frozen=True, tag=TAG):
    subject: Id
    role: Role
    authority: Id
    until_ms: Count = 0


class Withdrawn(Event, frozen=True, tag=TAG):
    subject: Id
    role: Role
    authority: Id


class StatusListOpened(Event, frozen=True, tag=TAG):
    issuer: Id
    number: Count
    purpose: Purpose


class StatusSet(Event, frozen=True, tag=TAG):
    issuer: Id
    number: Count
    indices: Indices
    value: bool


class CertificateAppliedFor(Event, frozen=True, tag=TAG):
    device: Id
    request: Hash


class CertificateIssued(Event, frozen=True, tag=TAG):
    device: Id
    issuer: Id
    fingerprint: Hash


class CertificateRevoked(Event, frozen=True, tag=TAG):
    device: Id
    fingerprint: Hash
    reason: RevocationReason
