"""What may be read of identity."""

from __future__ import annotations

from ...codec import tag_of
from ...ids import Id
from ...ledger import Query, View, interfaces
from .state import IDENTITIES, Identity

TAG = tag_of(__name__)


class GetIdentity(Query[Identity | None], frozen=True, tag=TAG):
    """Asks for one DID's record."""

    account: Id


def get_identity(view: View, query: GetIdentity) -> Identity | None:
    return IDENTITIES.get(view, query.account)


def keys_of(view: View, query: interfaces.KeysOf) -> interfaces.AccountKeys | None:
    record = IDENTITIES.get(view, query.account)
    if record is None:
        return None
    return interfaces.AccountKeys(record.keys, record.threshold, record.sequence, record.active)


def account_of(view: View, query: interfaces.AccountOf) -> interfaces.Account | None:
    record = IDENTITIES.get(view, query.account)
    if record is None:
        return None
    return interfaces.Account(
        record.kind, record.controller or query.account, record.encryption_key, record.active, record.controlled_ms
    )
