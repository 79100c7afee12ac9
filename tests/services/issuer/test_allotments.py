"""Which place stands for which credential: kept, also over a crash, and never given twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from homes import refuses
from homes.processes import environment

from autochain.onchain.refusals import present
from autochain.privacy import CANT_WRITE
from autochain.services.issuer import BAD_ALLOTMENTS, Allotment, Allotments
from autochain.services.issuer.allotments import OpenedList

LIST = OpenedList(1, "revocation", 131_072)


FILLING = """
import sys, time
from pathlib import Path
from autochain.services.issuer import Allotment, Allotments

allotments = Allotments(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    while not allotments.lock():
        time.sleep(0.0001)
    place = max(allotments.used(1), default=-1) + 1
    time.sleep(0.0005)
    allotments.add(Allotment(sys.argv[3], 1, "revocation", place))
    allotments.unlock()
    print(place, flush=True)
"""
"""Takes the lowest free place each time: without the lock, or without reading anew, two would take the same."""


def filling(file: Path, count: int, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", FILLING, str(file), str(count), name]
    return subprocess.Popen(command, env=environment(file.parent), stdout=subprocess.PIPE, text=True)


def add(allotments: Allotments, *entries: OpenedList | Allotment) -> None:
    assert allotments.lock()
    try:
        for entry in entries:
            allotments.add(entry)
    finally:
        allotments.unlock()


def an_allotment(index: int, credential: str = "urn:a") -> Allotment:
    return Allotment(credential, 1, "revocation", index)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "issued"


def test_what_was_allotted_is_there_after_a_restart(file: Path) -> None:
    allotments = Allotments(file)
    add(allotments, LIST, an_allotment(7), an_allotment(9), an_allotment(8, ""))
    for each in (allotments, Allotments(file)):
        assert each.used(1) == {7, 8, 9}
        assert each.of("urn:a", "revocation") == [an_allotment(7), an_allotment(9)]
        assert each.of("urn:a", "suspension") == []
        assert each.of("", "revocation") == []
        assert each.lists == {1: LIST}
    assert file.stat().st_mode & 0o077 == 0


def test_a_line_that_a_crash_has_torn_was_never_told(file: Path) -> None:
    allotments = Allotments(file)
    add(allotments, LIST, an_allotment(7))
    whole = file.read_bytes()
    for end in range(1, len(whole.splitlines(keepends=True)[1])):
        file.write_bytes(whole[:-end])
        again = Allotments(file)
        assert again.used(1) == set()
        add(again, an_allotment(3))
        assert Allotments(file).used(1) == {3}


def test_a_damaged_file_is_refused(file: Path) -> None:
    allotments = Allotments(file)
    add(allotments, LIST, an_allotment(7))
    whole = file.read_bytes()
    for damaged in (whole.replace(b'"', b"'", 1), b"\xff\n" + whole, whole + whole.splitlines(keepends=True)[1]):
        file.write_bytes(damaged)
        with refuses(BAD_ALLOTMENTS):
            Allotments(file)
    file.write_bytes(whole.splitlines(keepends=True)[1])
    with refuses(BAD_ALLOTMENTS):
        Allotments(file)


def test_a_disk_that_takes_nothing_in_is_said(file: Path) -> None:
    allotments = Allotments(file)
    file.unlink()
    for attempt in (allotments.lock, allotments.reread):
        with refuses(CANT_WRITE):
            attempt()
    file.mkdir()
    with refuses(CANT_WRITE):
        Allotments(file)
    assert allotments.lists == {}


def test_what_another_has_added_is_known_before_anything_is_allotted(file: Path) -> None:
    one, other = Allotments(file), Allotments(file)
    add(one, LIST, an_allotment(7))
    assert other.lists == {}
    assert other.lock()
    assert (other.lists, other.used(1)) == ({1: LIST}, {7})
    assert not one.lock()
    other.unlock()
    add(other, an_allotment(8, "urn:b"))
    assert one.of("urn:b", "revocation") == []
    one.reread()
    assert one.of("urn:b", "revocation") == [an_allotment(8, "urn:b")]


def test_a_file_that_was_cut_short_is_refused_before_places_are_given_again(file: Path) -> None:
    allotments = Allotments(file)
    add(allotments, LIST, an_allotment(7))
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])
    for attempt in (allotments.lock, allotments.reread):
        with refuses(BAD_ALLOTMENTS):
            attempt()


def test_processes_that_allot_at_once_never_give_the_same_place_also_where_some_are_killed(file: Path) -> None:
    add(Allotments(file), LIST)
    steady = [filling(file, 150, f"urn:steady:{number}") for number in range(2)]
    told: list[int] = []
    for number in range(3):
        doomed = filling(file, 100_000, f"urn:doomed:{number}")
        stream = present(doomed.stdout, "it is piped")
        told += [int(stream.readline()) for _ in range(5)]
        doomed.kill()
        rest, _ = doomed.communicate()
        told += [int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    for process in steady:
        out, _ = process.communicate()
        assert process.returncode == 0
        told += [int(line) for line in out.splitlines()]
    assert len(told) == len(set(told))
    # Whatever was told is kept; what a killed one had added and not told yet is kept, too, and given to nobody else.
    kept = Allotments(file).used(1)
    assert set(told) <= kept
    assert len(kept) - len(told) <= 3
