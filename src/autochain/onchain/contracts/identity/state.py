"""Identity's records, keys and invariants."""

from __future__ import annotations

from ...codec import Record, folder_of
from ...crypto import Hash
from ...ids import Id
from ...ledger import ID, Table, View
from ...units import Count
from .messages import Keys, Kind, Threshold


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


class Parameters(Record, frozen=True):
    """Identities that stand at genesis."""

    identities: tuple[tuple[Id, Identity], ...] = ()


IDENTITIES = Table(folder_of(__name__), "identities", Identity, key=(ID,))


def _devices_have_controllers(view: View) -> bool:
    return all((record.kind == "device") == (record.controller is not None) for _, record in IDENTITIES.items(view))


def _controllers_are_no_devices(view: View) -> bool:
    controllers = {record.controller for _, record in IDENTITIES.items(view) if record.controller is not None}
    known = {account: record.kind for account, record in IDENTITIES.items(view)}
    return all(known.get(controller, "device") != "device" for controller in sorted(controllers))


def _enough_keys(view: View) -> bool:
    return all(1 <= record.threshold <= len(record.keys) for _, record in IDENTITIES.items(view))


INVARIANTS = {
    "devices have a controller, and nothing else has": _devices_have_controllers,
    "a controller is a person or an organisation that is registered": _controllers_are_no_devices,
    "an account has at least as many keys as must sign": _enough_keys,
}
