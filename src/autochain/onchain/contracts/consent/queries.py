"""What may be read of consent."""

from __future__ import annotations

from ...codec import tag_of
from ...ids import Id
from ...ledger import Query, View, interfaces, page, page_of
from ..recording import Category, Precision, Recording
from .decision import Request, decide
from .messages import Purpose
from .state import (
    BY_OWNER,
    BY_READER,
    CONSENTS,
    COUNTS,
    OFFERS,
    OFFERS_BY_OWNER,
    Consent,
    Counter,
    OpenOffer,
)

TAG = tag_of(__name__)


class GetConsent(Query[Consent | None], frozen=True, tag=TAG):
    """Asks for one consent."""

    consent: Id


class ListConsents(Query[tuple[tuple[Id, Consent], ...]], frozen=True, tag=TAG):
    """Asks for the consents of an account, as owner or as reader, in the order of their ids, at most 100 at a time."""

    account: Id
    as_reader: bool = False
    after: Id | None = None


class CountConsents(Query[Counter], frozen=True, tag=TAG):
    """Asks how many consents and offers an account has."""

    account: Id


class GetOffer(Query[OpenOffer | None], frozen=True, tag=TAG):
    """Asks for one offer."""

    offer: Id


class ListOffers(Query[tuple[tuple[Id, OpenOffer], ...]], frozen=True, tag=TAG):
    """Asks for offers in the order of their ids, of one owner or of all, at most 100 at a time."""

    owner: Id | None = None
    after: Id | None = None


class RequireConsent(Query[Consent], frozen=True, tag=TAG):
    """Asks for a consent that lets a reader read a recording; refused, with the reason, when this one does not."""

    consent: Id
    reader: Id
    recording: Recording
    purpose: Purpose
    categories: tuple[Category, ...]
    precision: Precision


def get_consent(view: View, query: GetConsent) -> Consent | None:
    return CONSENTS.get(view, query.consent)


def list_consents(view: View, query: ListConsents) -> tuple[tuple[bytes, Consent], ...]:
    listed = BY_READER if query.as_reader else BY_OWNER
    return page_of(view, CONSENTS, listed=listed, account=query.account, after=query.after)


def count_consents(view: View, query: CountConsents) -> Counter:
    return COUNTS.get(view, query.account) or Counter(0, 0, 0)


def get_offer(view: View, query: GetOffer) -> OpenOffer | None:
    return OFFERS.get(view, query.offer)


def list_offers(view: View, query: ListOffers) -> tuple[tuple[bytes, OpenOffer], ...]:
    if query.owner is None:
        return page(view, OFFERS, after=query.after)
    return page_of(view, OFFERS, listed=OFFERS_BY_OWNER, account=query.owner, after=query.after)


def require_consent(view: View, query: RequireConsent) -> Consent | None:
    owner = view.ask("accounts", interfaces.AccountOf(query.recording.owner))
    now_ms = view.block.time_ms
    request = Request.to_read(
        query.recording,
        reader=query.reader,
        purpose=query.purpose,
        categories=query.categories,
        precision=query.precision,
        owner_active=owner is not None and owner.active,
        now_ms=now_ms,
    )
    record = CONSENTS.get(view, query.consent)
    refusal = decide(record, request, now_ms=now_ms)
    if refusal is not None:
        raise refusal
    return record
