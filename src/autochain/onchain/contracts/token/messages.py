"""What may be asked of token, and what it announces."""

from __future__ import annotations

from typing import ClassVar

from ...codec import tag_of
from ...ids import Id
from ...ledger import Event, Message
from ...units import Amount
from . import errors

TAG = tag_of(__name__)


class Transfer(Message, frozen=True, tag=TAG):
    """Moves ACC from the sender to another account."""

    payee: Id
    amount_uacc: Amount
    weight: ClassVar[int] = 60

    def check(self) -> None:
        if self.amount_uacc == 0:
            raise errors.NOTHING_TO_PAY()


class Transferred(Event, frozen=True, tag=TAG):
    payer: Id
    payee: Id
    amount_uacc: Amount
