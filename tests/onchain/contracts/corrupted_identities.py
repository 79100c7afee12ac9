"""States of identity that a broken handler would leave, each with the invariant that names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from autochain.onchain.contracts import identity
from autochain.onchain.contracts.identity import DAY_MS, HOUR_MS, SetGuardians
from autochain.onchain.ledger import Table
from chains import Harness, Party, entries, make_seeds

Corruption = Callable[[Harness], None]
WARD = Party.make("ward", "person")


def recoveries(harness: Harness) -> None:
    """Lets somebody rotate its keys and be recovered, while its guardians are about to change."""
    harness.register("ward")
    guardians = [harness.register(name) for name in ("gail", "gita")]
    harness.do(WARD, WARD.rotation(WARD.seeds), WARD.rotation(WARD.seeds))
    names = tuple(guardian.account for guardian in guardians)
    harness.do(WARD, SetGuardians(names, 2, DAY_MS), SetGuardians(names[:1], 1, HOUR_MS))
    for guardian in guardians:
        harness.do(guardian, WARD.recovery(make_seeds("fresh")))


def of_ward(table: Table[Any], *number: int, **changes: Any) -> Corruption:
    """Changes fields of the ward's record; a dictionary changes fields of a record in it."""

    def corrupt(harness: Harness) -> None:
        record = table.codec.decode(harness.store.pairs[table.key(WARD.account, *number)])
        inner = {
            name: replace(getattr(record, name), **changes[name]) for name in ("present", "coming") & changes.keys()
        }
        harness.corrupt(table, WARD.account, *number, value=replace(record, **{**changes, **inner}))

    return corrupt


def _changed(value: Any, change: Any) -> Any:
    return replace(value, **change) if isinstance(change, dict) else change


def without(table: Table[Any], *number: int) -> Corruption:
    """Removes the ward's record."""
    return lambda harness: harness.corrupt(table, WARD.account, *number, value=None)


def moved(table: Table[Any], *key: bytes | int) -> Corruption:
    """Puts the ward's last record under another key too."""

    def corrupt(harness: Harness) -> None:
        for name, record in entries(harness, table):
            if name.startswith(WARD.account):
                harness.corrupt(table, *key, value=record)

    return corrupt


def device(**changes: Any) -> Corruption:
    """Changes every device's identity."""

    def corrupt(harness: Harness) -> None:
        for account, record in entries(harness, identity.IDENTITIES):
            if record.kind == "device":
                harness.corrupt(identity.IDENTITIES, account, value=replace(record, **changes))

    return corrupt


def controlled_by_itself(harness: Harness) -> None:
    for account, record in entries(harness, identity.IDENTITIES):
        if record.kind == "device":
            harness.corrupt(identity.IDENTITIES, account, value=replace(record, controller=account))


def guarded_device(harness: Harness) -> None:
    """Gives the guardians of the ward to a device."""
    for account, record in entries(harness, identity.IDENTITIES):
        if record.kind == "device":
            moved(identity.GUARDIANS, account)(harness)


BROKEN: dict[str, tuple[Corruption, ...]] = {
    "devices have a controller, and nothing else has": (device(controller=None), device(kind="person")),
    "a controller is a person or an organisation that is registered": (
        device(controller=bytes(20)),
        controlled_by_itself,
    ),
    "an account has at least as many keys as must sign": (device(threshold=2),),
    "a DID's documents are numbered from 1 and follow one another without a gap": (
        without(identity.VERSIONS, 1),
        without(identity.VERSIONS, 2),
        of_ward(identity.VERSIONS, 1, version=2),
        of_ward(identity.VERSIONS, 2, replaced_ms=1),
        of_ward(identity.VERSIONS, 1, since_ms=(1 << 53) - 1),
        of_ward(identity.IDENTITIES, version=2),
        of_ward(identity.IDENTITIES, version=1),
        of_ward(identity.IDENTITIES, since_ms=1),
        moved(identity.VERSIONS, WARD.account, 3),
        moved(identity.VERSIONS, bytes(20), 1),
    ),
    "guardians are other DIDs, of whom more than half must agree, and no device has any": (
        of_ward(identity.GUARDIANS, present={"threshold": 1}),
        of_ward(identity.GUARDIANS, coming={"threshold": 2}),
        of_ward(identity.GUARDIANS, present={"members": (WARD.account,) * 2}),
        of_ward(identity.GUARDIANS, coming={"members": (bytes(20),)}),
        moved(identity.GUARDIANS, bytes(20)),
        guarded_device,
    ),
    "only an active DID with guardians is being recovered": (
        without(identity.GUARDIANS),
        of_ward(identity.IDENTITIES, active=False),
        moved(identity.WORDS, bytes(20)),
        moved(identity.RECOVERIES, bytes(20)),
    ),
}
CORRUPTIONS = [("identity", sentence, each) for sentence, several in BROKEN.items() for each in several]
