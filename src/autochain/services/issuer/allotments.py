"""Which place of which status list stands for which credential: one growing file of all who issue for a party."""

from __future__ import annotations

import fcntl
import os
from collections import defaultdict
from pathlib import Path
from typing import IO, Annotated

import msgspec

from ...onchain.refusals import ensure, present
from ...privacy import CANT_WRITE, make_private_folder
from ...wallet.credentials import StatusPurpose
from .errors import BAD_ALLOTMENTS

MAX_ID = 4_096


class OpenedList(msgspec.Struct, frozen=True, tag="list"):
    """A status list that was opened to allot places of it."""

    number: Annotated[int, msgspec.Meta(ge=1)]
    purpose: StatusPurpose
    length: Annotated[int, msgspec.Meta(ge=1)]


class Allotment(msgspec.Struct, frozen=True, tag="credential"):
    """One place, given to one credential."""

    credential: Annotated[str, msgspec.Meta(max_length=MAX_ID)]
    """The name under which its issuer knows it; empty where it was given none."""
    number: Annotated[int, msgspec.Meta(ge=1)]
    purpose: StatusPurpose
    index: Annotated[int, msgspec.Meta(ge=0)]


_LINE: msgspec.json.Decoder[OpenedList | Allotment] = msgspec.json.Decoder(OpenedList | Allotment)


class Allotments:
    """Keeps what was allotted, by whichever process; it is on the disk when a call returns.

    Whoever allots keeps all others out meanwhile; the system lets them in again where it is killed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lists: dict[int, OpenedList] = {}
        self._used: defaultdict[int, set[int]] = defaultdict(set)
        self._by_credential: defaultdict[str, list[Allotment]] = defaultdict(list)
        self._bytes = 0
        """How much of the file is known: whole lines."""
        self._file: IO[bytes] | None = None
        """Open while others are kept out."""
        make_private_folder(path.parent)
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        except OSError as error:
            raise CANT_WRITE(f"{path}: {error.strerror}") from None
        self.reread()

    def used(self, number: int) -> set[int]:
        """Gives the places of a list that were given away."""
        return self._used[number]

    def of(self, credential: str, purpose: StatusPurpose) -> list[Allotment]:
        """Gives the places of all credentials of a name."""
        return [each for each in self._by_credential.get(credential, ()) if each.purpose == purpose]

    def reread(self) -> None:
        """Takes in what others have added."""
        try:
            with self._path.open("rb") as file:
                self._take_in(file)
        except OSError as error:
            raise CANT_WRITE(f"{self._path}: {error.strerror}") from None

    def lock(self) -> bool:
        """Keeps all others out and takes in what they have added; False while another keeps us out."""
        ensure(self._file is None, "who allots has locked the file once")
        file: IO[bytes] | None = None
        try:
            file = self._path.open("r+b")
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._take_in(file)
            self._file, file = file, None
        except BlockingIOError:
            return False
        except OSError as error:
            raise CANT_WRITE(f"{self._path}: {error.strerror}") from None
        finally:
            if file is not None:
                file.close()
        return True

    def unlock(self) -> None:
        """Lets the others in."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def add(self, entry: OpenedList | Allotment) -> None:
        """Keeps one more, while others are kept out."""
        file = present(self._file, "who allots keeps the others out")
        data = msgspec.json.encode(entry) + b"\n"
        try:
            # What a crash has torn was told to nobody.
            file.truncate(self._bytes)
            file.seek(self._bytes)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        except OSError as error:
            raise CANT_WRITE(f"{self._path}: {error.strerror}") from None
        self._note(entry)
        self._bytes += len(data)

    def _take_in(self, file: IO[bytes]) -> None:
        if os.fstat(file.fileno()).st_size < self._bytes:
            # Places that were given away are not in it any more, and would be given again.
            raise BAD_ALLOTMENTS(str(self._path))
        file.seek(self._bytes)
        for line in file.read().splitlines(keepends=True):
            if line.endswith(b"\n"):
                self._note(self._read(line))
                self._bytes += len(line)

    def _read(self, line: bytes) -> OpenedList | Allotment:
        try:
            return _LINE.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise BAD_ALLOTMENTS(str(self._path)) from None

    def _note(self, entry: OpenedList | Allotment) -> None:
        if isinstance(entry, OpenedList):
            self.lists[entry.number] = entry
            return
        if entry.number not in self.lists or entry.index in self._used[entry.number]:
            raise BAD_ALLOTMENTS(str(self._path))
        self._used[entry.number].add(entry.index)
        if entry.credential:
            self._by_credential[entry.credential].append(entry)
