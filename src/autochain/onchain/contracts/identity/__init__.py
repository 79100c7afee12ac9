"""Identity: DIDs of people, organisations and devices, and the keys by which they speak."""

from ...ledger import Contract, interfaces
from . import handlers, queries
from .messages import HandedOver, HandOver, Kind, Register, Registered, Revoke, Revoked, Rotate, Rotated
from .queries import GetIdentity
from .state import IDENTITIES, INVARIANTS, Identity, Parameters

CONTRACT = Contract(
    "identity",
    version=1,
    provides=("accounts",),
    messages={
        Register: handlers.register,
        Rotate: handlers.rotate,
        Revoke: handlers.revoke,
        HandOver: handlers.hand_over,
    },
    internal={interfaces.UseSequence: handlers.use_sequence},
    queries={
        GetIdentity: queries.get_identity,
        interfaces.KeysOf: queries.keys_of,
        interfaces.AccountOf: queries.account_of,
    },
    events=(Registered, Rotated, Revoked, HandedOver),
    tables=(IDENTITIES,),
    genesis=handlers.genesis,
    parameters=Parameters,
    invariants=INVARIANTS,
)

__all__ = [
    "CONTRACT",
    "IDENTITIES",
    "GetIdentity",
    "HandOver",
    "HandedOver",
    "Identity",
    "Kind",
    "Parameters",
    "Register",
    "Registered",
    "Revoke",
    "Revoked",
    "Rotate",
    "Rotated",
]
