"""Composes chains, services and the node's address into one running network in a home folder."""

from .home import Home
from .network import CHAIN, Network, open_network
from .reading import find_consent, read_recording, verify_recording
from .replay import Replay, Replayed, Terms, exact_categories

__all__ = [
    "CHAIN",
    "Home",
    "Network",
    "Replay",
    "Replayed",
    "Terms",
    "exact_categories",
    "find_consent",
    "open_network",
    "read_recording",
    "verify_recording",
]
