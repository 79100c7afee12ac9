"""The kinds of record a contract deals in: messages, queries, events and timers."""

from __future__ import annotations

from typing import Annotated, ClassVar, Generic, TypeVar

import msgspec

from ..codec import Record, encode
from ..crypto import PublicKey, tagged_hash
from ..refusals import broken

R = TypeVar("R")
MAX_KEYS = 8
"""How many keys one account may have."""
Keys = Annotated[tuple[PublicKey, ...], msgspec.Meta(min_length=1, max_length=MAX_KEYS)]
Threshold = Annotated[int, msgspec.Meta(ge=1, le=MAX_KEYS)]
"""How many of the keys must sign."""


def commitment_to(keys: tuple[PublicKey, ...], threshold: int) -> bytes:
    """Gives the hash by which an account promises its next keys before anybody sees them."""
    return tagged_hash("next-keys", encode((keys, threshold)))


class Message(Record, frozen=True):
    """Something that may be asked of a contract."""

    weight: ClassVar[int] = 100
    """What it costs to run, in units of about a microsecond."""
    free: ClassVar[bool] = False
    """Pays no fee, within a quota per block."""

    def check(self) -> None:
        """Refuses what can be seen to be wrong without any state."""


class Introduction(Message, frozen=True):
    """A message that brings an account with its own keys: it stands first in the account's first transaction."""

    free: ClassVar[bool] = True

    keys: Keys
    threshold: Threshold

    def account(self) -> bytes:
        """The account that these keys and this content give."""
        broken("an introduction says which account it brings")


class Succession(Message, frozen=True):
    """A message that brings the keys which its sender promised: it stands first in a transaction that these keys sign.

    Only they and the promise count, so that it succeeds also where the keys before were stolen, or have expired.
    """

    keys: Keys
    threshold: Threshold


class Query(Record, Generic[R], frozen=True):
    """Something that may be read from a contract, answered with an `R`."""


class Event(Record, frozen=True):
    """Something that a contract announces."""


class Timer(Record, frozen=True):
    """Something that a contract does when its time has come."""
