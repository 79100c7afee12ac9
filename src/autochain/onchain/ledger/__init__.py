"""The ledger: transactions, headers, the state tree, dispatch to contracts; it names no contract."""

from . import errors, header, ics23, interfaces, protobuf
from .application import (
    ANSWER,
    SEQUENCE_WINDOW,
    Answer,
    Application,
    Checked,
    Executed,
    Info,
    Proposal,
    Screening,
    Snapshot,
    Store,
    TransactionResult,
)
from .context import BlockInfo, Context, View
from .contract import Contract
from .dispatch import Dispatcher
from .genesis import GENESIS, SPEC, SPEC_KEY, ChainSpec, Genesis, Limits
from .machine import StateMachine
from .messages import Event, Introduction, Message, Query, Timer
from .node import BLOCK_ANSWER, REFUSED, STATUS, SUBMITTED, BlockAnswer, Node, Refused, Status, Submitted
from .state import HASH, ID, NUMBER, TEXT, Committed, Overlay, Table
from .transaction import KeysProof, Signature, Transaction, sign_bytes, transaction_hash
from .tree import Tree

__all__ = [
    "ANSWER",
    "BLOCK_ANSWER",
    "GENESIS",
    "HASH",
    "ID",
    "NUMBER",
    "REFUSED",
    "SEQUENCE_WINDOW",
    "SPEC",
    "SPEC_KEY",
    "STATUS",
    "SUBMITTED",
    "TEXT",
    "Answer",
    "Application",
    "BlockAnswer",
    "BlockInfo",
    "ChainSpec",
    "Checked",
    "Committed",
    "Context",
    "Contract",
    "Dispatcher",
    "Event",
    "Executed",
    "Genesis",
    "Info",
    "Introduction",
    "KeysProof",
    "Limits",
    "Message",
    "Node",
    "Overlay",
    "Proposal",
    "Query",
    "Refused",
    "Screening",
    "Signature",
    "Snapshot",
    "StateMachine",
    "Status",
    "Store",
    "Submitted",
    "Table",
    "Timer",
    "Transaction",
    "TransactionResult",
    "Tree",
    "View",
    "errors",
    "header",
    "ics23",
    "interfaces",
    "protobuf",
    "sign_bytes",
    "transaction_hash",
]
