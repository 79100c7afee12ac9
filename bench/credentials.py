"""What it costs to believe a document: a credential, a presentation, and their status.

Held against what nobody can do without: the signatures alone, the same bytes read.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from autochain.onchain.codec import encode
from autochain.onchain.contracts import credentials as contract
from autochain.onchain.contracts import identity
from autochain.onchain.contracts.credentials import CHUNK_BITS, CHUNKS, STATUS_LISTS, StatusOf
from autochain.onchain.crypto import SignatureJob, verify_in_turn
from autochain.onchain.ids import derive, did
from autochain.onchain.ledger import BlockInfo, ChainSpec, Committed, Dispatcher
from autochain.onchain.refusals import Refusal
from autochain.wallet import SeedKey
from autochain.wallet.credentials import (
    EXAMPLES,
    REVOKED,
    V2,
    Author,
    Checks,
    DidUrl,
    Document,
    Resolution,
    StatusList,
    Validity,
    acc_document,
    canonical,
    check_status,
    did_key,
    did_key_document,
    draft,
    from_ms,
    issue,
    parse,
    present,
    read_status_list,
    status_entry,
    status_list_credential,
    verify_credential,
    verify_presentation,
    write,
)
from bench.cases import Case, interleaved, main, seconds

NOW_MS = 1_780_315_200_000
DAY_MS = 86_400_000
LENGTH, SET = 1_000_000, 100_000
URL = "https://issuer.example/credentials/status/7"
ISSUER_ACCOUNT = derive("bench", b"issuer")
ISSUER = Author(did(ISSUER_ACCOUNT), SeedKey(1, bytes([1]) * 32))


def guest(number: int) -> Author:
    """Gives a party that is known by its key alone."""
    key = SeedKey(1, bytes([number]) * 32)
    return Author(did_key(key.public_key), key)


HOLDER = guest(2)


def record_of(author: Author, **changes: object) -> identity.Identity:
    """Gives what a chain has of a DID that speaks with one key."""
    given = {"kind": "person", "controller": None} | changes
    return identity.Identity(
        keys=(author.signer.public_key,),
        threshold=1,
        sequence=1,
        commitment=bytes(32),
        encryption_key=bytes(range(32)),
        registered_ms=1,
        **given,  # type: ignore[arg-type]
    )


def resolve(url: DidUrl, /) -> Resolution:
    """Derives a document anew each time, as a verifier does that keeps none."""
    if url.method == "key":
        return Resolution(did_key_document(url.did))
    return Resolution(acc_document(ISSUER_ACCOUNT, record_of(ISSUER).document()))


def run(quick: bool) -> list[Case]:
    """Measures each part."""
    times = 200 if quick else 2_000
    return [*_credentials(times), *_statuses(times * 10)]


def side(job: Callable[[], object], count: int) -> Callable[[], float]:
    """Makes a side of a comparison: a job so many times."""
    return lambda: seconds(lambda: [job() for _ in range(count)])


def signatures(count: int) -> Callable[[], object]:
    """Gives the raw work of others: so many Ed25519 signatures over two hashes, each verified by the suite itself."""
    message = bytes(64)
    signer = ISSUER.signer
    job = SignatureJob(signer.public_key, message, signer.sign(message))
    return lambda: verify_in_turn([job] * count)


def _plain() -> Document:
    """Gives a credential of no kind that has a schema."""
    return {
        "@context": [V2, {"@vocab": "https://issuer.example/words#"}],
        "id": "urn:uuid:0a3ad1a1-3e5e-4a53-8a3d-6a3c3a1d9b02",
        "type": ["VerifiableCredential"],
        "issuer": ISSUER.did,
        "validFrom": from_ms(NOW_MS - DAY_MS),
        "validUntil": from_ms(NOW_MS + DAY_MS),
        "credentialSubject": EXAMPLES["driver-licence"] | {"id": HOLDER.did},
    }


def _licence(status: Document | None = None) -> Document:
    return draft(
        "driver-licence",
        id="urn:uuid:0a3ad1a1-3e5e-4a53-8a3d-6a3c3a1d9b01",
        issuer=ISSUER.did,
        subject=EXAMPLES["driver-licence"] | {"id": HOLDER.did},
        validity=Validity(since_ms=NOW_MS - DAY_MS, until_ms=NOW_MS + DAY_MS),
        status=status,
    )


def _credentials(times: int) -> list[Case]:
    """Verifies a licence of a page, alone and shown by its holder."""
    opened = StatusList(URL, ISSUER.did, ("revocation",), revoked_bits())
    checks = Checks(resolver=resolve, statuses=lambda _: opened, now_ms=NOW_MS)
    entry = status_entry(url=URL, purpose="revocation", index=places()[1])
    plain, licence, listed = (issue(each, ISSUER, now_ms=NOW_MS) for each in (_plain(), _licence(), _licence(entry)))
    shown = present([listed], HOLDER, now_ms=NOW_MS, challenge="c", domain="verifier.example")
    text = write(listed)

    def presented() -> None:
        verify_presentation(shown, checks, challenge="c", domain="verifier.example")

    raw, *measured = interleaved(
        [
            side(signatures(1), times),
            side(lambda: verify_credential(plain, checks), times),
            side(lambda: verify_credential(licence, checks), times),
            side(lambda: verify_credential(listed, checks), times),
            side(lambda: verify_credential(parse(text), checks), times),
            side(signatures(2), times),
            side(presented, times),
        ],
        rounds=3,
    )
    raw_two = measured.pop(4)
    names = ("without a schema", "with its schema", "with schema and status", "read from JSON, with schema and status")
    return [
        Case("an Ed25519 signature verified alone, one core", times / raw, "signatures/s"),
        *(
            Case(f"a credential verified, {name}", times / taken, "credentials/s", "raw", raw / taken)
            for name, taken in zip(names, measured, strict=False)
        ),
        Case(
            "a presentation of one credential verified",
            times / measured[4],
            "presentations/s",
            "its two signatures",
            raw_two / measured[4],
        ),
    ]


@cache
def revoked_bits() -> bytes:
    """Gives the bits of a list of 1,000,000 in which 100,000 drawn at random are revoked."""
    bits = bytearray(-(-LENGTH // CHUNK_BITS) * CHUNK_BITS // 8)
    for index in random.Random(1).sample(range(LENGTH), SET):
        bits[index >> 3] |= 0x80 >> (index & 7)
    return bytes(bits)


def places() -> tuple[int, int]:
    """Gives a place that is revoked, and one that is not."""
    bits = revoked_bits()
    found = {bool(bits[index >> 3] & (0x80 >> (index & 7))): index for index in range(LENGTH)}
    return found[True], found[False]


class _State:
    """A chain's state in memory; implements the ledger's `Reader`."""

    def __init__(self, pairs: Mapping[bytes, bytes]) -> None:
        self._pairs = pairs
        self._keys = sorted(pairs)

    def get(self, key: bytes, /) -> bytes | None:
        return self._pairs.get(key)

    def items(self, prefix: bytes, after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        for key in self._keys[bisect_right(self._keys, max(prefix, after)) :]:
            if not key.startswith(prefix):
                return
            yield key, self._pairs[key]


def _chunks() -> _State:
    """Puts the list on a chain, in chunks as the contract keeps them."""
    bits, step = revoked_bits(), CHUNK_BITS // 8
    listed = contract.StatusList("revocation", LENGTH, opened_ms=1, changed_ms=1, set_count=SET)
    pairs = {STATUS_LISTS.key(ISSUER_ACCOUNT, 7): encode(listed)}
    for number in range(len(bits) // step):
        chunk = contract.Chunk(bits[number * step : (number + 1) * step])
        pairs[CHUNKS.key(ISSUER_ACCOUNT, 7, number)] = encode(chunk)
    return _State(pairs)


def _statuses(times: int) -> list[Case]:
    """Asks for statuses: on the chain, and in the list that its issuer signed."""
    bits, state = revoked_bits(), _chunks()
    used = {made.CONTRACT.name: made.CONTRACT for made in (identity, contract)}
    spec = ChainSpec("bench", (("credentials", 1),), (("accounts", "identity"),), ISSUER_ACCOUNT)
    dispatcher, block = Dispatcher(spec, used), BlockInfo("bench", 1, NOW_MS)
    data = state.get(CHUNKS.key(ISSUER_ACCOUNT, 7, 0)) or b""
    indices = [random.Random(2).randrange(LENGTH) for _ in range(times)]

    def on_chain() -> None:
        for index in indices:
            dispatcher.ask(Committed(state), block, StatusOf(ISSUER_ACCOUNT, 7, index))

    opened = StatusList(URL, ISSUER.did, ("revocation",), bits)
    revoked, good = (_licence(status_entry(url=URL, purpose="revocation", index=index)) for index in places())

    def in_list() -> None:
        for number in range(times):
            try:
                check_status(revoked if number % 10 == 0 else good, lambda _: opened, now_ms=NOW_MS)
            except Refusal as refusal:
                if refusal.reason != REVOKED:
                    raise

    unsigned = status_list_credential(
        url=URL, issuer=ISSUER.did, purpose="revocation", bits=bits, since_ms=NOW_MS, until_ms=NOW_MS + DAY_MS
    )
    text = canonical(issue(unsigned, ISSUER, now_ms=NOW_MS))
    raw_chunk, asked, raw_bit, looked, raw_open, opening = interleaved(
        [
            side(lambda: CHUNKS.codec.trusted(data), times),
            lambda: seconds(on_chain),
            lambda: seconds(lambda: [bits[index >> 3] & (0x80 >> (index & 7)) for index in indices]),
            lambda: seconds(in_list),
            side(lambda: _opened_raw(text), 20),
            side(lambda: read_status_list(parse(text), url=URL, resolver=resolve, now_ms=NOW_MS), 20),
        ],
        rounds=3,
    )
    name = f"a list of {LENGTH:,}, {SET:,} revoked"
    return [
        Case("a chunk of 4,096 statuses decoded alone", times / raw_chunk, "chunks/s"),
        Case(f"{name}: a status asked of a chain", times / asked, "statuses/s", "its chunk decoded", raw_chunk / asked),
        Case("a bit read alone", times / raw_bit, "bits/s"),
        Case(f"{name}: checked in the opened list", times / looked, "credentials/s", "its bit read", raw_bit / looked),
        Case(f"{name}: its credential", len(text), "bytes"),
        Case("JSON read, unzipped, hashed, one signature", 20 / raw_open, "lists/s"),
        Case(f"{name}: its credential opened", 20 / opening, "lists/s", "raw", raw_open / opening),
    ]


def _opened_raw(text: bytes) -> None:
    encoded = json.loads(text)["credentialSubject"]["encodedList"][1:]
    gzip.decompress(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    hashlib.sha256(text).digest()
    signatures(1)()


if __name__ == "__main__":
    main("credentials", run)
