"""Speaking to one chain: what is sent is signed here, what is believed is proved here."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, TypeVar, get_args

from msgspec.structs import replace

from ..onchain.codec import Codec, encode
from ..onchain.crypto import PublicKey
from ..onchain.ledger import (
    BlockAnswer,
    ChainSpec,
    Contract,
    Dispatcher,
    Event,
    Message,
    Node,
    Query,
    Status,
    Submitted,
    Table,
    errors,
    interfaces,
)
from ..onchain.ledger.header import Header, LightBlock, data_hash
from ..onchain.ledger.light import Proved, Trust, check_light_block, check_proved
from ..onchain.refusals import Reason, Refusal
from ..wallet import Draft, Wallet, sign

R = TypeVar("R")
V = TypeVar("V")
E = TypeVar("E", bound=Event)
MAX_ANSWER_BYTES = 16 * 1024 * 1024
SEQUENCE_TRIES = 4
SEQUENCE_PAUSE_S = 0.05
"""Before the second try; doubled before each further one."""
EXPIRY_BLOCKS = 1_000
"""How many blocks a transaction may wait before it expires."""
KEYS_EXPIRED = Reason(
    "client",
    4,
    "The keys of this wallet have expired.",
    "Bring those that it promised with `account rotate`; without any, let its guardians recover it: `account recover`.",
)


class Sent(NamedTuple):
    """A transaction that happened, and what it announced."""

    submitted: Submitted
    events: tuple[Event, ...]

    def event(self, kind: type[E]) -> E:
        """Gives the one event of a kind."""
        return next(event for event in self.events if isinstance(event, kind))


class Shown(NamedTuple):
    """A record of the chain's state with its proof; the record is None where its absence is proved."""

    record: Any
    proved: Proved
    header: Header


class Client:
    """Speaks to one chain through a node that it need not trust.

    `trust` says whose signatures count; queries are the node's word, `prove` is checked here. `renewed` gives the
    wallet that took the place of one whose keys were changed elsewhere.
    """

    def __init__(
        self,
        node: Node,
        spec: ChainSpec,
        contracts: Mapping[str, Contract],
        trust: Trust,
        *,
        renewed: Callable[[Client, Wallet], Awaitable[Wallet]] | None = None,
    ) -> None:
        self.node = node
        self.trust = trust
        self._renewed = renewed
        self.dispatcher = Dispatcher(spec, contracts)
        self._locks: defaultdict[bytes, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._answers: dict[type[Query[Any]], Codec[Any]] = {}

    async def send(self, sender: Wallet, *messages: Message, payer: Wallet | None = None) -> Sent:
        """Signs a transaction, has it put into a block and waits until that is durable; raises the refusal."""
        async with self._locks[sender.account]:
            submitted = await self._submit_in_sequence(sender, messages, payer)
        result = submitted.result
        if result.code:
            raise Reason(result.codespace, result.code, result.text, result.remedy)()
        return Sent(submitted, self.dispatcher.events.decode(result.events))

    async def _submit_in_sequence(
        self, sender: Wallet, messages: tuple[Message, ...], payer: Wallet | None
    ) -> Submitted:
        """Submits, and tries again when another process of the same party was faster and took the sequence."""
        for retry in range(1, SEQUENCE_TRIES):
            try:
                return await self._submit_as_now(sender, messages, payer)
            except Refusal as refusal:
                if refusal.reason != errors.WRONG_SEQUENCE:
                    raise
            # The other's transaction may still wait for its block; only then the chain tells the next sequence.
            await asyncio.sleep(SEQUENCE_PAUSE_S * 2 ** (retry - 1))
        return await self._submit_as_now(sender, messages, payer)

    async def _submit_as_now(self, sender: Wallet, messages: tuple[Message, ...], payer: Wallet | None) -> Submitted:
        """Submits, and once more when the keys that sign were replaced since these wallets were opened."""
        try:
            return await self._submit(sender, messages, payer)
        except Refusal as refusal:
            if refusal.reason == errors.KEYS_EXPIRED:
                raise KEYS_EXPIRED(await self._expired(sender, payer)) from None
            if refusal.reason != errors.BAD_SIGNATURE or self._renewed is None:
                raise
            now = await self._renewed(self, sender), payer and await self._renewed(self, payer)
            if now == (sender, payer):
                raise
        return await self._submit(now[0], messages, now[1])

    async def speaking(self, wallet: Wallet, keys: tuple[PublicKey, ...]) -> Wallet:
        """Gives the wallet that speaks by an account's keys: this one, or where it is of before, its successor."""
        if self._renewed is None or keys == (wallet.public_key,):
            return wallet
        return await self._renewed(self, wallet)

    async def _expired(self, *wallets: Wallet | None) -> str:
        """Names those whose keys expire, of whom one's have expired."""
        named = [
            wallet.name
            for wallet in wallets
            if wallet is not None and (keys := await self.ask(interfaces.KeysOf(wallet.account))) and keys.until_ms
        ]
        return ", ".join(named)

    async def _submit(self, sender: Wallet, messages: tuple[Message, ...], payer: Wallet | None) -> Submitted:
        keys, height = await self._ask(interfaces.KeysOf(sender.account))
        suites = sender.suites + (payer.suites if payer else ())
        draft = Draft(
            chain_id=self.trust.chain_id,
            messages=messages,
            sequence=keys.sequence if keys else 0,
            fee_uacc=self.dispatcher.least_fee_uacc(messages, suites=suites),
            expiry_height=height + EXPIRY_BLOCKS,
        )
        return await self.node.submit(sign(draft, sender, payer=payer))

    async def register(self, wallet: Wallet, *, controller: Wallet | None = None) -> bool:
        """Registers a wallet's DID unless it is registered; a device's controller agrees by its wallet."""
        if await self.ask(interfaces.KeysOf(wallet.account)) is not None:
            return False
        await self.send(wallet, wallet.registration(), payer=controller)
        return True

    async def ask(self, query: Query[R], *, height: int = 0) -> R:
        """Asks the node, for the last state or that after an older height; the answer is its word, not a proof."""
        return (await self._ask(query, height))[0]

    async def _ask(self, query: Query[R], height: int = 0) -> tuple[R, int]:
        """Asks the node; gives the answer and the height at which it holds."""
        kind = type(query)
        if kind not in self._answers:
            self._answers[kind] = Codec(_answer_type(kind), max_bytes=MAX_ANSWER_BYTES)
        answer = await self.node.query(encode(query), height=height)
        value: R = self._answers[kind].decode(answer.value)
        return value, answer.height

    async def pages(self, query: Query[tuple[tuple[bytes, V], ...]]) -> list[tuple[bytes, V]]:
        """Asks a listing query page by page until its end; the query has a field `after`."""
        found: list[tuple[bytes, V]] = []
        while page := await self.ask(query):
            found += page
            query = replace(query, after=page[-1][0])
        return found

    async def prove(self, table: Table[V], *parts: bytes | int | str) -> Shown:
        """Fetches a record of the chain's present state and checks its proof."""
        proved = await self.node.prove(table.key(*parts))
        return self.check(table, proved, *parts)

    def check(self, table: Table[V], proved: Proved, *parts: bytes | int | str) -> Shown:
        """Checks a record's proof, asking no node."""
        header = check_proved(self.trust, proved, key=table.key(*parts))
        return Shown(table.codec.decode(proved.value) if proved.value else None, proved, header)

    async def block(self, height: int = 0) -> tuple[Header, BlockAnswer]:
        """Fetches a block, the last one for height 0, and checks who signed it and its transactions.

        What came of them is the node's word: the next header commits to it.
        """
        answer = await self.node.block(height)
        header = check_light_block(self.trust, LightBlock.decode(answer.light_block))
        if height not in (0, header.height):
            raise errors.NOT_PROVED(f"height {header.height}, asked for {height}")
        if header.data_hash != data_hash(answer.transactions):
            raise errors.NOT_PROVED("transactions of another block")
        return header, answer

    async def status(self) -> Status:
        return await self.node.status()

    async def balance_uacc(self, account: bytes) -> int:
        return await self.ask(interfaces.BalanceOf(account))


def _answer_type(query: type[Query[Any]]) -> Any:
    """Gives the type with which a query is answered: the argument of its base `Query[...]`."""
    return get_args(query.__orig_bases__[0])[0]  # type: ignore[attr-defined]
