"""Composes chains, services and the node's address into one running network in a home folder."""

from ..node import NodeApp
from .checking import Check, check_contracts, check_home, replay_home
from .errors import HOME_IN_USE, NO_NETWORK
from .export import Exported, export_data
from .home import Home, default_home
from .http import HttpSettings, Served, open_http
from .network import CHAIN, Network, Opened, now_ms, open_network, reach_network
from .parties import acting, make_personas
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
from .renewing import (
    NO_GUARDIANS,
    Changed,
    catch_up,
    change_keys,
    end_account,
    ensure_admitted,
    name_guardians,
    prepare_recovery,
    settle,
    take_over,
)
from .replay import Replay, Replayed, Terms, exact_categories
from .rights import ErasureReceipt, SharingList, erase, sharing_list
from .server import listen, serving
from .services import member_service
from .vaults import audit_vaults

__all__ = [
    "CHAIN",
    "HOME_IN_USE",
    "NO_GUARDIANS",
    "NO_NETWORK",
    "Changed",
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
    "acting",
    "audit_vaults",
    "buy_product",
    "catch_up",
    "change_keys",
    "check_contracts",
    "check_home",
    "covering_offers",
    "default_home",
    "end_account",
    "ensure_admitted",
    "erase",
    "exact_categories",
    "explain",
    "export_data",
    "fetch_reading",
    "find_consent",
    "listen",
    "make_personas",
    "member_service",
    "name_guardians",
    "now_ms",
    "open_http",
    "open_network",
    "pay_product",
    "prepare_recovery",
    "reach_network",
    "read_recording",
    "read_under_consent",
    "replay_home",
    "serving",
    "settle",
    "sharing_list",
    "take_over",
    "verify_recording",
]
