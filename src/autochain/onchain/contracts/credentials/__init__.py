"""Credentials: what an authority attests of a DID, above all the role it has."""

from ...ledger import Contract
from . import handlers, queries
from .messages import ROLES, Attest, Attested, Role, Withdraw, Withdrawn
from .queries import GetRegistrars, Holds
from .state import (
    ATTESTATIONS,
    AUTHORITIES,
    INVARIANTS,
    REGISTRARS,
    VEHICLES,
    Attestation,
    Authority,
    Bearer,
    Parameters,
    Registrars,
)

CONTRACT = Contract(
    "credentials",
    version=1,
    uses=("accounts",),
    messages={Attest: handlers.attest, Withdraw: handlers.withdraw},
    queries={GetRegistrars: queries.get_registrars, Holds: queries.holds},
    events=(Attested, Withdrawn),
    tables=(ATTESTATIONS, AUTHORITIES, VEHICLES, REGISTRARS),
    genesis=handlers.genesis,
    parameters=Parameters,
    invariants=INVARIANTS,
)

__all__ = [
    "ATTESTATIONS",
    "AUTHORITIES",
    "CONTRACT",
    "REGISTRARS",
    "ROLES",
    "VEHICLES",
    "Attest",
    "Attestation",
    "Attested",
    "Authority",
    "Bearer",
    "GetRegistrars",
    "Holds",
    "Parameters",
    "Registrars",
    "Role",
    "Withdraw",
    "Withdrawn",
]
