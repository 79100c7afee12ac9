"""The issuers of credentials of a home: who issues for others, where their files lie, and who signs their lists."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable

from ..onchain.ids import from_did
from ..onchain.refusals import Reason, Refusal
from ..services.issuer import Allotments, IssuerService, ListingService, StatusLists
from ..wallet import NO_WALLET, Wallet
from .network import Network

BAD_VC_API = Reason(
    "network",
    20,
    "The credentials' interface can't be opened like this.",
    "Leave AUTOCHAIN_VC_API out, or set it to `open` on a demonstration network at a loopback address.",
)
PAYER = "operation"
"""The party that pays the issuer's fees, where its keys lie in the home."""

FILE = "issued"

_log = logging.getLogger(__name__)


def is_open(setting: str, *, may_be: bool) -> bool:
    """Reads the setting AUTOCHAIN_VC_API."""
    if not setting:
        return False
    if setting != "open" or not may_be:
        raise BAD_VC_API(setting[:40])
    return True


def issuer_service(network: Network, party: str, *, is_open: bool) -> IssuerService | None:
    """Puts the issuer together; None where its keys do not lie here, or its files are damaged, and the network runs."""
    try:
        network.wallet(party)
        return issuer_of(
            network,
            party,
            wallet=lambda: network.wallet(party),
            payer=lambda: operation(network),
            is_open=is_open,
        )
    except Refusal as refusal:
        if refusal.reason != NO_WALLET:
            _log.warning("issuer %s: %s", party, refusal)
        return None


def issuer_of(
    network: Network,
    party: str,
    *,
    wallet: Callable[[], Wallet],
    payer: Callable[[], Wallet | None],
    is_open: bool = False,
) -> IssuerService:
    """Puts the issuer of a party together; all processes that issue for it share its file of what was issued."""
    return IssuerService(
        network.client,
        Allotments(network.home.parties / party / FILE),
        wallet=wallet,
        payer=payer,
        clock=network.clock,
        chance=secrets.token_bytes,
        is_open=is_open,
    )


def listing_service(network: Network) -> ListingService:
    """Signs the status lists of every party whose keys lie in the home."""
    names: dict[bytes, str] = {}

    def wallet(did: str) -> Wallet | None:
        account = from_did(did)
        if account not in names:
            names.update(network.names())
        return network.wallet(names[account]) if account in names else None

    return ListingService(StatusLists(network.client, clock=network.clock), wallet=wallet, clock=network.clock)


def operation(network: Network) -> Wallet | None:
    """Gives who pays for a party that has no ACC; None where its keys do not lie here, and the party pays itself."""
    try:
        return network.wallet(PAYER)
    except Refusal:
        return None
