"""What a vehicle keeps to check grants by itself: who owns it, with which keys, what is revoked, how often was used."""

from __future__ import annotations

from pathlib import Path

from ....onchain.codec import Codec, Record
from ....onchain.contracts.identity import Identity
from ....onchain.crypto import Hash
from ....onchain.ids import Id
from ....onchain.refusals import Refusal
from ....onchain.units import Count
from ....privacy import write_private
from ....wallet.credentials.access.errors import DAMAGED


class Ownership(Record, frozen=True):
    """Who owned the vehicle at a header."""

    height: Count
    time_ms: Count
    owner: Id
    since_ms: Count
    """The record's `controlled_ms`."""
    active: bool


class Owner(Record, frozen=True):
    """The record of the vehicle's owner at a header."""

    height: Count
    time_ms: Count
    identity: Identity


class Listed(Record, frozen=True):
    """A status list of the owner's that was verified."""

    url: str
    purposes: tuple[str, ...]
    since_ms: Count
    until_ms: Count
    encoded: str
    """The bits, compressed as in the list's credential."""


class Counted(Record, frozen=True):
    """How often a grant was used."""

    grant: Hash
    """The digest of what it says."""
    uses: Count
    until_ms: Count
    """When it expires."""


class Kept(Record, frozen=True):
    """All of it."""

    ownership: Ownership | None = None
    owner: Owner | None = None
    lists: tuple[Listed, ...] = ()
    counted: tuple[Counted, ...] = ()
    number: Count = 0
    """The last line of the log of uses that is counted here; those behind it are still to be added."""
    uses_before: Count = 0
    """The last line of that log from before the present ownership."""
    refusals_before: Count = 0
    """The same of the log of refusals."""


_KEPT: Codec[Kept] = Codec(Kept, max_bytes=64 * 1024 * 1024)


def load_kept(path: Path) -> Kept:
    """Reads what was kept; nothing where nothing was so far."""
    if not path.exists():
        return Kept()
    try:
        return _KEPT.decode(path.read_bytes())
    except Refusal:
        raise DAMAGED(str(path)) from None


def save_kept(path: Path, kept: Kept) -> None:
    """Writes what is kept, whole or not at all."""
    write_private(path, _KEPT.encode(kept))
