"""What may be read of consent."""

from __future__ import annotations

from itertools import islice

from ...codec import tag_of
from ...ids import Id
from ...ledger import Query, View
from .decision import Request, decide
from .state import BY_OWNER, BY_READER, CONSENTS, Consent

TAG = tag_of(__name__)
PAGE = 100


class GetConsent(Query[Consent | None], frozen=True, tag=TAG):
    """Asks for one consent."""

    consent: Id


class ListConsents(Query[tuple[tuple[Id, Consent], ...]], frozen=True, tag=TAG):
    """Asks for the consents of an account, as owner or as reader, in the order of their ids, at most 100 at a time."""

    account: Id
    as_reader: bool = False
    after: Id | None = None


class RequireConsent(Query[Consent], frozen=True, tag=TAG):
    """Asks for a consent that lets a reader read; refused, with the reason, when this one does not."""

    consent: Id
    request: Request


def get_consent(view: View, query: GetConsent) -> Consent | None:
    return CONSENTS.get(view, query.consent)


def list_consents(view: View, query: ListConsents) -> tuple[tuple[bytes, Consent], ...]:
    listed = BY_READER if query.as_reader else BY_OWNER
    after = (query.account, query.after) if query.after else ()
    names = [name for name, _ in islice(listed.items(view, query.account, after=after), PAGE)]
    found = [(name, CONSENTS.get(view, name)) for name in names]
    return tuple((name, record) for name, record in found if record is not None)


def require_consent(view: View, query: RequireConsent) -> Consent | None:
    record = CONSENTS.get(view, query.consent)
    refusal = decide(record, query.request, now_ms=view.block.time_ms)
    if refusal is not None:
        raise refusal
    return record
