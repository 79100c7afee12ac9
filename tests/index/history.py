"""A history in which everything happens of which the index tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from homes import NOW_MS, Clock, Scene, open_scene
from homes.scene import DAY_MS

from autochain.client import Client
from autochain.network import Home, Network, open_network
from autochain.onchain.contracts import credentials, identity
from autochain.onchain.contracts.consent import Offer, Offered, Revoke, Withdraw
from autochain.onchain.contracts.identity import IDENTITIES, HandOver
from autochain.onchain.contracts.market import Buy, Item, Publish, Published
from autochain.onchain.contracts.recording import Erase, ListRecordings
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.refusals import Refusal
from autochain.onchain.units import TOTAL_SUPPLY_UACC

STRANGE_NAME = 'A "product"\x00 of \N{SNOWMAN}'
"""With what a database could stumble over."""


async def steps(scene: Scene) -> AsyncIterator[None]:
    """Adds to the usual scene what it lacks, step by step: purchases, refunds, refusals, ends, and another owner."""
    client, network = scene.client, scene.network
    await scene.fetch(scene.buyer, scene.receipt)
    yield
    await network.attest(scene.rival, "buyer")
    offered = (await client.send(scene.owner, Offer(scene.a_grant().terms, "buyer"))).event(Offered).offer
    items = tuple(Item(recording, offered) for recording in sorted(scene.recordings))
    product = Publish(STRANGE_NAME, items, "research", ("motion",), "coarse")
    published = (await client.send(scene.rival, product)).event(Published).product
    yield
    await client.send(scene.rival, Buy(published))
    await client.send(scene.owner, Withdraw(offered))
    yield
    await client.send(scene.owner, Revoke(await scene.grant(reader=scene.rival.account)))
    with pytest.raises(Refusal):
        await client.send(scene.rival, Transfer(scene.owner.account, TOTAL_SUPPLY_UACC))
    yield
    # Nobody has fetched what the rival bought: the timers give its money back.
    scene.clock.advance(DAY_MS)
    await scene.make_block()
    yield
    await client.send(scene.owner, Erase(scene.recordings[0]))
    heir = await network.party("heir", kind="person")
    await client.send(scene.owner, HandOver(scene.car.account), payer=heir)
    car = scene.car
    await client.send(heir, identity.Recover(car.account, (car.public_key,), 1, car.encryption_key))
    yield
    leaver = await network.party("leaver")
    await network.attest(leaver, "insurer")
    yield
    registrar, operation = network.wallet("registrar"), network.wallet("operation")
    await client.send(registrar, credentials.Withdraw(leaver.account, "insurer"), payer=operation)
    for _ in range(2):
        # First by the keys that were promised, then, nothing being promised any more, by naming others.
        change = leaver.rotated(promises=False)
        await client.send(change.signer, change.message)
        leaver = change.wallet
    await client.send(leaver, identity.Revoke(leaver.account))


async def make_history(path: Path) -> None:
    """Adds all of it to a home with the usual scene."""
    async with open_scene(path) as scene:
        async for _ in steps(scene):
            pass


@asynccontextmanager
async def open_history(path: Path) -> AsyncIterator[Network]:
    """Opens a home with such a history, on the day after."""
    async with open_network(Home(path), make=False, clock=Clock(NOW_MS + 2 * DAY_MS)) as network:
        await settle(network.client)
        yield network


async def settle(client: Client) -> None:
    """Waits for the block that proves the last one, and until those who sweep have found nothing more to do."""
    height = -1
    while (now := (await client.prove(IDENTITIES, bytes(20))).header.height) != height:
        height = now
        await asyncio.sleep(0.3)


async def go_on(network: Network) -> None:
    """Lets a little more happen, so that records change of which the index tells already."""
    newcomer = await network.party("newcomer")
    await network.attest(newcomer, "buyer")
    await network.client.send(network.wallet("rival"), Transfer(newcomer.account, 1))
    owner, recordings = network.wallet("owner"), await _recordings(network)
    for name in recordings:
        await network.client.send(owner, Erase(name))
    await settle(network.client)


async def _recordings(network: Network) -> list[bytes]:
    """Gives the recordings that are still kept."""
    found = await network.client.pages(ListRecordings())
    return [name for name, record in found if not record.erased_ms]
