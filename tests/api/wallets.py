"""Other wallets at a served network: its interface for them as it usually is, and open as suites of tests need it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from autochain.api import make_app
from autochain.network.issuing import issuer_service, listing_service

from .people import Person, Served, open_api, served

EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
V2 = "https://www.w3.org/ns/credentials/v2"


@dataclass(frozen=True)
class Desk:
    """A network that issues and verifies; what is sent here stays in no other test's way."""

    api: Served
    usual: httpx.AsyncClient
    """Signs for those who are signed in as an authority."""
    opened: httpx.AsyncClient
    """Signs for anybody, as another party."""

    async def issue(self, credential: Any, **options: Any) -> httpx.Response:
        return await self.opened.post("/credentials/issue", json={"credential": credential, "options": options})

    async def issued(self, credential: Any = None, **options: Any) -> Any:
        response = await self.issue(credential or a_credential(), **options)
        assert response.status_code == 201, response.text
        return response.json()["verifiableCredential"]

    async def verify(self, credential: Any, **options: Any) -> httpx.Response:
        body = {"verifiableCredential": credential, "options": options}
        return await self.opened.post("/credentials/verify", json=body)

    async def verify_shown(
        self, presentation: Any, *, at: httpx.AsyncClient | None = None, **options: Any
    ) -> httpx.Response:
        body = {"verifiablePresentation": presentation, "options": options}
        return await (at or self.opened).post("/presentations/verify", json=body)

    async def presented(self, *credentials: Any, challenge: str = "c", **fields: Any) -> Any:
        document = {"@context": [V2], "type": ["VerifiablePresentation"], **fields}
        if credentials:
            document["verifiableCredential"] = list(credentials)
        body = {"presentation": document, "options": {"challenge": challenge, "domain": "shop.example"}}
        response = await self.opened.post("/presentations", json=body)
        assert response.status_code == 201, response.text
        return response.json()["verifiablePresentation"]

    async def signed_in(self, name: str) -> Person:
        answer = await self.usual.post("/api/v1/demo/sign-in", json={"persona": name})
        return Person(self.usual, answer.json()["account"], answer.json()["token"])


def a_credential(**changes: Any) -> Any:
    """A credential as the suites send it, with some of its fields changed; `absent` ones are left out."""
    document = {
        "@context": [V2],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {"id": "did:example:subject"},
        **changes,
    }
    return {name: value for name, value in document.items() if value is not ABSENT}


ABSENT: Any = ...


@contextlib.asynccontextmanager
async def open_desk(path: Path) -> AsyncIterator[Desk]:
    """Opens the network of a home for other wallets."""
    async with open_api(path) as api:
        network = api.scene.network
        opened = replace(
            api.backend,
            issuer=issuer_service(network, "foundation", is_open=True),
            is_vc_api_open=True,
            listing=listing_service(network),
        )
        async with served(make_app(opened)) as http:
            yield Desk(api, api.http, http)


def play_desk(path: Path, story: Callable[[Desk], Awaitable[None]]) -> None:
    """Plays a story at a network that other wallets reach."""

    async def run() -> None:
        async with open_desk(path) as desk:
            await story(desk)

    asyncio.run(run())


class StandingDesk:
    """A network that stands for many tests, each of which issues under names of its own."""

    def __init__(self, path: Path) -> None:
        self._runner = asyncio.Runner()
        self._over = asyncio.Event()
        self._desk = self._runner.run(self._open(path))

    async def _open(self, path: Path) -> Desk:
        opened: asyncio.Future[Desk] = asyncio.get_running_loop().create_future()

        async def stand() -> None:
            async with open_desk(path) as desk:
                opened.set_result(desk)
                await self._over.wait()

        self._standing = asyncio.create_task(stand())
        await asyncio.wait((self._standing, opened), return_when=asyncio.FIRST_COMPLETED)
        if self._standing.done():
            self._standing.result()
        return opened.result()

    def play(self, story: Callable[[Desk], Awaitable[None]]) -> None:
        """Plays a story; between stories nothing happens."""

        async def run() -> None:
            await story(self._desk)

        self._runner.run(run())

    def close(self) -> None:
        async def end() -> None:
            self._over.set()
            await self._standing

        self._runner.run(end())
        self._runner.close()
