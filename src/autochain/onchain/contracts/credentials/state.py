"""The records, keys and invariants of credentials."""

from __future__ import annotations

from ...codec import Record, folder_of
from ...ids import Id
from ...ledger import ID, TEXT, Table, View
from ...units import Count
from .messages import ROLES, Role

HERE = folder_of(__name__)


class Attestation(Record, frozen=True):
    """One role of one DID."""

    authority: Id
    attested_ms: Count


class Authority(Record, frozen=True):
    """The roles that one DID may attest."""

    roles: tuple[Role, ...]


class Parameters(Record, frozen=True):
    """Who may attest which roles."""

    authorities: tuple[tuple[Id, Authority], ...] = ()


ATTESTATIONS = Table(HERE, "attestations", Attestation, key=(ID, TEXT))
"""By subject and role."""
AUTHORITIES = Table(HERE, "authorities", Authority, key=(ID,))


def _given_by_authorities(view: View) -> bool:
    roles = {account: record.roles for account, record in AUTHORITIES.items(view)}
    return all(
        key[21:].decode() in roles.get(record.authority, ()) and key[21:].decode() in ROLES
        for key, record in ATTESTATIONS.items(view)
    )


INVARIANTS = {"every attestation is by an authority for its role": _given_by_authorities}
