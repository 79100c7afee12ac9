"""What may be read of identity."""

from __future__ import annotations

from ...codec import tag_of
from ...ids import Id
from ...ledger import PAGE, Query, View, interfaces
from ...units import Count
from .state import GUARDIANS, IDENTITIES, RECOVERIES, WORDS, Guarding, Identity, Recovery, Version, Words, version_of

TAG = tag_of(__name__)


class GetIdentity(Query[Identity | None], frozen=True, tag=TAG):
    """Asks for one DID's record."""

    account: Id


class GetVersion(Query[Version | None], frozen=True, tag=TAG):
    """Asks for one document of a DID, an earlier one or the present one, by its number."""

    account: Id
    version: Count


class VersionAt(Query[Version | None], frozen=True, tag=TAG):
    """Asks for the document of a DID that stood at a time; of several in one millisecond the last one."""

    account: Id
    time_ms: Count


class Versions(Query[tuple[Version, ...]], frozen=True, tag=TAG):
    """Asks for a DID's documents in their order, 100 at a time, behind a number."""

    account: Id
    after: Count = 0


class GetGuardians(Query[Guarding | None], frozen=True, tag=TAG):
    """Asks who may recover an account, and who will."""

    account: Id


class GetWords(Query[Words | None], frozen=True, tag=TAG):
    """Asks what an account's guardians asked for since it last had its say."""

    account: Id


class GetRecovery(Query[Recovery | None], frozen=True, tag=TAG):
    """Asks which recovery of an account is under way."""

    account: Id


def get_identity(view: View, query: GetIdentity) -> Identity | None:
    return IDENTITIES.get(view, query.account)


def get_version(view: View, query: GetVersion) -> Version | None:
    record = IDENTITIES.get(view, query.account)
    return None if record is None else version_of(view, query.account, record, query.version)


def version_at(view: View, query: VersionAt) -> Version | None:
    record = IDENTITIES.get(view, query.account)
    if record is None or query.time_ms < record.registered_ms:
        return None
    # Documents are ordered by time, so halving finds the last one that had begun, however many there are.
    low, high = 1, record.version
    while low < high:
        middle = (low + high + 1) >> 1
        document = version_of(view, query.account, record, middle)
        if document is not None and document.since_ms <= query.time_ms:
            low = middle
        else:
            high = middle - 1
    return version_of(view, query.account, record, low)


def versions(view: View, query: Versions) -> tuple[Version, ...]:
    record = IDENTITIES.get(view, query.account)
    if record is None:
        return ()
    numbers = range(query.after + 1, min(query.after + PAGE, record.version) + 1)
    found = [version_of(view, query.account, record, number) for number in numbers]
    return tuple(document for document in found if document is not None)


def get_guardians(view: View, query: GetGuardians) -> Guarding | None:
    guarding = GUARDIANS.get(view, query.account)
    if guarding is None or guarding.coming is None or guarding.from_ms > view.block.time_ms:
        return guarding
    return Guarding(guarding.coming, from_ms=guarding.from_ms)


def get_words(view: View, query: GetWords) -> Words | None:
    return WORDS.get(view, query.account)


def get_recovery(view: View, query: GetRecovery) -> Recovery | None:
    return RECOVERIES.get(view, query.account)


def keys_of(view: View, query: interfaces.KeysOf) -> interfaces.AccountKeys | None:
    record = IDENTITIES.get(view, query.account)
    if record is None:
        return None
    return interfaces.AccountKeys(
        record.keys, record.threshold, record.sequence, record.active, record.until_ms, record.next
    )


def account_of(view: View, query: interfaces.AccountOf) -> interfaces.Account | None:
    record = IDENTITIES.get(view, query.account)
    if record is None:
        return None
    return interfaces.Account(
        record.kind,
        record.controller or query.account,
        record.encryption_key,
        record.active,
        record.controlled_ms,
        record.version,
    )
