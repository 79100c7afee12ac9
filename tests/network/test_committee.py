"""A network whose committee of two of three runs in processes of their own, which are killed and come back."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import pytest
from homes import VIN, a_drive, environment, refuses, run_command, serving
from homes.committee import MEMBERS, two_of_three
from homes.processes import START_S

from autochain.client.http import NODE_AWAY
from autochain.edge.obu import Unit
from autochain.network import Home, Network, erase, now_ms, open_network
from autochain.onchain.contracts.consent import Grant, Granted, Terms
from autochain.onchain.contracts.market import RECEIPTS
from autochain.onchain.contracts.recording import STATEMENTS
from autochain.onchain.contracts.release import LOGS
from autochain.onchain.refusals import Refusal
from autochain.services.release import Log, Reading, buy, errors, fetch
from autochain.wallet import Wallet
from autochain.wallet.sealing import KEY_FILE

DAY_MS = 24 * 3_600_000
SECOND = MEMBERS[1]


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as opened:
        sockets = [opened.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Members:
    """The processes of the committee's members, by party."""

    def __init__(self, home: Path, logs: Path) -> None:
        self.home = home
        self._logs = logs
        self._ports = {each.party: int(each.address.rpartition(":")[2]) for each in Home(home).facts().members}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *parties: str, arguments: Sequence[str] = (), home: Path | None = None) -> None:
        """Starts members, and waits until they answer."""
        for party in parties:
            command = [sys.executable, "-m", "autochain", "release", "serve", party, *arguments]
            with self._log(party).open("ab") as file:
                self._running[party] = subprocess.Popen(
                    command, env=environment(home or self.home), stdout=file, stderr=subprocess.STDOUT
                )
        patience = time.monotonic() + START_S
        for party in parties:
            while not self._answers(party):
                assert self._running[party].poll() is None, self._log(party).read_text()
                assert time.monotonic() < patience, self._log(party).read_text()
                time.sleep(0.05)

    def _log(self, party: str) -> Path:
        return self._logs / f"{party}.log"

    def _answers(self, party: str) -> bool:
        with socket.socket() as asking:
            return asking.connect_ex(("127.0.0.1", self._ports[party])) == 0

    def kill(self, party: str) -> None:
        process = self._running.pop(party)
        process.kill()
        process.wait(START_S)

    def stop(self, party: str) -> int:
        """Ends a member as its user does; gives the exit code."""
        process = self._running.pop(party)
        process.send_signal(signal.SIGINT)
        return process.wait(START_S)

    def kill_all(self) -> None:
        for party in list(self._running):
            self.kill(party)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that was made for a committee with processes of its own; nobody changes it."""
    path = tmp_path_factory.mktemp("made") / "home"
    addresses = {party: f"127.0.0.1:{port}" for party, port in zip(MEMBERS, free_ports(3), strict=True)}

    async def make() -> None:
        async with open_network(Home(path)):
            pass

    with two_of_three(addresses):
        asyncio.run(make())
    return path


@pytest.fixture
def members(made: Path, tmp_path: Path) -> Iterator[Members]:
    """The network, and every member, each in a process of its own."""
    home = shutil.copytree(made, tmp_path / "home")
    processes = Members(home, tmp_path)
    with serving(home, tmp_path / "node.log"):
        try:
            processes.start(*MEMBERS)
            yield processes
        finally:
            processes.kill_all()


class Market:
    """An owner whose car records, and a buyer who may read everything of it."""

    def __init__(self, network: Network, owner: Wallet, buyer: Wallet, unit: Unit, consent: bytes) -> None:
        self.network = network
        self.owner = owner
        self.buyer = buyer
        self.unit = unit
        self._consent = consent

    async def record(self, number: int) -> bytes:
        return (await self.unit.record(a_drive(number, before_ms=now_ms()))).recording

    async def buy(self, recording: bytes) -> bytes:
        return await buy(
            self.network.client,
            self.buyer,
            recording,
            consent=self._consent,
            purpose="research",
            categories=("motion", "position"),
            precision="exact",
        )

    async def fetch(self, receipt: bytes) -> Reading:
        network = self.network
        return await fetch(network.client, self.buyer, network.committee, network.vault, receipt, clock=network.clock)


async def open_market(network: Network) -> Market:
    owner, buyer = await network.party("owner", kind="person"), await network.party("buyer")
    car = await network.vehicle("car", owner, subject=VIN)
    terms = Terms(
        vehicle=car.account,
        purpose="research",
        categories=("motion", "position"),
        precision="exact",
        from_ms=0,
        until_ms=now_ms() + DAY_MS,
        price_uacc=1_000,
        expires_ms=now_ms() + DAY_MS,
    )
    granted = await network.client.send(owner, Grant(buyer.account, terms))
    return Market(network, owner, buyer, network.unit(car, owner), granted.event(Granted).consent)


def play(members: Members, story: Callable[[Market], Awaitable[None]]) -> None:
    async def run() -> None:
        async with open_network(Home(members.home), make=False) as network:
            assert network.app is None
            await story(await open_market(network))

    asyncio.run(run())


def log_of(members: Members, party: str) -> Log:
    return Log(members.home / "parties" / party / "releases.log")


def traces(home: Path, recording: bytes) -> list[str]:
    """Names all files of the members that belong to a recording."""
    files = [path for party in MEMBERS for path in (home / "parties" / party).rglob("*") if path.is_file()]
    return sorted(str(path.relative_to(home)) for path in files if recording.hex() in str(path))


def test_a_member_that_is_killed_is_survived_by_readers_and_waited_for_by_vehicles(members: Members) -> None:
    async def story(market: Market) -> None:
        first = await market.record(0)
        receipt = await market.buy(first)
        reading = await market.fetch(receipt)
        assert (len(reading.parts), reading.failed) == (2, {})
        assert [log_of(members, party).length for party in MEMBERS] == [1, 1, 1]
        members.kill(SECOND)
        again = await market.fetch(receipt)
        assert again.parts == reading.parts
        assert {number: refusal.reason for number, refusal in again.failed.items()} == {2: NODE_AWAY}
        with pytest.raises(Refusal) as caught:
            await market.record(1)
        assert caught.value.reason == errors.NOT_ALL_TOOK
        assert f"member 2: {NODE_AWAY.text}" in caught.value.text
        members.start(SECOND)
        (recorded,) = await market.unit.flush()
        members.kill(MEMBERS[0])
        other = await market.fetch(await market.buy(recorded.recording))
        assert (len(other.parts), list(other.failed)) == (2, [1])
        members.kill(MEMBERS[2])
        with refuses(errors.TOO_FEW_MEMBERS):
            await market.fetch(receipt)

    play(members, story)


def test_whenever_a_member_is_killed_what_it_gave_stands_in_its_log_as_the_chain_has_it(members: Members) -> None:
    async def story(market: Market) -> None:
        client, second = market.network.client, market.network.wallet(SECOND)
        recording = await market.record(0)
        receipts: list[bytes] = []

        async def read_on() -> None:
            while True:
                receipts.append(await market.buy(recording))
                assert len((await market.fetch(receipts[-1])).parts) == 2

        reading = asyncio.create_task(read_on())
        for patience in (0, 2, 4):
            bought = len(receipts)
            while len(receipts) < bought + 2 and not reading.done():
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.013 * patience)
            members.kill(SECOND)
            log, anchored = log_of(members, SECOND), (await client.prove(LOGS, second.account)).record
            assert 0 < anchored.length <= log.length
            assert log.entries()[anchored.length - 1].hash == anchored.head
            await asyncio.to_thread(members.start, SECOND)
        assert not reading.done()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        members.kill(SECOND)
        logged = {entry.receipt for entry in log_of(members, SECOND).entries()}
        given = [
            receipt for receipt in receipts if second.account in (await client.prove(RECEIPTS, receipt)).record.given_by
        ]
        assert len(given) > 3
        assert set(given) <= logged

    play(members, story)


def test_a_member_that_was_away_destroys_what_was_erased_meanwhile_when_it_comes_back(members: Members) -> None:
    async def story(market: Market) -> None:
        network = market.network
        erased, kept = await market.record(0), await market.record(1)
        receipt = await market.buy(erased)
        await market.fetch(receipt)
        members.kill(SECOND)
        with pytest.raises(Refusal) as caught:
            await erase(network, market.owner, [erased], progress=lambda done, of: None)
        assert f"member 2: {NODE_AWAY.text}" in caught.value.text
        assert traces(members.home, erased)
        assert all(SECOND in name for name in traces(members.home, erased))
        members.start(SECOND)
        second = network.wallet(SECOND).account
        patience = time.monotonic() + START_S
        while (await network.client.prove(STATEMENTS, erased, second)).record is None:
            assert time.monotonic() < patience
            await asyncio.sleep(0.05)
        assert traces(members.home, erased) == []
        (told,) = await erase(network, market.owner, [erased], progress=lambda done, of: None)
        assert [holder.account for holder in told.holders] == [network.wallet(party).account for party in MEMBERS]
        assert told.read_before == [receipt]
        with pytest.raises(Refusal):
            await market.fetch(receipt)
        assert (await market.fetch(await market.buy(kept))).failed == {}

    play(members, story)


def test_a_member_whose_port_is_taken_says_which_and_names_no_option_that_it_lacks(members: Members) -> None:
    address = next(each.address for each in Home(members.home).facts().members if each.party == SECOND)
    served = run_command(members.home, "release", "serve", SECOND)
    assert served.returncode == 1
    assert "The member can't listen at its address." in served.stderr
    assert f"port {address.rpartition(':')[2]}" in served.stderr
    assert "--port" not in served.stderr


def test_a_member_needs_nothing_but_the_networks_facts_its_own_folder_and_the_key_that_opens_it(
    members: Members, tmp_path: Path
) -> None:
    served = run_command(members.home, "release", "serve", "operation")
    assert served.returncode != 0
    assert "This party is no member of the committee" in served.stderr
    own = tmp_path / "own"
    assert members.stop(SECOND) == 0
    shutil.copytree(members.home / "parties" / SECOND, own / "parties" / SECOND)
    shutil.rmtree(members.home / "parties" / SECOND)
    for name in ("network.json", f"parties/{KEY_FILE}"):
        shutil.copy(members.home / name, own / name)
    address = Home(members.home).address()
    assert address is not None
    members.start(SECOND, arguments=["--node", address], home=own)

    async def story(market: Market) -> None:
        receipt = await market.buy(await market.record(0))
        assert (await market.fetch(receipt)).failed == {}

    play(members, story)
    assert Log(own / "parties" / SECOND / "releases.log").length == 1
    assert (own / "parties" / SECOND / "releases.log").stat().st_mode & 0o777 == 0o600
