"""What may be read of credentials."""

from __future__ import annotations

from ...codec import tag_of
from ...ids import Id
from ...ledger import Query, View
from .messages import Role
from .state import ATTESTATIONS, REGISTRARS, Registrars

TAG = tag_of(__name__)


class Holds(Query[bool], frozen=True, tag=TAG):
    """Asks whether a role is attested of a DID."""

    subject: Id
    role: Role


class GetRegistrars(Query[Registrars | None], frozen=True, tag=TAG):
    """Asks for the public keys of those who make VINs unrecognisable; None where nobody does."""


def get_registrars(view: View, query: GetRegistrars) -> Registrars | None:
    return REGISTRARS.get(view)


def holds(view: View, query: Holds) -> bool:
    return ATTESTATIONS.get(view, query.subject, query.role) is not None
