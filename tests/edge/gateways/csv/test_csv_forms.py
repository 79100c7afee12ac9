"""The same drive is read alike in whatever form its file comes, and what is no table is named."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from edge.gateways.csv.recordings import RPM, STANDARD, Cell, as_drive, drive_rows, read, table

from autochain.edge.gateways.csv import FileMapping, read_drives
from autochain.edge.gateways.csv.text import CHUNK_BYTES
from autochain.onchain.refusals import Refusal
from autochain.signals import SPEED, Rule

LOAD = "Vehicle.Powertrain.CombustionEngine.Load"


def _quoted(text: str) -> str:
    return "".join(",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in text.splitlines())


def _newest_first(text: str) -> str:
    header, *rows = text.splitlines()
    return "\n".join([header, *reversed(rows)])


FORMS: dict[str, Callable[[str], str | bytes]] = {
    "commas": lambda text: text,
    "semicolons": lambda text: text.replace(",", ";"),
    "tabs": lambda text: text.replace(",", "\t"),
    "pipes": lambda text: text.replace(",", "|"),
    "decimal commas": lambda text: text.replace(",", ";").replace(".", ","),
    "quoted decimal commas": lambda text: _quoted(text).replace(".", ","),
    "quoted cells": _quoted,
    "spaces after commas": lambda text: text.replace(",", " , "),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "CR": lambda text: text.replace("\n", "\r"),
    "no last line break": lambda text: text.rstrip("\n"),
    "byte order mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16 without a mark": lambda text: text.encode("utf-16-le"),
    "UTF-16 of the other end": lambda text: text.encode("utf-16-be"),
    "UTF-32": lambda text: text.encode("utf-32"),
    "latin-1": lambda text: text.replace("rpm", "Motordrehzahl").replace("\n", ",schön\n").encode("latin-1"),
    "latin-1 far into the file": lambda text: text.encode() + b"\n" * 300_000 + "ä,ö,ü,,,\n".encode("latin-1"),
    "gzip": lambda text: gzip.compress(text.encode()),
    "gzip in two members": lambda text: (
        gzip.compress(text[:999].encode()) + gzip.compress(text[999:].encode()) + bytes(99)
    ),
    "zero bytes": lambda text: text.replace("\n", "\0\n", 9).encode() + bytes(5_000),
    "Excel's separator line": lambda text: "sep=;\n" + text.replace(",", ";"),
    "title lines": lambda text: "Logger 1.2\nserial number: 7\n\n" + text,
    "blank and empty lines": lambda text: text.replace("\n", "\n\n,,,,,\n"),
    "every row twice": lambda text: "".join(line + line for line in text.splitlines(keepends=True)),
    "file pasted twice": lambda text: text + text,
    "newest first": _newest_first,
    "trailing commas": lambda text: text.replace("\n", ",\n"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_drive_is_the_same_in_every_form(form: str, tmp_path: Path) -> None:
    drives, report = read(tmp_path, FORMS[form](table()), name="drive.csv.gz" if "gzip" in form else "drive.csv")
    assert drives == [as_drive(drive_rows())]
    assert report.stopped is None
    assert report.drives == 1
    assert report.cleaning.rows_kept == 60


def test_the_report_says_how_the_file_was_read(tmp_path: Path) -> None:
    _, report = read(tmp_path, table().replace(",", ";").replace(".", ",").replace("rpm", "Drehzahl").encode("utf-16"))
    layout = report.layout
    assert (report.encoding, layout.delimiter, layout.decimal, layout.time.words) == ("utf-16", ";", ",", "ISO 8601")
    assert [(column.header, column.signal, column.unit) for column in layout.columns][2:4] == [
        ("speed [km/h]", SPEED, "km/h"),
        ("Drehzahl", RPM, "rpm"),
    ]


def test_an_encoding_delimiter_and_decimal_sign_that_the_mapping_says_are_used(tmp_path: Path) -> None:
    mapping = FileMapping(encoding="cp037", delimiter="!", decimal=",")
    drives, report = read(tmp_path, table().replace(",", "!").replace(".", ",").encode("cp037"), mapping)
    assert drives == [as_drive(drive_rows())]
    assert report.encoding == "cp037"


def test_a_file_of_quoted_thousands_is_not_taken_for_one_of_decimal_commas(tmp_path: Path) -> None:
    columns = {"time": STANDARD["time"], "rpm": lambda row: f'"{int(row["rpm"]):,}"'}
    drives, report = read(tmp_path, table(columns=columns))
    assert report.layout.decimal == "."
    assert drives[0].columns[RPM] == [row["rpm"] for row in drive_rows()]


def test_thousands_may_be_parted_by_points_where_decimals_have_commas(tmp_path: Path) -> None:
    columns = {
        "time": STANDARD["time"],
        "rpm": lambda row: f"{row['rpm'] + 0.5:,.1f}".translate(str.maketrans(",.", ".,")),
    }
    drives, _ = read(tmp_path, table(columns=columns, delimiter=";"))
    assert drives[0].columns[RPM] == [row["rpm"] + 0.5 for row in drive_rows()]


def test_a_number_that_is_a_thousand_to_some_and_one_and_a_bit_to_others_is_not_used(tmp_path: Path) -> None:
    odd: dict[str, Cell] = {"rpm": lambda _: "1.234", "load [%]": lambda row: "1.234" if row["t"] == 10 else "20,5"}
    columns = {"time": STANDARD["time"]} | odd
    drives, report = read(tmp_path, table(columns=columns, delimiter=";"))
    assert list(drives[0].columns) == [LOAD]
    assert drives[0].columns[LOAD].count(20.5) == 59
    assert report.cleaning.dropped[Rule.NOT_A_NUMBER, LOAD].example == "1.234"
    assert "no numbers" in report.layout.ignored["rpm"]


def test_a_letter_on_the_edge_of_two_pieces_of_a_file_is_read_whole(tmp_path: Path) -> None:
    head = b"car,time,rpm\nGolf,2024-05-01T08:00:00Z,900\n"
    blank = b"\n" * (CHUNK_BYTES - len(head) - len(b"K\xe4"))
    drives, report = read(tmp_path, head + blank + "Käfer,2024-05-01T08:00:00Z,900".encode("latin-1"))
    assert [drive.vehicle for drive in drives] == ["Golf", "Käfer"]
    assert report.encoding == "cp1252"


@pytest.mark.parametrize(
    "marker", ["", "NaN", "nan", "null", "NULL", "-", "--", "n/a", "N/A", "None", "?", "#N/A", " "]
)
def test_what_files_write_for_no_reading_is_missing_and_not_an_error(marker: str, tmp_path: Path) -> None:
    columns = STANDARD | {"rpm": lambda row: marker if row["t"] % 3 else int(row["rpm"])}
    drives, report = read(tmp_path, table(columns=columns))
    assert drives[0].columns[RPM] == [None if row["t"] % 3 else row["rpm"] for row in drive_rows()]
    assert not report.cleaning.dropped


def test_a_cell_that_is_no_number_is_dropped_and_named(tmp_path: Path) -> None:
    columns = STANDARD | {"rpm": lambda row: "1_500" if row["t"] == 10 else "on" if row["t"] == 20 else int(row["rpm"])}
    drives, report = read(tmp_path, table(columns=columns))
    assert [row for row, value in enumerate(drives[0].columns[RPM]) if value is None] == [2, 4]
    dropped = report.cleaning.dropped[Rule.NOT_A_NUMBER, RPM]
    assert (dropped.count, dropped.line, dropped.example) == (2, 4, "1_500")


def test_units_in_the_cells_are_heeded(tmp_path: Path) -> None:
    mixed = {0: "60 mph", 5: "96.56064km/h", 10: "96.56064"}
    columns = {"time": STANDARD["time"], "speed": lambda row: mixed.get(int(row["t"]), "50km/h")}
    drives, _ = read(tmp_path, table(columns=columns))
    assert drives[0].columns[SPEED] == pytest.approx([96.56064] * 3 + [50.0] * 57)


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("drive.csv", table())
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n0000", "a PNG image"),
        (b"\xff\xd8\xff\xe0JFIF", "a JPEG image"),
        (_zip(), "a zip archive"),
        (b"PAR1 and more", "a Parquet table"),
        (b'{"type": "FeatureCollection"}', "JSON"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><gpx/>", "XML or HTML"),
        (bytes(range(256)) * 40, "it is binary"),
        (gzip.compress(b"%PDF-1.7", mtime=0), "a PDF document"),
        (b"one\ntwo\nthree\n", "none of its first lines has two cells"),
    ],
)
def test_what_is_no_table_is_refused_by_name(content: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=words) as refused:
        read(tmp_path, content)
    assert refused.value.codespace == "csv"
    assert refused.value.remedy


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.csv", tmp_path):
        with pytest.raises(Refusal, match="can't be opened"):
            read_drives(path)


def test_a_file_of_only_a_header_holds_no_readings(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="holds no readings"):
        read(tmp_path, table().splitlines()[0])
