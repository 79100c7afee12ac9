"""What may be asked of mining, and what it announces."""

from __future__ import annotations

from typing import ClassVar

from ...codec import tag_of
from ...ids import Id
from ...ledger import Event, Message
from ...units import Amount, Count

TAG = tag_of(__name__)


class Claim(Message, frozen=True, tag=TAG):
    """The sender, a vehicle, claims the reward for a recording it committed; it goes to the recording's owner."""

    recording: Id
    weight: ClassVar[int] = 200


class Rewarded(Event, frozen=True, tag=TAG):
    recording: Id
    owner: Id
    points: Count
    """Readings rewarded, which may be fewer than were claimed."""
    reward_uacc: Amount
