"""Market: no reading without a living consent; its price waits until the committee delivers, and goes back if not."""

from __future__ import annotations

from typing import Any

import pytest
from chains.scene import DAY_MS
from msgspec.structs import replace

from autochain.onchain import codec
from autochain.onchain.contracts.consent import Revoke
from autochain.onchain.contracts.identity import Revoke as RevokeIdentity
from autochain.onchain.contracts.market import (
    RECEIPTS,
    Bought,
    Buy,
    Counter,
    CountReceipts,
    Deliver,
    Delivered,
    GetReceipt,
    Item,
    ListReceipts,
    Publish,
    Read,
    Receipt,
    Refunded,
    Unpublish,
    errors,
)
from autochain.onchain.contracts.token import Transferred
from autochain.onchain.contracts.token import errors as token
from autochain.onchain.ids import Id, contract_account
from autochain.onchain.ledger import Context, Contract, Event, Limits, Message
from autochain.onchain.ledger import errors as ledger
from chains import ACC, CONTRACTS, Harness, Scene, entries

ESCROW = contract_account("market")
PRICE_UACC = ACC // 2
"""What the usual scene's consent asks for a reading."""


def test_a_readings_price_waits_with_the_market_and_leaves_a_receipt(scene: Scene) -> None:
    harness = scene.harness
    recording, consent = scene.commit(), scene.grant(price_uacc=PRICE_UACC)
    owner, buyer = harness.balance(scene.owner), harness.balance(scene.buyer)
    paid, bought = harness.do(scene.buyer, scene.a_read(recording, consent))
    assert paid == Transferred(scene.buyer.account, ESCROW, PRICE_UACC)
    assert isinstance(bought, Bought)
    assert bought == Bought(bought.receipt, recording, scene.owner.account, scene.buyer.account, PRICE_UACC)
    assert harness.balance(ESCROW) == PRICE_UACC
    assert harness.balance(scene.owner) == owner
    assert harness.balance(scene.buyer) == buyer - PRICE_UACC - (50 + 60 + Read.weight) * 5
    assert harness.ask(GetReceipt(bought.receipt)) == Receipt(
        reader=scene.buyer.account,
        owner=scene.owner.account,
        vehicle=scene.car.account,
        recording=recording,
        consent=consent,
        purpose="research",
        categories=("motion",),
        precision="exact",
        price_uacc=PRICE_UACC,
        reader_key=scene.buyer.registration.encryption_key,
        bought_ms=harness.now_ms,
        lapses_ms=harness.now_ms + DAY_MS,
        product=None,
        given_by=(),
        status="open",
    )


def test_each_reading_pays_again_and_leaves_a_receipt_of_its_own(scene: Scene) -> None:
    recording, consent = scene.commit(), scene.grant()
    receipts = {scene.read(recording, consent) for _ in range(3)}
    assert len(receipts) == 3
    assert scene.harness.balance(ESCROW) == 3 * PRICE_UACC


def test_owner_and_reader_see_the_same_receipts_in_pages_of_a_hundred(scene: Scene) -> None:
    harness, recording, consent = scene.harness, scene.commit(), scene.grant(price_uacc=1)
    for _ in range(2):
        harness.do(scene.buyer, *[scene.a_read(recording, consent)] * 60)
    pages = []
    for account, as_reader in ((scene.owner.account, False), (scene.buyer.account, True)):
        first = harness.ask(ListReceipts(account, as_reader=as_reader))
        rest = harness.ask(ListReceipts(account, as_reader=as_reader, after=first[-1][0]))
        assert (len(first), len(rest)) == (100, 20)
        pages.append(first + rest)
    assert pages[0] == pages[1] == tuple(entries(harness, RECEIPTS))
    assert harness.ask(CountReceipts(scene.owner.account)) == Counter(bought=0, sold=120, published=0)
    assert harness.ask(CountReceipts(scene.buyer.account)) == Counter(bought=120, sold=0, published=0)
    assert harness.ask(ListReceipts(scene.owner.account, as_reader=True)) == ()
    assert harness.ask(ListReceipts(scene.buyer.account)) == ()
    assert harness.ask(GetReceipt(bytes(20))) is None


def test_a_reader_who_cannot_pay_the_price_reads_nothing(scene: Scene) -> None:
    recording = scene.commit()
    consent = scene.grant(price_uacc=scene.harness.balance(scene.buyer))
    scene.harness.refuses(token.TOO_POOR, scene.buyer, scene.a_read(recording, consent))
    assert scene.harness.ask(ListReceipts(scene.owner.account)) == ()


@pytest.mark.parametrize("categories", [(), ("position", "motion"), ("motion", "motion")])
def test_categories_that_are_none_unsorted_or_twice_are_refused(scene: Scene, categories: tuple[str, ...]) -> None:
    read = scene.a_read(scene.commit(), scene.grant(), categories=categories)
    scene.harness.refuses(errors.CATEGORIES_UNSORTED, scene.buyer, read)


def test_a_recording_that_is_not_there_is_not_read(scene: Scene) -> None:
    scene.harness.refuses(errors.NO_RECORDING, scene.buyer, scene.a_read(bytes(20), scene.grant()))


def test_a_part_that_the_recording_does_not_hold_is_not_sold(scene: Scene) -> None:
    recording = scene.commit()
    consent = scene.grant(categories=("energy", "motion", "position"))
    for read in (
        scene.a_read(recording, consent, categories=("energy",)),
        scene.a_read(recording, consent, categories=("energy", "motion")),
        scene.a_read(recording, consent, categories=("position",), precision="coarse"),
    ):
        scene.harness.refuses(errors.NO_SUCH_PART, scene.buyer, read)
    scene.read(recording, consent, categories=("motion", "position"))


# Delivery and lapse: the price reaches the owner or goes back, once.


def receipt_of(scene: Scene, name: bytes) -> Receipt:
    record = scene.harness.ask(GetReceipt(name))
    assert record is not None
    return record


def gives(scene: Scene, number: int, *receipts: bytes) -> tuple[Event, ...]:
    """Lets one member of the committee give its shares; the treasury pays the fee."""
    return scene.harness.do(scene.harness.members[number], Deliver(receipts), payer=scene.harness.treasury)


def holdings(scene: Scene) -> tuple[int, int, int]:
    """What the market, the owner and the buyer hold."""
    return (
        scene.harness.balance(ESCROW),
        scene.harness.balance(scene.owner),
        scene.harness.balance(scene.buyer),
    )


def test_the_price_goes_to_the_owner_when_the_second_member_gives_its_shares(scene: Scene) -> None:
    receipt = scene.read(scene.commit(), scene.grant())
    bought, (escrow, owner, buyer) = receipt_of(scene, receipt), holdings(scene)
    one, two, _ = (member.account for member in scene.harness.members)
    assert gives(scene, 0, receipt) == ()
    assert receipt_of(scene, receipt) == replace(bought, given_by=(one,))
    assert holdings(scene) == (escrow, owner, buyer)
    assert gives(scene, 1, receipt) == (
        Transferred(ESCROW, scene.owner.account, PRICE_UACC),
        Delivered(receipt, scene.owner.account, PRICE_UACC),
    )
    assert receipt_of(scene, receipt) == replace(bought, given_by=(one, two), status="delivered")
    assert holdings(scene) == (0, owner + PRICE_UACC, buyer)


def test_a_third_member_changes_nothing_but_who_gave(scene: Scene) -> None:
    receipt = scene.read(scene.commit(), scene.grant())
    scene.deliver(receipt)
    before, held = receipt_of(scene, receipt), holdings(scene)
    assert gives(scene, 2, receipt) == ()
    assert receipt_of(scene, receipt) == replace(
        before, given_by=tuple(member.account for member in scene.harness.members)
    )
    assert holdings(scene) == held


def test_a_member_that_says_it_twice_counts_once(scene: Scene) -> None:
    receipt = scene.read(scene.commit(), scene.grant())
    gives(scene, 0, receipt, receipt)
    gives(scene, 0, receipt)
    assert receipt_of(scene, receipt).given_by == (scene.harness.members[0].account,)
    assert receipt_of(scene, receipt).status == "open"
    gives(scene, 1, receipt)
    before, held = receipt_of(scene, receipt), holdings(scene)
    assert gives(scene, 1, receipt) == ()
    assert (receipt_of(scene, receipt), holdings(scene)) == (before, held)


@pytest.mark.parametrize("members", [0, 1])
def test_a_receipt_that_too_few_delivered_lapses_after_a_day_and_its_price_goes_back(
    scene: Scene, members: int
) -> None:
    receipt = scene.read(scene.commit(), scene.grant())
    bought_ms, (_, owner, buyer) = scene.harness.now_ms, holdings(scene)
    scene.deliver(receipt, members=members)
    before = receipt_of(scene, receipt)
    assert scene.harness.advance(bought_ms + DAY_MS - 1 - scene.harness.now_ms) == ()
    assert scene.harness.advance(1) == (
        Transferred(ESCROW, scene.buyer.account, PRICE_UACC),
        Refunded(receipt, scene.buyer.account, PRICE_UACC),
    )
    assert receipt_of(scene, receipt) == replace(before, status="refunded")
    assert holdings(scene) == (0, owner, buyer + PRICE_UACC)
    assert scene.harness.machine.next_due_ms() is None
    assert scene.harness.advance(DAY_MS) == ()


def test_a_receipt_is_delivered_until_the_last_millisecond_of_its_day() -> None:
    scene = Scene(Harness(block_ms=1))
    harness, recording, consent = scene.harness, scene.commit(), scene.grant()
    receipt = scene.read(recording, consent)
    harness.advance(DAY_MS - 3)
    scene.deliver(receipt)
    assert harness.now_ms == receipt_of(scene, receipt).lapses_ms - 1
    late = scene.read(recording, consent)
    gives(scene, 0, late)
    harness.advance(receipt_of(scene, late).lapses_ms - harness.now_ms - 1)
    harness.refuses(errors.NOT_OPEN, harness.members[1], Deliver((late,)), payer=harness.treasury)
    assert harness.now_ms == receipt_of(scene, late).lapses_ms


def test_a_delivered_receipt_gives_nothing_back_when_its_day_is_over(scene: Scene) -> None:
    receipt = scene.read(scene.commit(), scene.grant())
    scene.deliver(receipt)
    before, held = receipt_of(scene, receipt), holdings(scene)
    assert scene.harness.advance(2 * DAY_MS) == ()
    assert (receipt_of(scene, receipt), holdings(scene)) == (before, held)


def test_a_receipt_whose_lapse_waits_its_turn_is_not_delivered_meanwhile() -> None:
    scene = Scene(Harness(limits=Limits(timers_per_block=1)))
    harness, recording, consent = scene.harness, scene.commit(), scene.grant()
    harness.do(scene.buyer, *[scene.a_read(recording, consent)] * 3)
    receipts = [name for name, _ in harness.ask(ListReceipts(scene.owner.account))]
    _, owner, buyer = holdings(scene)
    assert len(harness.advance(DAY_MS)) == 2
    still = [name for name in receipts if receipt_of(scene, name).status == "open"]
    assert len(still) == 2
    for name in still:
        harness.refuses(errors.NOT_OPEN, harness.members[0], Deliver((name,)), payer=harness.treasury)
    assert {receipt_of(scene, name).status for name in receipts} == {"refunded"}
    assert holdings(scene) == (0, owner, buyer + 3 * PRICE_UACC)


def test_one_statement_delivers_many_receipts_or_none(scene: Scene) -> None:
    harness, recording, consent = scene.harness, scene.commit(), scene.grant()
    receipts = [scene.read(recording, consent) for _ in range(20)]
    deliver = Deliver((*receipts[:19], bytes(20)))
    harness.refuses(errors.NO_RECEIPT, harness.members[0], deliver, payer=harness.treasury)
    owner = harness.balance(scene.owner)
    scene.deliver(*receipts)
    assert harness.balance(scene.owner) == owner + 20 * PRICE_UACC
    assert harness.balance(ESCROW) == 0
    many = Deliver((*receipts, receipts[0]))
    harness.refuses(codec.NOT_DECODABLE, harness.members[0], many, payer=harness.treasury)
    harness.refuses(codec.NOT_DECODABLE, harness.members[0], Deliver(()), payer=harness.treasury)


def test_only_members_of_the_committee_deliver(scene: Scene) -> None:
    harness, receipt = scene.harness, scene.read(scene.commit(), scene.grant())
    for stranger in (scene.owner, scene.buyer, scene.car, harness.treasury, harness.operator):
        deliver = Deliver((receipt,))
        payer = None if stranger is harness.treasury else harness.treasury
        harness.refuses(errors.NOT_A_MEMBER, stranger, deliver, payer=payer)
    assert receipt_of(scene, receipt).given_by == ()


def test_a_receipt_that_has_lapsed_is_delivered_by_nobody(scene: Scene) -> None:
    harness, receipt = scene.harness, scene.read(scene.commit(), scene.grant())
    harness.advance(DAY_MS)
    for member in harness.members:
        harness.refuses(errors.NOT_OPEN, member, Deliver((receipt,)), payer=harness.treasury)


def test_a_reading_without_a_price_is_delivered_or_lapses_and_moves_no_money(scene: Scene) -> None:
    recording, consent = scene.commit(), scene.grant(price_uacc=0)
    (event,) = scene.harness.do(scene.buyer, scene.a_read(recording, consent))
    assert isinstance(event, Bought)
    lapsing, held = scene.read(recording, consent), holdings(scene)
    gives(scene, 0, event.receipt)
    assert gives(scene, 1, event.receipt) == (Delivered(event.receipt, scene.owner.account, 0),)
    assert scene.harness.advance(DAY_MS) == (Refunded(lapsing, scene.buyer.account, 0),)
    assert holdings(scene) == held


@pytest.mark.parametrize("delivered", [True, False])
def test_an_owner_who_reads_its_own_recording_has_its_price_back_either_way(scene: Scene, delivered: bool) -> None:
    harness = scene.harness
    recording, consent = scene.commit(), scene.grant(reader=scene.owner.account)
    held, fee = harness.balance(scene.owner), (50 + 60 + Read.weight) * 5
    _, bought = harness.do(scene.owner, scene.a_read(recording, consent))
    assert isinstance(bought, Bought)
    assert harness.balance(scene.owner) == held - fee - PRICE_UACC
    if delivered:
        scene.deliver(bought.receipt)
    harness.advance(DAY_MS)
    assert harness.balance(scene.owner) == held - fee
    assert harness.ask(CountReceipts(scene.owner.account)) == Counter(bought=1, sold=1, published=0)
    assert [name for name, _ in harness.ask(ListReceipts(scene.owner.account))] == [bought.receipt]
    assert [name for name, _ in harness.ask(ListReceipts(scene.owner.account, as_reader=True))] == [bought.receipt]


def test_money_finds_its_way_to_owners_and_readers_whose_did_is_revoked(scene: Scene) -> None:
    harness, recording, consent = scene.harness, scene.commit(), scene.grant()
    delivered, lapsing = scene.read(recording, consent), scene.read(recording, consent)
    for party in (scene.owner, scene.buyer):
        harness.do(party, RevokeIdentity(party.account))
    _, owner, buyer = holdings(scene)
    scene.deliver(delivered)
    harness.advance(DAY_MS)
    assert receipt_of(scene, lapsing).status == "refunded"
    assert holdings(scene) == (0, owner + PRICE_UACC, buyer + PRICE_UACC)


def test_a_receipt_outlives_the_consent_it_was_bought_under(scene: Scene) -> None:
    consent = scene.grant()
    receipt = scene.read(scene.commit(), consent)
    before = receipt_of(scene, receipt)
    scene.harness.do(scene.owner, Revoke(consent))
    assert receipt_of(scene, receipt) == before


def test_a_chain_that_cannot_promise_to_give_back_sells_nothing() -> None:
    scene = Scene(Harness(limits=Limits(timers_waiting=1)))
    recording, consent = scene.commit(), scene.grant()
    scene.read(recording, consent)
    scene.harness.refuses(ledger.TIMERS_FULL, scene.buyer, scene.a_read(recording, consent))


# The refusals of products; what products do stands in `test_products.py`.


def a_product(*items: Item, **changes: Any) -> Publish:
    return replace(Publish("Motion of a car", items, "research", ("motion",), "exact"), **changes)


def test_a_products_items_and_categories_stand_once_in_order(scene: Scene) -> None:
    offer = scene.offer()
    one, two = (Item(name, offer) for name in sorted((scene.commit("one"), scene.commit("two"))))
    for items in ((two, one), (one, one), (one, Item(one.recording, scene.offer()))):
        scene.harness.refuses(errors.ITEMS_UNSORTED, scene.buyer, a_product(*items))
    for categories in ((), ("position", "motion"), ("motion", "motion")):
        made = a_product(one, two, categories=categories)
        scene.harness.refuses(errors.CATEGORIES_UNSORTED, scene.buyer, made)


def test_a_product_of_what_nobody_offers_or_recorded_is_not_published(scene: Scene) -> None:
    item = Item(scene.commit(), scene.offer())
    refuses, publisher = scene.harness.refuses, scene.buyer
    refuses(errors.NO_RECORDING, publisher, a_product(Item(bytes(20), item.offer)))
    refuses(errors.NOT_COVERED, publisher, a_product(Item(item.recording, bytes(20))))
    refuses(errors.NO_SUCH_PART, publisher, a_product(item, categories=("energy",)))
    refuses(errors.NO_SUCH_PART, publisher, a_product(item, precision="aggregate"))


def test_a_product_that_is_not_there_is_neither_bought_nor_taken_off(scene: Scene) -> None:
    scene.harness.refuses(errors.NO_PRODUCT, scene.buyer, Buy(bytes(20)))
    scene.harness.refuses(errors.NO_PRODUCT, scene.buyer, Unpublish(bytes(20)))


def test_only_its_publisher_takes_a_product_off(scene: Scene) -> None:
    (published,) = scene.harness.do(scene.buyer, a_product(Item(scene.commit(), scene.offer())))
    product = published.product  # type: ignore[attr-defined]
    for other in (scene.owner, scene.harness.treasury):
        scene.harness.refuses(errors.NOT_YOUR_PRODUCT, other, Unpublish(product))
    scene.harness.do(scene.buyer, Unpublish(product))
    scene.harness.refuses(errors.NO_PRODUCT, scene.buyer, Unpublish(product))


class Broker(Message, frozen=True, tag="broker/Broker"):
    """Has the test's own contract read as itself."""

    recording: Id
    consent: Id


def _broker(ctx: Context, message: Broker) -> None:
    ctx.call("market", Read(message.recording, message.consent, "research", ("motion",), "exact"), as_self=True)


def test_a_contract_that_reads_as_itself_has_no_did_and_is_refused() -> None:
    broker = Contract("broker", version=1, uses=("market",), messages={Broker: _broker})
    scene = Scene(Harness(contracts=(*CONTRACTS, broker)))
    message = Broker(scene.commit(), scene.grant())
    scene.harness.refuses(errors.UNKNOWN_READER, scene.buyer, message)
