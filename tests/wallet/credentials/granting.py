"""Grants on a car: its owner, those who get them, and chains of them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from autochain.onchain.ids import derive, did
from autochain.wallet.credentials import Author, Document
from autochain.wallet.credentials.access import Circle, Grant, Status, answer, give

from .actors import DAY, NOW, guest, key

CAR = derive("test", b"car")
VEHICLE = did(CAR)
OWNER_ACCOUNT = derive("test", b"owner")
OWNER = Author(did(OWNER_ACCOUNT), key(20))
FRIEND = Author(did(derive("test", b"friend")), key(21))
SON, WORKSHOP, STRANGER = guest(22), guest(23), guest(24)
OWNED_MS = NOW - 100 * DAY
HERE = (525_163_000, 133_777_000)
CHALLENGE = bytes(range(32))
LIST = "https://owner.example/status/1"


def a_grant(holder: Author = FRIEND, *, issuer: Author = OWNER, **changes: Any) -> Grant:
    """Gives what the owner grants a friend, or something else."""
    grant = Grant(
        id="urn:uuid:7c0c9e5e-5f6b-4c3b-8a2e-000000000001",
        issuer=issuer.did,
        holder=holder.did,
        holder_key=holder.signer.public_key,
        vehicle=VEHICLE,
        owned_since_ms=OWNED_MS,
        resources=("drive", "lock", "unlock"),
        since_ms=NOW - DAY,
        until_ms=NOW + DAY,
        delegations=3,
    )
    return replace(grant, **changes)


def passed_on(parent: Grant, holder: Author, **changes: Any) -> Grant:
    """Gives a grant that allows what its parent does, once less deep."""
    child = replace(
        parent,
        id=f"{parent.id[:-1]}{int(parent.id[-1]) + 1}",
        issuer=parent.holder,
        holder=holder.did,
        holder_key=holder.signer.public_key,
        parent=parent.id,
        delegations=max(parent.delegations - 1, 0),
        statuses=(),
    )
    return replace(child, **changes)


def a_chain(*changes: dict[str, Any]) -> tuple[Document, ...]:
    """Gives the owner's grant to a friend, passed on to a son and a workshop as far as there are changes."""
    people = [OWNER, FRIEND, SON, WORKSHOP, STRANGER]
    chain: tuple[Document, ...] = ()
    grant = a_grant()
    for number, changed in enumerate(changes):
        made = grant if number == 0 else passed_on(grant, people[number + 1])
        grant = replace(made, **changed)
        chain = give(grant, [people[number]], now_ms=NOW, parents=chain)
    return chain


def a_status(purpose: Any = "revocation", index: int = 7) -> Status:
    return Status(
        id=f"{LIST}#{index}", status_purpose=purpose, status_list_index=str(index), status_list_credential=LIST
    )


def limited() -> dict[str, Any]:
    """What a typical grant says beyond the least: hours, a circle and a status."""
    area = Circle(latitude_e7=HERE[0], longitude_e7=HERE[1], radius_m=20_000)
    return {"times": ((480, 1_080), (1_920, 2_520)), "area": area, "statuses": (a_status(),)}


def answered(chain: tuple[Document, ...], author: Author = FRIEND, resource: Any = "unlock", **changes: Any) -> bytes:
    """Gives an answer to the challenge of these tests."""
    given: dict[str, Any] = {"vehicle": VEHICLE, "challenge": CHALLENGE, "now_ms": NOW} | changes
    return answer(chain, author, resource, **given)
