"""How often one address may ask."""

from __future__ import annotations

import pytest

from autochain.api.limits import MAX_ADDRESSES, Limits, RateLimit, Rates
from autochain.onchain.refusals import Refusal


class Seconds:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_bucket_lets_a_burst_through_and_then_so_many_a_second() -> None:
    clock = Seconds()
    limit = RateLimit(per_second=2, burst=5, clock=clock)
    assert [limit.wait_s("a") for _ in range(7)] == [0] * 5 + [1, 1]
    clock.now_s += 1
    assert [limit.wait_s("a") for _ in range(3)] == [0, 0, 1]
    clock.now_s += 1_000
    assert [limit.wait_s("a") for _ in range(6)] == [0] * 5 + [1]


def test_who_waits_as_long_as_told_is_let_through() -> None:
    clock = Seconds()
    limit = RateLimit(per_second=10 / 60, burst=10, clock=clock)
    while not (wait_s := limit.wait_s("a")):
        pass
    clock.now_s += wait_s
    assert limit.wait_s("a") == 0


def test_one_address_takes_nothing_from_another() -> None:
    limits = Limits(Rates(per_second=1, burst=1, sign_ins_per_minute=1), clock=Seconds())
    assert [limits.wait_s(host, signs_in=False) for host in ("10.0.0.1", "10.0.0.2", "10.0.0.1")] == [0, 0, 1]


def test_all_addresses_of_an_ipv6_network_are_one_sender() -> None:
    limits = Limits(Rates(per_second=1, burst=1, sign_ins_per_minute=1), clock=Seconds())
    assert limits.wait_s("2001:db8::1", signs_in=False) == 0
    assert limits.wait_s("2001:db8::2:1", signs_in=False) == 1
    assert limits.wait_s("2001:db8:0:1::1", signs_in=False) == 0


def test_addresses_of_ipv4_that_come_in_by_ipv6_are_themselves() -> None:
    limits = Limits(Rates(per_second=1, burst=1, sign_ins_per_minute=1), clock=Seconds())
    hosts = ("::ffff:10.0.0.1", "::ffff:10.0.0.2", "10.0.0.1")
    assert [limits.wait_s(host, signs_in=False) for host in hosts] == [0, 0, 1]


def test_signing_in_is_limited_by_itself() -> None:
    limits = Limits(Rates(per_second=0, burst=0, sign_ins_per_minute=2), clock=Seconds())
    assert [bool(limits.wait_s("a", signs_in=True)) for _ in range(3)] == [False, False, True]
    assert limits.wait_s("a", signs_in=False) == 0


def test_no_more_addresses_are_remembered_than_there_is_room_for() -> None:
    limit = RateLimit(per_second=0.001, burst=1, clock=Seconds())
    assert limit.wait_s("first") == 0
    assert limit.wait_s("first") > 0
    for number in range(MAX_ADDRESSES):
        limit.wait_s(str(number))
    assert limit.wait_s("first") == 0


def test_a_rate_is_read_from_its_setting() -> None:
    assert Rates.read("50/200/10") == Rates()
    assert Rates.read("0") == Rates(0, 0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "50",
        "50/200",
        "a/b/c",
        "-1/2/3",
        "1/2/3/4",
        "99999999/1/1",
        "²/1/1",
        "1.5/2/3",
        "0/5/10",
        "50/0/10",
        "50/200/0",
        "0/0/0",
        "00",
    ],
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="AUTOCHAIN_RATE"):
        Rates.read(text)
