"""What a document needs so that it can be verified without asking anybody: documents of DIDs, and status lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from ...onchain.refusals import Refusal
from ...wallet import credentials as w3c
from ...wallet.credentials import DidUrl, Document, Resolution, StatusList
from ..resolver import (
    FEATURE_NOT_SUPPORTED,
    INVALID_DID,
    METHOD_NOT_SUPPORTED,
    NOT_FOUND,
    ResolverService,
)
from .errors import STATUS_ELSEWHERE, TOO_MANY
from .status_lists import StatusLists

MAX_DIDS = 64
MAX_LISTS = 16
_Key = tuple[str, tuple[tuple[str, str], ...]]


class Gathered:
    """Answers the questions of a verification from what was looked up before it."""

    def __init__(self, documents: dict[_Key, Resolution | Refusal], lists: dict[str, StatusList | Refusal]) -> None:
        self._documents = documents
        self._lists = lists

    def resolver(self, url: DidUrl, /) -> Resolution:
        """Gives the document that a DID URL names."""
        found = self._documents.get((url.did, url.query))
        if found is None:
            raise w3c.UNRESOLVED(url.did[:80])
        if isinstance(found, Refusal):
            raise found
        return found

    def statuses(self, url: str, /) -> StatusList:
        """Gives the status list of an address."""
        found = self._lists.get(url)
        if found is None:
            raise STATUS_ELSEWHERE(url[:120])
        if isinstance(found, Refusal):
            raise found
        return found


async def gather(
    document: Document, resolver: ResolverService, lists: StatusLists, *, past_keys: bool, status: bool
) -> Gathered:
    """Looks up the signers of a document and of what it shows, and where asked the status of each credential.

    What is malformed is passed over: the verification says so.
    """
    shown = [document, *w3c.objects_in(document.get("verifiableCredential"))]
    urls = {(url.did, url.query): url for each in shown for url in _signers(each, past_keys=past_keys)}
    if len(urls) > MAX_DIDS:
        raise TOO_MANY(f"{len(urls)} signers, at most {MAX_DIDS}")
    documents = {key: await _resolved(url, resolver) for key, url in urls.items()}
    places: defaultdict[str, set[int]] = defaultdict(set)
    if status:
        for each in shown:
            for entry in w3c.status_places(each):
                places[entry.url].add(entry.place)
    if len(places) > MAX_LISTS:
        raise TOO_MANY(f"{len(places)} status lists, at most {MAX_LISTS}")
    return Gathered(documents, {name: await _looked_up(name, lists, indices) for name, indices in places.items()})


async def _resolved(url: DidUrl, resolver: ResolverService) -> Resolution | Refusal:
    try:
        return (await resolver.resolve(url)).resolution
    except Refusal as refusal:
        if refusal.reason == INVALID_DID:
            return w3c.BAD_DID(refusal.detail)
        if refusal.reason in (NOT_FOUND, METHOD_NOT_SUPPORTED, FEATURE_NOT_SUPPORTED):
            return w3c.UNRESOLVED(f"{url.did[:80]}: {refusal.reason.text}")
        # Where no node answers, nothing is wrong with the document.
        raise


async def _looked_up(url: str, lists: StatusLists, indices: set[int]) -> StatusList | Refusal:
    try:
        return await lists.places(url, indices)
    except Refusal as refusal:
        return refusal


def _signers(document: Document, *, past_keys: bool) -> Iterator[DidUrl]:
    """Gives what is asked of the resolver about each proof of a document."""
    for proof in w3c.objects_in(document.get("proof")):
        try:
            url = w3c.parse_did_url(proof.get("verificationMethod"))
            yield url
            if past_keys and "created" in proof:
                created = w3c.from_ms(w3c.to_ms(proof["created"]))
                yield replace(url, query=(("versionTime", created),))
        except Refusal:
            continue
