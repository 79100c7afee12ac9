"""Counts of what a chain has, kept beside its rows: nobody waits for a million of them to be counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Table

from ..onchain.contracts.mining import Rewarded
from .rows import EventRow
from .tables import ACCOUNTS, RECEIPTS, RECORDINGS

Counts: TypeAlias = Counter[tuple[str, str]]
"""By the vehicle, or WHOLE, and by the name of what is counted."""
WHOLE = ""
"""Stands for the whole chain where otherwise a vehicle stands."""
_REWARDED = str(Rewarded.__struct_config__.tag)


def count_rows(table: Table, rows: Iterable[dict[str, Any]]) -> Counts:
    """Counts records that are new in a table."""
    counts: Counts = Counter()
    for row in rows:
        counts[WHOLE, table.name] += 1
        if table is ACCOUNTS:
            counts[WHOLE, "vehicles"] += row["kind"] == "device"
        if table in (RECORDINGS, RECEIPTS):
            counts[row["vehicle"], table.name] += 1
        if table is RECORDINGS:
            counts[WHOLE, "points"] += row["points"]
            counts[row["vehicle"], "points"] += row["points"]
    return counts


def count_rewards(events: Iterable[EventRow], rows: Sequence[tuple[Table, dict[str, Any]]]) -> Counts:
    """Adds up what vehicles earned, by the records of the recordings that were rewarded."""
    vehicles = {row["id"]: row["vehicle"] for table, row in rows if table is RECORDINGS}
    counts: Counts = Counter()
    for event in events:
        if event.type == _REWARDED:
            counts[vehicles[event.body["recording"]], "earned_uacc"] += event.body["reward_uacc"]
    return counts
