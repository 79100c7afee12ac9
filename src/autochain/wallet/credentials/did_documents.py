"""DID documents: of did:acc from what the chain records, of did:key from the key itself; and the keys in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from nacl.bindings import crypto_sign_ed25519_pk_to_curve25519
from nacl.exceptions import CryptoError

from ...onchain.crypto import ED25519, HYBRID, P256, PublicKey, sha256
from ...onchain.ids import did
from .contexts import AUTOCHAIN, DID_V1, JWK, MULTIKEY
from .did_urls import DidUrl, parse_did, parse_did_url
from .documents import Document, Json
from .errors import BAD_DID, KEY_NOT_ALLOWED, MALFORMED, UNKNOWN_SUITE, UNRESOLVED
from .multikey import (
    CODECS,
    X25519,
    agreement_multikey,
    from_agreement_multikey,
    from_base58,
    from_multikey,
    multikey,
    to_base58,
    to_base64url,
)
from .times import LAST_MS, from_ms, to_ms

Purpose = Literal["assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation"]
SIGNING: tuple[Purpose, ...] = ("authentication", "assertionMethod", "capabilityInvocation", "capabilityDelegation")
DID_KEY = "did:key:"
MAX_METHODS = 64


class Stated(Protocol):
    """What one document of a DID said on the chain: `identity.Version`."""

    @property
    def keys(self) -> tuple[PublicKey, ...]: ...
    @property
    def threshold(self) -> int: ...
    @property
    def encryption_key(self) -> bytes: ...
    @property
    def controller(self) -> bytes | None: ...
    @property
    def active(self) -> bool: ...
    @property
    def until_ms(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def since_ms(self) -> int: ...
    @property
    def replaced_ms(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Resolution:
    """A DID document and what is known of it."""

    document: Document
    metadata: Document = field(default_factory=dict)

    @property
    def is_deactivated(self) -> bool:
        return self.metadata.get("deactivated") is True


class Resolver(Protocol):
    """Gives the document that a DID URL names, with its version or time; refuses where there is none."""

    def __call__(self, url: DidUrl, /) -> Resolution: ...


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A key of a DID document, and until when it proves anything."""

    id: str
    key: PublicKey
    expires_ms: int | None


def key_fragment(key: PublicKey) -> str:
    """Names a key within its document by what it is, so that no rotation gives its name to another key.

    Short keys are named by their Multikey, as did:key does; long ones by the SHA-256 multihash of suite and key.
    """
    if key.suite in CODECS and len(key.data) <= 33:
        return multikey(key)
    return "z" + to_base58(b"\x12\x20" + sha256(bytes([key.suite]) + key.data))


def key_id(subject: str, key: PublicKey) -> str:
    """Gives the DID URL of a DID's key."""
    return f"{subject}#{key_fragment(key)}"


def verification_method(subject: str, key: PublicKey, *, until_ms: int = 0) -> Document:
    """Writes a key as a verification method.

    Ed25519, P-256, SM2 and ML-DSA-65 have codes in multicodec's table, the last three as drafts, and so a Multikey.
    Both halves of the hybrid must sign, and to list them as two keys would let either one do; no draft names this
    pair, so it is a JsonWebKey of the type AKP (a key bound to its algorithm) with an algorithm of our own name, which
    no other verifier takes for something else.
    """
    method: Document = {"id": key_id(subject, key)}
    if key.suite == HYBRID:
        jwk: Document = {"kty": "AKP", "alg": "Ed25519+ML-DSA-65", "pub": to_base64url(key.data)}
        method |= {"type": "JsonWebKey", "controller": subject, "publicKeyJwk": jwk}
    else:
        method |= {"type": "Multikey", "controller": subject, "publicKeyMultibase": multikey(key)}
    if until_ms:
        # The chain takes later ones too, of anybody, and each document must be one that can be read.
        method["expires"] = from_ms(min(until_ms, LAST_MS))
    return method


def acc_document(account: bytes, record: Stated) -> Document:
    """Derives the document of a did:acc from its record; that of an ended DID holds no keys.

    Where several keys must sign together, `threshold` says how many. DID Core has no word for it: who verifies with
    this module needs that many proofs, and who does not know the word takes one.
    """
    subject = did(account)
    contexts: list[Json] = [DID_V1, MULTIKEY]
    document: Document = {"@context": contexts, "id": subject}
    if record.controller is not None:
        document["controller"] = did(record.controller)
    if not record.active:
        return document
    if any(key.suite == HYBRID for key in record.keys):
        contexts.append(JWK)
    if record.threshold > 1:
        contexts.append(AUTOCHAIN)
        document["threshold"] = record.threshold
    methods = [verification_method(subject, key, until_ms=record.until_ms) for key in record.keys]
    agreement_method = _multikey_method(subject, agreement_multikey(record.encryption_key))
    document["verificationMethod"] = [*methods, agreement_method]
    for purpose in SIGNING:
        document[purpose] = [method["id"] for method in methods]
    document["keyAgreement"] = [agreement_method["id"]]
    return document


def acc_metadata(record: Stated, *, registered_ms: int) -> Document:
    """Writes the metadata of one version of a document, with what replaced it where something did."""
    metadata: Document = {"created": _second(registered_ms), "versionId": str(record.version)}
    if record.version > 1:
        metadata["updated"] = _second(record.since_ms)
    if record.replaced_ms:
        metadata |= {"nextUpdate": _second(record.replaced_ms), "nextVersionId": str(record.version + 1)}
    if not record.active:
        metadata["deactivated"] = True
    return metadata


def _second(time_ms: int) -> str:
    """Writes the first whole second at which what came at a time stands: DID Core knows no parts of seconds."""
    return from_ms(-(-time_ms // 1000) * 1000)


def did_key(key: PublicKey) -> str:
    """Gives the did:key of an Ed25519 or P-256 key."""
    if key.suite not in (ED25519, P256):
        raise UNKNOWN_SUITE(f"suite {key.suite} has no did:key here")
    return DID_KEY + multikey(key)


def did_key_document(subject: str) -> Document:
    """Derives the document of a did:key of Ed25519, P-256 or X25519; it has no versions and never changes."""
    text = parse_did(subject).removeprefix(DID_KEY)
    if not subject.startswith(DID_KEY) or not text.startswith("z"):
        raise BAD_DID(subject[:60])
    document: Document = {"@context": [DID_V1, MULTIKEY], "id": subject}
    if from_base58(text[1:]).startswith(X25519):
        agreement = agreement_multikey(from_agreement_multikey(text))
        methods = [_multikey_method(subject, agreement)]
    else:
        key = from_multikey(text)
        if key.suite not in (ED25519, P256):
            raise UNKNOWN_SUITE(f"suite {key.suite} has no did:key here")
        agreement = text
        methods = [_multikey_method(subject, text)]
        if key.suite == ED25519:
            agreement = agreement_multikey(_agreement_key(key.data))
            methods.append(_multikey_method(subject, agreement))
        document |= {purpose: [f"{subject}#{text}"] for purpose in SIGNING}
    document["verificationMethod"] = list(methods)
    document["keyAgreement"] = [f"{subject}#{agreement}"]
    return document


def _agreement_key(key: bytes) -> bytes:
    """Gives the X25519 key that belongs to an Ed25519 key, as did:key demands."""
    try:
        return crypto_sign_ed25519_pk_to_curve25519(key)
    except CryptoError:
        raise MALFORMED("no usable public key") from None


def resolver_of(chain: Resolver | None) -> Resolver:
    """Makes a resolver that asks the chain, where there is one, for its own DIDs, and makes those of did:key itself."""

    def resolve(url: DidUrl, /) -> Resolution:
        if url.method == "acc" and chain is not None:
            return chain(url)
        if url.method == "key":
            return Resolution(did_key_document(url.did))
        raise UNRESOLVED(url.did[:80])

    return resolve


def _multikey_method(subject: str, text: str) -> Document:
    return {"id": f"{subject}#{text}", "type": "Multikey", "controller": subject, "publicKeyMultibase": text}


def find_key(document: Document, url: str, purpose: Purpose) -> VerificationKey:
    """Finds a key in a DID document that may sign for this purpose.

    Controlled Identifiers 1.0, section 3.3: the method is the document's own, and the relationship names it.
    """
    subject = parse_did_url(url).did
    if document.get("id") != subject:
        raise MALFORMED("the document is of another DID")
    method: Json = next((entry for entry in _entries(document, purpose) if _names(entry, subject, url)), None)
    if isinstance(method, str):
        methods = _entries(document, "verificationMethod")
        method = next((known for known in methods if isinstance(known, dict) and _names(known, subject, url)), None)
    if not isinstance(method, dict):
        raise KEY_NOT_ALLOWED(url[:100])
    if method.get("controller") != subject:
        raise KEY_NOT_ALLOWED("the key is controlled by another DID")
    return _read_key(method, url)


def _read_key(method: Document, url: str) -> VerificationKey:
    text = method.get("publicKeyMultibase")
    if method.get("type") not in ("Multikey", "Ed25519VerificationKey2020") or not isinstance(text, str):
        raise UNKNOWN_SUITE(str(method.get("type"))[:60])
    key = from_multikey(text)
    if method["type"] == "Ed25519VerificationKey2020" and key.suite != ED25519:
        raise MALFORMED("the key is not of its type")
    if "revoked" in method:
        raise KEY_NOT_ALLOWED("the key is revoked")
    expires_ms = to_ms(method["expires"]) if "expires" in method else None
    return VerificationKey(url, key, expires_ms)


def threshold_of(document: Document) -> int:
    """Gives how many keys of a DID must sign together; one, unless its document says more."""
    threshold = document.get("threshold", 1)
    if not isinstance(threshold, int) or isinstance(threshold, bool) or not 1 <= threshold <= MAX_METHODS:
        raise MALFORMED("the threshold is no number of keys")
    return threshold


def _entries(document: Document, name: str) -> Sequence[Json]:
    entries = document.get(name, [])
    if not isinstance(entries, list) or len(entries) > MAX_METHODS:
        raise MALFORMED(f"{name} is no list of keys")
    return entries


def _names(entry: Json, subject: str, url: str) -> bool:
    """Says whether an entry, whole or by name, absolute or relative, is the key of this URL."""
    name = entry.get("id") if isinstance(entry, dict) else entry
    return isinstance(name, str) and (subject + name if name.startswith("#") else name) == url
