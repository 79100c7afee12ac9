"""The lives of simulated cars: real steps on the chain, with papers, that go on where they stopped."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from autochain.network import Home, Network, open_network
from autochain.onchain.contracts.recording import ListRecordings
from autochain.onchain.contracts.vehicles import GetHistory, GetLife, GetPassport, Life, Scrap, StateOdometer, Step
from autochain.onchain.refusals import present
from autochain.services.passport import check_passport, make_passport
from autochain.sim import PAST_MS, Fleet, World
from autochain.sim.lives import RXSWIN, SERVICE_M
from autochain.wallet import Wallet

CARS = 2


async def drive_until(network: Network, fleet: Fleet, there: Callable[[], Awaitable[bool]]) -> None:
    """Lets a fleet drive until something is there."""
    world = asyncio.create_task(World(network, fleet, pause_s=0.0, told=lambda _: None).run())
    while not await there():
        assert not world.done(), world.exception()
        await asyncio.sleep(0.01)
    world.cancel()
    await asyncio.gather(world, return_exceptions=True)


def a_fleet(network: Network) -> Fleet:
    return Fleet(1, CARS, start_ms=network.clock() - PAST_MS)


async def steps_of(network: Network, car: Wallet) -> tuple[Step, ...]:
    return await network.client.ask(GetHistory(car.account))


async def life_of(network: Network, car: Wallet) -> Life:
    return present(await network.client.ask(GetLife(car.account)), "it has driven")


def check_papers(home: Home, steps: tuple[Step, ...]) -> None:
    """Sees that every paper that a step names is kept by somebody."""
    papers = {hashlib.sha256(file.read_bytes()).digest() for file in home.parties.glob("*/papers/*")}
    named = {step.evidence for step in steps if step.evidence is not None}
    assert named <= papers


def test_cars_are_made_once_serviced_at_their_marks_and_go_on_after_a_restart(tmp_path: Path) -> None:
    async def run() -> None:
        home = Home(tmp_path / "home")

        async def have_steps(network: Network, count: int) -> bool:
            cars = [network.wallet(f"car-{number:02}") for number in (1, 2) if f"car-{number:02}" in names(network)]
            return len(cars) == CARS and all([len(await steps_of(network, car)) >= count for car in cars])

        async with open_network(home) as network:
            fleet = a_fleet(network)
            for number, car in enumerate(fleet.cars):
                car.state.odometer_m = float((400 + number) * SERVICE_M - 1)
            await drive_until(network, fleet, lambda: have_steps(network, 5))
            even, odd = (network.wallet(car.name) for car in fleet.cars)
            for wallet in (even, odd):
                kinds = [step.kind for step in await steps_of(network, wallet)]
                assert kinds[:4] == ["made", "registered", "software_updated", "repaired"]
                check_papers(home, await steps_of(network, wallet))
            assert (await steps_of(network, even))[4].kind == "recalled"
            assert (await life_of(network, even)).recalls_open == 1
            passport = present(await network.client.ask(GetPassport(odd.account)), "it has driven")
            assert [(rxswin, software.version) for rxswin, software in passport.software] == [(RXSWIN, "1.401")]
            before = {wallet.account: await life_of(network, wallet) for wallet in (even, odd)}
        async with open_network(home) as network:
            fleet = a_fleet(network)
            assert all(car.state.odometer_m < before[network.wallet(car.name).account].odometer_m for car in fleet.cars)
            recordings = len(await network.client.pages(ListRecordings()))

            async def drove_on() -> bool:
                return len(await network.client.pages(ListRecordings())) >= recordings + 2 * CARS

            await drive_until(network, fleet, drove_on)
            for car in fleet.cars:
                wallet = network.wallet(car.name)
                life, steps = await life_of(network, wallet), await steps_of(network, wallet)
                assert car.state.odometer_m > before[wallet.account].odometer_m
                assert life.odometer_m >= before[wallet.account].odometer_m
                assert [step.kind for step in steps].count("made") == 1
                assert check_passport(network.client.trust, await make_passport(network.client, wallet.account)).steps

    asyncio.run(run())


def names(network: Network) -> set[str]:
    return set(network.names().values())


def test_an_open_recall_is_closed_by_the_next_service(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            fleet = Fleet(1, 1, start_ms=network.clock() - PAST_MS)
            (car,) = fleet.cars
            car.state.odometer_m = float(10 * SERVICE_M - 1)
            kinds: list[str] = []

            async def recalled() -> bool:
                found = await steps_of(network, network.wallet(car.name)) if car.name in names(network) else ()
                kinds[:] = [step.kind for step in found]
                return "recalled" in kinds

            await drive_until(network, fleet, recalled)
            car.state.odometer_m = float(11 * SERVICE_M - 1)

            async def repaired() -> bool:
                await recalled()
                return kinds.count("repaired") == 2

            await drive_until(network, fleet, repaired)
            wallet = network.wallet(car.name)
            assert (await life_of(network, wallet)).recalls_open == 0
            repair = [step for step in await steps_of(network, wallet) if step.kind == "repaired"][-1]
            assert repair.campaign == "GXC-0010"

    asyncio.run(run())


def test_what_others_do_in_a_car_s_life_stops_no_car(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            client, fleet = network.client, a_fleet(network)

            async def drove(count: int) -> bool:
                return len(await client.pages(ListRecordings())) >= count

            await drive_until(network, fleet, lambda: drove(CARS))
            scrapped, other = (network.wallet(car.name) for car in fleet.cars)
            # Somebody states far more than the car has driven, and the other car's life ends.
            far_m = 9_000_000_000
            await client.send(network.wallet("owner-02"), StateOdometer(other.account, far_m, bytes(32)))
            life, dismantler = await life_of(network, scrapped), network.wallet("dismantler")
            scrap = Scrap(scrapped.account, life.odometer_m, bytes(32))
            before = [record.vehicle for _, record in await client.pages(ListRecordings())]

            async def end_a_life() -> bool:
                if (await life_of(network, scrapped)).stage != "scrapped":
                    await client.send(network.wallet("owner-01"), scrap, payer=dismantler)
                return await drove(len(before) + 3)

            await drive_until(network, Fleet(1, CARS, start_ms=network.clock() - PAST_MS // 2), end_a_life)
            after = [record.vehicle for _, record in await client.pages(ListRecordings())]
            assert after.count(other.account) > before.count(other.account)
            assert after.count(scrapped.account) <= before.count(scrapped.account) + 1
            ended = len(await steps_of(network, scrapped))
            await drive_until(network, a_fleet(network), lambda: drove(len(after) + 1))
            assert len(await steps_of(network, scrapped)) == ended

    asyncio.run(run())
