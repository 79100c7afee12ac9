"""One member of the release committee: no receipt, no share.

It believes the chain's validators and nobody else: every request carries its proofs, against a header that is fresh.
What it gives, it first writes into its log and states on the chain.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from ...client import Client
from ...onchain.contracts.consent import CONSENTS, Request, decide
from ...onchain.contracts.credentials import ATTESTATIONS, LIVE
from ...onchain.contracts.identity import IDENTITIES, Identity
from ...onchain.contracts.market import RECEIPTS, Deliver, Receipt
from ...onchain.contracts.recording import (
    MAX_DESTROYED,
    RECORDINGS,
    STATEMENTS,
    Category,
    Destroyed,
    Recording,
    recording_id,
)
from ...onchain.contracts.release import Anchor
from ...onchain.crypto import sha256
from ...onchain.ledger import Message, Table
from ...onchain.ledger.header import Header
from ...onchain.ledger.light import Proved, check_fresh
from ...onchain.refusals import Reason, Refusal
from ...vault import KeyBackup, KeyContext, KeyFolder, unwrap, wrap
from ...wallet import Wallet
from ..proving import MAX_AGE_MS, MAX_SKEW_MS, fresh_record, is_fresh, is_signed
from . import errors
from .certified import Certified
from .log import Log
from .records import Deposit, Forget, Opened, OpenRequest, SealedShare, signed_bytes

V = TypeVar("V")
SWEEP_S = 60.0
"""How often it looks for recordings that have ended."""
SWEPT_AT_ONCE = 500
"""At how many it looks each time; each wants a proof. What an owner erases is pointed out and does not wait for it."""
COMMITTED_WITHIN_MS = 24 * 3_600_000
"""Shares of a recording that the chain does not know by then are let go."""
DAY_MS = 24 * 3_600_000
RECORDINGS_PER_DAY = 2_000
"""Of one vehicle: more than any drives in a day, and years of drives can be replayed in some days."""
_logger = logging.getLogger(__name__)


class ReleaseService:
    """Keeps shares of keys and decides, on proofs alone, to whom they are given.

    `client` speaks to the chain through any node; `payer` pays the fees, or the member itself; `backup` is where its
    shares are backed up; `clock` gives milliseconds since 1970.
    """

    def __init__(
        self,
        wallet: Wallet,
        keys: KeyFolder,
        log: Log,
        client: Client,
        *,
        clock: Callable[[], int],
        payer: Wallet | None = None,
        backup: KeyBackup | None = None,
    ) -> None:
        self._wallet = wallet
        self._keys = keys
        self._log = log
        self._client = client
        self._trust = client.trust
        self._certified = Certified(client)
        self._clock = clock
        self._payer = payer
        self._backup = backup
        self._swept = b""
        """The last recording that a sweep looked at."""
        self._stating = asyncio.Lock()
        """One release at a time, so that anchors go to the chain in the order of the log."""
        self._given: dict[bytes, int] = {}
        """Digests and times of the requests on which shares were given, and which would still pass as fresh."""
        self._day = 0
        self._deposited: Counter[bytes] = Counter()
        """How many recordings each vehicle has handed over on that day, counted from 1970."""

    async def deposit(self, deposit: Deposit) -> None:
        """Takes in this member's shares of a recording's keys from its vehicle, once."""
        identity, _ = self._fresh(IDENTITIES, deposit.identity, deposit.vehicle, absent=errors.NOT_THE_VEHICLE)
        if deposit.chain_id != self._trust.chain_id:
            raise errors.WRONG_RECORDING("for another chain")
        now_ms = self._clock()
        if not identity.active or not is_signed(identity, signed_bytes(deposit), deposit.signatures, now_ms=now_ms):
            raise errors.NOT_THE_VEHICLE()
        self._check_role(deposit, is_certified=await self._certified.is_needed())
        recording = recording_id(deposit.vehicle, deposit.fingerprint)
        contexts = [self._context(recording, share) for share in deposit.shares]
        for share, context in zip(deposit.shares, contexts, strict=True):
            opened = unwrap(self._wallet, share.sealed, context)
            # A vehicle whose connection broke sends the same shares again, sealed anew.
            if self._keys.holds(context) and unwrap(self._wallet, self._keys.get(context), context) != opened:
                raise errors.ALREADY_DEPOSITED()
        new, today = not self._keys.since_ms(recording), self._today()
        if new and today[deposit.vehicle] >= RECORDINGS_PER_DAY:
            raise errors.TOO_MANY(f"{RECORDINGS_PER_DAY}")
        self._keys.put_all({context: share.sealed for share, context in zip(deposit.shares, contexts, strict=True)})
        today[deposit.vehicle] += new

    def _check_role(self, deposit: Deposit, *, is_certified: bool) -> None:
        """Refuses whom the chain does not take for a vehicle now."""
        attestation, header = self._fresh(
            ATTESTATIONS, deposit.attestation, deposit.vehicle, "vehicle", absent=errors.NOT_ATTESTED
        )
        at_ms = max(self._clock(), header.time_ms)
        if not attestation.lasts(at_ms):
            raise errors.NOT_ATTESTED("it is over")
        if not is_certified:
            return
        if deposit.certificate is None:
            raise errors.NOT_CERTIFIED()
        live, _ = self._fresh(LIVE, deposit.certificate, deposit.vehicle, absent=errors.NOT_CERTIFIED)
        if at_ms >= live.not_after_ms:
            raise errors.NOT_CERTIFIED("it is over")

    def _today(self) -> Counter[bytes]:
        """Gives how many recordings each vehicle has handed over today."""
        # A clock that was set back begins no day anew.
        if (day := self._clock() // DAY_MS) > self._day:
            self._day = day
            self._deposited.clear()
        return self._deposited

    async def open(self, request: OpenRequest) -> Opened:
        """Gives the shares for a receipt, sealed to its reader, if the proofs show that they may be given.

        A request that comes again, from its sender or from somebody who overheard it, is one release.
        """
        async with self._stating:
            # Judged when it is its turn: what it waited for may have taken long, or have destroyed the shares.
            receipt = self._judged(request)
            shares = tuple(self._share(request.receipt, receipt, category) for category in receipt.categories)
            digest = sha256(signed_bytes(request))
            if digest not in self._given:
                await self._release(request.receipt, receipt)
                oldest_ms = self._clock() - MAX_AGE_MS
                self._given = {each: time_ms for each, time_ms in self._given.items() if time_ms >= oldest_ms}
                self._given[digest] = request.time_ms
            return Opened(shares)

    async def _release(self, name: bytes, receipt: Receipt) -> None:
        """Logs a release and states it on the chain, before its shares go out."""
        self._log.append(receipt=name, reader=receipt.reader, recording=receipt.recording, time_ms=self._clock())
        if self._wallet.account not in receipt.given_by:
            await self._send(Deliver((name,)), Anchor(self._log.head, self._log.length))

    def _judged(self, request: OpenRequest) -> Receipt:
        """Gives the receipt on which shares may be given; refuses with the reason why not."""
        now_ms = self._clock()
        if not is_fresh(request.time_ms, now_ms=now_ms):
            raise errors.STALE_REQUEST()
        receipt, header = self._fresh(RECEIPTS, request.receipt_proof, request.receipt, absent=errors.NO_RECEIPT)
        if receipt.status == "refunded" or max(now_ms, header.time_ms) >= receipt.lapses_ms:
            raise errors.LAPSED()
        reader, _ = self._fresh(IDENTITIES, request.identity_proof, receipt.reader, absent=errors.READER_REVOKED)
        if not reader.active:
            raise errors.READER_REVOKED()
        if not is_signed(reader, signed_bytes(request), request.signatures, now_ms=now_ms):
            raise errors.NOT_THE_READER()
        recording, _ = self._fresh(RECORDINGS, request.recording_proof, receipt.recording, absent=errors.NO_RECORDING)
        owner, _ = self._fresh(IDENTITIES, request.owner_proof, receipt.owner, absent=errors.NO_RECORDING)
        consent, proved_at = self._fresh(CONSENTS, request.consent_proof, receipt.consent, absent=errors.NO_CONSENT)
        at_ms = max(now_ms, proved_at.time_ms)
        refusal = decide(consent, _asked(receipt, recording, owner, now_ms=at_ms), now_ms=at_ms)
        if refusal is not None:
            raise refusal
        return receipt

    def _share(self, name: bytes, receipt: Receipt, category: Category) -> SealedShare:
        held = KeyContext(self._trust.chain_id, receipt.recording, category, receipt.precision, self._wallet.account)
        share = unwrap(self._wallet, self._keys.get(held), held)
        given = KeyContext(held.chain_id, held.recording, held.category, held.precision, receipt.reader, name)
        return SealedShare(held.category, held.precision, wrap(share, receipt.reader_key, given))

    async def forget(self, request: Forget) -> None:
        """Destroys the shares of recordings that have ended on the chain, and states so."""
        failed = await self._forget(request.recordings)
        if failed:
            raise failed[0]

    async def run(self) -> None:
        """Sweeps now and then, until cancelled."""
        while True:
            try:
                await self.sweep()
            except (OSError, Refusal) as error:
                # Where the chain has no room, or nobody money for the fee, it is done at the next turn.
                _logger.warning("What has ended was not all destroyed and stated: %s", error)
            await asyncio.sleep(SWEEP_S)

    async def sweep(self) -> None:
        """Destroys the shares of recordings that have ended or were never committed, and backs the others up.

        Of many recordings it looks at some each time, going on where it stopped.
        """
        held = self._keys.recordings()
        later = [name for name in held if name > self._swept]
        due = (later + held)[: min(SWEPT_AT_ONCE, len(held))]
        failed: list[OSError | Refusal] = []
        for at in range(0, len(due), MAX_DESTROYED):
            batch = due[at : at + MAX_DESTROYED]
            # First of all, for where these can't be stated the next sweep begins with others.
            self._swept = batch[-1]
            failed += await self._forget(batch)
            await asyncio.sleep(0)  # Who asks for shares has a turn.
        if self._backup is not None:
            # Here and not in a thread: what is destroyed meanwhile would come into the backup again.
            failed += self._back_up(self._backup, due)
        if failed:
            _logger.warning("The disk has refused %d times in a sweep, the first time: %s", len(failed), failed[0])

    def _back_up(self, backup: KeyBackup, recordings: Sequence[bytes]) -> list[OSError | Refusal]:
        """Backs recordings up; gives why some are not, which hold up no others."""
        failed: list[OSError | Refusal] = []
        for name in recordings:
            try:
                backup.back_up(self._keys, [name])
            except (OSError, Refusal) as error:
                failed.append(error)
        return failed

    async def _forget(self, recordings: Sequence[bytes]) -> list[Refusal]:
        """Destroys what has ended and states it; gives why the disk keeps some, which hold up no others."""
        failed: list[Refusal] = []
        destroyed: list[bytes] = []
        unstated: list[bytes] = []
        for name in recordings:
            shown = await self._client.prove(RECORDINGS, name)
            check_fresh(shown.header, now_ms=self._clock(), max_age_ms=MAX_AGE_MS, max_skew_ms=MAX_SKEW_MS)
            if shown.record is None:
                ended = self._clock() - self._keys.since_ms(name) > COMMITTED_WITHIN_MS
            else:
                ended = not shown.record.is_kept(shown.header.time_ms)
            if not ended:
                continue
            try:
                self._destroy(name)
            except Refusal as refusal:
                failed.append(refusal)
                continue
            destroyed.append(name)
            if shown.record is None:
                continue
            if (await self._client.prove(STATEMENTS, name, self._wallet.account)).record is None:
                unstated.append(name)
        if unstated:
            await self._send(Destroyed(tuple(unstated)))
        # A statement that did not reach the chain is made at the next sweep.
        for name in destroyed:
            self._keys.drop(name)
        return failed

    def _destroy(self, recording: bytes) -> None:
        self._keys.destroy(recording)
        if self._backup is not None:
            self._backup.destroy(recording)

    async def _send(self, *messages: Message) -> None:
        await self._client.send(self._wallet, *messages, payer=self._payer)

    def _context(self, recording: bytes, share: SealedShare) -> KeyContext:
        return KeyContext(self._trust.chain_id, recording, share.category, share.precision, self._wallet.account)

    def _fresh(self, table: Table[V], proved: Proved, *name: bytes | str, absent: Reason) -> tuple[V, Header]:
        return fresh_record(self._trust, table, proved, *name, now_ms=self._clock(), absent=absent)


def _asked(receipt: Receipt, recording: Recording, owner: Identity, *, now_ms: int) -> Request:
    return Request.to_read(
        recording,
        reader=receipt.reader,
        purpose=receipt.purpose,
        categories=receipt.categories,
        precision=receipt.precision,
        owner_active=owner.active,
        now_ms=now_ms,
    )
