"""HTTP for people and programs: reading, sending and watching the chains, from one definition of each contract."""

from importlib import import_module
from typing import TYPE_CHECKING

from .backend import (
    ROLES,
    AsgiApp,
    Backend,
    Chain,
    Erasure,
    Parties,
    Persona,
    Read,
    Road,
    Role,
)
from .limits import Rates

if TYPE_CHECKING:
    from .app import make_app
    from .stream import Stream

__all__ = [
    "ROLES",
    "AsgiApp",
    "Backend",
    "Chain",
    "Erasure",
    "Parties",
    "Persona",
    "Rates",
    "Read",
    "Road",
    "Role",
    "Stream",
    "make_app",
]

_LATER = {"make_app": ".app", "Stream": ".stream"}


def __getattr__(name: str) -> object:
    """Imports what serves when it is first used: the web framework takes long, and most commands serve nothing."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name], __name__), name)
