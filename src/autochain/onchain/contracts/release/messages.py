"""What may be asked of release, and what it announces."""

from __future__ import annotations

from ...codec import tag_of
from ...crypto import Hash
from ...ids import Id
from ...ledger import Event, Message
from ...units import Count

TAG = tag_of(__name__)


class Anchor(Message, frozen=True, tag=TAG):
    """The sender, a member, binds itself to its log of releases: what stands in it can't be changed unnoticed."""

    head: Hash
    """Hash of the last entry, which holds the hash of the one before."""
    length: Count
    """How many entries there are."""


class Anchored(Event, frozen=True, tag=TAG):
    member: Id
    length: Count
