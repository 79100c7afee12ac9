"""The verifier: credentials and presentations, with DIDs and statuses as the chain has them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ...wallet import credentials as w3c
from ...wallet.credentials import Checks, Document, Presented, Purpose, Verified
from ..resolver import ResolverService
from .challenges import Challenges
from .gathering import Gathered, gather
from .status_lists import StatusLists, check_list

AT_ONCE = 2
"""Others wait: to hash a large document takes a core for a while."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a document is to be verified."""

    challenge: str | None = None
    domain: str | None = None
    checks: tuple[str, ...] = ()
    """What is checked besides form and validity; empty is everything. The proof always is."""
    purpose: str | None = None
    """What the proof must have been made for; None is what such a document's proof is for."""
    past_keys: bool = False
    """Takes a key that was the signer's when the proof says it was made."""
    holder_is_subject: bool = False
    """Asks that each credential of a presentation is about whoever presents it."""

    @property
    def status(self) -> bool:
        return not self.checks or "credentialStatus" in self.checks


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verified document, and what whoever relies on it should know."""

    document: Document
    """Under the contexts that were signed, and so are the credentials that it is or shows."""
    credentials: tuple[Document, ...]
    checks: tuple[str, ...]
    warnings: tuple[str, ...]


class VerifierService:
    """Verifies documents; with `is_open` it also takes challenges that it did not give."""

    def __init__(
        self,
        resolver: ResolverService,
        lists: StatusLists,
        challenges: Challenges,
        *,
        clock: Callable[[], int],
        is_open: bool = False,
    ) -> None:
        self._resolver = resolver
        self._lists = lists
        self._challenges = challenges
        self._clock = clock
        self._is_open = is_open
        self._working = asyncio.Semaphore(AT_ONCE)

    def challenge(self) -> str:
        """Gives a challenge for one presentation."""
        return self._challenges.give()

    async def verify_credential(self, document: Document, asked: Asked) -> Outcome:
        """Verifies a credential; refuses one that does not hold."""
        _check_purpose(asked, "assertionMethod")
        gathered = await self._gather(document, asked)

        def verify() -> Verified:
            check_list(document)
            return w3c.verify_credential(
                document, self._checks(gathered, asked), challenge=asked.challenge, domain=asked.domain
            )

        found = await self._worked(verify)
        return _outcome(asked, found.document, [found])

    async def verify_presentation(self, document: Document, asked: Asked) -> Outcome:
        """Verifies a presentation and what it shows; its challenge is good no more, whatever comes of it."""
        _check_purpose(asked, "authentication")
        warnings: tuple[str, ...] = ()
        if asked.challenge is None:
            warnings = (
                "No challenge was asked, so nothing shows that this presentation is not a copy of an older one.",
            )
        elif not self._is_open or self._challenges.is_own(asked.challenge):
            self._challenges.use(asked.challenge)
        gathered = await self._gather(document, asked)

        def verify() -> Presented:
            return w3c.verify_presentation(
                document,
                self._checks(gathered, asked),
                challenge=asked.challenge,
                domain=asked.domain,
                bound=asked.holder_is_subject,
            )

        found = await self._worked(verify)
        return _outcome(asked, found.document, found.credentials, warnings)

    async def _gather(self, document: Document, asked: Asked) -> Gathered:
        async with self._working:
            return await gather(document, self._resolver, self._lists, past_keys=asked.past_keys, status=asked.status)

    async def _worked(self, work: Callable[[], T]) -> T:
        async with self._working:
            return await asyncio.to_thread(work)

    def _checks(self, gathered: Gathered, asked: Asked) -> Checks:
        return Checks(
            resolver=gathered.resolver,
            statuses=gathered.statuses if asked.status else None,
            now_ms=self._clock(),
            past_keys=asked.past_keys,
        )


def unknown_schemas(credentials: Iterable[Verified]) -> tuple[str, ...]:
    """Says of each schema that is not known here that nothing was checked against it."""
    names = sorted({name for each in credentials for name in each.unknown_schemas})
    return tuple(f"The schema {name[:200]} is not known here, and nothing was checked against it." for name in names)


def _check_purpose(asked: Asked, purpose: Purpose) -> None:
    """Refuses to look for a proof of another purpose than such a document has."""
    if asked.purpose not in (None, purpose):
        raise w3c.KEY_NOT_ALLOWED(f"asked for {str(asked.purpose)[:40]}, and this is proved for {purpose}")


def _outcome(
    asked: Asked, document: Document, credentials: Sequence[Verified], warnings: tuple[str, ...] = ()
) -> Outcome:
    return Outcome(
        document=document,
        credentials=tuple(each.document for each in credentials),
        checks=("proof", "credentialStatus") if asked.status else ("proof",),
        warnings=(*warnings, *unknown_schemas(credentials)),
    )
