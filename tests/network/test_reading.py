"""Which consent a reader reads under, and what it pays at most."""

from __future__ import annotations

from pathlib import Path

from homes import Scene, play, refuses

from autochain.network import find_consent, pay_product, read_under_consent, verify_recording
from autochain.network.reading import OVER, TOO_DEAR
from autochain.onchain.contracts.consent import Offer, Offered
from autochain.onchain.contracts.market import Buy, Item, ListReceipts, Publish, Published
from autochain.onchain.contracts.recording import Category, Erase, GetRecording, Recording
from autochain.onchain.refusals import present

CHEAP_UACC = 100_000
"""Less than the standing consent's price."""


async def first(scene: Scene) -> Recording:
    return present(await scene.client.ask(GetRecording(scene.recordings[0])), "it was recorded")


async def found(scene: Scene, *categories: Category) -> tuple[bytes, tuple[Category, ...]]:
    return await find_consent(
        scene.network, scene.buyer, await first(scene), purpose="research", categories=categories, precision="exact"
    )


async def published(scene: Scene) -> bytes:
    """Has the owner offer coarse motion of both recordings, and a product made of it."""
    await scene.network.attest(scene.buyer, "buyer")
    terms = scene.a_grant(price_uacc=CHEAP_UACC, precision="coarse").terms
    offer = (await scene.client.send(scene.owner, Offer(terms, "buyer"))).event(Offered).offer
    items = tuple(Item(name, offer) for name in sorted(scene.recordings))
    publish = Publish("Motion", items, "research", ("motion",), "coarse")
    return (await scene.client.send(scene.owner, publish)).event(Published).product


def test_of_the_consents_that_cover_a_reading_the_cheapest_is_taken(home: Path) -> None:
    async def story(scene: Scene) -> None:
        # Each has another id, so the first by its id is hardly ever the cheapest.
        prices = [CHEAP_UACC + 1_000 * number for number in (6, 3, 1, 4, 2, 5)]
        consents = {price: await scene.grant(price_uacc=price, expires_ms=scene.clock() + price) for price in prices}
        assert await found(scene, "motion") == (consents[min(prices)], ("motion",))
        assert await found(scene, "motion", "position") == (consents[min(prices)], ("motion", "position"))

    play(home, story)


def test_of_equally_cheap_consents_the_one_that_covers_most_is_taken(home: Path) -> None:
    async def story(scene: Scene) -> None:
        names = {
            what: await scene.grant(price_uacc=CHEAP_UACC, categories=what)
            for what in (("motion",), ("energy", "motion", "position"), ("position",), ("motion", "position"))
        }
        assert await found(scene) == (names["energy", "motion", "position"], ("energy", "motion", "position"))

    play(home, story)


def test_who_says_how_much_it_pays_at_most_pays_no_more(home: Path) -> None:
    async def story(scene: Scene) -> None:
        async def read(most_uacc: int) -> int:
            bought, _ = await read_under_consent(
                scene.network,
                scene.buyer,
                scene.recordings[1],
                purpose="research",
                categories=("motion",),
                precision="exact",
                most_uacc=most_uacc,
            )
            return bought.price_uacc

        held = await scene.client.balance_uacc(scene.buyer.account)
        with refuses(TOO_DEAR):
            await read(249_999)
        assert await scene.client.balance_uacc(scene.buyer.account) == held
        assert await read(250_000) == 250_000

    play(home, story)


def test_a_product_that_costs_more_than_one_pays_at_most_is_not_bought(home: Path) -> None:
    async def story(scene: Scene) -> None:
        product = await published(scene)
        with refuses(TOO_DEAR):
            await pay_product(scene.network, scene.buyer, product, most_uacc=2 * CHEAP_UACC - 1)
        assert len(await scene.client.pages(ListReceipts(scene.buyer.account, as_reader=True))) == 1
        paid = await pay_product(scene.network, scene.buyer, product, most_uacc=2 * CHEAP_UACC)
        assert sorted(each.recording for each in paid) == sorted(scene.recordings)
        assert [each.price_uacc for each in paid] == [CHEAP_UACC, CHEAP_UACC]
        # What is paid already is fetched, whatever it cost.
        assert {each.receipt for each in await pay_product(scene.network, scene.buyer, product, most_uacc=0)} == {
            each.receipt for each in paid
        }

    play(home, story)


def test_of_a_product_that_was_bought_twice_at_once_each_recording_is_fetched_once(home: Path) -> None:
    async def story(scene: Scene) -> None:
        product = await published(scene)
        for _ in range(2):
            await scene.client.send(scene.buyer, Buy(product))
        paid = await pay_product(scene.network, scene.buyer, product)
        assert sorted(each.recording for each in paid) == sorted(scene.recordings)

    play(home, story)


def test_a_recording_that_ended_is_not_said_to_be_missing(home: Path) -> None:
    async def story(scene: Scene) -> None:
        await verify_recording(scene.network, scene.recordings[0])
        await scene.client.send(scene.owner, Erase(scene.recordings[0]))
        with refuses(OVER):
            await verify_recording(scene.network, scene.recordings[0])
        await verify_recording(scene.network, scene.recordings[1])
        scene.clock.advance(3 * 365 * 24 * 3_600_000)
        with refuses(OVER):
            await verify_recording(scene.network, scene.recordings[1])

    play(home, story)
