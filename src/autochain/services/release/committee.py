"""The release committee as others see it: who its members are, and how their shares make a key."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from itertools import combinations, count
from typing import NamedTuple, Protocol, TypeVar

from ...onchain.codec import encode
from ...onchain.refusals import Refusal
from ...privacy import secret_sharing
from ...vault import KeyContext, SealedPart
from .errors import NO_ANSWER, TOO_FEW_MEMBERS
from .records import Deposit, Forget, Opened, OpenRequest

T = TypeVar("T")
MEMBER_S = 20.0
"""How long a member may take to answer."""


class Release(Protocol):
    """A member of the committee as others see it, in this process or another."""

    async def deposit(self, deposit: Deposit) -> None: ...

    async def open(self, request: OpenRequest) -> Opened: ...

    async def forget(self, request: Forget) -> None: ...


class Damaged:
    """A member whose files are damaged: whatever it is asked, it refuses, and says why."""

    def __init__(self, refusal: Refusal) -> None:
        self._refusal = refusal

    async def deposit(self, deposit: Deposit) -> None:
        raise self._again()

    async def open(self, request: OpenRequest) -> Opened:
        raise self._again()

    async def forget(self, request: Forget) -> None:
        raise self._again()

    def _again(self) -> Refusal:
        return self._refusal.reason(self._refusal.detail)


class Member(NamedTuple):
    """One member: its account, the X25519 key to which shares for it are sealed, and the way to it."""

    account: bytes
    public: bytes
    release: Release


class Committee(NamedTuple):
    """The members in the order of their shares, the first holding the share numbered 1."""

    members: tuple[Member, ...]
    threshold: int


def split_key(committee: Committee, key: bytes, context: KeyContext) -> list[bytes]:
    """Splits a part's key into the members' shares.

    The shares follow from the key, so that a vehicle whose connection broke hands over the same ones again; who does
    not know the key can't tell them from drawn ones.
    """
    numbers = count()

    def chance(length: int) -> bytes:
        seed = b"autochain/share/v1\x00" + encode((context.info, key, next(numbers)))
        return hashlib.shake_256(seed).digest(length)

    return secret_sharing.split(key, threshold=committee.threshold, count=len(committee.members), chance=chance)


async def ask_all(
    committee: Committee, ask: Callable[[Member], Awaitable[T]]
) -> tuple[dict[int, T], dict[int, Refusal]]:
    """Asks all members at once; gives the answers by number, and why others did not answer."""
    answers: dict[int, T] = {}
    failed: dict[int, Refusal] = {}

    async def one(number: int, member: Member) -> None:
        try:
            async with asyncio.timeout(MEMBER_S):
                answers[number] = await ask(member)
        except Refusal as refusal:
            failed[number] = refusal
        except TimeoutError:
            failed[number] = NO_ANSWER(f"within {MEMBER_S:.0f} seconds")

    await asyncio.gather(*(one(number, member) for number, member in enumerate(committee.members, 1)))
    return answers, failed


def told(failed: Mapping[int, Refusal]) -> str:
    """Says in words which members failed, and why."""
    return "; ".join(f"member {number}: {failed[number].text}" for number in sorted(failed))


def key_of(
    part: SealedPart, shares: Mapping[int, bytes], *, threshold: int, failed: Mapping[int, Refusal]
) -> tuple[bytes, list[int]]:
    """Gives a part's key from its members' shares, and the numbers of those whose shares are false.

    The manifest names the key's hash, so false shares can't lead to another key. Tries subsets of the shares, for
    nothing in one share alone tells whether it is genuine. `failed` says why other members gave none.
    """
    for chosen in combinations(sorted(shares), threshold):
        subset = {number: shares[number] for number in chosen}
        key = _combined(subset)
        if part.opens_with(key):
            rest = [number for number in sorted(shares) if number not in chosen]
            false = [number for number in rest if _combined({**_without_first(subset), number: shares[number]}) != key]
            return key, false
    false_shares = f"{part.category}, {part.precision}: of {len(shares)} shares no {threshold} are genuine"
    raise TOO_FEW_MEMBERS("; ".join(filter(None, [false_shares, told(failed)])))


def _combined(shares: Mapping[int, bytes]) -> bytes:
    lengths = {len(share) for share in shares.values()}
    return secret_sharing.combine(shares) if len(lengths) == 1 else b""


def _without_first(shares: Mapping[int, bytes]) -> dict[int, bytes]:
    return dict(list(shares.items())[1:])
