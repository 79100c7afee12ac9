"""Consent: an owner lets one reader see certain recordings for one purpose, until a time or until revoked."""

from ...ledger import Contract
from . import handlers, queries
from .decision import Request, decide
from .errors import ENDED, NO_CONSENT
from .handlers import consent_of
from .messages import (
    BASES,
    LONGEST_MS,
    PURPOSES,
    Basis,
    Ended,
    Grant,
    Granted,
    Offer,
    Offered,
    Purpose,
    Revoke,
    TakeUp,
    Terms,
    Withdraw,
    Withdrawn,
)
from .queries import CountConsents, GetConsent, GetOffer, ListConsents, ListOffers, RequireConsent
from .state import (
    BY_OWNER,
    BY_READER,
    CONSENTS,
    COUNTS,
    INVARIANTS,
    OFFERS,
    OFFERS_BY_OWNER,
    Consent,
    Counter,
    OpenOffer,
)

CONTRACT = Contract(
    "consent",
    version=1,
    uses=("accounts", "credentials", "recording"),
    messages={
        Grant: handlers.grant,
        Revoke: handlers.revoke,
        Offer: handlers.offer,
        TakeUp: handlers.take_up,
        Withdraw: handlers.withdraw,
    },
    queries={
        CountConsents: queries.count_consents,
        GetConsent: queries.get_consent,
        GetOffer: queries.get_offer,
        ListConsents: queries.list_consents,
        ListOffers: queries.list_offers,
        RequireConsent: queries.require_consent,
    },
    events=(Granted, Ended, Offered, Withdrawn),
    tables=(CONSENTS, BY_OWNER, BY_READER, OFFERS, OFFERS_BY_OWNER, COUNTS),
    invariants=INVARIANTS,
)

__all__ = [
    "BASES",
    "BY_OWNER",
    "BY_READER",
    "CONSENTS",
    "CONTRACT",
    "COUNTS",
    "ENDED",
    "LONGEST_MS",
    "NO_CONSENT",
    "OFFERS",
    "PURPOSES",
    "Basis",
    "Consent",
    "CountConsents",
    "Counter",
    "Ended",
    "GetConsent",
    "GetOffer",
    "Grant",
    "Granted",
    "ListConsents",
    "ListOffers",
    "Offer",
    "Offered",
    "OpenOffer",
    "Purpose",
    "Request",
    "RequireConsent",
    "Revoke",
    "TakeUp",
    "Terms",
    "Withdraw",
    "Withdrawn",
    "consent_of",
    "decide",
]
