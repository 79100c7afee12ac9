"""The vehicle's end of the release: it hands shares of a recording's keys over before the recording is committed."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from ...client import Client
from ...edge.obu import PartKey
from ...onchain.contracts.credentials import ATTESTATIONS, LIVE
from ...onchain.contracts.identity import IDENTITIES
from ...onchain.ledger import Signature
from ...vault import KeyContext, wrap
from ...wallet import Wallet
from .certified import Certified
from .committee import Committee, Member, ask_all, split_key, told
from .errors import NOT_ALL_TOOK
from .records import Deposit, SealedShare, signed_bytes


class Depositor:
    """Implements the unit's `KeyHolder` with the release committee: every member gets its share."""

    def __init__(self, client: Client, vehicle: Wallet, committee: Committee) -> None:
        self._client = client
        self._vehicle = vehicle
        self._committee = committee
        self._certified = Certified(client)

    async def keep(self, recording: bytes, fingerprint: bytes, keys: Sequence[PartKey]) -> None:
        shares = [
            split_key(self._committee, key.key, self._context(recording, key, self._vehicle.account)) for key in keys
        ]
        shown = await self._client.prove(IDENTITIES, self._vehicle.account)
        identity = shown.proved
        if shown.record is not None:
            self._vehicle = await self._client.speaking(self._vehicle, shown.record.keys)
        attestation = (await self._client.prove(ATTESTATIONS, self._vehicle.account, "vehicle")).proved
        needed = await self._certified.is_needed()
        certificate = (await self._client.prove(LIVE, self._vehicle.account)).proved if needed else None

        async def hand_over(member: Member) -> None:
            place = self._committee.members.index(member)
            sealed = tuple(
                SealedShare(
                    key.category,
                    key.precision,
                    wrap(of_key[place], member.public, self._context(recording, key, member.account)),
                )
                for key, of_key in zip(keys, shares, strict=True)
            )
            chain_id = self._client.trust.chain_id
            deposit = Deposit(chain_id, self._vehicle.account, fingerprint, sealed, identity, attestation, certificate)
            signature = Signature(0, self._vehicle.sign(signed_bytes(deposit)), self._vehicle.key.suite)
            await member.release.deposit(replace(deposit, signatures=(signature,)))

        _, failed = await ask_all(self._committee, hand_over)
        if failed:
            # A share that one member lacks would be missed when another is lost.
            raise next(iter(failed.values())) if len(self._committee.members) == 1 else NOT_ALL_TOOK(told(failed))

    def _context(self, recording: bytes, key: PartKey, holder: bytes) -> KeyContext:
        return KeyContext(self._client.trust.chain_id, recording, key.category, key.precision, holder)
