"""Giving grants, and answering a vehicle's challenge with them: for one use, of one resource.

An answer is a presentation in canonical JSON: 1.8 KB with the smallest grant, 2.1 KB with one that has times, a circle
and a status, and 1.3 KB more for each time it was passed on; some nine packets of Bluetooth LE, or one message by NFC.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec

from ....onchain.refusals import Reason, Refusal
from .. import errors as w3c
from ..contexts import AUTOCHAIN, V2
from ..did_documents import Resolution, Resolver, verification_method
from ..did_urls import DidUrl
from ..documents import Document, canonical, parse
from ..multikey import from_base64url, to_base64url
from ..proofs import Author, Expected, add_proof, verify_proofs
from . import errors
from .grants import MAX_DELEGATIONS, Grant, Resource, Text, check_chain, read_grant, write_grant

CHALLENGE_BYTES = 32
MAX_ANSWER_BYTES = 16_384
SKEW_MS = 24 * 3_600_000
"""How far a phone's clock may be ahead of the vehicle's: the challenge says that the answer is of now."""

_WORDS: Mapping[Reason, Reason] = MappingProxyType(
    {
        w3c.TOO_LARGE: errors.TOO_LARGE,
        w3c.FORGED: errors.FORGED,
        w3c.WRONG_DOMAIN: errors.WRONG_VEHICLE,
        w3c.REPLAYED: errors.REPLAYED,
        w3c.NOT_YET_VALID: errors.NOT_YET_VALID,
        w3c.EXPIRED: errors.EXPIRED,
        w3c.REVOKED: errors.REVOKED,
        w3c.SUSPENDED: errors.SUSPENDED,
        w3c.BAD_STATUS: errors.STATUS_UNKNOWN,
        w3c.KEY_NOT_ALLOWED: errors.WRONG_KEY,
        w3c.DEACTIVATED: errors.WRONG_KEY,
        w3c.TOO_FEW_PROOFS: errors.WRONG_KEY,
    }
)


@contextmanager
def in_words_of_access() -> Iterator[None]:
    """Gives refusals of W3C documents the numbers of access."""
    try:
        yield
    except Refusal as refusal:
        if refusal.codespace != w3c.SPACE:
            raise
        reason = _WORDS.get(refusal.reason)
        raise (reason(refusal.detail) if reason else errors.MALFORMED(refusal.text)) from None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a holder answers: nothing in it is verified yet."""

    document: Document
    challenge: bytes
    resource: Resource
    holder: str
    chain: tuple[Document, ...]
    """The credentials, the owner's first."""
    grants: tuple[Grant, ...]
    """What they say."""


class _Presentation(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    context: tuple[str, str] = msgspec.field(name="@context")
    type: tuple[Literal["VerifiablePresentation"]]
    holder: Text
    resource: Resource
    verifiable_credential: Annotated[
        tuple[dict[str, Any], ...], msgspec.Meta(min_length=1, max_length=1 + MAX_DELEGATIONS)
    ]
    proof: dict[str, Any]


def give(
    grant: Grant, authors: Sequence[Author], *, now_ms: int, parents: Sequence[Document] = ()
) -> tuple[Document, ...]:
    """Signs a grant and gives the whole chain that its holder keeps; `authors` are as many keys as must sign."""
    with in_words_of_access():
        document = write_grant(grant)
        above = [read_grant(parent) for parent in parents]
        check_chain([*above, grant])
        for author in authors:
            if author.did != grant.issuer or (above and author.signer.public_key != above[-1].holder_key):
                raise errors.WRONG_KEY(author.method[:120])
            document = add_proof(document, author, purpose="assertionMethod", created_ms=now_ms)
    return (*parents, document)


def answer(
    chain: Sequence[Document], author: Author, resource: Resource, *, vehicle: str, challenge: bytes, now_ms: int
) -> bytes:
    """Answers a vehicle's challenge with a chain of grants, for one use of one resource."""
    contexts: Document = {"@context": [V2, AUTOCHAIN]}
    document: Document = contexts | {
        "type": ["VerifiablePresentation"],
        "holder": author.did,
        "resource": resource,
        "verifiableCredential": list(chain),
    }
    with in_words_of_access():
        signed = add_proof(
            document,
            author,
            purpose="authentication",
            created_ms=now_ms,
            challenge=to_base64url(challenge),
            domain=vehicle,
        )
        data = canonical(signed)
        read_answer(data)
    return data


def read_answer(data: bytes) -> Answer:
    """Reads an answer from a stranger, within bounds, and verifies nothing of it."""
    with in_words_of_access():
        document = parse(data, max_bytes=MAX_ANSWER_BYTES)
        try:
            shown = msgspec.convert(document, _Presentation)
        except msgspec.ValidationError as error:
            raise errors.MALFORMED(str(error)[:120]) from None
        if shown.context != (V2, AUTOCHAIN):
            raise errors.MALFORMED("it is of other contexts")
        challenge = shown.proof.get("challenge")
        if not isinstance(challenge, str) or len(challenge) > 64:
            raise errors.REPLAYED("no challenge")
        chain = shown.verifiable_credential
        grants = tuple(read_grant(credential) for credential in chain)
        return Answer(document, from_base64url(challenge), shown.resource, shown.holder, chain, grants)


def verify_holder(shown: Answer, *, vehicle: str, now_ms: int) -> None:
    """Refuses an answer that the holder of the last grant did not sign for this vehicle with the key named there."""
    last = shown.grants[-1]
    if shown.holder != last.holder:
        raise errors.WRONG_HOLDER(shown.holder[:80])
    expected = Expected(
        purpose="authentication",
        now_ms=now_ms,
        skew_ms=SKEW_MS,
        challenge=to_base64url(shown.challenge),
        domain=vehicle,
    )
    try:
        with in_words_of_access():
            verify_proofs(shown.document, _holder_of(last), expected)
    except Refusal as refusal:
        if refusal.reason == errors.WRONG_KEY:
            raise errors.WRONG_HOLDER(refusal.detail) from None
        raise


def verify_chain(shown: Answer, owner: Resolver, *, now_ms: int) -> None:
    """Refuses a chain in which one grant allows more than the one before, or was not signed by its issuer."""
    check_chain(shown.grants)
    expected = Expected(purpose="assertionMethod", now_ms=now_ms, skew_ms=SKEW_MS)
    resolvers: list[Resolver] = [owner, *map(_holder_of, shown.grants[:-1])]
    with in_words_of_access():
        for grant, credential, resolver in zip(shown.grants, shown.chain, resolvers, strict=True):
            proofs = verify_proofs(credential, resolver, expected)
            if any(proof.did != grant.issuer for proof in proofs):
                raise errors.WRONG_KEY(proofs[0].method[:120])


def _holder_of(grant: Grant) -> Resolver:
    """Resolves the holder of a grant by what the grant says of its key; nothing else is known offline."""
    method = verification_method(grant.holder, grant.holder_key)
    document: Document = {
        "id": grant.holder,
        "verificationMethod": [method],
        "authentication": [method["id"]],
        "assertionMethod": [method["id"]],
    }

    def resolve(url: DidUrl, /) -> Resolution:
        if url.did != grant.holder:
            raise errors.WRONG_KEY(url.did[:80])
        return Resolution(document)

    return resolve
