"""A process that is killed at any moment leaves a home in which everything acknowledged stands, once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from homes import Trip, environment, fees_paid, write_raw

from autochain.edge.gateways.csv import FileMapping
from autochain.network import CHAIN, Home, Network, Replay, Terms, open_network, verify_recording
from autochain.network.chain_file import CONTRACTS
from autochain.node import ChainStore
from autochain.onchain.contracts.market import ListReceipts
from autochain.onchain.contracts.mining import GetReward
from autochain.onchain.contracts.recording import GetRecording, ListRecordings
from autochain.onchain.ledger import StateMachine
from autochain.onchain.refusals import present
from autochain.onchain.units import UACC_PER_ACC

TRIPS = [Trip("car-a", "one", points=12), Trip("car-b", "two", points=12), Trip("car-a", "three", points=12)]
TERMS = Terms("owner", "buyer", "research", 500_000)
SEED = 20_261
WITHIN_S = 60.0


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tables") / "drives.csv"
    write_raw(path, TRIPS, bad_cells=False)
    return path


Told = list[dict[str, Any]]


def replay_in_a_process(
    home: Path, table: Path, *, last_step: int = 0, seconds: float | None = None
) -> tuple[int, Told]:
    """Replays until the end, until a step, or for so many seconds after the network was made; gives what it told."""
    command = [sys.executable, "-m", "homes.replaying", str(home), str(table), *([str(last_step)] if last_step else [])]
    with subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE, text=True) as process:
        stdout = present(process.stdout, "it is a pipe")
        first = stdout.readline()
        if seconds is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
            process.kill()
        rest = stdout.read()
        code = process.wait(WITHIN_S)
    # The line that it was about to tell when it died is no acknowledgement.
    lines = [line for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]
    return code, [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def steps(table: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, int]:
    """Gives how many steps the making of the network takes, and how many it all takes."""
    code, told = replay_in_a_process(tmp_path_factory.mktemp("counted") / "home", table)
    assert code == 0
    made, ended = told[0]["made"], told[-1]["ended"]
    assert len(told) == 2 + len(TRIPS)
    assert 50 < made < ended - 100
    return made, ended


def acknowledged(told: Told) -> Told:
    return [facts for facts in told if "recording" in facts]


async def check_kept(network: Network, told: Told) -> None:
    """Sees that all that was acknowledged stands there, and is proved."""
    names = {name for name, _ in await network.client.pages(ListRecordings())}
    assert len(names) <= len(TRIPS)
    for facts in acknowledged(told):
        name = bytes.fromhex(facts["recording"])
        assert name in names
        record = present(await network.client.ask(GetRecording(name)), "it was acknowledged")
        assert (record.manifest_root.hex(), record.height) == (facts["manifest_root"], facts["height"])
        await verify_recording(network, name)
        receipts = await network.client.pages(ListReceipts(network.wallet("buyer").account, as_reader=True))
        assert {receipt.hex(): bought.recording for receipt, bought in receipts}[facts["receipt"]] == name


async def complete(network: Network, table: Path, told: Told) -> None:
    """Replays again, and sees that each drive stands there once, was bought once and rewarded once."""
    work = Replay(network, table, FileMapping(), TERMS, lambda _: None)
    done = [drive async for drive in work.drives()]
    await work.verify(done)
    assert all(drive.verified and drive.equal for drive in done)
    by_name = {drive.recorded.recording.hex(): drive for drive in done}
    for facts in acknowledged(told):
        drive = by_name[facts["recording"]]
        assert drive.recorded.known
        assert drive.receipt.hex() == facts["receipt"]
    recordings = await network.client.pages(ListRecordings())
    receipts = await network.client.pages(ListReceipts(network.wallet("buyer").account, as_reader=True))
    assert len(recordings) == len(receipts) == len(TRIPS)
    for name, record in recordings:
        reward = present(await network.client.ask(GetReward(name)), "it was rewarded")
        assert reward.reward_uacc == 1_000 * record.points == 12_000
    assert not list(network.home.parties.glob("*/outbox/*.pending"))
    await check_money(network)


async def check_money(network: Network) -> None:
    """Sees that everybody was given its first ACC once, and that nothing was paid twice."""
    fees = await fees_paid(network)
    owner, buyer = network.wallet("owner").account, network.wallet("buyer").account
    paid, rewards, vehicles = 500_000 * len(TRIPS), 12_000 * len(TRIPS), 2 * UACC_PER_ACC
    assert await network.client.balance_uacc(owner) == 20 * UACC_PER_ACC + paid + rewards - vehicles - fees[owner]
    assert await network.client.balance_uacc(buyer) == 1_000 * UACC_PER_ACC - paid - fees[buyer]


def check(home: Path, table: Path, told: Told) -> None:
    """Opens a home that a killed process left, and sees that nothing is lost and nothing stands twice."""

    async def run() -> None:
        async with open_network(Home(home)) as network:
            await check_kept(network, told)
            await complete(network, table, told)

    asyncio.run(run())
    with contextlib.closing(ChainStore(Home(home).chain(CHAIN))) as store:
        assert StateMachine(store, CONTRACTS).broken_invariants() == []


def kill_at(step: int, folder: Path, table: Path) -> bool:
    """Kills a replay at a step; False when it ended before, since how many there are depends on where hashes fall."""
    code, told = replay_in_a_process(folder / "home", table, last_step=step)
    killed = code == -signal.SIGKILL
    assert killed or told[-1]["ended"] < step
    check(folder / "home", table, told)
    return killed


def kill_after(seconds: float, folder: Path, table: Path) -> None:
    _, told = replay_in_a_process(folder / "home", table, seconds=seconds)
    assert "made" in told[0]
    check(folder / "home", table, told)


def test_a_replay_that_is_killed_at_some_steps_is_completed_by_the_next(
    table: Path, steps: tuple[int, int], tmp_path: Path
) -> None:
    made, ended = steps
    random = Random(SEED)
    chosen = [random.randint(1, made), *(random.randint(made, ended) for _ in range(2))]
    killed = [kill_at(step, tmp_path / str(number), table) for number, step in enumerate(chosen)]
    assert any(killed)


def test_a_replay_that_is_killed_at_some_moment_is_completed_by_the_next(table: Path, tmp_path: Path) -> None:
    kill_after(0.3 * Random(SEED).random(), tmp_path, table)


def test_one_home_survives_being_killed_again_and_again(table: Path, steps: tuple[int, int], tmp_path: Path) -> None:
    random = Random(SEED + 1)
    made, ended = steps
    told: Told = []
    for last in (random.randint(1, made), random.randint(made, ended), random.randint(20, made)):
        told += replay_in_a_process(tmp_path / "home", table, last_step=last)[1]
    check(tmp_path / "home", table, told)


@pytest.mark.soak
@pytest.mark.parametrize("number", range(25))
def test_a_replay_that_is_killed_at_any_step_is_completed_by_the_next(
    table: Path, steps: tuple[int, int], tmp_path: Path, number: int
) -> None:
    made, ended = steps
    random = Random(SEED * 100 + number)
    kill_at(random.randint(1, made) if number % 5 == 0 else random.randint(made, ended), tmp_path / "step", table)
    kill_after(random.random(), tmp_path / "moment", table)
