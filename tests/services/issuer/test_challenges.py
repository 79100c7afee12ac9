"""Challenges: each good once, for five minutes, and no memory for those that nobody uses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from homes import Clock, refuses
from hypothesis import given
from hypothesis import strategies as st

from autochain.services.issuer import CHALLENGE_MS, NO_CHALLENGE, TOO_MANY_CHALLENGES, Challenges


def chance() -> Callable[[int], bytes]:
    """Gives bytes that are another each time, and the same in each run."""
    count = 0

    def give(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(str(count).encode()).digest(size)

    return give


def test_a_challenge_is_good_once() -> None:
    challenges = Challenges(clock=Clock(), chance=chance())
    given_one, other = challenges.give(), challenges.give()
    assert given_one != other
    challenges.use(given_one)
    with refuses(NO_CHALLENGE):
        challenges.use(given_one)
    assert challenges.is_own(given_one)
    challenges.use(other)


def test_a_challenge_is_good_for_five_minutes() -> None:
    clock = Clock()
    challenges = Challenges(clock=clock, chance=chance())
    one, other = challenges.give(), challenges.give()
    clock.advance(CHALLENGE_MS - 1)
    challenges.use(one)
    clock.advance(1)
    with refuses(NO_CHALLENGE):
        challenges.use(other)
    # What is forgotten, for it has expired, is not good again.
    challenges.use(challenges.give())
    with refuses(NO_CHALLENGE):
        challenges.use(one)


def test_another_network_s_challenge_is_not_good_here() -> None:
    one = Challenges(clock=Clock(), chance=chance())
    other = Challenges(clock=Clock(), chance=lambda size: b"\1" * size)
    assert not one.is_own(other.give())
    with refuses(NO_CHALLENGE):
        one.use(other.give())


def test_used_challenges_are_bounded_until_they_expire() -> None:
    clock = Clock()
    challenges = Challenges(clock=clock, chance=chance(), max_used=3)
    for _ in range(1_000):
        challenges.give()
    for _ in range(3):
        challenges.use(challenges.give())
    with refuses(TOO_MANY_CHALLENGES):
        challenges.use(challenges.give())
    clock.advance(CHALLENGE_MS)
    challenges.use(challenges.give())


@given(st.text(max_size=80), st.integers(0, 54), st.sampled_from("ABCuz019-_=+/ é"))
def test_no_text_that_was_not_given_is_good(text: str, place: int, letter: str) -> None:
    challenges = Challenges(clock=Clock(), chance=chance())
    given_one = challenges.give()
    changed = given_one[:place] + letter + given_one[place + 1 :]
    for other in (text, changed):
        if other != given_one:
            assert not challenges.is_own(other)
            with refuses(NO_CHALLENGE):
                challenges.use(other)
    challenges.use(given_one)
