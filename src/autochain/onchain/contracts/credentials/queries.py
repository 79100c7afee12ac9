"""What may be read of credentials."""

from __future__ import annotations

from itertools import islice

from ...codec import tag_of
from ...crypto import Hash
from ...ids import Id
from ...ledger import Query, View, interfaces, page, page_of
from ...refusals import present
from ...units import Count, split
from .messages import CHUNK_BITS, Role
from .state import (
    APPLICATIONS,
    ATTESTATIONS,
    CERTIFICATES,
    CERTIFICATION,
    CHUNKS,
    LIVE,
    OF_DEVICE,
    REGISTRARS,
    STATUS_LISTS,
    Application,
    Attestation,
    Certificate,
    Certification,
    Chunk,
    Registrars,
    StatusList,
)

TAG = tag_of(__name__)
CHUNKS_AT_ONCE = 100


class Holds(Query[bool], frozen=True, tag=TAG):
    """Asks whether a DID has a role now: active, attested for this time, and where it must be with a certificate."""

    subject: Id
    role: Role


class GetAttestation(Query[Attestation | None], frozen=True, tag=TAG):
    """Asks for what is attested of a DID, whether it still holds or not."""

    subject: Id
    role: Role


class GetRegistrars(Query[Registrars | None], frozen=True, tag=TAG):
    """Asks for the public keys of those who make VINs unrecognisable; None where nobody does."""


class GetStatusList(Query[StatusList | None], frozen=True, tag=TAG):
    """Asks for a status list's purpose and length, and when it changed last."""

    issuer: Id
    number: Count


class StatusChunks(Query[tuple[tuple[Count, Chunk], ...]], frozen=True, tag=TAG):
    """Asks for the chunks of a status list in which something is set, in their order, at most 100 at a time."""

    issuer: Id
    number: Count
    after: Count | None = None
    """The number of the last chunk that is had."""


class StatusOf(Query[bool | None], frozen=True, tag=TAG):
    """Asks whether the credential at a place of a status list is revoked, or suspended; None without such a place."""

    issuer: Id
    number: Count
    index: Count


class GetCertification(Query[Certification], frozen=True, tag=TAG):
    """Asks who issues certificates, and which roles a device has only while it holds one."""


class GetCertificate(Query[Certificate | None], frozen=True, tag=TAG):
    """Asks for what is on record of a certificate."""

    fingerprint: Hash


class CertificatesOf(Query[tuple[tuple[Hash, Certificate], ...]], frozen=True, tag=TAG):
    """Asks for a device's certificates in the order of their fingerprints, at most 100 at a time."""

    device: Id
    after: Hash | None = None


class Applications(Query[tuple[tuple[Id, Application], ...]], frozen=True, tag=TAG):
    """Asks for the devices that wait for a certificate, in the order of their ids, at most 100 at a time."""

    after: Id | None = None


def holds(view: View, query: Holds) -> bool:
    now_ms = view.block.time_ms
    attestation = ATTESTATIONS.get(view, query.subject, query.role)
    if attestation is None or not attestation.lasts(now_ms):
        return False
    account = view.ask("accounts", interfaces.AccountOf(query.subject))
    if account is None or not account.active:
        return False
    if query.role not in get_certification(view, GetCertification()).certified:
        return True
    live = LIVE.get(view, query.subject)
    return live is not None and now_ms < live.not_after_ms


def get_attestation(view: View, query: GetAttestation) -> Attestation | None:
    return ATTESTATIONS.get(view, query.subject, query.role)


def get_registrars(view: View, query: GetRegistrars) -> Registrars | None:
    return REGISTRARS.get(view)


def get_status_list(view: View, query: GetStatusList) -> StatusList | None:
    return STATUS_LISTS.get(view, query.issuer, query.number)


def status_chunks(view: View, query: StatusChunks) -> tuple[tuple[int, Chunk], ...]:
    name = (query.issuer, query.number)
    behind = () if query.after is None else (*name, query.after)
    found = islice(CHUNKS.items(view, *name, after=behind), CHUNKS_AT_ONCE)
    return tuple((int.from_bytes(key, "big"), chunk) for key, chunk in found)


def status_of(view: View, query: StatusOf) -> bool | None:
    record = STATUS_LISTS.get(view, query.issuer, query.number)
    if record is None or query.index >= record.length:
        return None
    number, place = split(query.index, CHUNK_BITS)
    chunk = CHUNKS.get(view, query.issuer, query.number, number)
    return chunk is not None and chunk.is_set(place)


def get_certification(view: View, query: GetCertification) -> Certification:
    return present(CERTIFICATION.get(view), "who certifies stands from genesis on")


def get_certificate(view: View, query: GetCertificate) -> Certificate | None:
    return CERTIFICATES.get(view, query.fingerprint)


def certificates_of(view: View, query: CertificatesOf) -> tuple[tuple[bytes, Certificate], ...]:
    return page_of(view, CERTIFICATES, listed=OF_DEVICE, account=query.device, after=query.after)


def applications(view: View, query: Applications) -> tuple[tuple[bytes, Application], ...]:
    return page(view, APPLICATIONS, after=query.after)
