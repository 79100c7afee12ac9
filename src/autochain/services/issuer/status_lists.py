"""Status lists as the chain has them: one place of one list with its proof, or a whole list, counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

from ...client import Client, Shown
from ...onchain.contracts.credentials import CHUNK_BITS, CHUNKS, STATUS_LISTS, StatusChunks
from ...onchain.contracts.credentials import StatusList as OnChain
from ...onchain.ids import from_did
from ...onchain.ledger import Table
from ...onchain.ledger.errors import NOT_PROVED
from ...onchain.refusals import Refusal
from ...wallet.credentials import (
    MALFORMED,
    STATUS_LIST,
    Document,
    StatusList,
    decode_list,
    joined,
    subjects_of,
    types_of,
)
from ..proving import prove_fresh
from .errors import NO_LIST, STATUS_ELSEWHERE

_URL = re.compile(r"https?://[^/?#\s]{1,300}/credentials/status/(did:acc:[a-z2-7]{32})/(0|[1-9][0-9]{0,15})", re.ASCII)
"""Whichever host serves it, it is the list of this issuer and number: the chain has it."""
MAX_PAGES = 100
TRIES = 3
"""How often a list is read anew that changes while it is read."""


def check_list(document: Document) -> None:
    """Refuses a credential that calls itself a status list and holds none that can be read."""
    if STATUS_LIST not in types_of(document):
        return
    for subject in subjects_of(document):
        if "BitstringStatusList" not in types_of(subject) or not subject.get("statusPurpose"):
            raise MALFORMED("a status list of no type, or without a purpose")
        decode_list(subject.get("encodedList"))


def named(url: str) -> tuple[str, int]:
    """Reads which list of which issuer a URL names."""
    found = _URL.fullmatch(url)
    if found is None:
        raise STATUS_ELSEWHERE(url[:120])
    return found[1], int(found[2])


class StatusLists:
    """Reads status lists through a node that it need not trust."""

    def __init__(self, client: Client, *, clock: Callable[[], int]) -> None:
        self._client = client
        self._clock = clock

    async def record(self, issuer: str, number: int) -> OnChain:
        """Gives what the chain says of a list, proved."""
        try:
            account = from_did(issuer)
        except Refusal as refusal:
            raise NO_LIST(refusal.detail) from None
        record: OnChain | None = (await self._prove(STATUS_LISTS, account, number)).record
        if record is None:
            raise NO_LIST(f"{issuer}, {number}")
        return record

    async def places(self, url: str, indices: Collection[int]) -> StatusList:
        """Gives a list of which these places are proved; of no other is it to be asked."""
        issuer, number = named(url)
        record = await self.record(issuer, number)
        chunks: dict[int, bytes] = {}
        for chunk in sorted({index // CHUNK_BITS for index in indices if index < record.length}):
            shown = await self._prove(CHUNKS, from_did(issuer), number, chunk)
            if shown.record is not None:
                chunks[chunk] = shown.record.bits
        return StatusList(url, issuer, (record.purpose,), joined(chunks, length=record.length))

    async def whole(self, issuer: str, number: int) -> tuple[OnChain, bytes]:
        """Gives a list with all of its bits, in which as many are set as the chain counts."""
        for _ in range(TRIES):
            record = await self.record(issuer, number)
            chunks = await self._chunks(from_did(issuer), number)
            if sum(int.from_bytes(bits, "big").bit_count() for bits in chunks.values()) == record.set_count:
                return record, joined(chunks, length=record.length)
        raise NOT_PROVED("another number of statuses is set than the chain counts")

    async def _chunks(self, account: bytes, number: int) -> dict[int, bytes]:
        chunks: dict[int, bytes] = {}
        after: int | None = None
        for _ in range(MAX_PAGES):
            page = await self._client.ask(StatusChunks(account, number, after))
            if not page:
                break
            chunks |= {place: chunk.bits for place, chunk in page}
            after = page[-1][0]
        return chunks

    async def _prove(self, table: Table[Any], *name: Any) -> Shown:
        return await prove_fresh(self._client, table, *name, now_ms=self._clock())
