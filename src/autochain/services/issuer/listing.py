"""Status lists as credentials, signed anew as they change, for everybody who asks."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from ...onchain.contracts.credentials import StatusList as OnChain
from ...onchain.crypto import PublicKey
from ...wallet import Wallet
from ...wallet import credentials as w3c
from ...wallet.credentials import Author, Document
from .errors import NOT_ISSUED_HERE
from .status_lists import StatusLists

HOUR_MS = 3_600_000
VALID_MS = 24 * HOUR_MS
"""How long a verifier may rely on a list that it fetched, and how long a revocation may take to reach it."""
MAX_KEPT = 64
"""How many signed lists are kept to be served again."""


def list_url(origin: str, issuer: str, number: int) -> str:
    """Gives the address of a status list at a host that serves it."""
    return f"{origin}/credentials/status/{issuer}/{number}"


class _Kept(NamedTuple):
    """A signed list, and of what it was made."""

    record: OnChain
    key: PublicKey
    since_ms: int
    document: Document


class ListingService:
    """Gives the lists of all issuers whose keys it has; `wallet` opens that of a DID, or gives None."""

    def __init__(self, lists: StatusLists, *, wallet: Callable[[str], Wallet | None], clock: Callable[[], int]) -> None:
        self._lists = lists
        self._wallet = wallet
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    async def status_list(self, issuer: str, number: int, *, origin: str) -> Document:
        """Gives the credential of a list as it stands now, under the name that it has at this origin."""
        record = await self._lists.record(issuer, number)
        # In a thread: to find it, the wallets of a home may have to be opened one by one.
        wallet = await asyncio.to_thread(self._wallet, issuer)
        if wallet is None:
            raise NOT_ISSUED_HERE(issuer)
        url, key = list_url(origin, issuer, number), wallet.public_key
        now_ms = self._clock()
        hour_ms = now_ms - now_ms % HOUR_MS
        kept = self._kept.get(url)
        if kept is None or (kept.record, kept.key) != (record, key) or kept.since_ms < hour_ms:
            kept = await self._listed(url, wallet, number, min(now_ms, max(hour_ms, record.changed_ms)))
        return kept.document

    async def _listed(self, url: str, wallet: Wallet, number: int, since_ms: int) -> _Kept:
        record, bits = await self._lists.whole(wallet.did, number)

        def sign() -> Document:
            unsigned = w3c.status_list_credential(
                url=url,
                issuer=wallet.did,
                purpose=record.purpose,
                bits=bits,
                since_ms=since_ms,
                until_ms=since_ms + VALID_MS,
            )
            return w3c.issue(unsigned, Author(wallet.did, wallet), now_ms=since_ms)

        kept = self._kept[url] = _Kept(record, wallet.public_key, since_ms, await asyncio.to_thread(sign))
        self._kept.move_to_end(url)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return kept
