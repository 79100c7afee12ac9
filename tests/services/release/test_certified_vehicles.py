"""On a chain that certifies vehicles, a member takes keys only from one with a live certificate."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from homes import NOW_MS, VIN, Clock, refuses
from msgspec.structs import replace

from autochain.edge.obu import PartKey
from autochain.network import Home, Network, chain_file, open_network
from autochain.network.chain_file import ChainFile
from autochain.onchain.contracts.credentials import ApplyForCertificate, Holds, IssueCertificate, RevokeCertificate
from autochain.onchain.contracts.recording import recording_id
from autochain.onchain.crypto import sha256
from autochain.services.release import errors
from autochain.services.release.obu import Depositor
from autochain.wallet import Wallet

HOUR_MS = 3_600_000
KEYS = (PartKey("motion", "exact", bytes(32)),)


@contextmanager
def vehicles_certified() -> Iterator[None]:
    """Has every network that is made meanwhile certify vehicles."""
    load = chain_file.load

    def changed(name: str) -> ChainFile:
        file = load(name)
        certified = {**file.genesis["credentials"], "certified": ["vehicle"]}
        return replace(file, genesis={**file.genesis, "credentials": certified})

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(chain_file, "load", changed)
        yield


class Certifying(NamedTuple):
    """A network that certifies vehicles, with one car that is attested and has no certificate."""

    network: Network
    clock: Clock
    owner: Wallet
    car: Wallet

    async def certify(self, fingerprint: bytes, *, lasts_ms: int) -> None:
        client, wallet = self.network.client, self.network.wallet
        await client.send(self.car, ApplyForCertificate(sha256(b"a request"), self.car.public_key))
        before_ms = self.clock() - HOUR_MS
        issue = IssueCertificate(self.car.account, bytes(16), fingerprint, before_ms, self.clock() + lasts_ms)
        await client.send(wallet("registrar"), issue, payer=wallet("operation"))

    async def deposit(self, drive: bytes) -> None:
        depositor = Depositor(self.network.client, self.car, self.network.committee)
        await depositor.keep(recording_id(self.car.account, drive), drive, KEYS)


@asynccontextmanager
async def certifying(path: Path) -> AsyncIterator[Certifying]:
    clock = Clock(NOW_MS)
    with vehicles_certified():
        async with open_network(Home(path / "home"), clock=clock) as network:
            owner = await network.party("owner", kind="person")
            car = await network.vehicle("car", owner, subject=VIN)
            yield Certifying(network, clock, owner, car)


def test_keys_are_taken_from_a_vehicle_while_its_certificate_lives(tmp_path: Path) -> None:
    async def story() -> None:
        async with certifying(tmp_path) as here:
            client, drives = here.network.client, [sha256(bytes([number])) for number in range(5)]
            with refuses(errors.NOT_CERTIFIED):
                await here.deposit(drives[0])
            await here.certify(bytes(32), lasts_ms=HOUR_MS)
            await here.deposit(drives[0])
            here.clock.advance(HOUR_MS)
            with refuses(errors.NOT_CERTIFIED):
                await here.deposit(drives[1])
            await here.certify(sha256(b"the second"), lasts_ms=HOUR_MS)
            await here.deposit(drives[2])
            await client.send(here.owner, RevokeCertificate(sha256(b"the second"), "key_compromise"))
            with refuses(errors.NOT_CERTIFIED):
                await here.deposit(drives[3])

    asyncio.run(story())


def test_a_vehicle_that_is_attested_and_has_no_certificate_is_opened_again_and_not_attested_twice(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with certifying(tmp_path) as here:
            assert not await here.network.client.ask(Holds(here.car.account, "vehicle"))
            again = await here.network.vehicle("car", here.owner, subject=VIN)
            assert again.account == here.car.account

    asyncio.run(story())
