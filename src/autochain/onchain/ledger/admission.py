"""Admission: what a transaction must be before its messages run: cheap checks, then signatures, then what it pays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..crypto import SignatureJob
from . import errors
from .application import SEQUENCE_WINDOW
from .context import BlockInfo, Context, View, check_admitted
from .dispatch import FREE_BYTES, Dispatcher
from .interfaces import AccountKeys, BalanceOf, KeysOf, Pay, UseSequence
from .messages import Introduction, Message, Succession, commitment_to
from .state import Committed, Overlay
from .transaction import Signature, Transaction, sign_bytes

INTRODUCTION_WEIGHT = 5_000
"""So heavy may a transaction be that begins with a registration: where it fails it has been run and nobody pays."""


class Screened(NamedTuple):
    """A transaction of which nothing is wrong that can be seen without any state."""

    transaction: Transaction[Message]
    weight: int
    sender: bytes
    payer: bytes
    """The account that pays the fee."""
    is_free: bool
    is_introduction: bool
    is_succession: bool
    """Whether it goes before all else that waits of its sender, and takes its place."""

    @property
    def must_happen(self) -> bool:
        """Whether it leaves nothing behind when it fails, no fee either, and so may not wait for a block.

        What pays nothing could fill blocks for nothing; a failed introduction takes no sequence, so it could come again
        and again for its payer's money.
        """
        return self.is_free or self.is_introduction


class Speakers(NamedTuple):
    """Whose keys must have signed, as the state has them."""

    sender: AccountKeys
    payer: AccountKeys | None

    def same_keys(self, other: Speakers) -> bool:
        """Whether the same signatures prove both."""
        return _same_keys(self.sender, other.sender) and (
            self.payer is other.payer
            or (self.payer is not None and other.payer is not None and _same_keys(self.payer, other.payer))
        )


class Standing:
    """Accounts and money as one state has them, for those who want to go into one block."""

    def __init__(self, dispatcher: Dispatcher, state: Committed | Overlay, block: BlockInfo) -> None:
        self.block = block
        self._accounts = View(dispatcher, state, block, dispatcher.bound("accounts"))
        self._money = View(dispatcher, state, block, dispatcher.bound("money"))
        # Looked up once: they are asked several times for each transaction.
        self._keys_of = dispatcher.answers(self._accounts.contract, KeysOf)
        self._balance_of = dispatcher.answers(self._money.contract, BalanceOf)

    def keys(self, account: bytes) -> AccountKeys | None:
        """Asks who may speak for an account; None when it is not known."""
        found: AccountKeys | None = self._keys_of(self._accounts, KeysOf(account))
        return found

    def held_uacc(self, account: bytes) -> int:
        """Asks what an account holds."""
        held: int = self._balance_of(self._money, BalanceOf(account))
        return held


class Admission:
    """Decides on one chain which transactions may go into a block."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._spec = dispatcher.spec
        self._limits = dispatcher.spec.limits
        self._accounts = dispatcher.bound("accounts")
        self._money = dispatcher.bound("money")
        self._pay = dispatcher.handler(self._money, Pay)
        self._use_sequence = dispatcher.handler(self._accounts, UseSequence)

    def screen(self, data: bytes) -> Screened:
        """Reads a transaction from a stranger and refuses what can be seen to be wrong without any state."""
        transaction = self._dispatcher.transactions.decode(data)
        messages, proof = transaction.messages, transaction.proof
        if transaction.chain_id != self._spec.chain_id:
            raise errors.WRONG_CHAIN(f"for {transaction.chain_id!r}, this is {self._spec.chain_id!r}")
        if not messages:
            raise errors.NO_MESSAGES()
        weight = self._dispatcher.weight(messages, suites=proof.suites, is_short=len(data) <= FREE_BYTES)
        if weight > self._limits.transaction_weight:
            raise errors.TOO_HEAVY(f"weight {weight} of {self._limits.transaction_weight}")
        is_introduction = isinstance(messages[0], Introduction)
        if is_introduction and weight > INTRODUCTION_WEIGHT:
            raise errors.TOO_HEAVY(f"weight {weight} of {INTRODUCTION_WEIGHT} with a registration")
        for message in messages:
            message.check()
        is_free = self._dispatcher.is_free(messages)
        least = 0 if is_free else weight * self._limits.fee_uacc_per_weight
        if transaction.fee_uacc < least:
            raise errors.FEE_TOO_LOW(f"{transaction.fee_uacc} of {least} uacc")
        if proof.payer is None and proof.payer_signatures:
            raise errors.BAD_SIGNATURE("signatures of a payer who is not named")
        if any(isinstance(message, Succession) for message in messages[1:]):
            raise errors.NOT_SUCCEEDING("a succession stands first")
        return Screened(
            transaction,
            weight,
            sender=proof.sender,
            payer=proof.payer or proof.sender,
            is_free=is_free,
            is_introduction=is_introduction,
            is_succession=isinstance(messages[0], Succession),
        )

    def speakers(self, standing: Standing, screened: Screened) -> Speakers:
        """Gives the keys that must have signed; refuses where nobody can speak."""
        proof = screened.transaction.proof
        first = screened.transaction.messages[0]
        if screened.is_introduction:
            sender = self._introduced(screened)
        elif isinstance(first, Succession):
            sender = self._succeeding(standing, proof.sender, first)
        else:
            sender = _present_keys(standing, proof.sender)
        return Speakers(sender, None if proof.payer is None else _present_keys(standing, proof.payer))

    def jobs(self, screened: Screened, speakers: Speakers) -> tuple[SignatureJob, ...]:
        """Lists the signatures that prove who speaks; refuses where they can't prove it."""
        proof, message = screened.transaction.proof, sign_bytes(screened.transaction)
        jobs = tuple(_signer_jobs(speakers.sender, proof.signatures, message))
        if speakers.payer is not None:
            jobs += tuple(_signer_jobs(speakers.payer, proof.payer_signatures, message))
        return jobs

    def _introduced(self, screened: Screened) -> AccountKeys:
        """Gives the keys that the first message brings for the sender."""
        first, proof = screened.transaction.messages[0], screened.transaction.proof
        if not isinstance(first, Introduction) or first.account() != proof.sender or proof.sequence != 0:
            raise errors.NOT_INTRODUCING()
        check_admitted(first.keys, self._spec.suites)
        return AccountKeys(first.keys, first.threshold, 0, active=True)

    def _succeeding(self, standing: Standing, account: bytes, first: Succession) -> AccountKeys:
        """Gives the keys that the first message brings, where the account promised them."""
        known = _keys(standing, account)
        if known.next != commitment_to(first.keys, first.threshold):
            raise errors.NOT_SUCCEEDING()
        check_admitted(first.keys, self._spec.suites)
        return AccountKeys(first.keys, first.threshold, known.sequence, active=True)

    def may_wait(
        self, standing: Standing, screened: Screened, speakers: Speakers, *, ahead: int, owed_uacc: int
    ) -> None:
        """Refuses what could not go into the next block behind what waits already.

        `ahead` of it wait so many of its sender; its payer owes so much for what waits.
        """
        if ahead >= SEQUENCE_WINDOW:
            raise errors.SENDER_BUSY(f"{ahead} transactions")
        self.check_turn(standing, screened, speakers, ahead=ahead)
        needed_uacc = screened.transaction.fee_uacc + owed_uacc
        if needed_uacc and screened.payer != self._spec.fees_to:
            held_uacc = standing.held_uacc(screened.payer)
            if held_uacc < needed_uacc:
                raise errors.FEES_UNPAYABLE(f"{held_uacc} uacc held, {needed_uacc} needed")

    def admit(self, standing: Standing, state: Overlay, screened: Screened, speakers: Speakers) -> None:
        """Takes sequence and fee of a transaction whose signatures hold, or refuses it."""
        self.check_turn(standing, screened, speakers, ahead=0)
        dispatcher, block, fee_uacc = self._dispatcher, standing.block, screened.transaction.fee_uacc
        if fee_uacc and screened.payer != self._spec.fees_to:
            ctx = Context(dispatcher, state, block, self._money, sender=screened.payer, events=[])
            self._pay(ctx, Pay(self._spec.fees_to, fee_uacc))
        if not screened.is_introduction:
            ctx = Context(dispatcher, state, block, self._accounts, sender=screened.sender, events=[])
            self._use_sequence(ctx, UseSequence())

    def check_turn(self, standing: Standing, screened: Screened, speakers: Speakers, *, ahead: int) -> None:
        """Refuses what comes too early or too late, behind so many others of its sender."""
        proof, expiry, height = screened.transaction.proof, screened.transaction.expiry_height, standing.block.height
        if expiry < height:
            raise errors.EXPIRED(f"at height {expiry}, this is {height}")
        if expiry > height + self._limits.expiry_window:
            raise errors.EXPIRY_TOO_FAR(f"at most height {height + self._limits.expiry_window}")
        if screened.is_introduction:
            if ahead or standing.keys(proof.sender) is not None:
                raise errors.ALREADY_KNOWN(proof.sender.hex())
        elif proof.sequence != speakers.sender.sequence + ahead:
            raise errors.WRONG_SEQUENCE(f"{proof.sequence}, expected {speakers.sender.sequence + ahead}")


def _keys(standing: Standing, account: bytes) -> AccountKeys:
    keys = standing.keys(account)
    if keys is None:
        raise errors.UNKNOWN_SENDER(account.hex())
    if not keys.active:
        raise errors.REVOKED_SENDER(account.hex())
    return keys


def _present_keys(standing: Standing, account: bytes) -> AccountKeys:
    """Gives the keys by which an account speaks in this block."""
    keys = _keys(standing, account)
    if 0 < keys.until_ms <= standing.block.time_ms:
        raise errors.KEYS_EXPIRED(account.hex())
    return keys


def _same_keys(one: AccountKeys, other: AccountKeys) -> bool:
    return one.keys == other.keys and one.threshold == other.threshold


def _signer_jobs(account: AccountKeys, signatures: tuple[Signature, ...], message: bytes) -> Iterator[SignatureJob]:
    if len(signatures) < account.threshold:
        raise errors.BAD_SIGNATURE(f"{len(signatures)} of {account.threshold} needed signatures")
    if len(signatures) > 1 and len({signature.key for signature in signatures}) != len(signatures):
        raise errors.DUPLICATE_SIGNATURE()
    for signature in signatures:
        if signature.key >= len(account.keys):
            raise errors.BAD_SIGNATURE(f"the account has no key {signature.key}")
        key = account.keys[signature.key]
        if signature.suite != key.suite:
            raise errors.BAD_SIGNATURE(f"key {signature.key} is of suite {key.suite}, not {signature.suite}")
        yield SignatureJob(key, message, signature.data)
