"""How ids, times and amounts are read from people and shown to them."""

from __future__ import annotations

from datetime import UTC, datetime

from ..network import Network
from ..onchain.ids import DID_PREFIX, did, from_did
from ..onchain.refusals import Reason
from ..onchain.units import acc

NOT_A_TIME = Reason(
    "cli", 1, "This is not a time.", "Write it like 2026-11-21, 2026-11-21T08:00 or 2026-11-21T08:00+01:00."
)
NOT_A_WORD = Reason("cli", 2, "This is not one of the words expected here.", "Use one of those that are named.")


def time_text(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def time_ms(text: str) -> int:
    """Reads a time; one without zone is UTC."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise NOT_A_TIME(text[:60]) from None
    return round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


def amount(uacc: int) -> str:
    return f"{acc(uacc)} ACC"


def account(network: Network, text: str) -> bytes:
    """Reads an account from its DID or from the name of a party of this home."""
    return from_did(text) if text.startswith(DID_PREFIX) else network.wallet(text).account


def who(names: dict[bytes, str], account: bytes) -> str:
    """Shows an account as its party's name with the DID's end, or as its DID."""
    return f"{names[account]} (…{did(account)[-6:]})" if account in names else did(account)


def one_of(text: str, words: tuple[str, ...], what: str) -> str:
    """Checks a word that a person wrote against those that exist."""
    if text not in words:
        raise NOT_A_WORD(f"{what} {text[:40]!r}; there are {', '.join(words)}")
    return text
