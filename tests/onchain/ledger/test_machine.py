"""The state machine: blocks change the state all or nothing, and the same blocks give the same root anywhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
from fakes import MemoryStore, made
from msgspec.structs import replace
from oracles import ics23, smt

from autochain.onchain.codec import NOT_DECODABLE, encode
from autochain.onchain.contracts.identity import IDENTITIES, GetIdentity
from autochain.onchain.contracts.token import BALANCES, Transfer, errors
from autochain.onchain.crypto import SignatureJob, sha256, verify_in_turn
from autochain.onchain.ledger import Genesis, Limits, StateMachine, header, interfaces
from autochain.onchain.ledger import errors as ledger
from autochain.onchain.ledger.trees import PROVABLE_ROOTS
from autochain.onchain.refusals import Broken, Refusal
from chains import BLOCK_MS, CHAIN_ID, CONTRACTS, START_MS, Harness, Party, make_seeds

from . import probe
from .probe import WITH_PROBE, seal

MADE = {made.name: made for made in WITH_PROBE}


def probed(limits: Limits | None = None) -> Harness:
    return Harness(contracts=WITH_PROBE, limits=limits)


def restarted(harness: Harness) -> StateMachine:
    """Gives a machine that takes up what a harness has committed, without the history."""
    return StateMachine(copied(harness), MADE)


def copied(harness: Harness) -> MemoryStore:
    store = MemoryStore()
    store.commit(dict(harness.store.pairs), height=harness.height, meta=made(harness.store.meta or b""))
    return store


def put(harness: Harness, name: str, text: str) -> None:
    harness.do(harness.treasury, probe.Put(name, text))


# Beginning and taking up


def test_a_machine_stands_at_nothing_before_its_chain_begins() -> None:
    machine = StateMachine(MemoryStore(), MADE)
    assert machine.info() == (0, b"")
    with pytest.raises(Broken):
        machine.execute([], height=1, time_ms=START_MS)
    with pytest.raises(Broken):
        machine.commit()


def test_genesis_gives_the_root_of_the_state_it_writes() -> None:
    harness = probed()
    assert harness.machine.info() == (0, smt.root(harness.store.pairs))
    assert harness.store.pairs[b"chain/spec"] == encode(harness.machine.spec)


def test_a_chain_that_stopped_before_its_first_block_begins_again_alike() -> None:
    harness = probed()
    recorded = dict(harness.store.pairs)
    machine = restarted(harness)
    again = machine.init_chain(chain_id=CHAIN_ID, time_ms=START_MS, state=encode(Genesis(machine.spec, ())))
    assert again == harness.machine.info().app_hash
    machine.execute([], height=1, time_ms=START_MS + 1)
    machine.commit()
    assert machine.info() == (1, smt.root(recorded))


def test_a_chain_that_has_blocks_does_not_begin_again() -> None:
    harness = probed()
    harness.block()
    other = encode(Genesis(replace(harness.machine.spec, guards=("probe",)), ()))
    with pytest.raises(Broken):
        harness.machine.init_chain(chain_id=CHAIN_ID, time_ms=START_MS, state=encode(Genesis(harness.machine.spec, ())))
    with pytest.raises(Broken):
        restarted(probed()).init_chain(chain_id=CHAIN_ID, time_ms=START_MS, state=other)


def test_a_machine_that_takes_up_a_store_goes_on_as_if_it_had_never_stopped() -> None:
    harness = probed()
    put(harness, "a", "1")
    data = harness.sign(harness.treasury, probe.Put("b", "2"))
    machine = restarted(harness)
    assert machine.info() == harness.machine.info()
    there = machine.execute([data], height=2, time_ms=START_MS + 5_000)
    here = harness.machine.execute([data], height=2, time_ms=START_MS + 5_000)
    assert there == here
    assert here.results[0].code == 0


def test_a_store_whose_state_was_changed_behind_the_machines_back_is_not_taken_up() -> None:
    harness = probed()
    put(harness, "a", "1")
    for key in (probe.NOTES.key("a"), BALANCES.key(harness.treasury.account)):
        pairs = dict(harness.store.pairs)
        pairs[key] += b"x"
        store = MemoryStore()
        store.commit(pairs, height=harness.height, meta=made(harness.store.meta or b""))
        with pytest.raises(Refusal) as caught:
            StateMachine(store, MADE)
        assert caught.value.reason == ledger.STORE_DAMAGED


def test_a_contract_of_another_version_is_not_run() -> None:
    harness = Harness()
    store = copied(harness)
    contracts = {made.name: made for made in CONTRACTS}
    newer = dataclasses.replace(contracts["token"], version=2)
    with pytest.raises(Broken):
        StateMachine(store, {**contracts, "token": newer})


# Blocks


def test_every_block_gives_the_root_of_what_the_store_holds() -> None:
    harness = probed()
    for number in range(12):
        put(harness, f"name {number % 5}", "" if number % 4 == 3 else f"text {number}")
        assert harness.machine.info() == (harness.height, smt.root(harness.store.pairs))


def test_an_empty_block_leaves_the_root_as_it_was() -> None:
    harness = probed()
    put(harness, "a", "1")
    root = harness.machine.info().app_hash
    harness.block()
    assert harness.machine.info() == (harness.height, root)


def test_an_executed_block_changes_nothing_before_it_is_committed() -> None:
    harness = probed()
    before = dict(harness.store.pairs), harness.machine.info()
    data = harness.sign(harness.treasury, probe.Put("a", "1"))
    first = harness.machine.execute([data], height=1, time_ms=START_MS + 1)
    assert (dict(harness.store.pairs), harness.machine.info()) == before
    assert harness.ask(probe.NoteOf("a")) is None
    assert harness.machine.execute([data], height=1, time_ms=START_MS + 1) == first
    assert harness.machine.root() != before[1].app_hash
    harness.machine.execute([], height=1, time_ms=START_MS + 1)
    assert harness.machine.root() == before[1].app_hash
    harness.machine.commit()
    assert harness.machine.info() == (1, before[1].app_hash)
    with pytest.raises(Broken):
        harness.machine.commit()


def test_messages_happen_all_or_none_while_fee_and_sequence_are_taken() -> None:
    harness = probed()
    fee = harness.balance(harness.operator)
    result = harness.refuses(
        probe.ON_REQUEST, harness.treasury, probe.Put("a", "1"), probe.Fail("b"), probe.Put("c", "3")
    )
    assert result.events == encode(())
    assert probe.notes(harness) == []
    assert harness.sequence(harness.treasury) == 2
    assert harness.balance(harness.operator) == fee + result.weight_wanted * 5
    put(harness, "d", "4")
    assert probe.notes(harness) == ["d"]


def test_one_failing_transaction_does_not_touch_the_others_of_its_block() -> None:
    harness = probed()
    messages = (probe.Put("a", "1"), probe.Fail("b"), probe.Put("c", "3"))
    sent = [seal(harness, harness.treasury, message, sequence=1 + place) for place, message in enumerate(messages)]
    results = harness.block(sent[0], b"no transaction", sent[1], sent[2], b"")
    assert [(result.codespace, result.code) for result in results] == [
        ("", 0),
        ("codec", 1),
        ("probe", 1),
        ("", 0),
        ("codec", 1),
    ]
    assert probe.notes(harness) == ["a", "c"]


def test_the_next_header_commits_to_what_is_deterministic_in_the_results() -> None:
    harness = probed()
    good, bad = (
        seal(harness, harness.treasury, message, sequence=place)
        for place, message in enumerate((probe.Put("a", "1"), probe.Fail("b")), start=1)
    )
    results = harness.block(good, bad, b"no transaction")
    weight = 50 + 60 + 100
    assert [result.deterministic() for result in results] == [
        header.Result(0, sha256(results[0].events), weight, weight),
        header.Result(1, b"", weight, weight),
        header.Result(1, b"", 0, 0),
    ]
    reworded = replace(results[1], text="other words", remedy="other mend", codespace="elsewhere")
    assert reworded.deterministic() == results[1].deterministic()
    assert harness.events(results[0]) == (probe.Noted("a"),)


# Waiting transactions


def test_a_waiting_transaction_is_checked_behind_those_that_wait_already() -> None:
    harness = probed()
    data = [seal(harness, harness.treasury, probe.Put("a", "1"), sequence=number) for number in (1, 2, 3)]
    harness.check(data[0])
    with pytest.raises(Refusal) as caught:
        harness.check(data[2])
    assert caught.value.reason == ledger.WRONG_SEQUENCE
    checked = harness.check(data[1])
    assert checked == (harness.treasury.account, 2, 10_000_000, 50 + 60 + 100, False)
    assert harness.sequence(harness.treasury) == 1, "the committed state is not touched"
    harness.block()
    assert harness.check(data[0]).sequence == 1, "after a block everything is checked anew"
    assert harness.machine.check(data[1], recheck=True).sequence == 2


def test_money_that_waits_to_be_spent_is_not_spent_twice() -> None:
    harness = probed()
    ada = harness.register("ada", funds_uacc=1_000)
    spend = [seal(harness, ada, Transfer(harness.operator.account, 1), sequence=n, fee_uacc=900) for n in (1, 2)]
    harness.check(spend[0])
    with pytest.raises(Refusal) as caught:
        harness.check(spend[1])
    assert (caught.value.reason, caught.value.detail) == (ledger.FEES_UNPAYABLE, "1000 uacc held, 1800 needed")
    assert [result.code for result in harness.block(*spend)] == [0, errors.TOO_POOR.code], "nor in a block"


class Counting:
    """A verifier that counts what it is asked, and how often."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, jobs: Sequence[SignatureJob], /) -> list[bool]:
        self.asked.append(len(jobs))
        return verify_in_turn(jobs)


def counted(harness: Harness) -> tuple[StateMachine, Counting]:
    verify = Counting()
    return StateMachine(copied(harness), MADE, verify=verify), verify


def test_signatures_are_verified_once_and_those_of_a_block_together() -> None:
    harness = probed()
    ada = harness.register("ada", keys=2, threshold=2)
    data = [harness.sign(harness.treasury, probe.Put("a", "1")), harness.sign(ada, probe.Put("b", "2"))]
    machine, verify = counted(harness)
    machine.check(data[0])
    assert verify.asked == [1]
    executed = machine.execute(data, height=2, time_ms=START_MS + 5_000)
    assert [result.code for result in executed.results] == [0, 0]
    assert verify.asked == [1, 2], "the first is remembered, those of the other are verified in one go"
    machine.commit()
    machine.execute(data, height=3, time_ms=START_MS + 6_000)
    assert verify.asked[2:] == [3], "what was in a block is not remembered any longer"


def test_a_remembered_signature_does_not_outlive_its_key() -> None:
    harness = probed()
    ada = harness.register("ada")
    new = make_seeds("ada", generation=1)
    rotation = harness.sign(ada, ada.rotation(new))
    by_old_key = seal(harness, ada, probe.Put("old", "key"), sequence=2)
    ada.seeds = new
    by_new_key = seal(harness, ada, probe.Put("new", "key"), sequence=2)
    machine, _ = counted(harness)
    machine.check(rotation)
    machine.check(by_old_key)
    results = machine.execute([rotation, by_old_key, by_new_key], height=2, time_ms=START_MS + 5_000).results
    assert [(result.codespace, result.code) for result in results] == [
        ("", 0),
        ("ledger", ledger.BAD_SIGNATURE.code),
        ("", 0),
    ]


def test_a_new_account_speaks_in_the_block_that_registers_it() -> None:
    harness = probed()
    ada = Party.make("ada", "person")
    gift = harness.sign(harness.treasury, Transfer(ada.account, 10_000_000))
    speech = seal(harness, ada, probe.Put("hello", "world"), sequence=1, fee_uacc=2_000)
    results = harness.block(harness.sign(ada, ada.registration), gift, speech)
    assert [result.code for result in results] == [0, 0, 0]


# Proposing


def test_a_proposal_keeps_what_can_be_run_in_the_order_given_and_says_why_not_the_others() -> None:
    harness = probed()
    data = [seal(harness, harness.treasury, probe.Put("a", "1"), sequence=number) for number in (1, 2, 3)]
    other_chain = seal(harness, harness.treasury, probe.Put("a", "1"), chain_id="main-other")
    ahead = {"height": 1, "time_ms": harness.now_ms}
    chosen, refused = harness.machine.prepare([data[2], b"", other_chain, data[0], data[1], data[0]], **ahead)
    assert chosen == [data[0], data[1]]
    assert [(given, refusal.reason) for given, refusal in refused] == [
        (data[2], ledger.WRONG_SEQUENCE),
        (b"", NOT_DECODABLE),
        (other_chain, ledger.WRONG_CHAIN),
        (data[0], ledger.WRONG_SEQUENCE),
    ]
    assert harness.machine.process([data[2], data[0], data[1]], **ahead), "a wrong sequence only fails in its block"
    for unreadable in (b"", other_chain):
        assert not harness.machine.process([data[0], unreadable], **ahead)


def test_a_light_transaction_still_goes_in_where_a_heavy_one_has_no_room() -> None:
    harness = probed(Limits(block_weight=50 + 60 + 100 + 170, transaction_weight=10**9))
    heavy = seal(harness, harness.treasury, *[probe.Put("a", "1")] * 20, sequence=2)
    light = [seal(harness, harness.treasury, probe.Put("a", "1"), sequence=number) for number in (1, 3)]
    assert harness.machine.prepare([light[0], heavy], height=1, time_ms=harness.now_ms) == ([light[0]], [])
    transfer = seal(harness, harness.operator, Transfer(harness.treasury.account, 1), sequence=1)
    behind = seal(harness, harness.treasury, Transfer(harness.operator.account, 1), sequence=3)
    # What stands behind the heavy one waits with it: its sequence would not follow.
    chosen = harness.machine.prepare([light[0], heavy, behind, transfer], height=1, time_ms=harness.now_ms)
    assert chosen == ([light[0], transfer], []), "what waits is not refused"


def test_a_block_earlier_than_the_last_one_is_not_accepted() -> None:
    harness = probed()
    harness.block()
    assert harness.machine.process([], height=2, time_ms=START_MS + BLOCK_MS)
    assert not harness.machine.process([], height=2, time_ms=START_MS + BLOCK_MS - 1)


# Reading


def test_a_query_sees_the_committed_state_and_names_its_height() -> None:
    harness = probed()
    put(harness, "a", "1")
    harness.check(harness.sign(harness.treasury, probe.Put("a", "2")))
    answer = harness.machine.query(encode(probe.NoteOf("a")))
    assert (answer.value, answer.proof, answer.height) == (encode("1"), b"", 1)
    assert harness.machine.query(encode(probe.NoteOf("a")), height=1) == answer
    assert harness.ask(GetIdentity(bytes(20))) is None
    with pytest.raises(Refusal):
        harness.machine.query(b"no query")


def test_a_value_and_an_absence_are_proved_under_the_root() -> None:
    harness = probed()
    put(harness, "a", "1")
    root = harness.machine.info().app_hash
    for key in (probe.NOTES.key("a"), IDENTITIES.key(harness.treasury.account)):
        answer = harness.machine.prove(key)
        assert (answer.value, answer.height) == (harness.store.pairs[key], 1)
        assert ics23.verify_membership(root, answer.proof, key, answer.value)
    absent = probe.NOTES.key("b")
    answer = harness.machine.prove(absent)
    assert answer.value == b""
    assert ics23.verify_absence(root, answer.proof, absent)


def test_the_last_64_distinct_roots_stay_provable_and_the_one_before_is_gone() -> None:
    harness = probed()
    key, roots = probe.NOTES.key("a"), {}
    for number in range(PROVABLE_ROOTS + 6):
        put(harness, "a", f"text {number}")
        roots[harness.height] = harness.machine.info().app_hash
        if number % 3 == 0:
            harness.block()
            roots[harness.height] = harness.machine.info().app_hash
    distinct = sorted(set(roots.values()), key=list(roots.values()).index)
    assert len(distinct) == PROVABLE_ROOTS + 6
    provable = set(distinct[-PROVABLE_ROOTS:])
    for height, root in roots.items():
        if root in provable:
            answer = harness.machine.prove(key, height=height)
            assert answer.height == height
            assert ics23.verify_membership(root, answer.proof, key, answer.value)
        else:
            with pytest.raises(Refusal) as caught:
                harness.machine.prove(key, height=height)
            assert caught.value.reason == ledger.HEIGHT_GONE
    machine = restarted(harness)
    assert machine.prove(key) == harness.machine.prove(key)
    with pytest.raises(Refusal):
        machine.prove(key, height=harness.height - 3)  # Its store has no history to take blocks back with.


def test_a_state_that_comes_back_is_provable_at_both_heights() -> None:
    harness = probed()
    answers = []
    for text in ("1", "2", "1"):
        put(harness, "a", text)
        answers.append((harness.height, harness.machine.info().app_hash))
    for height, root in answers:
        answer = harness.machine.prove(probe.NOTES.key("a"), height=height)
        assert ics23.verify_membership(root, answer.proof, probe.NOTES.key("a"), answer.value)


def test_an_account_that_nobody_registered_holds_nothing() -> None:
    harness = probed()
    assert harness.ask(interfaces.BalanceOf(bytes(20))) == 0
    assert harness.ask(interfaces.KeysOf(bytes(20))) is None
