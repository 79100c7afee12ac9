"""Identity's records, keys and invariants."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import msgspec

from ...codec import Record, folder_of
from ...crypto import Hash
from ...ids import Id
from ...ledger import ID, NUMBER, Keys, Table, Threshold, View
from ...units import Count
from .messages import MAX_GUARDIANS, Delay, Kind, Members, Quorum

HERE = folder_of(__name__)


class Version(Record, frozen=True):
    """One document of a DID: what it says, and from when to when."""

    version: Count
    keys: Keys
    threshold: Threshold
    encryption_key: Hash
    controller: Id | None
    active: bool
    until_ms: Count
    """When its keys expire; 0 where they don't."""
    since_ms: Count
    replaced_ms: Count = 0
    """When the next version took its place; 0 for the present one."""


class Identity(Record, frozen=True):
    """One DID."""

    kind: Kind
    keys: Keys
    threshold: Threshold
    sequence: Count
    """The sequence of its next transaction."""
    commitment: Hash
    encryption_key: Hash
    controller: Id | None
    registered_ms: Count
    active: bool = True
    controlled_ms: Count = 0
    """When a device was handed over to its present controller; 0 where it has had no other."""
    next: Hash | None = None
    """Commitment to its next keys."""
    until_ms: Count = 0
    """From then on the present keys prove nothing; 0 where they don't expire."""
    version: Count = 1
    """The number of its present document."""
    since_ms: Count = 0
    """Since when that stands."""
    is_kept: bool = False
    """Whether another contract keeps the device's life, through which alone it is handed over and ended."""

    def document(self, *, replaced_ms: int = 0) -> Version:
        """Gives what its present document says."""
        return Version(
            version=self.version,
            keys=self.keys,
            threshold=self.threshold,
            encryption_key=self.encryption_key,
            controller=self.controller,
            active=self.active,
            until_ms=self.until_ms,
            since_ms=self.since_ms,
            replaced_ms=replaced_ms,
        )

    def expired(self, now_ms: int) -> bool:
        """Says whether its keys prove nothing any more."""
        return 0 < self.until_ms <= now_ms


class Guardians(Record, frozen=True):
    """Who may recover an account, and how."""

    members: Members
    threshold: Quorum
    delay_ms: Delay


class Guarding(Record, frozen=True):
    """An account's guardians, and those that take their place."""

    present: Guardians
    coming: Guardians | None = None
    from_ms: Count = 0
    """Since when the present ones count, or from when on the coming ones will."""

    def at(self, now_ms: int) -> Guardians:
        """Gives the guardians that count at a time."""
        return self.coming if self.coming is not None and self.from_ms <= now_ms else self.present


class Words(Record, frozen=True):
    """What guardians asked for so far, each the last thing it asked for."""

    words: Annotated[tuple[tuple[Id, Hash], ...], msgspec.Meta(max_length=MAX_GUARDIANS)]


class Recovery(Record, frozen=True):
    """What enough guardians asked for, which happens when it is due and the holder has not objected."""

    keys: Keys
    threshold: Threshold
    encryption_key: Hash
    next: Hash | None
    word: Hash
    """The hash of all this."""
    due_ms: Count


class Parameters(Record, frozen=True):
    """Identities that stand at genesis."""

    identities: tuple[tuple[Id, Identity], ...] = ()


IDENTITIES = Table(HERE, "identities", Identity, key=(ID,))
VERSIONS = Table(HERE, "versions", Version, key=(ID, NUMBER))
"""Earlier documents, by DID and number."""
GUARDIANS = Table(HERE, "guardians", Guarding, key=(ID,))
WORDS = Table(HERE, "words", Words, key=(ID,))
RECOVERIES = Table(HERE, "recoveries", Recovery, key=(ID,))


def version_of(view: View, account: bytes, record: Identity, number: int) -> Version | None:
    """Gives one document of a DID, an earlier one or the present one."""
    return record.document() if number == record.version else VERSIONS.get(view, account, number)


def _devices_have_controllers(view: View) -> bool:
    return all((record.kind == "device") == (record.controller is not None) for _, record in IDENTITIES.items(view))


def _controllers_are_no_devices(view: View) -> bool:
    controllers = {record.controller for _, record in IDENTITIES.items(view) if record.controller is not None}
    known = {account: record.kind for account, record in IDENTITIES.items(view)}
    return all(known.get(controller, "device") != "device" for controller in sorted(controllers))


def _enough_keys(view: View) -> bool:
    return all(1 <= record.threshold <= len(record.keys) for _, record in IDENTITIES.items(view))


def _versions_follow(view: View) -> bool:
    several = 0
    for account, record in IDENTITIES.items(view):
        if record.version == 1:
            continue
        documents = [document for _, document in VERSIONS.items(view, account)] + [record.document()]
        several += len(documents) - 1
        if [document.version for document in documents] != list(range(1, record.version + 1)):
            return False
        if any(one.since_ms > one.replaced_ms or one.replaced_ms != two.since_ms for one, two in pairwise(documents)):
            return False
    return several == sum(1 for _ in VERSIONS.items(view))


def _guardians_are_others(view: View) -> bool:
    known = dict(IDENTITIES.items(view))
    for account, guarding in GUARDIANS.items(view):
        for each in (guarding.present, guarding.coming or guarding.present):
            several = len(each.members)
            if several and not several < 2 * each.threshold <= 2 * several:
                return False
            if account in each.members or any(member not in known for member in each.members):
                return False
        if account not in known or known[account].kind == "device":
            return False
    return True


def _recoveries_are_of_the_guarded(view: View) -> bool:
    guarded = {account for account, _ in GUARDIANS.items(view)}
    asked = [account for table in (WORDS, RECOVERIES) for account, _ in table.items(view)]
    active = {account for account, record in IDENTITIES.items(view) if record.active}
    return all(account in guarded and account in active for account in asked)


INVARIANTS = {
    "devices have a controller, and nothing else has": _devices_have_controllers,
    "a controller is a person or an organisation that is registered": _controllers_are_no_devices,
    "an account has at least as many keys as must sign": _enough_keys,
    "a DID's documents are numbered from 1 and follow one another without a gap": _versions_follow,
    "guardians are other DIDs, of whom more than half must agree, and no device has any": _guardians_are_others,
    "only an active DID with guardians is being recovered": _recoveries_are_of_the_guarded,
}
