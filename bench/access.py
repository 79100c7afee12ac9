"""What it takes a vehicle to let somebody in, offline: from an answer to its challenge to a logged use.

Held against the signatures of grants and answer alone, and against these with one line written durably.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from autochain.edge.obu.access import MAX_CHALLENGES, Access
from autochain.node import ChainStore
from autochain.onchain.codec import encode
from autochain.onchain.contracts import identity, token
from autochain.onchain.ids import derive, did
from autochain.onchain.ledger import ChainSpec, Genesis, StateMachine
from autochain.onchain.ledger.light import Proved, Trust, check_proved
from autochain.onchain.units import TOTAL_SUPPLY_UACC
from autochain.wallet.credentials import (
    Author,
    Document,
    canonical,
    issue,
    status_entry,
    status_list_credential,
)
from autochain.wallet.credentials.access import (
    WEEK_MINUTES,
    Circle,
    Grant,
    Status,
    answer,
    check_use,
    give,
    read_answer,
    verify_chain,
    verify_holder,
)
from bench import ledger
from bench.cases import Case, interleaved, main, seconds
from bench.credentials import (
    DAY_MS,
    ISSUER,
    ISSUER_ACCOUNT,
    URL,
    guest,
    places,
    record_of,
    resolve,
    revoked_bits,
    side,
    signatures,
)

HERE = (525_163_000, 133_777_000)
CAR = derive("bench", b"car")
VEHICLE = did(CAR)
HOLDER, HEIR = guest(2), guest(3)
LINE_BYTES = 500
"""About what one use has in the log."""


class Known(NamedTuple):
    """Whose the car is, proved by a chain at a time."""

    trust: Trust
    car: Proved
    owner: Proved
    now_ms: int


async def known(folder: Path) -> Known:
    """Has a chain prove the records of a car and of its owner."""
    car = record_of(ISSUER, kind="device", controller=ISSUER_ACCOUNT)
    people = identity.Parameters(((ISSUER_ACCOUNT, record_of(ISSUER)), (CAR, car)))
    supply = token.Parameters((("bench", token.Allocation(ISSUER_ACCOUNT, TOTAL_SUPPLY_UACC)),))
    contracts, bindings = (("identity", 1), ("token", 1)), (("accounts", "identity"), ("money", "token"))
    spec = ChainSpec(ledger.CHAIN_ID, contracts, bindings, ISSUER_ACCOUNT)
    genesis = Genesis(spec, (("identity", encode(people)), ("token", encode(supply))))
    with closing(ChainStore(folder)) as store:
        StateMachine(store, ledger.CONTRACTS).init_chain(chain_id=ledger.CHAIN_ID, time_ms=1, state=encode(genesis))
    async with ledger.running(folder) as engine:
        trust = Trust(ledger.CHAIN_ID, engine.validators_hash)
        proofs = [await engine.prove(identity.IDENTITIES.key(account)) for account in (CAR, ISSUER_ACCOUNT)]
    header = check_proved(trust, proofs[0], key=proofs[0].key)
    return Known(trust, proofs[0], proofs[1], header.time_ms)


def chains(now_ms: int) -> tuple[tuple[Document, ...], tuple[Document, ...]]:
    """Gives the owner's grant with times, an area and a status, and the same passed on once."""
    entry = status_entry(url=URL, purpose="revocation", index=places()[1])
    grant = Grant(
        id="urn:uuid:7c0c9e5e-5f6b-4c3b-8a2e-000000000001",
        issuer=ISSUER.did,
        holder=HOLDER.did,
        holder_key=HOLDER.signer.public_key,
        vehicle=VEHICLE,
        owned_since_ms=0,
        resources=("drive", "lock", "unlock"),
        since_ms=now_ms - DAY_MS,
        until_ms=now_ms + DAY_MS,
        times=((0, WEEK_MINUTES),),
        area=Circle(latitude_e7=HERE[0], longitude_e7=HERE[1], radius_m=20_000),
        delegations=1,
        statuses=(msgspec.convert(entry, Status),),
    )
    one = give(grant, [ISSUER], now_ms=now_ms)
    narrower = replace(
        grant,
        id="urn:uuid:7c0c9e5e-5f6b-4c3b-8a2e-000000000002",
        issuer=HOLDER.did,
        holder=HEIR.did,
        holder_key=HEIR.signer.public_key,
        delegations=0,
        parent=grant.id,
        statuses=(),
    )
    return one, give(narrower, [HOLDER], now_ms=now_ms, parents=one)


def run(quick: bool) -> list[Case]:
    """Lets the owner's friend in, and somebody the friend passed it on to."""
    with tempfile.TemporaryDirectory(prefix="autochain-bench-") as folder:
        given = asyncio.run(known(Path(folder) / "chain"))
        access = Access(
            Path(folder) / "access",
            vehicle=CAR,
            trust=given.trust,
            max_ownership_age_ms=DAY_MS,
            chance=os.urandom,
        )
        with closing(access):
            access.take_ownership(given.car, given.owner)
            access.take_status(canonical(_signed_list(given.now_ms)), now_ms=given.now_ms)
            return _measure(access, Path(folder) / "raw", given.now_ms, rounds=3 if quick else 15)


def _signed_list(now_ms: int) -> Document:
    unsigned = status_list_credential(
        url=URL,
        issuer=ISSUER.did,
        purpose="revocation",
        bits=revoked_bits(),
        since_ms=now_ms,
        until_ms=now_ms + DAY_MS,
    )
    return issue(unsigned, ISSUER, now_ms=now_ms)


def _measure(access: Access, raw: Path, now_ms: int, *, rounds: int) -> list[Case]:
    cases: list[Case] = []
    for name, chain, author in zip(("owner's grant", "grant passed on"), chains(now_ms), (HOLDER, HEIR), strict=True):
        verify = signatures(len(chain) + 1)

        def answered(chain: tuple[Document, ...] = chain, author: Author = author) -> list[bytes]:
            return [
                answer(
                    chain,
                    author,
                    "unlock",
                    vehicle=VEHICLE,
                    challenge=access.challenge(now_ms=now_ms),
                    now_ms=now_ms,
                )
                for _ in range(MAX_CHALLENGES)
            ]

        def checked() -> float:
            given = answered()
            return seconds(lambda: _check(given, now_ms))

        def used() -> float:
            given = answered()
            return seconds(lambda: [access.check(data, now_ms=now_ms, position_e7=HERE) for data in given])

        def written(verify: Callable[[], object] = verify) -> float:
            return seconds(lambda: _verify_and_write(raw, verify))

        raw_s, checked_s, written_s, used_s = interleaved(
            [side(verify, MAX_CHALLENGES), checked, written, used], rounds=rounds
        )
        both = f"{len(chain) + 1} signatures"
        cases += [
            Case(f"{both} verified alone", MAX_CHALLENGES / raw_s, "answers/s"),
            Case(f"{name}: answer read and verified", MAX_CHALLENGES / checked_s, "answers/s", both, raw_s / checked_s),
            Case(f"{both}, and a line of a log durable", MAX_CHALLENGES / written_s, "uses/s"),
            Case(f"{name}: used offline, logged", MAX_CHALLENGES / used_s, "uses/s", "raw", written_s / used_s),
        ]
    return cases


def _check(given: list[bytes], now_ms: int) -> None:
    """Checks all that answers say by themselves: who owns the car, and what was used, is for the vehicle."""
    for data in given:
        shown = read_answer(data)
        verify_holder(shown, vehicle=VEHICLE, now_ms=now_ms)
        verify_chain(shown, resolve, now_ms=now_ms)
        for grant in shown.grants:
            check_use(grant, shown.resource, now_ms=now_ms, position_e7=HERE)


def _verify_and_write(file: Path, verify: Callable[[], object]) -> None:
    with file.open("ab", buffering=0) as opened:
        for _ in range(MAX_CHALLENGES):
            verify()
            opened.write(bytes(LINE_BYTES))
            os.fsync(opened.fileno())


if __name__ == "__main__":
    main("access", run)
