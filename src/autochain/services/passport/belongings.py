"""What belongs to a passport: which records of the chain's state, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ...onchain.contracts.credentials import ATTESTATIONS, CERTIFICATES, LIVE, VEHICLES, Attestation, Live
from ...onchain.contracts.identity import IDENTITIES, VERSIONS, Identity
from ...onchain.contracts.vehicles import (
    APPROVALS,
    LIVES,
    NO_STEPS,
    RECALLS,
    SECURITY,
    SOFTWARE,
    Life,
    Step,
    extended,
)
from ...onchain.ledger import Table
from ...onchain.refusals import present
from .bundle import MAX_ENTRIES
from .errors import CONTRADICTS, INCOMPLETE, TOO_LARGE


class Belonging(NamedTuple):
    """One record that belongs to a passport, or whose absence does."""

    table: Table[Any]
    name: tuple[bytes | int | str, ...]
    may_be_absent: bool = False

    @property
    def key(self) -> bytes:
        return self.table.key(*self.name)


def of_all(device: bytes) -> list[Belonging]:
    """Names what every passport has."""
    return [Belonging(IDENTITIES, (device,)), Belonging(LIVES, (device,))]


def of_this(device: bytes, identity: Identity, life: Life, steps: Sequence[Step]) -> list[Belonging]:
    """Names what else belongs to this one: what that is follows from the identity, the life and its steps."""
    if identity.version + life.security_events > MAX_ENTRIES:
        raise TOO_LARGE(f"{identity.version} versions and {life.security_events} security events")
    check_steps(life, steps)
    software, recalls = versions_of(steps), open_recalls(steps)
    if len(software) != life.rxswins or len(recalls) != life.recalls_open:
        raise CONTRADICTS("the life counts other software or recalls than its steps tell of")
    return [*_of_this(device, identity, life, software, recalls)]


def _of_this(
    device: bytes, identity: Identity, life: Life, software: dict[str, str], recalls: list[str]
) -> Iterator[Belonging]:
    for number in range(1, identity.version):
        yield Belonging(VERSIONS, (device, number))
    for rxswin, version in software.items():
        yield Belonging(SOFTWARE, (device, rxswin))
        yield Belonging(APPROVALS, (life.maker, rxswin, version))
    for campaign in recalls:
        yield Belonging(RECALLS, (device, campaign))
    for number in range(1, life.security_events + 1):
        yield Belonging(SECURITY, (device, number))
    yield Belonging(ATTESTATIONS, (device, "vehicle"), may_be_absent=True)
    yield Belonging(LIVE, (device,), may_be_absent=True)


def of_credentials(attestation: Attestation | None, live: Live | None) -> list[Belonging]:
    """Names what the attestation and the present certificate lead to."""
    found: list[Belonging] = []
    if attestation is not None and attestation.unique is not None:
        found.append(Belonging(VEHICLES, (attestation.unique,)))
    if live is not None:
        found.append(Belonging(CERTIFICATES, (live.fingerprint,)))
    return found


def check_steps(life: Life, steps: Sequence[Step]) -> None:
    """Refuses steps that are not all of a life's, unchanged and in their order."""
    if len(steps) != life.steps:
        raise INCOMPLETE(f"{len(steps)} steps, and the life has {life.steps}")
    history = NO_STEPS
    for step in steps:
        history = extended(history, step)
    if history != life.history:
        raise CONTRADICTS("the steps are not those of the life")


def versions_of(steps: Sequence[Step]) -> dict[str, str]:
    """Gives the present version of each RXSWIN, in their order."""
    updates = (step for step in steps if step.kind == "software_updated")
    told = {present(step.reference, "an RXSWIN"): present(step.detail, "a version") for step in updates}
    return dict(sorted(told.items()))


def open_recalls(steps: Sequence[Step]) -> list[str]:
    """Gives the campaigns that no repair has closed, in their order."""
    found: set[str] = set()
    for step in steps:
        if step.kind == "recalled":
            found.add(present(step.campaign, "a recall's campaign"))
        elif step.kind == "repaired" and step.campaign is not None:
            found.discard(step.campaign)
    return sorted(found)
