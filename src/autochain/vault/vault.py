"""What every vault does, wherever it keeps its objects, and how what it gives is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeAlias

from ..onchain.refusals import Refusal, ensure
from . import errors
from .ciphers import TAG_BYTES
from .manifest import CHUNK_BYTES, MANIFEST, MAX_MANIFEST_BYTES, Manifest, object_name

MAX_OBJECT_BYTES = CHUNK_BYTES + TAG_BYTES
"""No object is longer, so nobody who keeps one can make its reader take in more."""

Progress: TypeAlias = Callable[[int, int], None]
"""Is told how many objects are kept by now, and of how many."""


class Vault(Protocol):
    """Keeps encrypted objects and the manifests that name them."""

    def put_all(self, objects: Sequence[bytes], *, progress: Progress | None = None, anew: bool = False) -> None:
        """Keeps objects under their hashes, durably; one that stands there already is sent again only `anew`."""
        ...

    def get(self, name: bytes) -> bytes:
        """Gives an object that is what its name says; refuses one that is missing or was changed."""
        ...

    def holds(self, name: bytes) -> bool:
        """Says whether an object stands there, without reading it."""
        ...

    def remove_all(self, names: Iterable[bytes]) -> None:
        """Erases objects durably; those that are not there are erased already."""
        ...

    def put_manifest(self, manifest: Manifest) -> bytes:
        """Keeps a manifest under its root."""
        ...

    def get_manifest(self, root: bytes) -> Manifest: ...

    def remove_manifest(self, root: bytes) -> None:
        """Erases a manifest durably; one that is not there is erased already."""
        ...


def named(objects: Sequence[bytes]) -> dict[bytes, bytes]:
    """Gives each object once under its name; refuses one that could not be read again."""
    for data in objects:
        if len(data) > MAX_OBJECT_BYTES:
            raise errors.TOO_LARGE(f"{len(data)} > {MAX_OBJECT_BYTES} bytes")
    return {object_name(data): data for data in objects}


def checked_object(data: bytes, *, name: bytes) -> bytes:
    """Gives an object back if it is what its name says."""
    if object_name(data) != name:
        raise errors.CORRUPT(name.hex())
    return data


def encoded_manifest(manifest: Manifest) -> bytes:
    """Gives a manifest's bytes; refuses one that could not be read again."""
    data = MANIFEST.encode(manifest)
    if len(data) > MAX_MANIFEST_BYTES:
        raise errors.TOO_LARGE(f"{len(data)} > {MAX_MANIFEST_BYTES} bytes")
    return data


def checked_manifest(data: bytes, *, root: bytes) -> Manifest:
    """Gives the manifest in these bytes if it has this root."""
    try:
        manifest = MANIFEST.decode(data)
    except Refusal:
        raise errors.CORRUPT(f"manifest {root.hex()}") from None
    if manifest.root != root:
        raise errors.CORRUPT(f"manifest {root.hex()}")
    return manifest


def place(name: bytes) -> str:
    """Gives the text of a name under which a store keeps what it names."""
    ensure(len(name) == 32, "what a vault keeps is named by a SHA-256")
    return name.hex()
