"""What may be asked of credentials, and what it announces."""

from __future__ import annotations

from typing import Literal, get_args

from ...codec import tag_of
from ...crypto import Hash
from ...ids import Id
from ...ledger import Event, Message
from . import errors

TAG = tag_of(__name__)

Role = Literal[
    "vehicle", "roadside_unit", "owner", "maker", "supplier", "rsu_operator", "authority", "insurer", "bank", "buyer"
]
ROLES: tuple[str, ...] = get_args(Role)


class Attest(Message, frozen=True, tag=TAG):
    """The sender, an authority for this role, attests it of a DID."""

    subject: Id
    role: Role
    unique: Hash | None = None
    """Of a vehicle: what the registrars make of its VIN, the same for the same VIN; None for every other role."""

    def check(self) -> None:
        if (self.role == "vehicle") != (self.unique is not None):
            raise errors.UNIQUE_MISFIT()


class Withdraw(Message, frozen=True, tag=TAG):
    """The sender takes an attestation of its own back."""

    subject: Id
    role: Role


class Attested(Event, frozen=True, tag=TAG):
    subject: Id
    role: Role
    authority: Id


class Withdrawn(Event, frozen=True, tag=TAG):
    subject: Id
    role: Role
    authority: Id
