"""One running network: opened in this process, or reached in the process that has its home."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import NamedTuple

from ..client import Client, HttpNode
from ..edge.obu import Outbox, OwnerKeys, Unit
from ..node import (
    ChainStore,
    Checked,
    EmbeddedEngine,
    NodeApp,
    SignatureProcesses,
    check_store,
    quiet_collector,
    trees_for,
)
from ..onchain.codec import encode
from ..onchain.contracts.credentials import Attest, GetAttestation, Registrars, Role
from ..onchain.contracts.identity import Kind
from ..onchain.contracts.token import Transfer
from ..onchain.ledger import SPEC, SPEC_KEY, ChainSpec, StateMachine, interfaces
from ..onchain.ledger.errors import STORE_DAMAGED
from ..onchain.ledger.light import Trust, check_proved
from ..onchain.refusals import Refusal, present
from ..onchain.units import UACC_PER_ACC
from ..services.release import Depositor
from ..vault import KeyFolder
from ..wallet import NO_WALLET, Wallet, create, load, wallets
from . import chain_file
from .errors import HOME_IN_USE, NO_NETWORK, OTHER_CONTRACTS
from .home import FORMAT, Facts, Home, MemberFacts
from .renewing import is_to_take_over, renewed, settle, take_over
from .retention import Retention
from .services import Services, stand_in
from .vaults import one_vault, opened_vaults

CHAIN = "main"
_log = logging.getLogger(__name__)
STARTING_UACC = {"person": 20 * UACC_PER_ACC, "organisation": 1_000 * UACC_PER_ACC, "device": UACC_PER_ACC}
"""What a new party of a demonstration network is given to begin with."""
PATIENCE, PAUSE_S = 50, 0.1
"""How often, and how many seconds apart, a home is asked for that another process has."""
NAMED = 5
"""How many people a refusal names at most."""
LOW_SHARE = 10
"""With less than a tenth of what it began with, a party is topped up, or it could soon not pay."""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Opened(NamedTuple):
    """What was checked and taken up when this process opened the network."""

    entries: int
    blocks: int
    check_seconds: float
    keys: int
    take_up_seconds: float


class Network:
    """A network in use: its client, its vault, its services and the parties whose keys lie in its home."""

    def __init__(
        self, home: Home, client: Client, services: Services, facts: Facts, *, clock: Callable[[], int]
    ) -> None:
        self.home = home
        self.client = client
        self.vaults = opened_vaults(home)
        """Where encrypted objects are kept, by address."""
        self.vault = one_vault(self.vaults)
        self.services = services
        self.committee = services.committee
        self.facts = facts
        self.clock = clock
        self.app: Callable[[], NodeApp] | None = None
        """What this process may serve to others; None where another process runs the network."""
        self.opened: Opened | None = None
        """None where another process runs the network."""
        self._unusable: set[str] = set()
        """Parties whose wallets don't open, as was told."""

    def wallet(self, name: str) -> Wallet:
        """Opens a party's wallet; where there is none of this name, the refusal names people that there are."""
        try:
            return load(self.home.parties, name)
        except Refusal as refusal:
            people = self._people() if refusal.reason == NO_WALLET else []
            if not people:
                raise
            raise NO_WALLET(f"{name}; there are {', '.join(people)}") from None

    def _people(self) -> list[str]:
        """Names some of the people whose keys lie in this home."""
        wallets_here = (self.wallet(name) for name in self.names().values())
        return sorted(wallet.name for wallet in wallets_here if wallet.kind == "person")[:NAMED]

    def _own(self, name: str) -> Wallet | None:
        return self.wallet(name) if name in wallets(self.home.parties) else None

    def names(self) -> dict[bytes, str]:
        """Gives the names of the parties whose keys lie in this home, by account."""
        found: dict[bytes, str] = {}
        for name in wallets(self.home.parties):
            try:
                found[self.wallet(name).account] = name
            except Refusal as refusal:
                # Only who needs this one is refused; everybody else does without it, and hears of it once.
                if name not in self._unusable:
                    self._unusable.add(name)
                    _log.warning("party %s: %s", name, refusal)
        return found

    def keys(self, party: str) -> KeyFolder:
        return KeyFolder(self.home.parties / party / "keys")

    @property
    def _suite(self) -> int:
        """Of new parties' keys: the first that the chain admits."""
        return self.client.dispatcher.spec.suites[0]

    async def party(self, name: str, *, kind: Kind = "organisation") -> Wallet:
        """Gives a party's wallet; a new one is made, registered, and given ACC to begin with."""
        wallet = self._own(name) or create(self.home.parties, name, kind=kind, suite=self._suite)
        await self.client.register(wallet)
        await self._start(wallet, giver=self.wallet("ido" if kind == "organisation" else "operation"))
        return wallet

    async def vehicle(self, name: str, owner: Wallet, *, subject: str) -> Wallet:
        """Gives a vehicle's wallet with ACC for its fees; a new one is registered for its owner and attested."""
        # First of all, for a vehicle whose VIN is a wrong one must not leave a DID behind.
        vin = stand_in(subject, owner)
        wallet = self._own(name) or create(
            self.home.parties,
            name,
            kind="device",
            subject=subject,
            controller=owner.account,
            suite=self._suite,
        )
        await self.client.register(wallet, controller=owner)
        wallet = await self.taken_over(wallet, owner)
        # First, for a vehicle that has another DID already is refused here, and needs no ACC.
        if not await self._is_attested(wallet, "vehicle"):
            unique = await self.services.unique_key(vin, self.wallet("registrar"))
            await self._attest(Attest(wallet.account, "vehicle", unique))
        await self.top_up(owner, giver=self.wallet("operation"))
        await self.top_up(wallet, giver=owner)
        return wallet

    async def taken_over(self, vehicle: Wallet, owner: Wallet) -> Wallet:
        """Gives a vehicle's wallet with keys that nobody knows who had it before: to replace them comes first."""
        if not await is_to_take_over(self.client, vehicle, owner):
            return vehicle
        return (await take_over(self.home.parties, self.client, vehicle.name, owner)).wallet

    async def attest(self, wallet: Wallet, role: Role) -> None:
        """Has the registrar attest a role of a party, unless it has."""
        if not await self._is_attested(wallet, role):
            await self._attest(Attest(wallet.account, role))

    async def _is_attested(self, wallet: Wallet, role: Role) -> bool:
        """Says whether a role is attested for now, be the DID revoked or without the certificate that it needs."""
        record = await self.client.ask(GetAttestation(wallet.account, role))
        return record is not None and record.lasts(self.clock())

    async def _attest(self, message: Attest) -> None:
        await self.client.send(self.wallet("registrar"), message, payer=self.wallet("operation"))

    async def owner(self, vehicle: Wallet) -> Wallet | None:
        """Gives the present owner of a vehicle; None where its keys do not lie in this home."""
        account = await self.client.ask(interfaces.AccountOf(vehicle.account))
        name = self.names().get(account.owner) if account else None
        return None if name is None else self.wallet(name)

    async def top_up(self, wallet: Wallet, *, giver: Wallet) -> None:
        """Gives a party what it began with once more when little of it is left."""
        begun_with = STARTING_UACC[wallet.kind]
        if await self.client.balance_uacc(wallet.account) * LOW_SHARE < begun_with:
            await self.client.send(giver, Transfer(wallet.account, begun_with))

    async def _start(self, wallet: Wallet, *, giver: Wallet) -> None:
        """Gives a party ACC to begin with, once: to one that has never sent anything and holds nothing."""
        keys = await self.client.ask(interfaces.KeysOf(wallet.account))
        if keys is not None and keys.sequence == 1 and not await self.client.balance_uacc(wallet.account):
            await self.client.send(giver, Transfer(wallet.account, STARTING_UACC[wallet.kind]))

    def unit(self, vehicle: Wallet, owner: Wallet) -> Unit:
        """Puts the on-board unit of a vehicle together."""
        chain_id = self.client.trust.chain_id
        own = OwnerKeys(self.keys(owner.name), chain_id=chain_id, account=owner.account, public=owner.encryption_key)
        return Unit(
            vehicle,
            self.client,
            self.vault,
            owner=owner.account,
            recognition=owner.secret,
            # The committee refuses a second process with other keys, before the owner would get them.
            holders=(Depositor(self.client, vehicle, self.committee), own),
            outbox=Outbox(self.home.parties / vehicle.name / "outbox"),
            clock=self.clock,
            cipher=chain_file.load(CHAIN).cipher,
        )


@contextlib.asynccontextmanager
async def open_network(home: Home, *, make: bool = True, clock: Callable[[], int] = now_ms) -> AsyncIterator[Network]:
    """Opens the network of a home: runs it here or reaches the process that does; with `make`, makes one if need be.

    A process that has the home and does not answer others, a short command, gets a moment to end.
    """
    if not make and not home.path.exists():
        raise NO_NETWORK(str(home.path))
    patience = PATIENCE
    while not home.lock():
        address = home.address()
        if address is not None:
            async with reach_network(home, address, clock=clock) as network:
                await settle(home.parties, network.client)
                yield network
            return
        if not patience:
            raise HOME_IN_USE(home.holder)
        patience -= 1
        await asyncio.sleep(PAUSE_S)
    try:
        if not home.exists:
            if not make:
                raise NO_NETWORK(str(home.path))
            _make(home, clock)
        async with _run(home, clock) as network:
            await settle(home.parties, network.client)
            yield network
    finally:
        home.unlock()


def _make(home: Home, clock: Callable[[], int]) -> None:
    """Makes a network: keys of its parties, genesis, first state."""
    home.begin()
    made: dict[str, Wallet] = {}

    file = chain_file.load(CHAIN)

    def party(name: str) -> Wallet:
        if name not in made:
            made[name] = create(home.parties, name, kind="organisation", suite=file.suites[0])
        return made[name]

    # Headers and votes have CometBFT's format, and so Ed25519, whatever the chain's parties sign by.
    validator = made["validator"] = create(home.parties, "validator", kind="organisation")
    committee, registrars = chain_file.committee(file), chain_file.registrars(file)
    letters = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(6))
    genesis = chain_file.genesis(
        file, chain_id=f"{CHAIN}-{letters}", parties=party, registrar_keys=_deal(home, registrars)
    )
    chain_id = genesis.spec.chain_id
    with contextlib.closing(ChainStore(home.chain(CHAIN))) as store:
        machine = StateMachine(store, chain_file.CONTRACTS)
        machine.init_chain(chain_id=chain_id, time_ms=clock(), state=encode(genesis))
    validators = EmbeddedEngine.validators(validator.public_key.data)
    facts = Facts(
        format=FORMAT,
        chain_id=chain_id,
        validators_hash=validators.hash().hex(),
        members=tuple(
            MemberFacts(name, made[name].account.hex(), made[name].encryption_key.hex(), file.members_at.get(name, ""))
            for name in committee.members
        ),
        threshold=committee.threshold,
        registrars=registrars.members,
    )
    home.finish(facts)


def _deal(home: Home, registrars: chain_file.Holders) -> Registrars:
    """Makes the key that makes VINs unrecognisable, gives each registrar its share, and forgets the whole."""
    from ..privacy import voprf
    from ..services.registrar import keep_share

    key = voprf.derive_key(secrets.token_bytes(32), info=b"autochain/vin")
    shares, public = voprf.split_key(
        key, threshold=registrars.threshold, count=len(registrars.members), chance=secrets.token_bytes
    )
    for name, share in zip(registrars.members, shares, strict=True):
        keep_share(home.share(name), share)
    return Registrars(public.threshold, public.shares)


@contextlib.asynccontextmanager
async def _run(home: Home, clock: Callable[[], int]) -> AsyncIterator[Network]:
    """Runs the network of a home in this process."""
    facts = home.facts()
    validator = load(home.parties, "validator")
    trust = Trust(facts.chain_id, bytes.fromhex(facts.validators_hash))
    history_heights = chain_file.load(CHAIN).history_heights
    if not home.vaults and not home.vault.is_dir():
        _log.warning("%s is not there: what was recorded can't be read until it is restored", home.vault)
    checked = check_store(home.chain(CHAIN))
    start = time.monotonic()
    async with contextlib.AsyncExitStack() as stack:
        store = stack.enter_context(contextlib.closing(ChainStore(home.chain(CHAIN), history_heights=history_heights)))
        verifier = stack.enter_context(contextlib.closing(SignatureProcesses()))
        # From here on, for the state is made of millions of objects at once.
        await stack.enter_async_context(quiet_collector(lambda: store.height))
        refuse_empty(store)
        refuse_other_contracts(store)
        trees = stack.enter_context(trees_for(store))
        machine = StateMachine(store, chain_file.CONTRACTS, verify=verifier, trees=trees)
        refuse_foreign(store, facts)
        opened = _opened(checked, keys=len(store.pairs), take_up_seconds=time.monotonic() - start)
        engine = EmbeddedEngine(
            store,
            machine,
            verify=verifier,
            validator=validator.public_key.data,
            sign=validator.sign,
            clock=clock,
        )
        engine.start(machine.spec)
        client = Client(engine, machine.spec, chain_file.CONTRACTS, trust, renewed=partial(renewed, home.parties))
        services = Services(home, facts, client, clock=clock)
        stack.push_async_callback(services.close)
        network = Network(home, client, services, facts, clock=clock)
        network.app = lambda: NodeApp({CHAIN: engine}, services.routes())
        network.opened = opened
        try:
            # When the engine ends by a fault of its own, whoever waits for it must not wait for ever.
            async with asyncio.TaskGroup() as group:
                runs = (engine.run(), services.run(), Retention(network).run())
                running = [group.create_task(run) for run in runs]
                try:
                    yield network
                finally:
                    for task in running:
                        task.cancel()
        except BaseExceptionGroup as stopped:
            first: BaseException = stopped
            while isinstance(first, BaseExceptionGroup):
                first = first.exceptions[0]  # The engine has a group of its own.
            raise first from None


def refuse_empty(store: ChainStore) -> None:
    """Refuses the store of a network that was made once and whose chain is gone."""
    if store.meta is None:
        raise STORE_DAMAGED("it is empty or lost")


def refuse_other_contracts(store: ChainStore) -> None:
    """Refuses a store of a chain that has a contract, or a version of one, that this program has not."""
    spec = store.get(SPEC_KEY)
    if spec is None:
        return  # The root of the state, which is checked next, says that it is lost.
    _check_contracts(SPEC.decode(spec))


def _check_contracts(spec: ChainSpec) -> None:
    for name, version in spec.contracts:
        contract = chain_file.CONTRACTS.get(name)
        if contract is None:
            raise OTHER_CONTRACTS(f"the network has the contract {name}, this program has not")
        if contract.version != version:
            has = f"this program has version {contract.version}"
            raise OTHER_CONTRACTS(f"the network has version {version} of the contract {name}, {has}")


def refuse_foreign(store: ChainStore, facts: Facts) -> None:
    """Refuses a store that is sound and belongs to the network of another home."""
    chain_id = SPEC.trusted(present(store.get(SPEC_KEY), "a chain's state holds its spec")).chain_id
    if chain_id != facts.chain_id:
        raise STORE_DAMAGED(f"it holds the chain {chain_id}, and this is the home of {facts.chain_id}")


def _opened(checked: Checked, *, keys: int, take_up_seconds: float) -> Opened:
    return Opened(checked.entries, checked.blocks, checked.seconds, keys, round(take_up_seconds, 3))


@contextlib.asynccontextmanager
async def reach_network(home: Home, address: str, *, clock: Callable[[], int]) -> AsyncIterator[Network]:
    """Reaches the network of a home in the process that runs it."""
    node = HttpNode.at(address, CHAIN)
    facts = home.facts()
    trust = Trust(facts.chain_id, bytes.fromhex(facts.validators_hash))
    try:
        spec, renew = await _spec(node, trust), partial(renewed, home.parties)
        client = Client(node, spec, chain_file.CONTRACTS, trust, renewed=renew)
        services = Services(home, facts, client, clock=clock, node=node)
        try:
            yield Network(home, client, services, facts, clock=clock)
        finally:
            await services.close()
    finally:
        await node.close()


async def _spec(node: HttpNode, trust: Trust) -> ChainSpec:
    """Fetches the chain's spec with its proof."""
    proved = await node.prove(SPEC_KEY)
    check_proved(trust, proved, key=SPEC_KEY)
    spec = SPEC.decode(proved.value)
    _check_contracts(spec)
    return spec
