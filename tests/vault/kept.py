"""A vault beside the files in which it keeps what it keeps, so that a test can look at them and damage them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autochain.onchain.crypto import sha256
from autochain.vault import Manifest, SealedPart, Vault

RECORDING = bytes(range(20))


@dataclass(frozen=True, slots=True)
class Kept:
    """A vault, and where each object and manifest lies."""

    vault: Vault
    object_file: Callable[[bytes], Path]
    manifest_file: Callable[[bytes], Path]


def in_folder(folder: Path) -> tuple[Callable[[bytes], Path], Callable[[bytes], Path]]:
    """Gives where a vault in a folder has its objects and its manifests."""
    objects, manifests = folder / "objects", folder / "manifests"
    return lambda name: objects / name.hex()[:2] / name.hex(), lambda root: manifests / root.hex()[:2] / root.hex()


def in_bucket(files: Path) -> tuple[Callable[[bytes], Path], Callable[[bytes], Path]]:
    """Gives where a vault in a bucket has its objects and its manifests."""
    return lambda name: files / "objects" / name.hex(), lambda root: files / "manifests" / root.hex()


def some_objects(count: int, *, size: int = 2_000) -> list[bytes]:
    return [f"object {number} ".encode() * (size // 10) for number in range(count)]


def manifest_of(objects: list[bytes]) -> Manifest:
    names = tuple(sha256(data) for data in objects)
    return Manifest(RECORDING, (SealedPart("motion", "exact", 0, names, bytes(32)),))
