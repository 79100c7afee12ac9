"""The main job whole: recorded drives are taken in, sold, read back equal to the file, and proved."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest
from homes import RawDrive, Trip, fees_paid, read_raw, refuses, write_raw

from autochain.edge.gateways.csv import FileMapping, read_drives
from autochain.edge.obu import recognise
from autochain.network import (
    Home,
    Network,
    Replay,
    Replayed,
    Terms,
    find_consent,
    open_network,
    read_recording,
    verify_recording,
)
from autochain.network.replay import exact_categories, holds
from autochain.onchain.contracts.consent import Grant, Granted, ListConsents
from autochain.onchain.contracts.consent import Terms as ConsentTerms
from autochain.onchain.contracts.credentials.errors import OTHER_DID
from autochain.onchain.contracts.market import RECEIPTS, ListReceipts, Read
from autochain.onchain.contracts.recording import RECORDINGS, GetRecording, ListRecordings, recording_id
from autochain.onchain.contracts.recording.errors import IN_THE_FUTURE
from autochain.onchain.crypto import tagged_hash
from autochain.onchain.refusals import present
from autochain.services.release import fetch
from autochain.signals import merge
from autochain.vault.errors import CORRUPT

TERMS = Terms("owner", "buyer", "research", 500_000)
TRIPS = [
    Trip("WVWZZZ1JZ3W386752", "morning"),
    Trip("WVWZZZ1JZ3W386752", "evening"),
    Trip("VF1RFA00068512345", "errand", points=25),
    Trip("", "nameless"),
]
ENVIROCAR = Path(os.environ.get("AUTOCHAIN_DATA", ""), "telemetry", "envirocar_tracks.csv")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tables") / "drives.csv"
    write_raw(path, TRIPS)
    return path


async def replay(network: Network, path: Path, *, at_most: int = 1_000) -> list[Replayed]:
    """Replays a file, or as if interrupted only so many of its drives."""
    work = Replay(network, path, FileMapping(), TERMS, lambda _: None)
    done: list[Replayed] = []
    async for drive in work.drives():
        done.append(drive)
        if len(done) == at_most:
            break
    await work.verify(done)
    assert work.report.stopped is None
    assert work.report.refused == []
    return done


async def counts(network: Network) -> tuple[int, int, int]:
    """Gives how many recordings, consents and receipts there are."""
    owner, buyer = network.wallet("owner").account, network.wallet("buyer").account
    recordings = await network.client.pages(ListRecordings())
    consents = await network.client.pages(ListConsents(owner))
    receipts = await network.client.pages(ListReceipts(buyer, as_reader=True))
    return len(recordings), len(consents), len(receipts)


async def readings_of(network: Network, drive: Replayed) -> dict[str, dict[int, float]]:
    """Reads a drive as the buyer, from the vault and by the keys of its receipt."""
    buyer = network.wallet("buyer")
    reading = await fetch(network.client, buyer, network.committee, network.vault, drive.receipt, clock=network.clock)
    merged = merge(reading.parts.values())
    found: dict[str, dict[int, float]] = {}
    for each in merged.readings():
        for signal, value in each.values.items():
            found.setdefault(signal, {})[each.time_ms] = value
    return found


async def check_against(network: Network, raw: dict[str, RawDrive], done: list[Replayed]) -> None:
    """Holds what was replayed against an independent reading of the raw file."""
    assert len(done) == len(raw)
    assert all(drive.verified and drive.equal for drive in done)
    left = dict(raw)
    for drive in done:
        readings = await readings_of(network, drive)
        (track,) = [track for track, one in left.items() if one.readings == readings]
        told = left.pop(track)
        assert drive.vehicle == told.vehicle
        assert drive.points == told.points
        assert drive.report.rows_dropped == 0
        assert drive.report.cells_dropped == told.bad_cells
        assert drive.km == pytest.approx(told.km, rel=0.005)
        assert drive.litres == pytest.approx(told.litres, rel=0.005)
        record = present(await network.client.ask(GetRecording(drive.recorded.recording)), "it was recorded")
        assert record.points == told.points
        assert drive.recorded.reward_uacc == 1_000 * told.points
    assert left == {}


@pytest.mark.parametrize("source", ["made", *(["envirocar"] if ENVIROCAR.exists() else [])])
def test_drives_of_a_table_are_sold_read_back_as_they_were_and_proved(table: Path, tmp_path: Path, source: str) -> None:
    path, drives, points, vehicles, bad_cells = {
        "made": (table, 4, 145, 3, 16),
        "envirocar": (ENVIROCAR, 11, 1_759, 4, 14),
    }[source]
    raw = read_raw(path)
    assert sum(one.points for one in raw.values()) == points
    assert sum(one.bad_cells for one in raw.values()) == bad_cells

    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            done = await replay(network, path)
            await check_against(network, raw, done)
            assert len({drive.vehicle for drive in done}) == vehicles
            assert await counts(network) == (drives, drives, drives)
            assert {drive.price_uacc for drive in done} == {500_000}
            for drive in done:
                checked = await verify_recording(network, drive.recorded.recording)
                assert checked.manifest_root == drive.recorded.manifest_root

    asyncio.run(run())


def test_the_parties_of_a_replay_have_what_the_chain_says_they_earned_and_paid(table: Path, tmp_path: Path) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            done = await replay(network, table)
            buyer, owner = network.wallet("buyer"), network.wallet("owner")
            fees = await fees_paid(network)
            paid = sum(drive.price_uacc for drive in done)
            assert await network.client.balance_uacc(buyer.account) == 1_000_000_000 - paid - fees[buyer.account]
            vehicles = {drive.vehicle for drive in done}
            earned = paid + sum(drive.recorded.reward_uacc for drive in done) - len(vehicles) * 1_000_000
            assert await network.client.balance_uacc(owner.account) == 20_000_000 + earned - fees[owner.account]

    asyncio.run(run())


def test_vehicles_of_a_file_are_vehicles_of_the_chain_and_one_without_a_name_is_one_of_its_own(
    table: Path, tmp_path: Path
) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            done = await replay(network, table)
            accounts: dict[str, set[bytes]] = {}
            for drive in done:
                record = present(await network.client.ask(GetRecording(drive.recorded.recording)), "it was recorded")
                accounts.setdefault(drive.vehicle, set()).add(record.vehicle)
                assert record.owner == network.wallet("owner").account
            assert set(accounts) == {"WVWZZZ1JZ3W386752", "VF1RFA00068512345", "nameless"}
            assert all(len(found) == 1 for found in accounts.values())
            assert len(set.union(*accounts.values())) == 3
            names = network.names()
            for vehicle, (account,) in accounts.items():
                wallet = network.wallet(names[account])
                assert wallet.commitment == tagged_hash("commitment", wallet.salt, vehicle.encode())

    asyncio.run(run())


def test_a_second_replay_commits_buys_and_pays_nothing_again_and_says_so(table: Path, tmp_path: Path) -> None:
    async def run() -> None:
        home = Home(tmp_path / "home")
        async with open_network(home) as network:
            first = await replay(network, table)
            app_hash = (await network.client.status()).app_hash
            files = {path: path.stat().st_mtime_ns for path in (home.path / "vault").rglob("*")}
        async with open_network(home) as network:
            second = await replay(network, table)
            assert (await network.client.status()).app_hash == app_hash
            assert {path: path.stat().st_mtime_ns for path in (home.path / "vault").rglob("*")} == files
        assert [drive.recorded.known for drive in first] == [False] * 4
        assert [drive.recorded.known for drive in second] == [True] * 4
        assert [drive.recorded._replace(known=False) for drive in second] == [drive.recorded for drive in first]
        assert [drive.receipt for drive in second] == [drive.receipt for drive in first]
        assert all(drive.verified and drive.equal for drive in second)

    asyncio.run(run())


def test_a_replay_that_was_interrupted_goes_on(table: Path, tmp_path: Path) -> None:
    async def run() -> None:
        home = Home(tmp_path / "home")
        async with open_network(home) as network:
            half = await replay(network, table, at_most=2)
            assert await counts(network) == (2, 2, 2)
        async with open_network(home) as network:
            done = await replay(network, table)
            assert [drive.recorded.known for drive in done] == [True, True, False, False]
            assert [drive.receipt for drive in done[:2]] == [drive.receipt for drive in half]
            assert await counts(network) == (4, 4, 4)
            await check_against(network, read_raw(table), done)

    asyncio.run(run())


def test_a_table_that_grew_gives_its_new_drives_only(table: Path, tmp_path: Path) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            await replay(network, table)
            write_raw(tmp_path / "grown.csv", [*TRIPS, Trip("VF1RFA00068512345", "later")])
            done = await replay(network, tmp_path / "grown.csv")
            assert sorted(drive.recorded.known for drive in done) == [False] + [True] * 4
            assert await counts(network) == (5, 5, 5)

    asyncio.run(run())


def test_another_buyer_pays_for_itself_and_nothing_is_committed_again(table: Path, tmp_path: Path) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            await replay(network, table)
            work = Replay(network, table, FileMapping(), Terms("owner", "other", "insurance", 1), lambda _: None)
            done = [drive async for drive in work.drives()]
            await work.verify(done)
            assert all(drive.verified and drive.recorded.known for drive in done)
            assert {drive.price_uacc for drive in done} == {1}
            other = network.wallet("other").account
            assert len(await network.client.pages(ListReceipts(other, as_reader=True))) == 4
            assert await counts(network) == (4, 8, 4)

    asyncio.run(run())


def test_who_bought_a_part_of_a_drive_before_buys_the_whole_of_it_too(table: Path, tmp_path: Path) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            first, *_ = await replay(network, table)
            buyer = await network.party("other")
            record = present(await network.client.ask(GetRecording(first.recorded.recording)), "it was recorded")
            all_categories = exact_categories(record)
            terms = ConsentTerms(
                vehicle=record.vehicle,
                purpose="research",
                categories=all_categories,
                precision="exact",
                from_ms=0,
                until_ms=2**47,
                price_uacc=1,
                expires_ms=network.clock() + 3_600_000,
            )
            grant = Grant(buyer.account, terms)
            consent = (await network.client.send(network.wallet("owner"), grant)).event(Granted).consent
            name = first.recorded.recording
            await network.client.send(buyer, Read(name, consent, "research", ("motion",), "exact"))
            await network.client.send(buyer, Read(name, consent, "research", all_categories, "coarse"))
            work = Replay(network, table, FileMapping(), Terms("owner", "other", "research", 1), lambda _: None)
            done = [drive async for drive in work.drives()]
            assert all(drive.equal and drive.recorded.known for drive in done)
            assert len(await network.client.pages(ListReceipts(buyer.account, as_reader=True))) == 2 + 4

    asyncio.run(run())


def test_readings_that_came_back_otherwise_are_not_called_equal_or_verified(table: Path, tmp_path: Path) -> None:
    """A unit that sealed other readings than those it took the fingerprint of is found out by the buyer."""

    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            work = Replay(network, table, FileMapping(), TERMS, lambda _: None)
            (one, _), (other, _), *_ = read_drives(table)
            owner = await network.party("owner", kind="person")
            unit = await work._unit(one.vehicle, owner)
            fingerprint = recognise(owner.secret, one)
            name = recording_id(unit.account, fingerprint)
            unit._outbox.put(name, unit._seal(other, name, fingerprint))
            done = [drive async for drive in work.drives()]
            await work.verify(done)
            assert [(drive.equal, drive.verified) for drive in done] == [(False, False)] + 3 * [(True, True)]

    asyncio.run(run())


def test_what_is_not_proved_is_not_called_verified(table: Path, tmp_path: Path) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            first, second, *_ = await replay(network, table)
            trust = network.client.trust
            recording = (await network.client.prove(RECORDINGS, first.recorded.recording)).proved
            receipt = (await network.client.prove(RECEIPTS, first.receipt)).proved
            assert holds(trust, first, recording, receipt)
            for field in ("price_uacc", "buyer", "equal"):
                kept = getattr(first, field)
                setattr(first, field, {"price_uacc": 1, "buyer": second.vehicle, "equal": False}[field])
                assert not holds(trust, first, recording, receipt)
                setattr(first, field, kept)
            for changed in (first.recorded._replace(manifest_root=bytes(32)), first.recorded._replace(height=1)):
                kept, first.recorded = first.recorded, changed
                assert not holds(trust, first, recording, receipt)
                first.recorded = kept
            nowhere = bytes(20)
            first.receipt, kept = nowhere, first.receipt
            absent = (await network.client.prove(RECEIPTS, nowhere)).proved
            assert not holds(trust, first, recording, absent)

    asyncio.run(run())


def test_a_replay_stops_where_the_vault_was_tampered_with_and_names_it(table: Path, tmp_path: Path) -> None:
    async def run() -> None:
        home = Home(tmp_path / "home")
        async with open_network(home) as network:
            await replay(network, table)
            for path in (home.path / "vault" / "objects").glob("*/*"):
                path.write_bytes(path.read_bytes()[:-1])
            with refuses(CORRUPT):
                await replay(network, table)

    asyncio.run(run())


def test_a_vehicle_that_is_another_owner_s_by_its_vin_is_refused_and_the_others_are_taken_in(
    table: Path, tmp_path: Path
) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            await replay(network, table, at_most=1)
            work = Replay(network, table, FileMapping(), Terms("thief", "buyer", "research", 1), lambda _: None)
            done = [drive async for drive in work.drives()]
            await work.verify(done)
            first = TRIPS[0].vehicle
            assert {drive.vehicle for drive in done} == {trip.vehicle or "nameless" for trip in TRIPS} - {first}
            assert all(drive.verified for drive in done)
            refused = [(each.vehicle, each.refusal.reason) for each in work.report.refused]
            assert refused == [(first, OTHER_DID)] * 2
            owners = [record.owner for _, record in await network.client.pages(ListRecordings())]
            assert sorted(map(owners.count, set(owners))) == [1, 2]

    asyncio.run(run())


def test_a_drive_of_the_future_is_refused_and_the_others_are_taken_in(tmp_path: Path) -> None:
    tomorrow_s = round(time.time()) + 86_400
    path = tmp_path / "log.csv"
    rows = [
        f"car-{car},{start_s + second},{20 + second}"
        for car, start_s in ((1, tomorrow_s), (2, 1_700_000_000))
        for second in range(60)
    ]
    path.write_text("\n".join(["vehicle,timestamp,Speed [km/h]", *rows]))

    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            work = Replay(network, path, FileMapping(), TERMS, lambda _: None)
            done = [drive async for drive in work.drives()]
            await work.verify(done)
            assert [(drive.vehicle, drive.verified) for drive in done] == [("car-2", True)]
            (refused,) = work.report.refused
            assert (refused.vehicle, refused.refusal.reason) == ("car-1", IN_THE_FUTURE)

    asyncio.run(run())


def test_who_reads_again_what_it_has_bought_does_not_pay_again(table: Path, tmp_path: Path) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            drive = (await replay(network, table, at_most=1))[0]
            buyer, name = network.wallet("buyer"), drive.recorded.recording
            record = present(await network.client.ask(GetRecording(name)), "it is on the chain")
            consent, what = await find_consent(
                network, buyer, record, purpose="research", categories=(), precision="exact"
            )
            held = await network.client.balance_uacc(buyer.account)
            again = await read_recording(
                network, buyer, name, consent=consent, purpose="research", categories=what, precision="exact"
            )
            assert again[0] == drive.receipt
            assert await network.client.balance_uacc(buyer.account) == held
            part = await read_recording(
                network, buyer, name, consent=consent, purpose="research", categories=what[:1], precision="exact"
            )
            assert part[0] != drive.receipt
            assert await network.client.balance_uacc(buyer.account) < held - TERMS.price_uacc

    asyncio.run(run())


def test_the_same_readings_in_a_file_of_another_name_are_recognised(tmp_path: Path) -> None:
    rows = [f"{1_700_000_000 + second},{20 + second}" for second in range(60)]
    for name in ("monday.csv", "copy of monday.csv"):
        (tmp_path / name).write_text("\n".join(["timestamp,Speed [km/h]", *rows]))

    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            first = await replay(network, tmp_path / "monday.csv")
            again = await replay(network, tmp_path / "copy of monday.csv")
            assert [drive.recorded.known for drive in (*first, *again)] == [False, True]
            assert first[0].recorded.recording == again[0].recorded.recording
            assert await counts(network) == (1, 1, 1)

    asyncio.run(run())


def test_an_owner_with_more_vehicles_than_it_can_pay_for_is_given_more(tmp_path: Path) -> None:
    rows = [f"car-{car},{1_700_000_000 + second},{20 + second}" for car in range(30) for second in range(3)]
    (tmp_path / "fleet.csv").write_text("\n".join(["vehicle,timestamp,Speed [km/h]", *rows]))

    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            done = await replay(network, tmp_path / "fleet.csv")
            assert len({drive.vehicle for drive in done}) == 30
            assert all(drive.verified for drive in done)

    asyncio.run(run())
