"""A chain that names an authority for vehicles, and three registrars of whom any two are enough."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from chains.harness import START_MS
from fakes import made
from homes import Clock
from msgspec.structs import replace
from node.served import served

from autochain.client import Client, HttpNode
from autochain.node import ChainStore, EmbeddedEngine, NodeApp
from autochain.onchain.codec import Record
from autochain.onchain.contracts import credentials, token
from autochain.onchain.contracts.credentials import AUTHORITIES, Authority
from autochain.onchain.contracts.identity import IDENTITIES
from autochain.onchain.contracts.token import Allocation
from autochain.onchain.crypto import tagged_hash, verify_in_turn
from autochain.onchain.ids import contract_account
from autochain.onchain.ledger import Signature, StateMachine
from autochain.onchain.ledger.light import Trust
from autochain.onchain.units import TOTAL_SUPPLY_UACC, share
from autochain.privacy import ed25519, voprf
from autochain.services.registrar import (
    HttpRegistrar,
    Quota,
    Registrar,
    RegistrarService,
    UniqueKey,
    keep_share,
    load_share,
    routes,
    unique_key,
)
from autochain.services.registrar.records import Evaluate, signed_bytes
from autochain.wallet import Wallet, create
from chains import CHAIN_ID, Harness

VIN, OTHER_VIN = "WVWZZZ1JZ3W386752", "WVWZZZ1JZ3W386753"
SEED = tagged_hash("test/seed", b"validator")
KEY = voprf.derive_key(tagged_hash("test/seed", b"registrars"), info=b"vin")
PER_DAY = 20


class Registry:
    """Everything that runs, in one folder; the clock stands still until it is told otherwise."""

    def __init__(self, folder: Path, client: Client, clock: Clock, wallets: Mapping[str, Wallet]) -> None:
        self.folder = folder
        self.client = client
        self.clock = clock
        self.wallets = wallets
        shares, self.keys = voprf.split_key(KEY, threshold=2, count=3, chance=_fixed("split"))
        for held in shares:
            keep_share(folder / f"{held.number}" / "share", held)
        self.registrars: dict[int, RegistrarService] = {held.number: self.open(held.number) for held in shares}

    def open(self, number: int) -> RegistrarService:
        """Opens a registrar from what lies on its disk, as a process that starts does."""
        folder = self.folder / f"{number}"
        quota = Quota(folder / "quota", per_day=PER_DAY)
        return RegistrarService(load_share(folder / "share"), quota, self.client.trust, clock=self.clock)

    async def make_block(self) -> None:
        """Has a block made at the present time."""
        await self.client.register(create(self.folder / "parties", f"at-{self.clock()}", kind="person"))

    async def ask(
        self,
        vin: str = VIN,
        registrars: Mapping[int, Registrar] | None = None,
        *,
        by: str = "authority",
        **changes: Any,
    ) -> UniqueKey:
        return await unique_key(
            vin,
            self.registrars if registrars is None else registrars,
            changes.pop("keys", self.keys),
            client=self.client,
            authority=self.wallets[by],
            clock=self.clock,
            **{"grace_s": 30.0, "patience_s": 60.0, **changes},
        )

    async def request(self, number: int = 1, *, by: str = "authority", **changes: Any) -> Evaluate:
        """Makes a request as the SDK does, with any field changed by name before it is signed."""
        wallet = self.wallets[by]
        request = Evaluate(
            chain_id=CHAIN_ID,
            registrar=number,
            authority=wallet.account,
            blinded=voprf.blind(VIN.encode(), chance=_fixed("blind")).element,
            time_ms=self.clock(),
            identity_proof=(await self.client.prove(IDENTITIES, wallet.account)).proved,
            authority_proof=(await self.client.prove(AUTHORITIES, wallet.account)).proved,
        )
        return signed(replace(request, **changes), wallet)

    @contextlib.asynccontextmanager
    async def over_http(self) -> AsyncIterator[dict[int, HttpRegistrar]]:
        """Serves each registrar on a port of its own."""
        async with contextlib.AsyncExitStack() as stack:
            reached = {}
            for number, service in self.registrars.items():
                address = await stack.enter_async_context(served(NodeApp({}, routes(service))))
                node = HttpNode.at(address, "main")
                stack.push_async_callback(node.close)
                reached[number] = HttpRegistrar(node, number)
            yield reached


def signed(request: Evaluate, *signers: Wallet) -> Evaluate:
    request = replace(request, signatures=())
    data = signed_bytes(request)
    return replace(request, signatures=tuple(Signature(place, w.sign(data)) for place, w in enumerate(signers)))


def _fixed(name: str) -> voprf.Chance:
    drawn = 0

    def chance(length: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return b"".join(tagged_hash(name, bytes([drawn, part])) for part in range(3))[:length]

    return chance


def play(folder: Path, story: Callable[[Registry], Awaitable[None]]) -> None:
    """Plays a story with an authority for vehicles, one for insurers, and a stranger, all of them registered."""

    async def run() -> None:
        parties, clock = folder / "parties", Clock(START_MS + 3_600_000)
        wallets = {name: create(parties, name, kind="organisation") for name in ("authority", "insurers", "stranger")}
        async with _chain(folder / "main", clock, wallets) as client:
            for wallet in wallets.values():
                await client.register(wallet)
            await story(Registry(folder, client, clock, wallets))

    asyncio.run(run())


@contextlib.asynccontextmanager
async def _chain(folder: Path, clock: Clock, wallets: Mapping[str, Wallet]) -> AsyncIterator[Client]:
    authority, insurers, mined = wallets["authority"].account, wallets["insurers"].account, contract_account("mining")
    money = share(TOTAL_SUPPLY_UACC, ((mined, 43), (authority, 57)))
    parameters: dict[str, Record] = {
        "credentials": credentials.Parameters(
            ((authority, Authority(("owner", "vehicle"))), (insurers, Authority(("insurer",))))
        ),
        "token": token.Parameters(
            (("mining", Allocation(mined, money[mined])), ("operation", Allocation(authority, money[authority])))
        ),
    }
    genesis = Harness(parameters=parameters)
    with contextlib.closing(ChainStore(folder)) as store:
        assert genesis.store.meta is not None
        store.commit(genesis.store.pairs, height=0, meta=made(genesis.store.meta))
        contracts = genesis.machine.dispatcher.contracts
        machine = StateMachine(store, contracts)
        engine = EmbeddedEngine(
            store,
            machine,
            verify=verify_in_turn,
            validator=ed25519.public_key(SEED).data,
            sign=lambda message: ed25519.sign(SEED, message),
            clock=clock,
        )
        engine.start(machine.spec)
        running = asyncio.create_task(engine.run())
        try:
            yield Client(engine, machine.spec, contracts, Trust(CHAIN_ID, engine.validators_hash))
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
