"""Every row of the index is what the chain says, counted once more from its blocks and its own listings."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from .following import all_rows, follow_once
from .history import STRANGE_NAME, open_history
from .recount import Recount, records

JSON_COLUMNS = ("messages", "body", "record")
SEEN = {
    "identity/Registered",
    "identity/HandedOver",
    "identity/Rotated",
    "identity/Recovered",
    "identity/Revoked",
    "credentials/Attested",
    "credentials/Withdrawn",
    "recording/Committed",
    "recording/Erased",
    "mining/Rewarded",
    "token/Transferred",
    "consent/Granted",
    "consent/Ended",
    "consent/Offered",
    "consent/Withdrawn",
    "market/Published",
    "market/Bought",
    "market/Delivered",
    "market/Refunded",
}


class Told(NamedTuple):
    """The rows of an index, and what must stand in them."""

    rows: dict[str, list[dict[str, Any]]]
    recount: Recount
    records: dict[str, dict[str, Any]]
    parties: dict[str, str]
    """Accounts by name."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def told(request: pytest.FixtureRequest, made_history: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """An index of each kind, in which everything was written."""
    folder = tmp_path_factory.mktemp("rows")
    home = shutil.copytree(made_history, folder / "home")
    address = f"sqlite:///{folder}/index.sqlite"
    if request.param == "postgresql":
        address = request.getfixturevalue("postgresql").make_database("index")

    async def run() -> tuple[Recount, dict[str, dict[str, Any]], dict[str, str]]:
        async with open_history(home) as network:
            await follow_once(network.client, address)
            recount = await Recount().of(network.client)
            parties = {name: account.hex() for account, name in network.names().items()}
            return recount, await records(network, recount), parties

    recount, found, parties = asyncio.run(run())
    rows = {name: [_read(row) for row in rows] for name, rows in all_rows(address).items()}
    return Told(rows, recount, found, parties)


def _read(row: dict[str, Any]) -> dict[str, Any]:
    """SQLite gives JSON as the text that it is."""
    return {
        name: json.loads(value) if name in JSON_COLUMNS and isinstance(value, str) else value
        for name, value in row.items()
    }


def test_every_row_is_what_the_chain_says(told: Told) -> None:
    rows, recount, found, _ = told
    for name in ("blocks", "transactions", "events", "subjects"):
        assert sorted(rows[name], key=repr) == sorted(getattr(recount, name), key=repr), name
    for name in ("recordings", "consents", "receipts"):
        assert {row["id"]: row["record"] for row in rows[name]} == found[name], name
        assert found[name], name
        for row in rows[name]:
            _check_columns(row, row["record"] | row["record"].get("terms", {}))
    assert {event["type"] for event in rows["events"]} >= SEEN
    assert [row["height"] for row in rows["meta"]] == [len(recount.blocks)]


def test_every_account_that_was_named_is_listed_with_its_roles(told: Told) -> None:
    rows, recount, found, _ = told
    listed = {row["id"]: row["record"] for row in rows["accounts"]}
    named = {account: record for account, record in found["accounts"].items() if account in listed}
    assert listed == named
    assert set(found["accounts"]) - set(listed) <= set(found["accounts"]) - recount.accounts, "one was named"
    for row in rows["accounts"]:
        _check_columns(row, {"controller": None, "active": True, "registered_ms": 0} | row["record"])
    assert {f"{row['account']} {row['role']}" for row in rows["roles"]} == set(found["roles"])
    assert set(found["roles"].values()) == {"vehicle", "buyer"}


def test_what_is_counted_is_what_a_recount_gives(told: Told) -> None:
    rows, recount, found, _ = told
    expected: Counter[tuple[str, str]] = Counter({("", "transactions"): len(recount.transactions)})
    for name in ("recordings", "consents", "receipts"):
        expected["", name] = len(found[name])
    expected["", "accounts"] = len(rows["accounts"])
    expected["", "vehicles"] = sum(row["kind"] == "device" for row in rows["accounts"])
    for record in found["recordings"].values():
        expected["", "points"] += record["points"]
        expected[record["vehicle"], "recordings"] += 1
        expected[record["vehicle"], "points"] += record["points"]
    for record in found["receipts"].values():
        expected[record["vehicle"], "receipts"] += 1
    for event in recount.events:
        if event["type"] == "mining/Rewarded":
            vehicle = found["recordings"][event["body"]["recording"]]["vehicle"]
            expected[vehicle, "earned_uacc"] += event["body"]["reward_uacc"]
    assert {(row["subject"], row["name"]): row["total"] for row in rows["counts"]} == expected


def _check_columns(row: dict[str, Any], fields: dict[str, Any]) -> None:
    for column in set(row) - {"chain", "id", "record"}:
        assert row[column] == fields[column], column


def test_organisations_that_no_event_names_are_listed(told: Told) -> None:
    listed = {row["id"] for row in told.rows["accounts"]}
    assert told.parties["technology"] not in told.recount.accounts, "the history says nothing of it"
    assert {"foundation", "ido", "technology", "operation", "registrar", "release"} <= {
        name for name, account in told.parties.items() if account in listed
    }


def test_what_people_write_is_kept_as_it_is(told: Told) -> None:
    published = [row for row in told.rows["transactions"] if row["types"] == "market/Publish"]
    assert [row["messages"][0]["name"] for row in published] == [STRANGE_NAME]


def test_a_refused_transaction_stands_with_its_reason_and_announces_nothing(told: Told) -> None:
    (refused,) = [row for row in told.rows["transactions"] if row["code"]]
    assert (refused["codespace"], refused["types"]) == ("token", "token/Transfer")
    assert refused["hash"] not in {row["transaction"] for row in told.rows["events"]}
    assert None in {row["transaction"] for row in told.rows["events"]}, "timers announced the refunds"
