"""Files that only their user may read, each written whole or not at all, and durable."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SYNC_THREADS = 16
"""A file system gathers syncs that come at once into one write: sixteen cost little more than one."""


def write_private(path: Path, data: bytes) -> None:
    """Writes one file."""
    write_all_private({path: data})


def write_all_private(files: Mapping[Path, bytes]) -> None:
    """Writes files; all are durable when it returns, and when it fails each one is either as before or whole."""
    temporary = {path: path.with_name(f".{path.name}.{secrets.token_hex(4)}") for path in files}
    folders = {path.parent for path in files}
    for folder in folders:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
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
