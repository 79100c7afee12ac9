"""Market: no reading without a living consent, the price paid and a receipt that both sides see."""

from __future__ import annotations

import pytest

from autochain.onchain.contracts.consent import Revoke
from autochain.onchain.contracts.market import (
    RECEIPTS,
    Bought,
    GetReceipt,
    ListReceipts,
    Read,
    Receipt,
    errors,
)
from autochain.onchain.contracts.token import Transferred
from autochain.onchain.contracts.token import errors as token
from autochain.onchain.ids import Id
from autochain.onchain.ledger import Context, Contract, Message
from chains import ACC, CONTRACTS, Harness, Scene, entries

DAY_MS = 86_400_000


def test_a_reading_pays_the_price_and_leaves_a_receipt(scene: Scene) -> None:
    harness = scene.harness
    recording, consent = scene.commit(), scene.grant(price_uacc=ACC // 2)
    owner, buyer = harness.balance(scene.owner), harness.balance(scene.buyer)
    paid, bought = harness.do(scene.buyer, scene.a_read(recording, consent))
    assert paid == Transferred(scene.buyer.account, scene.owner.account, ACC // 2)
    assert isinstance(bought, Bought)
    assert bought == Bought(bought.receipt, recording, scene.owner.account, scene.buyer.account, ACC // 2)
    assert harness.balance(scene.owner) == owner + ACC // 2
    assert harness.balance(scene.buyer) == buyer - ACC // 2 - (50 + 60 + Read.weight) * 5
    assert harness.ask(GetReceipt(bought.receipt)) == Receipt(
        reader=scene.buyer.account,
        owner=scene.owner.account,
        vehicle=scene.car.account,
        recording=recording,
        consent=consent,
        purpose="research",
        categories=("motion",),
        precision="exact",
        price_uacc=ACC // 2,
        reader_key=scene.buyer.registration.encryption_key,
        bought_ms=harness.now_ms,
        lapses_ms=harness.now_ms + DAY_MS,
        status="open",
    )


def test_each_reading_pays_again_and_leaves_a_receipt_of_its_own(scene: Scene) -> None:
    recording, consent = scene.commit(), scene.grant()
    owner = scene.harness.balance(scene.owner)
    receipts = {scene.read(recording, consent) for _ in range(3)}
    assert len(receipts) == 3
    assert scene.harness.balance(scene.owner) == owner + 3 * ACC // 2


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
    assert harness.ask(ListReceipts(scene.owner.account, as_reader=True)) == ()
    assert harness.ask(ListReceipts(scene.buyer.account)) == ()
    assert harness.ask(GetReceipt(bytes(20))) is None


def test_a_consent_without_a_price_moves_no_money(scene: Scene) -> None:
    recording, consent = scene.commit(), scene.grant(price_uacc=0)
    owner = scene.harness.balance(scene.owner)
    events = scene.harness.do(scene.buyer, scene.a_read(recording, consent))
    assert [type(event) for event in events] == [Bought]
    assert scene.harness.balance(scene.owner) == owner


def test_an_owner_who_reads_its_own_recording_pays_itself_nothing_but_leaves_a_receipt(scene: Scene) -> None:
    recording, consent = scene.commit(), scene.grant(reader=scene.owner.account)
    (event,) = scene.harness.do(scene.owner, scene.a_read(recording, consent))
    assert isinstance(event, Bought)
    assert [name for name, _ in scene.harness.ask(ListReceipts(scene.owner.account))] == [event.receipt]


def test_a_receipt_outlives_the_consent_it_was_bought_under(scene: Scene) -> None:
    consent = scene.grant()
    receipt = scene.read(scene.commit(), consent)
    scene.harness.do(scene.owner, Revoke(consent))
    assert scene.harness.ask(GetReceipt(receipt)) is not None


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
