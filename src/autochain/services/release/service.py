"""One member of the release: no receipt, no key.

It believes the chain's validators and nobody else: every request carries its proofs, against a header that is fresh.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ...onchain.contracts.consent import CONSENTS, Request, decide
from ...onchain.contracts.identity import IDENTITIES, Identity
from ...onchain.contracts.market import RECEIPTS, Receipt
from ...onchain.contracts.recording import RECORDINGS, Category, Recording, recording_id
from ...onchain.crypto import SignatureJob, verify_in_turn
from ...onchain.ledger import Signature, Table
from ...onchain.ledger.header import Header
from ...onchain.ledger.light import Proved, Trust, check_fresh, check_proved
from ...onchain.refusals import Reason
from ...vault import KeyContext, KeyFolder, unwrap, wrap
from ...wallet import Wallet
from . import errors
from .records import Deposit, Opened, OpenRequest, SealedKey, signed_bytes

V = TypeVar("V")
MAX_HEADER_AGE_MS = 30_000
MAX_SKEW_MS = 5_000


class ReleaseService:
    """Keeps sealed keys and decides, on proofs alone, to whom they are given. `clock` gives milliseconds since 1970."""

    def __init__(self, wallet: Wallet, keys: KeyFolder, trust: Trust, *, clock: Callable[[], int]) -> None:
        self._wallet = wallet
        self._keys = keys
        self._trust = trust
        self._clock = clock

    async def deposit(self, deposit: Deposit) -> None:
        """Takes in a recording's keys from its vehicle, once."""
        identity, _ = self._fresh(IDENTITIES, deposit.identity, deposit.vehicle, absent=errors.NOT_THE_VEHICLE)
        if deposit.chain_id != self._trust.chain_id:
            raise errors.WRONG_RECORDING("for another chain")
        if not identity.active or not _signed(identity, signed_bytes(deposit), deposit.signatures):
            raise errors.NOT_THE_VEHICLE()
        recording = recording_id(deposit.vehicle, deposit.fingerprint)
        contexts = [self._context(recording, key) for key in deposit.keys]
        for key, context in zip(deposit.keys, contexts, strict=True):
            opened = unwrap(self._wallet, key.sealed, context)
            # A vehicle whose connection broke sends the same keys again, sealed anew.
            if self._keys.holds(context) and unwrap(self._wallet, self._keys.get(context), context) != opened:
                raise errors.ALREADY_DEPOSITED()
        self._keys.put_all({context: key.sealed for key, context in zip(deposit.keys, contexts, strict=True)})

    async def open(self, request: OpenRequest) -> Opened:
        """Gives the keys of the parts on a receipt, sealed to its reader, if the proofs show that they may be given."""
        now_ms = self._clock()
        if not now_ms - MAX_HEADER_AGE_MS <= request.time_ms <= now_ms + MAX_SKEW_MS:
            raise errors.STALE_REQUEST()
        receipt, header = self._fresh(RECEIPTS, request.receipt_proof, request.receipt, absent=errors.NO_RECEIPT)
        if header.time_ms >= receipt.lapses_ms:
            raise errors.LAPSED()
        reader, _ = self._fresh(IDENTITIES, request.identity_proof, receipt.reader, absent=errors.READER_REVOKED)
        if not reader.active:
            raise errors.READER_REVOKED()
        if not _signed(reader, signed_bytes(request), request.signatures):
            raise errors.NOT_THE_READER()
        recording, _ = self._fresh(RECORDINGS, request.recording_proof, receipt.recording, absent=errors.NO_RECORDING)
        consent, proved_at = self._fresh(CONSENTS, request.consent_proof, receipt.consent, absent=errors.NO_CONSENT)
        refusal = decide(consent, _request(receipt, recording), now_ms=max(now_ms, proved_at.time_ms))
        if refusal is not None:
            raise refusal
        return Opened(tuple(self._release(request.receipt, receipt, category) for category in receipt.categories))

    def _release(self, name: bytes, receipt: Receipt, category: Category) -> SealedKey:
        held = KeyContext(self._trust.chain_id, receipt.recording, category, receipt.precision, self._wallet.account)
        key = unwrap(self._wallet, self._keys.get(held), held)
        given = KeyContext(held.chain_id, held.recording, held.category, held.precision, receipt.reader, name)
        return SealedKey(held.category, held.precision, wrap(key, receipt.reader_key, given))

    def _context(self, recording: bytes, key: SealedKey) -> KeyContext:
        return KeyContext(self._trust.chain_id, recording, key.category, key.precision, self._wallet.account)

    def _fresh(self, table: Table[V], proved: Proved, name: bytes, *, absent: Reason) -> tuple[V, Header]:
        """Gives a proved record and its header, which must be fresh; refuses where the absence is proved."""
        header = check_proved(self._trust, proved, key=table.key(name))
        check_fresh(header, now_ms=self._clock(), max_age_ms=MAX_HEADER_AGE_MS, max_skew_ms=MAX_SKEW_MS)
        if not proved.value:
            raise absent()
        return table.codec.decode(proved.value), header


def _request(receipt: Receipt, recording: Recording) -> Request:
    return Request.to_read(
        recording,
        reader=receipt.reader,
        purpose=receipt.purpose,
        categories=receipt.categories,
        precision=receipt.precision,
    )


def _signed(identity: Identity, message: bytes, signatures: tuple[Signature, ...]) -> bool:
    """Says whether enough different keys of the DID signed the message."""
    places = {signature.key for signature in signatures}
    if len(places) != len(signatures) or len(places) < identity.threshold or max(places) >= len(identity.keys):
        return False
    return all(verify_in_turn([SignatureJob(identity.keys[s.key], message, s.data) for s in signatures]))
