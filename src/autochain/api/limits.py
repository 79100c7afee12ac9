"""How often one address may ask: a bucket of tokens that fills by the second, and a slower one for signing in."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from ..onchain.refusals import Reason

MAX_BODY_BYTES = 1_048_576
MAX_ADDRESSES = 10_000
"""How many addresses are remembered; of more, the one that asked longest ago is forgotten."""
BAD_RATE = Reason(
    "api",
    40,
    "This is not a rate.",
    "Write AUTOCHAIN_RATE as requests a second, how many at once, and sign-ins a minute, each 1 or more: 50/200/10; "
    "a lone 0 for no limit.",
)


class Rates(NamedTuple):
    """How often one address may ask; 0 where there is no limit."""

    per_second: int = 50
    burst: int = 200
    sign_ins_per_minute: int = 10

    @classmethod
    def read(cls, text: str) -> Rates:
        """Reads the setting AUTOCHAIN_RATE: `50/200/10`, or `0` for no limit."""
        numbers = text.split("/")
        if not all(number.isascii() and number.isdigit() and len(number) < 8 for number in numbers):
            raise BAD_RATE(text[:40])
        if numbers == ["0"]:
            return cls(0, 0, 0)
        rates = [int(number) for number in numbers]
        if len(rates) != 3 or min(rates) < 1:
            raise BAD_RATE(text[:40])
        return cls(*rates)


USUAL_RATES = Rates()


class _Bucket:
    """Tokens that are left, and since when."""

    __slots__ = ("since_s", "tokens")

    def __init__(self, tokens: float, since_s: float) -> None:
        self.tokens = tokens
        self.since_s = since_s


class RateLimit:
    """Counts requests by address."""

    def __init__(self, *, per_second: float, burst: int, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait_s(self, address: str) -> int:
        """Takes a token of an address; gives 0, or the seconds until there is one again."""
        if not self._burst:
            return 0
        now_s = self._clock()
        bucket = self._buckets.pop(address, None) or _Bucket(self._burst, now_s)
        self._buckets[address] = bucket
        if len(self._buckets) > MAX_ADDRESSES:
            self._buckets.popitem(last=False)
        bucket.tokens = min(self._burst, bucket.tokens + (now_s - bucket.since_s) * self._per_second)
        bucket.since_s = now_s
        if bucket.tokens < 1:
            return max(1, math.ceil((1 - bucket.tokens) / self._per_second)) if self._per_second else 60
        bucket.tokens -= 1
        return 0


class Limits:
    """The limits of one API: of all requests, and of those that sign in."""

    def __init__(self, rates: Rates, *, clock: Callable[[], float]) -> None:
        self._requests = RateLimit(per_second=rates.per_second, burst=rates.burst, clock=clock)
        per_second = rates.sign_ins_per_minute / 60
        self._sign_ins = RateLimit(per_second=per_second, burst=rates.sign_ins_per_minute, clock=clock)

    def wait_s(self, host: str, *, signs_in: bool) -> int:
        """Counts a request; gives 0, or the seconds that its sender has to wait."""
        address = sender_of(host)
        waiting_s = self._requests.wait_s(address)
        return waiting_s or (self._sign_ins.wait_s(address) if signs_in else 0)


def sender_of(host: str) -> str:
    """Gives what stands for the sender: of IPv6 its network, for one sender has all addresses of it.

    An address of IPv4 that came in by IPv6 stays what it is: all of these lie in one network.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
    return host
