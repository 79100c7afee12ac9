"""HPKE as RFC 9180 says it: held against an implementation written from its text, which its own vectors hold."""

from __future__ import annotations

import hmac
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from homes import refuses
from hypothesis import given
from hypothesis import strategies as st

from autochain.privacy import hpke
from autochain.privacy.hpke import BAD_ENCRYPTION_KEY, NOT_OPENED, OVERHEAD_BYTES

KEM = b"KEM" + (0x0020).to_bytes(2, "big")
AES_128_GCM, AES_256_GCM = (1, 16), (2, 32)
"""Number of the AEAD in the registry, and length of its key."""
SECRETS = st.binary(max_size=200)
SEEDS = st.binary(min_size=32, max_size=32)


def labeled_extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + material, sha256)


def labeled_expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    assert length <= 32, "one block of HKDF-Expand is enough here"
    return hmac.digest(key, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info + b"\x01", sha256)[:length]


def shared_secret(own: bytes, *, other: bytes, enc: bytes, receiver: bytes) -> bytes:
    """Section 4.1: what both ends of DHKEM agree on."""
    agreed = X25519PrivateKey.from_private_bytes(own).exchange(X25519PublicKey.from_public_bytes(other))
    key = labeled_extract(KEM, b"", b"eae_prk", agreed)
    return labeled_expand(KEM, key, b"shared_secret", enc + receiver, 32)


def key_and_nonce(secret: bytes, info: bytes, aead: tuple[int, int]) -> tuple[bytes, bytes]:
    """Section 5.1: the key schedule in base mode, with HKDF-SHA256."""
    number, key_bytes = aead
    suite = b"HPKE" + (0x0020).to_bytes(2, "big") + (0x0001).to_bytes(2, "big") + number.to_bytes(2, "big")
    context = (
        b"\x00" + labeled_extract(suite, b"", b"psk_id_hash", b"") + labeled_extract(suite, b"", b"info_hash", info)
    )
    key = labeled_extract(suite, secret, b"secret", b"")
    return (
        labeled_expand(suite, key, b"key", context, key_bytes),
        labeled_expand(suite, key, b"base_nonce", context, 12),
    )


def seal(public: bytes, plain: bytes, *, info: bytes, ephemeral: bytes) -> bytes:
    enc = hpke.public_key(ephemeral)
    secret = shared_secret(ephemeral, other=public, enc=enc, receiver=public)
    key, nonce = key_and_nonce(secret, info, AES_256_GCM)
    return enc + AESGCM(key).encrypt(nonce, plain, b"")


def unseal(private: bytes, sealed: bytes, *, info: bytes) -> bytes:
    enc, cipher = sealed[:32], sealed[32:]
    secret = shared_secret(private, other=enc, enc=enc, receiver=hpke.public_key(private))
    key, nonce = key_and_nonce(secret, info, AES_256_GCM)
    return AESGCM(key).decrypt(nonce, cipher, b"")


def test_the_implementation_it_is_held_against_gives_the_values_of_rfc_9180() -> None:
    """Appendix A.1.1, base mode; the appendix has X25519 with AES-128-GCM, which differs in the AEAD alone."""
    ephemeral = bytes.fromhex("52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736")
    enc = bytes.fromhex("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431")
    private = bytes.fromhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
    public = bytes.fromhex("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d")
    assert hpke.public_key(ephemeral) == enc
    assert hpke.public_key(private) == public
    secret = shared_secret(private, other=enc, enc=enc, receiver=public)
    assert secret.hex() == "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc"
    assert secret == shared_secret(ephemeral, other=public, enc=enc, receiver=public)
    key, nonce = key_and_nonce(secret, bytes.fromhex("4f6465206f6e2061204772656369616e2055726e"), AES_128_GCM)
    assert key.hex() == "4531685d41d65f03dc48f6b8302c05b0"
    assert nonce.hex() == "56d890e5accaaf011cff4b7d"
    sealed = AESGCM(key).encrypt(nonce, b"Beauty is truth, truth beauty", b"Count-0")
    assert sealed.hex() == (
        "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"
    )


@given(private=SEEDS, secret=SECRETS, info=SECRETS)
def test_what_it_seals_opens_by_the_rfc(private: bytes, secret: bytes, info: bytes) -> None:
    sealed = hpke.seal(hpke.public_key(private), secret, info=info)
    assert len(sealed) == len(secret) + OVERHEAD_BYTES
    assert unseal(private, sealed, info=info) == secret


@given(private=SEEDS, ephemeral=SEEDS, secret=SECRETS, info=SECRETS)
def test_what_is_sealed_by_the_rfc_it_opens(private: bytes, ephemeral: bytes, secret: bytes, info: bytes) -> None:
    sealed = seal(hpke.public_key(private), secret, info=info, ephemeral=ephemeral)
    assert hpke.unseal(private, sealed, info=info) == secret


@given(data=st.data())
def test_what_was_changed_does_not_open(data: st.DataObject) -> None:
    private = bytes(range(32))
    sealed = hpke.seal(hpke.public_key(private), b"a key", info=b"what for")
    at = data.draw(st.integers(0, len(sealed) - 1))
    # X25519 leaves the last bit of a public key out.
    bit = data.draw(st.integers(0, 6 if at == 31 else 7))
    changed = sealed[:at] + bytes([sealed[at] ^ 1 << bit]) + sealed[at + 1 :]
    with refuses(NOT_OPENED):
        hpke.unseal(private, changed, info=b"what for")
    with refuses(NOT_OPENED):
        hpke.unseal(private, sealed[:at], info=b"what for")


def test_another_key_and_another_purpose_do_not_open_it() -> None:
    private = bytes(range(32))
    sealed = hpke.seal(hpke.public_key(private), b"a key", info=b"what for")
    with refuses(NOT_OPENED):
        hpke.unseal(bytes(32), sealed, info=b"what for")
    with refuses(NOT_OPENED):
        hpke.unseal(private, sealed, info=b"what else for")
    assert hpke.unseal(private, sealed, info=b"what for") == b"a key"


def test_the_same_secret_is_never_sealed_to_the_same_bytes() -> None:
    public = hpke.public_key(bytes(32))
    assert len({hpke.seal(public, b"a key", info=b"") for _ in range(20)}) == 20


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(33), bytes(32)], ids=["none", "short", "long", "zero"])
def test_nothing_is_sealed_to_what_is_no_key(public: bytes) -> None:
    with refuses(BAD_ENCRYPTION_KEY):
        hpke.seal(public, b"a key", info=b"")
