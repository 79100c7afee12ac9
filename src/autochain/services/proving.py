"""What a service asks of whoever speaks to it: a fresh request, fresh proofs, and signatures of the DID."""

from __future__ import annotations

from typing import Any, TypeVar

from ..client import Client, Shown
from ..onchain.contracts.identity import Identity
from ..onchain.crypto import SignatureJob, verify_in_turn
from ..onchain.ledger import Signature, Table
from ..onchain.ledger.header import Header
from ..onchain.ledger.light import Proved, Trust, check_fresh, check_proved
from ..onchain.refusals import Reason

V = TypeVar("V")
MAX_AGE_MS = 30_000
"""How old a request, and a header that proves something, may be."""
MAX_SKEW_MS = 5_000
"""How far it may lie ahead of the service's clock."""


def is_fresh(time_ms: int, *, now_ms: int) -> bool:
    """Says whether a request was made just now."""
    return now_ms - MAX_AGE_MS <= time_ms <= now_ms + MAX_SKEW_MS


def fresh_record(
    trust: Trust, table: Table[V], proved: Proved, *name: bytes | str, now_ms: int, absent: Reason
) -> tuple[V, Header]:
    """Gives a proved record and its header, which must be fresh; refuses where the absence is proved."""
    header = check_proved(trust, proved, key=table.key(*name))
    check_fresh(header, now_ms=now_ms, max_age_ms=MAX_AGE_MS, max_skew_ms=MAX_SKEW_MS)
    if not proved.value:
        raise absent()
    return table.codec.decode(proved.value), header


async def prove_fresh(client: Client, table: Table[Any], *name: Any, now_ms: int) -> Shown:
    """Asks for a record with its proof; refuses what a node that stands still, or hides what came since, shows."""
    shown = await client.prove(table, *name)
    check_fresh(shown.header, now_ms=now_ms, max_age_ms=MAX_AGE_MS, max_skew_ms=MAX_SKEW_MS)
    return shown


def is_signed(identity: Identity, message: bytes, signatures: tuple[Signature, ...], *, now_ms: int) -> bool:
    """Says whether enough different keys of the DID signed the message, each in its suite, and have not expired."""
    if identity.expired(now_ms):
        return False
    places = {signature.key for signature in signatures}
    if len(places) != len(signatures) or len(places) < identity.threshold or max(places) >= len(identity.keys):
        return False
    if any(signature.suite != identity.keys[signature.key].suite for signature in signatures):
        return False
    return all(verify_in_turn([SignatureJob(identity.keys[s.key], message, s.data) for s in signatures]))
