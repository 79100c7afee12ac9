from __future__ import annotations

import gzip
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.refusals import Reason, Refusal
from autochain.wallet.credentials import (
    BAD_STATUS,
    EXPIRED,
    MALFORMED,
    MIN_BITS,
    NOT_YET_VALID,
    REVOKED,
    SUSPENDED,
    TOO_LARGE,
    WRONG_ISSUER,
    Author,
    Document,
    StatusList,
    StatusPurpose,
    decode_list,
    encode_list,
    issue,
    joined,
    parse,
    read_status_list,
    status_entry,
    status_list_credential,
    verify_credential,
    write,
)
from autochain.wallet.credentials.multikey import to_base64url
from autochain.wallet.credentials.status import CHUNK_BYTES, MAX_BITS

from .actors import DAY, MAKER, NOW, STRANGER, World, refused, vehicle

URL = "https://maker.example/status/7"


def bits_of(*indices: int, length: int = MIN_BITS) -> bytes:
    bits = bytearray(length // 8)
    for index in indices:
        bits[index >> 3] |= 0x80 >> (index & 7)
    return bytes(bits)


def signed_list(bits: bytes, *, purpose: StatusPurpose = "revocation", by: Author = MAKER) -> Document:
    document = status_list_credential(
        url=URL, issuer=by.did, purpose=purpose, bits=bits, since_ms=NOW - DAY, until_ms=NOW + DAY
    )
    return issue(document, by, now_ms=NOW - DAY)


def read(document: Document, *, now_ms: int = NOW) -> StatusList:
    return read_status_list(document, url=URL, resolver=World().resolve, now_ms=now_ms)


def verify(
    *set_bits: int, index: int, purpose: StatusPurpose = "revocation", by: Author = MAKER, listed: str = "revocation"
) -> object:
    """Verifies a credential at a place of a list in which these bits are set."""
    world = World(lists={URL: StatusList(URL, by.did, (listed,), bits_of(*set_bits), NOW + DAY)})
    credential = issue(vehicle(status=status_entry(url=URL, purpose=purpose, index=index)), MAKER, now_ms=NOW)
    return verify_credential(credential, world.checks())


def test_a_list_made_from_the_chain_says_of_each_credential_what_the_chain_does() -> None:
    chunks = {0: bits_of(0, 4095)[:CHUNK_BYTES], 31: bits_of(4)[:CHUNK_BYTES]}
    bits = joined(chunks, length=MIN_BITS)
    listed = read(parse(write(signed_list(bits))))
    assert [index for index in range(MIN_BITS) if listed.is_set(index)] == [0, 4095, 31 * 4096 + 4]
    assert listed.issuer == MAKER.did
    assert len(joined({}, length=1)) * 8 == MIN_BITS
    assert len(joined({}, length=MIN_BITS + 1)) * 8 == MIN_BITS + 4096
    refused(BAD_STATUS, lambda: joined({32: bytes(CHUNK_BYTES)}, length=MIN_BITS))
    refused(BAD_STATUS, lambda: joined({0: bytes(CHUNK_BYTES + 1)}, length=MIN_BITS))


@given(st.sets(st.integers(0, MIN_BITS - 1), max_size=40))
def test_what_was_encoded_reads_back(indices: set[int]) -> None:
    bits = bits_of(*indices)
    assert decode_list(encode_list(bits)) == bits


def test_a_list_of_a_million_keeps_within_a_document() -> None:
    indices = random.Random(7).sample(range(1_000_000), 100_000)
    bits = joined({0: b""}, length=1_000_000)
    bits = bytes(a | b for a, b in zip(bits, bits_of(*indices, length=len(bits) * 8), strict=True))
    listed = read(parse(write(signed_list(bits))))
    assert sum(listed.is_set(index) for index in indices) == 100_000
    assert sum(byte.bit_count() for byte in listed.bits) == 100_000


def test_a_list_is_opened_within_bounds() -> None:
    bomb = "u" + to_base64url(gzip.compress(bytes(MAX_BITS // 8 + 1)))
    refused(TOO_LARGE, lambda: decode_list(bomb))
    assert len(decode_list("u" + to_base64url(gzip.compress(bytes(MAX_BITS // 8))))) == MAX_BITS // 8


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("H4sI", MALFORMED),
        ("u!", MALFORMED),
        ("u", MALFORMED),
        (7, MALFORMED),
        ("u" + to_base64url(zlib.compress(bytes(MIN_BITS // 8))), MALFORMED),
        ("u" + to_base64url(gzip.compress(bytes(MIN_BITS // 8), mtime=0)[:-1]), MALFORMED),
        ("u" + to_base64url(gzip.compress(bytes(MIN_BITS // 8), mtime=0) + b"x"), MALFORMED),
        ("u" + to_base64url(gzip.compress(bytes(MIN_BITS // 8 - 1), mtime=0)), BAD_STATUS),
    ],
)
def test_what_is_no_list_is_refused(text: str, reason: Reason) -> None:
    refused(reason, lambda: decode_list(text))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_refused(data: bytes) -> None:
    for packed in (data, gzip.compress(data)):
        with pytest.raises(Refusal):
            decode_list("u" + to_base64url(packed))


def test_a_revoked_and_a_suspended_credential_are_refused_and_their_neighbours_not() -> None:
    assert verify(6, 8, index=7)
    refused(REVOKED, lambda: verify(7, index=7))
    refused(SUSPENDED, lambda: verify(7, index=7, purpose="suspension", listed="suspension"))


def test_list_issuer_and_purpose_fit_the_credential() -> None:
    refused(BAD_STATUS, lambda: verify(index=7, by=STRANGER))
    refused(BAD_STATUS, lambda: verify(index=7, listed="suspension"))
    refused(BAD_STATUS, lambda: verify(index=MIN_BITS))
    stale = World(lists={URL: StatusList(URL, MAKER.did, ("revocation",), bits_of(), NOW)})
    elsewhere = World(lists={URL: StatusList(URL + "0", MAKER.did, ("revocation",), bits_of(), NOW + DAY)})
    credential = issue(vehicle(status=status_entry(url=URL, purpose="revocation", index=1)), MAKER, now_ms=NOW)
    for world in (stale, elsewhere):
        refused(BAD_STATUS, verify_credential, credential, world.checks())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"type": "https://example.org/#OtherStatus"}, BAD_STATUS),
        ({"statusListIndex": 7}, MALFORMED),
        ({"statusListIndex": "-7"}, MALFORMED),
        ({"statusListIndex": "9" * 10}, MALFORMED),
        ({"statusListIndex": "²"}, MALFORMED),
        ({"statusPurpose": None}, MALFORMED),
        ({"statusListCredential": "no url"}, MALFORMED),
        ({"statusSize": 2}, BAD_STATUS),
    ],
)
def test_a_status_entry_that_can_not_be_read_is_refused(change: Document, reason: Reason) -> None:
    entry = status_entry(url=URL, purpose="revocation", index=7) | change
    world = World(lists={URL: StatusList(URL, MAKER.did, ("revocation",), bits_of())})
    credential = issue(vehicle(status=entry), MAKER, now_ms=NOW)
    refused(reason, lambda: verify_credential(credential, world.checks()))


def test_a_status_list_is_verified_before_it_is_believed() -> None:
    genuine = signed_list(bits_of(1))
    assert read(genuine).is_set(1)
    refused(BAD_STATUS, lambda: read_status_list(genuine, url=URL + "0", resolver=World().resolve, now_ms=NOW))
    refused(BAD_STATUS, lambda: read(issue(vehicle(), MAKER, now_ms=NOW - DAY)))
    refused(EXPIRED, lambda: read(genuine, now_ms=NOW + DAY))
    early = signed_list(bits_of()) | {"validFrom": "2100-01-01T00:00:00Z", "validUntil": "2101-01-01T00:00:00Z"}
    refused(NOT_YET_VALID, lambda: read(issue({k: v for k, v in early.items() if k != "proof"}, MAKER, now_ms=NOW)))
    unsigned = {name: value for name, value in genuine.items() if name != "proof"}
    foreign = issue(unsigned | {"issuer": STRANGER.did}, STRANGER, now_ms=NOW) | {"issuer": MAKER.did}
    with pytest.raises(Refusal):
        read(foreign)
    from autochain.wallet.credentials import add_proof

    lent = add_proof(unsigned, STRANGER, purpose="assertionMethod", created_ms=NOW)
    refused(WRONG_ISSUER, lambda: read(lent))


@pytest.mark.parametrize(
    "change",
    [
        {"credentialSubject": [{"type": "BitstringStatusList"}, {"type": "BitstringStatusList"}]},
        {"credentialSubject": {"type": "JsonSchema", "id": "urn:x:y"}},
        {"credentialSubject": {"type": "BitstringStatusList", "encodedList": encode_list(bits_of())}},
    ],
)
def test_a_credential_that_holds_no_list_is_refused(change: Document) -> None:
    unsigned = {name: value for name, value in signed_list(bits_of()).items() if name != "proof"}
    refused(BAD_STATUS, lambda: read(issue(unsigned | change, MAKER, now_ms=NOW)))
