"""A car that checks grants, and proofs of who owns it, under headers that validators of these tests sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from dataclasses import replace as with_fields
from itertools import count
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from onchain.ledger.signed import CHAIN_ID, make_header, make_members, make_set, sign_header
from wallet.credentials.actors import NOW
from wallet.credentials.granting import CAR, HERE, LIST, OWNED_MS, OWNER, OWNER_ACCOUNT, VEHICLE

from autochain.edge.obu.access import Access, Allowed
from autochain.onchain.codec import encode
from autochain.onchain.contracts.identity import IDENTITIES, Identity
from autochain.onchain.crypto import sha256
from autochain.onchain.ledger import Tree
from autochain.onchain.ledger.light import Proved, Trust
from autochain.wallet.credentials import Author, Document, StatusPurpose, add_proof, canonical, status_list_credential
from autochain.wallet.credentials.access import answer

MEMBERS = make_members(10, 10, 10, 10)
OTHERS = make_members(10, 10, 10, 10, salt="/others")
TRUST = Trust(CHAIN_ID, make_set(MEMBERS).hash())
DAY = 86_400_000
MAX_AGE_MS = 7 * DAY


def counted_chance() -> Callable[[int], bytes]:
    """Gives other bytes each time, the same in every run."""
    numbers = count()
    return lambda size: sha256(b"chance" + next(numbers).to_bytes(8, "big"))[:size]


def an_identity(author: Author, **changes: Any) -> Identity:
    identity = Identity(
        kind="person",
        keys=(author.signer.public_key,),
        threshold=1,
        sequence=1,
        commitment=bytes(32),
        encryption_key=bytes(range(32)),
        controller=None,
        registered_ms=1,
    )
    return replace(identity, **changes)


CAR_RECORD = an_identity(OWNER, kind="device", controller=OWNER_ACCOUNT, controlled_ms=OWNED_MS, version=5)


@dataclass
class State:
    """What stands on the chain at a height."""

    height: int = 10
    time_ms: int = NOW - DAY
    records: dict[bytes, Identity] = field(default_factory=lambda: {CAR: CAR_RECORD, OWNER_ACCOUNT: an_identity(OWNER)})

    def prove(self, account: bytes = CAR, *, members: Any = MEMBERS) -> Proved:
        pairs = {IDENTITIES.key(name): encode(record) for name, record in self.records.items()}
        tree = Tree().update({**pairs, b"another": b"value"})
        header = make_header(members, height=self.height, app_hash=tree.root)
        block = sign_header(with_fields(header, time_ns=self.time_ms * 1_000_000), members)
        key = IDENTITIES.key(account)
        return Proved(key, pairs.get(key, b""), tree.prove(key).encode(), block.encode())

    def later(self, *, account: bytes | None = None, **changes: Any) -> State:
        """Gives the state ten blocks later, with a change of one record, the car's unless another is named."""
        records = dict(self.records)
        name = account or CAR
        records[name] = replace(records[name], **changes)
        return State(self.height + 10, self.time_ms + 10_000, records)


def open_access(folder: Path, **changes: Any) -> Access:
    """Puts a car's unit together, as after each start."""
    given: dict[str, Any] = {
        "vehicle": CAR,
        "trust": TRUST,
        "max_ownership_age_ms": MAX_AGE_MS,
        "chance": counted_chance(),
    } | changes
    return Access(folder / "access", **given)


def a_car(folder: Path, **changes: Any) -> Access:
    """Gives a car that knows its owner."""
    access = open_access(folder, **changes)
    state = State()
    access.take_ownership(state.prove(), state.prove(OWNER_ACCOUNT))
    return access


def use(
    access: Access, chain: tuple[Document, ...], author: Author, resource: Any = "unlock", *, now_ms: int = NOW
) -> Allowed:
    """Lets somebody use the car: asks for a challenge, answers it, and has the answer checked."""
    challenge = access.challenge(now_ms=now_ms)
    data = answer(chain, author, resource, vehicle=VEHICLE, challenge=challenge, now_ms=now_ms)
    return access.check(data, now_ms=now_ms, position_e7=HERE)


def a_list(
    *bits: int,
    purpose: StatusPurpose = "revocation",
    since_ms: int = NOW - 1,
    until_ms: int = NOW + DAY,
    author: Author = OWNER,
    url: str = LIST,
) -> bytes:
    """Gives a status list that its owner signed, with some bits set."""
    data = bytearray(16_384)
    for bit in bits:
        data[bit >> 3] |= 0x80 >> (bit & 7)
    document = status_list_credential(
        url=url, issuer=author.did, purpose=purpose, bits=bytes(data), since_ms=since_ms, until_ms=until_ms
    )
    return canonical(add_proof(document, author, purpose="assertionMethod", created_ms=since_ms))
