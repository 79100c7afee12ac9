"""Composes chains, services and the node's address into one running network in a home folder."""

from ..node import NodeApp
from .checking import Check, check_home, replay_home
from .errors import HOME_IN_USE, NO_NETWORK, PORT_TAKEN
from .home import Home, default_home
from .network import CHAIN, Network, Opened, now_ms, open_network, reach_network
from .reading import buy_product, covering_offers, explain, find_consent, read_recording, verify_recording
from .replay import Replay, Replayed, Terms, exact_categories
from .rights import ErasureReceipt, Exported, SharingList, erase, export_data, sharing_list
from .services import member_service
from .vaults import audit_vaults

__all__ = [
    "CHAIN",
    "HOME_IN_USE",
    "NO_NETWORK",
    "PORT_TAKEN",
    "Check",
    "ErasureReceipt",
    "Exported",
    "Home",
    "Network",
    "NodeApp",
    "Opened",
    "Replay",
    "Replayed",
    "SharingList",
    "Terms",
    "audit_vaults",
    "buy_product",
    "check_home",
    "covering_offers",
    "default_home",
    "erase",
    "exact_categories",
    "explain",
    "export_data",
    "find_consent",
    "member_service",
    "now_ms",
    "open_network",
    "reach_network",
    "read_recording",
    "replay_home",
    "sharing_list",
    "verify_recording",
]
