"""What credentials does with each message."""

from __future__ import annotations

from msgspec.structs import replace

from ...ledger import Context, interfaces
from ...refusals import ensure, present
from . import errors
from .messages import (
    ApplyForCertificate,
    Attest,
    Attested,
    CertificateAppliedFor,
    CertificateIssued,
    CertificateRevoked,
    IssueCertificate,
    OpenStatusList,
    RevocationReason,
    RevokeCertificate,
    Role,
    SetStatus,
    StatusListOpened,
    StatusSet,
    Withdraw,
    Withdrawn,
)
from .state import (
    APPLICATIONS,
    ATTESTATIONS,
    AUTHORITIES,
    CERTIFICATES,
    CERTIFICATION,
    CHUNK_BYTES,
    CHUNKS,
    LIVE,
    MAX_VALIDITY_MS,
    OF_DEVICE,
    REGISTRARS,
    STATUS_LISTS,
    VEHICLES,
    Application,
    Attestation,
    Bearer,
    Certificate,
    Chunk,
    Listed,
    Live,
    Parameters,
    StatusList,
)

OF_DEVICES: tuple[Role, ...] = ("vehicle", "roadside_unit")
"""The roles of devices, which alone have certificates."""


def genesis(ctx: Context, parameters: Parameters) -> None:
    for account, record in parameters.authorities:
        AUTHORITIES.put(ctx, account, value=record)
    if (registrars := parameters.registrars) is not None:
        ensure(registrars.threshold <= len(registrars.public_keys), "there are as many registrars as must answer")
        REGISTRARS.put(ctx, value=registrars)
    certification = parameters.certification
    ensure(all(role in OF_DEVICES for role in certification.certified), "only roles of devices are certified")
    ensure(bool(certification.certifiers or not certification.certified), "somebody certifies what is certified")
    CERTIFICATION.put(ctx, value=certification)


def attest(ctx: Context, message: Attest) -> None:
    if not _is_authority(ctx, message.role):
        raise errors.NOT_AUTHORITY()
    now_ms = ctx.block.time_ms
    if 0 < message.until_ms <= now_ms:
        raise errors.ENDS_IN_THE_PAST()
    if not _is_active(ctx, message.subject):
        raise errors.UNKNOWN_SUBJECT()
    former = ATTESTATIONS.get(ctx, message.subject, message.role)
    if former is not None and former.lasts(now_ms):
        raise errors.ALREADY_ATTESTED()
    if message.unique is not None:
        bearer = VEHICLES.get(ctx, message.unique)
        if bearer is not None and bearer.subject != message.subject:
            raise errors.OTHER_DID()
    if former is not None and former.unique is not None:
        VEHICLES.delete(ctx, former.unique)
    if message.unique is not None:
        VEHICLES.put(ctx, message.unique, value=Bearer(message.subject))
    record = Attestation(ctx.sender, now_ms, message.unique, message.until_ms)
    ATTESTATIONS.put(ctx, message.subject, message.role, value=record)
    ctx.emit(Attested(message.subject, message.role, ctx.sender, message.until_ms))


def withdraw(ctx: Context, message: Withdraw) -> None:
    attestation = ATTESTATIONS.get(ctx, message.subject, message.role)
    if attestation is None or not _may_withdraw(ctx, attestation, message.role):
        raise errors.NOT_ATTESTED()
    ATTESTATIONS.delete(ctx, message.subject, message.role)
    if attestation.unique is not None:
        VEHICLES.delete(ctx, attestation.unique)
    ctx.emit(Withdrawn(message.subject, message.role, ctx.sender))


def _may_withdraw(ctx: Context, attestation: Attestation, role: Role) -> bool:
    if attestation.authority == ctx.sender:
        return True
    abandoned = not attestation.lasts(ctx.block.time_ms) or not _is_active(ctx, attestation.authority)
    return abandoned and _is_authority(ctx, role)


def _is_authority(ctx: Context, role: Role) -> bool:
    authority = AUTHORITIES.get(ctx, ctx.sender)
    return authority is not None and role in authority.roles


def _is_active(ctx: Context, account: bytes) -> bool:
    known = ctx.ask("accounts", interfaces.AccountOf(account))
    return known is not None and known.active


def open_status_list(ctx: Context, message: OpenStatusList) -> None:
    if STATUS_LISTS.get(ctx, ctx.sender, message.number) is not None:
        raise errors.LIST_OPEN()
    now_ms = ctx.block.time_ms
    record = StatusList(message.purpose, message.length, opened_ms=now_ms, changed_ms=now_ms)
    STATUS_LISTS.put(ctx, ctx.sender, message.number, value=record)
    ctx.emit(StatusListOpened(ctx.sender, message.number, message.purpose))


def set_status(ctx: Context, message: SetStatus) -> None:
    record = STATUS_LISTS.get(ctx, ctx.sender, message.number)
    if record is None:
        raise errors.NO_LIST()
    if message.indices[-1] >= record.length:
        raise errors.BAD_INDICES(f"the list has {record.length}")
    if record.purpose == "revocation" and not message.value:
        raise errors.REVOCATION_STANDS()
    more = 0
    for number, places in message.chunks().items():
        former = CHUNKS.get(ctx, ctx.sender, message.number, number) or Chunk(bytes(CHUNK_BYTES))
        chunk = former.changed(places, value=message.value)
        more += chunk.count() - former.count()
        if chunk.count():
            CHUNKS.put(ctx, ctx.sender, message.number, number, value=chunk)
        else:
            CHUNKS.delete(ctx, ctx.sender, message.number, number)
    changed = replace(record, changed_ms=ctx.block.time_ms, set_count=record.set_count + more)
    STATUS_LISTS.put(ctx, ctx.sender, message.number, value=changed)
    ctx.emit(StatusSet(ctx.sender, message.number, message.indices, message.value))


def apply_for_certificate(ctx: Context, message: ApplyForCertificate) -> None:
    account = ctx.ask("accounts", interfaces.AccountOf(ctx.sender))
    if account is None or account.kind != "device":
        raise errors.NOT_A_DEVICE()
    APPLICATIONS.put(ctx, ctx.sender, value=Application(message.request, message.key, ctx.block.time_ms))
    ctx.emit(CertificateAppliedFor(ctx.sender, message.request))


def issue_certificate(ctx: Context, message: IssueCertificate) -> None:
    if not _is_certifier(ctx):
        raise errors.NOT_A_CERTIFIER()
    now_ms, end_ms = ctx.block.time_ms, message.not_after_ms
    if not message.not_before_ms <= now_ms < end_ms <= message.not_before_ms + MAX_VALIDITY_MS:
        raise errors.BAD_PERIOD()
    if not _is_active(ctx, message.device):
        raise errors.UNKNOWN_SUBJECT()
    application = APPLICATIONS.get(ctx, message.device)
    if application is None:
        raise errors.NO_APPLICATION()
    if CERTIFICATES.get(ctx, message.fingerprint) is not None:
        raise errors.CERTIFICATE_KNOWN()
    former = LIVE.get(ctx, message.device)
    if former is not None:
        _end(ctx, former.fingerprint, "superseded")
    record = Certificate(
        device=message.device,
        issuer=ctx.sender,
        serial=message.serial,
        request=application.request,
        key=application.key,
        not_before_ms=message.not_before_ms,
        not_after_ms=end_ms,
        issued_ms=now_ms,
    )
    APPLICATIONS.delete(ctx, message.device)
    CERTIFICATES.put(ctx, message.fingerprint, value=record)
    OF_DEVICE.put(ctx, message.device, message.fingerprint, value=Listed(now_ms))
    LIVE.put(ctx, message.device, value=Live(message.fingerprint, end_ms))
    ctx.emit(CertificateIssued(message.device, ctx.sender, message.fingerprint))


def revoke_certificate(ctx: Context, message: RevokeCertificate) -> None:
    record = CERTIFICATES.get(ctx, message.fingerprint)
    if record is None or not _may_revoke(ctx, record):
        raise errors.NOT_YOUR_CERTIFICATE()
    if record.revoked_ms:
        raise errors.CERTIFICATE_REVOKED()
    LIVE.delete(ctx, record.device)
    _end(ctx, message.fingerprint, message.reason)


def _may_revoke(ctx: Context, record: Certificate) -> bool:
    device = ctx.ask("accounts", interfaces.AccountOf(record.device))
    if ctx.sender == record.issuer or (device is not None and ctx.sender == device.owner):
        return True
    return not _is_active(ctx, record.issuer) and _is_certifier(ctx)


def _end(ctx: Context, fingerprint: bytes, reason: RevocationReason) -> None:
    record = present(CERTIFICATES.get(ctx, fingerprint), "a certificate that ends is on record")
    CERTIFICATES.put(ctx, fingerprint, value=replace(record, revoked_ms=ctx.block.time_ms, reason=reason))
    ctx.emit(CertificateRevoked(record.device, fingerprint, reason))


def _is_certifier(ctx: Context) -> bool:
    return ctx.sender in present(CERTIFICATION.get(ctx), "who certifies stands from genesis on").certifiers
