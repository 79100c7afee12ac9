"""Products: recordings of one owner or of many, put together by anybody, bought at once or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from chains.scene import DAY_MS
from msgspec.structs import replace

from autochain.onchain import codec
from autochain.onchain.contracts.consent import (
    GetConsent,
    Granted,
    ListConsents,
    Offer,
    Offered,
    Revoke,
    TakeUp,
    Withdraw,
    consent_of,
)
from autochain.onchain.contracts.consent import errors as consent
from autochain.onchain.contracts.credentials import Attest
from autochain.onchain.contracts.credentials import Withdraw as WithdrawAttestation
from autochain.onchain.contracts.identity import HandOver
from autochain.onchain.contracts.identity import Revoke as RevokeIdentity
from autochain.onchain.contracts.market import (
    Bought,
    Buy,
    Counter,
    CountReceipts,
    GetProduct,
    GetReceipt,
    Item,
    ListProducts,
    ListReceipts,
    Product,
    Publish,
    Published,
    Unpublish,
    Unpublished,
    errors,
)
from autochain.onchain.contracts.recording import Erase
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.contracts.token import errors as token
from autochain.onchain.ids import contract_account
from autochain.onchain.refusals import Reason
from chains import ACC, START_MS, Harness, Party, Scene

ESCROW = contract_account("market")


class Shop:
    """Two owners' recordings, offered to buyers, in one product of a broker's, and a buyer with that role."""

    def __init__(self, scene: Scene | None = None) -> None:
        self.scene = scene or Scene()
        harness = self.harness = self.scene.harness
        self.broker = harness.register("broker", "organisation")
        self.owner, self.buyer = self.scene.owner, self.scene.buyer
        self.neighbour = harness.register("neighbour")
        harness.do(harness.treasury, Attest(self.buyer.account, "buyer"))
        offer = self.scene.offer()
        self.items = [Item(self.scene.commit(drive), offer) for drive in ("one", "two")]
        self.scene.owner, self.scene.car = self.neighbour, self.scene.attested_car("bus", self.neighbour)
        self.items.append(self.an_item("three", price_uacc=2 * ACC))
        self.scene.owner = self.owner
        self.product = self.publish(*self.items)

    def an_item(self, drive: str, **changes: Any) -> Item:
        return Item(self.scene.commit(drive), self.scene.offer(**changes))

    def a_product(self, *items: Item, **changes: Any) -> Publish:
        in_order = tuple(sorted(items, key=lambda item: item.recording))
        return replace(Publish("Motion in the city", in_order, "research", ("motion",), "exact"), **changes)

    def publish(self, *items: Item, **changes: Any) -> bytes:
        (event,) = self.harness.do(self.broker, self.a_product(*items, **changes))
        assert isinstance(event, Published)
        return event.product

    def buy(self, buyer: Party | None = None) -> dict[bytes, Bought]:
        """Buys the product, and gives what was bought by recording."""
        events = self.harness.do(buyer or self.buyer, Buy(self.product))
        return {event.recording: event for event in events if isinstance(event, Bought)}


@pytest.fixture
def shop(scene: Scene) -> Shop:
    return Shop(scene)


def test_a_product_is_written_down_as_it_was_published(shop: Shop) -> None:
    publish = shop.a_product(*shop.items, name="Again")
    (event,) = shop.harness.do(shop.broker, publish)
    assert isinstance(event, Published)
    assert event == Published(event.product, shop.broker.account)
    made = Product(
        publisher=shop.broker.account,
        name="Again",
        items=publish.items,
        purpose="research",
        categories=("motion",),
        precision="exact",
        published_ms=shop.harness.now_ms,
    )
    assert shop.harness.ask(GetProduct(event.product)) == made
    assert (event.product, made) in shop.harness.ask(ListProducts())
    assert shop.harness.ask(CountReceipts(shop.broker.account)) == Counter(bought=0, sold=0, published=2)
    assert shop.harness.ask(GetProduct(bytes(20))) is None


def test_products_are_listed_in_pages_of_a_hundred(shop: Shop) -> None:
    publish = shop.a_product(*shop.items)
    for _ in range(3):
        shop.harness.do(shop.broker, *[publish] * 40)
    first = shop.harness.ask(ListProducts())
    rest = shop.harness.ask(ListProducts(after=first[-1][0]))
    names = [name for name, _ in first + rest]
    assert (len(first), len(rest)) == (100, 21)
    assert names == sorted(set(names))


def test_buying_a_product_takes_its_offers_up_and_reads_every_recording(shop: Shop) -> None:
    harness, prices = shop.harness, (ACC // 2, ACC // 2, 2 * ACC)
    held = harness.balance(shop.buyer)
    events = harness.do(shop.buyer, Buy(shop.product))
    offers = sorted({item.offer for item in shop.items})
    taken = sorted(event.consent for event in events if isinstance(event, Granted))
    assert taken == sorted(consent_of(offer, shop.buyer.account) for offer in offers)
    bought = {event.recording: event for event in events if isinstance(event, Bought)}
    assert set(bought) == {item.recording for item in shop.items}
    for item, price_uacc in zip(shop.items, prices, strict=True):
        receipt = harness.ask(GetReceipt(bought[item.recording].receipt))
        assert receipt is not None
        assert (receipt.product, receipt.price_uacc) == (shop.product, price_uacc)
        assert receipt.consent == consent_of(item.offer, shop.buyer.account)
    assert harness.balance(ESCROW) == sum(prices)
    assert harness.balance(shop.buyer) == held - sum(prices) - (50 + 60 + Buy.weight) * 5


def test_each_owner_is_paid_for_its_own_when_it_is_delivered_and_the_broker_never(shop: Shop) -> None:
    bought = shop.buy()
    parties = (shop.owner, shop.neighbour, shop.broker)
    held = [shop.harness.balance(party) for party in parties]
    shop.scene.deliver(*(event.receipt for event in bought.values()))
    gained = [shop.harness.balance(party) - before for party, before in zip(parties, held, strict=True)]
    assert gained == [ACC, 2 * ACC, 0]


def test_what_is_not_delivered_of_a_product_goes_back_alone(shop: Shop) -> None:
    bought = shop.buy()
    held = shop.harness.balance(shop.buyer)
    shop.scene.deliver(bought[shop.items[0].recording].receipt)
    shop.harness.advance(DAY_MS)
    assert shop.harness.balance(shop.buyer) == held + ACC // 2 + 2 * ACC
    assert shop.harness.balance(ESCROW) == 0


def test_who_buys_again_pays_again_under_the_consents_it_has(shop: Shop) -> None:
    first, again = shop.buy(), shop.buy()
    assert {event.receipt for event in first.values()}.isdisjoint(event.receipt for event in again.values())
    assert len(shop.harness.ask(ListConsents(shop.buyer.account, as_reader=True))) == 2
    assert shop.harness.balance(ESCROW) == 6 * ACC


def test_a_product_is_still_bought_by_who_took_up_its_offers_before_they_were_withdrawn(shop: Shop) -> None:
    for offer in sorted({item.offer for item in shop.items}):
        shop.harness.do(shop.buyer, TakeUp(offer))
    shop.harness.do(shop.owner, Withdraw(shop.items[0].offer))
    shop.harness.do(shop.harness.treasury, WithdrawAttestation(shop.buyer.account, "buyer"))
    assert len(shop.buy()) == 3


def test_a_product_keeps_to_the_recordings_of_a_seller_when_the_car_is_sold(shop: Shop) -> None:
    shop.harness.do(shop.neighbour, HandOver(shop.scene.car.account), payer=shop.broker)
    assert shop.buy()[shop.items[2].recording].owner == shop.neighbour.account


def revoked(shop: Shop) -> None:
    shop.harness.do(shop.buyer, TakeUp(shop.items[2].offer))
    shop.harness.do(shop.neighbour, Revoke(consent_of(shop.items[2].offer, shop.buyer.account)))


def without_its_role(shop: Shop) -> None:
    shop.harness.do(shop.harness.treasury, WithdrawAttestation(shop.buyer.account, "buyer"))


def too_poor(shop: Shop) -> None:
    """Leaves the buyer, after the fee, what two of the three recordings cost."""
    left = 5 * ACC // 2 + (50 + 60 + Buy.weight) * 5
    fee = (50 + 60 + 60) * 5
    surplus = shop.harness.balance(shop.buyer) - left - fee
    shop.harness.do(shop.buyer, Transfer(shop.broker.account, surplus))


def owner_gone(shop: Shop) -> None:
    shop.harness.do(shop.neighbour, RevokeIdentity(shop.neighbour.account))


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (lambda shop: shop.harness.do(shop.neighbour, Withdraw(shop.items[2].offer)), consent.NO_OFFER),
        (lambda shop: shop.harness.do(shop.neighbour, Erase(shop.items[2].recording)), consent.NOT_KEPT),
        (lambda shop: shop.harness.advance(30 * DAY_MS), consent.NO_OFFER),
        (lambda shop: shop.harness.do(shop.broker, Unpublish(shop.product)), errors.NO_PRODUCT),
        (owner_gone, consent.OWNER_GONE),
        (revoked, consent.ENDED),
        (without_its_role, consent.OTHER_ROLE),
        (too_poor, token.TOO_POOR),
    ],
)
def test_a_product_of_which_one_recording_is_not_to_be_had_is_not_bought_at_all(
    shop: Shop, happens: Callable[[Shop], object], reason: Reason
) -> None:
    happens(shop)
    shop.harness.refuses(reason, shop.buyer, Buy(shop.product))
    assert shop.harness.ask(ListReceipts(shop.buyer.account, as_reader=True)) == ()
    assert shop.harness.ask(GetConsent(consent_of(shop.items[0].offer, shop.buyer.account))) is None


def test_a_product_that_was_taken_off_stays_on_record_with_what_was_bought(shop: Shop) -> None:
    bought = shop.buy()
    assert shop.harness.do(shop.broker, Unpublish(shop.product)) == (Unpublished(shop.product),)
    record = shop.harness.ask(GetProduct(shop.product))
    assert record is not None
    assert record.taken_off_ms == shop.harness.now_ms
    shop.scene.deliver(*(event.receipt for event in bought.values()))
    assert len(shop.harness.ask(ListReceipts(shop.buyer.account, as_reader=True))) == 3


@pytest.mark.parametrize(
    ("offered", "promised", "covered"),
    [
        ({}, {}, True),
        ({"categories": ("motion", "position")}, {}, True),
        ({"from_ms": START_MS - DAY_MS // 24, "until_ms": START_MS}, {}, True),
        ({}, {"precision": "coarse"}, True),
        ({"precision": "coarse"}, {"precision": "coarse"}, True),
        ({"purpose": "insurance"}, {}, False),
        ({"categories": ("energy", "position")}, {}, False),
        ({}, {"categories": ("motion", "position")}, False),
        ({"precision": "coarse"}, {}, False),
        ({"precision": "aggregate"}, {"precision": "coarse"}, False),
        ({"from_ms": START_MS - DAY_MS // 24 + 1}, {}, False),
        ({"until_ms": START_MS - 1}, {}, False),
    ],
)
def test_a_product_promises_only_what_its_offers_cover(
    scene: Scene, offered: dict[str, Any], promised: dict[str, Any], covered: bool
) -> None:
    shop = Shop(scene)
    scene.owner = shop.neighbour
    item = shop.an_item("four", **offered)
    product = shop.a_product(item, **promised)
    if covered:
        shop.product = shop.publish(item, **promised)
        assert set(shop.buy()) == {item.recording}
    else:
        shop.harness.refuses(errors.NOT_COVERED, shop.broker, product)


def test_an_offer_of_another_vehicle_or_owner_covers_nothing(shop: Shop) -> None:
    one, _, three = shop.items
    shop.harness.refuses(errors.NOT_COVERED, shop.broker, shop.a_product(Item(one.recording, three.offer)))
    shop.scene.owner = shop.neighbour
    trailer = shop.scene.attested_car("trailer", shop.neighbour)
    other = shop.scene.offer(vehicle=trailer.account)
    shop.harness.refuses(errors.NOT_COVERED, shop.broker, shop.a_product(Item(three.recording, other)))
    shop.harness.do(shop.neighbour, HandOver(shop.scene.car.account), payer=shop.owner)
    (made,) = shop.harness.do(shop.owner, Offer(shop.scene.terms(), "buyer"))
    assert isinstance(made, Offered)
    shop.harness.refuses(errors.NOT_COVERED, shop.broker, shop.a_product(Item(three.recording, made.offer)))


def test_an_offer_that_has_ended_covers_nothing() -> None:
    shop = Shop(Scene(Harness(block_ms=1)))
    harness = shop.harness
    harness.do(shop.owner, Withdraw(shop.items[0].offer))
    harness.refuses(errors.NOT_COVERED, shop.broker, shop.a_product(shop.items[0]))
    expires_ms = START_MS + 30 * DAY_MS
    harness.advance(expires_ms - harness.now_ms - 2)
    shop.publish(shop.items[2])
    assert harness.now_ms == expires_ms - 1
    harness.refuses(errors.NOT_COVERED, shop.broker, shop.a_product(shop.items[2]))


def test_what_is_erased_is_not_published_any_more(shop: Shop) -> None:
    one, two, _ = shop.items
    shop.harness.do(shop.owner, Erase(one.recording))
    for items in ((one,), (one, two)):
        shop.harness.refuses(errors.NOT_COVERED, shop.broker, shop.a_product(*items))
    shop.publish(two)


def test_a_recording_is_published_up_to_the_millisecond_at_which_its_time_is_over() -> None:
    shop = Shop(Scene(Harness(block_ms=1)))
    harness, end_ms = shop.harness, START_MS + DAY_MS
    shop.scene.owner = shop.neighbour
    item = Item(shop.scene.commit("short", keep_until_ms=end_ms), shop.items[2].offer)
    harness.advance(end_ms - 2 - harness.now_ms)
    shop.publish(item)
    assert harness.now_ms == end_ms - 1
    harness.refuses(errors.NOT_COVERED, shop.broker, shop.a_product(item))


def test_what_a_revoked_owner_recorded_is_not_published_any_more(shop: Shop) -> None:
    owner_gone(shop)
    shop.harness.refuses(errors.NOT_COVERED, shop.broker, shop.a_product(*shop.items))
    shop.publish(*shop.items[:2])


def test_what_a_revoked_vehicle_recorded_is_published_as_before(shop: Shop) -> None:
    shop.harness.do(shop.neighbour, RevokeIdentity(shop.scene.car.account))
    shop.publish(shop.items[2])


def test_the_largest_product_is_bought_and_delivered_at_once(shop: Shop) -> None:
    shop.scene.owner = shop.neighbour
    items = [shop.an_item(f"drive {number}", price_uacc=1) for number in range(20)]
    shop.product = shop.publish(*items, name="x" * 80)
    bought = shop.buy()
    owner = shop.harness.balance(shop.neighbour)
    shop.scene.deliver(*(event.receipt for event in bought.values()))
    assert shop.harness.balance(shop.neighbour) == owner + 20


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"items": ()},
        {"items": tuple(Item(bytes([number]) * 20, bytes(20)) for number in range(21))},
    ],
)
def test_a_product_beyond_the_bounds_of_its_fields_is_not_even_read(shop: Shop, changes: dict[str, Any]) -> None:
    shop.harness.refuses(codec.NOT_DECODABLE, shop.broker, shop.a_product(*shop.items, **changes))
