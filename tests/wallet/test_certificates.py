"""Certificates of devices: made by the profile, read only where they are by it, and checked with the chain's record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from homes import refuses
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from autochain.onchain.contracts.credentials import Certificate
from autochain.onchain.crypto import PublicKey, sha256
from autochain.onchain.ids import did
from autochain.onchain.refusals import Refusal
from autochain.privacy import signing
from autochain.wallet import certificates
from autochain.wallet.certificates import Inspected

DAY_MS = 86_400_000
NOW_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""
END_MS = NOW_MS + 365 * DAY_MS
DEVICE, CERTIFIER = b"a device of somebody", b"a certifier's account"[:20]
SERIAL = bytes(range(1, 17))
SUITES = [(1, 1), (1, 2), (2, 1), (2, 2)]
"""Of certifier and device."""


@dataclass
class Key:
    """A signer over a seed, and no key object of any library."""

    suite: int
    seed: bytes

    @property
    def public_key(self) -> PublicKey:
        return signing(self.suite).public_key(self.seed)

    def sign(self, message: bytes) -> bytes:
        return signing(self.suite).sign(self.seed, message)


class Made:
    """A device's certificate with all that it came from, and what the chain has of it."""

    def __init__(self, certifier: int = 1, device: int = 2) -> None:
        self.certifier, self.key = Key(certifier, sha256(b"certifier")), Key(device, sha256(b"device"))
        self.authority = certificates.authority(
            self.certifier, CERTIFIER, serial=SERIAL, not_before_ms=NOW_MS, not_after_ms=NOW_MS + 3_650 * DAY_MS
        )
        self.request = certificates.request(self.key, DEVICE)
        self.certificate = self.issued()

    def issued(self, *, not_before_ms: int = NOW_MS, not_after_ms: int = END_MS, serial: bytes = SERIAL) -> bytes:
        return certificates.issue(
            self.request,
            self.certifier,
            self.authority,
            serial=serial,
            not_before_ms=not_before_ms,
            not_after_ms=not_after_ms,
        )

    @property
    def record(self) -> Certificate:
        request, key = certificates.fingerprint(self.request), self.key.public_key
        return Certificate(DEVICE, CERTIFIER, SERIAL, request, key, NOW_MS, END_MS, issued_ms=NOW_MS)

    def check(
        self, certificate: bytes | None = None, *, device: bytes = DEVICE, now_ms: int = NOW_MS, **changes: Any
    ) -> Inspected:
        record = changes["record"] if "record" in changes else replace(self.record, **changes)
        return certificates.check(
            certificate or self.certificate, self.authority, device=device, record=record, now_ms=now_ms
        )


MADE = Made()


@pytest.mark.parametrize(("certifier", "device"), SUITES)
def test_a_certificate_says_what_was_asked_and_holds(certifier: int, device: int) -> None:
    made = Made(certifier, device)
    assert certificates.read_request(made.request) == (DEVICE, made.key.public_key)
    expected = Inspected(
        DEVICE,
        CERTIFIER,
        SERIAL,
        made.key.public_key,
        NOW_MS,
        END_MS,
        is_authority=False,
        authority_key=made.certifier.public_key,
    )
    assert certificates.inspect(made.certificate, made.authority) == expected
    assert made.check() == made.check(now_ms=END_MS - 1) == expected
    assert certificates.fingerprint(made.certificate) == sha256(made.certificate)


@pytest.mark.parametrize(("certifier", "device"), SUITES)
def test_another_reader_finds_in_it_what_the_profile_promises(certifier: int, device: int) -> None:
    made = Made(certifier, device)
    own, found = (x509.load_der_x509_certificate(data) for data in (made.authority, made.certificate))
    found.verify_directly_issued_by(own)
    own.verify_directly_issued_by(own)
    assert found.version == x509.Version.v3
    assert found.serial_number == int.from_bytes(SERIAL, "big")
    assert found.subject.rfc4514_string() == f"CN={did(DEVICE)}"
    assert found.issuer == own.subject
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [did(DEVICE)]
    for certificate, is_authority in ((own, True), (found, False)):
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
        assert constraints.critical
        assert (constraints.value.ca, constraints.value.path_length) == (is_authority, 0 if is_authority else None)
        assert usage.critical
        assert (usage.value.key_cert_sign, usage.value.digital_signature) == (is_authority, not is_authority)
        assert not (usage.value.crl_sign or usage.value.key_agreement or usage.value.key_encipherment)
    assert max(len(made.authority), len(made.certificate), len(made.request)) < 600


def test_a_certificate_counts_from_its_beginning_and_before_its_end() -> None:
    with refuses(certificates.NOT_YET_VALID):
        MADE.check(now_ms=NOW_MS - 1)
    with refuses(certificates.EXPIRED):
        MADE.check(now_ms=END_MS)


def test_a_certificate_counts_for_its_own_device_only() -> None:
    with refuses(certificates.OTHER_DEVICE):
        MADE.check(device=bytes(20))
    with refuses(certificates.OTHER_DEVICE):
        MADE.check(record=replace(MADE.record, device=bytes(20)))


@pytest.mark.parametrize(
    "changes",
    [
        {"record": None},
        {"issuer": bytes(20)},
        {"serial": bytes(16)},
        {"key": PublicKey(1, bytes(32))},
        {"not_before_ms": NOW_MS + 1},
        {"not_after_ms": END_MS + 1},
    ],
)
def test_a_certificate_counts_only_as_the_chain_has_it_on_record(changes: dict[str, Any]) -> None:
    with refuses(certificates.UNKNOWN):
        MADE.check(**changes)


def test_a_revoked_certificate_counts_no_more() -> None:
    with refuses(certificates.REVOKED):
        MADE.check(revoked_ms=1, reason="key_compromise")


def test_a_certificate_by_anybody_else_is_forged() -> None:
    other = Made()
    other.certifier = Key(1, sha256(b"somebody else"))
    other.authority = certificates.authority(
        other.certifier, CERTIFIER, serial=SERIAL, not_before_ms=NOW_MS, not_after_ms=END_MS
    )
    # It names the same certifier; only the key is another one.
    with refuses(certificates.NOT_TO_PROFILE):
        MADE.check(other.issued())
    spoilt = MADE.certificate[:-1] + bytes([MADE.certificate[-1] ^ 1])
    with refuses(certificates.FORGED):
        MADE.check(spoilt)
    with refuses(certificates.FORGED):
        certificates.inspect(MADE.authority[:-1] + bytes([MADE.authority[-1] ^ 1]))
    for request in (Made(1, 1).request, Made(1, 2).request):
        with refuses(certificates.FORGED):
            certificates.read_request(request[:-1] + bytes([request[-1] ^ 1]))


def test_a_certifier_issues_with_the_key_of_its_own_certificate_only() -> None:
    made = Made()
    made.certifier = Key(1, sha256(b"somebody else"))
    with refuses(certificates.FORGED):
        made.issued()


def test_a_devices_certificate_certifies_nobody() -> None:
    made = Made()
    made.certifier, made.authority = made.key, made.certificate
    with refuses(certificates.NOT_TO_PROFILE):
        made.issued()
    with refuses(certificates.NOT_TO_PROFILE):
        made.check()
    with refuses(certificates.NOT_TO_PROFILE):
        certificates.inspect(MADE.authority, MADE.authority)


@pytest.mark.parametrize(
    ("not_before_ms", "not_after_ms"),
    [
        (NOW_MS, NOW_MS + 731 * DAY_MS),
        (NOW_MS, NOW_MS),
        (NOW_MS + 1, END_MS),
        (NOW_MS - 1_000, END_MS),
        (NOW_MS + 3_649 * DAY_MS, NOW_MS + 3_651 * DAY_MS),
    ],
)
def test_a_certificate_lasts_two_years_at_most_within_its_certifiers(not_before_ms: int, not_after_ms: int) -> None:
    MADE.issued(not_after_ms=NOW_MS + 730 * DAY_MS)
    with refuses(certificates.UNFIT_TIME):
        MADE.issued(not_before_ms=not_before_ms, not_after_ms=not_after_ms)


def test_a_serial_number_is_sixteen_bytes() -> None:
    for serial in (bytes(16), SERIAL[:15], SERIAL + b"1"):
        with refuses(certificates.NOT_TO_PROFILE):
            MADE.issued(serial=serial)
    for serial in (bytes(15) + b"1", b"\xff" * 16):
        assert certificates.inspect(MADE.issued(serial=serial), MADE.authority).serial == serial


@pytest.mark.parametrize("suite", [3, 4, 5])
def test_other_kinds_of_keys_have_no_certificate(suite: int) -> None:
    key = Key(1, sha256(b"device"))

    class Other(Key):
        @property
        def public_key(self) -> PublicKey:
            return PublicKey(suite, key.public_key.data)

    with refuses(certificates.UNFIT_KEY):
        certificates.request(Other(suite, key.seed), DEVICE)


def test_what_is_too_long_or_no_der_at_all_is_refused_before_it_is_read() -> None:
    for read in (certificates.read_request, certificates.inspect):
        with refuses(certificates.TOO_LONG):
            read(bytes(certificates.MAX_BYTES + 1))
        for data in (b"", bytes(certificates.MAX_BYTES), b"-----BEGIN CERTIFICATE-----"):
            with refuses(certificates.NOT_READABLE):
                read(data)
    with refuses(certificates.NOT_READABLE):
        certificates.inspect(MADE.certificate + b"\x00", MADE.authority)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AUTHORITY_KEY = ed25519.Ed25519PrivateKey.from_private_bytes(MADE.certifier.seed)


def by_hand(**changes: Any) -> bytes:
    """Makes a certificate as the profile has it but for these changes, rightly signed by the certifier's key."""
    public = changes.get("key", ec.derive_private_key(5, ec.SECP256R1()).public_key())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, changes.get("subject", did(DEVICE)))])
    usage = dict.fromkeys(
        (
            "key_cert_sign",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    extensions: dict[str, tuple[x509.ExtensionType | None, bool]] = {
        "constraints": (x509.BasicConstraints(ca=False, path_length=None), True),
        "usage": (x509.KeyUsage(digital_signature=True, **usage), True),
        "names": (x509.SubjectAlternativeName([x509.UniformResourceIdentifier(did(DEVICE))]), False),
        "own": (x509.SubjectKeyIdentifier.from_public_key(public), False),
        "authority": (x509.AuthorityKeyIdentifier.from_issuer_public_key(_AUTHORITY_KEY.public_key()), False),
        **changes.get("extensions", {}),
    }
    builder = (
        x509.CertificateBuilder()
        .subject_name(changes.get("names", name))
        .issuer_name(x509.load_der_x509_certificate(MADE.authority).subject)
        .serial_number(changes.get("serial", 7))
        .public_key(public)
        .not_valid_before(_EPOCH + timedelta(milliseconds=NOW_MS))
        .not_valid_after(_EPOCH + timedelta(milliseconds=changes.get("end_ms", END_MS)))
    )
    for value, critical in extensions.values():
        builder = builder if value is None else builder.add_extension(value, critical=critical)
    return builder.sign(changes.get("signer", _AUTHORITY_KEY), changes.get("hash")).public_bytes(Encoding.DER)


def test_a_certificate_made_by_hand_by_the_profile_is_read() -> None:
    said = certificates.inspect(by_hand(), MADE.authority)
    assert (said.subject, said.serial, said.not_after_ms) == (DEVICE, bytes(15) + b"\x07", END_MS)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"extensions": {"constraints": (None, True)}}, id="no constraints"),
        pytest.param({"extensions": {"constraints": (x509.BasicConstraints(False, None), False)}}, id="not critical"),
        pytest.param({"extensions": {"constraints": (x509.BasicConstraints(True, 0), True)}}, id="an authority"),
        pytest.param({"extensions": {"usage": (None, True)}}, id="no key usage"),
        pytest.param({"extensions": {"names": (None, True)}}, id="no DID among the names"),
        pytest.param(
            {"extensions": {"names": (x509.SubjectAlternativeName([x509.DNSName("a.example")]), False)}}, id="a host"
        ),
        pytest.param(
            {
                "extensions": {
                    "names": (x509.SubjectAlternativeName([x509.UniformResourceIdentifier(did(bytes(20)))]), False)
                }
            },
            id="two DIDs",
        ),
        pytest.param({"extensions": {"own": (None, False)}}, id="no key identifier"),
        pytest.param({"extensions": {"more": (x509.OCSPNoCheck(), False)}}, id="one more extension"),
        pytest.param({"extensions": {"more": (x509.InhibitAnyPolicy(0), True)}}, id="one more that is critical"),
        pytest.param({"subject": "a car"}, id="no DID"),
        pytest.param({"subject": did(DEVICE).upper()}, id="no DID in small letters"),
        pytest.param({"names": x509.Name([])}, id="no name"),
        pytest.param(
            {
                "names": x509.Name(
                    [
                        x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
                        x509.NameAttribute(NameOID.COMMON_NAME, did(DEVICE)),
                    ]
                )
            },
            id="more of a name",
        ),
        pytest.param({"serial": 1 << 128}, id="a long serial number"),
        pytest.param({"end_ms": NOW_MS + 731 * DAY_MS}, id="too long a time"),
        pytest.param({"key": ec.derive_private_key(5, ec.SECP384R1()).public_key()}, id="another curve"),
        pytest.param({"key": rsa.generate_private_key(65537, 2048).public_key()}, id="an RSA key"),
        pytest.param(
            {"signer": ec.derive_private_key(5, ec.SECP256R1()), "hash": SHA256()}, id="another kind of signature"
        ),
    ],
)
def test_a_certificate_that_is_not_by_the_profile_is_refused_though_it_is_rightly_signed(
    changes: dict[str, Any],
) -> None:
    with refuses(certificates.NOT_TO_PROFILE):
        certificates.inspect(by_hand(**changes), MADE.authority)


def test_a_request_that_is_not_by_the_profile_is_refused() -> None:
    private = ec.derive_private_key(5, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, did(DEVICE))])
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(did(DEVICE))])
    bare = x509.CertificateSigningRequestBuilder(name)
    right = bare.add_extension(names, critical=False)
    for builder, algorithm in (
        (bare, SHA256()),
        (right, SHA384()),
        (right.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True), SHA256()),
    ):
        with refuses(certificates.NOT_TO_PROFILE):
            certificates.read_request(builder.sign(private, algorithm).public_bytes(Encoding.DER))
    made = right.sign(private, SHA256()).public_bytes(Encoding.DER)
    assert certificates.read_request(made).device == DEVICE


@settings(max_examples=400)
@given(data=st.data())
def test_bytes_that_were_changed_anywhere_are_refused_by_number(data: st.DataObject) -> None:
    whole, read = data.draw(
        st.sampled_from(
            [
                (MADE.certificate, lambda changed: certificates.inspect(changed, MADE.authority)),
                (MADE.authority, certificates.inspect),
                (MADE.request, certificates.read_request),
            ]
        )
    )
    at = data.draw(st.integers(0, len(whole) - 1))
    put = data.draw(st.binary(max_size=3))
    cut = data.draw(st.integers(0, 3))
    changed = whole[:at] + put + whole[at + cut :]
    if changed == whole:
        return
    with pytest.raises(Refusal) as caught:
        read(changed)
    assert caught.value.codespace == "certificates"
