"""What the API stands on: chains, read model, stream, and the parties of a demonstration network."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, get_args

import msgspec

from ..client import Client
from ..onchain.contracts.consent import Purpose
from ..onchain.contracts.market import Receipt
from ..onchain.contracts.recording import Category, Precision
from ..onchain.ledger import Node
from ..wallet import Wallet
from .limits import USUAL_RATES, Rates

if TYPE_CHECKING:
    from ..index import Index
    from ..services.issuer import IssuerService, ListingService
    from ..signals import Part
    from .stream import Stream

Role = Literal["owner", "buyer", "maker", "regulator", "stranger"]
"""As what somebody signs in: it bounds what a session may ask and send."""
ROLES: tuple[Role, ...] = get_args(Role)

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]
"""scope, receive, send -> nothing"""
Road = Sequence[tuple[float, float]]
"""Points of a road, each as latitude and longitude in degrees."""


@dataclass(frozen=True)
class Chain:
    """One chain that is served here."""

    name: str
    node: Node
    client: Client
    engine: Literal["embedded", "cometbft"] = "embedded"
    """What decides the order of its transactions."""


class Persona(msgspec.Struct, frozen=True):
    """A party of a demonstration network, as whom anybody at this machine may look at it."""

    name: str
    role: Role
    account: str
    """In lower hexadecimal digits."""


class Read(NamedTuple):
    """What a reader got for a receipt."""

    receipt: bytes
    price_uacc: int
    parts: tuple[Part, ...]


class Erasure(NamedTuple):
    """What shows that a recording is erased."""

    recording: bytes
    holders: tuple[tuple[bytes, int], ...]
    """Each member of the committee, and when it stated on the chain that it holds no key any more, in ms."""
    read_before: tuple[bytes, ...]
    """Receipts on which it was read before: what these readers kept is out of reach."""


class Parties(Protocol):
    """The parties of a demonstration network, whose keys lie in its home."""

    def personas(self) -> tuple[Persona, ...]: ...

    def wallet(self, account: bytes) -> Wallet:
        """Gives a persona's wallet; refuses an account whose keys do not lie here."""
        ...

    async def sharing_list(self, account: bytes) -> list[tuple[bytes, Receipt]]:
        """Gives every receipt of which an account is the subject, proved whole, oldest first."""
        ...

    async def readings(self, account: bytes, recording: bytes) -> tuple[Part, ...]:
        """Gives an owner the parts of its own recording whose keys it holds."""
        ...

    async def read(
        self,
        account: bytes,
        recording: bytes,
        *,
        consent: bytes | None,
        purpose: Purpose,
        categories: Sequence[Category],
        precision: Precision,
    ) -> Read:
        """Buys and fetches a recording; without a consent it takes one that fits, without categories all it covers."""
        ...

    async def fetch(self, account: bytes, receipt: bytes) -> Read:
        """Fetches once more what a receipt, which the account has, opens."""
        ...

    async def erase(self, account: bytes, recording: bytes) -> Erasure:
        """Erases an owner's recording on the chain, at every holder, and here."""
        ...

    async def export(self, account: bytes, out: Path) -> None:
        """Writes all that the network has about an account into a zip file."""
        ...


@dataclass(frozen=True)
class Backend:
    """What the API is given."""

    chains: Mapping[str, Chain]
    index: Index
    clock: Callable[[], int]
    """Gives the time in ms."""
    parties: Parties | None
    """None where the network is not a demonstration."""
    stream: Stream
    node_app: AsgiApp
    """Answers the addresses of nodes and services, in MessagePack."""
    version: str
    roads: Sequence[Road] = ()
    """The roads on which simulated vehicles drive; none where no vehicles are simulated."""
    rates: Rates = USUAL_RATES
    """How often one address may ask."""
    hosts: tuple[str, ...] = ()
    """Names under which the network is served, besides addresses in digits and localhost."""
    chance: Callable[[int], bytes] = secrets.token_bytes
    """Gives so many random bytes."""
    issuer: IssuerService | None = None
    """Who issues credentials here; None where nobody does."""
    listing: ListingService | None = None
    """Who signs status lists here; None where nobody does."""
    is_vc_api_open: bool = False
    """Whether anybody who reaches this address may have the issuer sign, as suites of tests must."""
