"""Bitstring Status List 1.0: one bit for each credential, compressed, signed by the issuer of the credentials."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from ...onchain.refusals import Refusal
from .contexts import V2, is_url
from .did_documents import Resolver
from .documents import Document, Json, objects_in
from .errors import BAD_STATUS, EXPIRED, MALFORMED, NOT_YET_VALID, REVOKED, SUSPENDED, TOO_LARGE, WRONG_ISSUER
from .multikey import from_base64url, to_base64url
from .proofs import Expected, verify_proofs
from .structure import check_credential, issuer_of, objects, subjects_of, types_of, validity_of
from .times import from_ms

StatusPurpose = Literal["revocation", "suspension"]
MIN_BITS = 131_072
"""The shortest list: that one credential is looked up says little of which."""
MAX_BITS = 1 << 24
CHUNK_BYTES = 512
"""What the chain keeps as one value."""
STATUS_LIST = "BitstringStatusListCredential"
STATUS_ENTRY = "BitstringStatusListEntry"


@dataclass(frozen=True, slots=True)
class StatusList:
    """A status list that was verified: whose it is, what its bits say, and until when it may be asked."""

    url: str
    issuer: str
    purposes: tuple[str, ...]
    bits: bytes
    until_ms: int | None = None

    def is_set(self, index: int) -> bool:
        """Says whether the bit of an entry is set; the first entry is the leftmost bit."""
        if not 0 <= index < len(self.bits) * 8:
            raise BAD_STATUS(f"entry {index} of {len(self.bits) * 8}")
        return bool(self.bits[index >> 3] & (0x80 >> (index & 7)))


class StatusPlace(NamedTuple):
    """Where one status of a credential stands."""

    purpose: str
    url: str
    place: int


class Statuses(Protocol):
    """Gives the verified status list that stands at a URL; refuses where there is none."""

    def __call__(self, url: str, /) -> StatusList: ...


def joined(chunks: Mapping[int, bytes], *, length: int) -> bytes:
    """Joins the chunks that the chain keeps of a list; a chunk that is not there has no bit set."""
    count = -(-max(length, MIN_BITS) // (CHUNK_BYTES * 8))
    if length > MAX_BITS or not all(0 <= number < count for number in chunks):
        raise BAD_STATUS("chunks outside the list")
    if not all(len(chunk) <= CHUNK_BYTES for chunk in chunks.values()):
        raise BAD_STATUS("a chunk is too long")
    bits = bytearray(count * CHUNK_BYTES)
    for number, chunk in chunks.items():
        bits[number * CHUNK_BYTES : number * CHUNK_BYTES + len(chunk)] = chunk
    return bytes(bits)


def encode_list(bits: bytes) -> str:
    """Compresses a list as its credential carries it; the same bits always give the same text."""
    if not MIN_BITS <= len(bits) * 8 <= MAX_BITS:
        raise BAD_STATUS(f"{len(bits) * 8} entries")
    return "u" + to_base64url(gzip.compress(bits, mtime=0))


def decode_list(text: Json) -> bytes:
    """Opens a list, never to more than `MAX_BITS`."""
    if not isinstance(text, str) or not text.startswith("u"):
        raise MALFORMED("encodedList is not base64url of multibase")
    opening = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        bits = opening.decompress(from_base64url(text[1:]), MAX_BITS // 8 + 1)
    except zlib.error:
        raise MALFORMED("encodedList is not compressed by GZIP") from None
    if len(bits) > MAX_BITS // 8:
        raise TOO_LARGE("a status list")
    if not opening.eof or opening.unused_data:
        raise MALFORMED("encodedList is cut, or goes on after its end")
    if len(bits) * 8 < MIN_BITS:
        raise BAD_STATUS(f"a list of {len(bits) * 8} entries, fewer than {MIN_BITS}")
    return bits


def status_list_credential(
    *, url: str, issuer: str, purpose: StatusPurpose, bits: bytes, since_ms: int, until_ms: int
) -> Document:
    """Writes the credential of a list, for its issuer to sign."""
    subject: Document = {
        "id": f"{url}#list",
        "type": "BitstringStatusList",
        "statusPurpose": purpose,
        "encodedList": encode_list(bits),
    }
    return {
        "@context": [V2],
        "id": url,
        "type": ["VerifiableCredential", STATUS_LIST],
        "issuer": issuer,
        "validFrom": from_ms(since_ms),
        "validUntil": from_ms(until_ms),
        "credentialSubject": subject,
    }


def status_entry(*, url: str, purpose: StatusPurpose, index: int) -> Document:
    """Writes where the status of one credential stands."""
    return {
        "id": f"{url}#{index}",
        "type": STATUS_ENTRY,
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": url,
    }


def read_status_list(document: Document, *, url: str, resolver: Resolver, now_ms: int) -> StatusList:
    """Verifies the credential of a status list that was found at a URL, and opens it."""
    check_credential(document)
    if STATUS_LIST not in types_of(document) or document.get("id", url) != url:
        raise BAD_STATUS("not the list of this address")
    issuer = issuer_of(document)
    proved = verify_proofs(document, resolver, Expected(purpose="assertionMethod", now_ms=now_ms))
    if any(proof.did != issuer for proof in proved):
        raise WRONG_ISSUER(issuer[:80])
    since_ms, until_ms = validity_of(document)
    if since_ms is not None and since_ms > now_ms:
        raise NOT_YET_VALID("the status list")
    if until_ms is not None and until_ms <= now_ms:
        raise EXPIRED("the status list")
    subjects = subjects_of(document)
    if len(subjects) != 1 or "BitstringStatusList" not in types_of(subjects[0]):
        raise BAD_STATUS("not one list")
    value = subjects[0].get("statusPurpose")
    purposes = tuple(purpose for purpose in (value if isinstance(value, list) else [value]) if isinstance(purpose, str))
    if not purposes:
        raise BAD_STATUS("a list without a purpose")
    return StatusList(url, issuer, purposes, decode_list(subjects[0].get("encodedList")), until_ms)


def status_places(document: Document) -> Iterator[StatusPlace]:
    """Yields where the statuses of a credential stand; what is malformed is passed over: its verification says so."""
    for entry in objects_in(document.get("credentialStatus")):
        try:
            yield _read_entry(entry)
        except Refusal:
            continue


def check_status(credential: Document, statuses: Statuses, *, now_ms: int) -> None:
    """Refuses a credential that is revoked or suspended, or whose status can't be told."""
    issuer = issuer_of(credential)
    for entry in objects(credential, "credentialStatus"):
        purpose, url, index = _read_entry(entry)
        if purpose not in ("revocation", "suspension"):
            continue
        found = statuses(url)
        if found.url != url or found.issuer != issuer or purpose not in found.purposes:
            raise BAD_STATUS("the list is another's, or of another purpose")
        if found.until_ms is not None and found.until_ms <= now_ms:
            raise BAD_STATUS("the list has expired")
        if found.is_set(index):
            raise REVOKED(f"entry {index}") if purpose == "revocation" else SUSPENDED(f"entry {index}")


def _read_entry(entry: Document) -> StatusPlace:
    """Reads where a status stands; what is neither revocation nor suspension ends nothing."""
    if entry.get("type") != STATUS_ENTRY:
        raise BAD_STATUS(f"status of type {str(entry.get('type'))[:40]}")
    url, purpose, index = (entry.get(name) for name in ("statusListCredential", "statusPurpose", "statusListIndex"))
    if not isinstance(url, str) or not is_url(url) or not isinstance(purpose, str):
        raise MALFORMED("a status entry names no list, or no purpose")
    if not isinstance(index, str) or not (index.isascii() and index.isdigit()) or len(index) > 9:
        raise MALFORMED("statusListIndex is no number as a text")
    if entry.get("statusSize", 1) != 1:
        raise BAD_STATUS("a status of several bits")
    return StatusPlace(purpose, url, int(index))
