"""The way of a transaction to its block: screened, verified, admitted, and remembered until it happens."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

from ..crypto import SignatureJob, SignatureVerifier
from ..refusals import Refusal, present
from . import errors
from .admission import Admission, Screened, Speakers, Standing
from .application import Checked

REMEMBERED_BYTES = 128 * 1024 * 1024
"""How much of what was admitted is remembered; what was forgotten is verified once more in its block."""


class Known(NamedTuple):
    """A transaction and by whose keys its signatures hold; None where that is not known."""

    screened: Screened
    speakers: Speakers | None


class WaitingRoom:
    """Decides what may wait for the next block, and remembers whose signatures hold.

    `happens` refuses what would not happen if it were next; it is asked of those who may not fail in a block.
    """

    def __init__(
        self, admission: Admission, verify: SignatureVerifier, happens: Callable[[Screened, Speakers], None]
    ) -> None:
        self._admission = admission
        self._verify = verify
        self._happens = happens
        self._standing: Standing | None = None
        self._unverified: dict[bytes, Known] = {}
        """What was screened and is being verified, by its bytes."""
        self._admitted: dict[bytes, Known] = {}
        self._admitted_bytes = 0
        self._ahead: dict[bytes, int] = {}
        """How many transactions of a sender were admitted for the next block."""
        self._owed_uacc: dict[bytes, int] = {}
        """What a payer owes for them."""

    def stand(self, standing: Standing) -> None:
        """Takes note of a new last state; all who wait are admitted anew."""
        self._standing = standing
        self._ahead.clear()
        self._owed_uacc.clear()

    def screen(self, data: bytes) -> tuple[SignatureJob, ...]:
        admission, standing = self._admission, present(self._standing, "a chain has begun")
        screened = admission.screen(data)
        speakers = admission.speakers(standing, screened)
        jobs = admission.jobs(screened, speakers)
        self._unverified[data] = Known(screened, speakers)
        return jobs

    def admit(self, data: bytes) -> Checked:
        known = present(
            self._unverified.pop(data, None) or self._admitted.get(data), "a transaction is screened, then admitted"
        )
        screened, proven = known
        admission, standing = self._admission, present(self._standing, "a chain has begun")
        speakers = admission.speakers(standing, screened)
        if proven is None or not speakers.same_keys(proven):
            raise errors.BAD_SIGNATURE("the keys have changed meanwhile")
        sender, payer, fee_uacc = screened.sender, screened.payer, screened.transaction.fee_uacc
        ahead, owed_uacc = self._ahead.get(sender, 0), self._owed_uacc.get(payer, 0)
        admission.may_wait(standing, screened, speakers, ahead=ahead, owed_uacc=owed_uacc)
        if screened.must_happen:
            self._happens(screened, speakers)
        self._remember(data, known)
        self._ahead[sender] = ahead + 1
        self._owed_uacc[payer] = owed_uacc + fee_uacc
        return Checked(sender, screened.transaction.proof.sequence, fee_uacc, screened.weight)

    def withdraw(self, data: bytes) -> None:
        if self._unverified.pop(data, None) is None:
            known = self.forget(data)
            if known is not None:
                self._ahead[known.screened.sender] -= 1
                self._owed_uacc[known.screened.payer] -= known.screened.transaction.fee_uacc

    def check(self, data: bytes, *, recheck: bool = False) -> Checked:
        if not (recheck and data in self._admitted) and not all(self._verify(self.screen(data))):
            del self._unverified[data]
            raise errors.BAD_SIGNATURE()
        try:
            return self.admit(data)
        except Refusal:
            if recheck:
                self.forget(data)
            raise

    def know(self, data: bytes) -> Known:
        """Gives what is known of a transaction's bytes; refuses what is seen to be wrong without any state."""
        return self._admitted.get(data) or Known(self._admission.screen(data), None)

    def _remember(self, data: bytes, known: Known) -> None:
        if data not in self._admitted:
            self._admitted_bytes += len(data)
        self._admitted[data] = known
        if self._admitted_bytes > REMEMBERED_BYTES:
            for old in list(islice(self._admitted, len(self._admitted) >> 1)):
                self.forget(old)

    def forget(self, data: bytes) -> Known | None:
        """Lets go of a transaction that does not wait any more."""
        known = self._admitted.pop(data, None)
        if known is not None:
            self._admitted_bytes -= len(data)
        return known
