"""Reads golden vectors and runs them on a machine that stands in their first state."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fakes import MemoryStore, made

from autochain.onchain.codec import encode
from autochain.onchain.ledger import StateMachine, TransactionResult, header
from autochain.onchain.ledger.machine import Meta
from autochain.onchain.refusals import Refusal
from chains import CONTRACTS

FOLDER = Path(__file__).parent
Vector = dict[str, Any]


def load(name: str) -> Vector:
    found: Vector = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def machine_of(vector: Vector) -> StateMachine:
    """Gives a machine that stands in a vector's first state."""
    store = MemoryStore()
    pairs = {bytes.fromhex(key): bytes.fromhex(value) for key, value in vector["pre_state"].items()}
    height, time_ms, root = vector["height"], vector["time_ms"], bytes.fromhex(vector["root"])
    store.commit(pairs, height=height, meta=made(encode(Meta(height, time_ms, root))))
    return StateMachine(store, {made.name: made for made in CONTRACTS})


def run_block(machine: StateMachine, transactions: Sequence[bytes], *, height: int, time_ms: int) -> Vector:
    """Runs a block and says what came of it, as a vector does."""
    executed = machine.execute(transactions, height=height, time_ms=time_ms)
    root = machine.root()
    machine.commit()
    broken = machine.broken_invariants()
    if broken:
        raise ValueError(f"after height {height}: {broken}")
    return {
        "height": height,
        "time_ms": time_ms,
        "transactions": [
            {"messages": _messages(machine, data), "bytes": data.hex(), "result": _result(result)}
            for data, result in zip(transactions, executed.results, strict=True)
        ],
        "timer_events": executed.events.hex(),
        "results_hash": header.results_hash([result.deterministic() for result in executed.results]).hex(),
        "root": root.hex(),
    }


def _messages(machine: StateMachine, data: bytes) -> list[str]:
    """Names a transaction's messages, for those who read the file."""
    try:
        decoded = machine.dispatcher.transactions.decode(data)
    except Refusal:
        return []
    return [str(type(message).__struct_config__.tag) for message in decoded.messages]


def _result(result: TransactionResult) -> Vector:
    return {
        "code": result.code,
        "codespace": result.codespace,
        "weight": result.weight_used,
        "events": result.events.hex(),
        "data": result.data.hex(),
    }
