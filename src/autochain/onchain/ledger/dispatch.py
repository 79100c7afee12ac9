"""Dispatch: from a record to the contract that answers for it, and from a transaction to its effects, all or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Union, cast

from ..codec import Codec, encode
from ..crypto import SUITES, check_suites
from ..ids import contract_account
from ..refusals import Refusal, broken, ensure, present
from ..units import split
from . import errors, timers
from .context import BlockInfo, Context, View
from .contract import Answer, Contract, Handler
from .genesis import MAX_GENESIS_BYTES, ChainSpec, Genesis
from .messages import Event, Message, Query, Timer
from .state import Overlay, State
from .transaction import Transaction

BASE_WEIGHT = 50
"""What a transaction costs apart from its signatures and messages."""
FREE_BYTES = 1_024
"""So long may the messages of a transaction be for nothing."""
MOST_FREE_BYTES = 4 * FREE_BYTES
"""What only registers and has longer messages pays its weight as any other."""
BYTES_PER_WEIGHT = 10
"""What lies beyond is hashed, sent and kept for ever."""


class Dispatcher:
    """Knows one chain's contracts and runs transactions on its state."""

    def __init__(self, spec: ChainSpec, contracts: Mapping[str, Contract]) -> None:
        self.spec = spec
        self.contracts = {name: contracts[name] for name, _ in spec.contracts}
        for name, version in spec.contracts:
            ensure(self.contracts[name].version == version, f"contract {name} has version {version}")
        self._guards = tuple((name, _guard(self.contracts[name])) for name in spec.guards)
        self._bindings = dict(spec.bindings)
        self._used = {
            (name, used): self._bindings.get(used, used) for name, made in self.contracts.items() for used in made.uses
        }
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
        check_suites(spec.suites)
        self._signature_weights = {number: SUITES[number].weight for number in spec.suites}

    def bound(self, interface: str) -> str:
        """Names the contract that the chain file binds to an interface."""
        return self._bindings[interface]

    def used(self, contract: str, used: str) -> str:
        """Resolves what a contract uses: an interface to the contract bound to it, or a contract."""
        target = self._used.get((contract, used))
        return target if target is not None else broken(f"{contract} names {used} in what it uses")

    def answer(self, view: View, query: Query[Any]) -> Any:
        """Answers a query on the contract the view stands in."""
        return self.answers(view.contract, type(query))(view, query)

    def answers(self, contract: str, kind: type[Query[Any]]) -> Answer:
        """Finds what answers a kind of query in a contract."""
        answer = self._answers.get((contract, kind))
        if answer is None:
            raise errors.UNKNOWN_QUERY(kind.__name__)
        return answer

    def ask(self, state: State, block: BlockInfo, query: Query[Any]) -> Any:
        """Answers a query from outside."""
        return self.answer(View(self, state, block, self._queries[type(query)]), query)

    def weight(self, messages: Sequence[Message], *, suites: Iterable[int], is_short: bool = False) -> int:
        """Adds up what a transaction costs to check and run; a short one has no more than `FREE_BYTES` in all.

        `suites` holds one number for each of its signatures.
        """
        weight = BASE_WEIGHT
        for suite in suites:
            if suite not in self._signature_weights:
                raise errors.SUITE_NOT_ADMITTED(f"suite {suite}")
            weight += self._signature_weights[suite]
        for message in messages:
            weight += message.weight
        if is_short:
            return weight
        return weight + split(max(0, len(encode(messages)) - FREE_BYTES), BYTES_PER_WEIGHT)[0]

    def is_free(self, messages: Sequence[Message]) -> bool:
        """Whether these messages pay no fee: they only register, and are short."""
        return all(message.free for message in messages) and len(encode(messages)) <= MOST_FREE_BYTES

    def least_fee_uacc(self, messages: Sequence[Message], *, suites: Iterable[int]) -> int:
        """Gives the least fee a transaction must offer; what only registers is free."""
        if self.is_free(messages):
            return 0
        return self.weight(messages, suites=suites) * self.spec.limits.fee_uacc_per_weight

    def run(self, ctx: Context, message: Message | Timer) -> None:
        """Runs a message on the contract the context stands in."""
        self.handler(ctx.contract, type(message))(ctx, message)

    def handler(self, contract: str, kind: type[Message | Timer]) -> Handler:
        """Finds what runs a kind of message in a contract."""
        return self._handlers.get((contract, kind)) or broken(f"{contract} handles {kind.__name__}")

    def begin(self, state: Overlay, block: BlockInfo, genesis: Genesis) -> tuple[Event, ...]:
        """Lets every contract write its first state."""
        parameters = dict(genesis.parameters)
        events: list[Event] = []
        for name, contract in self.contracts.items():
            if contract.genesis is not None:
                codec: Codec[Any] = Codec(contract.parameters, max_bytes=MAX_GENESIS_BYTES)
                contract.genesis(
                    Context(self, state, block, name, sender=contract_account(name), events=events),
                    codec.decode(parameters[name]),
                )
        return tuple(events)

    def run_timers(self, state: Overlay, block: BlockInfo) -> tuple[Event, ...]:
        """Runs what has fallen due, each timer all or not at all."""
        events: list[Event] = []
        for data in timers.take_due(state, now_ms=block.time_ms, at_most=self.spec.limits.timers_per_block):
            timer = self._timer_codec.trusted(data)
            name = self._timers[type(timer)]
            announced, mark = list[Event](), state.mark()
            try:
                self.run(Context(self, state, block, name, sender=contract_account(name), events=announced), timer)
            except Refusal:
                state.undo(mark)  # Nobody waits for its answer, and the block goes on.
                continue
            events += announced
        return tuple(events)

    def deliver(self, state: Overlay, block: BlockInfo, transaction: Transaction[Message]) -> tuple[Event, ...]:
        """Runs an admitted transaction's messages on the state: all of them, or, with the refusal, none."""
        proof, events, mark = transaction.proof, list[Event](), state.mark()
        try:
            for message in transaction.messages:
                for name, guard in self._guards:
                    guard(Context(self, state, block, name, sender=proof.sender, events=events), message)
                contract = self._messages[type(message)]
                self.run(
                    Context(self, state, block, contract, sender=proof.sender, events=events, payer=proof.payer),
                    message,
                )
        except Refusal:
            state.undo(mark)
            raise
        return tuple(events)

    def broken_invariants(self, state: State, block: BlockInfo) -> list[str]:
        """Names the invariants that do not hold, as `contract: sentence`."""
        return [
            f"{name}: {sentence}"
            for name, contract in self.contracts.items()
            for sentence, holds in contract.invariants.items()
            if not holds(View(self, state, block, name))
        ]


def _guard(contract: Contract) -> Handler:
    return present(contract.guard, f"{contract.name}, a guard of the chain, has a guard")


def _union(kinds: Iterable[type[Any]]) -> Any:
    """Gives the tagged union of record types."""
    return Union[tuple(kinds)]  # noqa: UP007
