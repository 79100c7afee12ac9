"""Composes chains, services and the node's address into one running network in a home folder."""

from ..node import NodeApp
from .checking import Check, check_contracts, check_home, replay_home
from .errors import HOME_IN_USE, NO_NETWORK
from .export import Exported, export_data
from .home import Home, default_home
from .http import HttpSettings, Served, open_http
from .network import CHAIN, Network, Opened, now_ms, open_network, reach_network
from .parties import make_personas
from .reading import (
    Paid,
    buy_product,
    covering_offers,
    explain,
    fetch_reading,
    find_consent,
    pay_product,
    read_recording,
    read_under_consent,
    verify_recording,
)
from .replay import Replay, Replayed, Terms, exact_categories
from .rights import ErasureReceipt, SharingList, erase, sharing_list
from .server import listen, serving
from .services import member_service
from .vaults import audit_vaults

__all__ = [
    "CHAIN",
    "HOME_IN_USE",
    "NO_NETWORK",
    "Check",
    "ErasureReceipt",
    "Exported",
    "Home",
    "HttpSettings",
    "Network",
    "NodeApp",
    "Opened",
    "Paid",
    "Replay",
    "Replayed",
    "Served",
    "SharingList",
    "Terms",
    "audit_vaults",
    "buy_product",
    "check_contracts",
    "check_home",
    "covering_offers",
    "default_home",
    "erase",
    "exact_categories",
    "explain",
    "export_data",
    "fetch_reading",
    "find_consent",
    "listen",
    "make_personas",
    "member_service",
    "now_ms",
    "open_http",
    "open_network",
    "pay_product",
    "reach_network",
    "read_recording",
    "read_under_consent",
    "replay_home",
    "serving",
    "sharing_list",
    "verify_recording",
]
