"""Members of a committee as they should not be, and what a reader gets in spite of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from homes import Scene
from msgspec.structs import replace

from autochain.client import Client
from autochain.client.http import NODE_AWAY
from autochain.network.chain_file import CONTRACTS
from autochain.onchain.contracts.recording import Category, GetRecording, Precision
from autochain.onchain.ledger import Answer, BlockAnswer, Node, Status, Submitted
from autochain.onchain.ledger.light import Proved
from autochain.onchain.refusals import present
from autochain.services.release import Forget, Log, Release, ReleaseService
from autochain.services.release.records import Deposit, Opened, OpenRequest, SealedShare
from autochain.vault import KeyBackup, KeyContext, open_part, unwrap, wrap

Parts = dict[tuple[Category, Precision], bytes]


class Dead:
    """A member that does not run."""

    async def deposit(self, deposit: Deposit) -> None:
        raise NODE_AWAY("ConnectError")

    async def open(self, request: OpenRequest) -> Opened:
        raise NODE_AWAY("ConnectError")

    async def forget(self, request: Forget) -> None:
        raise NODE_AWAY("ConnectError")


class Slow(Dead):
    """A member that takes everything in and never answers."""

    async def deposit(self, deposit: Deposit) -> None:
        await asyncio.Event().wait()

    async def open(self, request: OpenRequest) -> Opened:
        await asyncio.Event().wait()
        raise AssertionError("it never answers")


Lie = Callable[[Scene, Opened], Opened]


class Lying(Dead):
    """A member that does all it should, but for what it answers."""

    def __init__(self, scene: Scene, genuine: Release, lie: Lie) -> None:
        self._scene = scene
        self._genuine = genuine
        self._lie = lie

    async def open(self, request: OpenRequest) -> Opened:
        return self._lie(self._scene, await self._genuine.open(request))


def put_in(scene: Scene, members: Mapping[int, Release]) -> None:
    """Puts other members in the places of some, by number."""
    committee = scene.network.committee
    changed = list(committee.members)
    for number, member in members.items():
        changed[number - 1] = changed[number - 1]._replace(release=member)
    scene.network.committee = committee._replace(members=tuple(changed))


def member(scene: Scene, number: int) -> Release:
    return scene.network.committee.members[number - 1].release


def restarted(
    scene: Scene, number: int = 1, *, client: Client | None = None, payer: str = "operation"
) -> ReleaseService:
    """Opens a member anew from what lies on its disk, as a process that starts does, and puts it in its place.

    It speaks to the chain by `client`, and pays its own fees where no payer is named.
    """
    network = scene.network
    party = network.facts.members[number - 1].party
    folder = network.home.parties / party
    service = ReleaseService(
        network.wallet(party),
        network.keys(party),
        Log(folder / "releases.log"),
        client or scene.client,
        clock=scene.clock,
        payer=network.wallet(payer) if payer else None,
        backup=a_backup(scene, number),
    )
    put_in(scene, {number: service})
    return service


def a_backup(scene: Scene, number: int) -> KeyBackup:
    """Gives a member's backup as the network has it."""
    folder = scene.network.home.parties / scene.network.facts.members[number - 1].party
    return KeyBackup(folder / "backup", backup_keys=folder / "backup-keys")


class Line:
    """The way from one member to the chain, which may be cut, or held up."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.cut = False
        self.free = asyncio.Event()
        self.free.set()
        self.waiting = asyncio.Event()
        """Set when something waits in it."""
        self.submitting: Callable[[], None] = lambda: None
        """Is told when a transaction comes."""

    def client(self, scene: Scene) -> Client:
        return Client(self, scene.client.dispatcher.spec, CONTRACTS, scene.client.trust)

    async def submit(self, data: bytes) -> Submitted:
        self.submitting()
        self.waiting.set()
        await self.free.wait()
        if self.cut:
            raise NODE_AWAY("cut")
        return await self._node.submit(data)

    async def query(self, data: bytes, *, height: int = 0) -> Answer:
        return await self._node.query(data, height=height)

    async def prove(self, key: bytes) -> Proved:
        return await self._node.prove(key)

    async def block(self, height: int) -> BlockAnswer:
        return await self._node.block(height)

    async def status(self) -> Status:
        return await self._node.status()


def context_for(scene: Scene, share: SealedShare, *, receipt: bytes | None = None) -> KeyContext:
    """What a share is sealed to the buyer for."""
    chain_id, name = scene.client.trust.chain_id, scene.recordings[0]
    return KeyContext(chain_id, name, share.category, share.precision, scene.buyer.account, receipt or scene.receipt)


def given(scene: Scene, opened: Opened) -> dict[Category, bytes]:
    """Opens a member's shares as the buyer."""
    return {share.category: unwrap(scene.buyer, share.sealed, context_for(scene, share)) for share in opened.shares}


def resealed(scene: Scene, opened: Opened, change: Callable[[bytes], bytes]) -> Opened:
    """Puts other shares in the place of a member's, sealed to the buyer like genuine ones."""
    shares = given(scene, opened)
    sealed = [
        replace(each, sealed=wrap(change(shares[each.category]), scene.buyer.encryption_key, context_for(scene, each)))
        for each in opened.shares
    ]
    return Opened(tuple(sealed))


async def true_parts(scene: Scene) -> Parts:
    """Gives the plain parts that the buyer bought, by the owner's own keys."""
    name, vault = scene.recordings[0], scene.network.vault
    keys, record = scene.part_keys(name), await scene.client.ask(GetRecording(name))
    manifest = vault.get_manifest(present(record, "it was recorded").manifest_root)
    wanted: list[tuple[Category, Precision]] = [("motion", "exact"), ("position", "exact")]
    return {each: open_part(manifest.part(*each), keys[each], recording=name, get=vault.get) for each in wanted}
