"""A member's log: an entry is on the disk before a share goes out, and what was changed in it is found."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from homes import environment, refuses
from hypothesis import given
from hypothesis import strategies as st

from autochain.privacy import CANT_WRITE
from autochain.services.release import Log
from autochain.services.release.log import BEGINNING, LOG_BROKEN

READERS = [bytes([number]) * 20 for number in range(5)]


def a_log(path: Path, *, entries: int = 5) -> Log:
    log = Log(path)
    for number in range(entries):
        log.append(
            receipt=b"r" * 20, reader=READERS[number % 5], recording=b"c" * 20, time_ms=1_780_315_200_000 + number
        )
    return log


def test_what_was_appended_stands_there_in_order_and_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "party" / "releases.log"
    log = a_log(path)
    again = Log(path)
    assert (again.head, again.length) == (log.head, log.length) == (log.entries()[-1].hash, 5)
    assert [entry.reader for entry in again.entries()] == READERS
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_each_entry_holds_the_hash_of_the_one_before(tmp_path: Path) -> None:
    entries = a_log(tmp_path / "log").entries()
    assert [entry.before for entry in entries] == [BEGINNING, *(entry.hash for entry in entries[:-1])]


def test_a_log_of_nothing_begins_at_the_beginning(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    assert (log.head, log.length, log.entries()) == (BEGINNING, 0, [])


def test_wherever_a_crash_tore_the_last_entry_it_is_cut_and_the_others_stand(tmp_path: Path) -> None:
    path = tmp_path / "log"
    before = a_log(path, entries=4)
    whole = path.stat().st_size
    a_log(tmp_path / "five")
    five = (tmp_path / "five").read_bytes()
    for size in range(whole, len(five)):
        path.write_bytes(five[:size])
        log = Log(path)
        assert (log.head, log.length) == (before.head, 4)
        log.append(receipt=b"r" * 20, reader=READERS[4], recording=b"c" * 20, time_ms=1_780_315_200_004)
        assert path.read_bytes() == five


@given(data=st.data())
def test_no_byte_of_what_others_stand_upon_can_be_changed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """A change is found by the entries after it; one of the last entry, by what was anchored on the chain."""
    path = tmp_path_factory.mktemp("changed") / "log"
    anchored = a_log(path)
    old = path.read_bytes()
    at, byte = data.draw(st.integers(0, len(old) - 1)), data.draw(st.integers(1, 255))
    path.write_bytes(old[:at] + bytes([old[at] ^ byte]) + old[at + 1 :])
    try:
        log = Log(path)
    except Exception as refusal:
        assert getattr(refusal, "reason", None) == LOG_BROKEN
    else:
        assert (log.head, log.length) != (anchored.head, anchored.length)
        assert log.length >= 3


def test_an_entry_that_was_taken_out_put_in_or_moved_is_found(tmp_path: Path) -> None:
    path = tmp_path / "log"
    a_log(path)
    old = path.read_bytes()
    size = len(old) // 5
    entries = [old[at : at + size] for at in range(0, len(old), size)]
    first, second, third, *rest = entries
    for changed in (
        [second, third, *rest],
        [first, third, *rest],
        [first, first, second, third, *rest],
        [second, first, third, *rest],
    ):
        path.write_bytes(b"".join(changed))
        with refuses(LOG_BROKEN):
            Log(path)


def test_a_length_that_was_changed_does_not_pass_as_a_torn_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    a_log(path)
    old = path.read_bytes()
    path.write_bytes(b"\x00\x00\xff\xff" + old[4:])
    with refuses(LOG_BROKEN):
        Log(path)
    assert len(path.read_bytes()) == len(old)


def test_a_full_disk_is_named_and_with_room_the_log_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log"
    log = a_log(path)
    head = log.head

    def full(descriptor: int) -> None:
        os.ftruncate(descriptor, path.stat().st_size - 7)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        for _ in range(2):
            with refuses(CANT_WRITE):
                log.append(receipt=b"r" * 20, reader=READERS[0], recording=b"c" * 20, time_ms=1)
    assert (log.head, log.length) == (head, 5)
    assert Log(path).head == head
    log.append(receipt=b"r" * 20, reader=READERS[0], recording=b"c" * 20, time_ms=1)
    assert (Log(path).head, Log(path).length) == (log.head, 6)


KILLED = """
import sys
from pathlib import Path
from autochain.services.release import Log

log = Log(Path(sys.argv[1]))
while True:
    log.append(receipt=b"r" * 20, reader=b"b" * 20, recording=b"c" * 20, time_ms=log.length)
    print(log.length, flush=True)
"""


def test_whenever_its_process_is_killed_every_entry_it_told_of_stands(tmp_path: Path) -> None:
    path, told = tmp_path / "log", 0
    for patience in range(8):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path)], env=environment(tmp_path), stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(3 + 7 * patience)]
            process.send_signal(signal.SIGKILL)
            lines += process.stdout.readlines()
        whole = [line for line in lines if line.endswith("\n")]
        assert int(whole[0]) == told + 1
        log = Log(path)
        assert log.length - int(whole[-1]) in (0, 1)
        assert [entry.time_ms for entry in log.entries()] == list(range(log.length))
        told = log.length
