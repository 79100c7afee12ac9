"""Consent: what is granted is open for one reader and purpose until it ends; everything else stays closed."""

from __future__ import annotations

from typing import Any

import pytest
from chains.scene import DAY_MS
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from autochain.onchain.contracts.consent import (
    PURPOSES,
    Consent,
    Ended,
    GetConsent,
    Granted,
    ListConsents,
    Request,
    RequireConsent,
    Revoke,
    decide,
    errors,
)
from autochain.onchain.contracts.identity import Revoke as RevokeIdentity
from autochain.onchain.contracts.recording import CATEGORIES, HOUR_MS
from autochain.onchain.ledger import Limits
from autochain.onchain.ledger import errors as ledger
from autochain.onchain.refusals import Reason, Refusal
from chains import ACC, BLOCK_MS, START_MS, Harness, Scene


def test_a_consent_is_written_down_as_it_was_granted(scene: Scene) -> None:
    grant = scene.a_grant()
    (event,) = scene.harness.do(scene.owner, grant)
    assert isinstance(event, Granted)
    assert event == Granted(event.consent, scene.owner.account, scene.buyer.account, scene.car.account)
    assert scene.harness.ask(GetConsent(event.consent)) == Consent(
        owner=scene.owner.account,
        reader=scene.buyer.account,
        vehicle=scene.car.account,
        purpose="research",
        categories=("motion",),
        precision="exact",
        from_ms=grant.from_ms,
        until_ms=grant.until_ms,
        price_uacc=ACC // 2,
        granted_ms=scene.harness.now_ms,
        expires_ms=grant.expires_ms,
        ended_ms=0,
    )


def test_two_equal_grants_are_two_consents_that_end_apart(scene: Scene) -> None:
    one, two = scene.grant(), scene.grant()
    assert one != two
    scene.harness.do(scene.owner, Revoke(one))
    recording = scene.commit()
    scene.harness.refuses(errors.ENDED, scene.buyer, scene.a_read(recording, one))
    scene.read(recording, two)


def test_consents_are_listed_for_owner_and_reader_in_pages_of_a_hundred(scene: Scene) -> None:
    harness, owner, buyer = scene.harness, scene.owner.account, scene.buyer.account
    for _ in range(3):
        harness.do(scene.owner, *[scene.a_grant() for _ in range(40)])
    for account, as_reader in ((owner, False), (buyer, True)):
        first = harness.ask(ListConsents(account, as_reader=as_reader))
        rest = harness.ask(ListConsents(account, as_reader=as_reader, after=first[-1][0]))
        names = [name for name, _ in first + rest]
        assert (len(first), len(rest)) == (100, 20)
        assert names == sorted(set(names))
    assert harness.ask(ListConsents(owner, as_reader=True)) == ()
    assert harness.ask(ListConsents(buyer)) == ()


def test_a_revocation_holds_from_the_next_transaction_of_the_same_block_on(scene: Scene) -> None:
    harness = scene.harness
    recording, consent = scene.commit(), scene.grant()
    sequence = harness.sequence(scene.buyer)
    first = harness.sign(scene.buyer, scene.a_read(recording, consent), sequence=sequence)
    revoke = harness.sign(scene.owner, Revoke(consent))
    second = harness.sign(scene.buyer, scene.a_read(recording, consent), sequence=sequence + 1)
    results = harness.block(first, revoke, second)
    assert [result.code for result in results] == [0, 0, errors.ENDED.code]
    assert harness.events(results[1]) == (Ended(consent, "revoked"),)
    record = harness.ask(GetConsent(consent))
    assert record is not None
    assert record.ended_ms == harness.now_ms


def test_a_consent_is_noted_as_expired_in_the_first_block_at_its_expiry(scene: Scene) -> None:
    harness = scene.harness
    consent = scene.grant(expires_ms=harness.now_ms + DAY_MS)
    assert harness.advance(DAY_MS - 2 * BLOCK_MS) == ()
    assert harness.machine.next_due_ms() == harness.now_ms + BLOCK_MS
    assert harness.advance(BLOCK_MS) == (Ended(consent, "expired"),)
    record = harness.ask(GetConsent(consent))
    assert record is not None
    assert record.ended_ms == record.expires_ms == harness.now_ms
    assert harness.machine.next_due_ms() is None


def test_a_consent_lives_until_the_last_millisecond_before_its_expiry() -> None:
    scene = Scene(Harness(block_ms=1))
    harness, recording = scene.harness, scene.commit()
    expires_ms = harness.now_ms + DAY_MS
    consent = scene.grant(expires_ms=expires_ms)
    harness.advance(DAY_MS - 3)
    scene.read(recording, consent)
    assert harness.now_ms == expires_ms - 1
    harness.refuses(errors.ENDED, scene.buyer, scene.a_read(recording, consent))
    assert harness.now_ms == expires_ms


def test_the_expiry_of_a_revoked_consent_is_silent(scene: Scene) -> None:
    harness = scene.harness
    consent = scene.grant(expires_ms=harness.now_ms + DAY_MS)
    harness.do(scene.owner, Revoke(consent))
    before = harness.ask(GetConsent(consent))
    assert harness.advance(DAY_MS) == ()
    assert harness.ask(GetConsent(consent)) == before


def test_a_consent_whose_expiry_is_noted_late_lets_nobody_read_meanwhile() -> None:
    scene = Scene(Harness(limits=Limits(timers_per_block=1)))
    harness, recording = scene.harness, scene.commit()
    expires_ms = harness.now_ms + DAY_MS
    consents = [scene.grant(expires_ms=expires_ms) for _ in range(3)]
    assert len(harness.advance(DAY_MS)) == 1
    unnoted = [name for name in consents if harness.ask(GetConsent(name)).ended_ms == 0]  # type: ignore[union-attr]
    assert len(unnoted) == 2
    for name in unnoted:
        harness.refuses(errors.ENDED, scene.buyer, scene.a_read(recording, name))
    assert all(harness.ask(GetConsent(name)).ended_ms for name in consents)  # type: ignore[union-attr]


def test_the_consents_of_a_revoked_did_live_until_they_expire(scene: Scene) -> None:
    recording, consent = scene.commit(), scene.grant()
    scene.harness.do(scene.owner, RevokeIdentity(scene.owner.account))
    scene.harness.refuses(ledger.REVOKED_SENDER, scene.owner, Revoke(consent))
    scene.read(recording, consent)
    scene.harness.advance(31 * DAY_MS)
    scene.harness.refuses(errors.ENDED, scene.buyer, scene.a_read(recording, consent))


def test_categories_that_are_unsorted_or_stand_twice_are_refused(scene: Scene) -> None:
    for categories in (("position", "motion"), ("motion", "motion")):
        grant = scene.a_grant(categories=categories)
        scene.harness.refuses(errors.CATEGORIES_UNSORTED, scene.owner, grant)


def test_an_empty_window_is_refused(scene: Scene) -> None:
    grant = scene.a_grant(from_ms=START_MS, until_ms=START_MS)
    scene.harness.refuses(errors.EMPTY_WINDOW, scene.owner, grant)


def test_a_consent_that_would_expire_in_its_own_block_is_refused(scene: Scene) -> None:
    now_ms = scene.harness.now_ms + BLOCK_MS
    scene.harness.refuses(errors.ALREADY_EXPIRED, scene.owner, scene.a_grant(expires_ms=now_ms))
    scene.grant(expires_ms=now_ms + BLOCK_MS + 1)


def test_a_reader_who_is_unknown_or_revoked_gets_no_consent(scene: Scene) -> None:
    harness = scene.harness
    harness.refuses(errors.UNKNOWN_READER, scene.owner, scene.a_grant(reader=bytes(20)))
    harness.do(scene.buyer, RevokeIdentity(scene.buyer.account))
    harness.refuses(errors.UNKNOWN_READER, scene.owner, scene.a_grant())


def test_only_the_controller_of_a_vehicle_grants_for_it(scene: Scene) -> None:
    refuses, error = scene.harness.refuses, errors.NOT_YOUR_VEHICLE
    refuses(errors.NOT_YOUR_VEHICLE, scene.buyer, scene.a_grant())
    refuses(error, scene.car, scene.a_grant())
    refuses(error, scene.owner, scene.a_grant(vehicle=scene.owner.account))
    refuses(error, scene.owner, scene.a_grant(vehicle=bytes(20)))


def test_only_the_owner_revokes_a_consent(scene: Scene) -> None:
    consent = scene.grant()
    scene.harness.refuses(errors.NOT_YOUR_CONSENT, scene.buyer, Revoke(consent))
    scene.harness.refuses(errors.NOT_YOUR_CONSENT, scene.owner, Revoke(bytes(20)))


def test_a_consent_that_has_ended_is_not_revoked_again(scene: Scene) -> None:
    consent = scene.grant()
    scene.harness.do(scene.owner, Revoke(consent))
    scene.harness.refuses(errors.ALREADY_ENDED, scene.owner, Revoke(consent))
    expired = scene.grant(expires_ms=scene.harness.now_ms + DAY_MS)
    scene.harness.advance(DAY_MS)
    scene.harness.refuses(errors.ALREADY_ENDED, scene.owner, Revoke(expired))


def test_a_reading_without_a_consent_is_refused(scene: Scene) -> None:
    scene.harness.refuses(errors.NO_CONSENT, scene.buyer, scene.a_read(scene.commit(), bytes(20)))


def test_a_reading_under_an_ended_consent_is_refused(scene: Scene) -> None:
    recording, consent = scene.commit(), scene.grant()
    scene.harness.do(scene.owner, Revoke(consent))
    scene.harness.refuses(errors.ENDED, scene.buyer, scene.a_read(recording, consent))


def test_a_reading_under_somebody_elses_consent_is_refused(scene: Scene) -> None:
    recording, consent = scene.commit(), scene.grant()
    rival = scene.harness.register("rival", "organisation")
    scene.harness.refuses(errors.OTHER_READER, rival, scene.a_read(recording, consent))
    scene.harness.refuses(errors.OTHER_READER, scene.owner, scene.a_read(recording, consent))


def test_a_reading_of_another_vehicle_is_refused(scene: Scene) -> None:
    scene.car = scene.attested_car("second car", scene.owner)
    recording = scene.commit()
    scene.car = scene.attested_car("third car", scene.owner)
    scene.harness.refuses(errors.OTHER_VEHICLE, scene.buyer, scene.a_read(recording, scene.grant()))


def test_a_reading_for_another_purpose_is_refused(scene: Scene) -> None:
    read = scene.a_read(scene.commit(), scene.grant(), purpose="insurance")
    scene.harness.refuses(errors.OTHER_PURPOSE, scene.buyer, read)


def test_a_reading_of_another_category_is_refused(scene: Scene) -> None:
    read = scene.a_read(scene.commit(), scene.grant(), categories=("motion", "position"))
    scene.harness.refuses(errors.OTHER_CATEGORY, scene.buyer, read)


def test_coarse_consent_lets_nobody_read_exactly_and_exact_includes_coarse(scene: Scene) -> None:
    recording = scene.commit()
    coarse, exact = scene.grant(precision="coarse"), scene.grant(precision="exact")
    scene.harness.refuses(errors.TOO_PRECISE, scene.buyer, scene.a_read(recording, coarse))
    scene.read(recording, coarse, precision="coarse")
    scene.read(recording, exact, precision="coarse")


@pytest.mark.parametrize(
    "window",
    [
        {"from_ms": START_MS - HOUR_MS + 1},
        {"until_ms": START_MS - 1},
        {"from_ms": START_MS},
        {"from_ms": 0, "until_ms": START_MS - HOUR_MS},
    ],
)
def test_a_recording_that_is_not_wholly_within_the_window_is_refused(scene: Scene, window: dict[str, int]) -> None:
    read = scene.a_read(scene.commit(), scene.grant(**window))
    scene.harness.refuses(errors.OUTSIDE_WINDOW, scene.buyer, read)


def test_a_recording_that_fills_its_window_is_read(scene: Scene) -> None:
    scene.read(scene.commit(), scene.grant(from_ms=START_MS - HOUR_MS, until_ms=START_MS))


def test_whoever_asks_for_a_consent_hears_why_it_does_not_do(scene: Scene) -> None:
    consent = scene.grant()
    request = Request(
        reader=scene.buyer.account,
        owner=scene.owner.account,
        vehicle=scene.car.account,
        purpose="research",
        categories=("motion",),
        precision="exact",
        start_ms=START_MS - HOUR_MS,
        end_ms=START_MS,
    )
    assert scene.harness.ask(RequireConsent(consent, request)) == scene.harness.ask(GetConsent(consent))
    with pytest.raises(Refusal, match=errors.OTHER_PURPOSE.text):
        scene.harness.ask(RequireConsent(consent, replace(request, purpose="resale")))


@pytest.mark.parametrize(
    ("departure", "reason"),
    [
        ({}, None),
        ({"categories": ("energy",)}, None),
        ({"precision": "coarse"}, None),
        ({"start_ms": 11, "end_ms": 19}, None),
        ({"reader": b"x" * 20}, errors.OTHER_READER),
        ({"vehicle": b"x" * 20}, errors.OTHER_VEHICLE),
        ({"owner": b"x" * 20}, errors.OTHER_VEHICLE),
        ({"purpose": "resale"}, errors.OTHER_PURPOSE),
        ({"categories": ("energy", "engine")}, errors.OTHER_CATEGORY),
        ({"start_ms": 9}, errors.OUTSIDE_WINDOW),
        ({"end_ms": 21}, errors.OUTSIDE_WINDOW),
    ],
)
def test_a_request_that_departs_in_one_field_is_refused_for_that(
    departure: dict[str, Any], reason: Reason | None
) -> None:
    owner, reader, vehicle = (bytes([number]) * 20 for number in range(3))
    consent = Consent(
        owner=owner,
        reader=reader,
        vehicle=vehicle,
        purpose="research",
        categories=("energy", "motion"),
        precision="exact",
        from_ms=10,
        until_ms=20,
        price_uacc=1,
        granted_ms=1,
        expires_ms=100,
    )
    request = Request(
        reader=reader,
        owner=owner,
        vehicle=vehicle,
        purpose="research",
        categories=("energy", "motion"),
        precision="exact",
        start_ms=10,
        end_ms=20,
    )
    refusal = decide(consent, replace(request, **departure), now_ms=99)
    assert (refusal.reason if refusal else None) == reason


parties = st.sampled_from([bytes([number]) * 20 for number in range(2)])
times = st.integers(1, 6)
kinds = st.sets(st.sampled_from(CATEGORIES[:3]), min_size=1).map(lambda chosen: tuple(sorted(chosen)))
some_consents: st.SearchStrategy[Any] = st.builds(
    Consent,
    owner=parties,
    reader=parties,
    vehicle=parties,
    purpose=st.sampled_from(PURPOSES[:2]),
    categories=kinds,
    precision=st.sampled_from(["exact", "coarse"]),
    from_ms=times,
    until_ms=times,
    price_uacc=st.just(0),
    granted_ms=st.just(1),
    expires_ms=times,
    ended_ms=st.sampled_from([0, 0, 0, 3]),
)
some_requests: st.SearchStrategy[Any] = st.builds(
    Request,
    reader=parties,
    owner=parties,
    vehicle=parties,
    purpose=st.sampled_from(PURPOSES[:2]),
    categories=kinds,
    precision=st.sampled_from(["exact", "coarse"]),
    start_ms=times,
    end_ms=times,
)


@given(consent=some_consents, request=some_requests, now_ms=times)
def test_nothing_is_open_unless_every_field_of_a_living_consent_says_so(
    consent: Consent, request: Request, now_ms: int
) -> None:
    covered = (
        consent.ended_ms == 0,
        now_ms < consent.expires_ms,
        (consent.reader, consent.owner, consent.vehicle, consent.purpose)
        == (request.reader, request.owner, request.vehicle, request.purpose),
        set(request.categories) <= set(consent.categories),
        (consent.precision, request.precision) != ("coarse", "exact"),
        consent.from_ms <= request.start_ms,
        request.end_ms <= consent.until_ms,
    )
    assert (decide(consent, request, now_ms=now_ms) is None) == all(covered)


@given(consent=some_consents, now_ms=times)
def test_a_request_for_exactly_what_was_granted_is_open_as_long_as_the_consent_lives(
    consent: Consent, now_ms: int
) -> None:
    request = Request(
        reader=consent.reader,
        owner=consent.owner,
        vehicle=consent.vehicle,
        purpose=consent.purpose,
        categories=consent.categories,
        precision=consent.precision,
        start_ms=consent.from_ms,
        end_ms=consent.until_ms,
    )
    assert (decide(consent, request, now_ms=now_ms) is None) == consent.lives(now_ms)
