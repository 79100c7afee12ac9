"""Grants as credentials: what they say, that they only narrow, and who may answer with them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from autochain.onchain.refusals import Reason, Refusal
from autochain.wallet.credentials import Author, DidUrl, Document, Resolution, add_proof, canonical
from autochain.wallet.credentials.access import (
    MAX_ANSWER_BYTES,
    Circle,
    Grant,
    Polygon,
    answer,
    check_chain,
    check_use,
    digest_of,
    errors,
    give,
    minute_of_week,
    read_answer,
    read_grant,
    verify_chain,
    verify_holder,
    write_grant,
)

from .actors import DAY, NOW, World, guest, key, refused, without
from .granting import (
    CHALLENGE,
    FRIEND,
    HERE,
    OWNER,
    SON,
    STRANGER,
    VEHICLE,
    WORKSHOP,
    a_chain,
    a_grant,
    a_status,
    answered,
    limited,
    passed_on,
)

HOUR = 3_600_000


def owner(_: DidUrl) -> Resolution:
    method: Document = {
        "id": OWNER.method,
        "type": "Multikey",
        "controller": OWNER.did,
        "publicKeyMultibase": OWNER.method.partition("#")[2],
    }
    return Resolution({"id": OWNER.did, "verificationMethod": [method], "assertionMethod": [OWNER.method]})


def verified(data: bytes) -> None:
    shown = read_answer(data)
    verify_holder(shown, vehicle=VEHICLE, now_ms=NOW)
    verify_chain(shown, owner, now_ms=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        limited(),
        {"area": Polygon(corners_e7=((0, 0), (0, 10), (10, 10)))},
        {"uses": 3, "delegations": 0},
        {"statuses": (a_status(), a_status("suspension", 8))},
    ],
)
def test_a_grant_says_the_same_after_it_was_written_and_read(changes: dict[str, Any]) -> None:
    grant = a_grant(**changes)
    document = json.loads(canonical(write_grant(grant)))
    assert read_grant(document) == grant
    assert write_grant(read_grant(document)) == document


@pytest.mark.parametrize(
    "changes",
    [
        {"resources": ()},
        {"resources": ("unlock", "lock")},
        {"resources": ("lock", "lock")},
        {"resources": ("fly",)},
        {"since_ms": NOW, "until_ms": NOW},
        {"times": ()},
        {"times": ((10, 10),)},
        {"times": ((0, 10), (10, 20))},
        {"times": ((20, 30), (0, 10))},
        {"times": ((0, 10_081),)},
        {"uses": 0},
        {"delegations": 4},
        {"delegations": -1},
        {"vehicle": "car"},
        {"statuses": (a_status(), a_status(), a_status())},
        {"statuses": (a_status(index=-1),)},
        {"area": Circle(latitude_e7=860_000_000, longitude_e7=0, radius_m=1)},
        {"area": Circle(latitude_e7=0, longitude_e7=0, radius_m=100_001)},
        {"area": Polygon(corners_e7=((0, 0), (0, 10)))},
        {"area": Polygon(corners_e7=tuple((place, place * place) for place in range(33)))},
    ],
)
def test_a_grant_that_is_not_of_its_form_is_refused(changes: dict[str, Any]) -> None:
    refused(errors.MALFORMED, lambda: give(a_grant(**changes), [OWNER], now_ms=NOW))


def test_the_owners_grants_alone_have_a_status() -> None:
    refused(errors.MALFORMED, write_grant, passed_on(a_grant(), SON, statuses=(a_status(),)))


def test_a_did_key_is_the_key_that_its_grant_names() -> None:
    refused(errors.MALFORMED, write_grant, a_grant(SON, holder_key=key(9).public_key))


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("more",), 1),
        (("@context",), ["https://www.w3.org/ns/credentials/v2", "https://autochain.example/contexts/v1", "x:y"]),
        (("type",), ["VerifiableCredential", "VehicleCredential"]),
        (("credentialSubject", "uses"), 1.5),
        (("credentialSubject", "uses"), True),
        (("credentialSubject", "more"), 1),
        (("credentialSubject", "holderKey"), "z6Mk"),
        (("credentialSubject", "area"), {"type": "Square"}),
        (("validFrom",), "2027-01-15T09:00:00+01:00"),
        (("validUntil",), "soon"),
    ],
)
def test_a_credential_that_says_anything_else_is_no_grant(where: tuple[str, ...], value: Any) -> None:
    document: Any = write_grant(a_grant())
    place = document if len(where) == 1 else document[where[0]]
    place[where[-1]] = value
    data = answered_raw([add_proof(document, OWNER, purpose="assertionMethod", created_ms=NOW)])
    refused(errors.MALFORMED, read_answer, data)


def answered_raw(chain: list[Document], author: Author = FRIEND, **changes: Any) -> bytes:
    """Signs an answer past the checks of whoever makes one."""
    document: Document = json.loads(answered(a_chain({})))
    document = without(document, "proof") | {"verifiableCredential": list(chain), "holder": author.did} | changes
    challenge = document_challenge()
    return canonical(
        add_proof(document, author, purpose="authentication", created_ms=NOW, challenge=challenge, domain=VEHICLE)
    )


def document_challenge() -> str:
    proof: Any = json.loads(answered(a_chain({})))["proof"]
    return str(proof["challenge"])


@pytest.mark.parametrize("links", [1, 2, 3, 4])
def test_a_chain_of_grants_is_verified_offline(links: int) -> None:
    holders = [FRIEND, SON, WORKSHOP, STRANGER]
    verified(answered(a_chain(*[{}] * links), holders[links - 1]))


def test_an_answer_is_small_enough_for_short_range_radio() -> None:
    one = len(answered(a_chain(limited())))
    four = len(answered(a_chain(limited(), {}, {}, {}), STRANGER))
    assert one < 2_500
    assert four < 6_500
    assert four < MAX_ANSWER_BYTES
    corners = tuple((place**2 * 100, place * 1_000_000) for place in range(32))
    wide = {"area": Polygon(corners_e7=corners)}
    assert len(answered(a_chain(wide, {}, {}, {}), STRANGER)) < MAX_ANSWER_BYTES


WIDER: list[dict[str, Any]] = [
    {"resources": ("drive", "lock", "open_boot", "unlock")},
    {"since_ms": NOW - DAY - 1},
    {"until_ms": NOW + DAY + 1},
    {"times": None},
    {"times": ((479, 1_080),)},
    {"times": ((480, 1_081),)},
    {"times": ((480, 1_080), (3_000, 3_001))},
    {"area": None},
    {"area": Circle(latitude_e7=HERE[0], longitude_e7=HERE[1], radius_m=20_001)},
    {"uses": None},
    {"uses": 6},
    {"delegations": 3},
    {"vehicle": SON.did},
    {"owned_since_ms": NOW},
    {"issuer": OWNER.did},
    {"parent": "urn:uuid:another"},
]


@pytest.mark.parametrize("changes", WIDER)
def test_a_grant_that_is_wider_than_its_parent_is_refused(changes: dict[str, Any]) -> None:
    parent = a_grant(**(limited() | {"uses": 5, "statuses": ()}))
    child = passed_on(parent, SON)
    check_chain([parent, child])
    wider = replace(child, **changes)
    refused(errors.WIDER, check_chain, [parent, wider])
    chain = give(parent, [OWNER], now_ms=NOW)
    forced = add_proof(write_grant(wider), FRIEND, purpose="assertionMethod", created_ms=NOW)
    shown = answered_raw([*chain, forced], SON)
    refused(errors.WIDER, verified, shown)


def test_a_grant_without_the_one_it_was_made_from_is_refused() -> None:
    refused(errors.MALFORMED, check_chain, [passed_on(a_grant(), SON)])
    whole = a_chain({}, {})
    refused(errors.MALFORMED, verified, answered_raw(list(whole[1:]), SON))


def test_a_grant_can_be_passed_on_three_times_at_most() -> None:
    chain = a_chain({}, {}, {}, {})
    last = read_grant(chain[-1])
    assert last.delegations == 0
    refused(errors.MALFORMED, lambda: give(passed_on(last, SON), [STRANGER], now_ms=NOW, parents=chain))


def test_only_the_holder_answers() -> None:
    refused(errors.WRONG_HOLDER, verified, answered_raw(list(a_chain({})), STRANGER))
    refused(errors.WRONG_HOLDER, verified, answered_raw(list(a_chain({})), Author(FRIEND.did, key(9))))
    refused(errors.WRONG_HOLDER, verified, answered_raw(list(a_chain({}, {})), FRIEND))
    refused(errors.WRONG_HOLDER, verified, answered_raw(list(a_chain({})), FRIEND, holder=SON.did))


def test_an_answer_to_another_vehicle_is_refused() -> None:
    refused(errors.WRONG_VEHICLE, verified, answered(a_chain({}), vehicle=SON.did))


def test_a_grant_by_another_key_than_its_parent_names_is_refused() -> None:
    parent = give(a_grant(), [OWNER], now_ms=NOW)
    stolen = Author(FRIEND.did, key(9))
    refused(errors.WRONG_KEY, lambda: give(passed_on(a_grant(), SON), [stolen], now_ms=NOW, parents=parent))
    child = add_proof(write_grant(passed_on(a_grant(), SON)), stolen, purpose="assertionMethod", created_ms=NOW)
    refused(errors.WRONG_KEY, verified, answered_raw([*parent, child], SON))
    other = add_proof(write_grant(a_grant()), guest(9), purpose="assertionMethod", created_ms=NOW)
    shown = read_answer(answered_raw([other]))
    refused(errors.WRONG_KEY, lambda: verify_chain(shown, World().resolve, now_ms=NOW))


@given(st.integers(min_value=0), st.integers(0, 7))
def test_any_bit_that_turned_is_refused(place: int, bit: int) -> None:
    data = bytearray(ANSWER)
    data[place % len(data)] ^= 1 << bit
    with pytest.raises(Refusal) as caught:
        verified(bytes(data))
    assert caught.value.codespace == "access", caught.value


ANSWER = answered(a_chain(limited(), {}), SON)


def test_uses_are_counted_under_what_a_grant_says_not_under_how_it_is_signed() -> None:
    (one,), (two,) = a_chain({}), give(a_grant(), [OWNER], now_ms=NOW + 1)
    assert one != two
    assert digest_of(one) == digest_of(two)
    assert digest_of(one) != digest_of(a_chain({"uses": 4})[0])


@pytest.mark.parametrize(
    ("changes", "asked", "reason"),
    [
        ({}, {"resource": "charge"}, errors.NOT_NAMED),
        ({}, {"now_ms": NOW - DAY - 1}, errors.NOT_YET_VALID),
        ({}, {"now_ms": NOW + DAY}, errors.EXPIRED),
        ({"times": ((0, 1),)}, {}, errors.OUTSIDE_TIMES),
        (limited() | {"times": None}, {"position_e7": None}, errors.NO_POSITION),
        (limited() | {"times": None}, {"position_e7": (0, 0)}, errors.OUTSIDE_AREA),
    ],
)
def test_what_a_grant_does_not_allow_is_refused(changes: dict[str, Any], asked: dict[str, Any], reason: Reason) -> None:
    usual: dict[str, Any] = {"resource": "unlock", "now_ms": NOW, "position_e7": HERE}
    refused(reason, lambda: check_use(a_grant(**changes), **(usual | asked)))
    check_use(a_grant(), **usual)


def test_a_week_begins_on_monday_at_midnight_utc() -> None:
    monday = 1_767_571_200_000  # 2026-01-05T00:00:00Z
    assert minute_of_week(monday) == 0
    assert minute_of_week(monday - 1) == 10_079
    assert minute_of_week(monday + 25 * HOUR + 59_999) == 1_500


def test_a_time_ends_before_its_last_minute() -> None:
    minute = minute_of_week(NOW)
    grant: Grant = a_grant(times=((minute - 1, minute + 1),))
    start = NOW - NOW % 60_000 - 60_000
    for now_ms, is_allowed in ((start - 1, False), (start, True), (start + 119_999, True), (start + 120_000, False)):
        if is_allowed:
            check_use(grant, "lock", now_ms=now_ms, position_e7=None)
        else:
            refused(errors.OUTSIDE_TIMES, lambda at=now_ms: check_use(grant, "lock", now_ms=at, position_e7=None))


def test_garbage_and_answers_that_are_too_large_are_refused() -> None:
    refused(errors.TOO_LARGE, read_answer, b" " * (MAX_ANSWER_BYTES + 1))
    for data in (b"", b"[]", b"{}", b"\xff", answered(a_chain({}))[:-1]):
        refused(errors.MALFORMED, read_answer, data)
    refused(errors.MALFORMED, lambda: answer((), FRIEND, "lock", vehicle=VEHICLE, challenge=CHALLENGE, now_ms=NOW))


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Lists the way to each value inside another."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, each in inner for place in places_in(each, (*path, name)))]


STRANGE: list[Any] = [None, True, -1, 1.5, 2**53 - 1, "", "did:key:z", "z6Mk", "\u2028", [], {}, [[]], {"@id": "x:y"}]


@given(st.data())
def test_whatever_a_stranger_signs_is_refused_in_words(data: st.DataObject) -> None:
    document: Any = json.loads(ANSWER)
    del document["proof"]
    place = data.draw(st.sampled_from([path for path in places_in(document) if path]))
    holder = document
    for name in place[:-1]:
        holder = holder[name]
    if data.draw(st.booleans()):
        holder[place[-1]] = data.draw(st.sampled_from(STRANGE))
    else:
        del holder[place[-1]]
    signed = add_proof(
        document, SON, purpose="authentication", created_ms=NOW, challenge=document_challenge(), domain=VEHICLE
    )
    with pytest.raises(Refusal) as caught:
        verified(canonical(signed))
    assert caught.value.codespace == "access", caught.value
