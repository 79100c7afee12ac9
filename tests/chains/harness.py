"""A main chain in memory; after every block all invariants of all contracts are checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, get_args

from fakes import MemoryStore
from msgspec.structs import replace

from autochain.onchain.codec import Codec, Record, encode
from autochain.onchain.contracts import (
    consent,
    credentials,
    identity,
    market,
    mining,
    recording,
    release,
    token,
    vehicles,
)
from autochain.onchain.contracts.credentials.messages import Role
from autochain.onchain.contracts.identity import Kind
from autochain.onchain.contracts.token import BALANCES, Allocation, Balance
from autochain.onchain.ids import contract_account
from autochain.onchain.ledger import (
    BlockInfo,
    ChainSpec,
    Checked,
    Committed,
    Contract,
    Event,
    Executed,
    Genesis,
    Introduction,
    KeysProof,
    Limits,
    Message,
    Overlay,
    Query,
    StateMachine,
    Table,
    Transaction,
    TransactionResult,
    interfaces,
    sign_bytes,
)
from autochain.onchain.refusals import Reason
from autochain.onchain.units import TOTAL_SUPPLY_UACC, UACC_PER_ACC, share

from .party import Party

R = TypeVar("R")
V = TypeVar("V")

ACC = UACC_PER_ACC
CHAIN_ID = "main-test"
START_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z: an hour, a day and an epoch begin here."""
BLOCK_MS = 1_000
CONTRACTS: tuple[Contract, ...] = (
    identity.CONTRACT,
    credentials.CONTRACT,
    token.CONTRACT,
    mining.CONTRACT,
    release.CONTRACT,
    recording.CONTRACT,
    consent.CONTRACT,
    market.CONTRACT,
    vehicles.CONTRACT,
)


class Harness:
    """One main chain in memory, which makes a block whenever something is sent.

    At genesis stand the treasury, which holds 57 % of the supply, may attest every role and certifies devices, the
    operator, who takes the fees, and the three members of the release committee, of whom two must give their shares;
    43 % are mining's.
    Time begins at `START_MS` and each block is `block_ms` later than the one before.
    `contracts` are the chain's contracts in order, so a test may add its own; `parameters` are their genesis records.
    """

    def __init__(
        self,
        *,
        contracts: Sequence[Contract] = CONTRACTS,
        guards: Sequence[str] = (),
        limits: Limits | None = None,
        terms: mining.Terms | None = None,
        parameters: Mapping[str, Record] | None = None,
        block_ms: int = BLOCK_MS,
        suites: tuple[int, ...] = (1,),
    ) -> None:
        self.store = MemoryStore()
        self.machine = StateMachine(self.store, {contract.name: contract for contract in contracts})
        self.treasury = Party.make("treasury", "organisation")
        self.operator = Party.make("operator", "organisation")
        self.members = [Party.make(f"member {number}", "organisation") for number in (1, 2, 3)]
        self._answers: dict[type[Query[Any]], Codec[Any]] = {}
        """How the answer to each kind of query is read."""
        self.block_ms = block_ms
        self.height = 0
        self.now_ms = START_MS
        """The time of the last block."""
        spec = ChainSpec(
            CHAIN_ID,
            tuple((contract.name, contract.version) for contract in contracts),
            (("accounts", "identity"), ("money", "token")),
            self.operator.account,
            guards=tuple(guards),
            suites=suites,
            limits=limits or Limits(),
        )
        given = {
            "identity": self._identities(),
            "credentials": credentials.Parameters(
                ((self.treasury.account, credentials.Authority(get_args(Role))),),
                certification=credentials.Certification((self.treasury.account,)),
            ),
            "token": self._allocations(),
            "mining": terms or mining.Terms(),
            "release": release.Committee(tuple(member.account for member in self.members), 2),
            **(parameters or {}),
        }
        genesis = Genesis(spec, tuple((name, encode(record)) for name, record in given.items()))
        self.machine.init_chain(chain_id=CHAIN_ID, time_ms=START_MS, state=encode(genesis))
        self._check_invariants()

    def _identities(self) -> identity.Parameters:
        parties = [(party.account, party.registration) for party in (self.treasury, self.operator, *self.members)]
        return identity.Parameters(
            tuple(
                (
                    account,
                    identity.Identity(
                        kind=made.kind,
                        keys=made.keys,
                        threshold=made.threshold,
                        sequence=1,
                        commitment=made.commitment,
                        encryption_key=made.encryption_key,
                        controller=None,
                        registered_ms=START_MS,
                    ),
                )
                for account, made in parties
            )
        )

    def _allocations(self) -> token.Parameters:
        mined = contract_account("mining")
        parts = share(TOTAL_SUPPLY_UACC, ((mined, 43), (self.treasury.account, 57)))
        return token.Parameters(
            (
                ("mining", Allocation(mined, parts[mined])),
                (
                    "operation",
                    Allocation(self.treasury.account, parts[self.treasury.account]),
                ),
            )
        )

    def register(
        self,
        name: str,
        kind: Kind = "person",
        *,
        controller: Party | None = None,
        keys: int = 1,
        threshold: int = 1,
        funds_uacc: int = 100 * ACC,
    ) -> Party:
        """Registers a party, and lets the treasury send it money to pay fees with, all in one block."""
        party = Party.make(name, kind, controller=controller, keys=keys, threshold=threshold)
        transactions = [self.sign(party, party.registration, payer=controller)]
        if funds_uacc:
            transfer = token.Transfer(party.account, funds_uacc)
            transactions.append(self.sign(self.treasury, transfer))
        for result in self.block(*transactions):
            assert result.code == 0, result.text
        return party

    def sign(
        self,
        sender: Party,
        *messages: Message,
        payer: Party | None = None,
        fee_uacc: int | None = None,
        sequence: int | None = None,
        expiry_height: int | None = None,
    ) -> bytes:
        """Gives a signed transaction's bytes; by default with the lowest fee, the next sequence and a late expiry."""
        if fee_uacc is None:
            suites = (sender.suite,) * sender.threshold + ((payer.suite,) * payer.threshold if payer else ())
            fee_uacc = self.machine.dispatcher.least_fee_uacc(messages, suites=suites)
        proof = KeysProof(
            sender=sender.account,
            sequence=self._next_sequence(sender, messages) if sequence is None else sequence,
            signatures=(),
            payer=payer.account if payer else None,
        )
        expiry = self.height + 1_000 if expiry_height is None else expiry_height
        draft = Transaction(CHAIN_ID, expiry, fee_uacc, messages, proof)
        message = sign_bytes(draft)
        signed = replace(
            proof,
            signatures=sender.sign(message),
            payer_signatures=payer.sign(message) if payer else (),
        )
        return encode(replace(draft, proof=signed))

    def sequence(self, party: Party) -> int:
        """Gives the sequence of a party's next transaction; 0 before it is registered."""
        keys = self.ask(interfaces.KeysOf(party.account))
        return keys.sequence if keys else 0

    def _next_sequence(self, sender: Party, messages: Sequence[Message]) -> int:
        introduces = messages and isinstance(messages[0], Introduction)
        return 0 if introduces else self.sequence(sender)

    def block(self, *transactions: bytes) -> tuple[TransactionResult, ...]:
        """Makes a block of these transactions, whatever the mempool would say to them, and checks all invariants."""
        return self._make_block(transactions).results

    def _make_block(self, transactions: Sequence[bytes]) -> Executed:
        self.height += 1
        self.now_ms += self.block_ms
        executed = self.machine.execute(transactions, height=self.height, time_ms=self.now_ms)
        self.machine.commit()
        self._check_invariants()
        return executed

    def _check_invariants(self) -> None:
        broken = self.machine.broken_invariants()
        assert not broken, f"after block {self.height}: {broken}"

    def advance(self, ms: int) -> tuple[Event, ...]:
        """Makes an empty block this much later than the last one, and gives the events of the timers that fell due."""
        self.now_ms += ms - self.block_ms
        return self._events(self._make_block(()).events)

    def send(self, sender: Party, *messages: Message, payer: Party | None = None) -> TransactionResult:
        """Makes a block of one transaction and says what came of it."""
        return self.block(self.sign(sender, *messages, payer=payer))[0]

    def do(self, sender: Party, *messages: Message, payer: Party | None = None) -> tuple[Event, ...]:
        """Sends a transaction that must happen, and gives the events it announced."""
        result = self.send(sender, *messages, payer=payer)
        assert result.code == 0, result.text
        return self.events(result)

    def refuses(
        self,
        reason: Reason,
        sender: Party,
        *messages: Message,
        payer: Party | None = None,
    ) -> TransactionResult:
        """Sends a transaction that must be refused for this reason, and sees that only fee and sequence changed.

        One that is refused before its messages run, so with weight 0, and a registration must change nothing at all.
        """
        before = self._state_of_an_empty_next_block()
        known = self.sequence(sender) > 0
        data = self.sign(sender, *messages, payer=payer)
        result = self.block(data)[0]
        assert (result.codespace, result.code) == (reason.codespace, reason.code), (
            f"expected {reason}, saw {result.text or 'success'}"
        )
        assert reason.text in result.text
        assert reason.remedy == result.remedy
        assert self.events(result) == ()
        if result.weight_used and known:
            transaction = self.machine.dispatcher.transactions.decode(data)
            self._take_fee(before, payer or sender, transaction.fee_uacc)
            self._take_sequence(before, sender)
        assert self.store.pairs == before, "more than fee and sequence changed"
        return result

    def _state_of_an_empty_next_block(self) -> dict[bytes, bytes]:
        """Gives the state as the timers alone leave it in the next block."""
        overlay = Overlay(Committed(self.store))
        ahead = BlockInfo(CHAIN_ID, self.height + 1, self.now_ms + self.block_ms)
        self.machine.dispatcher.run_timers(overlay, ahead)
        pairs = dict(self.store.pairs)
        for key, value in overlay.encoded().items():
            if value is None:
                pairs.pop(key, None)
            else:
                pairs[key] = value
        return pairs

    def _take_fee(self, pairs: dict[bytes, bytes], payer: Party, fee_uacc: int) -> None:
        """Moves a fee in a copy of the state, by hand."""
        for party, change in ((payer, -fee_uacc), (self.operator, fee_uacc)):
            key = BALANCES.key(party.account)
            held = BALANCES.codec.decode(pairs.pop(key)).amount_uacc if key in pairs else 0
            if held + change:
                pairs[key] = encode(Balance(held + change))

    def _take_sequence(self, pairs: dict[bytes, bytes], sender: Party) -> None:
        """Raises a sender's sequence in a copy of the state, by hand."""
        key = identity.IDENTITIES.key(sender.account)
        record = identity.IDENTITIES.codec.decode(pairs[key])
        pairs[key] = encode(replace(record, sequence=record.sequence + 1))

    def check(self, data: bytes) -> Checked:
        """Offers a transaction to the mempool, which raises the refusal when it does not take it."""
        return self.machine.check(data)

    def events(self, result: TransactionResult) -> tuple[Event, ...]:
        """Reads the events that a transaction announced."""
        return self._events(result.events)

    def _events(self, data: bytes) -> tuple[Event, ...]:
        return self.machine.dispatcher.events.decode(data)

    def ask(self, query: Query[R]) -> R:
        """Asks the committed state, by way of the bytes of query and answer."""
        codec: Codec[R] | None = self._answers.get(type(query))
        if codec is None:
            (base,) = type(query).__orig_bases__  # type: ignore[attr-defined]
            codec = self._answers[type(query)] = Codec(get_args(base)[0], max_bytes=16 * 1024 * 1024)
        return codec.decode(self.machine.query(encode(query)).value)

    def balance(self, party: Party | bytes) -> int:
        """Gives what a party, or an account, holds in uacc."""
        account = party.account if isinstance(party, Party) else party
        return self.ask(interfaces.BalanceOf(account))

    def corrupt(self, table: Table[Any], *key: bytes | int | str, value: Any) -> None:
        """Writes a record, or with None removes it, past every rule, as a broken handler would."""
        if value is None:
            del self.store.pairs[table.key(*key)]
        else:
            self.store.pairs[table.key(*key)] = table.codec.encode(value)


def entries(harness: Harness, table: Table[V]) -> Iterable[tuple[bytes, V]]:
    """Gives a table's committed records, each with its key's bytes behind the table's name."""
    prefix = table.key()
    return [(key[len(prefix) :], table.codec.decode(data)) for key, data in harness.store.items(prefix)]
