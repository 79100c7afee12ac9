"""One registrar: it evaluates blinded VINs with its share of the key, for authorities alone, and never learns a VIN."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from ...onchain.contracts.credentials import AUTHORITIES
from ...onchain.contracts.identity import IDENTITIES
from ...onchain.crypto import ristretto255 as group
from ...onchain.crypto import sha256
from ...onchain.ledger.light import Trust
from ...privacy import voprf
from ..proving import fresh_record, is_fresh, is_signed
from . import errors
from .quota import Quota
from .records import Evaluate, Evaluated, signed_bytes


class RegistrarService:
    """Holds one share and decides, on proofs alone, for whom it evaluates. `clock` gives milliseconds since 1970."""

    def __init__(
        self,
        share: voprf.KeyShare,
        quota: Quota,
        trust: Trust,
        *,
        clock: Callable[[], int],
        chance: voprf.Chance = secrets.token_bytes,
    ) -> None:
        self._share = share
        self._quota = quota
        self._trust = trust
        self._clock = clock
        self._chance = chance

    @property
    def number(self) -> int:
        """The number of its share."""
        return self._share.number

    async def evaluate(self, request: Evaluate) -> Evaluated:
        """Evaluates one blinded VIN, if the proofs show that an authority for vehicles asks, and not too often."""
        now_ms = self._clock()
        if request.chain_id != self._trust.chain_id or request.registrar != self._share.number:
            raise errors.OTHER_REGISTRAR(f"{request.registrar} of {request.chain_id[:60]}")
        if not is_fresh(request.time_ms, now_ms=now_ms):
            raise errors.STALE_REQUEST()
        if not group.is_element(request.blinded):
            raise voprf.NOT_BLINDED()
        self._check_authority(request, now_ms)
        self._quota.spend(request.authority, sha256(signed_bytes(request)), time_ms=request.time_ms, now_ms=now_ms)
        evaluation = voprf.evaluate(self._share.secret, (request.blinded,), chance=self._chance)
        return Evaluated(evaluation.elements[0], evaluation.proof)

    def _check_authority(self, request: Evaluate, now_ms: int) -> None:
        identity, _ = fresh_record(
            self._trust,
            IDENTITIES,
            request.identity_proof,
            request.authority,
            now_ms=now_ms,
            absent=errors.NOT_AUTHORITY,
        )
        if not identity.active:
            raise errors.NOT_AUTHORITY("its DID is revoked")
        if not is_signed(identity, signed_bytes(request), request.signatures, now_ms=now_ms):
            raise errors.NOT_SIGNED()
        authority, _ = fresh_record(
            self._trust,
            AUTHORITIES,
            request.authority_proof,
            request.authority,
            now_ms=now_ms,
            absent=errors.NOT_AUTHORITY,
        )
        if "vehicle" not in authority.roles:
            raise errors.NOT_AUTHORITY()
