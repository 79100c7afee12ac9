"""Both ciphers seal and open, tell of any change, and are what their names say."""

from __future__ import annotations

import hashlib
from typing import get_args

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from homes import refuses
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from oracles.suites import VECTORS, records

from autochain.onchain.crypto import sha256
from autochain.vault import Cipher, Manifest, open_part, seal_part
from autochain.vault.ciphers import TAG_BYTES, decrypt, encrypt
from autochain.vault.errors import TAMPERED

RECORDING = bytes(range(20))
CIPHERS: tuple[Cipher, ...] = get_args(Cipher)
KEY, NONCE = bytes(range(32)), bytes(12)


@pytest.mark.parametrize("cipher", CIPHERS)
@given(plain=st.binary(max_size=100), about=st.binary(max_size=40), at=st.integers(0), bit=st.integers(0, 7))
def test_what_is_sealed_opens_and_any_change_is_found(
    cipher: Cipher, plain: bytes, about: bytes, at: int, bit: int
) -> None:
    sealed = encrypt(cipher, KEY, NONCE, plain, about)
    assert len(sealed) == len(plain) + TAG_BYTES
    assert decrypt(cipher, KEY, NONCE, sealed, about) == plain
    bent = bytearray(sealed)
    bent[at % len(sealed)] ^= 1 << bit
    for changed in (
        (KEY, NONCE, bytes(bent), about),
        (KEY[::-1], NONCE, sealed, about),
        (KEY, bytes([1]) * 12, sealed, about),
        (KEY, NONCE, sealed, about + b"."),
        (KEY, NONCE, sealed[: at % len(sealed)], about),
    ):
        with pytest.raises(InvalidTag):
            decrypt(cipher, *changed)


def test_sm4_gcm_is_that_of_rfc_8998_under_a_key_that_comes_of_the_parts_key() -> None:
    (case,) = records(
        (VECTORS / "ciphers" / "SM4" / "rfc8998.txt").read_text("utf-8").split("# SM4 CCM")[0], begin="COUNT"
    )
    known = {name: bytes.fromhex(value) for name, value in case.items() if name != "COUNT"}
    assert sm4_gcm(known["KEY"], known["IV"], known["PLAINTEXT"], known["AAD"]) == known["CIPHERTEXT"] + known["TAG"]
    derived = hashlib.sha256(b"autochain/sm4-part-key\0" + len(KEY).to_bytes(4, "big") + KEY).digest()[:16]
    assert encrypt("SM4-GCM", KEY, NONCE, b"plain", b"about") == sm4_gcm(derived, NONCE, b"plain", b"about")


def sm4_gcm(key: bytes, nonce: bytes, plain: bytes, about: bytes) -> bytes:
    encryptor = BlockCipher(SM4(key), GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(about)
    return encryptor.update(plain) + encryptor.finalize() + encryptor.tag


@pytest.mark.parametrize("cipher", CIPHERS)
def test_a_part_names_its_cipher_and_opens_with_no_other(cipher: Cipher) -> None:
    part, key, chunks = seal_part(b"readings", recording=RECORDING, category="motion", precision="exact", cipher=cipher)
    objects = {sha256(chunk): chunk for chunk in chunks}
    assert part.cipher == cipher
    assert open_part(part, key, recording=RECORDING, get=objects.__getitem__) == b"readings"
    (other,) = set(CIPHERS) - {cipher}
    swapped = replace(part, cipher=other)
    with refuses(TAMPERED):
        open_part(swapped, key, recording=RECORDING, get=objects.__getitem__)
    assert Manifest(RECORDING, (part,)).root != Manifest(RECORDING, (swapped,)).root
