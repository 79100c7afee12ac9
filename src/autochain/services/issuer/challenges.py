"""Challenges for presentations: each is good once, for five minutes, and those that nobody uses take no memory."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable

from .errors import NO_CHALLENGE, TOO_MANY_CHALLENGES

CHALLENGE_MS = 5 * 60_000
MAX_USED = 10_000
"""How many used challenges are remembered, each until it would have expired."""
TIME_BYTES, NONCE_BYTES, MAC_BYTES = 8, 16, 16
LETTERS = 55
"""`u`, as multibase marks base64url, and the letters of 40 bytes."""


class Challenges:
    """Gives challenges that carry their own authentication, and takes each one back once."""

    def __init__(self, *, clock: Callable[[], int], chance: Callable[[int], bytes], max_used: int = MAX_USED) -> None:
        self._clock = clock
        self._chance = chance
        self._key = chance(32)
        self._max_used = max_used
        self._used: dict[bytes, int] = {}

    def give(self) -> str:
        """Makes a challenge."""
        head = (self._clock() + CHALLENGE_MS).to_bytes(TIME_BYTES, "big") + self._chance(NONCE_BYTES)
        return _text(head + self._mac(head))

    def is_own(self, challenge: str) -> bool:
        """Says whether a challenge was given here, be it used, or expired."""
        return self._head(challenge) is not None

    def use(self, challenge: str) -> None:
        """Takes a challenge back; whatever becomes of its presentation, it is good no more."""
        head, now_ms = self._head(challenge), self._clock()
        if head is None or int.from_bytes(head[:TIME_BYTES], "big") <= now_ms or head in self._used:
            raise NO_CHALLENGE()
        for old in [old for old, expires_ms in self._used.items() if expires_ms <= now_ms]:
            del self._used[old]
        if len(self._used) >= self._max_used:
            raise TOO_MANY_CHALLENGES()
        self._used[head] = int.from_bytes(head[:TIME_BYTES], "big")

    def _head(self, challenge: str) -> bytes | None:
        """Gives what a challenge says, where its authentication holds."""
        if len(challenge) != LETTERS or not challenge.startswith("u"):
            return None
        try:
            data = base64.b64decode(challenge[1:] + "==", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        head = data[:-MAC_BYTES]
        own = hmac.compare_digest(data[-MAC_BYTES:], self._mac(head))
        # One text for the same bytes: a decoder also takes other letters for some.
        return head if own and _text(data) == challenge else None

    def _mac(self, head: bytes) -> bytes:
        return hmac.digest(self._key, head, hashlib.sha256)[:MAC_BYTES]


def _text(data: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(data).rstrip(b"=").decode()
