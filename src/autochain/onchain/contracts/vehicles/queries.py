"""What may be read of vehicles."""

from __future__ import annotations

from itertools import islice

from ...codec import Record, tag_of
from ...ids import Id
from ...ledger import Query, View, interfaces
from ...refusals import present
from ...units import Count
from .messages import Name
from .state import (
    APPROVALS,
    LIVES,
    RECALLS,
    SECURITY,
    SOFTWARE,
    STEPS,
    Approval,
    Life,
    OpenRecall,
    SecurityEvent,
    Software,
    Step,
)

TAG = tag_of(__name__)
EVENTS_PAGE = 100
STEPS_PAGE = 1_000
"""How many security events, and how many steps, one answer gives."""


class Passport(Record, frozen=True):
    """All that is known of one device."""

    owner: Id
    life: Life
    software: tuple[tuple[Name, Software], ...]
    """By RXSWIN."""
    recalls: tuple[tuple[Name, OpenRecall], ...]
    """Those that are open, by campaign."""
    security_events: tuple[SecurityEvent, ...]
    """From the first one on, at most 100."""
    steps: tuple[Step, ...]
    """From the first one on, at most 1,000."""


class GetLife(Query[Life | None], frozen=True, tag=TAG):
    """Asks how far the life of a device has come."""

    device: Id


class GetHistory(Query[tuple[Step, ...]], frozen=True, tag=TAG):
    """Asks for the steps of a device's life in their order, at most 1,000 at a time."""

    device: Id
    after: Count = 0
    """The number of the last step of the page before."""


class GetPassport(Query[Passport | None], frozen=True, tag=TAG):
    """Asks for all that is known of one device, in one answer."""

    device: Id


class ListSecurityEvents(Query[tuple[SecurityEvent, ...]], frozen=True, tag=TAG):
    """Asks for the security events of a device in their order, at most 100 at a time."""

    device: Id
    after: Count = 0
    """The number of the last event of the page before."""


class GetApproval(Query[Approval | None], frozen=True, tag=TAG):
    """Asks whether a version of a maker's software is approved."""

    maker: Id
    rxswin: Name
    version: Name


def get_life(view: View, query: GetLife) -> Life | None:
    return LIVES.get(view, query.device)


def get_history(view: View, query: GetHistory) -> tuple[Step, ...]:
    found = STEPS.items(view, query.device, after=(query.device, query.after))
    return tuple(step for _, step in islice(found, STEPS_PAGE))


def list_security_events(view: View, query: ListSecurityEvents) -> tuple[SecurityEvent, ...]:
    found = SECURITY.items(view, query.device, after=(query.device, query.after))
    return tuple(event for _, event in islice(found, EVENTS_PAGE))


def get_approval(view: View, query: GetApproval) -> Approval | None:
    return APPROVALS.get(view, query.maker, query.rxswin, query.version)


def get_passport(view: View, query: GetPassport) -> Passport | None:
    life = LIVES.get(view, query.device)
    if life is None:
        return None
    account = present(view.ask("accounts", interfaces.AccountOf(query.device)), "what has a life is registered")
    return Passport(
        owner=account.owner,
        life=life,
        software=tuple((key[1:].decode(), software) for key, software in SOFTWARE.items(view, query.device)),
        recalls=tuple((key[1:].decode(), recall) for key, recall in RECALLS.items(view, query.device)),
        security_events=list_security_events(view, ListSecurityEvents(query.device)),
        steps=get_history(view, GetHistory(query.device)),
    )
