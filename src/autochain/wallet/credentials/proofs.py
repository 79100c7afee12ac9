"""Data Integrity proofs by the cryptosuite `eddsa-jcs-2022`: made, and verified singly, in sets and in chains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ...onchain.crypto import ED25519, PublicKey, SignatureJob, sha256, verify_in_turn
from .contexts import is_url
from .did_documents import (
    Purpose,
    Resolution,
    Resolver,
    find_key,
    key_id,
    threshold_of,
)
from .did_urls import DidUrl, parse_did_url
from .documents import Document, Json, canonical, objects_in
from .errors import (
    BAD_DID,
    DEACTIVATED,
    EXPIRED,
    FORGED,
    KEY_NOT_ALLOWED,
    MALFORMED,
    NOT_YET_VALID,
    REPLAYED,
    TOO_FEW_PROOFS,
    UNKNOWN_SUITE,
    WRONG_DOMAIN,
)
from .multikey import from_base58, to_base58
from .times import from_ms, to_ms

TYPE = "DataIntegrityProof"
SUITE = "eddsa-jcs-2022"
MAX_PROOFS = 8
"""As many as an account may have keys."""


class Signer(Protocol):
    """Signs with one key, wherever the key lies."""

    @property
    def public_key(self) -> PublicKey: ...

    def sign(self, message: bytes, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Author:
    """A DID that signs, and the key by which it does."""

    did: str
    signer: Signer

    @property
    def method(self) -> str:
        """The DID URL of the key."""
        return key_id(self.did, self.signer.public_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a proof is asked to be."""

    purpose: Purpose
    now_ms: int
    challenge: str | None = None
    domain: str | None = None
    skew_ms: int = 60_000
    """How far another's clock may be ahead of this one."""
    past_keys: bool = False
    """Takes a key that was the signer's when the proof says it was made. Who stole a key that was replaced can still
    write such a date: ask this only of documents whose status is checked, or that were seen before."""


@dataclass(frozen=True, slots=True)
class Proved:
    """Who signed a document, by which key, for what."""

    did: str
    method: str
    purpose: str
    created_ms: int | None


def add_proof(
    document: Document,
    author: Author,
    *,
    purpose: Purpose,
    created_ms: int,
    expires_ms: int | None = None,
    challenge: str | None = None,
    domain: str | None = None,
) -> Document:
    """Signs a document beside whoever signed it before; gives the signed copy."""
    if author.signer.public_key.suite != ED25519:
        raise UNKNOWN_SUITE(f"a key of suite {author.signer.public_key.suite} makes no {SUITE} proof")
    if challenge is not None and domain is None:
        raise MALFORMED("a challenge needs the domain of who asks")
    proof: Document = {
        "type": TYPE,
        "cryptosuite": SUITE,
        "created": from_ms(created_ms),
        "verificationMethod": author.method,
        "proofPurpose": purpose,
    }
    optional = {"challenge": challenge, "domain": domain}
    proof |= {name: text for name, text in optional.items() if text is not None}
    if expires_ms is not None:
        proof["expires"] = from_ms(expires_ms)
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    if "@context" in unsecured:
        proof["@context"] = unsecured["@context"]
    proof["proofValue"] = "z" + to_base58(author.signer.sign(_hashed(unsecured, proof)))
    earlier = document.get("proof")
    proofs = [] if earlier is None else earlier if isinstance(earlier, list) else [earlier]
    return unsecured | {"proof": [*proofs, proof] if proofs else proof}


def verify_proofs(document: Document, resolver: Resolver, expected: Expected) -> tuple[Proved, ...]:
    """Verifies every proof of a document, and that as many keys of each signer signed as it asks for."""
    proofs = _proofs(document)
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    found: list[Proved] = []
    signed: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    needed: dict[tuple[str, str], int] = {}
    for proof in proofs:
        proved, document_then = _verify(unsecured | _previous(proof, proofs), proof, resolver, expected)
        found.append(proved)
        # Keys of two documents of a DID don't add up: by neither of them they would have been enough.
        version = (proved.did, str(document_then.metadata.get("versionId")))
        signed[version].add(proved.method)
        needed[version] = threshold_of(document_then.document)
    for version, threshold in needed.items():
        if len(signed[version]) < threshold:
            raise TOO_FEW_PROOFS(f"{threshold} keys of {version[0][:80]} must sign")
    return tuple(found)


def under_signed_contexts(document: Document) -> Document:
    """Gives a document under those of its contexts that all of its proofs say were signed.

    Anybody can write more behind them, and with them give its words another meaning: nobody who signed said those.
    """
    contexts = document.get("@context")
    signed = [
        len(_list(proof["@context"]))
        for proof in objects_in(document.get("proof"))
        if proof.get("@context") is not None
    ]
    if not signed or not isinstance(contexts, list) or min(signed) >= len(contexts):
        return document
    return document | {"@context": contexts[: min(signed)]}


def _proofs(document: Document) -> Sequence[Document]:
    value = document.get("proof")
    entries = value if isinstance(value, list) else [value]
    proofs = objects_in(value)
    if not proofs or len(proofs) != len(entries) or len(proofs) > MAX_PROOFS:
        raise MALFORMED("proof is not one to 8 objects")
    return proofs


def _previous(proof: Document, proofs: Sequence[Document]) -> Document:
    """Gives the proofs that this one was made over, as part of what it signs."""
    names = proof.get("previousProof")
    if names is None:
        return {}
    wanted = names if isinstance(names, list) else [names]
    matching: list[Json] = [known for known in proofs if known.get("id") in wanted]
    if not all(isinstance(name, str) for name in wanted) or len(matching) != len(wanted):
        raise MALFORMED("a previous proof is not there, or there twice")
    return {"proof": matching}


def _verify(unsecured: Document, proof: Document, resolver: Resolver, expected: Expected) -> tuple[Proved, Resolution]:
    """Verifies one proof, cheap checks first, the signature last; gives also its signer's document."""
    _check_form(proof)
    _check_asked(proof, expected)
    created_ms = _check_times(proof, expected)
    method = proof["verificationMethod"]
    url = parse_did_url(method)
    if url.fragment is None or url.path or not isinstance(method, str):
        raise BAD_DID("a verification method is a DID with a fragment")
    resolved = _resolve(url, resolver, expected, created_ms)
    plain = f"{url.did}#{url.fragment}"
    key = find_key(resolved.document, plain, expected.purpose)
    if key.key.suite != ED25519:
        raise UNKNOWN_SUITE(f"a key of suite {key.key.suite} makes no {SUITE} proof")
    if key.expires_ms is not None and key.expires_ms <= expected.now_ms:
        raise EXPIRED("the key")
    message = _hashed(_as_signed(unsecured, proof), proof)
    if not all(verify_in_turn([SignatureJob(key.key, message, _signature(proof))])):
        raise FORGED(plain[:120])
    return Proved(url.did, plain, expected.purpose, created_ms), resolved


def _check_form(proof: Document) -> None:
    if proof.get("type") != TYPE or proof.get("cryptosuite") != SUITE:
        raise UNKNOWN_SUITE(f"{str(proof.get('type'))[:40]} {str(proof.get('cryptosuite'))[:40]}")
    if "id" in proof and not is_url(proof["id"]):
        raise MALFORMED("the id of a proof is no URL")
    for name in ("verificationMethod", "proofPurpose", "proofValue"):
        if not isinstance(proof.get(name), str):
            raise MALFORMED(f"a proof has no {name}")
    for name in ("challenge", "nonce"):
        if name in proof and not isinstance(proof[name], str):
            raise MALFORMED(f"{name} is no text")


def _check_asked(proof: Document, expected: Expected) -> None:
    if proof["proofPurpose"] != expected.purpose:
        raise KEY_NOT_ALLOWED(f"signed for {str(proof['proofPurpose'])[:40]}, asked for {expected.purpose}")
    domains = proof.get("domain")
    if domains is not None and not all(isinstance(name, str) for name in _list(domains)):
        raise MALFORMED("domain is no text")
    if expected.domain is not None and (domains is None or set(_texts(domains)) != {expected.domain}):
        raise WRONG_DOMAIN(str(domains)[:80])
    if expected.challenge is not None and proof.get("challenge") != expected.challenge:
        raise REPLAYED(str(proof.get("challenge"))[:80])


def _check_times(proof: Document, expected: Expected) -> int | None:
    created_ms = to_ms(proof["created"]) if "created" in proof else None
    if created_ms is not None and created_ms > expected.now_ms + expected.skew_ms:
        raise NOT_YET_VALID("the proof")
    if "expires" in proof:
        expires_ms = to_ms(proof["expires"])
        if expires_ms <= expected.now_ms or (created_ms is not None and expires_ms < created_ms):
            raise EXPIRED("the proof")
    return created_ms


def _resolve(url: DidUrl, resolver: Resolver, expected: Expected, created_ms: int | None) -> Resolution:
    """Gives the signer's present document, or that of when it signed where past keys are asked for.

    A version that the proof itself names is not asked for: it would bring back keys that were replaced.
    """
    resolved = resolver(DidUrl(url.did, url.method))
    if resolved.is_deactivated:
        raise DEACTIVATED(url.did[:80])
    if expected.past_keys and created_ms is not None:
        return resolver(DidUrl(url.did, url.method, query=(("versionTime", from_ms(created_ms)),)))
    return resolved


def _as_signed(unsecured: Document, proof: Document) -> Document:
    """Gives the document under the contexts that were signed, of which its own may only go on."""
    signed = proof.get("@context")
    if signed is None:
        return unsecured
    here, there = _list(unsecured.get("@context")), _list(signed)
    if here[: len(there)] != there:
        raise FORGED("the document's contexts are not those that were signed")
    return unsecured | {"@context": signed}


def _hashed(unsecured: Document, proof: Document) -> bytes:
    configuration: Document = {name: value for name, value in proof.items() if name != "proofValue"}
    return sha256(canonical(configuration)) + sha256(canonical(unsecured))


def _signature(proof: Document) -> bytes:
    text = proof["proofValue"]
    if not isinstance(text, str) or not text.startswith("z") or len(text) > 100:
        raise MALFORMED("proofValue is not base58-btc of multibase")
    signature = from_base58(text[1:])
    if len(signature) != 64:
        raise MALFORMED("proofValue is not of 64 bytes")
    return signature


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _texts(value: Json) -> list[str]:
    return [text for text in _list(value) if isinstance(text, str)]
