"""Verifiable credentials: issued, and verified with all that can end them."""

from __future__ import annotations

from dataclasses import dataclass

from .did_documents import Purpose, Resolver
from .documents import Document
from .errors import EXPIRED, NOT_YET_VALID, WRONG_ISSUER
from .proofs import Author, Expected, Proved, add_proof, under_signed_contexts, verify_proofs
from .schemas import check_schema
from .status import Statuses, check_status
from .structure import check_credential, issuer_of, subjects_of, types_of, validity_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """With what a document is verified."""

    resolver: Resolver
    statuses: Statuses | None
    """None leaves the status unasked, where whoever verifies asks it otherwise."""
    now_ms: int
    skew_ms: int = 60_000
    """How far another's clock may be ahead of this one."""
    past_keys: bool = False
    """See `Expected.past_keys`."""

    def expected(self, purpose: Purpose, *, challenge: str | None, domain: str | None) -> Expected:
        """Says what the proofs of a document have to be."""
        return Expected(
            purpose=purpose,
            now_ms=self.now_ms,
            challenge=challenge,
            domain=domain,
            skew_ms=self.skew_ms,
            past_keys=self.past_keys,
        )


@dataclass(frozen=True, slots=True)
class Verified:
    """A credential that was verified: who says it, of whom, and what it is."""

    document: Document
    """Under the contexts that were signed, as Data Integrity gives it."""
    issuer: str
    subjects: tuple[str, ...]
    """The ids of those it is about, where they have one."""
    types: tuple[str, ...]
    proofs: tuple[Proved, ...]
    unknown_schemas: tuple[str, ...]
    """Schemas it names that are not known here, so nothing was checked against them."""


def issue(document: Document, author: Author, *, now_ms: int, expires_ms: int | None = None) -> Document:
    """Signs a credential as its issuer, once it is of the form that it has to have."""
    check_credential(document)
    check_schema(document)
    if issuer_of(document) != author.did:
        raise WRONG_ISSUER(f"{issuer_of(document)[:80]}, signed by {author.did[:80]}")
    return add_proof(document, author, purpose="assertionMethod", created_ms=now_ms, expires_ms=expires_ms)


def verify_credential(
    document: Document, checks: Checks, *, challenge: str | None = None, domain: str | None = None
) -> Verified:
    """Verifies a credential: form, proofs, issuer, validity, schema, status."""
    signed = under_signed_contexts(document)
    check_credential(signed)
    expected = checks.expected("assertionMethod", challenge=challenge, domain=domain)
    proofs = verify_proofs(document, checks.resolver, expected)
    issuer = issuer_of(signed)
    if any(proof.did != issuer for proof in proofs):
        raise WRONG_ISSUER(f"{issuer[:80]}, signed by {proofs[0].did[:80]}")
    return holding(signed, checks, proofs)


def holding(document: Document, checks: Checks, proofs: tuple[Proved, ...]) -> Verified:
    """Sees that a credential, whoever secured it, holds now: validity, schema, status."""
    since_ms, until_ms = validity_of(document)
    if since_ms is not None and since_ms > checks.now_ms + checks.skew_ms:
        raise NOT_YET_VALID(str(document["validFrom"]))
    if until_ms is not None and until_ms < checks.now_ms:
        raise EXPIRED(str(document["validUntil"]))
    unknown = check_schema(document)
    if checks.statuses is not None:
        check_status(document, checks.statuses, now_ms=checks.now_ms)
    ids = tuple(name for subject in subjects_of(document) if isinstance(name := subject.get("id"), str))
    return Verified(document, issuer_of(document), ids, types_of(document), proofs, unknown)
