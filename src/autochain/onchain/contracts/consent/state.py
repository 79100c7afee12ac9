"""The records, keys and invariants of consent."""

from __future__ import annotations

from collections import Counter as Tally

from ...codec import Record, folder_of
from ...ids import Id
from ...ledger import ID, Table, View
from ...units import Count
from ..credentials import Role
from .messages import Terms

HERE = folder_of(__name__)


class Consent(Record, frozen=True):
    """One consent, which stays on record when it has ended."""

    owner: Id
    reader: Id
    terms: Terms
    granted_ms: Count
    offer: Id | None = None
    """The offer that the reader took up, if it came so."""
    revoked_ms: Count = 0
    """When it was revoked; 0 while it has not been."""

    def lives(self, now_ms: int) -> bool:
        return self.revoked_ms == 0 and now_ms < self.terms.expires_ms


class OpenOffer(Record, frozen=True):
    """An offer, which stays on record when it was withdrawn."""

    owner: Id
    terms: Terms
    role: Role
    offered_ms: Count
    withdrawn_ms: Count = 0

    def stands(self, now_ms: int) -> bool:
        return self.withdrawn_ms == 0 and now_ms < self.terms.expires_ms

    def consent(self, reader: bytes, *, name: bytes, now_ms: int) -> Consent:
        """Gives the consent that a reader has when it takes this offer, of this name, up."""
        return Consent(self.owner, reader, self.terms, now_ms, name)


class Listed(Record, frozen=True):
    """Says that a consent is one of an owner's or a reader's, or an offer an owner's."""

    since_ms: Count


class Counter(Record, frozen=True):
    """How many consents an owner has granted and offers it has made, and how many consents a reader was given.

    Whoever is shown as many has been shown all.
    """

    granted: Count
    offered: Count
    received: Count


CONSENTS = Table(HERE, "consents", Consent, key=(ID,))
BY_OWNER = Table(HERE, "by_owner", Listed, key=(ID, ID))
BY_READER = Table(HERE, "by_reader", Listed, key=(ID, ID))
OFFERS = Table(HERE, "offers", OpenOffer, key=(ID,))
OFFERS_BY_OWNER = Table(HERE, "offers_by_owner", Listed, key=(ID, ID))
COUNTS = Table(HERE, "counts", Counter, key=(ID,))


def _listed_for_both(view: View) -> bool:
    consents = list(CONSENTS.items(view))
    owners = [key for key, _ in BY_OWNER.items(view)]
    readers = [key for key, _ in BY_READER.items(view)]
    return sorted(owners) == sorted(record.owner + key for key, record in consents) and sorted(readers) == sorted(
        record.reader + key for key, record in consents
    )


def _offers_listed(view: View) -> bool:
    listed = [key for key, _ in OFFERS_BY_OWNER.items(view)]
    return sorted(listed) == sorted(record.owner + key for key, record in OFFERS.items(view))


def _end_after_begin(view: View) -> bool:
    return all(
        record.granted_ms < record.terms.expires_ms <= record.granted_ms + record.terms.longest_ms
        and (record.revoked_ms == 0 or record.revoked_ms >= record.granted_ms)
        for _, record in CONSENTS.items(view)
    )


def _counted(view: View) -> bool:
    owners = Tally(record.owner for _, record in CONSENTS.items(view))
    readers = Tally(record.reader for _, record in CONSENTS.items(view))
    offering = Tally(record.owner for _, record in OFFERS.items(view))
    counts = dict(COUNTS.items(view))
    return sorted(counts) == sorted(owners | readers | offering) and all(
        record == Counter(owners[account], offering[account], readers[account]) for account, record in counts.items()
    )


def _as_offered(view: View) -> bool:
    taken = [record for _, record in CONSENTS.items(view) if record.offer is not None]
    offers = [OFFERS.get(view, record.offer) for record in taken if record.offer is not None]
    return all(
        offer is not None and (offer.owner, offer.terms) == (record.owner, record.terms)
        for record, offer in zip(taken, offers, strict=True)
    )


INVARIANTS = {
    "every consent is listed for its owner and its reader, and no other": _listed_for_both,
    "every offer is listed for its owner, and no other": _offers_listed,
    "no consent ends before it was granted, or later than its grade allows": _end_after_begin,
    "an account's counter is how many consents and offers it has": _counted,
    "a consent that came by an offer has the offer's owner and terms": _as_offered,
}
