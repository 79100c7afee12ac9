"""The home folder of a network: where everything lies, and which process uses it."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import IO, Annotated

import msgspec

from ..client import host_and_port
from ..onchain.refusals import Refusal, ensure
from ..privacy import make_private_folder, write_private
from .errors import BAD_FACTS, BAD_HOME, OTHER_VERSION

FORMAT = 4
"""Counts up when homes that were made before can not be used any more."""
FOLDERS = ("chains", "parties", "vault")


def _hexadecimal(length: int) -> str:
    return f"^[0-9a-f]{{{2 * length}}}$"


class MemberFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One member of the release committee."""

    party: str
    account: Annotated[str, msgspec.Meta(pattern=_hexadecimal(20))]
    key: Annotated[str, msgspec.Meta(pattern=_hexadecimal(32))]
    """X25519 public key to which shares for it are sealed."""
    address: str = ""
    """Where it answers, when it does not run in the node's process."""


class _Version(msgspec.Struct, frozen=True):
    """What every version's facts say."""

    format: int


class Facts(msgspec.Struct, frozen=True):
    """What is to be known of a network before anything of it is opened."""

    format: int
    chain_id: str
    validators_hash: Annotated[str, msgspec.Meta(pattern=_hexadecimal(32))]
    """Whose signatures count, in hexadecimal."""
    members: tuple[MemberFacts, ...]
    """The release committee, in the order of its shares."""
    threshold: int
    """How many of them open a key."""
    registrars: tuple[str, ...]
    """The parties that hold a share of the key that makes VINs unrecognisable, in the order of the shares."""


class Home:
    """A network's folder.

    chains/NAME  state and blocks · parties/NAME  each party's keys, apart from the others' · vault  encrypted objects
    """

    def __init__(self, path: Path, *, vaults: tuple[str, ...] = ()) -> None:
        self.path = path
        self.vaults = vaults
        """Addresses of the stores that keep encrypted objects instead of the folder `vault`."""
        self._lock: IO[bytes] | None = None

    @property
    def parties(self) -> Path:
        return self.path / "parties"

    @property
    def vault(self) -> Path:
        return self.path / "vault"

    @property
    def index(self) -> Path:
        """The read model, which may be removed at any time: it is made again."""
        return self.path / "index.sqlite"

    def share(self, party: str) -> Path:
        """Where a registrar's share of the key lies."""
        return self.parties / party / "registrar.share"

    def chain(self, name: str) -> Path:
        return self.path / "chains" / name

    @property
    def exists(self) -> bool:
        """Whether a network was made here, whole."""
        return (self.path / "network.json").exists()

    def lock(self) -> bool:
        """Takes the home for this process; False when another has it."""
        if self._lock is not None:
            return True
        file: IO[bytes] | None = None
        try:
            make_private_folder(self.path)
            if self.path.stat().st_mode & 0o022:
                raise BAD_HOME(f"{self.path}: others may write to it; take the right away with chmod go-w")
            file = open(self.path / "lock", "ab", buffering=0, opener=_private)  # noqa: SIM115
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.truncate(0)
            file.write(str(os.getpid()).encode())
            # A process that was killed has left its address behind.
            (self.path / "address").unlink(missing_ok=True)
            self._lock, file = file, None
        except BlockingIOError:
            return False
        except OSError as error:
            raise BAD_HOME(f"{self.path}: {error.strerror}") from None
        except Refusal as refusal:
            raise refusal if refusal.reason == BAD_HOME else BAD_HOME(refusal.detail) from None
        finally:
            if file is not None:
                file.close()
        return True

    def unlock(self) -> None:
        """Lets another process have the home."""
        if self._lock is not None:
            (self.path / "address").unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    @property
    def holder(self) -> str:
        """Names the process that has the home, for people."""
        process = (self.path / "lock").read_text()
        address = self.address()
        return f"{self.path}, process {process}" + (f", which answers at {address}" if address else "")

    def begin(self) -> None:
        """Prepares to make a network; clears away what a making that was interrupted has left."""
        ensure(self._lock is not None and not self.exists, "a network is made once, in a home of one's own")
        if self._half_made.exists():
            self._clear()
        found = [name for name in FOLDERS if (self.path / name).exists()]
        if found:
            raise BAD_HOME(f"{self.path} holds {', '.join(found)}, but not as a network")
        self._half_made.touch(mode=0o600)
        for name in FOLDERS:
            make_private_folder(self.path / name)

    def finish(self, facts: Facts) -> None:
        """Notes that the network is made."""
        write_private(self.path / "network.json", msgspec.json.encode(facts))
        self._half_made.unlink(missing_ok=True)

    def facts(self) -> Facts:
        file = self.path / "network.json"
        try:
            data = file.read_bytes()
            made_by = msgspec.json.decode(data, type=_Version).format
            if made_by != FORMAT:
                raise OTHER_VERSION(f"format {made_by}, this is {FORMAT}")
            facts = msgspec.json.decode(data, type=Facts)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise BAD_FACTS(str(file)) from None
        for member in facts.members:
            if member.address:
                try:
                    host_and_port(member.address)
                except Refusal as refusal:
                    raise refusal.reason(f"{file}, {member.party}: {refusal.detail}") from None
        return facts

    def announce(self, address: str) -> None:
        """Tells other processes of this home where the node answers."""
        write_private(self.path / "address", address.encode())

    def address(self) -> str | None:
        """Says where the process that uses this home answers; None where it does not."""
        try:
            return (self.path / "address").read_text()
        except FileNotFoundError:
            return None

    def reset(self) -> None:
        """Removes the network with all its keys."""
        ensure(self._lock is not None, "a home is reset by the process that has it")
        # Where this is interrupted, the next making clears away the rest.
        self._half_made.touch(mode=0o600)
        (self.path / "network.json").unlink(missing_ok=True)
        (self.path / "address").unlink(missing_ok=True)
        for file in self.path.glob(f"{self.index.name}*"):
            file.unlink()
        self._clear()
        self._half_made.unlink()

    @property
    def _half_made(self) -> Path:
        return self.path / "half-made"

    def _clear(self) -> None:
        for name in FOLDERS:
            if (self.path / name).exists():
                shutil.rmtree(self.path / name)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def default_home() -> Path:
    """Gives the home that is used when none is named: that of AUTOCHAIN_HOME, or the usual one."""
    named = os.environ.get("AUTOCHAIN_HOME")
    if named:
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME", "")
    return (Path(data) if data else Path.home() / ".local" / "share") / "autochain"
