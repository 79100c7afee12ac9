"""The records, keys and invariants of credentials."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ...codec import Record, folder_of
from ...crypto import Hash
from ...ids import Id
from ...ledger import HASH, ID, TEXT, Table, View
from ...units import Count
from .messages import ROLES, Role

HERE = folder_of(__name__)
MAX_REGISTRARS = 16


class Attestation(Record, frozen=True):
    """One role of one DID."""

    authority: Id
    attested_ms: Count
    unique: Hash | None = None


class Authority(Record, frozen=True):
    """The roles that one DID may attest."""

    roles: tuple[Role, ...]


class Bearer(Record, frozen=True):
    """Which DID a vehicle has."""

    subject: Id


class Registrars(Record, frozen=True):
    """The public keys of those who together make a VIN unrecognisable, in the order of their shares."""

    threshold: Annotated[int, msgspec.Meta(ge=1, le=MAX_REGISTRARS)]
    public_keys: Annotated[tuple[Hash, ...], msgspec.Meta(min_length=1, max_length=MAX_REGISTRARS)]
    """A ristretto255 element each."""


class Parameters(Record, frozen=True):
    """Who may attest which roles, and who makes VINs unrecognisable."""

    authorities: tuple[tuple[Id, Authority], ...] = ()
    registrars: Registrars | None = None


ATTESTATIONS = Table(HERE, "attestations", Attestation, key=(ID, TEXT))
"""By subject and role."""
AUTHORITIES = Table(HERE, "authorities", Authority, key=(ID,))
VEHICLES = Table(HERE, "vehicles", Bearer, key=(HASH,))
"""By what the registrars make of the VIN."""
REGISTRARS = Table(HERE, "registrars", Registrars, key=())


def _given_by_authorities(view: View) -> bool:
    roles = {account: record.roles for account, record in AUTHORITIES.items(view)}
    return all(
        key[21:].decode() in roles.get(record.authority, ()) and key[21:].decode() in ROLES
        for key, record in ATTESTATIONS.items(view)
    )


def _one_did_each(view: View) -> bool:
    attested = [(record.unique, key[:20]) for key, record in ATTESTATIONS.items(view) if record.unique is not None]
    return sorted(attested) == sorted((key, record.subject) for key, record in VEHICLES.items(view))


INVARIANTS = {
    "every attestation is by an authority for its role": _given_by_authorities,
    "a vehicle has one DID": _one_did_each,
}
