"""Secrets on disk: readable by their user alone, and each file whole or not there."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from homes import refuses

from autochain.onchain.refusals import Refusal
from autochain.privacy import CANT_WRITE, make_private_folder, write_all_private, write_private, write_private_once


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def _generous_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_files_and_all_folders_made_for_them_are_for_their_user_alone(tmp_path: Path) -> None:
    write_private(tmp_path / "a" / "b" / "c" / "key", b"secret")
    assert mode(tmp_path / "a" / "b" / "c" / "key") == 0o600
    assert {mode(tmp_path / "a"), mode(tmp_path / "a" / "b"), mode(tmp_path / "a" / "b" / "c")} == {0o700}


def test_a_file_that_others_could_read_is_replaced_by_one_that_they_can_not(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert (path.read_bytes(), mode(path)) == (b"new", 0o600)


def test_folders_that_are_there_are_left_as_they_are(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_private_folder(tmp_path)
    make_private_folder(tmp_path / "new")
    assert (mode(tmp_path), mode(tmp_path / "new")) == (0o755, 0o700)


def test_many_files_are_all_written_and_nothing_besides(tmp_path: Path) -> None:
    files = {tmp_path / f"{number % 3}" / f"{number}": bytes([number]) * number for number in range(60)}
    write_all_private(files)
    assert everything(tmp_path) == {str(path.relative_to(tmp_path)): data for path, data in files.items()}
    write_all_private({})


@pytest.mark.parametrize("failing", range(1, 9))
def test_a_full_disk_leaves_every_file_as_before_or_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """Fails at the n-th sync: of eight files, the first ones in any order, then of their folders."""
    old = {tmp_path / name: b"old" for name in "abcd"}
    new = {tmp_path / name: b"new and longer" for name in "abcdefgh"}
    write_all_private(old)
    fsync, calls, lock = os.fsync, 0, threading.Lock()

    def full(descriptor: int) -> None:
        nonlocal calls
        with lock:
            calls += 1
            if calls == failing:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with refuses(CANT_WRITE):
        write_all_private(new)
    assert everything(tmp_path) == {path.name: data for path, data in old.items()}
    write_all_private(new)
    assert everything(tmp_path) == {path.name: data for path, data in new.items()}


def test_the_refusal_names_what_stands_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Refusal, match=r"file/keys Not a directory.*\[privacy/3\]"):
        write_private(tmp_path / "file" / "keys" / "key", b"secret")


def test_of_several_who_write_a_file_once_at_the_same_time_one_alone_does(tmp_path: Path) -> None:
    path = tmp_path / "once"
    with ThreadPoolExecutor(8) as pool:
        wrote = list(pool.map(lambda number: write_private_once(path, b"%d" % number), range(8)))
    assert sum(wrote) == 1
    assert path.read_bytes() == b"%d" % wrote.index(True)
    assert not write_private_once(path, b"later")
    assert [each.name for each in tmp_path.iterdir()] == ["once"]
    assert path.stat().st_mode & 0o777 == 0o600
