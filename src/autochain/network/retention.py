"""Retention: what lies in this home of recordings that have ended is destroyed, whoever or whatever ended them."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from ..onchain.contracts.recording import RECORDINGS, ListRecordings, Recording
from ..onchain.refusals import Refusal
from ..vault import CORRUPT, MISSING

if TYPE_CHECKING:
    from .network import Network

_log = logging.getLogger(__name__)
SWEEP_S = 60.0
"""How often it looks for recordings that have ended."""
SWEPT_PAGES = 5
"""At how many pages of recordings it looks each time."""


def destroy_here(network: Network, name: bytes, record: Recording, *, owner: str | None) -> None:
    """Destroys the keys of a recording that its owner has here, and its objects; done again it does no harm."""
    if owner is not None:
        network.keys(owner).destroy(name)
        network.keys(owner).drop(name)
    try:
        manifest = network.vault.get_manifest(record.manifest_root)
    except Refusal as refusal:
        if refusal.reason == CORRUPT:
            # Without their keys the objects stay closed; nobody can say any more which they are.
            _log.warning("recording %s: its manifest is damaged, so its objects stay, closed", name.hex())
            network.vault.remove_manifest(record.manifest_root)
        elif refusal.reason != MISSING:
            raise
        return
    network.vault.remove_all([chunk for part in manifest.parts for chunk in part.chunks])
    network.vault.remove_manifest(record.manifest_root)


class Retention:
    """Destroys what lies in a home of recordings that have ended: their owners' keys and their objects.

    The members of the committee do the same with their shares.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._swept: bytes | None = None
        """The last recording that was looked at; None at the beginning."""
        self._destroyed: set[bytes] = set()
        """Recordings of which nothing is left here."""

    async def run(self) -> None:
        """Sweeps now and then, until cancelled."""
        while True:
            try:
                await self.sweep()
            except (OSError, Refusal) as error:
                _log.warning("What has ended was not all destroyed here: %s", error)
            await asyncio.sleep(SWEEP_S)

    async def sweep(self) -> None:
        """Looks at some recordings, going on where it stopped; one that can't be destroyed holds up no other."""
        for _ in range(SWEPT_PAGES):
            page = await self._network.client.ask(ListRecordings(after=self._swept))
            now_ms = self._network.clock()
            for name, record in page:
                if name not in self._destroyed and not record.is_kept(now_ms):
                    await self._destroy(name)
            self._swept = page[-1][0] if page else None
            if not page:
                return

    async def _destroy(self, name: bytes) -> None:
        # Proved, and by the chain's time: what is destroyed does not come back.
        shown = await self._network.client.prove(RECORDINGS, name)
        record: Recording | None = shown.record
        if record is None or record.is_kept(shown.header.time_ms):
            return
        owner = self._network.names().get(record.owner)
        try:
            # In a thread, for a vault may be far away.
            await asyncio.to_thread(destroy_here, self._network, name, record, owner=owner)
        except (OSError, Refusal) as error:
            _log.warning("recording %s: not all of it is destroyed here: %s", name.hex(), error)
        else:
            self._destroyed.add(name)
