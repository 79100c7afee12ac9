"""A vehicle's unit: takes drives in, seals them, commits them, and claims their reward."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from ...client import Client
from ...onchain.contracts.mining import Claim, GetReward, Rewarded
from ...onchain.contracts.recording import (
    BEFORE_HAND_OVER,
    HOUR_MS,
    Category,
    Commit,
    GetRecording,
    Part,
    Precision,
    recording_id,
)
from ...onchain.ledger import interfaces
from ...onchain.refusals import Reason, Refusal
from ...signals import Drive, fingerprint_bytes, split
from ...vault import Cipher, KeyContext, KeyFolder, Manifest, SealedPart, Vault, seal_part, unwrap, wrap
from ...wallet import Wallet
from .outbox import Outbox, OwnKey, Pending

KEEP_MS = 3 * 365 * 24 * HOUR_MS
"""How long a recording is kept unless its owner wants otherwise: three years."""


OTHER_OWNER = Reason(
    "obu",
    1,
    "The vehicle was handed over to another owner.",
    "Put its unit together for the present owner; what it recorded before and never committed stays in the unit.",
)


class PartKey(NamedTuple):
    """The key of one part, before it is sealed to those who hold it."""

    category: Category
    precision: Precision
    key: bytes


class KeyHolder(Protocol):
    """Somebody who keeps the keys of a vehicle's recordings, each sealed to itself."""

    async def keep(self, recording: bytes, fingerprint: bytes, keys: Sequence[PartKey]) -> None:
        """Takes a recording's keys in durably; they leave the vehicle sealed."""
        ...


class OwnerKeys:
    """Implements `KeyHolder` for the vehicle's owner: keys sealed to the owner, in the owner's folder."""

    def __init__(self, folder: KeyFolder, *, chain_id: str, account: bytes, public: bytes) -> None:
        self._folder = folder
        self._chain_id = chain_id
        self._account = account
        self._public = public

    async def keep(self, recording: bytes, fingerprint: bytes, keys: Sequence[PartKey]) -> None:
        contexts = [KeyContext(self._chain_id, recording, key.category, key.precision, self._account) for key in keys]
        self._folder.put_all(
            {context: wrap(key.key, self._public, context) for key, context in zip(keys, contexts, strict=True)}
        )


class Recorded(NamedTuple):
    """A recording that stands on the chain."""

    recording: bytes
    manifest_root: bytes
    height: int
    reward_uacc: int
    known: bool
    """It stood there already; nothing was committed now."""


def recognise(secret: bytes, drive: Drive) -> bytes:
    """Gives the HMAC under an owner's secret by which the same readings are recognised again."""
    return hmac.digest(secret, fingerprint_bytes(drive), hashlib.sha256)


async def recorded_before(client: Client, name: bytes) -> Recorded | None:
    """Gives a recording that stands on the chain already, with what it earned."""
    record = await client.ask(GetRecording(name))
    if record is None:
        return None
    reward = await client.ask(GetReward(name))
    return Recorded(name, record.manifest_root, record.height, reward.reward_uacc if reward else 0, known=True)


class Unit:
    """The on-board unit of one vehicle.

    `owner` is the account for which it was put together; `recognition` is the owner's secret for HMACs over readings;
    `holders` keep the keys, in this order; `clock` gives milliseconds since 1970; after `keep_ms` a recording is erased
    by itself.
    """

    def __init__(
        self,
        wallet: Wallet,
        client: Client,
        vault: Vault,
        *,
        owner: bytes,
        recognition: bytes,
        holders: Sequence[KeyHolder],
        outbox: Outbox,
        clock: Callable[[], int],
        keep_ms: int = KEEP_MS,
        cipher: Cipher = "AES-256-GCM",
    ) -> None:
        self._wallet = wallet
        self._client = client
        self._vault = vault
        self._owner = owner
        self._recognition = recognition
        self._holders = holders
        self._outbox = outbox
        self._clock = clock
        self._keep_ms = keep_ms
        self._cipher = cipher

    @property
    def account(self) -> bytes:
        return self._wallet.account

    async def record(self, drive: Drive) -> Recorded:
        """Seals a drive, hands its keys over, and commits it, unless the chain has it already."""
        fingerprint = recognise(self._recognition, drive)
        name = recording_id(self.account, fingerprint)
        known = await recorded_before(self._client, name)
        if known is not None:
            return known
        pending = self._outbox.take(name)
        if pending is None:
            # In a thread, for a vault may be far away.
            pending = self._outbox.put(name, await asyncio.to_thread(self._seal, drive, name, fingerprint))
        try:
            return await self._deliver(name, pending)
        except Refusal:
            # Another process of the same vehicle may have been faster with the same drive.
            known = await recorded_before(self._client, name)
            if known is None:
                raise
            self._outbox.drop(name)
            return known

    async def flush(self) -> list[Recorded]:
        """Commits what was sealed before a stop but had not reached the chain; what it refuses waits on."""
        done: list[Recorded] = []
        for name in self._outbox.waiting():
            pending = self._outbox.take(name)
            if pending is not None and await self._client.ask(GetRecording(name)) is None:
                try:
                    done.append(await self._deliver(name, pending))
                except Refusal as refusal:
                    if refusal.codespace != "recording" and refusal.reason != OTHER_OWNER:
                        raise
                    # A drive in the future, by a clock that was wrong, or of a former owner, must not hold up others.
                    continue
            self._outbox.drop(name)
        return done

    def _seal(self, drive: Drive, name: bytes, fingerprint: bytes) -> Pending:
        """Encrypts a drive's parts into the vault; their keys stay with the vehicle, sealed to itself."""
        sealed: list[SealedPart] = []
        keys: list[OwnKey] = []
        chunks: list[bytes] = []
        for (kind, closeness), plain in sorted(split(drive).items()):
            category: Category = kind.value
            precision: Precision = closeness.value
            part, key, ciphertexts = seal_part(
                plain, recording=name, category=category, precision=precision, cipher=self._cipher
            )
            chunks += ciphertexts
            own = wrap(key, self._wallet.encryption_key, self._own(name, category, precision))
            sealed.append(part)
            keys.append(OwnKey(category, precision, own))
        self._vault.put_all(chunks)
        root = self._vault.put_manifest(Manifest(name, tuple(sealed)))
        start_ms, end_ms = drive.times_ms[0], drive.times_ms[-1]
        commit = Commit(
            fingerprint=fingerprint,
            manifest_root=root,
            parts=tuple(Part(part.category, part.precision, part.size_bytes) for part in sealed),
            points=drive.points,
            start_ms=start_ms - start_ms % HOUR_MS,
            end_ms=end_ms - end_ms % HOUR_MS + HOUR_MS,
            keep_until_ms=self._clock() + self._keep_ms,
        )
        return Pending(self._owner, commit, tuple(keys))

    def _own(self, name: bytes, category: Category, precision: Precision) -> KeyContext:
        return KeyContext(self._client.trust.chain_id, name, category, precision, self.account)

    async def _deliver(self, name: bytes, pending: Pending) -> Recorded:
        """Hands the keys to their holders, then commits; in this order, so that nothing committed is unreadable."""
        account = await self._client.ask(interfaces.AccountOf(self.account))
        if pending.owner != self._owner or (account is not None and account.owner != self._owner):
            # Committed now it would be the next owner's, and its keys the former one's.
            raise OTHER_OWNER()
        if account is not None and pending.commit.start_ms + HOUR_MS <= account.owned_ms:
            # The chain would say so too, but after the present owner had the keys of a drive of the former one's time.
            raise BEFORE_HAND_OVER()
        keys = [
            PartKey(
                key.category,
                key.precision,
                unwrap(self._wallet, key.sealed, self._own(name, key.category, key.precision)),
            )
            for key in pending.keys
        ]
        for holder in self._holders:
            await holder.keep(name, pending.commit.fingerprint, keys)
        return await self._commit(pending.commit)

    async def _commit(self, commit: Commit) -> Recorded:
        name = recording_id(self.account, commit.fingerprint)
        try:
            sent = await self._client.send(self._wallet, commit, Claim(name))
            reward_uacc = sent.event(Rewarded).reward_uacc
        except Refusal as refusal:
            if refusal.codespace != "mining":
                raise
            # A vehicle that has reached its cap still records; it only earns nothing.
            sent = await self._client.send(self._wallet, commit)
            reward_uacc = 0
        self._outbox.drop(name)
        return Recorded(name, commit.manifest_root, sent.submitted.height, reward_uacc, known=False)
