"""Asking a node, page by page."""

from __future__ import annotations

import pytest
from node.chain import Chain
from node.virtual_time import VirtualClock, run

from autochain.onchain.contracts.consent import Grant, Granted, ListConsents, Terms
from autochain.onchain.ledger import Answer, Node
from chains import START_MS, Party

from .nodes import WAYS, Between, client_at, client_of, wallet_of

DAY_MS = 24 * 3_600_000


@pytest.mark.parametrize("way", WAYS)
def test_a_listing_of_many_pages_comes_whole_and_in_order(chain: Chain, clock: VirtualClock, way: str) -> None:
    async def job() -> None:
        treasury = wallet_of(chain.treasury)
        car = wallet_of(Party.make("car", "device", controller=chain.treasury))
        grants = [
            Grant(
                treasury.account,
                Terms(
                    vehicle=car.account,
                    purpose="research",
                    categories=("motion",),
                    precision="exact",
                    from_ms=0,
                    until_ms=START_MS,
                    price_uacc=number,
                    expires_ms=START_MS + DAY_MS,
                ),
            )
            for number in range(230)
        ]
        async with client_of(chain, way) as client:
            assert await client.pages(ListConsents(treasury.account)) == []
            await client.register(car, controller=treasury)
            granted: set[bytes] = set()
            for at in range(0, len(grants), 46):
                sent = await client.send(treasury, *grants[at : at + 46])
                granted |= {event.consent for event in sent.events if isinstance(event, Granted)}
            listed = await client.pages(ListConsents(treasury.account))
            assert [name for name, _ in listed] == sorted(granted)
            assert sorted(record.terms.price_uacc for _, record in listed) == list(range(230))
            assert await client.pages(ListConsents(treasury.account, as_reader=True)) == listed
            assert await client.pages(ListConsents(car.account)) == []

    run(clock, job())


def test_a_node_is_asked_once_for_each_page(chain: Chain, clock: VirtualClock) -> None:
    class Counting(Between):
        def __init__(self, node: Node) -> None:
            super().__init__(node)
            self.asked = 0

        async def query(self, data: bytes, *, height: int = 0) -> Answer:
            self.asked += 1
            return await super().query(data, height=height)

    async def job() -> None:
        async with chain.running() as engine:
            node = Counting(engine)
            assert await client_at(chain, node).pages(ListConsents(chain.treasury.account)) == []
            assert node.asked == 1

    run(clock, job())
