"""Certificates of a home's devices: applied for, issued, checked and revoked, each kept as a file in DER."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import NamedTuple

from ...onchain.contracts.credentials import (
    APPLICATIONS,
    CERTIFICATES,
    LIVE,
    Application,
    ApplyForCertificate,
    CertificatesOf,
    IssueCertificate,
    Live,
    RevocationReason,
    RevokeCertificate,
)
from ...onchain.ids import did
from ...privacy import write_private
from ...wallet import Wallet, certificates
from ...wallet.certificates import MAX_AUTHORITY_MS, OTHER_DEVICE, SERIAL_BYTES, Inspected
from ..network import Network
from .errors import NO_CERTIFICATE, NO_REQUEST, NOT_APPLIED, NOT_CERTIFIED, OTHER_REQUEST
from .issuing import payer_for

FOLDER = "certificates"
DAY_MS = 24 * 3_600_000
BEFORE_MS = 60_000
"""So long before now a certificate begins, for clocks that are behind."""


class Made(NamedTuple):
    """A certificate that was issued, and the files that hold it and its certifier's."""

    said: Inspected
    fingerprint: bytes
    certificate: bytes
    authority: bytes
    height: int


class Pair(NamedTuple):
    """A device's certificate, and that of its certifier by which it is checked."""

    certificate: bytes
    authority: bytes


async def apply(network: Network, device: Wallet) -> tuple[bytes, int]:
    """Has a device apply for a certificate of its key; gives its request, and the height at which it applied."""
    request = certificates.request(device.signer, device.account)
    write_private(_folder(network, device.name) / "request.der", request)
    message = ApplyForCertificate(certificates.fingerprint(request), device.public_key)
    sent = await network.client.send(device, message, payer=await payer_for(network, device))
    return request, sent.submitted.height


def kept_request(network: Network, device: bytes) -> bytes:
    """Gives the request of a device whose files lie here."""
    party = network.names().get(device)
    path = _folder(network, party or "nobody") / "request.der"
    if party is None or not path.exists():
        raise NO_REQUEST(did(device))
    return path.read_bytes()


async def issue(network: Network, certifier: Wallet, request: bytes, *, device: bytes, days: int) -> Made:
    """Issues the certificate that a device applied for, puts it on record, and gives it to the device if it is here."""
    wanted = certificates.read_request(request)
    if wanted.device != device:
        raise OTHER_DEVICE(f"the request is of {did(wanted.device)}")
    application: Application | None = (await network.client.prove(APPLICATIONS, wanted.device)).record
    if application is None:
        raise NOT_APPLIED(did(wanted.device))
    if (application.request, application.key) != (certificates.fingerprint(request), wanted.key):
        raise OTHER_REQUEST(did(wanted.device))
    begin_ms = (network.clock() - BEFORE_MS) // 1000 * 1000
    end_ms = begin_ms + days * DAY_MS
    authority = _authority(network, certifier, begin_ms=begin_ms, end_ms=end_ms)
    serial = secrets.token_bytes(SERIAL_BYTES)
    certificate = certificates.issue(
        request, certifier.signer, authority, serial=serial, not_before_ms=begin_ms, not_after_ms=end_ms
    )
    fingerprint = certificates.fingerprint(certificate)
    # Before it is on record: a certificate that is live and lost would be of no use.
    _keep(network, certifier.name, certificate, authority)
    message = IssueCertificate(wanted.device, serial, fingerprint, begin_ms, end_ms)
    sent = await network.client.send(certifier, message, payer=await payer_for(network, certifier))
    party = network.names().get(wanted.device)
    if party is not None:
        _keep(network, party, certificate, authority)
    said = certificates.inspect(certificate, authority)
    return Made(said, fingerprint, certificate, authority, sent.submitted.height)


async def check(network: Network, device: bytes, pair: Pair) -> Inspected:
    """Gives what a device's certificate says, once all that speaks for it was checked: the chain's record is proved."""
    shown = await network.client.prove(CERTIFICATES, certificates.fingerprint(pair.certificate))
    return certificates.check(
        pair.certificate, pair.authority, device=device, record=shown.record, now_ms=network.clock()
    )


async def revoke(network: Network, sender: Wallet, device: bytes, reason: RevocationReason) -> tuple[bytes, int]:
    """Revokes the certificate that a device has; gives its fingerprint and the height."""
    live: Live | None = (await network.client.prove(LIVE, device)).record
    if live is None:
        raise NOT_CERTIFIED(did(device))
    message = RevokeCertificate(live.fingerprint, reason)
    sent = await network.client.send(sender, message, payer=await payer_for(network, sender))
    return live.fingerprint, sent.submitted.height


async def kept_pair(network: Network, device: bytes) -> Pair:
    """Gives the last certificate that a device was issued, and its certifier's, where the device's files lie here."""
    party = network.names().get(device)
    listed = await network.client.pages(CertificatesOf(device))
    if not listed or party is None:
        raise NO_CERTIFICATE(did(device))
    fingerprint, _ = max(listed, key=lambda pair: pair[1].issued_ms)
    folder, name = _folder(network, party), fingerprint.hex()
    try:
        return Pair((folder / f"{name}.der").read_bytes(), (folder / f"{name}.authority.der").read_bytes())
    except FileNotFoundError:
        raise NO_CERTIFICATE(did(device)) from None


def _keep(network: Network, party: str, certificate: bytes, authority: bytes) -> None:
    folder, name = _folder(network, party), certificates.fingerprint(certificate).hex()
    write_private(folder / f"{name}.der", certificate)
    write_private(folder / f"{name}.authority.der", authority)


def _authority(network: Network, certifier: Wallet, *, begin_ms: int, end_ms: int) -> bytes:
    """Gives the certifier's own certificate; a new one where its key has changed, or the one it has ends too soon."""
    path = _folder(network, certifier.name) / "authority.der"
    if path.exists():
        own = path.read_bytes()
        said = certificates.inspect(own)
        if said.key == certifier.public_key and said.not_before_ms <= begin_ms and end_ms <= said.not_after_ms:
            return own
    made = certificates.authority(
        certifier.signer,
        certifier.account,
        serial=secrets.token_bytes(SERIAL_BYTES),
        not_before_ms=begin_ms,
        not_after_ms=begin_ms + MAX_AUTHORITY_MS,
    )
    write_private(path, made)
    return made


def _folder(network: Network, party: str) -> Path:
    return network.home.parties / party / FOLDER
