"""Files that only their user may read, each written whole or not at all, and durable."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..onchain.refusals import Reason

CANT_WRITE = Reason(
    "privacy", 3, "The disk does not take a file in.", "Make room on it, see that you may write there, then try again."
)
MIN_PASSPHRASE_BYTES = 8
MAX_SECRET_BYTES = 1024
SYNC_THREADS = 16
"""A file system gathers syncs that come at once into one write: sixteen cost little more than one."""


def write_private(path: Path, data: bytes) -> None:
    """Writes one file."""
    write_all_private({path: data})


def write_private_once(path: Path, data: bytes) -> bool:
    """Writes one file unless it stands there already; of several who try at once, one alone does."""
    own = path.with_name(f".{path.name}.{secrets.token_hex(4)}.once")
    try:
        write_private(own, data)
        with _said():
            try:
                os.link(own, path)
            except FileExistsError:
                return False
            _sync_folder(path.parent)
    finally:
        own.unlink(missing_ok=True)
    return True


def write_all_private(files: Mapping[Path, bytes]) -> None:
    """Writes files; all are durable when it returns, and when it fails each one is either as before or whole."""
    temporary = {path: path.with_name(f".{path.name}.{secrets.token_hex(4)}") for path in files}
    with _said():
        _write_all(files, temporary)


def read_secret(path: Path, bad: Reason, *, least_bytes: int = 1) -> bytes:
    """Reads a passphrase or PIN that its user wrote to a file; a line's end after it does not count.

    Refuses with `bad` a file that others may read, and one that holds too little or more than any secret has.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise bad(f"{path}: others may read it")
        secret = path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise bad(f"{path}: {error.strerror}") from None
    if not least_bytes <= len(secret) <= MAX_SECRET_BYTES:
        raise bad(f"{path}: not {least_bytes} to {MAX_SECRET_BYTES} bytes")
    return secret


def remove_private(files: Iterable[Path]) -> None:
    """Removes files that may be gone already; none is there any more, also after a crash, when it returns.

    What the disk itself keeps of them is out of reach: what must be unreadable was encrypted under what is removed.
    """
    removed = list(files)
    with _said():
        for path in removed:
            path.unlink(missing_ok=True)
        for folder in sorted({path.parent for path in removed}):
            if folder.exists():
                _sync_folder(folder)


def make_private_folder(folder: Path) -> None:
    """Makes a folder, and those above it that are missing, for their user alone."""
    with _said():
        _make_folder(folder)


@contextlib.contextmanager
def _said() -> Iterator[None]:
    """Says in words what the system refuses."""
    try:
        yield
    except OSError as error:
        raise CANT_WRITE(f"{error.filename or ''} {error.strerror}".strip()) from None


def _make_folder(folder: Path) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(each.parent)


def _write_all(files: Mapping[Path, bytes], temporary: Mapping[Path, Path]) -> None:
    folders = {path.parent for path in files}
    for folder in folders:
        _make_folder(folder)
    try:
        _at_once(lambda path: _write(temporary[path], files[path]), files)
        for path in files:
            temporary[path].replace(path)
    finally:
        for path in temporary.values():
            path.unlink(missing_ok=True)
    _at_once(_sync_folder, folders)


def _at_once(job: Callable[[Path], None], items: Collection[Path]) -> None:
    if len(items) == 1:
        job(*items)
        return
    with ThreadPoolExecutor(SYNC_THREADS) as pool:
        for _ in pool.map(job, items):
            pass


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
