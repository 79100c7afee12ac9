"""Several vaults as one: what enough of them keep survives the loss of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Literal, NamedTuple, TypeAlias, TypeVar

from ..onchain.refusals import Refusal, ensure
from . import errors
from .manifest import Manifest
from .vault import Progress, Vault

T = TypeVar("T")
Doing: TypeAlias = Literal["put", "get", "heal", "remove"]
HEALS = 1_000
"""How often a replica is written to because it was wrong: one that always lies would turn each read into a write."""


class Failed(NamedTuple):
    """A replica did not do what it was asked."""

    replica: str
    doing: Doing
    refusal: Refusal


class Healed(NamedTuple):
    """A replica that had lost or changed something has it again."""

    replica: str
    name: bytes
    """The hash of the object, or the root of the manifest."""


Report: TypeAlias = Callable[[Failed | Healed], None]


class ReplicatedVault:
    """Implements `Vault` on replicas, read in the order in which they are given.

    A put succeeds where `needed` have it durably; `report` is told of every replica that fails or is healed.
    Erasing reaches all of them or is refused; until it is done, a reader may bring an object back from one that has it.
    """

    def __init__(self, replicas: Mapping[str, Vault], *, needed: int, report: Report, heals: int = HEALS) -> None:
        ensure(1 <= needed <= len(replicas), "some replicas are needed, and no more than there are")
        self._replicas = dict(replicas)
        self._needed = needed
        self._report = report
        self._heals = Counter(dict.fromkeys(replicas, heals))
        self._erasing = Lock()
        """Held where a replica is healed or erased: what is being erased must not be brought back."""

    def put_all(self, objects: Sequence[bytes], *, progress: Progress | None = None, anew: bool = False) -> None:
        """Keeps objects; `progress` may be called from another thread, and tells how far the slowest needed one is."""
        shared = None if progress is None else _SharedProgress(progress, needed=self._needed)

        def put(replica: str, vault: Vault) -> None:
            vault.put_all(objects, progress=None if shared is None else partial(shared.tell, replica), anew=anew)

        self._put(put)

    def get(self, name: bytes) -> bytes:
        return self._read(
            name, lambda vault: vault.get(name), heal=lambda vault, data: vault.put_all([data], anew=True)
        )

    def holds(self, name: bytes) -> bool:
        """Says whether any replica holds an object; refuses to say no where one can't be asked."""
        failed: dict[str, Refusal] = {}
        for replica, vault in self._replicas.items():
            try:
                if vault.holds(name):
                    return True
            except Refusal as refusal:
                self._fail(failed, replica, "get", refusal)
        if failed:
            raise errors.UNREACHABLE(_detail(failed))
        return False

    def remove_all(self, names: Iterable[bytes]) -> None:
        listed = list(names)
        self._remove(lambda _, vault: vault.remove_all(listed))

    def put_manifest(self, manifest: Manifest) -> bytes:
        self._put(lambda _, vault: vault.put_manifest(manifest))
        return manifest.root

    def get_manifest(self, root: bytes) -> Manifest:
        return self._read(
            root, lambda vault: vault.get_manifest(root), heal=lambda vault, manifest: vault.put_manifest(manifest)
        )

    def remove_manifest(self, root: bytes) -> None:
        self._remove(lambda _, vault: vault.remove_manifest(root))

    def _put(self, job: Callable[[str, Vault], object]) -> None:
        failed = self._on_all("put", job)
        if len(self._replicas) - len(failed) < self._needed:
            raise errors.TOO_FEW(_detail(failed))

    def _remove(self, job: Callable[[str, Vault], object]) -> None:
        with self._erasing:
            failed = self._on_all("remove", job)
        if failed:
            raise errors.NOT_ERASED(_detail(failed))

    def _on_all(self, doing: Doing, job: Callable[[str, Vault], object]) -> dict[str, Refusal]:
        """Does a job on all replicas at once; gives those that refused it."""
        failed: dict[str, Refusal] = {}
        with ThreadPoolExecutor(len(self._replicas)) as pool:
            tasks = {replica: pool.submit(job, replica, vault) for replica, vault in self._replicas.items()}
            for replica, task in tasks.items():
                try:
                    task.result()
                except Refusal as refusal:
                    self._fail(failed, replica, doing, refusal)
        return failed

    def _read(self, name: bytes, take: Callable[[Vault], T], *, heal: Callable[[Vault, T], object]) -> T:
        """Gives what the first replica has that has it right, and writes it back to those before it that had not."""
        failed: dict[str, Refusal] = {}
        for replica, vault in self._replicas.items():
            try:
                found = take(vault)
            except Refusal as refusal:
                self._fail(failed, replica, "get", refusal)
            else:
                wrong = [each for each in failed if failed[each].reason in (errors.MISSING, errors.CORRUPT)]
                for each in wrong:
                    self._heal(each, name, partial(take, vault), heal)
                return found
        # Where one could not be asked, nobody knows whether it is missing.
        worst = min(failed.values(), key=lambda refusal: refusal.reason in (errors.MISSING, errors.CORRUPT))
        raise worst.reason(_detail(failed))

    def _heal(self, replica: str, name: bytes, again: Callable[[], T], heal: Callable[[Vault, T], object]) -> None:
        with self._erasing:
            if self._heals[replica] <= 0:
                return
            self._heals[replica] -= 1
            try:
                found = again()
            except Refusal:
                # It was erased since it was read, or its replica is gone too.
                return
            try:
                heal(self._replicas[replica], found)
            except Refusal as refusal:
                self._report(Failed(replica, "heal", refusal))
            else:
                self._report(Healed(replica, name))

    def _fail(self, failed: dict[str, Refusal], replica: str, doing: Doing, refusal: Refusal) -> None:
        failed[replica] = refusal
        self._report(Failed(replica, doing, refusal))


class _SharedProgress:
    """Tells of an upload to several replicas how far as many as are needed have come."""

    def __init__(self, progress: Progress, *, needed: int) -> None:
        self._progress = progress
        self._needed = needed
        self._done = Counter[str]()
        self._told = 0
        self._lock = Lock()

    def tell(self, replica: str, done: int, of: int) -> None:
        with self._lock:
            self._done[replica] = done
            reached = self._done.most_common(self._needed)
            if len(reached) == self._needed and reached[-1][1] > self._told:
                self._told = reached[-1][1]
                self._progress(self._told, of)


def _detail(failed: Mapping[str, Refusal]) -> str:
    return "; ".join(f"{replica}: {refusal.text}" for replica, refusal in failed.items())
