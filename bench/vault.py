"""How fast a vault takes objects in, durably, gives them back, and is audited.

Held against hashing the same bytes and writing them durably to one file, or reading that file and hashing them.
"""

from __future__ import annotations

import hashlib
import os
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from autochain.onchain.crypto import sha256
from autochain.vault import FolderVault, Manifest, ReplicatedVault, SealedPart, Vault, audit
from bench.cases import Case, interleaved, main, seconds

OBJECT_BYTES = 1_048_576
REPLICAS = 3


def run(quick: bool) -> list[Case]:
    """Measures one folder, and three as one vault."""
    count, rounds = (32, 3) if quick else (256, 5)
    with tempfile.TemporaryDirectory(prefix="autochain-bench-") as folder:
        return _measure(Path(folder), [os.urandom(OBJECT_BYTES) for _ in range(count)], rounds=rounds)


def _measure(folder: Path, objects: list[bytes], *, rounds: int) -> list[Case]:
    names = [sha256(data) for data in objects]
    manifest = Manifest(bytes(20), (SealedPart("motion", "exact", 0, tuple(names), bytes(32)),))
    replicas: dict[str, Vault] = {f"replica {number}": FolderVault(folder / f"{number}") for number in range(REPLICAS)}
    vaults: dict[str, Vault] = {
        "a folder": FolderVault(folder / "one"),
        "three folders": ReplicatedVault(replicas, needed=2, report=lambda _: None),
    }

    sides = list(vaults.values())
    raw_put_s, *put_s = interleaved(
        [lambda: seconds(lambda: _write(folder / "raw", objects)), *(_putting(each, objects) for each in sides)],
        rounds=rounds,
    )
    raw_get_s, *get_s = interleaved(
        [lambda: seconds(lambda: _read(folder / "raw")), *(_getting(each, names) for each in sides)], rounds=rounds
    )
    for vault in sides:
        vault.put_manifest(manifest)
    (audited_s,) = interleaved(
        [lambda: seconds(lambda: audit(replicas, [manifest], challenges=len(names), chance=random.Random(1)))],
        rounds=rounds,
    )
    mb = len(objects) * OBJECT_BYTES / 1_000_000
    return [
        Case("raw: hashed and written durably", mb / raw_put_s, "MB/s"),
        *(
            Case(f"put into {name}, durable", mb / took, "MB/s", "raw", raw_put_s / took)
            for name, took in zip(vaults, put_s, strict=True)
        ),
        Case("raw: read and hashed", mb / raw_get_s, "MB/s"),
        *(
            Case(f"got from {name}, checked", mb / took, "MB/s", "raw", raw_get_s / took)
            for name, took in zip(vaults, get_s, strict=True)
        ),
        Case("challenges of an audit, by three replicas at once", REPLICAS * len(names) / audited_s, "challenges/s"),
    ]


def _putting(vault: Vault, objects: list[bytes]) -> Callable[[], float]:
    return lambda: seconds(lambda: vault.put_all(objects, anew=True))


def _getting(vault: Vault, names: list[bytes]) -> Callable[[], float]:
    return lambda: seconds(lambda: [vault.get(name) for name in names])


def _write(file: Path, objects: list[bytes]) -> None:
    with file.open("wb") as opened:
        for data in objects:
            hashlib.sha256(data).digest()
            opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())


def _read(file: Path) -> None:
    with file.open("rb") as opened:
        while data := opened.read(OBJECT_BYTES):
            hashlib.sha256(data).digest()


if __name__ == "__main__":
    main("vault", run)
