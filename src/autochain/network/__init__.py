"""Composes chains, services and the node's address into one running network in a home folder."""

from .checking import Check, check_home, replay_home
from .errors import HOME_IN_USE, NO_NETWORK, PORT_TAKEN
from .home import Home, default_home
from .network import CHAIN, Network, Opened, open_network
from .reading import find_consent, read_recording, verify_recording
from .replay import Replay, Replayed, Terms, exact_categories

__all__ = [
    "CHAIN",
    "HOME_IN_USE",
    "NO_NETWORK",
    "PORT_TAKEN",
    "Check",
    "Home",
    "Network",
    "Opened",
    "Replay",
    "Replayed",
    "Terms",
    "check_home",
    "default_home",
    "exact_categories",
    "find_consent",
    "open_network",
    "read_recording",
    "replay_home",
    "verify_recording",
]
