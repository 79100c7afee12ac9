"""What a contract's function is given: the block it runs in, its own state, and the way to other contracts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ..crypto import PublicKey, check_key
from ..ids import contract_account
from ..refusals import broken
from . import errors
from .messages import Event, Message, Query, Timer
from .state import Overlay, State
from .timers import schedule

if TYPE_CHECKING:
    from .dispatch import Dispatcher

R = TypeVar("R")
MAX_CALLS = 8
"""How deep contracts may call each other."""


class BlockInfo(NamedTuple):
    """The block in which something runs."""

    chain_id: str
    height: int
    time_ms: int
    """From the header; never the clock."""


def check_admitted(keys: Iterable[PublicKey], suites: Collection[int]) -> None:
    """Refuses keys of other suites than these, and those that are no keys."""
    for key in keys:
        if key.suite not in suites:
            raise errors.SUITE_NOT_ADMITTED(f"suite {key.suite}")
        check_key(key)


class View:
    """Lets a contract's function read."""

    __slots__ = ("_depth", "_dispatcher", "block", "contract", "state")

    def __init__(self, dispatcher: Dispatcher, state: State, block: BlockInfo, contract: str, depth: int = 0) -> None:
        if depth > MAX_CALLS:
            broken("contracts do not call each other without end")
        self._dispatcher = dispatcher
        self._depth = depth
        self.state: Any = state
        self.block = block
        self.contract = contract

    @property
    def account(self) -> bytes:
        """The account that this contract itself holds money in."""
        return contract_account(self.contract)

    def ask(self, used: str, query: Query[R]) -> R:
        """Asks another contract, named as in `uses`."""
        target = self._dispatcher.used(self.contract, used)
        view = View(self._dispatcher, self.state, self.block, target, self._depth + 1)
        answer: R = self._dispatcher.answer(view, query)
        return answer


class Context(View):
    """Lets a contract's function read, write, announce and call."""

    __slots__ = ("events", "payer", "sender")

    def __init__(
        self,
        dispatcher: Dispatcher,
        overlay: Overlay,
        block: BlockInfo,
        contract: str,
        *,
        sender: bytes,
        events: list[Event],
        payer: bytes | None = None,
        depth: int = 0,
    ) -> None:
        if depth > MAX_CALLS:
            broken("contracts do not call each other without end")
        self._dispatcher = dispatcher
        self._depth = depth
        self.state = overlay
        self.block = block
        self.contract = contract
        self.sender = sender
        """Who speaks: proved by the transaction, or the contract that calls as itself."""
        self.payer = payer
        """Who co-signed to pay the fee, seen by the message's own contract only."""
        self.events = events

    def check_keys(self, keys: Iterable[PublicKey]) -> None:
        """Refuses keys that may not become an account's here: of a suite that the chain does not admit, or unusable."""
        check_admitted(keys, self._dispatcher.spec.suites)

    def emit(self, event: Event) -> None:
        """Announces something that happened."""
        self.events.append(event)

    def call(self, used: str, message: Message, *, as_self: bool = False) -> None:
        """Asks another contract to do something, as the sender or as this contract itself; all its rules hold."""
        target = self._dispatcher.used(self.contract, used)
        self._dispatcher.run(self.into(target, self.account if as_self else self.sender), message)

    def into(self, contract: str, sender: bytes) -> Context:
        """Gives the context of a call into another contract."""
        return Context(
            self._dispatcher,
            self.state,
            self.block,
            contract,
            sender=sender,
            events=self.events,
            depth=self._depth + 1,
        )

    def schedule(self, due_ms: int, timer: Timer) -> None:
        """Has the contract's own timer run in the first block whose time is not before `due_ms`."""
        schedule(self.state, due_ms=due_ms, timer=timer, at_most=self._dispatcher.spec.limits.timers_waiting)
