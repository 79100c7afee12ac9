"""A part is sealed in chunks and opens whole, with its own key, in its own place, or not at all."""

from __future__ import annotations

from typing import get_args

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from homes import refuses
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from autochain.onchain.codec import encode
from autochain.onchain.contracts.recording import Category, Precision
from autochain.onchain.crypto import sha256
from autochain.onchain.refusals import Reason
from autochain.vault import Manifest, SealedPart, errors, open_part, seal_part
from autochain.vault.errors import NO_PART, TAMPERED, WRONG_KEY
from autochain.vault.manifest import CHUNK_BYTES

RECORDING = bytes(range(20))
OTHER_RECORDING = bytes(20)
TAG_BYTES = 16
NEAR_CHUNKS = st.builds(
    lambda chunks, beside: max(0, chunks * CHUNK_BYTES + beside), st.integers(0, 3), st.integers(-2, 2)
)


class Sealed:
    """A part that was sealed, and where its chunks lie."""

    def __init__(self, plain: bytes, *, recording: bytes = RECORDING, category: Category = "motion") -> None:
        self.plain = plain
        self.recording = recording
        self.part, self.key, self.chunks = seal_part(plain, recording=recording, category=category, precision="exact")
        self.objects = {sha256(chunk): chunk for chunk in self.chunks}

    def open(self, part: SealedPart | None = None, *, recording: bytes = RECORDING) -> bytes:
        return open_part(part or self.part, self.key, recording=recording, get=self.objects.__getitem__)


def test_a_part_of_any_size_opens_to_what_was_sealed() -> None:
    @settings(max_examples=25, deadline=None)
    @given(size=st.one_of(NEAR_CHUNKS, st.integers(0, 300)), seed=st.binary(min_size=32, max_size=32))
    def opens(size: int, seed: bytes) -> None:
        plain = (seed * (size // 32 + 1))[:size]
        sealed = Sealed(plain)
        assert sealed.open() == plain
        assert sealed.part.size_bytes == size
        assert len(sealed.chunks) == max(1, -(-size // CHUNK_BYTES))
        assert [len(chunk) for chunk in sealed.chunks[:-1]] == [CHUNK_BYTES + TAG_BYTES] * (len(sealed.chunks) - 1)
        assert sum(map(len, sealed.chunks)) == size + TAG_BYTES * len(sealed.chunks)

    opens()


def test_no_piece_of_a_part_stands_in_its_chunks() -> None:
    plain = b"Vehicle.CurrentLocation.Latitude" * 50_000
    sealed = Sealed(plain)
    assert not any(plain[:8] in chunk or plain[at : at + 8] in chunk for chunk in sealed.chunks for at in (1, 9, 17))


def test_no_two_chunks_are_encrypted_alike() -> None:
    """Under one nonce twice, AES-GCM would tell what the difference of two chunks is."""
    sealed = Sealed(bytes(3 * CHUNK_BYTES))
    beginnings = {chunk[:16] for chunk in sealed.chunks}
    assert len(beginnings) == 3


def test_a_chunk_is_aes_256_gcm_under_its_number_and_its_place() -> None:
    """Who has only the description of the format can open a part."""
    sealed = Sealed(b"x" * (CHUNK_BYTES + 10))
    for index, chunk in enumerate(sealed.chunks):
        digest = sha256_of(b"autochain/chunk\x00", RECORDING, b"motion", b"exact", index.to_bytes(4, "big"))
        plain = AESGCM(sealed.key).decrypt(index.to_bytes(12, "big"), chunk, digest)
        assert plain == b"x" * (CHUNK_BYTES if index == 0 else 10)
    assert sealed.part.key_hash == sha256_of(b"autochain/part-key\x00", sealed.key)


def sha256_of(domain: bytes, *parts: bytes) -> bytes:
    return sha256(domain + b"".join(len(part).to_bytes(4, "big") + part for part in parts))


def test_the_same_part_is_never_sealed_alike() -> None:
    first, second = Sealed(b"the same"), Sealed(b"the same")
    assert first.key != second.key
    assert first.chunks != second.chunks
    assert first.part.key_hash != second.part.key_hash


@given(at=st.integers(0, 2 * CHUNK_BYTES + 10), bit=st.integers(0, 7))
@settings(max_examples=15, deadline=None)
def test_a_bit_that_turned_in_any_chunk_is_found(at: int, bit: int) -> None:
    sealed = Sealed(bytes(2 * CHUNK_BYTES + 10))
    chunk, place = divmod(at, CHUNK_BYTES)
    name = sealed.part.chunks[chunk]
    changed = bytearray(sealed.objects[name])
    changed[place] ^= 1 << bit
    sealed.objects[name] = bytes(changed)
    with refuses(TAMPERED):
        sealed.open()


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2, 1), (0, 1), (0, 0, 1, 2), (1, 2), (), (0, 1, 2, 2)], ids=str)
def test_chunks_in_another_order_missing_or_repeated_are_found(order: tuple[int, ...]) -> None:
    sealed = Sealed(b"x" * (2 * CHUNK_BYTES + 10))
    part = replace(sealed.part, chunks=tuple(sealed.part.chunks[index] for index in order))
    with refuses(TAMPERED):
        sealed.open(part)


def test_a_part_of_another_length_is_found() -> None:
    sealed = Sealed(b"x" * 10)
    with refuses(TAMPERED):
        sealed.open(replace(sealed.part, size_bytes=9))


def test_a_chunk_does_not_open_as_another_category_precision_or_recording() -> None:
    sealed = Sealed(b"x" * 10)
    others: list[SealedPart] = [
        *(replace(sealed.part, category=other) for other in get_args(Category) if other != "motion"),
        *(replace(sealed.part, precision=other) for other in get_args(Precision) if other != "exact"),
    ]
    assert len(others) == 7
    for other in others:
        with refuses(TAMPERED):
            sealed.open(other)
    with refuses(TAMPERED):
        sealed.open(recording=OTHER_RECORDING)
    assert sealed.open() == b"x" * 10


def test_a_key_of_another_part_is_named_as_such() -> None:
    first, second = Sealed(b"one"), Sealed(b"two")
    with refuses(WRONG_KEY):
        open_part(first.part, second.key, recording=RECORDING, get=first.objects.__getitem__)
    with refuses(TAMPERED):
        # Even where the manifest were changed to name that key, the ciphertext is not its own.
        open_part(
            replace(first.part, key_hash=second.part.key_hash),
            second.key,
            recording=RECORDING,
            get=first.objects.__getitem__,
        )


def test_every_field_of_a_manifest_is_under_its_root() -> None:
    first, second = Sealed(b"one"), Sealed(b"two", category="position")
    manifest = Manifest(RECORDING, (first.part, second.part))
    other = Sealed(b"three").part
    changed = [
        replace(manifest, recording=OTHER_RECORDING),
        replace(manifest, parts=(first.part,)),
        replace(manifest, parts=(second.part, first.part)),
        replace(manifest, parts=(first.part, second.part, second.part)),
        *(
            replace(manifest, parts=(replace(first.part, **{field: getattr(other, field)}), second.part))
            for field in ("size_bytes", "chunks", "key_hash")
        ),
        replace(manifest, parts=(replace(first.part, category="engine"), second.part)),
        replace(manifest, parts=(replace(first.part, precision="coarse"), second.part)),
    ]
    roots = {each.root for each in [manifest, *changed]}
    assert len({encode(each) for each in changed}) == len(changed)
    assert len(roots) == len(changed) + 1


def test_a_part_is_found_by_category_and_precision() -> None:
    part = Sealed(b"one").part
    manifest = Manifest(RECORDING, (part,))
    assert manifest.part("motion", "exact") == part
    for category, precision in (("motion", "coarse"), ("position", "exact")):
        with refuses(NO_PART):
            manifest.part(category, precision)


def test_every_refusal_of_the_vault_has_its_own_number() -> None:
    reasons = [value for value in vars(errors).values() if isinstance(value, Reason)]
    assert len({reason.code for reason in reasons}) == len(reasons) == 17
    assert {reason.codespace for reason in reasons} == {"vault"}
