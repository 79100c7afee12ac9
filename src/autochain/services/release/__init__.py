"""The release committee: its members hold shares of the keys of parts, and give them to whom the chain says."""

from .committee import Committee, Damaged, Member, Release, ask_all, told
from .errors import LAPSED
from .log import Entry, Log
from .obu import Depositor
from .reader import Reading, buy, fetch
from .records import Forget
from .routes import HttpRelease, routes
from .service import ReleaseService

__all__ = [
    "LAPSED",
    "Committee",
    "Damaged",
    "Depositor",
    "Entry",
    "Forget",
    "HttpRelease",
    "Log",
    "Member",
    "Reading",
    "Release",
    "ReleaseService",
    "ask_all",
    "buy",
    "fetch",
    "routes",
    "told",
]
