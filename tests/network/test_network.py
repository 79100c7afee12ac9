"""A network gives its parties what they need to begin with, once, in this process or reached in another."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
from pathlib import Path

import pytest
from homes import VIN, Clock, Scene, Trip, play, refuses, run_command, serving, write_raw

from autochain.client.http import NODE_AWAY
from autochain.network import Home, find_consent, open_network, verify_recording
from autochain.network.network import LOW_SHARE, STARTING_UACC
from autochain.onchain.contracts.consent import NO_CONSENT, Purpose
from autochain.onchain.contracts.consent import errors as consent_errors
from autochain.onchain.contracts.credentials import ATTESTATIONS, VEHICLES, Bearer, Holds, Withdraw
from autochain.onchain.contracts.credentials.errors import OTHER_DID
from autochain.onchain.contracts.identity import GetIdentity
from autochain.onchain.contracts.recording import Category, GetRecording, Precision
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto import tagged_hash
from autochain.onchain.refusals import Reason, present
from autochain.onchain.units import UACC_PER_ACC
from autochain.signals.refusals import VIN_CHECK_DIGIT
from autochain.wallet import create

OTHER_VIN = "VF1RFA00068512345"


def test_a_new_party_is_registered_and_given_acc_once(home: Path) -> None:
    async def story(scene: Scene) -> None:
        network = scene.network
        for name, kind, acc in (("someone", "person", 20), ("something", "organisation", 1_000)):
            wallet = await network.party(name, kind=kind)  # type: ignore[arg-type]
            assert await network.party(name, kind=kind) == wallet  # type: ignore[arg-type]
            identity = present(await network.client.ask(GetIdentity(wallet.account)), "it is registered")
            assert (identity.kind, identity.controller) == (kind, None)
            assert await network.client.balance_uacc(wallet.account) == acc * UACC_PER_ACC

    play(home, story)


def test_a_party_whose_beginning_was_interrupted_gets_the_rest_of_it(home: Path) -> None:
    async def story(scene: Scene) -> None:
        network = scene.network
        made = create(home / "parties", "made", kind="person")
        registered = create(home / "parties", "registered", kind="person")
        await network.client.register(registered)
        for wallet in (made, registered):
            assert await network.party(wallet.name, kind="person") == wallet
            assert await network.client.balance_uacc(wallet.account) == 20 * UACC_PER_ACC

    play(home, story)


def test_a_party_that_has_spent_all_it_had_is_given_nothing_more(home: Path) -> None:
    async def story(scene: Scene) -> None:
        wallet = await scene.network.party("spender", kind="person")
        held = await scene.client.balance_uacc(wallet.account)
        spending = Transfer(scene.owner.account, held)
        fee_uacc = scene.client.dispatcher.least_fee_uacc((spending,), suites=(1,))
        await scene.client.send(wallet, Transfer(scene.owner.account, held - fee_uacc))
        await scene.network.party("spender", kind="person")
        assert await scene.client.balance_uacc(wallet.account) == 0

    play(home, story)


def test_a_vehicle_is_its_owners_attested_and_able_to_pay(home: Path) -> None:
    async def story(scene: Scene) -> None:
        network, client = scene.network, scene.client
        vehicle = await network.vehicle("van", scene.owner, subject=OTHER_VIN)
        identity = present(await client.ask(GetIdentity(vehicle.account)), "it is registered")
        assert (identity.kind, identity.controller) == ("device", scene.owner.account)
        assert identity.commitment == tagged_hash("commitment", vehicle.salt, OTHER_VIN.encode())
        assert await client.ask(Holds(vehicle.account, "vehicle"))
        assert await client.balance_uacc(vehicle.account) == UACC_PER_ACC
        height = (await client.status()).height
        assert await network.vehicle("van", scene.owner, subject=OTHER_VIN) == vehicle
        assert (await client.status()).height == height

    play(home, story)


def test_a_second_vehicle_with_the_same_vin_is_refused_and_given_nothing(home: Path) -> None:
    async def story(scene: Scene) -> None:
        network, client = scene.network, scene.client
        for name, owner, vin in (("twin", scene.owner, VIN), ("foreign", scene.rival, f" {VIN.lower()} ")):
            with refuses(OTHER_DID):
                await network.vehicle(name, owner, subject=vin)
            twin = network.wallet(name)
            assert not await client.ask(Holds(twin.account, "vehicle"))
            assert await client.balance_uacc(twin.account) == 0
        # When the first one's attestation is taken back, as after a mistake, another DID can have the VIN.
        withdraw, registrar = Withdraw(scene.car.account, "vehicle"), network.wallet("registrar")
        await client.send(registrar, withdraw, payer=network.wallet("operation"))
        assert await client.ask(Holds((await network.vehicle("twin", scene.owner, subject=VIN)).account, "vehicle"))

    play(home, story)


def test_nobody_finds_a_vin_on_the_chain_by_hashing_it(home: Path) -> None:
    async def story(scene: Scene) -> None:
        attested = (await scene.client.prove(ATTESTATIONS, scene.car.account, "vehicle")).record
        assert (await scene.client.prove(VEHICLES, attested.unique)).record == Bearer(scene.car.account)
        guesses = [tag.join((b"", VIN.encode())) for tag in (b"", b"autochain/vin", b"vin-uniqueness")]
        assert attested.unique not in [hashlib.sha256(guess).digest() for guess in guesses]
        assert attested.unique != tagged_hash("vin-uniqueness", VIN.encode())

    play(home, story)


def test_vehicles_that_a_file_names_otherwise_are_told_apart_by_their_owner_alone(home: Path) -> None:
    async def story(scene: Scene) -> None:
        network = scene.network
        one = await network.vehicle("one", scene.owner, subject="the blue car")
        other = await network.vehicle("other", scene.rival, subject="the blue car")
        assert one.account != other.account
        with refuses(OTHER_DID):
            await network.vehicle("again", scene.owner, subject="the blue car")

    play(home, story)


def test_what_has_the_form_of_a_vin_and_a_wrong_check_digit_is_no_name_of_a_vehicle(home: Path) -> None:
    async def story(scene: Scene) -> None:
        with refuses(VIN_CHECK_DIGIT):
            await scene.network.vehicle("van", scene.owner, subject="1M8GDM9A1KP042788")
        # No DID is left behind, nor keys.
        assert "van" not in scene.network.names().values()
        await scene.network.vehicle("van", scene.owner, subject="1M8GDM9AXKP042788")

    play(home, story)


def test_a_role_is_attested_once(home: Path) -> None:
    async def story(scene: Scene) -> None:
        assert not await scene.client.ask(Holds(scene.buyer.account, "buyer"))
        await scene.network.attest(scene.buyer, "buyer")
        assert await scene.client.ask(Holds(scene.buyer.account, "buyer"))
        height = (await scene.client.status()).height
        await scene.network.attest(scene.buyer, "buyer")
        assert (await scene.client.status()).height == height

    play(home, story)


def test_a_vehicle_that_could_soon_not_pay_is_given_acc_by_its_owner_again(home: Path) -> None:
    async def story(scene: Scene) -> None:
        client, car = scene.client, scene.car
        low_uacc = STARTING_UACC["device"] // LOW_SHARE
        held = await client.balance_uacc(car.account)
        fee_uacc = client.dispatcher.least_fee_uacc((Transfer(scene.owner.account, 1),), suites=(1,))
        await client.send(car, Transfer(scene.owner.account, held - fee_uacc - low_uacc))
        await scene.network.vehicle("car", scene.owner, subject=VIN)
        assert await client.balance_uacc(car.account) == low_uacc
        await client.send(car, Transfer(scene.owner.account, 1))
        await scene.network.vehicle("car", scene.owner, subject=VIN)
        assert await client.balance_uacc(car.account) == UACC_PER_ACC + low_uacc - fee_uacc - 1

    play(home, story)


def test_a_vehicle_whose_beginning_was_interrupted_gets_the_rest_of_it(home: Path) -> None:
    async def story(scene: Scene) -> None:
        client, network = scene.client, scene.network
        van = create(home / "parties", "van", kind="device", subject=OTHER_VIN, controller=scene.owner.account)
        await client.register(van, controller=scene.owner)
        await client.send(scene.owner, Transfer(van.account, UACC_PER_ACC))
        assert await network.vehicle("van", scene.owner, subject=OTHER_VIN) == van
        assert await client.ask(Holds(van.account, "vehicle"))
        assert await client.balance_uacc(van.account) == UACC_PER_ACC

    play(home, story)


def test_parties_are_known_by_name(home: Path) -> None:
    async def story(scene: Scene) -> None:
        names = scene.network.names()
        assert names[scene.owner.account] == "owner"
        assert names[scene.car.account] == "car"
        assert len(names) == 11

    play(home, story)


@pytest.mark.parametrize(
    ("purpose", "categories", "precision", "reason"),
    [
        ("insurance", ("motion",), "exact", consent_errors.OTHER_PURPOSE),
        ("research", ("energy",), "exact", consent_errors.OTHER_CATEGORY),
        ("research", ("energy", "motion"), "coarse", consent_errors.OTHER_CATEGORY),
    ],
)
def test_where_no_consent_lets_a_reader_read_the_nearest_ones_reason_is_named(
    home: Path, purpose: Purpose, categories: tuple[Category, ...], precision: Precision, reason: Reason
) -> None:
    async def story(scene: Scene) -> None:
        record = present(await scene.client.ask(GetRecording(scene.recordings[0])), "it was recorded")
        with refuses(reason):
            await find_consent(
                scene.network, scene.buyer, record, purpose=purpose, categories=categories, precision=precision
            )
        with refuses(NO_CONSENT):
            await find_consent(
                scene.network, scene.rival, record, purpose=purpose, categories=categories, precision=precision
            )

    play(home, story)


def test_a_consent_that_fits_is_found_among_others(home: Path) -> None:
    async def story(scene: Scene) -> None:
        record = present(await scene.client.ask(GetRecording(scene.recordings[0])), "it was recorded")
        fitting = await scene.grant(purpose="insurance", categories=("energy", "motion"))
        found = await find_consent(
            scene.network, scene.buyer, record, purpose="insurance", categories=(), precision="coarse"
        )
        assert found == (fitting, ("energy", "motion"))
        scene.clock.advance(25 * 3_600_000)
        with refuses(consent_errors.ENDED):
            await find_consent(
                scene.network, scene.buyer, record, purpose="insurance", categories=(), precision="coarse"
            )

    play(home, story)


def test_a_network_that_runs_in_another_process_is_reached_there(tmp_path: Path) -> None:
    home, table = tmp_path / "home", tmp_path / "drives.csv"
    write_raw(table, [Trip("WVWZZZ1JZ3W386752", "trip")])
    with serving(home, tmp_path / "logs") as server:
        replayed = run_command(home, "replay", str(table), "--format", "json")
        (drive,) = json.loads(replayed.stdout)["recordings"]
        assert (drive["verified"], drive["known"]) == (True, False)
        asyncio.run(check_reached(home, bytes.fromhex(drive["recording"])))
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    # The killed process has left its address, where nobody answers: now this one runs the network.
    assert (home / "address").exists()
    asyncio.run(check_here(home, bytes.fromhex(drive["recording"])))


async def check_reached(home: Path, recording: bytes) -> None:
    async with open_network(Home(home)) as network:
        assert network.app is None
        await verify_recording(network, recording)
        wallet = await network.party("someone", kind="person")
        assert await network.client.balance_uacc(wallet.account) == 20 * UACC_PER_ACC


async def check_here(home: Path, recording: bytes) -> None:
    async with open_network(Home(home)) as network:
        assert network.app is not None
        await verify_recording(network, recording)
        wallet = network.wallet("someone")
        assert await network.client.balance_uacc(wallet.account) == 20 * UACC_PER_ACC


def test_a_process_that_has_the_home_and_does_not_answer_is_named(home: Path) -> None:
    holder = Home(home)
    assert holder.lock()
    holder.announce("127.0.0.1:1")

    async def run() -> None:
        async with open_network(Home(home), clock=Clock()) as network:
            raise AssertionError(f"nobody answers, yet there is {network.facts}")

    with refuses(NODE_AWAY):
        asyncio.run(run())
    holder.unlock()
