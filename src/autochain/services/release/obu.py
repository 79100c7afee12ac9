"""The vehicle's end of the release: it hands a recording's keys over before the recording is committed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec.structs import replace

from ...client import Client
from ...edge.obu import PartKey
from ...onchain.contracts.identity import IDENTITIES
from ...onchain.ledger import Signature
from ...vault import KeyContext, wrap
from ...wallet import Wallet
from .records import Deposit, Opened, OpenRequest, SealedKey, signed_bytes


class Release(Protocol):
    """A release service as others see it, in this process or another."""

    async def deposit(self, deposit: Deposit) -> None: ...

    async def open(self, request: OpenRequest) -> Opened: ...


class Depositor:
    """Implements the unit's `KeyHolder` with a release service."""

    def __init__(self, client: Client, vehicle: Wallet, release: Release, *, account: bytes, public: bytes) -> None:
        self._client = client
        self._vehicle = vehicle
        self._release = release
        self._account = account
        self._public = public

    async def keep(self, recording: bytes, fingerprint: bytes, keys: Sequence[PartKey]) -> None:
        chain_id = self._client.trust.chain_id
        sealed = tuple(
            SealedKey(
                key.category,
                key.precision,
                wrap(
                    key.key, self._public, KeyContext(chain_id, recording, key.category, key.precision, self._account)
                ),
            )
            for key in keys
        )
        shown = await self._client.prove(IDENTITIES, self._vehicle.account)
        deposit = Deposit(chain_id, self._vehicle.account, fingerprint, sealed, shown.proved)
        signature = Signature(0, self._vehicle.sign(signed_bytes(deposit)))
        await self._release.deposit(replace(deposit, signatures=(signature,)))
