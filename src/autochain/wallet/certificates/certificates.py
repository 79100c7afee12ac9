"""Applying for a device's certificate, issuing it, and checking it against the chain's record of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from ...onchain.contracts.credentials import Certificate
from ...onchain.crypto import PublicKey, sha256
from ...onchain.refusals import Refusal
from .. import Signer
from . import profile
from .errors import (
    EXPIRED,
    FORGED,
    NOT_READABLE,
    NOT_TO_PROFILE,
    NOT_YET_VALID,
    OTHER_DEVICE,
    REVOKED,
    TOO_LONG,
    UNFIT_TIME,
    UNKNOWN,
)
from .library_keys import own_key
from .profile import Inspected, Requested

MAX_BYTES = 16_384
"""How long a request or a certificate in DER may be."""
_READING = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises on bytes that it can't read."""

T = TypeVar("T")


def fingerprint(certificate: bytes) -> bytes:
    """Gives the name under which the chain holds a certificate, or a request: SHA-256 of its DER."""
    return sha256(certificate)


def request(signer: Signer, device: bytes) -> bytes:
    """Makes a device's certificate signing request over a key of its own, in DER."""
    return profile.build_request(signer, device).public_bytes(Encoding.DER)


def read_request(data: bytes) -> Requested:
    """Gives what a request asks for; refuses one that is not by the profile, or not signed with the key it names."""
    found = _parsed(data, x509.load_der_x509_csr)
    said = _by_profile(lambda: Requested(profile.read_name(found.subject), own_key(found.public_key())))
    rebuilt = profile.build_request(_Blank(said.key), said.device)
    if (rebuilt.tbs_certrequest_bytes, rebuilt.signature_algorithm_oid) != (
        found.tbs_certrequest_bytes,
        found.signature_algorithm_oid,
    ):
        raise NOT_TO_PROFILE()
    if not _by_profile(lambda: found.is_signature_valid):
        raise FORGED("the request")
    return said


def authority(certifier: Signer, account: bytes, *, serial: bytes, not_before_ms: int, not_after_ms: int) -> bytes:
    """Makes a certifier's own certificate, by which those that it issues are checked, in DER."""
    key = certifier.public_key
    said = Inspected(account, account, serial, key, not_before_ms, not_after_ms, is_authority=True, authority_key=key)
    return profile.build(said, certifier).public_bytes(Encoding.DER)


def issue(
    asked: bytes,
    certifier: Signer,
    authority_certificate: bytes,
    *,
    serial: bytes,
    not_before_ms: int,
    not_after_ms: int,
) -> bytes:
    """Makes the certificate that a request asks for, in DER; the certifier's key is that of its own certificate.

    Times are whole seconds; `serial` is 16 bytes drawn at random.
    """
    wanted, own = read_request(asked), inspect(authority_certificate)
    if not own.is_authority or own.key != certifier.public_key:
        raise FORGED("the certifier has another key than its certificate")
    if not own.not_before_ms <= not_before_ms < not_after_ms <= own.not_after_ms:
        raise UNFIT_TIME()
    said = Inspected(
        wanted.device,
        own.subject,
        serial,
        wanted.key,
        not_before_ms,
        not_after_ms,
        is_authority=False,
        authority_key=own.key,
    )
    return profile.build(said, certifier).public_bytes(Encoding.DER)


def inspect(certificate: bytes, authority_certificate: bytes | None = None) -> Inspected:
    """Gives what a certificate says; refuses one that is not by the profile, or not signed by its authority's key.

    A certifier's own certificate needs no other: it is signed by its own key.
    """
    own = None if authority_certificate is None else inspect(authority_certificate)
    if own is not None and not own.is_authority:
        raise FORGED("the other one is no certifier's")
    found = _parsed(certificate, x509.load_der_x509_certificate)
    said = _by_profile(lambda: profile.read(found, own.key if own else None))
    if said.is_authority != (own is None):
        raise NOT_TO_PROFILE("a device's certificate is read with its certifier's, and a certifier's alone")
    if said.issuer != (own.subject if own else said.subject):
        raise FORGED("by another issuer")
    rebuilt = _by_profile(lambda: profile.build(said, _Blank(said.authority_key)))
    if rebuilt.tbs_certificate_bytes != found.tbs_certificate_bytes:
        raise NOT_TO_PROFILE()
    try:
        found.verify_directly_issued_by(_parsed(authority_certificate or certificate, x509.load_der_x509_certificate))
    except (InvalidSignature, ValueError, TypeError):
        raise FORGED() from None
    return said


def check(
    certificate: bytes, authority_certificate: bytes, *, device: bytes, record: Certificate | None, now_ms: int
) -> Inspected:
    """Gives what a device's certificate says; refuses, with the reason, one on which nobody should rely.

    `record` is what the chain has of this `fingerprint`, `device` who shows it, `now_ms` the time on which it counts.
    """
    said = inspect(certificate, authority_certificate)
    if said.subject != device:
        raise OTHER_DEVICE()
    if now_ms < said.not_before_ms:
        raise NOT_YET_VALID()
    if now_ms >= said.not_after_ms:
        raise EXPIRED()
    if record is None:
        raise UNKNOWN()
    if record.device != device:
        raise OTHER_DEVICE("on record")
    if (record.issuer, record.serial, record.key) != (said.issuer, said.serial, said.key):
        raise UNKNOWN("the record is of another one")
    if (record.not_before_ms, record.not_after_ms) != (said.not_before_ms, said.not_after_ms):
        raise UNKNOWN("the record is of another time")
    if record.revoked_ms:
        raise REVOKED(record.reason)
    return said


class _Blank:
    """Stands for a signer where only what would be signed matters."""

    def __init__(self, key: PublicKey) -> None:
        self.public_key = key
        self.suite = key.suite

    def sign(self, message: bytes) -> bytes:
        return b"\x01" * 64


def _parsed(data: bytes, load: Callable[[bytes], T]) -> T:
    if len(data) > MAX_BYTES:
        raise TOO_LONG(f"{len(data)} of {MAX_BYTES} bytes")
    try:
        return load(data)
    except _READING as error:
        raise NOT_READABLE(str(error)[:100]) from None


def _by_profile(read: Callable[[], T]) -> T:
    """Reads further into something that could be parsed."""
    try:
        return read()
    except Refusal as refusal:
        raise NOT_TO_PROFILE(str(refusal)) from None
    except _READING as error:
        raise NOT_TO_PROFILE(str(error)[:100]) from None
