"""Whether vehicles need a certificate, on which the vehicle and every member go."""

from __future__ import annotations

from ...client import Client
from ...onchain.contracts.credentials import CERTIFICATION
from ...onchain.refusals import present


class Certified:
    """Knows whether the chain takes a device for a vehicle only with a certificate: asked once, for genesis says it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._needed: bool | None = None

    async def is_needed(self) -> bool:
        if self._needed is None:
            shown = await self._client.prove(CERTIFICATION)
            self._needed = "vehicle" in present(shown.record, "who certifies stands from genesis on").certified
        return self._needed
