"""The records, keys and invariants of mining."""

from __future__ import annotations

from ...codec import Record, folder_of
from ...ids import Id
from ...ledger import ID, NUMBER, Table, View
from ...units import Amount, Count

HERE = folder_of(__name__)


class Terms(Record, frozen=True):
    """By what rules rewards are paid."""

    epoch_ms: Count = 86_400_000
    rate_uacc_per_point: Amount = 1_000
    points_per_device: Count = 100_000
    """How many readings of one vehicle count in one epoch."""


class Claimed(Record, frozen=True):
    """What one recording earned."""

    owner: Id
    points: Count
    reward_uacc: Amount
    epoch: Count


class Device(Record, frozen=True):
    """How many of a vehicle's readings counted in an epoch."""

    points: Count


class Epoch(Record, frozen=True):
    """What an epoch may pay, and has paid."""

    budget_uacc: Amount
    paid_uacc: Amount


TERMS = Table(HERE, "terms", Terms, key=())
CLAIMED = Table(HERE, "claimed", Claimed, key=(ID,))
DEVICES = Table(HERE, "devices", Device, key=(NUMBER, ID))
"""By epoch and vehicle."""
EPOCHS = Table(HERE, "epochs", Epoch, key=(NUMBER,))


def _within_budget(view: View) -> bool:
    return all(epoch.paid_uacc <= epoch.budget_uacc for _, epoch in EPOCHS.items(view))


def _claims_are_what_was_paid(view: View) -> bool:
    paid = sum(epoch.paid_uacc for _, epoch in EPOCHS.items(view))
    return paid == sum(claimed.reward_uacc for _, claimed in CLAIMED.items(view))


def _within_device_cap(view: View) -> bool:
    terms = TERMS.get(view) or Terms()
    return all(device.points <= terms.points_per_device for _, device in DEVICES.items(view))


INVARIANTS = {
    "no epoch pays more than its budget": _within_budget,
    "the rewards of all recordings are what the epochs paid": _claims_are_what_was_paid,
    "no vehicle has more readings rewarded in an epoch than its cap": _within_device_cap,
}
