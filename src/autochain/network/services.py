"""The services of a network: those that run in the node's process, and the way to those that run elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING

from ..client import Client, HttpNode
from ..onchain.contracts.credentials import REGISTRARS
from ..onchain.contracts.token import Transfer
from ..onchain.refusals import Refusal, present
from ..onchain.units import UACC_PER_ACC
from ..services import release
from ..signals import VIN_ALPHABET, checked_vin, normal_vin
from ..vault import KeyBackup, KeyFolder
from ..wallet import Wallet, load
from .home import Facts, Home, MemberFacts

if TYPE_CHECKING:
    from ..services import registrar
    from ..services.registrar import RegistrarService

VIN_LENGTH = 17
_log = logging.getLogger(__name__)
FUND_S = 60.0
FUND_UACC = 10 * UACC_PER_ACC
"""Enough for some hundred releases."""
_Route = Callable[[bytes], Awaitable[bytes]]


class Services:
    """Release committee and registrars of a home; without a `node` they run in this process."""

    def __init__(
        self, home: Home, facts: Facts, client: Client, *, clock: Callable[[], int], node: HttpNode | None = None
    ) -> None:
        self._home = home
        self._client = client
        self._clock = clock
        self._away: list[HttpNode] = []
        self._members: dict[int, release.Release] = {}
        """Those of this process."""
        self._sweeping: list[release.ReleaseService] = []
        members: list[release.Member] = []
        for number, member in enumerate(facts.members, 1):
            way: release.Release
            if member.address:
                self._away.append(HttpNode.at(member.address, ""))
                way = release.HttpRelease(self._away[-1], number)
            elif node is not None:
                way = release.HttpRelease(node, number)
            else:
                way = self._members[number] = self._own(number, member)
            members.append(release.Member(bytes.fromhex(member.account), bytes.fromhex(member.key), way))
        self.committee = release.Committee(tuple(members), facts.threshold)
        self._node = node
        self._facts = facts

    @cached_property
    def _registrars(self) -> dict[int, RegistrarService]:
        """The registrars of this process, by the numbers of their shares; most commands ask none."""
        if self._node is not None:
            return {}
        return registrar_services(self._home, self._facts, self._client, clock=self._clock)

    def _own(self, number: int, member: MemberFacts) -> release.Release:
        """Puts a member of this process together; one whose files are damaged refuses, and the network runs."""
        try:
            service = member_service(self._home, member, self._client, clock=self._clock, payer="operation")
        except Refusal as refusal:
            _log.warning("member %d, %s: %s", number, member.party, refusal)
            return release.Damaged(refusal)
        self._sweeping.append(service)
        return service

    def routes(self) -> dict[tuple[str, str], _Route]:
        """Gives what the services of this process answer over HTTP."""
        routes: dict[tuple[str, str], _Route] = {}
        for number, member in self._members.items():
            routes |= release.routes(member, number)
        if self._registrars:
            from ..services import registrar

            for service in self._registrars.values():
                routes |= registrar.routes(service)
        return routes

    async def run(self) -> None:
        """Has the members of this process destroy what has ended, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for member in self._sweeping:
                group.create_task(member.run())
            while True:
                with contextlib.suppress(Refusal):
                    await self._fund()
                await asyncio.sleep(FUND_S)

    async def _fund(self) -> None:
        """Gives members that run elsewhere, and so pay their own fees, what they need for them."""
        for member in self._facts.members:
            account = bytes.fromhex(member.account)
            if member.address and await self._client.balance_uacc(account) < FUND_UACC // 2:
                await self._client.send(load(self._home.parties, "operation"), Transfer(account, FUND_UACC))

    async def unique_key(self, vin: str, authority: Wallet) -> bytes:
        """Has the registrars make a VIN unrecognisable for an authority."""
        from ..privacy import voprf
        from ..services import registrar

        asked: dict[int, registrar.Registrar] = dict(self._registrars)
        if self._node is not None:
            numbers = range(1, len(self._facts.registrars) + 1)
            asked = {number: registrar.HttpRegistrar(self._node, number) for number in numbers}
        keys = present((await self._client.prove(REGISTRARS)).record, "a chain that attests vehicles has registrars")
        made = await registrar.unique_key(
            vin,
            asked,
            voprf.PublicKeys(keys.threshold, keys.public_keys),
            client=self._client,
            authority=authority,
            clock=self._clock,
        )
        for number, how in made.failed.items():
            _log.warning("registrar %d: %s", number, how)
        return made.key

    async def close(self) -> None:
        for away in self._away:
            await away.close()


def member_service(
    home: Home, member: MemberFacts, client: Client, *, clock: Callable[[], int], payer: str = ""
) -> release.ReleaseService:
    """Puts a member's service together from its party's folder; without a payer it pays its own fees."""
    folder = home.parties / member.party
    return release.ReleaseService(
        load(home.parties, member.party),
        KeyFolder(folder / "keys"),
        release.Log(folder / "releases.log"),
        client,
        clock=clock,
        payer=load(home.parties, payer) if payer else None,
        backup=KeyBackup(folder / "backup", backup_keys=folder / "backup-keys"),
    )


def registrar_services(
    home: Home, facts: Facts, client: Client, *, clock: Callable[[], int]
) -> dict[int, RegistrarService]:
    """Puts the registrars of a home together, by the numbers of their shares."""
    # Here, for its library takes longer to load than most commands take.
    from ..services import registrar

    services: dict[int, RegistrarService] = {}
    for number, party in enumerate(facts.registrars, 1):
        try:
            share = registrar.load_share(home.share(party))
        except Refusal as refusal:
            # The others may be enough.
            _log.warning("registrar %d, %s: %s", number, party, refusal)
            continue
        quota = registrar.Quota(home.parties / party / "evaluations")
        services[number] = registrar.RegistrarService(share, quota, client.trust, clock=clock)
    return services


def stand_in(subject: str, owner: Wallet) -> str:
    """Gives a vehicle's VIN; for a vehicle that a file names otherwise, one that stands for this name of this owner.

    What has the form of a VIN is taken for one, and refused when it is a wrong one.
    """
    try:
        vin = normal_vin(subject)
    except Refusal:
        digest = hmac.digest(owner.secret, subject.encode(), hashlib.sha256)
        return "".join(VIN_ALPHABET[byte % len(VIN_ALPHABET)] for byte in digest[:VIN_LENGTH])
    return checked_vin(vin)
