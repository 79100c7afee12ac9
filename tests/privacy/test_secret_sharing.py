"""Sharing of secrets: any threshold of shares gives the secret, fewer say nothing; held against the oracle."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import combinations

import pytest
from homes import refuses
from hypothesis import given
from hypothesis import strategies as st
from oracles import shamir

from autochain.privacy.secret_sharing import BAD_SHARES, BAD_THRESHOLD, combine, split

SECRETS = st.binary(max_size=48)
KNOWN = [
    "9a9688d79e95d19ed183908585",
    "84889ac99893db80ffadb2abb3",
    "757b6b3e69602a7f0e5e435c42",
    "f6e4cc99a2b7c5a81d51746b19",
    "07173d6e53443457eca2859ce8",
]
"""Computed by the oracle from the secret below and its coefficients."""
SIZES = st.integers(1, 12).flatmap(lambda count: st.tuples(st.integers(1, count), st.just(count)))


def drawing(drawn: list[bytes]) -> Callable[[int], bytes]:
    """A chance whose draws are kept."""

    def chance(length: int) -> bytes:
        drawn.append(os.urandom(length))
        return drawn[-1]

    return chance


@given(secret=SECRETS, sizes=SIZES, data=st.data())
def test_any_threshold_of_shares_gives_the_secret(secret: bytes, sizes: tuple[int, int], data: st.DataObject) -> None:
    threshold, count = sizes
    shares = split(secret, threshold=threshold, count=count, chance=os.urandom)
    assert [len(share) for share in shares] == [len(secret)] * count
    numbers = data.draw(st.permutations(range(1, count + 1)))[: data.draw(st.integers(threshold, count))]
    assert combine({number: shares[number - 1] for number in numbers}) == secret


@given(secret=SECRETS, sizes=SIZES)
def test_each_share_is_what_the_oracle_makes_of_the_same_chance(secret: bytes, sizes: tuple[int, int]) -> None:
    threshold, count = sizes
    drawn: list[bytes] = []
    shares = split(secret, threshold=threshold, count=count, chance=drawing(drawn))
    assert [len(each) for each in drawn] == [len(secret)] * (threshold - 1)
    for place in range(len(secret)):
        coefficients = [secret[place], *(row[place] for row in drawn)]
        assert [share[place] for share in shares] == [shamir.value(coefficients, x) for x in range(1, count + 1)]


def test_known_shares_give_the_known_secret() -> None:
    secret = b"key of a part"
    rows = iter([bytes(range(1, 14)), bytes(range(0xF0, 0xFD))])
    shares = split(secret, threshold=3, count=5, chance=lambda length: next(rows))
    assert [share.hex() for share in shares] == KNOWN
    assert {combine({n: shares[n - 1] for n in three}) for three in combinations(range(1, 6), 3)} == {secret}


@pytest.mark.parametrize("threshold", [2, 3, 5])
def test_fewer_shares_are_consistent_with_every_secret_alike(threshold: int) -> None:
    """For each byte that the secret could be, one polynomial goes through it and the shares that are seen."""
    shares = split(b"\x2a", threshold=threshold, count=6, chance=os.urandom)
    for numbers in [range(1, threshold), range(8 - threshold, 7)]:
        seen = {number: shares[number - 1][0] for number in numbers}
        found = {tuple(shamir.polynomial({0: candidate, **seen})) for candidate in range(256)}
        assert {coefficients[0] for coefficients in found} == set(range(256))
        assert len(found) == 256
        # Chance draws the rest of the coefficients evenly, so that none of these is likelier than another.
        assert all(shamir.value(each, number) == seen[number] for each in found for number in seen)


@pytest.mark.parametrize("place", [1, 2])
def test_each_single_share_takes_every_value_as_chance_takes_every_value(place: int) -> None:
    draws = iter(range(256))
    values = {
        split(b"\x2a", threshold=2, count=2, chance=lambda _: bytes([next(draws)]))[place - 1] for _ in range(256)
    }
    assert len(values) == 256


def test_one_of_one_is_the_secret_itself() -> None:
    assert split(b"secret", threshold=1, count=1, chance=os.urandom) == [b"secret"]
    assert combine({1: b"secret"}) == b"secret"


def test_255_shares_are_as_many_as_there_can_be() -> None:
    shares = split(b"secret", threshold=255, count=255, chance=os.urandom)
    assert combine(dict(enumerate(shares, start=1))) == b"secret"
    assert combine(dict(enumerate(shares[:-1], start=1))) != b"secret"


@pytest.mark.parametrize(("threshold", "count"), [(0, 1), (0, 0), (4, 3), (-1, 3), (2, 256), (256, 256), (1, 0)])
def test_a_threshold_that_makes_no_sense_is_refused(threshold: int, count: int) -> None:
    with refuses(BAD_THRESHOLD):
        split(b"secret", threshold=threshold, count=count, chance=os.urandom)


@pytest.mark.parametrize(
    "shares",
    [{}, {0: b"a"}, {0: b"a", 1: b"b"}, {256: b"a"}, {-1: b"a"}, {1: b"a", 2: b"ab"}, {1: b"", 2: b"a"}],
    ids=["none", "number 0", "also number 0", "number 256", "number -1", "longer", "empty"],
)
def test_what_are_no_shares_of_one_secret_is_refused(shares: dict[int, bytes]) -> None:
    with refuses(BAD_SHARES):
        combine(shares)


def test_shares_of_two_splittings_give_neither_secret() -> None:
    one = split(b"one secret", threshold=2, count=2, chance=os.urandom)
    two = split(b"two secret", threshold=2, count=2, chance=os.urandom)
    assert combine({1: one[0], 2: two[1]}) not in (b"one secret", b"two secret")
