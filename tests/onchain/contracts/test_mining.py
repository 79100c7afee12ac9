"""Mining: who earns what for a recording, and the caps that no reward goes beyond."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.contracts.credentials import Withdraw
from autochain.onchain.contracts.mining import Claim, Claimed, GetReward, GetTerms, Rewarded, Terms, emission, errors
from autochain.onchain.contracts.recording import HOUR_MS, Erase
from autochain.onchain.contracts.token import Transferred
from autochain.onchain.ids import contract_account
from autochain.onchain.refusals import Broken
from autochain.onchain.units import TOTAL_SUPPLY_UACC
from chains import ACC, START_MS, Harness, Scene

POOL = contract_account("mining")
DAY_MS = 86_400_000


def test_a_recording_earns_its_owner_the_rate_for_every_reading(scene: Scene) -> None:
    harness = scene.harness
    recording = scene.commit(points=95)
    pool, owner = harness.balance(POOL), harness.balance(scene.owner)
    events = harness.do(scene.car, Claim(recording))
    assert events == (
        Transferred(POOL, scene.owner.account, 95_000),
        Rewarded(recording, scene.owner.account, 95, 95_000),
    )
    assert harness.balance(POOL) == pool - 95_000
    assert harness.balance(scene.owner) == owner + 95_000
    assert harness.ask(GetReward(recording)) == Claimed(scene.owner.account, 95, 95_000, harness.now_ms // DAY_MS)


def test_a_recording_without_a_claim_earned_nothing(scene: Scene) -> None:
    assert scene.harness.ask(GetReward(scene.commit())) is None


def test_everybody_can_read_the_terms() -> None:
    terms = Terms(epoch_ms=1_000, rate_uacc_per_point=7, points_per_device=9)
    assert Harness(terms=terms).ask(GetTerms()) == terms


def test_an_epoch_of_no_time_does_not_begin() -> None:
    with pytest.raises(Broken, match="epoch"):
        Harness(terms=Terms(epoch_ms=0))


def test_a_recording_can_be_committed_and_claimed_in_one_transaction(scene: Scene) -> None:
    drive = scene.a_drive()
    recording = scene.commit("another drive")
    events = scene.harness.do(scene.car, drive, Claim(recording))
    assert isinstance(events[-1], Rewarded)


def test_only_the_vehicle_that_recorded_claims(scene: Scene) -> None:
    recording = scene.commit()
    other = scene.attested_car("other car", scene.owner)
    scene.harness.refuses(errors.NOT_YOUR_RECORDING, other, Claim(recording))
    scene.harness.refuses(errors.NOT_YOUR_RECORDING, scene.owner, Claim(recording))
    scene.harness.refuses(errors.NOT_YOUR_RECORDING, scene.car, Claim(bytes(20)))


def test_a_vehicle_that_is_not_attested_earns_nothing(scene: Scene) -> None:
    recording = scene.commit()
    scene.harness.do(scene.harness.treasury, Withdraw(scene.car.account, "vehicle"))
    scene.harness.refuses(errors.NOT_ATTESTED, scene.car, Claim(recording))


def test_a_recording_is_rewarded_once_for_ever(scene: Scene) -> None:
    recording = scene.commit()
    scene.harness.do(scene.car, Claim(recording))
    scene.harness.refuses(errors.ALREADY_REWARDED, scene.car, Claim(recording))
    scene.harness.advance(DAY_MS)
    scene.harness.refuses(errors.ALREADY_REWARDED, scene.car, Claim(recording))


def test_a_recording_is_rewarded_before_it_is_erased_and_not_afterwards(scene: Scene) -> None:
    harness, claimed, unclaimed = scene.harness, scene.commit("claimed"), scene.commit("unclaimed")
    harness.do(scene.car, Claim(claimed))
    for recording in (claimed, unclaimed):
        harness.do(scene.owner, Erase(recording))
        harness.refuses(errors.NOT_KEPT, scene.car, Claim(recording))
    assert harness.ask(GetReward(claimed)) is not None
    assert harness.ask(GetReward(unclaimed)) is None


def test_a_recording_is_rewarded_up_to_the_millisecond_at_which_its_time_is_over() -> None:
    scene = Scene(Harness(block_ms=1))
    harness, end_ms = scene.harness, START_MS + HOUR_MS
    first, second = (scene.commit(name, keep_until_ms=end_ms) for name in ("first", "second"))
    harness.advance(end_ms - 2 - harness.now_ms)
    harness.do(scene.car, Claim(first))
    assert harness.now_ms == end_ms - 1
    harness.refuses(errors.NOT_KEPT, scene.car, Claim(second))


def test_a_vehicle_is_rewarded_up_to_its_cap_and_again_in_the_next_epoch() -> None:
    scene = Scene(Harness(terms=Terms(points_per_device=100)))
    harness = scene.harness
    first, second, third = (scene.commit(name, points=95) for name in ("one", "two", "three"))
    harness.do(scene.car, Claim(first))
    harness.do(scene.car, Claim(second))
    reward = harness.ask(GetReward(second))
    assert reward is not None
    assert (reward.points, reward.reward_uacc) == (5, 5_000)
    harness.refuses(errors.CAP_REACHED, scene.car, Claim(third))
    harness.advance(DAY_MS)
    harness.do(scene.car, Claim(third))
    reward = harness.ask(GetReward(third))
    assert reward is not None
    assert reward.points == 95


def test_an_epoch_pays_up_to_its_budget_and_the_next_from_what_is_left() -> None:
    scene = Scene(Harness(terms=Terms(rate_uacc_per_point=1_000 * ACC)))
    harness = scene.harness
    budget = 129_000_000 * ACC // 4096
    first, second, third = (scene.commit(name, points=20) for name in ("one", "two", "three"))
    harness.do(scene.car, Claim(first))
    harness.do(scene.car, Claim(second))
    rewards = [harness.ask(GetReward(recording)) for recording in (first, second)]
    assert [reward.reward_uacc for reward in rewards if reward] == [20_000 * ACC, budget - 20_000 * ACC]
    harness.refuses(errors.CAP_REACHED, scene.car, Claim(third))
    left = harness.balance(POOL)
    harness.advance(DAY_MS)
    for name in ("four", "five"):
        harness.do(scene.car, Claim(scene.commit(name, points=20)))
    assert harness.balance(POOL) == left - left // 4096
    harness.refuses(errors.CAP_REACHED, scene.car, Claim(third))


amounts = st.integers(0, TOTAL_SUPPLY_UACC)


@given(pool=amounts)
def test_a_budget_leaves_almost_all_in_the_pool(pool: int) -> None:
    assert 0 <= emission.epoch_budget(pool) <= pool // 4096


@given(
    claims=st.lists(st.integers(1, 1_000_000), max_size=20),
    cap=st.integers(0, 2_000_000),
    rate=st.integers(0, 10**9),
    budget=amounts,
)
def test_no_row_of_claims_goes_beyond_cap_or_budget_and_each_is_paid_as_long_as_there_is_room(
    claims: list[int], cap: int, rate: int, budget: int
) -> None:
    used = paid = 0
    for claim in claims:
        points = emission.rewarded_points(points=claim, used=used, cap=cap)
        reward = emission.reward(points=points, rate_uacc=rate, budget_uacc=budget, paid_uacc=paid)
        assert 0 <= points <= claim
        assert 0 <= reward <= points * rate
        assert points == claim or used + points == cap
        assert reward == points * rate or paid + reward == budget
        used, paid = used + points, paid + reward
    assert used <= cap
    assert paid <= budget
    assert used == min(sum(claims), cap)
