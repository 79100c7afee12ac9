"""Tests of replaying files of recorded drives."""

from __future__ import annotations

import os
from pathlib import Path

from autochain.cli.replayed import troubles
from autochain.edge.gateways.csv import FileMapping, read_drives
from cli.program import Program, write_drives

VIN = "WVWZZZ1JZ3W386752"
FIELDS = {
    "vehicle": str,
    "points_kept": int,
    "points_dropped": int,
    "km": float,
    "litres": float,
    "hash": str,
    "height": int,
    "reward": float,
    "price": float,
    "buyer": str,
    "receipt": str,
    "verified": bool,
    "recording": str,
    "known": bool,
}


def test_a_replay_answers_one_object_with_what_became_of_each_drive(fresh: Program, tmp_path: Path) -> None:
    drives = write_drives(tmp_path / "drives.csv", ("A", "B", "A"))
    answer = fresh.json("replay", str(drives), "--price", "0.25")
    assert set(answer) == {"recordings", "verified", "dropped"}
    for dropped in answer["dropped"]:
        assert set(dropped) == {"reason", "signal", "count", "first_line"}
    # Each of the three drives has such a cell: the file's writer puts some there on purpose.
    out_of_range = {case["signal"]: case for case in answer["dropped"] if "outside of the signal's" in case["reason"]}
    assert out_of_range
    assert all(case["count"] >= 3 and case["first_line"] > 1 for case in out_of_range.values())
    assert answer["verified"] == 3
    for drive in answer["recordings"]:
        assert {name: type(value) for name, value in drive.items()} == FIELDS
        assert drive["verified"] is True
        assert drive["known"] is False
        assert drive["price"] == 0.25
        assert drive["reward"] == drive["points_kept"] / 1000
    assert [drive["vehicle"] for drive in answer["recordings"]] == ["A", "B", "A"]
    listed = {facts["recording"]: facts for facts in fresh.json("recording", "list")["recordings"]}
    assert {name: listed[name]["hash"] for name in listed} == {
        drive["recording"]: drive["hash"] for drive in answer["recordings"]
    }


def test_a_second_replay_recognises_what_is_there_and_pays_nothing(program: Program, tmp_path: Path) -> None:
    before = program.json("account", "show")
    again = program.json("replay", str(write_drives(tmp_path / "drives.csv")))
    assert [drive["known"] for drive in again["recordings"]] == [True, True]
    assert again["verified"] == 2
    assert program.json("account", "show") == before
    told = program("replay", str(tmp_path / "drives.csv"))
    assert "2 of them were on the chain already" in told.out


def test_people_get_a_row_for_each_drive_and_what_cleaning_dropped(program: Program, tmp_path: Path) -> None:
    drives = write_drives(tmp_path / "drives.csv")
    ended = program("replay", str(drives))
    assert (ended.code, ended.err) == (0, "")
    header, _, one, two, *rest = ended.out.splitlines()
    columns = "vehicle kept dropped km litres hash height reward price verified"
    assert header.split() == columns.split()
    for row, vehicle in ((one, "KA-1"), (two, "KA-2")):
        cells = dict(zip(columns.split(), row.split(), strict=True))
        assert (cells["vehicle"], cells["kept"], cells["verified"]) == (vehicle, "40", "yes")
        assert len(cells["hash"]) == 12
    text = "\n".join(rest)
    assert "2 of 2 recordings and receipts hold against a header by their proofs." in text
    assert "Cleaning dropped:\n" in text
    assert "cell can't be true: outside of the signal's range, first in line" in text
    assert max(map(len, rest)) <= 80
    # What a cell held is nobody's business who reads what was printed.
    assert "-999" not in text


def test_a_drive_that_is_refused_is_named_by_its_line_and_the_others_are_taken_in(
    fresh: Program, tmp_path: Path
) -> None:
    drives = write_drives(tmp_path / "drives.csv", ("A", VIN))
    header, *lines = drives.read_text().splitlines()
    # The second drive has its latitudes and longitudes swapped, and latitudes beyond the pole with that.
    places = header.split(",").index("lat"), header.split(",").index("lon")
    bad = []
    for line in lines:
        cells = line.split(",")
        if VIN in cells:
            cells[places[0]], cells[places[1]] = str(100 + float(cells[places[1]] or 11)), cells[places[0]] or "47"
        bad.append(",".join(cells))
    drives.write_text("\n".join([header, *bad]))
    ended = fresh("replay", str(drives), "--format", "json")
    assert ended.code == 1
    assert [drive["vehicle"] for drive in ended.answer["recordings"]] == ["A"]
    assert ended.answer["verified"] == 1
    assert f"Not taken in: the drive from line {2 + len(lines) // 2} on, " in ended.err
    assert "[csv/16]" in ended.err
    assert VIN not in ended.err
    (refused,) = ended.answer["refused"]
    assert refused["first_line"] == 2 + len(lines) // 2
    assert refused["rows"] == len(lines) // 2
    assert "[csv/16]" in refused["reason"]
    assert "A " in fresh("replay", str(drives)).out


def test_a_file_of_which_nothing_can_be_taken_in_fails_in_words(fresh: Program, tmp_path: Path) -> None:
    drives = write_drives(tmp_path / "drives.csv", ("A",))
    header, *lines = drives.read_text().splitlines()
    empty = [",".join([*line.split(",")[:3], *[""] * 5]) for line in lines]
    drives.write_text("\n".join([header, *empty]))
    ended = fresh("replay", str(drives))
    assert ended.code == 1
    assert ended.err.strip()
    assert "is kept" not in ended.err
    assert ended.out.startswith("Cleaning dropped:\n")
    answer = fresh("replay", str(drives), "--format", "json")
    assert (answer.code, answer.answer["recordings"]) == (1, [])
    assert answer.answer["dropped"][0]["count"] == len(lines)


def test_where_no_drive_was_found_and_none_refused_that_is_said(tmp_path: Path) -> None:
    report = read_drives(write_drives(tmp_path / "drives.csv"), FileMapping()).report
    (line,) = troubles([], report, [])
    assert line.startswith("No drive was found in it.")
    assert troubles([], report, ["You interrupted it."]) == ["Stopped: You interrupted it."]


def test_a_file_that_breaks_off_keeps_what_stands_before(fresh: Program, tmp_path: Path) -> None:
    drives = write_drives(tmp_path / "drives.csv")
    header, *lines = drives.read_text().splitlines()
    drives.write_text("\n".join([header, *lines, header.replace("lat", "latitude"), *lines]))
    ended = fresh("replay", str(drives), "--format", "json")
    assert ended.code == 1
    assert ended.answer["verified"] == len(ended.answer["recordings"]) > 0
    assert ended.err.startswith("Stopped: A second header in the middle of this file names other columns.")
    assert "replay the file again to go on from there" in ended.err


def test_a_buyer_without_money_ends_the_replay_and_a_payment_lets_it_go_on(fresh: Program, tmp_path: Path) -> None:
    drives = write_drives(tmp_path / "drives.csv", ("A", "B", "C"))
    ended = fresh("replay", str(drives), "--price", "400", "--format", "json")
    assert ended.code == 1
    assert [drive["vehicle"] for drive in ended.answer["recordings"]] == ["A", "B"]
    assert ended.answer["verified"] == 2
    assert "The account holds too little ACC." in ended.err
    assert fresh("transfer", "buyer", "500", "--as", "ido").code == 0
    again = fresh.json("replay", str(drives), "--price", "400")
    assert [drive["known"] for drive in again["recordings"]] == [True, True, True]
    assert again["verified"] == 3


def test_a_replay_that_is_refused_at_once_answers_an_error(fresh: Program, tmp_path: Path) -> None:
    drives = write_drives(tmp_path / "drives.csv")
    ended = fresh("replay", str(drives), "--price", "5000", "--format", "json")
    assert (ended.code, ended.err) == (1, "")
    assert ended.answer["error"]["code"] == "token/1"


def test_a_mapping_says_what_the_columns_are(fresh: Program, tmp_path: Path) -> None:
    drives = write_drives(tmp_path / "drives.csv")
    drives.write_text(drives.read_text().replace("Speed [km/h]", "pace", 1))
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[columns]\n"pace" = { signal = "Vehicle.Speed", unit = "km/h" }\n"Rpm [u/min]" = "ignore"\n')
    answer = fresh.json("replay", str(drives), "--mapping", str(mapping))
    assert answer["verified"] == 2
    read = fresh("recording", "read", answer["recordings"][0]["recording"], "--purpose", "research").out
    assert ",Vehicle.Speed," in read
    assert "CombustionEngine.Speed" not in read


def test_a_vehicle_s_name_in_a_file_lies_nowhere_in_the_home(fresh: Program, tmp_path: Path) -> None:
    drives = write_drives(tmp_path / "drives.csv", (VIN,))
    assert fresh.json("replay", str(drives))["recordings"][0]["vehicle"] == VIN
    files = [path for path in fresh.home.rglob("*") if path.is_file()]
    assert len(files) > 20
    assert not [path for path in files if VIN.encode() in path.read_bytes() or VIN in str(path)]


def test_a_whole_file_is_replayed_to_its_last_row_a_real_one_if_there_is_one(fresh: Program, tmp_path: Path) -> None:
    drives = Path(os.environ.get("AUTOCHAIN_DATA", ""), "telemetry", "envirocar_tracks.csv")
    if "AUTOCHAIN_DATA" not in os.environ:
        drives = write_drives(tmp_path / "drives.csv", tuple("ABCDEFGHIJK"))
    answer = fresh.json("replay", str(drives))
    assert (len(answer["recordings"]), answer["verified"]) == (11, 11)
    rows = drives.read_text().count("\n") - 1
    assert sum(drive["points_kept"] + drive["points_dropped"] for drive in answer["recordings"]) == rows
