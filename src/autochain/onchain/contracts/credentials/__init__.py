"""Credentials: what an authority attests of a DID, above all the role it has."""

from ...ledger import Contract
from . import handlers, queries
from .messages import ROLES, Attest, Attested, Withdraw, Withdrawn
from .queries import Holds
from .state import ATTESTATIONS, AUTHORITIES, INVARIANTS, Attestation, Authority, Parameters

CONTRACT = Contract(
    "credentials",
    version=1,
    uses=("accounts",),
    messages={Attest: handlers.attest, Withdraw: handlers.withdraw},
    queries={Holds: queries.holds},
    events=(Attested, Withdrawn),
    tables=(ATTESTATIONS, AUTHORITIES),
    genesis=handlers.genesis,
    parameters=Parameters,
    invariants=INVARIANTS,
)

__all__ = [
    "ATTESTATIONS",
    "AUTHORITIES",
    "CONTRACT",
    "ROLES",
    "Attest",
    "Attestation",
    "Attested",
    "Authority",
    "Holds",
    "Parameters",
    "Withdraw",
    "Withdrawn",
]
