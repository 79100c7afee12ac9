"""A vault in a folder: objects under their hashes, checked on every read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..onchain.refusals import Refusal
from ..privacy import remove_private, write_all_private
from . import errors
from .manifest import MAX_MANIFEST_BYTES, Manifest
from .vault import (
    MAX_OBJECT_BYTES,
    Progress,
    checked_manifest,
    checked_object,
    encoded_manifest,
    named,
    place,
)

BATCH = 16
"""How many objects become durable together: what stands when an upload is stopped is not written again."""


class FolderVault:
    """Implements `Vault` in a folder of the disk."""

    def __init__(self, folder: Path) -> None:
        self._objects = folder / "objects"
        self._manifests = folder / "manifests"

    def put_all(self, objects: Sequence[bytes], *, progress: Progress | None = None, anew: bool = False) -> None:
        files = [(_path(self._objects, name), data) for name, data in named(objects).items()]
        for start in range(0, len(files), BATCH):
            batch = dict(files[start : start + BATCH])
            write_all_private(batch if anew else _missing(batch))
            if progress is not None:
                progress(start + len(batch), len(files))

    def get(self, name: bytes) -> bytes:
        return checked_object(_read(_path(self._objects, name), MAX_OBJECT_BYTES), name=name)

    def holds(self, name: bytes) -> bool:
        return _stands(_path(self._objects, name))

    def remove_all(self, names: Iterable[bytes]) -> None:
        _remove(self._objects, [_path(self._objects, name) for name in names])

    def put_manifest(self, manifest: Manifest) -> bytes:
        root = manifest.root
        write_all_private(_missing({_path(self._manifests, root): encoded_manifest(manifest)}))
        return root

    def get_manifest(self, root: bytes) -> Manifest:
        return checked_manifest(_read(_path(self._manifests, root), MAX_MANIFEST_BYTES), root=root)

    def remove_manifest(self, root: bytes) -> None:
        _remove(self._manifests, [_path(self._manifests, root)])


def _path(kind: Path, name: bytes) -> Path:
    text = place(name)
    return kind / text[:2] / text


def _read(path: Path, bound: int) -> bytes:
    """Reads a file of at most so many bytes, or one more of a longer one, which then is not what its name says."""
    try:
        with path.open("rb") as file:
            return file.read(bound + 1)
    except FileNotFoundError:
        raise errors.MISSING(path.name) from None
    except OSError as error:
        raise errors.UNREACHABLE(f"{path}: {error.strerror}") from None


def _stands(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise errors.UNREACHABLE(f"{path}: {error.strerror}") from None
    return True


def _missing(files: Mapping[Path, bytes]) -> dict[Path, bytes]:
    """Gives the files that do not stand there already as they should be."""
    return {path: data for path, data in files.items() if not _is(path, data)}


def _is(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        # What can't be read is written anew, and that says what is wrong.
        return False


def _remove(kind: Path, paths: Sequence[Path]) -> None:
    """Erases files with all that a writer who was stopped left of them."""
    if paths and not kind.is_dir():
        # A disk that is not mounted has nothing in it either.
        raise errors.NOT_ERASED(f"there is no folder {kind}")
    remnants = [remnant for path in paths for remnant in path.parent.glob(f".{path.name}.*")]
    try:
        remove_private([*remnants, *paths])
    except Refusal as refusal:
        raise errors.NOT_ERASED(refusal.detail) from None
