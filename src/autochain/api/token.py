"""Public reads of the token: where all ACC is, and where it goes."""

from __future__ import annotations

import asyncio
from typing import TypeAlias

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from ..index import FlowRow
from ..onchain.contracts.token import GetAllocations
from ..onchain.ids import did
from ..onchain.units import TOTAL_SUPPLY_UACC
from .backend import Backend, Chain
from .contracts import check_on_chain
from .errors import problems
from .given import ChainName, Given, chain_of
from .newest import Newest
from .paging import HEIGHTS, USUAL_ITEMS, Cursor, Limit, next_of, place_of

TOP = 20
MAX_RANKED = 1_000
"""Among so many accounts, the newest, those that hold most are looked for."""
RANKED_AT_ONCE = 200
CONTRACT = "token"
MINING = "mining"
"""The allocation from which mining is rewarded."""


class AllocationFacts(msgspec.Struct, frozen=True):
    """One of the parts in which ACC came into being, and what is left of it."""

    name: str
    account: str
    amount_uacc: int
    left_uacc: int


class Holding(msgspec.Struct, frozen=True):
    """What one account holds."""

    account: str
    did: str
    kind: str
    balance_uacc: int


class TokenFacts(msgspec.Struct, frozen=True):
    """Where all ACC is. None is ever made or burned after the first block."""

    supply_uacc: int
    mined_uacc: int
    """What vehicles have earned by recording."""
    burned_uacc: int
    allocations: tuple[AllocationFacts, ...]
    top: tuple[Holding, ...]
    """Who holds most."""
    ranked: int
    """Among so many accounts these were found."""


Tokens: TypeAlias = NamedDependency[SkipValidation[Newest[TokenFacts]]]


class Flows(msgspec.Struct, frozen=True):
    """A page of transfers, the newest first."""

    items: list[FlowRow]
    next: str | None


@get("/token", operation_id="GetToken", summary="See where all ACC is", responses=problems(404, 503))
async def get_token(backend: Given, tokens: Tokens, chain: ChainName) -> TokenFacts:
    asked = chain_of(backend, chain)
    check_on_chain(asked, CONTRACT)
    followed = await asyncio.to_thread(backend.index.height, asked.name)
    place = ((await asked.node.status()).height, followed)
    return await tokens.of(asked.name, place, lambda: _facts(backend, asked))


async def _facts(backend: Backend, asked: Chain) -> TokenFacts:
    """Asks for the balance of every account that is looked at."""
    allocations = [
        AllocationFacts(
            name=name,
            account=record.account.hex(),
            amount_uacc=record.amount_uacc,
            left_uacc=await asked.client.balance_uacc(record.account),
        )
        for name, record in await asked.client.ask(GetAllocations())
    ]
    holdings = await _holdings(backend, asked)
    holdings.sort(key=lambda holding: (-holding.balance_uacc, holding.account))
    return TokenFacts(
        supply_uacc=TOTAL_SUPPLY_UACC,
        mined_uacc=sum(each.amount_uacc - each.left_uacc for each in allocations if each.name == MINING),
        burned_uacc=0,
        allocations=tuple(allocations),
        top=tuple(holdings[:TOP]),
        ranked=len(holdings),
    )


async def _holdings(backend: Backend, chain: Chain) -> list[Holding]:
    """Asks the chain what each of the newest accounts holds."""
    holdings: list[Holding] = []
    place = None
    while len(holdings) < MAX_RANKED:
        rows = await asyncio.to_thread(backend.index.accounts, chain.name, after=place, limit=RANKED_AT_ONCE)
        for row in rows:
            account = bytes.fromhex(row.id)
            balance_uacc = await chain.client.balance_uacc(account)
            holdings.append(Holding(row.id, did(account), row.kind, balance_uacc))
        if len(rows) < RANKED_AT_ONCE:
            break
        place = rows[-1].place
    return holdings


@get(
    "/token/flows",
    operation_id="ListFlows",
    summary="List transfers of ACC, the newest first",
    responses=problems(404, 503),
    sync_to_thread=True,
)
def list_flows(backend: Given, chain: ChainName, cursor: Cursor = None, limit: Limit = USUAL_ITEMS) -> Flows:
    asked = chain_of(backend, chain)
    check_on_chain(asked, CONTRACT)
    rows = backend.index.flows(asked.name, limit=limit, before=place_of(cursor, HEIGHTS))
    return Flows(rows, next_of(rows, limit, HEIGHTS))


HANDLERS = (get_token, list_flows)
