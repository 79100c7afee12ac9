"""Where a network keeps encrypted objects: the home's own folder, or the stores that are named instead."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..onchain.contracts.recording import ListRecordings
from ..onchain.refusals import Refusal
from ..vault import (
    Failed,
    FolderVault,
    Healed,
    Manifest,
    ReplicaReport,
    ReplicatedVault,
    Vault,
    Wanting,
    audit,
    open_vault,
)
from .home import Home

if TYPE_CHECKING:
    from .network import Network

_log = logging.getLogger(__name__)


def opened_vaults(home: Home) -> dict[str, Vault]:
    """Opens the stores of a home by address; each holds a replica of everything."""
    if not home.vaults:
        return {str(home.vault): FolderVault(home.vault)}
    return {address: open_vault(address) for address in home.vaults}


def one_vault(vaults: Mapping[str, Vault]) -> Vault:
    """Gives stores as one: what more than half of them have taken in is kept."""
    if len(vaults) == 1:
        return next(iter(vaults.values()))
    return ReplicatedVault(vaults, needed=len(vaults) // 2 + 1, report=_told)


def _told(event: Failed | Healed) -> None:
    """Says which store failed or was healed, where the operator looks."""
    if isinstance(event, Failed):
        _log.warning("vault %s: %s failed: %s", event.replica, event.doing, event.refusal)
    else:
        _log.warning("vault %s: %s was lost or changed, and is there again", event.replica, event.name.hex())


async def audit_vaults(network: Network, *, challenges: int) -> list[ReplicaReport]:
    """Challenges each store to show objects of the chain's recordings, drawn by chance.

    Manifests are read first, for they say which objects there are: what a store lacks of those counts, too.
    """
    now_ms = network.clock()
    kept = [record for _, record in await network.client.pages(ListRecordings()) if record.is_kept(now_ms)]
    manifests: list[Manifest] = []
    wanting: dict[str, list[Wanting]] = {address: [] for address in network.vaults}
    for record in kept:
        # From each store by itself: together they would heal each other, and nothing would be found missing.
        for address, vault in network.vaults.items():
            try:
                manifests.append(vault.get_manifest(record.manifest_root))
                break
            except Refusal as refusal:
                wanting[address].append(Wanting(record.manifest_root, refusal))
    reports = audit(network.vaults, manifests, challenges=challenges, chance=secrets.SystemRandom())
    for report in reports:
        noted = {each.name for each in (*report.missing, *report.corrupt, *report.unanswered)}
        for each in wanting[report.replica]:
            if each.name not in noted:
                report.challenged += 1
                report.note(each)
    return reports
