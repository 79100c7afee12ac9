"""A served demonstration: a real network with personas of every role, its API at a real port, and who signs in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from homes import Clock, Scene, open_scene

from autochain.api import Backend, Chain, Rates, Stream, make_app
from autochain.api.sessions import sign_in_bytes
from autochain.index import Database, Follower, Index
from autochain.network import CHAIN
from autochain.network.issuing import issuer_service, listing_service
from autochain.network.parties import demo_parties
from autochain.network.server import listen, serving
from autochain.onchain.refusals import Refusal, present
from autochain.wallet import SeedKey, Wallet

V1 = "/api/v1"
ROADS = (((51.0, 7.0), (51.1, 7.1)),)


def seed_of(wallet: Wallet) -> bytes:
    """Gives the Ed25519 seed of a wallet, for those who sign without any part of AutoChain."""
    assert isinstance(wallet.key, SeedKey)
    return wallet.key.seed


class Answer(NamedTuple):
    """An answer of the API: its status, its JSON, and the number of the refusal where it is one."""

    status: int
    json: Any

    @property
    def refusal(self) -> str:
        return f"{self.json['codespace']}/{self.json['code']}" if "codespace" in self.json else ""


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    http: httpx.AsyncClient
    account: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    async def ask(self, method: str, path: str, body: Any = None, *, account: str = "") -> Answer:
        """Asks a private route of the own account, or of another's."""
        url = f"{V1}/accounts/{account or self.account}{path}"
        response = await self.http.request(method, url, json=body, headers=self.headers)
        return Answer(response.status_code, response.json() if response.content else {})

    async def get(self, path: str) -> Answer:
        return await self.ask("GET", path)

    async def post(self, path: str, body: Any = None) -> Answer:
        return await self.ask("POST", path, body)


@dataclass(frozen=True)
class Served:
    """A scene whose API is served."""

    scene: Scene
    backend: Backend
    http: httpx.AsyncClient
    clock: Clock

    async def indexed(self) -> None:
        """Waits until the index has what the chain has."""
        height = (await self.scene.client.status()).height
        while True:
            # Before the follower has made its tables the index is away.
            with contextlib.suppress(Refusal):
                if await asyncio.to_thread(self.backend.index.height, CHAIN) >= height:
                    return
            await asyncio.sleep(0.02)

    async def persona(self, name: str) -> Person:
        """Signs a persona in by its name."""
        answer = await self.http.post(f"{V1}/demo/sign-in", json={"persona": name})
        assert answer.status_code == 200, answer.text
        return Person(self.http, answer.json()["account"], answer.json()["token"])

    async def challenge(self, wallet: Wallet, role: str) -> dict[str, Any]:
        asked = {"account": wallet.did, "role": role}
        answer = await self.http.post(f"{V1}/sign-in/challenges", json=asked)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def answered(self, wallet: Wallet, role: Any, challenge: str, *, signer: Wallet | None = None) -> Answer:
        """Answers a challenge with keys: those of the account, or of somebody else."""
        chain_id = self.scene.client.trust.chain_id
        message = sign_in_bytes(chain_id, wallet.account, role, bytes.fromhex(challenge))
        return await self.signed(wallet, role, challenge, (signer or wallet).sign(message))

    async def signed(self, wallet: Wallet, role: Any, challenge: str, signature: bytes) -> Answer:
        signatures = [{"key": 0, "signature": signature.hex(), "suite": wallet.key.suite}]
        given = {"account": wallet.account.hex(), "role": role, "challenge": challenge, "signatures": signatures}
        response = await self.http.post(f"{V1}/sign-in", json=given)
        return Answer(response.status_code, response.json())

    async def sign_in(self, wallet: Wallet, role: str) -> Person:
        """Signs an account in with its own keys."""
        answer = await self.answered(wallet, role, (await self.challenge(wallet, role))["challenge"])
        assert answer.status == 200, answer.json
        return Person(self.http, answer.json["account"], answer.json["token"])


@contextlib.asynccontextmanager
async def served(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Serves an application at a free port, as the network does."""
    with listen("127.0.0.1", 0) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        # Between two tests no loop runs, and the server may end a connection that a test would use again.
        once = httpx.Limits(max_keepalive_connections=0)
        client = httpx.AsyncClient(base_url=address, trust_env=False, timeout=30, limits=once)
        async with serving(app, listening), client as http:
            yield http


@contextlib.asynccontextmanager
async def open_api(path: Path, *, demonstration: bool = True) -> AsyncIterator[Served]:
    """Opens the network of a home and serves its API, with an index that follows."""
    clock = Clock()
    async with open_scene(path, clock) as scene:
        network, stream = scene.network, Stream()
        database = Database.in_file(path / "index.sqlite")
        follower = Follower(CHAIN, network.client.node, network.client.dispatcher, database, stream.publish_blocks)
        backend = Backend(
            chains={CHAIN: Chain(CHAIN, network.client.node, network.client)},
            index=Index(database),
            clock=clock,
            parties=await demo_parties(network) if demonstration else None,
            stream=stream,
            node_app=present(network.app, "the network runs here")(),
            version="0",
            roads=ROADS,
            rates=Rates.read("0"),
            issuer=issuer_service(network, "registrar", is_open=False),
            listing=listing_service(network),
        )
        following = asyncio.create_task(follower.run())
        async with served(make_app(backend)) as http:
            api = Served(scene, backend, http, clock)
            await api.indexed()
            yield api
            stream.close()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def prepare_people(path: Path) -> None:
    """Makes personas of every role in a home with the usual scene, a second owner among them."""
    async with open_scene(path) as scene:
        await demo_parties(scene.network)
        await scene.network.party("owner-2", kind="person")


def play_api(path: Path, story: Callable[[Served], Awaitable[None]], *, demonstration: bool = True) -> None:
    """Plays a story at a served API."""

    async def run() -> None:
        async with open_api(path, demonstration=demonstration) as api:
            await story(api)

    asyncio.run(run())


class Standing:
    """A served API that stands for many tests; none of them changes what another one reads."""

    def __init__(self, path: Path, *, demonstration: bool) -> None:
        self._runner = asyncio.Runner()
        self._over = asyncio.Event()
        self._api = self._runner.run(self._open(path, demonstration=demonstration))

    async def _open(self, path: Path, *, demonstration: bool) -> Served:
        opened: asyncio.Future[Served] = asyncio.get_running_loop().create_future()

        async def stand() -> None:
            async with open_api(path, demonstration=demonstration) as api:
                opened.set_result(api)
                await self._over.wait()

        self._standing = asyncio.create_task(stand())
        await asyncio.wait((self._standing, opened), return_when=asyncio.FIRST_COMPLETED)
        if self._standing.done():
            self._standing.result()
        return opened.result()

    def play(self, story: Callable[[Served], Awaitable[None]]) -> None:
        """Plays a story; between stories nothing happens."""

        async def run() -> None:
            await story(self._api)

        self._runner.run(run())

    def close(self) -> None:
        async def end() -> None:
            self._over.set()
            await self._standing

        self._runner.run(end())
        self._runner.close()
