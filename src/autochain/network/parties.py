"""The parties of a demonstration network, whose keys lie in its home, as the API acts for them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from ..api import Erasure, Persona, Read, Role
from ..onchain.contracts import credentials
from ..onchain.contracts.consent import Purpose
from ..onchain.contracts.market import Receipt
from ..onchain.contracts.recording import Category, GetRecording, Precision
from ..onchain.refusals import Reason, Refusal
from ..signals import Part
from ..wallet import Wallet, wallets
from . import chain_file
from .export import export_data, own_readings
from .network import CHAIN, Network
from .reading import NOT_COMMITTED, Bought, fetch_reading, read_under_consent
from .rights import erase, sharing_list

NOT_A_PERSONA = Reason(
    "network", 13, "The keys of this account do not lie here.", "Sign with them where they lie, or act as a persona."
)
NOT_THE_OWNER = Reason("network", 14, "This recording is another's.", "Buy the reading under a consent of its owner.")

_log = logging.getLogger(__name__)
_PERSONA = re.compile(r"(owner|buyer|maker|regulator|stranger)(-[0-9]{1,4})?")
"""The names of the parties as whom one may act; the others, such as a validator or a vehicle, are nobody's to play."""
_ATTESTED: dict[str, credentials.Role] = {
    "buyer": "buyer",
    "buyer-2": "buyer",
    "maker": "maker",
    "regulator": "authority",
    "registration-authority": "registration_authority",
    "workshop": "workshop",
    "approval-authority": "approval_authority",
    "dismantler": "dismantler",
}
"""What is attested of parties that every demonstration network has; the last four act in the lives of vehicles."""
EXPORTS_AT_ONCE = 2
"""Others wait: an export holds everything of an account on the disk for a moment."""


async def make_personas(network: Network) -> dict[str, Wallet]:
    """Makes sure that there are personas of every role but owners, who come with their vehicles; gives them by name."""
    made = {name: await network.party(name) for name in (*_ATTESTED, "stranger")}
    for name, role in _ATTESTED.items():
        await network.attest(made[name], role)
    return made


async def acting(network: Network, name: str) -> Wallet:
    """Gives the wallet of a party that acts; a persona that a demonstration has not needed so far is made now."""
    is_demonstration = chain_file.load(CHAIN).demonstration
    if name not in _ATTESTED or name in wallets(network.home.parties) or not is_demonstration:
        return network.wallet(name)
    wallet = await network.party(name)
    await network.attest(wallet, _ATTESTED[name])
    return wallet


async def demo_parties(network: Network) -> DemoParties:
    """Gives the parties of a network to those who may act as them, as far as their keys can be read."""
    try:
        await make_personas(network)
    except Refusal as refusal:
        _log.warning("not every persona is there: %s", refusal)
    return DemoParties(network)


class DemoParties:
    """Implements the API's `Parties` with the keys that lie in the network's home."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._wallets: dict[str, Wallet] = {}
        self._reading: defaultdict[bytes, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._erasing: defaultdict[bytes, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._exporting = asyncio.Semaphore(EXPORTS_AT_ONCE)

    def personas(self) -> tuple[Persona, ...]:
        """Gives all personas by name."""
        for name in wallets(self._network.home.parties):
            if name not in self._wallets and _PERSONA.fullmatch(name):
                with contextlib.suppress(Refusal):  # A damaged wallet keeps nobody else out.
                    self._wallets[name] = self._network.wallet(name)
        return tuple(
            Persona(name, cast(Role, name.partition("-")[0]), wallet.account.hex())
            for name, wallet in sorted(self._wallets.items())
        )

    def wallet(self, account: bytes) -> Wallet:
        """Gives a persona's wallet; never that of a party which runs the network, nor a vehicle's."""
        for _ in range(2):
            for wallet in self._wallets.values():
                if wallet.account == account:
                    return self._network.wallet(wallet.name)  # Its keys may have changed since.
            self.personas()  # It may have come since.
        raise NOT_A_PERSONA()

    async def sharing_list(self, account: bytes) -> list[tuple[bytes, Receipt]]:
        """Gives every receipt of which an account is the subject, proved whole, oldest first."""
        return (await sharing_list(self._network, account, progress=_unwatched)).receipts

    async def readings(self, account: bytes, recording: bytes) -> tuple[Part, ...]:
        """Gives an owner the parts of its own recording whose keys it holds."""
        owner = self.wallet(account)
        record = await self._network.client.ask(GetRecording(recording))
        if record is None:
            raise NOT_COMMITTED()
        if record.owner != account:
            raise NOT_THE_OWNER()
        return await asyncio.to_thread(lambda: tuple(own_readings(self._network, owner, recording, record)))

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
        reader = self.wallet(account)
        # One after another, so that who asks for the same twice at once pays once.
        async with self._reading[account]:
            bought, _ = await read_under_consent(
                self._network,
                reader,
                recording,
                purpose=purpose,
                categories=categories,
                precision=precision,
                consent=consent,
            )
        return _read(bought)

    async def fetch(self, account: bytes, receipt: bytes) -> Read:
        """Fetches once more what a receipt, which the account has, opens."""
        return _read(await fetch_reading(self._network, self.wallet(account), receipt))

    async def erase(self, account: bytes, recording: bytes) -> Erasure:
        """Erases an owner's recording on the chain, at every holder, and here."""
        owner = self.wallet(account)
        # One after another, so that who asks for the same twice at once is told the same twice.
        async with self._erasing[account]:
            (done,) = await erase(self._network, owner, [recording], progress=_unwatched)
        holders = tuple((holder.account, holder.destroyed_ms) for holder in done.holders)
        return Erasure(done.recording, holders, tuple(done.read_before))

    async def export(self, account: bytes, out: Path) -> None:
        """Writes all that the network has about an account into a zip file."""
        owner = self.wallet(account)
        async with self._exporting:
            await export_data(self._network, owner, out, progress=_unwatched)


def _read(bought: Bought) -> Read:
    return Read(bought.receipt, bought.price_uacc, tuple(bought.parts))


def _unwatched(_done: int, _of: int) -> None:
    """Leaves progress untold: whoever asks over HTTP waits for the answer."""
