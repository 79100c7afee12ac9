"""The vehicle checks grants by itself: each reason to refuse, sale, status, counts and the logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from homes import refuses
from msgspec.structs import replace
from wallet.credentials.actors import NOW, key
from wallet.credentials.granting import (
    CAR,
    FRIEND,
    HERE,
    OWNED_MS,
    OWNER,
    OWNER_ACCOUNT,
    SON,
    STRANGER,
    VEHICLE,
    a_chain,
    a_grant,
    a_status,
    passed_on,
)

from autochain.edge.obu.access import CHALLENGE_MS, MAX_CHALLENGES
from autochain.onchain.crypto import sha256
from autochain.onchain.ids import derive, did
from autochain.onchain.ledger.errors import NOT_VALIDATORS
from autochain.onchain.ledger.ics23 import BAD_PROOF
from autochain.onchain.refusals import Reason, Refusal
from autochain.wallet.credentials import Author
from autochain.wallet.credentials.access import Circle, answer, errors, give, minute_of_week

from .proving import CAR_RECORD, DAY, MAX_AGE_MS, OTHERS, State, a_car, a_list, an_identity, open_access, use

MINUTE = minute_of_week(NOW)
AREA = Circle(latitude_e7=HERE[0], longitude_e7=HERE[1], radius_m=500)


def test_whoever_was_granted_it_uses_the_car_once_for_each_challenge(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    chain = a_chain({"times": ((MINUTE, MINUTE + 1),), "area": AREA}, {})
    allowed = use(car, chain, SON, "drive")
    assert (allowed.resource, allowed.holder, allowed.number) == ("drive", SON.did, 1)
    assert [grant.holder for grant in allowed.grants] == [FRIEND.did, SON.did]
    assert use(car, chain, SON, "lock").number == 2


@pytest.mark.parametrize(
    ("changes", "asked", "reason"),
    [
        ({"vehicle": SON.did}, {}, errors.WRONG_VEHICLE),
        ({"since_ms": NOW + 1}, {}, errors.NOT_YET_VALID),
        ({"until_ms": NOW}, {}, errors.EXPIRED),
        ({"times": ((MINUTE + 1, MINUTE + 2),)}, {}, errors.OUTSIDE_TIMES),
        ({"area": AREA}, {"position_e7": (0, 0)}, errors.OUTSIDE_AREA),
        ({"area": AREA}, {"position_e7": None}, errors.NO_POSITION),
        ({}, {"resource": "charge"}, errors.NOT_NAMED),
        ({"owned_since_ms": OWNED_MS - 1}, {}, errors.NOT_OWNER),
        ({"statuses": (a_status(),)}, {}, errors.STATUS_UNKNOWN),
        ({}, {"vehicle": SON.did}, errors.WRONG_VEHICLE),
        ({}, {"author": Author(FRIEND.did, key(9))}, errors.WRONG_HOLDER),
        ({}, {"challenge": bytes(32)}, errors.REPLAYED),
        ({}, {"later": CHALLENGE_MS}, errors.REPLAYED),
        ({}, {"later": -1}, errors.REPLAYED),
    ],
)
def test_what_is_not_granted_is_refused_in_its_words(
    tmp_path: Path, changes: dict[str, Any], asked: dict[str, Any], reason: Reason
) -> None:
    car = a_car(tmp_path)
    later = asked.pop("later", 0)
    position = asked.pop("position_e7", HERE)
    given: dict[str, Any] = {"author": FRIEND, "resource": "unlock", "vehicle": VEHICLE, "now_ms": NOW}
    data = answer(a_chain(changes), **(given | {"challenge": car.challenge(now_ms=NOW)} | asked))
    with refuses(reason):
        car.check(data, now_ms=NOW + later, position_e7=position)
    (line,) = json.loads(car.log())["refusals"]["lines"]
    assert line["entry"]["reason"] == f"access/{reason.code}"
    assert json.loads(car.log())["uses"]["lines"] == []


def test_a_grant_that_somebody_else_gave_is_refused(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    with refuses(errors.NOT_OWNER):
        use(car, give(a_grant(issuer=STRANGER), [STRANGER], now_ms=NOW), FRIEND)
    thief = Author(OWNER.did, key(9))
    with refuses(errors.WRONG_KEY):
        use(car, give(a_grant(), [thief], now_ms=NOW), FRIEND)


def test_an_answer_that_was_used_or_refused_opens_nothing_later(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    chain = a_chain({"times": ((MINUTE + 1, MINUTE + 2),)})
    early, late = NOW - NOW % 60_000 + 59_000, NOW - NOW % 60_000 + 61_000
    data = answer(chain, FRIEND, "unlock", vehicle=VEHICLE, challenge=car.challenge(now_ms=early), now_ms=early)
    with refuses(errors.OUTSIDE_TIMES):
        car.check(data, now_ms=early, position_e7=HERE)
    with refuses(errors.REPLAYED):
        car.check(data, now_ms=late, position_e7=HERE)
    data = answer(chain, FRIEND, "unlock", vehicle=VEHICLE, challenge=car.challenge(now_ms=late), now_ms=late)
    car.check(data, now_ms=late, position_e7=HERE)
    with refuses(errors.REPLAYED):
        car.check(data, now_ms=late, position_e7=HERE)


def test_noise_does_not_spend_somebody_elses_challenge(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    data = answer(a_chain({}), FRIEND, "lock", vehicle=VEHICLE, challenge=car.challenge(now_ms=NOW), now_ms=NOW)
    with refuses(errors.FORGED):
        car.check(data.replace(b'"resource":"lock"', b'"resource":"drive"'), now_ms=NOW, position_e7=HERE)
    car.check(data, now_ms=NOW, position_e7=HERE)


def test_a_car_that_is_asked_for_many_challenges_forgets_the_oldest(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    first = car.challenge(now_ms=NOW)
    second = car.challenge(now_ms=NOW)
    assert len({first, second, *(car.challenge(now_ms=NOW) for _ in range(MAX_CHALLENGES - 1))}) == MAX_CHALLENGES + 1
    for challenge, is_known in ((first, False), (second, True)):
        data = answer(a_chain({}), FRIEND, "lock", vehicle=VEHICLE, challenge=challenge, now_ms=NOW)
        if is_known:
            car.check(data, now_ms=NOW, position_e7=HERE)
        else:
            with refuses(errors.REPLAYED):
                car.check(data, now_ms=NOW, position_e7=HERE)


def test_a_grant_is_used_as_often_as_it_says_by_all_that_it_was_passed_on_to(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    parent = a_grant(uses=3)
    root = give(parent, [OWNER], now_ms=NOW)
    heirs = [
        give(passed_on(parent, SON, uses=2, id=f"urn:uuid:{number}"), [FRIEND], now_ms=NOW, parents=root)
        for number in (1, 2)
    ]
    use(car, heirs[0], SON)
    use(car, heirs[0], SON)
    with refuses(errors.SPENT):
        use(car, heirs[0], SON)
    use(car, heirs[1], SON)
    for chain, author in ((heirs[1], SON), (root, FRIEND)):
        with refuses(errors.SPENT):
            use(car, chain, author)
    again = give(parent, [OWNER], now_ms=NOW + 5)
    with refuses(errors.SPENT):
        use(car, again, FRIEND)


def test_selling_the_car_ends_what_the_seller_granted_also_when_it_comes_back(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    chain = a_chain({"uses": 5}, {})
    use(car, chain, SON)
    sold = State().later(controller=derive("test", b"buyer"), controlled_ms=NOW - 2)
    car.take_ownership(sold.prove())
    with refuses(errors.OWNER_UNKNOWN):
        use(car, chain, SON)
    with refuses(errors.OLDER):
        car.take_ownership(State().prove(), State().prove(OWNER_ACCOUNT))
    back = sold.later(controller=OWNER_ACCOUNT, controlled_ms=NOW - 1)
    car.take_ownership(back.prove(), back.prove(OWNER_ACCOUNT))
    with refuses(errors.NOT_OWNER):
        use(car, chain, SON)
    use(car, a_chain({"uses": 5, "owned_since_ms": NOW - 1}), FRIEND)


def test_a_car_that_rotates_its_own_keys_keeps_its_grants(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    rotated = State().later(keys=(key(40).public_key,), version=6)
    car.take_ownership(rotated.prove())
    use(car, a_chain({}), FRIEND)


def test_the_buyer_grants_once_the_car_was_shown_the_sale(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    account = derive("test", b"buyer")
    buyer = Author(did(account), key(30))
    sold = State().later(controller=account, controlled_ms=NOW)
    sold.records[account] = an_identity(buyer)
    chain = give(a_grant(issuer=buyer, owned_since_ms=NOW), [buyer], now_ms=NOW)
    use(car, a_chain({}), FRIEND)
    with refuses(errors.NOT_OWNER):
        use(car, chain, FRIEND)
    car.take_ownership(sold.prove(), sold.prove(account))
    use(car, chain, FRIEND)
    with refuses(errors.NOT_OWNER):
        use(car, a_chain({}), FRIEND)


def test_the_buyer_sees_nothing_of_the_sellers_log(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    use(car, a_chain({}), FRIEND)
    with refuses(errors.NOT_NAMED):
        use(car, a_chain({}), FRIEND, "charge")
    before = json.loads(car.log())
    sold = State().later(controlled_ms=NOW)
    car.take_ownership(sold.prove(), sold.prove(OWNER_ACCOUNT))
    for _ in range(2):
        after = json.loads(car.log())
        assert after == {name: {"lines": [], "head": before[name]["head"]} for name in ("uses", "refusals")}
        car.close()
        car = open_access(tmp_path)
    use(car, a_chain({"owned_since_ms": NOW}), FRIEND)
    (line,) = json.loads(car.log())["uses"]["lines"]
    assert (line["number"], line["previous"]) == (2, before["uses"]["head"])


def test_a_proof_that_proves_nothing_changes_nothing(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    sold = State().later(controller=CAR, controlled_ms=NOW)
    with refuses(NOT_VALIDATORS):
        car.take_ownership(sold.prove(members=OTHERS))
    with refuses(BAD_PROOF):
        car.take_ownership(replace(sold.prove(), value=State().prove().value))
    del sold.records[CAR]
    with refuses(errors.OWNER_UNKNOWN):
        car.take_ownership(sold.prove())
    use(car, a_chain({}), FRIEND)


def test_the_owners_keys_count_as_of_the_last_proof_and_never_go_back(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    fresh = Author(OWNER.did, key(31))
    rotated = State().later(account=OWNER_ACCOUNT, keys=(fresh.signer.public_key,), version=2)
    car.take_ownership(rotated.prove(), rotated.prove(OWNER_ACCOUNT))
    with refuses(errors.WRONG_KEY):
        use(car, a_chain({}), FRIEND)
    use(car, give(a_grant(), [fresh], now_ms=NOW), FRIEND)
    with refuses(errors.OLDER):
        car.take_ownership(rotated.prove(), State().prove(OWNER_ACCOUNT))
    ended = rotated.later(account=OWNER_ACCOUNT, active=False)
    car.take_ownership(ended.prove(), ended.prove(OWNER_ACCOUNT))
    with refuses(errors.WRONG_KEY):
        use(car, give(a_grant(), [fresh], now_ms=NOW), FRIEND)


def test_an_owner_of_several_keys_signs_with_as_many_as_must_sign(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    second = Author(OWNER.did, key(31))
    keys = (OWNER.signer.public_key, second.signer.public_key)
    both = State().later(account=OWNER_ACCOUNT, keys=keys, threshold=2)
    car.take_ownership(both.prove(), both.prove(OWNER_ACCOUNT))
    for authors in ([OWNER], [OWNER, OWNER]):
        with refuses(errors.WRONG_KEY):
            use(car, give(a_grant(), authors, now_ms=NOW), FRIEND)
    use(car, give(a_grant(), [OWNER, second], now_ms=NOW), FRIEND)


def test_a_car_that_heard_too_long_nothing_of_its_owner_opens_for_nobody(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    chain = a_chain({"until_ms": NOW + 30 * DAY})
    last_ms = State().time_ms + MAX_AGE_MS
    use(car, chain, FRIEND, now_ms=last_ms)
    with refuses(errors.OWNERSHIP_OLD):
        use(car, chain, FRIEND, now_ms=last_ms + 1)
    state = State().later()
    car.take_ownership(state.prove())
    with refuses(errors.OWNERSHIP_OLD):
        use(car, chain, FRIEND, now_ms=last_ms + 1)
    car.take_ownership(state.prove(), state.prove(OWNER_ACCOUNT))
    use(car, chain, FRIEND, now_ms=last_ms + 1)


def test_a_clock_behind_what_the_chain_proved_opens_for_nobody(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    state = State(height=50, time_ms=NOW)
    car.take_ownership(state.prove(), state.prove(OWNER_ACCOUNT))
    use(car, a_chain({}), FRIEND, now_ms=NOW - 60_000)
    with refuses(errors.CLOCK_BEHIND):
        use(car, a_chain({}), FRIEND, now_ms=NOW - 60_001)


def test_a_car_that_knows_nothing_or_is_ended_opens_for_nobody(tmp_path: Path) -> None:
    car = open_access(tmp_path)
    with refuses(errors.OWNER_UNKNOWN):
        use(car, a_chain({}), FRIEND)
    with refuses(errors.OWNER_UNKNOWN):
        car.take_status(a_list(), now_ms=NOW)
    ended = State()
    ended.records[CAR] = replace(CAR_RECORD, active=False)
    car.take_ownership(ended.prove(), ended.prove(OWNER_ACCOUNT))
    with refuses(errors.ENDED):
        use(car, a_chain({}), FRIEND)


@pytest.mark.parametrize(("purpose", "reason"), [("revocation", errors.REVOKED), ("suspension", errors.SUSPENDED)])
def test_a_grant_ends_by_the_owners_status_list(tmp_path: Path, purpose: Any, reason: Reason) -> None:
    car = a_car(tmp_path)
    chain = a_chain({"statuses": (a_status(purpose, 7),), "until_ms": NOW + 3 * DAY}, {})
    car.take_status(a_list(6, 8, purpose=purpose), now_ms=NOW)
    use(car, chain, SON)
    car.take_status(a_list(7, purpose=purpose, since_ms=NOW), now_ms=NOW)
    with refuses(reason):
        use(car, chain, SON)
    with refuses(errors.OLDER):
        car.take_status(a_list(6, purpose=purpose), now_ms=NOW)
    with refuses(errors.STATUS_UNKNOWN):
        use(car, chain, SON, now_ms=NOW + DAY)


def test_a_status_list_of_anybody_else_is_not_taken(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    with refuses(errors.NOT_OWNER):
        car.take_status(a_list(author=STRANGER), now_ms=NOW)
    with refuses(errors.WRONG_KEY):
        car.take_status(a_list(author=Author(OWNER.did, key(9))), now_ms=NOW)
    with refuses(errors.EXPIRED):
        car.take_status(a_list(until_ms=NOW), now_ms=NOW)
    forged = a_list(3).replace(b'"validUntil":"2027', b'"validUntil":"2028')
    with refuses(errors.FORGED):
        car.take_status(forged, now_ms=NOW)


def test_all_that_a_car_knows_and_counted_stands_after_a_restart(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    chain = a_chain({"uses": 2, "statuses": (a_status(),)})
    car.take_status(a_list(), now_ms=NOW)
    use(car, chain, FRIEND)
    car.take_status(a_list(since_ms=NOW), now_ms=NOW)
    late = answer(chain, FRIEND, "lock", vehicle=VEHICLE, challenge=car.challenge(now_ms=NOW), now_ms=NOW)
    log = car.log()
    with refuses(errors.IN_USE):
        open_access(tmp_path)
    car.close()
    car = open_access(tmp_path)
    assert car.log() == log
    with refuses(errors.REPLAYED):
        car.check(late, now_ms=NOW, position_e7=HERE)
    use(car, chain, FRIEND)
    with refuses(errors.SPENT):
        use(car, chain, FRIEND)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "access").iterdir()} == {0o600}


def at_once(*tasks: Callable[[], object]) -> list[object]:
    """Starts all at the same moment, and gives what each came to."""
    results: list[object] = [None] * len(tasks)
    start = Barrier(len(tasks))

    def run(number: int, task: Callable[[], object]) -> None:
        start.wait()
        try:
            results[number] = task()
        except Refusal as refusal:
            results[number] = refusal.reason

    threads = [Thread(target=run, args=pair) for pair in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_at_once_one_gets_the_last_use_and_one_answer_counts_once(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    chain = a_chain({"uses": 1})
    answers = [
        answer(chain, FRIEND, "lock", vehicle=VEHICLE, challenge=car.challenge(now_ms=NOW), now_ms=NOW)
        for _ in range(2)
    ]
    found = at_once(*[lambda data=data: car.check(data, now_ms=NOW, position_e7=HERE) for data in answers])
    assert found.count(errors.SPENT) == 1
    free = answer(a_chain({}), FRIEND, "lock", vehicle=VEHICLE, challenge=car.challenge(now_ms=NOW), now_ms=NOW)
    found = at_once(*[lambda: car.check(free, now_ms=NOW, position_e7=HERE)] * 4)
    assert found.count(errors.REPLAYED) == 3
    assert len(json.loads(car.log())["uses"]["lines"]) == 2


def test_the_logs_say_who_did_what_when_and_nothing_of_where(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    use(car, a_chain({"area": AREA, "uses": 3}), FRIEND, now_ms=NOW + 999)
    with refuses(errors.NOT_NAMED):
        use(car, a_chain({"area": AREA}), FRIEND, "charge")
    with refuses(errors.MALFORMED):
        car.check(b"{}", now_ms=NOW, position_e7=HERE)
    log = json.loads(car.log())
    (line,) = log["uses"]["lines"]
    entry = line["entry"]
    assert (entry["time"], entry["resource"], entry["holder"]) == ("2027-01-15T08:00:00Z", "unlock", FRIEND.did)
    assert entry["grants"] == [a_grant().id]
    assert [line["entry"].get("holder") for line in log["refusals"]["lines"]] == [FRIEND.did, None]
    for text in (str(HERE[0]), str(HERE[1]), str(HERE[0])[:4], "latitude"):
        assert text not in car.log().decode().replace(entry["challenge"], "").replace(entry["spends"][0][0], "")
    files = [tmp_path / "access" / f"{name}.jsonl" for name in log]
    for name, file in zip(log, files, strict=True):
        raw = file.read_bytes().splitlines()
        hashes = ["0" * 64, *(sha256(text).hex() for text in raw)]
        assert [line["previous"] for line in log[name]["lines"]] == hashes[:-1]
        assert log[name]["head"] == hashes[-1]
