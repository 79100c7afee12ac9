"""Consent: what is granted or taken up is open for one reader and purpose until it ends; all else stays closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import get_args

import pytest
from chains.scene import DAY_MS

from autochain.onchain import codec
from autochain.onchain.contracts.consent import (
    BASES,
    PURPOSES,
    Basis,
    Consent,
    CountConsents,
    Counter,
    Ended,
    GetConsent,
    GetOffer,
    Grant,
    Granted,
    ListConsents,
    ListOffers,
    Offer,
    Offered,
    OpenOffer,
    Revoke,
    TakeUp,
    Terms,
    Withdraw,
    Withdrawn,
    consent_of,
    errors,
)
from autochain.onchain.contracts.credentials import Attest, Holds, Role
from autochain.onchain.contracts.credentials import Withdraw as WithdrawAttestation
from autochain.onchain.contracts.identity import HandOver
from autochain.onchain.contracts.identity import Revoke as RevokeIdentity
from autochain.onchain.contracts.recording import CATEGORIES, GRADES, HOUR_MS, Category, Erase
from autochain.onchain.ids import Id
from autochain.onchain.ledger import Context, Contract, Message
from autochain.onchain.ledger import errors as ledger
from chains import BLOCK_MS, CONTRACTS, START_MS, Harness, Party, Scene

YEAR_MS = 365 * DAY_MS


def test_a_consent_is_written_down_as_it_was_granted(scene: Scene) -> None:
    grant = scene.a_grant()
    (event,) = scene.harness.do(scene.owner, grant)
    assert isinstance(event, Granted)
    assert event == Granted(event.consent, scene.owner.account, scene.buyer.account, scene.car.account)
    assert scene.harness.ask(GetConsent(event.consent)) == Consent(
        owner=scene.owner.account,
        reader=scene.buyer.account,
        terms=grant.terms,
        granted_ms=scene.harness.now_ms,
        offer=None,
        revoked_ms=0,
    )


def test_every_purpose_has_a_legal_basis_and_every_category_a_grade() -> None:
    assert set(BASES) == set(PURPOSES)
    assert set(BASES.values()) == set(get_args(Basis))
    assert set(GRADES) == set(CATEGORIES)


def test_a_counter_says_how_many_consents_and_offers_there_are(scene: Scene) -> None:
    harness, owner, buyer = scene.harness, scene.owner.account, scene.buyer.account
    assert harness.ask(CountConsents(owner)) == Counter(granted=0, offered=0, received=0)
    consent, offer = scene.grant(), scene.offer()
    scene.grant(reader=owner)
    taken = take_up(scene, offer)
    for name in (consent, taken):
        harness.do(scene.owner, Revoke(name))
    harness.do(scene.owner, Withdraw(offer))
    assert harness.ask(CountConsents(owner)) == Counter(granted=3, offered=1, received=1)
    assert harness.ask(CountConsents(buyer)) == Counter(granted=0, offered=0, received=2)
    assert len(harness.ask(ListConsents(owner))) == 3
    assert len(harness.ask(ListConsents(buyer, as_reader=True))) == 2
    assert len(harness.ask(ListOffers(owner))) == 1


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
    assert harness.events(results[1]) == (Ended(consent),)
    record = harness.ask(GetConsent(consent))
    assert record is not None
    assert record.revoked_ms == harness.now_ms


def test_a_consent_ends_by_the_clock_alone_and_waits_for_no_timer(scene: Scene) -> None:
    harness = scene.harness
    consent = scene.grant(expires_ms=harness.now_ms + DAY_MS)
    before = harness.ask(GetConsent(consent))
    assert harness.machine.next_due_ms() is None
    assert harness.advance(DAY_MS) == ()
    assert harness.ask(GetConsent(consent)) == before


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


def test_nobody_reads_under_the_consent_of_an_owner_whose_did_is_revoked(scene: Scene) -> None:
    recording, consent = scene.commit(), scene.grant()
    scene.harness.do(scene.owner, RevokeIdentity(scene.owner.account))
    scene.harness.refuses(ledger.REVOKED_SENDER, scene.owner, Revoke(consent))
    scene.harness.refuses(errors.OWNER_GONE, scene.buyer, scene.a_read(recording, consent))


def test_a_recording_that_is_erased_or_past_its_time_is_read_by_nobody() -> None:
    scene = Scene(Harness(block_ms=1))
    harness, consent = scene.harness, scene.grant()
    keep_until_ms = harness.now_ms + DAY_MS
    recording = scene.commit(keep_until_ms=keep_until_ms)
    erased = scene.commit("another drive")
    harness.do(scene.owner, Erase(erased))
    harness.refuses(errors.NOT_KEPT, scene.buyer, scene.a_read(erased, consent))
    harness.advance(keep_until_ms - harness.now_ms - 2)
    scene.read(recording, consent)
    assert harness.now_ms == keep_until_ms - 1
    harness.refuses(errors.NOT_KEPT, scene.buyer, scene.a_read(recording, consent))


# What may be asked at all: the same of a grant and of an offer.


def a_grant_of(scene: Scene, terms: Terms) -> Message:
    return Grant(scene.buyer.account, terms)


def an_offer_of(scene: Scene, terms: Terms) -> Message:
    return Offer(terms, "buyer")


Of = Callable[[Scene, Terms], Message]
either = pytest.mark.parametrize("of", [a_grant_of, an_offer_of])


@either
@pytest.mark.parametrize("categories", [("position", "motion"), ("motion", "motion")])
def test_categories_that_are_unsorted_or_stand_twice_are_refused(
    scene: Scene, of: Of, categories: tuple[Category, ...]
) -> None:
    scene.harness.refuses(errors.CATEGORIES_UNSORTED, scene.owner, of(scene, scene.terms(categories=categories)))


@either
def test_terms_without_a_category_are_not_even_read(scene: Scene, of: Of) -> None:
    scene.harness.refuses(codec.NOT_DECODABLE, scene.owner, of(scene, scene.terms(categories=())))


@either
def test_an_empty_window_is_refused(scene: Scene, of: Of) -> None:
    terms = scene.terms(from_ms=START_MS, until_ms=START_MS)
    scene.harness.refuses(errors.EMPTY_WINDOW, scene.owner, of(scene, terms))


@either
def test_a_window_ends_at_a_time_that_can_be_written_as_a_date(scene: Scene, of: Of) -> None:
    latest_ms = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()) * 1000 + 999
    for until_ms in (latest_ms + 1, (1 << 53) - 1):
        scene.harness.refuses(errors.TOO_FAR, scene.owner, of(scene, scene.terms(until_ms=until_ms)))
    scene.harness.do(scene.owner, of(scene, scene.terms(until_ms=latest_ms)))


@either
def test_terms_that_would_expire_in_their_own_block_are_refused(scene: Scene, of: Of) -> None:
    now_ms = scene.harness.now_ms + BLOCK_MS
    scene.harness.refuses(errors.ALREADY_EXPIRED, scene.owner, of(scene, scene.terms(expires_ms=now_ms)))
    scene.harness.do(scene.owner, of(scene, scene.terms(expires_ms=now_ms + BLOCK_MS + 1)))


@either
@pytest.mark.parametrize(
    ("categories", "years"),
    [
        (("condition",), 5),
        (("engine", "environment"), 5),
        (("energy",), 2),
        (("motion",), 2),
        (("condition", "motion"), 2),
        (("position",), 1),
        (("condition", "motion", "position"), 1),
    ],
)
def test_terms_last_as_long_as_their_most_sensitive_category_allows(
    scene: Scene, of: Of, categories: tuple[Category, ...], years: int
) -> None:
    longest_ms = scene.harness.now_ms + BLOCK_MS + years * YEAR_MS
    too_long = scene.terms(categories=categories, expires_ms=longest_ms + 1)
    scene.harness.refuses(errors.TOO_LONG, scene.owner, of(scene, too_long))
    longest = scene.terms(categories=categories, expires_ms=longest_ms + BLOCK_MS)
    scene.harness.do(scene.owner, of(scene, longest))


def test_a_reader_who_is_unknown_or_revoked_gets_no_consent(scene: Scene) -> None:
    harness = scene.harness
    harness.refuses(errors.UNKNOWN_READER, scene.owner, scene.a_grant(reader=bytes(20)))
    harness.do(scene.buyer, RevokeIdentity(scene.buyer.account))
    harness.refuses(errors.UNKNOWN_READER, scene.owner, scene.a_grant())


@either
def test_only_the_controller_of_a_vehicle_gives_consents_for_it(scene: Scene, of: Of) -> None:
    refuses, error = scene.harness.refuses, errors.NOT_YOUR_VEHICLE
    refuses(errors.NOT_YOUR_VEHICLE, scene.buyer, of(scene, scene.terms()))
    refuses(error, scene.car, of(scene, scene.terms()))
    refuses(error, scene.owner, of(scene, scene.terms(vehicle=scene.owner.account)))
    refuses(error, scene.owner, of(scene, scene.terms(vehicle=bytes(20))))


def test_after_a_sale_the_new_owner_gives_consents_and_the_former_ones_cover_what_was_recorded_before(
    scene: Scene,
) -> None:
    harness, taker = scene.harness, scene.harness.register("taker")
    former, consent, offer = scene.commit("before"), scene.grant(), scene.offer()
    harness.do(scene.owner, HandOver(scene.car.account), payer=taker)
    fresh = scene.commit("after", **scene.this_hour())
    harness.refuses(errors.NOT_YOUR_VEHICLE, scene.owner, scene.a_grant())
    harness.do(taker, scene.a_grant(reader=taker.account))
    taken = take_up(scene, offer)
    for name in (consent, taken):
        scene.read(former, name)
        harness.refuses(errors.OTHER_VEHICLE, scene.buyer, scene.a_read(fresh, name))
    mine = take_up(scene, harness.do(taker, Offer(scene.terms(), "buyer"))[0].offer)  # type: ignore[attr-defined]
    scene.read(fresh, mine)
    harness.refuses(errors.OTHER_VEHICLE, scene.buyer, scene.a_read(former, mine))


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


# Offers.


def take_up(scene: Scene, offer: bytes, reader: Party | None = None, *, role: Role = "buyer") -> bytes:
    """Lets a reader take an offer up, with its role attested before if it has not been, and gives the consent's id."""
    reader = reader or scene.buyer
    if not scene.harness.ask(Holds(reader.account, role)):
        scene.harness.do(scene.harness.treasury, Attest(reader.account, role))
    (event,) = scene.harness.do(reader, TakeUp(offer))
    assert isinstance(event, Granted)
    return event.consent


def test_an_offer_is_written_down_as_it_was_made(scene: Scene) -> None:
    (event,) = scene.harness.do(scene.owner, Offer(scene.terms(), "insurer"))
    assert isinstance(event, Offered)
    assert event == Offered(event.offer, scene.owner.account)
    made = OpenOffer(scene.owner.account, scene.terms(), "insurer", scene.harness.now_ms)
    assert scene.harness.ask(GetOffer(event.offer)) == made
    assert scene.harness.ask(GetOffer(bytes(20))) is None
    assert scene.harness.ask(ListOffers()) == scene.harness.ask(ListOffers(scene.owner.account))
    assert scene.harness.ask(ListOffers()) == ((event.offer, made),)


def test_offers_are_listed_of_one_owner_and_of_all_in_pages_of_a_hundred(scene: Scene) -> None:
    harness, stranger = scene.harness, scene.harness.register("stranger")
    bike = harness.register("bike", "device", controller=stranger)
    harness.do(stranger, Offer(scene.terms(vehicle=bike.account), "buyer"))
    for _ in range(3):
        harness.do(scene.owner, *[Offer(scene.terms(), "buyer")] * 40)
    for owner, expected in ((scene.owner.account, 120), (stranger.account, 1), (None, 121)):
        first = harness.ask(ListOffers(owner))
        rest = harness.ask(ListOffers(owner, after=first[-1][0]))
        names = [name for name, _ in first + rest]
        assert (len(first), len(names)) == (min(expected, 100), expected)
        assert names == sorted(set(names))
    assert harness.ask(ListOffers(scene.buyer.account)) == ()


def test_whoever_takes_an_offer_up_has_a_consent_of_its_own_on_the_offers_terms(scene: Scene) -> None:
    harness, offer = scene.harness, scene.offer()
    rival = harness.register("rival", "organisation")
    one, two = take_up(scene, offer), take_up(scene, offer, rival)
    assert (one, two) == (consent_of(offer, scene.buyer.account), consent_of(offer, rival.account))
    assert harness.ask(GetConsent(two)) == Consent(
        scene.owner.account, rival.account, scene.terms(), harness.now_ms, offer=offer
    )
    recording = scene.commit()
    harness.do(scene.owner, Revoke(one))
    harness.refuses(errors.ENDED, scene.buyer, scene.a_read(recording, one))
    harness.refuses(errors.OTHER_READER, scene.buyer, scene.a_read(recording, two))
    harness.do(rival, scene.a_read(recording, two))


def test_what_was_taken_up_outlives_the_offer_and_the_role_until_it_is_revoked(scene: Scene) -> None:
    harness, recording, offer = scene.harness, scene.commit(), scene.offer()
    consent = take_up(scene, offer)
    assert harness.do(scene.owner, Withdraw(offer)) == (Withdrawn(offer),)
    harness.do(harness.treasury, WithdrawAttestation(scene.buyer.account, "buyer"))
    scene.read(recording, consent)
    harness.do(scene.owner, Revoke(consent))
    harness.refuses(errors.ENDED, scene.buyer, scene.a_read(recording, consent))


def test_an_offer_is_open_until_the_last_millisecond_before_its_expiry() -> None:
    scene = Scene(Harness(block_ms=1))
    harness, rival = scene.harness, scene.harness.register("rival")
    expires_ms = harness.now_ms + DAY_MS
    offer, other = scene.offer(expires_ms=expires_ms), scene.offer(expires_ms=expires_ms)
    for reader in (scene.buyer, rival):
        harness.do(harness.treasury, Attest(reader.account, "buyer"))
    harness.advance(expires_ms - harness.now_ms - 2)
    take_up(scene, offer)
    assert harness.now_ms == expires_ms - 1
    harness.refuses(errors.NO_OFFER, rival, TakeUp(offer))
    assert harness.now_ms == expires_ms
    harness.refuses(errors.OFFER_ENDED, scene.owner, Withdraw(other))


def test_an_offer_that_was_withdrawn_or_never_was_is_not_taken_up(scene: Scene) -> None:
    harness, offer = scene.harness, scene.offer()
    harness.do(harness.treasury, Attest(scene.buyer.account, "buyer"))
    withdrawal, taking = harness.sign(scene.owner, Withdraw(offer)), harness.sign(scene.buyer, TakeUp(offer))
    results = harness.block(withdrawal, taking)
    assert [(result.codespace, result.code) for result in results] == [("", 0), ("consent", errors.NO_OFFER.code)]
    harness.refuses(errors.NO_OFFER, scene.buyer, TakeUp(offer))
    harness.refuses(errors.NO_OFFER, scene.buyer, TakeUp(bytes(20)))


def test_an_offer_is_taken_up_only_by_whom_its_role_is_attested_of_now(scene: Scene) -> None:
    harness, offer = scene.harness, scene.offer(role="insurer")
    harness.refuses(errors.OTHER_ROLE, scene.buyer, TakeUp(offer))
    harness.do(harness.treasury, Attest(scene.buyer.account, "buyer"))
    harness.refuses(errors.OTHER_ROLE, scene.buyer, TakeUp(offer))
    harness.refuses(errors.OTHER_ROLE, scene.owner, TakeUp(offer))
    harness.do(harness.treasury, Attest(scene.buyer.account, "insurer"))
    harness.do(harness.treasury, WithdrawAttestation(scene.buyer.account, "insurer"))
    harness.refuses(errors.OTHER_ROLE, scene.buyer, TakeUp(offer))
    take_up(scene, offer, role="insurer")


def test_an_offer_is_taken_up_once_even_when_that_consent_was_revoked(scene: Scene) -> None:
    offer = scene.offer()
    consent = take_up(scene, offer)
    scene.harness.refuses(errors.ALREADY_TAKEN_UP, scene.buyer, TakeUp(offer))
    scene.harness.do(scene.owner, Revoke(consent))
    scene.harness.refuses(errors.ALREADY_TAKEN_UP, scene.buyer, TakeUp(offer))
    take_up(scene, scene.offer())


def test_only_its_owner_withdraws_an_offer_and_only_once(scene: Scene) -> None:
    harness, offer = scene.harness, scene.offer()
    harness.refuses(errors.NOT_YOUR_OFFER, scene.buyer, Withdraw(offer))
    harness.refuses(errors.NOT_YOUR_OFFER, scene.owner, Withdraw(bytes(20)))
    harness.do(scene.owner, Withdraw(offer))
    record = harness.ask(GetOffer(offer))
    assert record is not None
    assert record.withdrawn_ms == harness.now_ms
    harness.refuses(errors.OFFER_ENDED, scene.owner, Withdraw(offer))


class Broker(Message, frozen=True, tag="broker/Broker"):
    """Has the test's own contract take an offer up as itself."""

    offer: Id


def _broker(ctx: Context, message: Broker) -> None:
    ctx.call("consent", TakeUp(message.offer), as_self=True)


def test_a_contract_that_takes_up_as_itself_has_no_did_and_is_refused() -> None:
    broker = Contract("broker", version=1, uses=("consent",), messages={Broker: _broker})
    scene = Scene(Harness(contracts=(*CONTRACTS, broker)))
    scene.harness.refuses(errors.UNKNOWN_READER, scene.buyer, Broker(scene.offer()))
