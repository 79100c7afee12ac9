"""The decision whether a consent lets a reader read: a table of every way to be refused, and of what is open."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from chains.scene import DAY_MS
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from autochain.onchain.contracts.consent import (
    PURPOSES,
    Consent,
    GetConsent,
    Request,
    RequireConsent,
    Revoke,
    TakeUp,
    Terms,
    Withdraw,
    consent_of,
    decide,
    errors,
)
from autochain.onchain.contracts.credentials import Attest
from autochain.onchain.contracts.credentials import Withdraw as WithdrawAttestation
from autochain.onchain.contracts.identity import HandOver
from autochain.onchain.contracts.identity import Revoke as RevokeIdentity
from autochain.onchain.contracts.recording import CATEGORIES, PRECISIONS, Erase, GetRecording, Precision
from autochain.onchain.refusals import Reason, Refusal
from chains import Harness, Scene

OWNER, READER, VEHICLE, STRANGER = (bytes([number]) * 20 for number in range(1, 5))
CONSENT = Consent(
    owner=OWNER,
    reader=READER,
    terms=Terms(
        vehicle=VEHICLE,
        purpose="research",
        categories=("energy", "motion"),
        precision="coarse",
        from_ms=10,
        until_ms=20,
        price_uacc=1,
        expires_ms=100,
    ),
    granted_ms=1,
)
REQUEST = Request(
    reader=READER,
    owner=OWNER,
    vehicle=VEHICLE,
    purpose="research",
    categories=("energy", "motion"),
    precision="coarse",
    start_ms=10,
    end_ms=20,
    kept=True,
    owner_active=True,
)


def reason_for(consent: Consent | None, request: Request, now_ms: int) -> Reason | None:
    refusal = decide(consent, request, now_ms=now_ms)
    return refusal.reason if refusal else None


@pytest.mark.parametrize(
    ("departure", "reason"),
    [
        ({}, None),
        ({"categories": ("energy",)}, None),
        ({"precision": "aggregate"}, None),
        ({"start_ms": 11, "end_ms": 19}, None),
        ({"reader": STRANGER}, errors.OTHER_READER),
        ({"reader": OWNER}, errors.OTHER_READER),
        ({"vehicle": STRANGER}, errors.OTHER_VEHICLE),
        ({"owner": STRANGER}, errors.OTHER_VEHICLE),
        ({"owner_active": False}, errors.OWNER_GONE),
        ({"purpose": "resale"}, errors.OTHER_PURPOSE),
        ({"categories": ("position",)}, errors.OTHER_CATEGORY),
        ({"categories": ("energy", "engine")}, errors.OTHER_CATEGORY),
        ({"precision": "exact"}, errors.TOO_PRECISE),
        ({"start_ms": 9}, errors.OUTSIDE_WINDOW),
        ({"end_ms": 21}, errors.OUTSIDE_WINDOW),
        ({"start_ms": 20, "end_ms": 30}, errors.OUTSIDE_WINDOW),
        ({"start_ms": 0, "end_ms": 10}, errors.OUTSIDE_WINDOW),
        ({"kept": False}, errors.NOT_KEPT),
    ],
)
def test_a_request_that_departs_in_one_field_is_refused_for_that(
    departure: dict[str, Any], reason: Reason | None
) -> None:
    assert reason_for(CONSENT, replace(REQUEST, **departure), 99) == reason


@pytest.mark.parametrize(
    ("consent", "now_ms", "reason"),
    [
        (CONSENT, 1, None),
        (CONSENT, 99, None),
        (CONSENT, 100, errors.ENDED),
        (CONSENT, 101, errors.ENDED),
        (replace(CONSENT, revoked_ms=2), 2, errors.ENDED),
        (None, 1, errors.NO_CONSENT),
    ],
)
def test_a_consent_is_open_until_it_is_revoked_or_its_very_millisecond_comes(
    consent: Consent | None, now_ms: int, reason: Reason | None
) -> None:
    assert reason_for(consent, REQUEST, now_ms) == reason


OPEN = {
    ("exact", "exact"),
    ("exact", "coarse"),
    ("exact", "aggregate"),
    ("coarse", "coarse"),
    ("coarse", "aggregate"),
    ("aggregate", "aggregate"),
}
"""Precisions granted and asked."""


@pytest.mark.parametrize(("granted", "asked"), list(product(PRECISIONS, repeat=2)))
def test_a_precision_includes_those_that_are_coarser(granted: Precision, asked: Precision) -> None:
    consent = replace(CONSENT, terms=replace(CONSENT.terms, precision=granted))
    expected = None if (granted, asked) in OPEN else errors.TOO_PRECISE
    assert reason_for(consent, replace(REQUEST, precision=asked), 1) == expected


parties = st.sampled_from([OWNER, READER])
times = st.integers(1, 6)
kinds = st.sets(st.sampled_from(CATEGORIES[:3]), min_size=1).map(lambda chosen: tuple(sorted(chosen)))
some_terms: st.SearchStrategy[Any] = st.builds(
    Terms,
    vehicle=parties,
    purpose=st.sampled_from(PURPOSES[:2]),
    categories=kinds,
    precision=st.sampled_from(PRECISIONS),
    from_ms=times,
    until_ms=times,
    price_uacc=st.just(0),
    expires_ms=times,
)
some_consents: st.SearchStrategy[Any] = st.builds(
    Consent,
    owner=parties,
    reader=parties,
    terms=some_terms,
    granted_ms=st.just(1),
    revoked_ms=st.sampled_from([0, 0, 0, 3]),
)
some_requests: st.SearchStrategy[Any] = st.builds(
    Request,
    reader=parties,
    owner=parties,
    vehicle=parties,
    purpose=st.sampled_from(PURPOSES[:2]),
    categories=kinds,
    precision=st.sampled_from(PRECISIONS),
    start_ms=times,
    end_ms=times,
    kept=st.sampled_from([True, True, False]),
    owner_active=st.sampled_from([True, True, False]),
)


def covers(consent: Consent, request: Request) -> bool:
    terms = consent.terms
    return (
        (consent.reader, consent.owner, terms.vehicle, terms.purpose)
        == (request.reader, request.owner, request.vehicle, request.purpose)
        and set(request.categories) <= set(terms.categories)
        and (terms.precision, request.precision) in OPEN
        and terms.from_ms <= request.start_ms
        and request.end_ms <= terms.until_ms
    )


@given(consent=some_consents, request=some_requests, now_ms=times)
def test_nothing_is_open_unless_every_field_of_a_living_consent_says_so(
    consent: Consent, request: Request, now_ms: int
) -> None:
    living = consent.revoked_ms == 0 and now_ms < consent.terms.expires_ms
    expected = living and covers(consent, request) and request.kept and request.owner_active
    assert (decide(consent, request, now_ms=now_ms) is None) == expected


@given(consent=some_consents, now_ms=times)
def test_a_request_for_exactly_what_was_granted_is_open_as_long_as_the_consent_lives(
    consent: Consent, now_ms: int
) -> None:
    terms = consent.terms
    request = Request(
        reader=consent.reader,
        owner=consent.owner,
        vehicle=terms.vehicle,
        purpose=terms.purpose,
        categories=terms.categories,
        precision=terms.precision,
        start_ms=terms.from_ms,
        end_ms=terms.until_ms,
        kept=True,
        owner_active=True,
    )
    assert (decide(consent, request, now_ms=now_ms) is None) == consent.lives(now_ms)


# The same, asked of a chain, as a member of the committee asks before it gives a share.


class Asked:
    """A recording and a consent that came by an offer, on a chain whose blocks are a millisecond apart."""

    def __init__(self) -> None:
        self.scene = Scene(Harness(block_ms=1))
        harness = self.harness = self.scene.harness
        self.expires_ms = harness.now_ms + DAY_MS
        self.keep_until_ms = harness.now_ms + 2 * DAY_MS
        self.recording = self.scene.commit(keep_until_ms=self.keep_until_ms)
        self.offer = self.scene.offer(expires_ms=self.expires_ms)
        harness.do(harness.treasury, Attest(self.scene.buyer.account, "buyer"))
        harness.do(self.scene.buyer, TakeUp(self.offer))
        self.consent = consent_of(self.offer, self.scene.buyer.account)

    def until(self, time_ms: int) -> None:
        """Makes the block of exactly this time."""
        self.harness.advance(time_ms - self.harness.now_ms)

    def reason(self, **changes: Any) -> Reason | None:
        recording = self.harness.ask(GetRecording(self.recording))
        assert recording is not None
        reader = self.scene.buyer.account
        asked = RequireConsent(self.consent, reader, recording, "research", ("motion",), "exact")
        try:
            given = self.harness.ask(replace(asked, **changes))
        except Refusal as refusal:
            return refusal.reason
        assert given == self.harness.ask(GetConsent(self.consent))
        return None


def long_kept(asked: Asked) -> None:
    """Takes a consent that ends after the recording does."""
    asked.harness.do(asked.scene.owner, Revoke(asked.consent))
    asked.consent = asked.scene.grant(expires_ms=asked.keep_until_ms + DAY_MS)


def just_before_its_retention_ends(asked: Asked) -> None:
    long_kept(asked)
    asked.until(asked.keep_until_ms - 1)


def at_the_end_of_its_retention(asked: Asked) -> None:
    long_kept(asked)
    asked.until(asked.keep_until_ms)


def withdrawn_role(asked: Asked) -> None:
    asked.harness.do(asked.harness.treasury, WithdrawAttestation(asked.scene.buyer.account, "buyer"))


def handed_over(asked: Asked) -> None:
    asked.harness.do(asked.scene.owner, HandOver(asked.scene.car.account), payer=asked.scene.buyer)


def recorded_by_the_next_owner(asked: Asked) -> None:
    handed_over(asked)
    asked.recording = asked.scene.commit("another drive", **asked.scene.this_hour())


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (lambda asked: None, None),
        (lambda asked: asked.until(asked.expires_ms - 1), None),
        (lambda asked: asked.until(asked.expires_ms), errors.ENDED),
        (lambda asked: asked.harness.do(asked.scene.owner, Revoke(asked.consent)), errors.ENDED),
        (lambda asked: asked.harness.do(asked.scene.owner, Withdraw(asked.offer)), None),
        (withdrawn_role, None),
        (lambda asked: asked.harness.do(asked.scene.owner, Erase(asked.recording)), errors.NOT_KEPT),
        (just_before_its_retention_ends, None),
        (at_the_end_of_its_retention, errors.NOT_KEPT),
        (
            lambda asked: asked.harness.do(asked.scene.owner, RevokeIdentity(asked.scene.owner.account)),
            errors.OWNER_GONE,
        ),
        (lambda asked: asked.harness.do(asked.scene.owner, RevokeIdentity(asked.scene.car.account)), None),
        (handed_over, None),
        (recorded_by_the_next_owner, errors.OTHER_VEHICLE),
    ],
)
def test_a_chain_answers_by_what_has_happened(happens: Callable[[Asked], object], reason: Reason | None) -> None:
    asked = Asked()
    happens(asked)
    assert asked.reason() == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"consent": bytes(20)}, errors.NO_CONSENT),
        ({"reader": STRANGER}, errors.OTHER_READER),
        ({"purpose": "insurance"}, errors.OTHER_PURPOSE),
        ({"categories": ("motion", "position")}, errors.OTHER_CATEGORY),
        ({"precision": "aggregate"}, None),
    ],
)
def test_a_chain_answers_by_what_is_asked(changes: dict[str, Any], reason: Reason | None) -> None:
    assert Asked().reason(**changes) == reason
