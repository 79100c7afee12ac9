"""Every refusal of the ledger: tried here or by the part that raises it, numbered once, with its remedy."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes import MemoryStore
from msgspec.structs import replace

from autochain.onchain.codec import encode
from autochain.onchain.contracts import token
from autochain.onchain.contracts.identity import Register, Revoke
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto import PublicKey
from autochain.onchain.crypto.suites import BAD_KEY, UNKNOWN_SUITE
from autochain.onchain.ledger import (
    REFUSED,
    SEQUENCE_WINDOW,
    Dispatcher,
    Genesis,
    Limits,
    Message,
    Refused,
    Signature,
    StateMachine,
    errors,
    ics23,
    interfaces,
    protobuf,
    sign_bytes,
)
from autochain.onchain.refusals import Reason, Refusal
from autochain.privacy import ed25519
from chains import ACC, CHAIN_ID, CONTRACTS, START_MS, Harness, Party

from . import probe
from .probe import WITH_PROBE, seal

ROOT = Path(__file__).parents[3]
LEDGER = {name: value for name, value in vars(errors).items() if isinstance(value, Reason)}
SMALL_ORDER_KEY = bytes(32)


def pay(harness: Harness, amount_uacc: int = 1) -> Transfer:
    return Transfer(harness.operator.account, amount_uacc)


def is_refused(harness: Harness, data: bytes, reason: Reason) -> Refusal:
    """Sees that the mempool refuses it, and that a block that holds it all the same goes by without any change."""
    with pytest.raises(Refusal) as caught:
        harness.check(data)
    assert caught.value.reason == reason
    before = dict(harness.store.pairs)
    (result,) = harness.block(data)
    assert (result.codespace, result.code) == (reason.codespace, reason.code)
    assert result.text == caught.value.text
    assert result.remedy == reason.remedy
    assert (result.weight_used, result.data) == (0, b"")
    assert harness.store.pairs == before
    return caught.value


def wrong_chain() -> None:
    harness = Harness()
    refusal = is_refused(
        harness, seal(harness, harness.treasury, pay(harness), chain_id="main-other"), errors.WRONG_CHAIN
    )
    assert CHAIN_ID in refusal.detail
    assert "main-other" in refusal.detail
    fresh = StateMachine(MemoryStore(), {made.name: made for made in CONTRACTS})
    with pytest.raises(Refusal) as caught:
        fresh.init_chain(chain_id="main-other", time_ms=START_MS, state=genesis_of(harness))
    assert caught.value.reason == errors.WRONG_CHAIN


def genesis_of(harness: Harness) -> bytes:
    return encode(Genesis(harness.machine.spec, ()))


def expired() -> None:
    harness = Harness()
    harness.block()
    harness.block()
    assert harness.height == 2
    is_refused(harness, seal(harness, harness.treasury, pay(harness), expiry_height=2), errors.EXPIRED)
    (result,) = harness.block(seal(harness, harness.treasury, pay(harness), expiry_height=harness.height + 1))
    assert result.code == 0, "the expiry height itself is still in time"


def expiry_too_far() -> None:
    harness = Harness(limits=Limits(expiry_window=50))
    far = seal(harness, harness.treasury, pay(harness), expiry_height=53)
    is_refused(harness, far, errors.EXPIRY_TOO_FAR)
    assert harness.height == 1
    (result,) = harness.block(seal(harness, harness.treasury, pay(harness), expiry_height=52))
    assert result.code == 0, "the last height of the window is near enough"


def no_messages() -> None:
    harness = Harness()
    is_refused(harness, seal(harness, harness.treasury), errors.NO_MESSAGES)


def too_heavy() -> None:
    harness = Harness(contracts=WITH_PROBE)
    is_refused(harness, seal(harness, harness.treasury, probe.Lift()), errors.TOO_HEAVY)
    weight = 50 + 60 + Transfer.weight
    for limit, taken in ((weight, True), (weight - 1, False)):
        small = Harness(limits=Limits(transaction_weight=limit))
        data = seal(small, small.treasury, pay(small))
        if taken:
            assert small.block(data)[0].code == 0
        else:
            is_refused(small, data, errors.TOO_HEAVY)


def unknown_sender() -> None:
    harness = Harness()
    stranger = Party.make("stranger", "person")
    is_refused(harness, seal(harness, stranger, pay(harness)), errors.UNKNOWN_SENDER)
    absent = seal(harness, harness.treasury, pay(harness), payer=stranger.account)
    is_refused(harness, absent, errors.UNKNOWN_SENDER)


def revoked_sender() -> None:
    harness = Harness()
    ada = harness.register("ada")
    harness.do(ada, Revoke(ada.account))
    is_refused(harness, seal(harness, ada, pay(harness)), errors.REVOKED_SENDER)
    is_refused(harness, harness.sign(harness.treasury, pay(harness), payer=ada), errors.REVOKED_SENDER)


def bad_signature() -> None:
    harness = Harness()
    ada = harness.register("ada", keys=3, threshold=2)
    forgery = Party.make("eve", "person").sign(b"something else")[0].data
    sent: dict[str, Any] = {"expiry_height": harness.height + 100}
    good = seal(harness, ada, pay(harness), **sent)
    first, second = harness.machine.dispatcher.transactions.decode(good).proof.signatures
    signed = {**sent, "signatures": (first, second)}
    bent: list[dict[str, Any]] = [
        {**sent, "signatures": ()},
        {**sent, "signatures": (first,)},
        {**sent, "signatures": (first, Signature(1, forgery))},
        {**sent, "signatures": (first, Signature(1, second.data[:63]))},
        {**sent, "signatures": (first, Signature(1, b""))},
        {**sent, "signatures": (first, Signature(2, second.data))},
        {**sent, "signatures": (first, Signature(7, second.data))},
        {**sent, "signatures": (Signature(1, first.data), Signature(0, second.data))},
        {**sent, "signatures": (first, second, Signature(2, forgery))},
        {**signed, "fee_uacc": 10_000_001},
        {**signed, "expiry_height": harness.height + 99},
        {**signed, "payer_signatures": (first,)},
        {**signed, "payer": harness.treasury.account},
        {**sent, "payer": harness.treasury.account, "payer_signatures": (first,)},
    ]
    for changes in bent:
        is_refused(harness, seal(harness, ada, pay(harness), **changes), errors.BAD_SIGNATURE)
    is_refused(harness, seal(harness, ada, pay(harness, 2), **signed), errors.BAD_SIGNATURE)
    assert seal(harness, ada, pay(harness), **signed) == good
    assert harness.block(good)[0].code == 0


def duplicate_signature() -> None:
    harness = Harness()
    ada = harness.register("ada", keys=3, threshold=2)
    first = harness.machine.dispatcher.transactions.decode(seal(harness, ada, pay(harness))).proof.signatures[0]
    is_refused(harness, seal(harness, ada, pay(harness), signatures=(first, first)), errors.DUPLICATE_SIGNATURE)


def wrong_sequence() -> None:
    harness = Harness()
    good = seal(harness, harness.treasury, pay(harness))
    assert harness.block(good)[0].code == 0
    refusal = is_refused(harness, good, errors.WRONG_SEQUENCE)
    assert refusal.detail == "1, expected 2"
    is_refused(harness, seal(harness, harness.treasury, pay(harness), sequence=3), errors.WRONG_SEQUENCE)
    is_refused(harness, seal(harness, harness.treasury, pay(harness), sequence=0), errors.WRONG_SEQUENCE)
    one, two = (seal(harness, harness.treasury, pay(harness), sequence=number) for number in (2, 3))
    assert [result.code for result in harness.block(one, one, two)] == [0, errors.WRONG_SEQUENCE.code, 0]


def fee_too_low() -> None:
    harness = Harness()
    least = (50 + 60 + Transfer.weight) * 5
    refusal = is_refused(harness, seal(harness, harness.treasury, pay(harness), fee_uacc=least - 1), errors.FEE_TOO_LOW)
    assert refusal.detail == f"{least - 1} of {least} uacc"
    held = harness.balance(harness.operator)
    assert harness.block(seal(harness, harness.treasury, pay(harness), fee_uacc=least))[0].code == 0
    assert harness.balance(harness.operator) == held + least + 1


def fees_unpayable() -> None:
    harness = Harness()
    ada, bob = (harness.register(name, funds_uacc=2_000) for name in ("ada", "bob"))
    by_ada = [harness.sign(ada, pay(harness), fee_uacc=900, sequence=at) for at in (1, 2, 3)]
    for data in by_ada[:2]:
        harness.check(data)
    other = harness.sign(bob, pay(harness), payer=ada, fee_uacc=1_200)
    for data, needed in ((by_ada[2], 2_700), (other, 3_000)):
        with pytest.raises(Refusal) as caught:
            harness.check(data)
        assert (caught.value.reason, caught.value.detail) == (
            errors.FEES_UNPAYABLE,
            f"2000 uacc held, {needed} needed",
        )
    harness.block()
    assert harness.machine.check(by_ada[0], recheck=True).fee_uacc == 900
    with pytest.raises(Refusal):
        harness.check(other)
    harness.block()
    assert harness.check(other).fee_uacc == 1_200, "what does not wait any more needs no fee"


def sender_busy() -> None:
    harness = Harness()
    sent = [harness.sign(harness.treasury, pay(harness), sequence=at) for at in range(1, SEQUENCE_WINDOW + 3)]
    for data in sent[:SEQUENCE_WINDOW]:
        harness.check(data)
    with pytest.raises(Refusal) as caught:
        harness.check(sent[SEQUENCE_WINDOW])
    assert (caught.value.reason, caught.value.detail) == (errors.SENDER_BUSY, f"{SEQUENCE_WINDOW} transactions")
    assert harness.check(harness.sign(harness.operator, Transfer(harness.treasury.account, 1))).sequence == 1
    assert {result.code for result in harness.block(*sent)} == {0}, "a block may hold more than may wait"
    following = harness.sign(harness.treasury, pay(harness))
    assert harness.check(following).sequence == SEQUENCE_WINDOW + 3, "after a block nothing waits until it is rechecked"


def suite_not_admitted() -> None:
    harness = Harness()
    made = Party.make("ada", "person").registration
    for suite in (0, 2, 6):
        key = PublicKey(suite, made.keys[0].data)
        bent = Register((key,), 1, made.kind, made.commitment, made.encryption_key, None)
        ada = Party("ada", bent, Party.make("ada", "person").seeds, 1, bytes(32))
        is_refused(harness, seal(harness, ada, bent, sequence=0, fee_uacc=0), errors.SUITE_NOT_ADMITTED)
    ada = Party.make("ada", "person", suite=2)
    is_refused(harness, seal(harness, ada, ada.registration, sequence=0, fee_uacc=0), errors.SUITE_NOT_ADMITTED)
    spec = replace(harness.machine.spec, suites=(1, 6))
    with pytest.raises(Refusal) as caught:
        Dispatcher(spec, {made.name: made for made in CONTRACTS})
    assert caught.value.reason == UNKNOWN_SUITE, "a chain of suites that are not known here does not begin"


def not_introducing() -> None:
    harness = Harness()
    ada, eve = Party.make("ada", "person"), Party.make("eve", "person")
    is_refused(harness, seal(harness, eve, ada.registration, sequence=0, fee_uacc=0), errors.NOT_INTRODUCING)
    is_refused(harness, seal(harness, ada, ada.registration, sequence=1, fee_uacc=0), errors.NOT_INTRODUCING)


def already_known() -> None:
    harness = Harness()
    ada = Party.make("ada", "person")
    data = harness.sign(ada, ada.registration)
    assert harness.block(data)[0].code == 0
    is_refused(harness, data, errors.ALREADY_KNOWN)


def unknown_query() -> None:
    harness = Harness(contracts=WITH_PROBE)
    harness.refuses(errors.UNKNOWN_QUERY, harness.treasury, probe.AskInVain())
    with pytest.raises(Refusal):
        harness.machine.query(encode(probe.Unanswered()))


def height_gone() -> None:
    harness = Harness()
    harness.block()
    for ask in (
        lambda: harness.machine.prove(b"key", height=2),
        lambda: harness.machine.query(encode(interfaces.BalanceOf(bytes(20))), height=2),
        lambda: harness.machine.load_chunk(height=2, chunk=0),
    ):
        with pytest.raises(Refusal) as caught:
            ask()
        assert caught.value.reason == errors.HEIGHT_GONE


TRIED: dict[str, Callable[[], None]] = {
    "WRONG_CHAIN": wrong_chain,
    "EXPIRED": expired,
    "EXPIRY_TOO_FAR": expiry_too_far,
    "NO_MESSAGES": no_messages,
    "TOO_HEAVY": too_heavy,
    "UNKNOWN_SENDER": unknown_sender,
    "REVOKED_SENDER": revoked_sender,
    "BAD_SIGNATURE": bad_signature,
    "DUPLICATE_SIGNATURE": duplicate_signature,
    "WRONG_SEQUENCE": wrong_sequence,
    "FEE_TOO_LOW": fee_too_low,
    "FEES_UNPAYABLE": fees_unpayable,
    "SENDER_BUSY": sender_busy,
    "SUITE_NOT_ADMITTED": suite_not_admitted,
    "NOT_INTRODUCING": not_introducing,
    "ALREADY_KNOWN": already_known,
    "UNKNOWN_QUERY": unknown_query,
    "HEIGHT_GONE": height_gone,
}
"""By name, what tries the refusals of transactions, queries and blocks."""


@pytest.mark.parametrize("name", TRIED)
def test_a_refusal_comes_exactly_when_it_should(name: str) -> None:
    TRIED[name]()


def named(path: Path) -> set[str]:
    """Finds the refusals of the ledger that a file names as `errors.NAME`."""
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return {node.attr for node in nodes if isinstance(node, ast.Attribute) and node.attr in LEDGER}


def test_every_refusal_of_the_ledger_is_tried_by_a_test() -> None:
    elsewhere = set[str]()
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if path != Path(__file__):
            elsewhere |= named(path)
    assert set(LEDGER) - set(TRIED) - elsewhere == set()
    assert set(TRIED) <= set(LEDGER)


def test_every_refusal_of_the_ledger_is_raised_somewhere() -> None:
    raised = set[str]()
    for path in sorted((ROOT / "src").rglob("*.py")):
        raised |= named(path)
    assert set(LEDGER) - raised == set()


def test_refusals_are_numbered_apart_and_say_the_mend() -> None:
    known = [*LEDGER.values(), ics23.BAD_PROOF, protobuf.BAD_PROTOBUF]
    assert len({reason.code for reason in known}) == len(known)
    for reason in known:
        assert reason.codespace == "ledger"
        assert reason.code > 0
        assert reason.text.endswith(".")
        assert reason.remedy.endswith(".")


def test_a_key_of_small_order_is_refused() -> None:
    harness = Harness()
    made = Party.make("ada", "person").registration
    bent = Register((PublicKey(1, SMALL_ORDER_KEY),), 1, made.kind, made.commitment, made.encryption_key, None)
    ada = Party("ada", bent, Party.make("ada", "person").seeds, 1, bytes(32))
    is_refused(harness, seal(harness, ada, bent, sequence=0, fee_uacc=0), BAD_KEY)
    rotation = Party.make("ada", "person").rotation(Party.make("ada", "person").seeds)
    message: Message = type(rotation)((PublicKey(1, SMALL_ORDER_KEY),), 1, made.encryption_key)
    harness.refuses(BAD_KEY, harness.treasury, message)


def test_a_fee_beyond_what_the_payer_holds_is_refused_and_takes_nothing() -> None:
    harness = Harness()
    ada = harness.register("ada", funds_uacc=1_000)
    data = seal(harness, ada, pay(harness), fee_uacc=ACC)
    with pytest.raises(Refusal) as caught:
        harness.check(data)
    assert caught.value.reason == errors.FEES_UNPAYABLE
    chosen, refused = harness.machine.prepare([data], height=harness.height + 1, time_ms=harness.now_ms)
    assert (chosen, [refusal.reason for _, refusal in refused]) == ([], [token.errors.TOO_POOR])
    before = dict(harness.store.pairs)
    (result,) = harness.block(data)
    assert (result.codespace, result.code, result.weight_used) == ("token", token.errors.TOO_POOR.code, 0)
    assert harness.store.pairs == before
    assert harness.balance(ada) == 1_000
    assert harness.sequence(ada) == 1


def test_a_failed_introduction_can_not_be_repeated_for_its_payers_money() -> None:
    harness = Harness()
    owner = harness.register("owner")
    car = Party.make("car", "device", controller=owner)
    data = harness.sign(car, car.registration, pay(harness), payer=owner)
    held = harness.balance(owner)
    is_not_taken = harness.block(data, data)
    assert [(result.codespace, result.code) for result in is_not_taken] == [("token", token.errors.TOO_POOR.code)] * 2
    assert harness.balance(owner) == held
    with pytest.raises(Refusal):
        harness.check(data)


def test_a_signature_for_one_chain_does_not_hold_on_another() -> None:
    harness = Harness()
    there = seal(harness, harness.treasury, pay(harness), chain_id="main-other")
    transaction = harness.machine.dispatcher.transactions.decode(there)
    here = seal(harness, harness.treasury, pay(harness), signatures=transaction.proof.signatures)
    is_refused(harness, here, errors.BAD_SIGNATURE)


def test_what_is_signed_begins_with_its_own_domain() -> None:
    """No signature made for another purpose is one of a transaction."""
    harness = Harness()
    data = seal(harness, harness.treasury, pay(harness))
    signed = sign_bytes(harness.machine.dispatcher.transactions.decode(data))
    assert signed.startswith(b"autochain/tx/v1\x00")
    plain = ed25519.sign(harness.treasury.seeds[0], signed.removeprefix(b"autochain/tx/v1\x00"))
    is_refused(
        harness, seal(harness, harness.treasury, pay(harness), signatures=(Signature(0, plain),)), errors.BAD_SIGNATURE
    )


def test_what_has_no_room_waits_and_is_not_refused() -> None:
    """A proposal leaves it for a later block; a block of another node that holds it all the same is not accepted."""
    for limits in (Limits(block_weight=2 * (50 + 60 + 60)), Limits(block_bytes=400), Limits(free_per_block=2)):
        harness = Harness(limits=limits)
        if limits.free_per_block == 2:
            newcomers = [Party.make(f"party {number}", "person") for number in range(3)]
            sent = [harness.sign(party, party.registration) for party in newcomers]
        else:
            sent = [seal(harness, harness.treasury, pay(harness), sequence=number) for number in (1, 2, 3)]
            assert all(150 < len(data) <= 200 for data in sent)
        ahead = {"height": 1, "time_ms": START_MS}
        assert harness.machine.prepare(sent, **ahead) == (sent[:2], [])
        assert harness.machine.process(sent[:2], **ahead)
        assert not harness.machine.process(sent, **ahead)
        harness.block(*sent[:2])
        assert harness.machine.prepare(sent[2:], height=2, time_ms=harness.now_ms) == (sent[2:], [])


@pytest.mark.parametrize("reason", LEDGER.values(), ids=LEDGER)
def test_a_refusal_that_is_sent_is_the_same_where_it_arrives(reason: Reason) -> None:
    arrived = REFUSED.decode(encode(Refused.of(reason("of this case")))).refusal()
    assert arrived.reason == reason
    assert str(arrived) == f"{reason.text} (of this case) {reason.remedy} [ledger/{reason.code}]"
