"""Dispatch: from a record to the contract that answers for it, and from a transaction to its effects, all or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Union, cast

from ..codec import Codec
from ..crypto import SUITES, SignatureJob, check_key
from ..ids import contract_account
from ..refusals import Refusal, ensure
from . import errors, timers
from .context import BlockInfo, Context, View
from .contract import Contract
from .genesis import ChainSpec, Genesis
from .interfaces import AccountKeys, KeysOf, Pay, UseSequence
from .messages import Event, Introduction, Message, Query, Timer
from .state import Overlay, Reader
from .transaction import Signature, Transaction, sign_bytes

BASE_WEIGHT = 50
"""What a transaction costs apart from its signatures and messages."""


class Outcome(NamedTuple):
    """What came of a transaction."""

    refusal: Refusal | None
    weight: int
    events: tuple[Event, ...] = ()


class Dispatcher:
    """Knows one chain's contracts and runs transactions on its state."""

    def __init__(self, spec: ChainSpec, contracts: Mapping[str, Contract]) -> None:
        self.spec = spec
        self.contracts = {name: contracts[name] for name, _ in spec.contracts}
        for name, version in spec.contracts:
            ensure(self.contracts[name].version == version, f"contract {name} has version {version}")
        self._bindings = dict(spec.bindings)
        self._messages = {kind: name for name, made in self.contracts.items() for kind in made.messages}
        self._handlers = {
            (name, kind): handler
            for name, made in self.contracts.items()
            for kind, handler in (*made.messages.items(), *made.internal.items(), *made.timers.items())
        }
        self._answers = {
            (name, kind): answer for name, made in self.contracts.items() for kind, answer in made.queries.items()
        }
        self._queries = {kind: name for name, kind in self._answers}
        self._timers = {kind: name for name, made in self.contracts.items() for kind in made.timers}
        limit = spec.limits.transaction_bytes
        generic, many = cast(Any, Transaction), cast(Any, tuple)
        event = _union([kind for made in self.contracts.values() for kind in made.events])
        self.transactions: Codec[Transaction[Message]] = Codec(generic[_union(self._messages)], max_bytes=limit)
        self.queries: Codec[Query[Any]] = Codec(_union(self._queries), max_bytes=limit)
        self.events: Codec[tuple[Event, ...]] = Codec(many[event, ...], max_bytes=spec.limits.block_bytes)
        self._timer_codec: Codec[Timer] = Codec(_union(self._timers) if self._timers else Timer, max_bytes=4096)

    def used(self, contract: str, used: str) -> str:
        """Resolves what a contract uses: an interface to the contract bound to it, or a contract."""
        ensure(used in self.contracts[contract].uses, f"{contract} names {used} in what it uses")
        return self._bindings.get(used, used)

    def answer(self, view: View, query: Query[Any]) -> Any:
        """Answers a query on the contract the view stands in."""
        answer = self._answers.get((view.contract, type(query)))
        if answer is None:
            raise errors.UNKNOWN_QUERY(type(query).__name__)
        return answer(view, query)

    def ask(self, state: Reader, block: BlockInfo, query: Query[Any]) -> Any:
        """Answers a query from outside."""
        return self.answer(View(self, state, block, self._queries[type(query)]), query)

    def run(self, ctx: Context, message: Message | Timer) -> None:
        """Runs a message on the contract the context stands in."""
        handler = self._handlers.get((ctx.contract, type(message)))
        ensure(handler is not None, f"{ctx.contract} handles {type(message).__name__}")
        if handler is not None:
            handler(ctx, message)

    def begin(self, state: Overlay, block: BlockInfo, genesis: Genesis) -> tuple[Event, ...]:
        """Lets every contract write its first state."""
        parameters = dict(genesis.parameters)
        events: list[Event] = []
        for name, contract in self.contracts.items():
            if contract.genesis is not None:
                codec: Codec[Any] = Codec(contract.parameters, max_bytes=64 * 1024 * 1024)
                contract.genesis(
                    self._context(state, block, name, contract_account(name), events), codec.decode(parameters[name])
                )
        return tuple(events)

    def run_timers(self, state: Overlay, block: BlockInfo) -> tuple[Event, ...]:
        """Runs what has fallen due, each timer all or not at all."""
        events: list[Event] = []
        for data in timers.take_due(state, now_ms=block.time_ms, at_most=self.spec.limits.timers_per_block):
            timer = self._timer_codec.trusted(data)
            name = self._timers[type(timer)]
            overlay, announced = Overlay(state), list[Event]()
            try:
                self.run(self._context(overlay, block, name, contract_account(name), announced), timer)
            except Refusal:
                continue  # Nobody waits for its answer, and the block goes on.
            state.merge(overlay)
            events += announced
        return tuple(events)

    def decode(self, data: bytes) -> Transaction[Message]:
        """Reads a transaction from a stranger and refuses what can be seen to be wrong without any state."""
        transaction = self.transactions.decode(data)
        if transaction.chain_id != self.spec.chain_id:
            raise errors.WRONG_CHAIN(f"for {transaction.chain_id!r}, this is {self.spec.chain_id!r}")
        if not transaction.messages:
            raise errors.NO_MESSAGES()
        for message in transaction.messages:
            message.check()
        return transaction

    def jobs(self, state: Reader, block: BlockInfo, transaction: Transaction[Message]) -> list[SignatureJob]:
        """Lists the signatures that prove who speaks, by the keys in this state; refuses where they can't prove it."""
        proof = transaction.proof
        message = sign_bytes(transaction)
        signers = [(self._keys_of_sender(state, block, transaction), proof.signatures)]
        if proof.payer is not None:
            payer = self._account_keys(state, block, proof.payer)
            signers.append((payer, proof.payer_signatures))
        elif proof.payer_signatures:
            raise errors.BAD_SIGNATURE("signatures of a payer who is not named")
        return [job for keys, signatures in signers for job in self._signer_jobs(keys, signatures, message)]

    def _signer_jobs(
        self, account: AccountKeys, signatures: tuple[Signature, ...], message: bytes
    ) -> Iterator[SignatureJob]:
        if len(signatures) < account.threshold:
            raise errors.BAD_SIGNATURE(f"{len(signatures)} of {account.threshold} needed signatures")
        if len({signature.key for signature in signatures}) != len(signatures):
            raise errors.DUPLICATE_SIGNATURE()
        for signature in signatures:
            if signature.key >= len(account.keys):
                raise errors.BAD_SIGNATURE(f"the account has no key {signature.key}")
            yield SignatureJob(account.keys[signature.key], message, signature.data)

    def _keys_of_sender(self, state: Reader, block: BlockInfo, transaction: Transaction[Message]) -> AccountKeys:
        first = transaction.messages[0]
        if isinstance(first, Introduction):
            if first.account() != transaction.proof.sender or transaction.proof.sequence != 0:
                raise errors.NOT_INTRODUCING()
            for key in first.keys:
                if key.suite not in self.spec.suites:
                    raise errors.SUITE_NOT_ADMITTED(f"suite {key.suite}")
                check_key(key)
            return AccountKeys(first.keys, first.threshold, 0, active=True)
        return self._account_keys(state, block, transaction.proof.sender)

    def keys_of(self, state: Reader, block: BlockInfo, account: bytes) -> AccountKeys | None:
        """Asks the bound accounts contract who may speak for an account."""
        keys: AccountKeys | None = self.answer(View(self, state, block, self._bindings["accounts"]), KeysOf(account))
        return keys

    def _account_keys(self, state: Reader, block: BlockInfo, account: bytes) -> AccountKeys:
        keys = self.keys_of(state, block, account)
        if keys is None:
            raise errors.UNKNOWN_SENDER(account.hex())
        if not keys.active:
            raise errors.REVOKED_SENDER(account.hex())
        return keys

    def weight(self, messages: Sequence[Message], *, signatures: int) -> int:
        """Adds up what a transaction costs to check and run."""
        heaviest = max(SUITES[number].weight for number in self.spec.suites)
        return BASE_WEIGHT + signatures * heaviest + sum(message.weight for message in messages)

    def least_fee_uacc(self, messages: Sequence[Message], *, signatures: int) -> int:
        """Gives the least fee a transaction must offer; what only registers is free."""
        if all(message.free for message in messages):
            return 0
        return self.weight(messages, signatures=signatures) * self.spec.limits.fee_uacc_per_weight

    def weight_of(self, transaction: Transaction[Message]) -> int:
        return self.weight(transaction.messages, signatures=transaction.proof.count)

    def is_free(self, transaction: Transaction[Message]) -> bool:
        return all(message.free for message in transaction.messages)

    def must_happen(self, transaction: Transaction[Message]) -> bool:
        """Says whether a transaction that fails leaves nothing behind, no fee either, and so may not wait for a block.

        What pays nothing could fill blocks for nothing; a failed introduction takes no sequence, so it could come again
        and again for its payer's money.
        """
        return self.is_free(transaction) or isinstance(transaction.messages[0], Introduction)

    def admit(self, state: Overlay, block: BlockInfo, transaction: Transaction[Message]) -> None:
        """Checks expiry, sequence and fee of a transaction whose signatures hold, and takes sequence and fee."""
        limits, proof = self.spec.limits, transaction.proof
        weight = self.weight_of(transaction)
        if weight > limits.transaction_weight:
            raise errors.TOO_HEAVY(f"weight {weight} of {limits.transaction_weight}")
        if transaction.expiry_height < block.height:
            raise errors.EXPIRED(f"at height {transaction.expiry_height}, this is {block.height}")
        if transaction.expiry_height > block.height + limits.expiry_window:
            raise errors.EXPIRY_TOO_FAR(f"at most height {block.height + limits.expiry_window}")
        least = self.least_fee_uacc(transaction.messages, signatures=proof.count)
        if transaction.fee_uacc < least:
            raise errors.FEE_TOO_LOW(f"{transaction.fee_uacc} of {least} uacc")
        if isinstance(transaction.messages[0], Introduction):
            if self.keys_of(state, block, proof.sender) is not None:
                raise errors.ALREADY_KNOWN(proof.sender.hex())
        else:
            self._take_sequence(state, block, transaction)
        payer = proof.payer or proof.sender
        if transaction.fee_uacc and payer != self.spec.fees_to:
            self.run(
                self._context(state, block, self._bindings["money"], payer, []),
                Pay(self.spec.fees_to, transaction.fee_uacc),
            )

    def _take_sequence(self, state: Overlay, block: BlockInfo, transaction: Transaction[Message]) -> None:
        proof = transaction.proof
        expected = self._account_keys(state, block, proof.sender).sequence
        if proof.sequence != expected:
            raise errors.WRONG_SEQUENCE(f"{proof.sequence}, expected {expected}")
        self.run(self._context(state, block, self._bindings["accounts"], proof.sender, []), UseSequence())

    def deliver(self, state: Overlay, block: BlockInfo, transaction: Transaction[Message]) -> Outcome:
        """Runs an admitted transaction's messages on the state: all of them, or none."""
        overlay, events = Overlay(state), list[Event]()
        weight = self.weight_of(transaction)
        try:
            for message in transaction.messages:
                sender = transaction.proof.sender
                for guard in self.spec.guards:
                    guarding = self.contracts[guard].guard
                    ensure(guarding is not None, f"{guard} has a guard")
                    if guarding is not None:
                        guarding(self._context(overlay, block, guard, sender, events), message)
                ctx = self._context(
                    overlay, block, self._messages[type(message)], sender, events, transaction.proof.payer
                )
                self.run(ctx, message)
        except Refusal as refusal:
            return Outcome(refusal, weight)
        state.merge(overlay)
        return Outcome(None, weight, tuple(events))

    def _context(
        self,
        state: Overlay,
        block: BlockInfo,
        contract: str,
        sender: bytes,
        events: list[Event],
        payer: bytes | None = None,
    ) -> Context:
        return Context(self, state, block, contract, sender=sender, events=events, payer=payer)

    def broken_invariants(self, state: Reader, block: BlockInfo) -> list[str]:
        """Names the invariants that do not hold, as `contract: sentence`."""
        return [
            f"{name}: {sentence}"
            for name, contract in self.contracts.items()
            for sentence, holds in contract.invariants.items()
            if not holds(View(self, state, block, name))
        ]


def _union(kinds: Iterable[type[Any]]) -> Any:
    """Gives the tagged union of record types."""
    return Union[tuple(kinds)]  # noqa: UP007
