"""A vault in a folder: objects under their hashes, checked on every read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Protocol

from ..onchain.refusals import Refusal
from . import errors
from .manifest import MANIFEST, Manifest, object_name


class Vault(Protocol):
    """Keeps encrypted objects and the manifests that name them."""

    def put(self, data: bytes) -> bytes:
        """Keeps an object durably; gives its name."""
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

    def put(self, data: bytes) -> bytes:
        name = object_name(data)
        _keep(self._path(self._objects, name), data)
        return name

    def get(self, name: bytes) -> bytes:
        data = _read(self._path(self._objects, name))
        if object_name(data) != name:
            raise errors.CORRUPT(name.hex())
        return data

    def put_manifest(self, manifest: Manifest) -> bytes:
        root = manifest.root
        _keep(self._path(self._manifests, root), MANIFEST.encode(manifest))
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


def _keep(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all, durable when it returns; what stands there already stays if it is the same."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.read_bytes() == data:
        return
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise errors.VAULT_FULL(error.strerror or "") from None
