"""The issuer: signs credentials, and gives each a place in a status list on the chain."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

from ...client import Client
from ...onchain.contracts.credentials import MIN_LIST_BITS, STATUS_LISTS, OpenStatusList, SetStatus
from ...onchain.refusals import Refusal
from ...wallet import Wallet
from ...wallet import credentials as w3c
from ...wallet.credentials import Author, Document, Json, StatusPurpose
from .allotments import Allotment, Allotments, OpenedList
from .errors import NO_CREDENTIAL, NOT_ISSUED_HERE
from .listing import list_url
from .status_lists import check_list, named

PAUSE_S = 0.05
"""How long it waits while another process issues for the same party."""


class IssuerService:
    """Issues in the name of one party of the network.

    `wallet` opens that party's wallet, anew each time, for its keys may change; `payer` pays the fees, or the party
    itself. With `is_open` it puts its own name in the place of any other issuer's, as suites of tests expect it, and
    signs as the did:key of its key where it is asked to; else it refuses what names another.
    """

    def __init__(
        self,
        client: Client,
        allotments: Allotments,
        *,
        wallet: Callable[[], Wallet],
        payer: Callable[[], Wallet | None],
        clock: Callable[[], int],
        chance: Callable[[int], bytes],
        is_open: bool = False,
    ) -> None:
        self._client = client
        self._allotments = allotments
        self._wallet = wallet
        self._payer = payer
        self._clock = clock
        self._chance = chance
        self._is_open = is_open
        self._allotting = asyncio.Lock()

    @property
    def did(self) -> str:
        """The DID in whose name it issues."""
        return self._wallet().did

    async def issue(
        self, document: Document, *, origin: str, credential_id: str | None, purposes: Sequence[StatusPurpose]
    ) -> Document:
        """Signs a credential, with a place in a status list for each purpose unless it has a status of its own."""
        author = self._author(document)
        named_document = _issued_by(document, author.did)
        w3c.check_credential(named_document)
        check_list(named_document)
        if purposes and "credentialStatus" not in document and author.did == self._wallet().did:
            w3c.check_schema(named_document)
            name = credential_id if credential_id is not None else str(document.get("id", ""))
            entries = [await self._allotted(name, purpose, origin) for purpose in purposes]
            named_document["credentialStatus"] = entries[0] if len(entries) == 1 else list[Json](entries)
        return await asyncio.to_thread(w3c.issue, named_document, author, now_ms=self._clock())

    async def present(self, document: Document, *, challenge: str | None, domain: str | None) -> Document:
        """Signs a presentation as its holder."""
        wallet = self._wallet()
        author, now_ms = Author(wallet.did, wallet), self._clock()

        def sign() -> Document:
            return w3c.sign_presentation(document, author, now_ms=now_ms, challenge=challenge, domain=domain)

        return await asyncio.to_thread(sign)

    async def set_status(
        self, credential_id: str, purpose: StatusPurpose, *, value: bool, place: tuple[str, int] | None = None
    ) -> None:
        """Revokes or suspends every credential of a name, or the one at a place, or lifts their suspension."""
        wallet = self._wallet()
        self._allotments.reread()
        found = {(each.number, each.index) for each in self._allotments.of(credential_id, purpose)}
        if place is not None:
            issuer, number = named(place[0])
            if issuer != wallet.did:
                raise NOT_ISSUED_HERE(issuer)
            found &= {(number, place[1])}
        if not found:
            raise NO_CREDENTIAL(credential_id[:120])
        payer = self._payer()
        for number, index in sorted(found):
            await self._client.send(wallet, SetStatus(number, (index,), value), payer=payer)

    def _author(self, document: Document) -> Author:
        wallet = self._wallet()
        given = document.get("issuer")
        name = given.get("id") if isinstance(given, dict) else given
        try:
            own_key = w3c.did_key(wallet.public_key)
        except Refusal:
            own_key = ""  # Keys of this kind have no did:key, and nobody asks for it.
        if self._is_open and name == own_key:
            return Author(own_key, wallet)
        if "issuer" in document and (self._is_open or name == wallet.did):
            # What stands there must be of the right form before it may be replaced.
            w3c.issuer_of(document)
        elif "issuer" in document:
            raise w3c.WRONG_ISSUER(f"{str(name)[:80]}; here issues {wallet.did}")
        return Author(wallet.did, wallet)

    async def _allotted(self, credential: str, purpose: StatusPurpose, origin: str) -> Document:
        """Gives a credential a place, taken by chance, so that places tell nothing of when it was issued."""
        async with self._alone():
            opened = next((each for each in self._allotments.lists.values() if self._has_room(each, purpose)), None)
            if opened is None:
                opened = await self._open(purpose)
            used = self._allotments.used(opened.number)
            index = self._place(opened.length)
            while index in used:
                index = self._place(opened.length)
            # In no thread: one that is left behind would go on when others are let in.
            self._allotments.add(Allotment(credential, opened.number, purpose, index))
        url = list_url(origin, self._wallet().did, opened.number)
        return w3c.status_entry(url=url, purpose=purpose, index=index)

    @contextlib.asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Waits until nobody else allots for this party, here or in another process, and keeps them out."""
        async with self._allotting:
            while not self._allotments.lock():
                await asyncio.sleep(PAUSE_S)
            try:
                yield
            finally:
                self._allotments.unlock()

    def _has_room(self, opened: OpenedList, purpose: StatusPurpose) -> bool:
        # In a list that is nearly full, a free place would be looked for in vain for long.
        return opened.purpose == purpose and 4 * len(self._allotments.used(opened.number)) < 3 * opened.length

    def _place(self, length: int) -> int:
        return int.from_bytes(self._chance(8), "big") % length

    async def _open(self, purpose: StatusPurpose) -> OpenedList:
        """Opens the next list on the chain, past those that were opened otherwise."""
        wallet = self._wallet()
        number = max(self._allotments.lists, default=0) + 1
        while (await self._client.prove(STATUS_LISTS, wallet.account, number)).record is not None:
            number += 1
        payer = self._payer()
        await self._client.send(wallet, OpenStatusList(number, purpose, MIN_LIST_BITS), payer=payer)
        opened = OpenedList(number, purpose, MIN_LIST_BITS)
        self._allotments.add(opened)
        return opened


def _issued_by(document: Document, did: str) -> Document:
    """Gives a copy of a credential in which an issuer stands by its DID, and what else was said of it."""
    given = document.get("issuer")
    issuer: Json = {**given, "id": did} if isinstance(given, dict) else did
    return {**document, "issuer": issuer}
