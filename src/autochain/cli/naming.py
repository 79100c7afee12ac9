"""Finds what a person names: an account by DID or party, a record by its id or the first digits of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from .errors import AMBIGUOUS, NOT_AN_ID, UNKNOWN_CONSENT, UNKNOWN_RECORDING
from .words import short_did

if TYPE_CHECKING:
    from ..network import Network
    from ..onchain.ledger import Query
    from ..onchain.refusals import Reason

V = TypeVar("V")
ID_DIGITS = 40
LEAST_DIGITS = 6
VEHICLE = "vehicle-"
"""How the names begin that a replay gives to vehicles; digits follow."""


def party_names(network: Network) -> dict[str, str]:
    """Gives the names of the parties of this home by their DIDs."""
    from ..onchain.ids import did

    return {did(account): name for account, name in network.names().items()}


def account_named(network: Network, text: str) -> bytes:
    """Reads an account: a DID, the name of a party of this home, or what a table shows of either."""
    from ..onchain.ids import DID_PREFIX, from_did

    if not text.startswith(DID_PREFIX):
        return network.wallet(_party_name(network, text)).account
    shown = [did for did in party_names(network) if "…" in text and short_did(did) == text]
    return from_did(shown[0] if len(shown) == 1 else text)


def _party_name(network: Network, text: str) -> str:
    """Completes the first digits of a vehicle's name. Other names stay as they are: half a name may be a mistake."""
    start = text.rstrip("…")
    if not text.startswith(VEHICLE) or len(start) < len(VEHICLE) + LEAST_DIGITS:
        return text
    found = [name for name in network.names().values() if name.startswith(start)]
    if text in found or not found:
        return text
    if len(found) > 1:
        raise AMBIGUOUS(", ".join(sorted(found)[:3]))
    return found[0]


async def id_named(
    network: Network,
    text: str,
    query: Callable[[bytes | None], Query[tuple[tuple[bytes, V], ...]]],
    *,
    absent: Reason,
) -> bytes:
    """Reads an id, or finds it by its first digits in what a query lists after an id."""
    digits = _digits(text)
    if len(digits) == ID_DIGITS:
        return bytes.fromhex(digits)
    page = await network.client.ask(query(before(digits)))
    return the_one(digits, [name for name, _ in page], absent=absent)


async def recording_named(network: Network, text: str) -> bytes:
    """Reads a recording's id, or finds it by its first digits."""
    from ..onchain.contracts.recording import ListRecordings

    return await id_named(network, text, lambda after: ListRecordings(after=after), absent=UNKNOWN_RECORDING)


async def consent_named(network: Network, text: str, *, owner: bytes) -> bytes:
    """Reads a consent's id, or finds it by its first digits among those that an owner granted."""
    from ..onchain.contracts.consent import ListConsents

    return await id_named(network, text, lambda after: ListConsents(owner, after=after), absent=UNKNOWN_CONSENT)


def _digits(text: str) -> str:
    digits = text.lower()
    if not LEAST_DIGITS <= len(digits) <= ID_DIGITS or not set(digits) <= set("0123456789abcdef"):
        raise NOT_AN_ID(text[:60])
    return digits


def before(digits: str) -> bytes | None:
    """Gives the id right before the first that begins with these digits; a page that starts there holds them all."""
    first = int(digits.ljust(ID_DIGITS, "0"), 16)
    return (first - 1).to_bytes(ID_DIGITS // 2, "big") if first else None


def the_one(digits: str, names: list[bytes], *, absent: Reason) -> bytes:
    """Gives the one id among some that begins with these digits."""
    found = [name.hex() for name in names if name.hex().startswith(digits)]
    if not found:
        raise absent(digits)
    if len(found) > 1:
        raise AMBIGUOUS(", ".join(found[:3]))
    return bytes.fromhex(found[0])
