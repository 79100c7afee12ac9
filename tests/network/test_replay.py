"""What a replay says of drives that an earlier one could not bring to an end."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from homes import Trip, refuses, write_raw

from autochain.edge.gateways.csv import FileMapping
from autochain.network import Home, Network, Replay, Replayed, Terms, open_network
from autochain.onchain.contracts.recording import ListRecordings
from autochain.services.release.errors import NO_ANSWER

TERMS = Terms("owner", "buyer", "research", 500_000)


class Deaf:
    """A member of the committee that takes no shares."""

    async def deposit(self, _: Any) -> None:
        raise NO_ANSWER()


async def replay(network: Network, path: Path) -> list[Replayed]:
    work = Replay(network, path, FileMapping(), TERMS, lambda _: None)
    return [drive async for drive in work.drives()]


def test_a_drive_whose_keys_could_not_be_handed_over_is_new_when_it_is_committed_later(tmp_path: Path) -> None:
    table = tmp_path / "drives.csv"
    write_raw(table, [Trip("WVWZZZ1JZ3W386752", "morning"), Trip("WVWZZZ1JZ3W386752", "evening")])

    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            committee = network.committee
            (member,) = committee.members
            network.committee = committee._replace(members=(member._replace(release=Deaf()),))  # type: ignore[arg-type]
            with refuses(NO_ANSWER):
                await replay(network, table)
            assert await network.client.pages(ListRecordings()) == []
            network.committee = committee
            done = await replay(network, table)
            assert [drive.recorded.known for drive in done] == [False, False]
            assert all(drive.recorded.reward_uacc > 0 for drive in done)
            again = await replay(network, table)
            assert [drive.recorded.known for drive in again] == [True, True]
            assert [drive.receipt for drive in again] == [drive.receipt for drive in done]

    asyncio.run(run())
