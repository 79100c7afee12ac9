"""Tests of what a subject may have: the list of who read its data, all that there is about it, and its erasure."""

from __future__ import annotations

import csv
import io
import json
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autochain.cli import rights
from autochain.network import ErasureReceipt, Home
from autochain.onchain.contracts.consent import CONSENTS, OFFERS
from autochain.onchain.contracts.credentials import ATTESTATIONS
from autochain.onchain.contracts.identity import IDENTITIES
from autochain.onchain.contracts.market import PRODUCTS, RECEIPTS
from autochain.onchain.contracts.mining import CLAIMED
from autochain.onchain.contracts.recording import RECORDINGS, STATEMENTS
from autochain.onchain.contracts.token import BALANCES
from autochain.onchain.ids import from_did
from autochain.onchain.ledger import Table
from autochain.onchain.ledger.light import PROVED, Trust, check_proved
from cli.program import Program, refused, write_drives

TABLES: dict[str, Table[Any]] = {
    "identity": IDENTITIES,
    "recordings": RECORDINGS,
    "consents-given": CONSENTS,
    "consents-received": CONSENTS,
    "offers": OFFERS,
    "products": PRODUCTS,
    "read-by-others": RECEIPTS,
    "bought": RECEIPTS,
    "balance": BALANCES,
    "vehicles": IDENTITIES,
    "attestations": ATTESTATIONS,
    "rewards": CLAIMED,
    "erasures": STATEMENTS,
}


def recordings(program: Program, owner: str = "owner") -> list[str]:
    return [facts["recording"] for facts in program.json("recording", "list", "--owner", owner)["recordings"]]


def trust(program: Program) -> Trust:
    facts = Home(program.home).facts()
    return Trust(facts.chain_id, bytes.fromhex(facts.validators_hash))


def objects(program: Program) -> int:
    return len([path for path in (program.home / "vault").rglob("*") if path.is_file()])


def test_a_sharing_list_has_every_reading_that_was_bought_and_no_other(shared: Program) -> None:
    first, _ = recordings(shared)
    bought = {facts["receipt"] for facts in shared.json("sharing-list")["receipts"]}
    assert len(bought) == 2
    for category in ("motion", "position"):
        read = shared.json("recording", "read", first, "--purpose", "research", "--category", category)
        bought.add(read["receipt"])
    listed = shared.json("sharing-list")
    assert {facts["receipt"] for facts in listed["receipts"]} == bought
    assert listed["complete"]["count"] == 4
    buyer = shared.json("account", "show", "buyer")["did"]
    last = listed["receipts"][-1]
    assert (last["recording"], last["reader"], last["categories"]) == (first, buyer, ["position"])
    assert (last["purpose"], last["basis"], last["precision"]) == ("research", "consent", "exact")
    assert (last["price"], last["price_uacc"], last["state"]) == ("0.5", 500_000, "delivered")
    times = [facts["time"] for facts in listed["receipts"]]
    assert times == sorted(times)
    assert shared.json("sharing-list", "--as", "second")["complete"]["count"] == 1


def test_a_sharing_list_is_the_same_in_a_table_and_by_did(shared: Program) -> None:
    listed = shared.json("sharing-list")
    owner = shared.json("account", "show", "owner")["did"]
    assert shared.json("sharing-list", "--as", owner)["receipts"] == listed["receipts"]
    header, _, *rows, last = shared("sharing-list").out.splitlines()
    assert header.split() == ["time", "reader", "recording", "what", "ACC", "state"]
    assert [row.split()[3] for row in rows] == [facts["recording"][:12] for facts in listed["receipts"]]
    assert all(" buyer " in row and row.rstrip().endswith("0.5  delivered") for row in rows)
    assert last.startswith("complete: the chain counts 2 at height ")


def test_who_is_no_subject_has_an_empty_sharing_list_and_nobody_has_none(shared: Program) -> None:
    for party in ("buyer", "stranger"):
        assert shared.json("sharing-list", "--as", party)["receipts"] == []
    assert shared("sharing-list", "--as", "stranger").out.startswith("nothing yet\ncomplete: the chain counts 0 ")
    refused(shared, "sharing-list", "--as", "nobody", code="wallet/1", text="There is no such party here.")
    assert "(nobody; there are owner, second)" in shared("sharing-list", "--as", "nobody").err


def exported(program: Program, file: Path, party: str = "owner") -> tuple[dict[str, Any], zipfile.ZipFile]:
    answer = program.json("data", "export", str(file), "--as", party)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return answer, zipfile.ZipFile(file)


def check_proofs(program: Program, archive: zipfile.ZipFile) -> dict[str, int]:
    """Checks the proof of each record against the validators alone; gives how many records each folder has."""
    counts: dict[str, int] = dict.fromkeys(TABLES, 0)
    for path in archive.namelist():
        folder, _, name = path.partition("/")
        if not path.endswith(".proof"):
            continue
        table, proved = TABLES[folder], PROVED.decode(archive.read(path))
        first, *rest = name.removesuffix(".proof").split(".")
        more = [bytes.fromhex(each) if folder == "erasures" else each for each in rest]
        check_proved(trust(program), proved, key=table.key(bytes.fromhex(first), *more))
        record, shown = table.codec.decode(proved.value), json.loads(archive.read(f"{path[:-6]}.json"))
        assert set(shown) == set(record.__struct_fields__)
        for field in ("owner", "reader", "manifest_root", "commitment"):
            if field in shown:
                assert shown[field] == getattr(record, field).hex()
        counts[folder] += 1
    return counts


def test_an_export_holds_all_about_an_owner_with_proofs_that_hold(shared: Program, tmp_path: Path) -> None:
    answer, archive = exported(shared, tmp_path / "mine.zip")
    assert check_proofs(shared, archive) == {
        "identity": 1,
        "recordings": 2,
        "consents-given": 2,
        "consents-received": 0,
        "offers": 0,
        "products": 0,
        "read-by-others": 2,
        "bought": 0,
        "balance": 1,
        "vehicles": 2,
        "attestations": 2,
        "rewards": 2,
        "erasures": 0,
    }
    assert (answer["recordings"], answer["consents"], answer["receipts"]) == (2, 2, 2)
    readings = [path for path in archive.namelist() if path.startswith("readings/")]
    assert len(readings) == answer["parts"] > 12
    assert {path.split("/")[1] for path in readings} == set(recordings(shared))
    assert "check_proved" in archive.read("README.txt").decode()


def test_the_readings_of_an_export_are_those_that_were_sold(shared: Program, tmp_path: Path) -> None:
    first, _ = recordings(shared)
    _, archive = exported(shared, tmp_path / "mine.zip")
    read = shared.json("recording", "read", first, "--purpose", "research")
    for part in read["readings"]:
        text = archive.read(f"readings/{first}/{part['category']}.exact.csv").decode()
        header, *rows = csv.reader(io.StringIO(text))
        assert header == ["time_ms", *part["signals"]]
        assert [int(row[0]) for row in rows] == part["time_ms"]
        for number, column in enumerate(part["signals"].values(), 1):
            assert [float(row[number]) if row[number] else None for row in rows] == column


def test_an_export_of_a_buyer_holds_what_it_bought_and_no_readings_of_others(shared: Program, tmp_path: Path) -> None:
    answer, archive = exported(shared, tmp_path / "buyer.zip", "buyer")
    counts = check_proofs(shared, archive)
    assert (counts["bought"], counts["consents-received"], counts["recordings"]) == (3, 3, 0)
    assert answer["parts"] == 0
    assert not any(path.startswith("readings/") for path in archive.namelist())
    told = shared("data", "export", str(tmp_path / "again.zip"), "--as", "buyer").out.splitlines()
    assert told[1:] == [
        "recordings   0",
        "parts        0",
        "consents     3",
        "receipts     3",
        "offers       0",
        "products     0",
        "credentials  0",
    ]


def test_an_export_writes_over_no_file_and_is_not_begun_where_it_can_not_be_written(
    shared: Program, tmp_path: Path
) -> None:
    there = tmp_path / "there.zip"
    there.write_text("kept")
    refused(shared, "data", "export", str(there), code="cli/6", text="There is such a file already.")
    assert there.read_text() == "kept"
    refused(shared, "data", "export", str(there / "x.zip"), code="cli/7", text="This file can't be written.")


def test_an_export_that_fails_or_is_interrupted_leaves_no_file(
    shared: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.zip"
    refused(shared, "data", "export", str(file), "--as", "nobody", code="wallet/1", text="There is no such party here.")
    assert not file.exists()
    seen: list[int] = []

    @contextmanager
    def interrupting(*_: object) -> Iterator[Callable[[int, int], None]]:
        def progress(done: int, _of: int) -> None:
            seen.append(file.stat().st_mode)
            if done == 2:
                raise KeyboardInterrupt

        yield progress

    monkeypatch.setattr(rights, "bar", interrupting)
    ended = shared("data", "export", str(file))
    assert (ended.code, ended.out, ended.err) == (130, "", "")
    assert len(seen) == 2
    assert not file.exists()


def test_an_erased_recording_is_gone_and_every_holder_has_said_so(shared: Program, tmp_path: Path) -> None:
    first, other = recordings(shared)
    before = objects(shared)
    (erased,) = shared.json("data", "erase", first, "--yes")["erased"]
    assert erased["recording"] == first
    assert [shared.json("account", "show", holder["did"])["name"] for holder in erased["holders"]] == ["release"]
    for holder in erased["holders"]:
        proved = PROVED.decode(bytes.fromhex(holder["proof"]))
        key = STATEMENTS.key(bytes.fromhex(first), from_did(holder["did"]))
        check_proved(trust(shared), proved, key=key)
        assert STATEMENTS.codec.decode(proved.value).destroyed_ms > 0
    sold = [facts for facts in shared.json("sharing-list")["receipts"] if facts["recording"] == first]
    assert erased["read_before"] == [facts["receipt"] for facts in sold]
    facts = shared.json("recording", "show", first)
    assert objects(shared) == before - len(facts["parts"]) - 1
    assert facts["erased"]
    assert shared.json("recording", "show", other)["erased"] is None
    assert not list(shared.home.glob(f"parties/*/keys/{first}/*"))
    words = ("recording", "read", first, "--purpose", "research")
    refused(shared, *words, code="consent/18", text="The recording is erased, or its time is over.")
    text = "The recording was erased, or its time is over"
    refused(shared, "recording", "verify", first, code="network/18", text=text)
    states = {facts["recording"]: facts["state"] for facts in shared.json("recording", "list")["recordings"]}
    assert [states.pop(first), set(states.values())] == ["erased", {"kept"}]
    rows = shared("recording", "list").out.splitlines()[2:]
    assert {row.split()[0]: row.split()[-1] for row in rows} == {
        first[:12]: "erased",
        **{name[:12]: "kept" for name in states},
    }
    assert shared.json("recording", "read", other, "--purpose", "research")["rows"] > 0
    answer, archive = exported(shared, tmp_path / "mine.zip")
    counts = check_proofs(shared, archive)
    assert (counts["recordings"], counts["erasures"]) == (answer["recordings"], 1) == (2, 1)
    readings = {path.split("/")[1] for path in archive.namelist() if path.startswith("readings/")}
    assert readings == {other}


def test_a_recording_that_is_erased_again_has_the_same_receipt(shared: Program) -> None:
    first, _ = recordings(shared)
    (once,) = shared.json("data", "erase", first[:8], "--yes")["erased"]
    (again,) = shared.json("data", "erase", first, "--yes")["erased"]
    assert [(holder["did"], holder["time"]) for holder in again["holders"]] == [
        (holder["did"], holder["time"]) for holder in once["holders"]
    ]
    assert again["read_before"] == once["read_before"]


def test_only_its_owner_erases_a_recording(shared: Program) -> None:
    first, _ = recordings(shared)
    before = objects(shared)
    for party in ("second", "buyer", "stranger"):
        words = ("data", "erase", first, "--yes", "--as", party)
        refused(shared, *words, code="recording/7", text="There is no such recording of yours.")
    assert objects(shared) == before
    assert shared.json("recording", "show", first)["erased"] is None
    assert list(shared.home.glob(f"parties/owner/keys/{first}/*"))


def test_all_recordings_of_one_owner_are_erased_and_none_of_another(shared: Program) -> None:
    mine = recordings(shared)
    told = shared("data", "erase", "--all", "--yes")
    assert (told.code, told.err) == (0, "")
    header, _, *rows = told.out.splitlines()
    assert header.split() == ["recording", "holders", "destroyed", "read", "before"]
    assert {row.split()[0] for row in rows} == {name[:12] for name in mine}
    (hers,) = recordings(shared, "second")
    assert shared.json("recording", "verify", hers)["verified"] is True
    assert not list(shared.home.glob("parties/owner/keys/*/*"))
    assert shared("data", "erase", "--all", "--yes", "--as", "buyer").out == "nothing yet\n"


def test_nothing_is_erased_that_is_not_confirmed_or_not_named(shared: Program) -> None:
    first, _ = recordings(shared)
    before = objects(shared)
    refused(shared, "data", "erase", first, code="cli/8", text="Nothing was removed: this was not confirmed.")
    refused(shared, "data", "erase", "--yes", code="cli/13", text="It is not said which recordings.")
    refused(shared, "data", "erase", first, "--all", "--yes", code="cli/13", text="It is not said which recordings.")
    refused(shared, "data", "erase", "000000", "--yes", code="cli/3", text="There is no such recording.")
    assert objects(shared) == before
    assert shared.json("recording", "show", first)["erased"] is None


def test_a_drive_that_was_erased_is_not_recorded_or_sold_again(shared: Program, tmp_path: Path) -> None:
    mine = recordings(shared)
    shared.json("data", "erase", mine[0], "--yes")
    ended = shared("replay", str(write_drives(tmp_path / "drives.csv")), "--format", "json")
    assert ended.code == 1
    assert [drive["recording"] for drive in ended.answer["recordings"]] == mine[1:]
    (told,) = ended.answer["refused"]
    assert "has been erased" in json.dumps(told)
    assert recordings(shared) == mine


def test_of_an_export_it_is_told_what_is_missing_in_it(shared: Program, tmp_path: Path) -> None:
    first, _ = recordings(shared)
    root = shared.json("recording", "show", first)["hash"]
    (manifest,) = (shared.home / "vault").rglob(root)
    manifest.write_bytes(b"else")
    told = shared("data", "export", str(tmp_path / "mine.zip"))
    lines = [line for line in told.out.splitlines() if line.startswith("missing: ")]
    assert told.code == 1
    assert all(f"readings/{first}/" in line and "is not what it was" in line for line in lines)
    again = shared("data", "export", str(tmp_path / "again.zip"), "--format", "json")
    assert again.code == 1
    assert [f"missing: {each}" for each in again.answer["missing"]] == lines
    archive = zipfile.ZipFile(tmp_path / "again.zip")
    assert check_proofs(shared, archive)["recordings"] == 2
    assert archive.read("missing.txt").decode().splitlines() == again.answer["missing"]


def test_an_erasure_is_as_late_as_its_last_holder(monkeypatch: pytest.MonkeyPatch, shared: Program) -> None:
    def late_first(receipt: ErasureReceipt) -> ErasureReceipt:
        (holder,) = receipt.holders
        return receipt._replace(holders=[holder._replace(destroyed_ms=holder.destroyed_ms + 86_400_000), holder])

    told = rights._erased
    first, _ = recordings(shared)
    (erased,) = shared.json("data", "erase", first, "--yes")["erased"]
    monkeypatch.setattr(rights, "_erased", lambda receipt: told(late_first(receipt)))
    (row,) = shared("data", "erase", first, first, "--yes").out.splitlines()[2:]
    assert erased["holders"][0]["time"] not in row
