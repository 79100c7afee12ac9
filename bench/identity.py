"""What it costs to have a DID: registering it, verifying by its kind of key, resolving it; and to believe documents.

Held against verifying Ed25519 signatures alone and the ledger's transfers, on the same chain in the same run.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace
from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

from autochain.client import Client
from autochain.node import ChainStore, EmbeddedEngine
from autochain.onchain.codec import encode
from autochain.onchain.contracts import identity
from autochain.onchain.contracts.identity import IDENTITIES, GetIdentity, Register
from autochain.onchain.crypto import SUITES, PublicKey, SignatureJob, verify_in_turn
from autochain.onchain.ids import did
from autochain.onchain.ledger import (
    GENESIS,
    SPEC,
    SPEC_KEY,
    KeysProof,
    Limits,
    Signature,
    StateMachine,
    Transaction,
    sign_bytes,
)
from autochain.onchain.ledger.light import Trust
from autochain.onchain.refusals import Refusal, present
from autochain.privacy import signing
from autochain.services.resolver import Options, ResolverService, identified
from autochain.wallet.credentials import acc_document, acc_metadata
from bench import access, credentials, ledger
from bench.cases import Case, interleaved, main, seconds

ACCOUNTS = 10_000
DIDS = 100_000
QUICK_DIDS = 3_000
SEED = bytes([1]) * 32
MESSAGE = bytes(130)
"""As long as what a transfer signs."""


def run(quick: bool) -> list[Case]:
    """Measures each part."""
    with tempfile.TemporaryDirectory(prefix="autochain-bench-") as folder:
        cases = asyncio.run(_chain(Path(folder), quick=quick))
    return [*cases, *_documents(QUICK_DIDS if quick else DIDS), *_suites(400 if quick else 6_000)] + [
        case for part in (credentials, access) for case in part.run(quick)
    ]


def registrations(first: int, count: int) -> list[bytes]:
    """Gives transactions that register a person each, as wallets sign them."""
    return [_registration(number) for number in range(first, first + count)]


def _register(number: int) -> Register:
    """Gives the registration of a person with a promised next key."""
    seed = _seed(number)
    key = PublicKey(1, crypto_sign_seed_keypair(seed)[0])
    return Register((key,), 1, "person", commitment=seed, encryption_key=seed, controller=None, next=seed)


def _account(number: int) -> bytes:
    return _register(number).account()


def _record(number: int) -> identity.Identity:
    made = _register(number)
    return identity.Identity(
        kind=made.kind,
        keys=made.keys,
        threshold=made.threshold,
        sequence=1,
        commitment=made.commitment,
        encryption_key=made.encryption_key,
        controller=None,
        registered_ms=1,
        next=made.next,
    )


def _seed(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _registration(number: int) -> bytes:
    message = _register(number)
    proof = KeysProof(message.account(), 0, ())
    draft = Transaction(ledger.CHAIN_ID, 1_000, 0, (message,), proof)
    signature = crypto_sign(sign_bytes(draft), crypto_sign_seed_keypair(_seed(number))[1])[:64]
    return encode(replace(draft, proof=replace(proof, signatures=(Signature(0, signature),))))


def _make(folder: Path, limits: Limits, *, count: int) -> ledger.Accounts:
    """Makes a chain with accounts that transfer; `limits` says how many registrations a block takes free."""
    accounts = ledger.Accounts(count)
    genesis = GENESIS.decode(accounts.genesis())
    spec = replace(genesis.spec, limits=limits, max_header_age_ms=10_000)  # As in the chain file, so that proofs last.
    state = encode(replace(genesis, spec=spec))
    with closing(ChainStore(folder)) as store:
        StateMachine(store, ledger.CONTRACTS).init_chain(chain_id=ledger.CHAIN_ID, time_ms=1, state=state)
    return accounts


async def _chain(folder: Path, *, quick: bool) -> list[Case]:
    """Registers on a chain that takes as many free ones as come, resolves these, and registers within a quota."""
    rounds, each = (1, QUICK_DIDS) if quick else (4, DIDS // 4)
    accounts = _make(folder / "open", Limits(free_per_block=1_000_000), count=ACCOUNTS)
    raw: list[float] = []
    transfers: list[float] = []
    registered: list[float] = []
    async with ledger.running(folder / "open") as engine:
        for number in range(rounds):
            raw.append(ledger.raw_rate(signatures=8_000 if quick else 20_000))
            transfers.append(await ledger.load(engine, accounts.transfers(each)))
            registered.append(await ledger.load(engine, registrations(number * each, each)))
            raw.append(ledger.raw_rate(signatures=8_000 if quick else 20_000))
        resolved = await _resolved(engine, [_account(number) for number in range(rounds * each)])
    _make(folder / "usual", Limits(), count=1)
    async with ledger.running(folder / "usual") as engine:
        quota_s = await ledger.load(engine, registrations(0, each))
    raw_s, transfers_s, registered_s = map(statistics.median, (raw, transfers, registered))
    return [
        Case("Ed25519 verification alone, all cores", raw_s, "signatures/s"),
        Case("the ledger's transfers, durable", transfers_s, "transactions/s", "raw", transfers_s / raw_s),
        Case("registrations, durable", registered_s, "registrations/s", "raw", registered_s / raw_s),
        Case("registrations, durable", registered_s, "registrations/s", "transfers", registered_s / transfers_s),
        Case("free ones, 200 a block as usual", quota_s, "registrations/s", "transfers", quota_s / transfers_s),
        *resolved,
    ]


async def _resolved(engine: EmbeddedEngine, accounts: Sequence[bytes]) -> list[Case]:
    """Resolves DIDs through a node: by its word, and as the resolver does, which believes proofs alone."""
    spec = SPEC.decode((await engine.prove(SPEC_KEY)).value)
    client = Client(engine, spec, ledger.CONTRACTS, Trust(ledger.CHAIN_ID, engine.validators_hash))
    resolver = ResolverService(client, clock=lambda: time.time_ns() // 1_000_000)

    async def asked(account: bytes) -> None:
        await engine.query(encode(GetIdentity(account)))

    async def told(account: bytes) -> None:
        _document(account, present(await client.ask(GetIdentity(account)), "it was registered"))

    async def proved(account: bytes) -> None:
        await engine.prove(IDENTITIES.key(account))

    async def resolved(account: bytes) -> None:
        await resolver.resolve(identified(did(account), Options()))

    jobs = (asked, told, proved, resolved)
    taken_s = [0.0] * len(jobs)
    for at in range(0, len(accounts), 1_000):
        for number, job in enumerate(jobs):
            start = time.perf_counter()
            for account in accounts[at : at + 1_000]:
                await job(account)
            taken_s[number] += time.perf_counter() - start
    asked_s, told_s, proved_s, resolved_s = (len(accounts) / each for each in taken_s)
    name = f"{len(accounts):,} DIDs"
    return [
        Case(f"{name}: their records asked of the node alone", asked_s, "answers/s"),
        Case(f"{name}: resolved by the node's word", told_s, "documents/s", "asked", told_s / asked_s),
        Case(f"{name}: proofs of their records made alone", proved_s, "proofs/s"),
        Case(f"{name}: resolved by proofs", resolved_s, "documents/s", "proofs", resolved_s / proved_s),
    ]


def _document(account: bytes, record: identity.Identity) -> bytes:
    stated = record.document()
    metadata = acc_metadata(stated, registered_ms=record.registered_ms)
    return msgspec.json.encode((acc_document(account, stated), metadata))


def _documents(count: int) -> list[Case]:
    """Derives the documents of as many DIDs from their records as the state keeps them, and writes them as JSON."""
    stored = [(_account(number), encode(_record(number))) for number in range(count)]
    codec = IDENTITIES.codec
    ready = json.loads(_document(stored[0][0], _record(0)))

    def raw() -> None:
        for _, data in stored:
            codec.trusted(data)
            msgspec.json.encode(ready)

    def derived() -> None:
        for account, data in stored:
            _document(account, codec.trusted(data))

    raw_s, derived_s = interleaved([lambda: seconds(raw), lambda: seconds(derived)], rounds=3)
    return [
        Case("a record decoded and a document written alone", count / raw_s, "documents/s"),
        Case(f"{count:,} documents from records", count / derived_s, "documents/s", "raw", raw_s / derived_s),
    ]


def _suites(times: int) -> list[Case]:
    """Verifies signatures of every suite that is installed here; each has to weigh what it costs beside Ed25519."""
    jobs: dict[int, SignatureJob] = {}
    for number in SUITES:
        with suppress(Refusal):  # SM2 is an extra.
            scheme = signing(number)
            jobs[number] = SignatureJob(scheme.public_key(SEED), MESSAGE, scheme.sign(SEED, MESSAGE))
    counts = [max(10, times * SUITES[1].weight // SUITES[number].weight) for number in jobs]
    measured = interleaved(
        [_verifying(job, count) for job, count in zip(jobs.values(), counts, strict=True)],
        rounds=5,
    )
    each_s = dict(zip(jobs, (taken / count for taken, count in zip(measured, counts, strict=True)), strict=True))
    return [
        Case(
            f"{SUITES[number].name}: verified",
            1 / taken_s,
            "signatures/s",
            "its weight beside Ed25519's",
            SUITES[number].weight / SUITES[1].weight * each_s[1] / taken_s,
        )
        for number, taken_s in each_s.items()
    ]


def _verifying(job: SignatureJob, count: int) -> Callable[[], float]:
    def verify() -> None:
        if not all(verify_in_turn([job] * count)):
            raise SystemExit("a signature of the bench does not hold")

    return lambda: seconds(verify)


if __name__ == "__main__":
    main("identity", run)
