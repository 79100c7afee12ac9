"""A bounded log: one line of JSON for each thing that happened, each naming the hash of the line before it.

A line is durable before what it tells of happens, so the log is also what uses are counted from after a crash. It says
who did what when, to the second, and never where the vehicle was. Whoever can write the disk can write another log; an
owner who noted the hash of an earlier line sees that it was.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import msgspec

from ....onchain.crypto import sha256
from ....onchain.refusals import Refusal
from ....privacy import CANT_WRITE, write_private
from ....wallet.credentials.access import Resource
from ....wallet.credentials.access.errors import DAMAGED

FIRST = "0" * 64


class Entry(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What happened."""

    time: str
    result: Literal["used", "refused"]
    resource: Resource | None = None
    holder: str | None = None
    """Who asked; only where its signature held."""
    grants: tuple[str, ...] = ()
    """The ids of the grants, the owner's first; only where the holder's signature held."""
    challenge: str | None = None
    spends: tuple[tuple[str, int], ...] = ()
    """Those of the grants whose uses are counted: the digest of each, and when it expires."""
    reason: str | None = None
    """The number of the refusal."""


class Line(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An entry in its place."""

    number: int
    previous: str
    """SHA-256 of the line before."""
    entry: Entry


class Journal:
    """One log in one file, which keeps its last `keep` lines, or up to twice as many."""

    def __init__(self, path: Path, *, keep: int) -> None:
        self._path = path
        self._keep = keep
        self._lines: list[tuple[bytes, Line]] = []
        data = path.read_bytes() if path.exists() else b""
        whole = data[: data.rfind(b"\n") + 1]
        for text in whole.splitlines():
            self._lines.append((text, self._read(text)))
        if not path.exists() or len(whole) != len(data):
            # The last line was being written when the power went: what it tells of did not happen.
            write_private(path, whole)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)

    @property
    def number(self) -> int:
        """The number of the last line; 0 before the first one."""
        return self._lines[-1][1].number if self._lines else 0

    @property
    def head(self) -> str:
        """The hash of the last line, which stands for all before it."""
        return sha256(self._lines[-1][0]).hex() if self._lines else FIRST

    @property
    def is_full(self) -> bool:
        return len(self._lines) >= 2 * self._keep

    def lines(self) -> list[Line]:
        """Gives the lines that are kept, in their order."""
        return [line for _, line in self._lines]

    def append(self, entry: Entry) -> Line:
        """Adds an entry; it is durable when this returns."""
        line = Line(number=self.number + 1, previous=self.head, entry=entry)
        text = msgspec.json.encode(line)
        before = os.fstat(self._descriptor).st_size
        try:
            if os.write(self._descriptor, text + b"\n") != len(text) + 1:
                raise OSError("the disk is full")
            os.fsync(self._descriptor)
        except OSError as error:
            os.ftruncate(self._descriptor, before)
            raise CANT_WRITE(f"{self._path} {error}") from None
        self._lines.append((text, line))
        return line

    def shorten(self) -> None:
        """Drops all but the last lines, of which the first still names the hash of the one that is gone."""
        kept = self._lines[-self._keep :]
        write_private(self._path, b"".join(text + b"\n" for text, _ in kept))
        os.close(self._descriptor)
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        self._lines = kept

    def close(self) -> None:
        os.close(self._descriptor)

    def _read(self, text: bytes) -> Line:
        """Reads the next line of the file; it has to follow the one before it."""
        try:
            line = msgspec.json.decode(text, type=Line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._damaged() from None
        if self._lines and (line.number, line.previous) != (self.number + 1, self.head):
            raise self._damaged()
        return line

    def _damaged(self) -> Refusal:
        return DAMAGED(f"{self._path}, after line {self.number}")
