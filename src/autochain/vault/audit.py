"""Audits of those who keep objects: each must show objects drawn at random, so who lost some is found by chance.

An audit shows that a replica can give its objects now, not that it keeps them itself: it may fetch them from another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Literal, NamedTuple, TypeAlias

from ..onchain.refusals import Refusal
from . import errors
from .manifest import Manifest
from .vault import Vault

PATIENCE = 3
"""After so many challenges in a row without an answer a replica is asked no more."""
LOST_SHARE = 0.01

Kind: TypeAlias = Literal["manifest", "object"]


class Wanting(NamedTuple):
    """What a replica could not show."""

    name: bytes
    """The hash of the object, or the root of the manifest."""
    refusal: Refusal


@dataclass(slots=True)
class ReplicaReport:
    """How one replica did in an audit."""

    replica: str
    challenged: int = 0
    missing: list[Wanting] = field(default_factory=list)
    corrupt: list[Wanting] = field(default_factory=list)
    unanswered: list[Wanting] = field(default_factory=list)
    """Where it was too slow, out of reach, or refused."""

    @property
    def sound(self) -> bool:
        """Whether it showed all that it was asked for."""
        return not (self.missing or self.corrupt or self.unanswered)

    def note(self, wanting: Wanting) -> None:
        """Takes down what it could not show."""
        lists = {errors.MISSING: self.missing, errors.CORRUPT: self.corrupt}
        lists.get(wanting.refusal.reason, self.unanswered).append(wanting)

    def would_find(self, lost_share: float = LOST_SHARE) -> float:
        """Gives how probable it is that these challenges find a replica that lost such a share of its objects."""
        return found_probability(self.challenged - len(self.unanswered), lost_share=lost_share)


def found_probability(challenges: int, *, lost_share: float) -> float:
    """Gives how probable it is that one of so many challenges hits a lost object: 1 - (1 - p)^k, and more in truth.

    No object is asked for twice, so each challenge that was met makes the next one likelier to hit.
    """
    return float(1 - (1 - lost_share) ** challenges)


def audit(
    replicas: Mapping[str, Vault], manifests: Iterable[Manifest], *, challenges: int, chance: Random
) -> list[ReplicaReport]:
    """Asks each replica for so many of these manifests and their objects, drawn for it alone; reads and checks them.

    Whoever can foresee `chance` can prepare for an audit: give it `secrets.SystemRandom()`.
    """
    names = sorted({(root, kind) for manifest in manifests for root, kind in _names(manifest)})
    drawn = {replica: chance.sample(names, min(challenges, len(names))) for replica in replicas}
    with ThreadPoolExecutor(max(len(replicas), 1)) as pool:
        return list(pool.map(lambda replica: _ask(replica, replicas[replica], drawn[replica]), replicas))


def _names(manifest: Manifest) -> Iterator[tuple[bytes, Kind]]:
    yield manifest.root, "manifest"
    for part in manifest.parts:
        for name in part.chunks:
            yield name, "object"


def _ask(replica: str, vault: Vault, names: Sequence[tuple[bytes, Kind]]) -> ReplicaReport:
    report = ReplicaReport(replica)
    silent = 0
    for name, kind in names:
        if silent == PATIENCE:
            break
        report.challenged += 1
        try:
            vault.get(name) if kind == "object" else vault.get_manifest(name)
        except Refusal as refusal:
            report.note(Wanting(name, refusal))
            silent = 0 if refusal.reason in (errors.MISSING, errors.CORRUPT) else silent + 1
        else:
            silent = 0
    return report
