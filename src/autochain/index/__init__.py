"""The read model of the chains: SQL tables that follow them, may be lost at any time, and are built again from them."""

from .database import Database
from .errors import AWAY, BAD_URL, FOREIGN_DATABASE, NO_DRIVER
from .follower import Follower
from .index import Index
from .rows import (
    AccountRow,
    BlockRow,
    ConsentRow,
    EventRow,
    Figures,
    FlowRow,
    Found,
    ReceiptRow,
    RecordingRow,
    TransactionRow,
    VehicleFigures,
)
from .tables import EVENTS_PER_BLOCK

__all__ = [
    "AWAY",
    "BAD_URL",
    "EVENTS_PER_BLOCK",
    "FOREIGN_DATABASE",
    "NO_DRIVER",
    "AccountRow",
    "BlockRow",
    "ConsentRow",
    "Database",
    "EventRow",
    "Figures",
    "FlowRow",
    "Follower",
    "Found",
    "Index",
    "ReceiptRow",
    "RecordingRow",
    "TransactionRow",
    "VehicleFigures",
]
