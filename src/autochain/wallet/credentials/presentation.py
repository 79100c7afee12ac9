"""Verifiable presentations: a holder shows credentials to one verifier, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .contexts import V2
from .credential import Checks, Verified, holding, verify_credential
from .documents import Document
from .errors import MALFORMED, WRONG_HOLDER
from .proofs import Author, Proved, add_proof, under_signed_contexts, verify_proofs
from .structure import check_credential, check_presentation, holder_of, issuer_of, objects


@dataclass(frozen=True, slots=True)
class Presented:
    """A presentation that was verified: who shows which credentials."""

    document: Document
    """Under the contexts that were signed; what its credentials' own issuers signed stands in `credentials`."""
    holder: str
    credentials: tuple[Verified, ...]
    proofs: tuple[Proved, ...]


def present(
    credentials: Sequence[Document],
    author: Author,
    *,
    now_ms: int,
    challenge: str,
    domain: str,
    expires_ms: int | None = None,
) -> Document:
    """Shows credentials to the verifier that asks with this challenge, in the name of this domain."""
    for credential in credentials:
        check_credential(credential)
    document: Document = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": author.did}
    if credentials:
        document["verifiableCredential"] = list(credentials)
    return sign_presentation(document, author, now_ms=now_ms, challenge=challenge, domain=domain, expires_ms=expires_ms)


def sign_presentation(
    document: Document,
    author: Author,
    *,
    now_ms: int,
    challenge: str | None,
    domain: str | None,
    expires_ms: int | None = None,
) -> Document:
    """Signs a presentation that somebody else wrote, in the name of its holder."""
    check_presentation(document)
    if holder_of(document) not in (None, author.did):
        raise WRONG_HOLDER(f"{str(holder_of(document))[:80]}, signed by {author.did[:80]}")
    return add_proof(
        document,
        author,
        purpose="authentication",
        created_ms=now_ms,
        expires_ms=expires_ms,
        challenge=challenge,
        domain=domain,
    )


def verify_presentation(
    document: Document, checks: Checks, *, challenge: str | None, domain: str | None, bound: bool = True
) -> Presented:
    """Verifies a presentation and each credential in it.

    A challenge is to be asked once: whoever verifies forgets it after the first answer. `bound` asks that every
    credential be about its holder, as a licence is; without it anybody may show what was issued about another.
    """
    signed = under_signed_contexts(document)
    check_presentation(signed)
    expected = checks.expected("authentication", challenge=challenge, domain=domain)
    proofs = verify_proofs(document, checks.resolver, expected)
    signer = proofs[0].did
    stated = holder_of(document)
    if any(proof.did != signer for proof in proofs) or stated not in (None, signer):
        raise WRONG_HOLDER(f"{str(stated)[:80]}, signed by {signer[:80]}")
    credentials = tuple(
        _verify_shown(credential, checks, proofs, stated) for credential in objects(document, "verifiableCredential")
    )
    for verified in credentials:
        if bound and (not verified.subjects or any(subject != signer for subject in verified.subjects)):
            raise WRONG_HOLDER(f"about {str(verified.subjects)[:80]}, shown by {signer[:80]}")
    return Presented(signed, signer, credentials, proofs)


def _verify_shown(credential: Document, checks: Checks, proofs: tuple[Proved, ...], holder: str | None) -> Verified:
    """Verifies one credential; one that its holder says of itself names it, and may lean on the presentation's proof.

    VC Data Model 2.0, section 4.13.4: the presentation then has a holder, and it is the issuer.
    """
    if "proof" in credential:
        verified = verify_credential(credential, checks)
        if verified.issuer == proofs[0].did and holder is None:
            raise WRONG_HOLDER("a credential that its holder issued, without a holder")
        return verified
    check_credential(credential)
    if holder is None or issuer_of(credential) != holder:
        raise MALFORMED("a credential without a proof is not by the holder itself")
    return holding(credential, checks, proofs)
