"""A simulated world on a network: what it tells is what the chain says."""

from __future__ import annotations

import asyncio
from pathlib import Path

from homes import fees_paid, refuses

from autochain.network import Home, Network, open_network, verify_recording
from autochain.onchain.contracts.consent import ListConsents, ListOffers, Revoke, Withdraw
from autochain.onchain.contracts.credentials import Holds, Role
from autochain.onchain.contracts.market import GetReceipt, ListProducts, ListReceipts
from autochain.onchain.contracts.mining import GetReward
from autochain.onchain.contracts.recording import GetRecording, ListRecordings
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.contracts.token.errors import TOO_POOR
from autochain.onchain.contracts.vehicles import GetLife, Sell
from autochain.onchain.refusals import present
from autochain.onchain.units import UACC_PER_ACC
from autochain.services.release import fetch
from autochain.signals import LATITUDE, merge
from autochain.sim import PAST_MS, Fleet, ProductSale, Sale, World
from autochain.sim.world import OFFER_PRICE_UACC, PRICE_UACC

CARS = 2
HOUR_S = 3_600.0
DAY_MS = 24 * 3_600_000


async def drive(network: Network, fleet: Fleet) -> tuple[list[Sale], ProductSale]:
    """Lets every car of a fleet drive one trip, all of which a product is made of; then the world is stopped."""
    told: list[Sale] = []
    product: list[ProductSale] = []
    all_rest = asyncio.Event()

    def tell(sale: Sale | ProductSale) -> None:
        if isinstance(sale, Sale):
            told.append(sale)
        else:
            product.append(sale)
            all_rest.set()

    world = asyncio.create_task(World(network, fleet, pause_s=HOUR_S, told=tell).run())
    rest = asyncio.create_task(all_rest.wait())
    await asyncio.wait([world, rest], return_when=asyncio.FIRST_COMPLETED)
    rest.cancel()
    world.cancel()
    await asyncio.gather(world, return_exceptions=True)
    assert len(told) == len(fleet.cars)
    return told, product[0]


async def check_told(network: Network, told: list[Sale]) -> None:
    """Holds each sale against receipt, recording and reward on the chain, and against the readings themselves."""
    client, buyer = network.client, network.wallet("buyer")
    for sale in told:
        receipt = present(await client.ask(GetReceipt(sale.receipt)), "it was bought")
        record = present(await client.ask(GetRecording(receipt.recording)), "it was recorded")
        reward = present(await client.ask(GetReward(receipt.recording)), "it was rewarded")
        assert (receipt.reader, receipt.price_uacc) == (buyer.account, sale.price_uacc)
        assert record.vehicle == network.wallet(sale.car).account
        assert (record.points, reward.reward_uacc) == (sale.points, sale.reward_uacc)
        assert sale.reward_uacc == 1_000 * sale.points
        await verify_recording(network, receipt.recording)
        reading = await fetch(client, buyer, network.committee, network.vault, sale.receipt, clock=network.clock)
        drive = merge(reading.parts.values())
        assert drive.points == sale.points
        assert LATITUDE in drive.columns
        assert sale.km > 0


async def check_product(network: Network, told: list[Sale], product: ProductSale) -> None:
    """Sees that the second buyer has read each car's latest trip, and no place of it."""
    client, second = network.client, network.wallet("buyer-2")
    trips = {present(await client.ask(GetReceipt(sale.receipt)), "it was bought").recording for sale in told}
    receipts = [present(await client.ask(GetReceipt(name)), "it was bought") for name in product.receipts]
    assert {receipt.recording for receipt in receipts} == trips
    assert len({receipt.owner for receipt in receipts}) == CARS == product.recordings
    assert sum(receipt.price_uacc for receipt in receipts) == product.price_uacc == CARS * OFFER_PRICE_UACC
    for name, receipt in zip(product.receipts, receipts, strict=True):
        assert (receipt.reader, receipt.status) == (second.account, "delivered")
        reading = await fetch(client, second, network.committee, network.vault, name, clock=network.clock)
        assert set(reading.parts) == {("motion", "coarse")}


async def check_others(network: Network, trips: int) -> None:
    """Sees that the maker has read how the cars are, and that each has the role that it acts in."""
    client, maker = network.client, network.wallet("maker")
    looked = [receipt for _, receipt in await client.pages(ListReceipts(maker.account, as_reader=True))]
    assert [(each.purpose, each.price_uacc, each.status) for each in looked] == [
        ("maintenance", 0, "delivered")
    ] * trips
    assert all(set(each.categories) <= {"condition", "engine"} for each in looked)
    roles: dict[str, Role] = {"maker": "maker", "buyer": "buyer", "buyer-2": "buyer", "regulator": "authority"}
    for name, role in roles.items():
        assert await client.ask(Holds(network.wallet(name).account, role))
    assert await client.pages(ListReceipts(network.wallet("regulator").account, as_reader=True)) == []


async def check_balances(network: Network, told: list[Sale]) -> None:
    """Holds what everybody has against what they began with, earned, paid, and paid in fees."""
    client, fees = network.client, await fees_paid(network)
    buyer = network.wallet("buyer").account
    paid = sum(sale.price_uacc for sale in told)
    assert await client.balance_uacc(buyer) == 1_000 * UACC_PER_ACC - paid - fees[buyer]
    cars = sorted({sale.car for sale in told})
    assert len(cars) == CARS
    for name in cars:
        car = network.wallet(name)
        owner = present(car.controller, "a car has an owner")
        earned = sum(sale.reward_uacc + sale.price_uacc + OFFER_PRICE_UACC for sale in told if sale.car == name)
        assert await client.balance_uacc(owner) == 19 * UACC_PER_ACC + earned - fees[owner]
        assert await client.balance_uacc(car.account) == UACC_PER_ACC - fees[car.account]
        # The buyer, the maker and the second buyer have read each trip.
        assert len(await client.pages(ListReceipts(owner))) == 3 * sum(sale.car == name for sale in told)


def test_what_a_world_tells_is_what_the_chain_says(tmp_path: Path) -> None:
    async def run() -> None:
        home = Home(tmp_path / "home")
        async with open_network(home) as network:
            start_ms = network.clock() - PAST_MS
            fleet = Fleet(1, CARS, start_ms=start_ms)
            told, product = await drive(network, fleet)
            assert {sale.car for sale in told} == {car.name for car in fleet.cars}
            await check_told(network, told)
            await check_product(network, told, product)
            await check_others(network, trips=CARS)
            await check_balances(network, told)
        async with open_network(home) as network:
            # Another day after a restart: the same cars and consents, other trips.
            again, product = await drive(network, Fleet(1, CARS, start_ms=start_ms + DAY_MS))
            told += again
            await check_told(network, told)
            await check_product(network, again, product)
            await check_others(network, trips=2 * CARS)
            await check_balances(network, told)
            offers = [offer.terms for _, offer in await network.client.pages(ListOffers())]
            assert [(terms.categories, terms.precision) for terms in offers] == [(("motion",), "coarse")] * CARS
            assert len(await network.client.pages(ListRecordings())) == len(told) == 2 * CARS
            consents = await network.client.pages(ListConsents(network.wallet("buyer").account, as_reader=True))
            assert len(consents) == CARS
        vins = [car.vin.encode() for car in fleet.cars]
        written = b"".join(path.read_bytes() for path in home.path.rglob("*") if path.is_file())
        assert not any(vin in written for vin in vins)

    asyncio.run(run())


def test_a_car_that_was_sold_has_its_next_owner_and_the_others_drive_on(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            start_ms = network.clock() - PAST_MS
            fleet = Fleet(1, CARS, start_ms=start_ms)
            await drive(network, fleet)
            sold, other = (car.name for car in fleet.cars)
            car, former, next_owner = (network.wallet(name) for name in (sold, "owner-01", "owner-02"))
            life = present(await network.client.ask(GetLife(car.account)), "a car that drove has a life")
            await network.client.send(former, Sell(car.account, life.odometer_m, bytes(32)), payer=next_owner)
            assert await network.owner(car) == next_owner
            before = len(await network.client.pages(ListRecordings()))
            told: list[Sale | ProductSale] = []
            # The sale was today, and the world drives a month ago.
            again = World(network, Fleet(1, CARS, start_ms=start_ms + DAY_MS), pause_s=0.01, told=told.append)
            world = asyncio.create_task(again.run())
            while len(told) < 2 and not world.done():
                await asyncio.sleep(0.01)
            assert not world.done(), world.exception()
            world.cancel()
            await asyncio.gather(world, return_exceptions=True)
            assert {sale.car for sale in told if isinstance(sale, Sale)} == {other}
            vehicles = [record.vehicle for _, record in await network.client.pages(ListRecordings())]
            assert len(vehicles) > before
            assert vehicles.count(car.account) == 1

    asyncio.run(run())


def test_a_new_product_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            fleet = Fleet(1, CARS, start_ms=network.clock() - PAST_MS)
            products, enough = 0, asyncio.Event()

            def tell(sale: Sale | ProductSale) -> None:
                nonlocal products
                products += isinstance(sale, ProductSale)
                if products == 2:
                    enough.set()

            world = asyncio.create_task(World(network, fleet, pause_s=0, told=tell).run())
            waiting = asyncio.create_task(enough.wait())
            await asyncio.wait([world, waiting], return_when=asyncio.FIRST_COMPLETED)
            world.cancel()
            await asyncio.gather(world, return_exceptions=True)
            assert waiting.done()
            listed = [product for _, product in await network.client.pages(ListProducts())]
            assert len([product for product in listed if not product.taken_off_ms]) == 1
            assert len(listed) >= 2

    asyncio.run(run())


async def leave(network: Network, name: str, uacc: int) -> None:
    """Leaves a party so much and no more."""
    client, wallet = network.client, network.wallet(name)
    fee_uacc = client.dispatcher.least_fee_uacc((Transfer(wallet.account, 1),), suites=(1,))
    held = await client.balance_uacc(wallet.account)
    await client.send(wallet, Transfer(network.wallet("foundation").account, held - fee_uacc - uacc))


def test_a_buyer_who_has_little_left_is_given_more(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            buyer = await network.party("buyer")
            await leave(network, "buyer", PRICE_UACC)
            fleet = Fleet(1, 1, start_ms=network.clock() - PAST_MS)
            await drive(network, fleet)
            assert await network.client.balance_uacc(buyer.account) > 999 * UACC_PER_ACC

    asyncio.run(run())


def test_a_world_in_which_nobody_can_pay_stops_and_says_why(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            await network.party("buyer")
            await leave(network, "buyer", PRICE_UACC)
            await leave(network, "ido", PRICE_UACC)
            world = World(network, Fleet(1, 1, start_ms=network.clock() - PAST_MS), pause_s=0, told=lambda _: None)
            try:
                await world.run()
            except* Exception as stopped:
                with refuses(TOO_POOR):
                    raise stopped.exceptions[0] from None

    asyncio.run(run())


def test_who_takes_back_what_the_world_granted_is_obeyed_and_the_cars_drive_on(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            client, fleet = network.client, Fleet(1, 1, start_ms=network.clock() - PAST_MS)
            sold = asyncio.Event()
            world = asyncio.create_task(World(network, fleet, pause_s=0.0, told=lambda _: sold.set()).run())
            await sold.wait()
            owner = network.wallet("owner-01")
            # The offer first, for it could lead to one more consent.
            for name, _ in await client.pages(ListOffers(owner.account)):
                await client.send(owner, Withdraw(name))
            for name, _ in await client.pages(ListConsents(owner.account)):
                await client.send(owner, Revoke(name))
            await _drive_on(network, world)
            receipts = await client.pages(ListReceipts(owner.account))
            await _drive_on(network, world)
            world.cancel()
            await asyncio.gather(world, return_exceptions=True)
            again = asyncio.create_task(World(network, fleet, pause_s=0.0, told=lambda _: None).run())
            await _drive_on(network, again)
            again.cancel()
            await asyncio.gather(again, return_exceptions=True)
            assert await client.pages(ListReceipts(owner.account)) == receipts
            assert not any(given.lives(network.clock()) for _, given in await client.pages(ListConsents(owner.account)))
            assert not any(made.stands(network.clock()) for _, made in await client.pages(ListOffers(owner.account)))

    asyncio.run(run())


async def _drive_on(network: Network, world: asyncio.Task[None]) -> None:
    """Waits until the world has recorded two more trips."""
    before = len(await network.client.pages(ListRecordings()))
    while len(await network.client.pages(ListRecordings())) < before + 2:
        assert not world.done()
        await asyncio.sleep(0.01)
