"""Consent: an owner lets one reader see certain recordings for one purpose, until a time or until revoked."""

from ...ledger import Contract
from . import handlers, queries, timers
from .decision import Request, decide
from .errors import ENDED, NO_CONSENT
from .messages import PURPOSES, Ended, Grant, Granted, Purpose, Revoke
from .queries import GetConsent, ListConsents, RequireConsent
from .state import BY_OWNER, BY_READER, CONSENTS, COUNTS, INVARIANTS, Consent
from .timers import Expire

CONTRACT = Contract(
    "consent",
    version=1,
    uses=("accounts", "recording"),
    messages={Grant: handlers.grant, Revoke: handlers.revoke},
    queries={
        GetConsent: queries.get_consent,
        ListConsents: queries.list_consents,
        RequireConsent: queries.require_consent,
    },
    timers={Expire: timers.expire},
    events=(Granted, Ended),
    tables=(CONSENTS, BY_OWNER, BY_READER, COUNTS),
    invariants=INVARIANTS,
)

__all__ = [
    "CONSENTS",
    "CONTRACT",
    "ENDED",
    "NO_CONSENT",
    "PURPOSES",
    "Consent",
    "Ended",
    "GetConsent",
    "Grant",
    "Granted",
    "ListConsents",
    "Purpose",
    "Request",
    "RequireConsent",
    "Revoke",
    "decide",
]
