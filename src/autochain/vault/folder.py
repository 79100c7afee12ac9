"""A vault in a folder: objects under their hashes, checked on every read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from ..onchain.refusals import Refusal
from ..privacy import write_all_private
from . import errors
from .manifest import MANIFEST, Manifest, object_name


class Vault(Protocol):
    """Keeps encrypted objects and the manifests that name them."""

    def put_all(self, objects: Iterable[bytes]) -> None:
        """Keeps objects under their hashes, durably."""
        ...

    def get(self, name: bytes) -> bytes:
        """Gives an object that is what its name says; refuses one that is missing or was changed."""
        ...

    def put_manifest(self, manifest: Manifest) -> bytes:
        """Keeps a manifest under its root."""
        ...

    def get_manifest(self, root: bytes) -> Manifest: ...


class FolderVault:
    """Implements `Vault` in a folder of the disk."""

    def __init__(self, folder: Path) -> None:
        self._objects = folder / "objects"
        self._manifests = folder / "manifests"

    def put_all(self, objects: Iterable[bytes]) -> None:
        _keep({self._path(self._objects, object_name(data)): data for data in objects})

    def get(self, name: bytes) -> bytes:
        data = _read(self._path(self._objects, name))
        if object_name(data) != name:
            raise errors.CORRUPT(name.hex())
        return data

    def put_manifest(self, manifest: Manifest) -> bytes:
        root = manifest.root
        _keep({self._path(self._manifests, root): MANIFEST.encode(manifest)})
        return root

    def get_manifest(self, root: bytes) -> Manifest:
        data = _read(self._path(self._manifests, root))
        try:
            manifest = MANIFEST.decode(data)
        except Refusal:
            raise errors.CORRUPT(f"manifest {root.hex()}") from None
        if manifest.root != root:
            raise errors.CORRUPT(f"manifest {root.hex()}")
        return manifest

    def _path(self, kind: Path, name: bytes) -> Path:
        text = name.hex()
        return kind / text[:2] / text


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise errors.MISSING(path.name) from None


def _keep(files: Mapping[Path, bytes]) -> None:
    """Writes the files that do not stand there already as they should be."""
    write_all_private({path: data for path, data in files.items() if not _stands(path, data)})


def _stands(path: Path, data: bytes) -> bool:
    return path.exists() and path.read_bytes() == data
