"""The home folder of a network: where everything lies, and which process uses it."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import IO

import msgspec

from ..onchain.refusals import ensure
from ..privacy import write_private
from .errors import BAD_HOME, HOME_IN_USE, OTHER_VERSION

FORMAT = 1


class Facts(msgspec.Struct, frozen=True):
    """What is to be known of a network before anything of it is opened."""

    format: int
    chain_id: str
    validators_hash: str
    """Whose signatures count, in hexadecimal."""
    release_account: str
    release_key: str
    """X25519 public key of the release service."""


class Home:
    """A network's folder.

    chains/NAME  state and blocks · parties/NAME  each party's keys, apart from the others' · vault  encrypted objects
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[bytes] | None = None

    @property
    def parties(self) -> Path:
        return self.path / "parties"

    @property
    def vault(self) -> Path:
        return self.path / "vault"

    def chain(self, name: str) -> Path:
        return self.path / "chains" / name

    @property
    def exists(self) -> bool:
        """Whether a network was made here, whole."""
        return (self.path / "network.json").exists()

    def lock(self) -> bool:
        """Takes the home for this process; False when another has it."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = (self.path / "lock").open("ab")
        except OSError as error:
            raise BAD_HOME(f"{self.path}: {error.strerror}") from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._lock = file
        return True

    def unlock(self) -> None:
        """Lets another process have the home."""
        (self.path / "address").unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def begin(self) -> None:
        """Prepares to make a network; clears away what a making that was interrupted has left."""
        ensure(self._lock is not None and not self.exists, "a network is made once, in a home of one's own")
        half_made = self.path / "half-made"
        if half_made.exists():
            for name in ("chains", "parties", "vault"):
                shutil.rmtree(self.path / name, ignore_errors=True)
        half_made.touch(mode=0o600)

    def finish(self, facts: Facts) -> None:
        """Notes that the network is made."""
        write_private(self.path / "network.json", msgspec.json.encode(facts))
        (self.path / "half-made").unlink(missing_ok=True)

    def facts(self) -> Facts:
        try:
            facts = msgspec.json.decode((self.path / "network.json").read_bytes(), type=Facts)
        except msgspec.DecodeError:
            raise OTHER_VERSION(str(self.path)) from None
        if facts.format != FORMAT:
            raise OTHER_VERSION(f"format {facts.format}, this is {FORMAT}")
        return facts

    def announce(self, address: str) -> None:
        """Tells other processes of this home where the node answers."""
        write_private(self.path / "address", address.encode())

    def address(self) -> str:
        """Says where the process that uses this home answers."""
        try:
            return (self.path / "address").read_text()
        except FileNotFoundError:
            raise HOME_IN_USE(str(self.path)) from None

    def reset(self) -> None:
        """Removes the network with all its keys."""
        ensure(self._lock is not None, "a home is reset by the process that has it")
        for name in ("network.json", "address", "half-made"):
            (self.path / name).unlink(missing_ok=True)
        for name in ("chains", "parties", "vault"):
            if (self.path / name).exists():
                shutil.rmtree(self.path / name)


def default_home() -> Path:
    """Gives the home that is used when none is named."""
    data = os.environ.get("XDG_DATA_HOME", "")
    return (Path(data) if data else Path.home() / ".local" / "share") / "autochain"
