"""The way of a transaction to its block: screened, verified, and remembered until it happens."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

from ..crypto import SignatureVerifier
from ..refusals import Refusal, present
from . import errors
from .admission import Admission, Screened, Speakers, Standing
from .application import Checked, Screening

REMEMBERED_BYTES = 128 * 1024 * 1024
"""How much of what was verified is remembered; what was forgotten is verified once more in its block."""


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
        self._proven: dict[bytes, Known] = {}
        """What waits and whose signatures hold, by its bytes."""
        self._proven_bytes = 0
        self._let_in: dict[bytes, list[Screened]] = {}
        """What was let in for the next block, by its sender."""
        self._owed_uacc: dict[bytes, int] = {}
        """What a payer owes for them."""

    def stand(self, standing: Standing) -> None:
        """Takes note of a new last state, against which all who wait are checked anew."""
        self._standing = standing
        self._let_in.clear()
        self._owed_uacc.clear()

    def screen(self, data: bytes) -> Screening:
        admission, standing = self._admission, present(self._standing, "a chain has begun")
        screened = admission.screen(data)
        speakers = admission.speakers(standing, screened)
        jobs = admission.jobs(screened, speakers)
        self._unverified[data] = Known(screened, speakers)
        return Screening(_checked(screened), jobs)

    def vouch(self, data: bytes) -> None:
        known = present(self._unverified.pop(data, None), "a transaction is screened before it is vouched for")
        if known.screened.is_succession:
            admission, standing = self._admission, present(self._standing, "a chain has begun")
            speakers = admission.speakers(standing, known.screened)
            admission.check_turn(standing, known.screened, speakers, ahead=0)
        self._remember(data, known)

    def check(self, data: bytes, *, recheck: bool = False) -> Checked:
        if not (recheck and data in self._proven):
            if not all(self._verify(self.screen(data).signatures)):
                self.forget(data)
                raise errors.BAD_SIGNATURE()
            self.vouch(data)
        try:
            return self._admit(self._proven[data])
        except Refusal:
            if recheck:
                self.forget(data)
            raise

    def _admit(self, known: Known) -> Checked:
        """Refuses what could not go into the next block behind what was let in before it."""
        screened, proven = known
        admission, standing = self._admission, present(self._standing, "a chain has begun")
        speakers = admission.speakers(standing, screened)
        if proven is None or not speakers.same_keys(proven):
            raise errors.BAD_SIGNATURE("the keys have changed meanwhile")
        ahead = self._let_in.get(screened.sender, [])
        if ahead and ahead[0].is_succession:
            raise errors.SENDER_BUSY("a succession waits")
        stay = [] if screened.is_succession else ahead
        # Who holds the present keys must not keep the next ones out, neither by turns nor by fees.
        freed_uacc = sum(one.transaction.fee_uacc for one in ahead if not stay and one.payer == screened.payer)
        owed_uacc = self._owed_uacc.get(screened.payer, 0) - freed_uacc
        admission.may_wait(standing, screened, speakers, ahead=len(stay), owed_uacc=owed_uacc)
        if screened.must_happen:
            self._happens(screened, speakers)
        if screened.is_succession:
            self._let_out(screened.sender)
        self._let_in.setdefault(screened.sender, []).append(screened)
        self._owe(screened.payer, screened.transaction.fee_uacc)
        return _checked(screened)

    def _let_out(self, sender: bytes) -> None:
        """Takes back that anything of a sender was let in, and what is owed for it."""
        for one in self._let_in.pop(sender, ()):
            self._owe(one.payer, -one.transaction.fee_uacc)

    def _owe(self, payer: bytes, fee_uacc: int) -> None:
        self._owed_uacc[payer] = self._owed_uacc.get(payer, 0) + fee_uacc

    def know(self, data: bytes) -> Known:
        """Gives what is known of a transaction's bytes; refuses what is seen to be wrong without any state."""
        return self._proven.get(data) or Known(self._admission.screen(data), None)

    def _remember(self, data: bytes, known: Known) -> None:
        if data not in self._proven:
            self._proven_bytes += len(data)
        self._proven[data] = known
        if self._proven_bytes > REMEMBERED_BYTES:
            for old in list(islice(self._proven, len(self._proven) >> 1)):
                self.forget(old)

    def forget(self, data: bytes) -> None:
        """Lets go of a transaction that does not wait any more."""
        self._unverified.pop(data, None)
        known = self._proven.pop(data, None)
        if known is not None:
            self._proven_bytes -= len(data)


def _checked(screened: Screened) -> Checked:
    transaction = screened.transaction
    return Checked(
        screened.sender,
        transaction.proof.sequence,
        transaction.fee_uacc,
        screened.weight,
        succeeds=screened.is_succession,
    )
