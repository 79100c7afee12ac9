"""The kinds of record a contract deals in: messages, queries, events and timers."""

from __future__ import annotations

from typing import Annotated, ClassVar, Generic, TypeVar

import msgspec

from ..codec import Record
from ..crypto import PublicKey
from ..refusals import broken

R = TypeVar("R")
MAX_KEYS = 8
"""How many keys one account may have."""


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

    keys: Annotated[tuple[PublicKey, ...], msgspec.Meta(min_length=1, max_length=MAX_KEYS)]
    threshold: Annotated[int, msgspec.Meta(ge=1, le=MAX_KEYS)]
    """How many of the keys must sign."""

    def account(self) -> bytes:
        """The account that these keys and this content give."""
        broken("an introduction says which account it brings")


class Query(Record, Generic[R], frozen=True):
    """Something that may be read from a contract, answered with an `R`."""


class Event(Record, frozen=True):
    """Something that a contract announces."""


class Timer(Record, frozen=True):
    """Something that a contract does when its time has come."""
