"""The profile: all bytes that are signed follow from what is said here, so that any others are not by the profile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.x509.oid import NameOID

from ...onchain.contracts.credentials import MAX_VALIDITY_MS
from ...onchain.crypto import PublicKey
from ...onchain.ids import did, from_did
from .. import Signer
from .errors import NOT_TO_PROFILE, UNFIT_TIME
from .library_keys import hash_algorithm, library_key, own_key, signing_key

SERIAL_BYTES = 16
SECOND_MS = 1_000
MAX_DEVICE_MS = MAX_VALIDITY_MS
MAX_AUTHORITY_MS = 3_650 * 86_400_000
"""How long the certificate of a certifier is valid at most."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Requested(NamedTuple):
    """What a certificate signing request says: whose certificate is asked for, and of which key."""

    device: bytes
    key: PublicKey


class Inspected(NamedTuple):
    """All that a certificate says."""

    subject: bytes
    """The account that it is of."""
    issuer: bytes
    """The account of the certifier."""
    serial: bytes
    key: PublicKey
    not_before_ms: int
    not_after_ms: int
    is_authority: bool
    """Whether it is a certifier's own, by which those of devices are checked."""
    authority_key: PublicKey
    """The key by which it is to be checked."""


def build_request(signer: Signer, device: bytes) -> x509.CertificateSigningRequest:
    """Makes a signing request (PKCS #10) over a device's key."""
    builder = x509.CertificateSigningRequestBuilder(_name(device)).add_extension(_alternative(device), critical=False)
    return builder.sign(signing_key(signer), hash_algorithm(signer.public_key))


def build(said: Inspected, signer: Signer) -> x509.Certificate:
    """Makes the certificate that says this, signed by the authority's key."""
    longest_ms = MAX_AUTHORITY_MS if said.is_authority else MAX_DEVICE_MS
    if not 0 < said.not_after_ms - said.not_before_ms <= longest_ms:
        raise UNFIT_TIME()
    public, authority = library_key(said.key), library_key(said.authority_key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(said.subject))
        .issuer_name(_name(said.issuer))
        .serial_number(_number(said.serial))
        .public_key(public)
        .not_valid_before(_date(said.not_before_ms))
        .not_valid_after(_date(said.not_after_ms))
        .add_extension(
            x509.BasicConstraints(ca=said.is_authority, path_length=0 if said.is_authority else None), critical=True
        )
        .add_extension(_key_usage(is_authority=said.is_authority), critical=True)
        .add_extension(_alternative(said.subject), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority), critical=False)
    )
    return builder.sign(signing_key(signer), hash_algorithm(said.authority_key))


def read(certificate: x509.Certificate, authority_key: PublicKey | None) -> Inspected:
    """Gives what a certificate says; its own key is the authority's where none is given."""
    key = own_key(certificate.public_key())
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    return Inspected(
        subject=_account(certificate.subject),
        issuer=_account(certificate.issuer),
        serial=_serial(certificate.serial_number),
        key=key,
        not_before_ms=_time_ms(certificate.not_valid_before_utc),
        not_after_ms=_time_ms(certificate.not_valid_after_utc),
        is_authority=constraints.ca,
        authority_key=authority_key or key,
    )


def read_name(name: x509.Name) -> bytes:
    """Gives the account that a subject's or issuer's name names."""
    return _account(name)


def _name(account: bytes) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, did(account))])


def _account(name: x509.Name) -> bytes:
    said = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(said) != 1 or not isinstance(said[0].value, str):
        raise NOT_TO_PROFILE("a name that is no DID")
    return from_did(said[0].value)


def _alternative(account: bytes) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.UniformResourceIdentifier(did(account))])


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _number(serial: bytes) -> int:
    number = int.from_bytes(serial, "big")
    if len(serial) != SERIAL_BYTES or not number:
        raise NOT_TO_PROFILE(f"a serial number is {SERIAL_BYTES} bytes drawn at random")
    return number


def _serial(number: int) -> bytes:
    if not 0 < number < 1 << 8 * SERIAL_BYTES:
        raise NOT_TO_PROFILE(f"a serial number is {SERIAL_BYTES} bytes drawn at random")
    return number.to_bytes(SERIAL_BYTES, "big")


def _date(time_ms: int) -> datetime:
    if time_ms % SECOND_MS:
        raise UNFIT_TIME("X.509 has whole seconds")
    return _EPOCH + timedelta(milliseconds=time_ms)


def _time_ms(date: datetime) -> int:
    return (date - _EPOCH) // timedelta(milliseconds=1)
