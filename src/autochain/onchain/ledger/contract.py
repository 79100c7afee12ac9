"""What a contract is to the ledger: a name, the records it deals in and the functions that do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .messages import Event, Message, Query, Timer
from .state import Table

Handler = Callable[[Any, Any], None]
"""context, message -> nothing; raises a Refusal, or writes and announces"""
Answer = Callable[[Any, Any], Any]
"""view, query -> what was asked"""


@dataclass(frozen=True)
class Contract:
    """One contract: which messages, queries, timers and events it has, and what stands behind each."""

    name: str
    version: int
    uses: tuple[str, ...] = ()
    """Interfaces and contracts that it calls or asks."""
    provides: tuple[str, ...] = ()
    """Interfaces that a chain file may bind to it."""
    messages: Mapping[type[Message], Handler] = field(default_factory=dict)
    """What anybody may ask in a transaction."""
    internal: Mapping[type[Message], Handler] = field(default_factory=dict)
    """What only contracts and the ledger may ask."""
    queries: Mapping[type[Query[Any]], Answer] = field(default_factory=dict)
    timers: Mapping[type[Timer], Handler] = field(default_factory=dict)
    events: tuple[type[Event], ...] = ()
    tables: tuple[Table[Any], ...] = ()
    genesis: Callable[[Any, Any], None] | None = None
    """context, parameters -> nothing; writes the contract's first state"""
    parameters: type[Any] | None = None
    """The record of its genesis parameters, as the chain file gives them."""
    invariants: Mapping[str, Callable[[Any], bool]] = field(default_factory=dict)
    """Sentences that hold after every block, each with its check on a view."""
    guard: Callable[[Any, Message], None] | None = None
    """context, message -> nothing; refuses any contract's message, where the chain file makes it a guard"""
