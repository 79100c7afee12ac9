"""Every kind of vault keeps objects under their hashes, hands out nothing that was changed, and erases."""

from __future__ import annotations

from pathlib import Path

import pytest
from homes import refuses

from autochain.onchain.crypto import sha256
from autochain.onchain.refusals import Broken
from autochain.vault import Manifest, SealedPart
from autochain.vault.errors import CORRUPT, MISSING, TOO_LARGE
from autochain.vault.vault import MAX_OBJECT_BYTES

from .kept import RECORDING, Kept, manifest_of, some_objects

THIS, OTHER = b"this object", b"another one"
NAME = sha256(THIS)


def test_objects_and_manifests_come_back_by_their_names(kept: Kept) -> None:
    objects = [b"one", b"two", b"one", b"", bytes(MAX_OBJECT_BYTES)]
    kept.vault.put_all(objects)
    assert [kept.vault.get(sha256(data)) for data in objects] == objects
    manifest = manifest_of(objects)
    assert kept.vault.put_manifest(manifest) == manifest.root
    assert kept.vault.get_manifest(manifest.root) == manifest


def test_what_is_missing_is_named(kept: Kept) -> None:
    kept.vault.put_all([OTHER])
    assert not kept.vault.holds(NAME)
    with refuses(MISSING):
        kept.vault.get(NAME)
    with refuses(MISSING):
        kept.vault.get_manifest(NAME)


def test_what_was_changed_cut_grown_or_put_in_its_place_is_found(kept: Kept) -> None:
    manifest = manifest_of([THIS])
    kept.vault.put_all([THIS])
    kept.vault.put_manifest(manifest)
    for file in (kept.object_file(NAME), kept.manifest_file(manifest.root)):
        whole = file.read_bytes()
        for spoilt in (b"", whole[:-1], whole + b"x", bytes([whole[0] ^ 1]) + whole[1:], OTHER):
            file.write_bytes(spoilt)
            with refuses(CORRUPT):
                kept.vault.get(NAME)
                kept.vault.get_manifest(manifest.root)
        file.write_bytes(whole)
    assert kept.vault.get(NAME) == THIS
    assert kept.vault.get_manifest(manifest.root) == manifest


def test_another_manifest_under_this_root_is_found(kept: Kept) -> None:
    this, other = manifest_of([THIS]), manifest_of([OTHER])
    kept.vault.put_manifest(this)
    kept.vault.put_manifest(other)
    kept.manifest_file(this.root).write_bytes(kept.manifest_file(other.root).read_bytes())
    with refuses(CORRUPT):
        kept.vault.get_manifest(this.root)


def test_an_object_or_manifest_that_could_not_be_read_again_is_not_kept(kept: Kept) -> None:
    with refuses(TOO_LARGE):
        kept.vault.put_all([THIS, bytes(MAX_OBJECT_BYTES + 1)])
    assert not kept.vault.holds(NAME)
    hashes = tuple(sha256(number.to_bytes(4, "big")) for number in range(124_000))
    with refuses(TOO_LARGE):
        kept.vault.put_manifest(Manifest(RECORDING, (SealedPart("motion", "exact", 0, hashes, bytes(32)),)))


def test_what_is_longer_than_it_may_be_is_not_read(kept: Kept) -> None:
    kept.vault.put_all([THIS])
    manifest = manifest_of([THIS])
    kept.vault.put_manifest(manifest)
    for file in (kept.object_file(NAME), kept.manifest_file(manifest.root)):
        with file.open("r+b") as opened:
            opened.truncate(1 << 40)
    with refuses(CORRUPT):
        kept.vault.get(NAME)
    with refuses(CORRUPT):
        kept.vault.get_manifest(manifest.root)


def test_what_is_erased_is_gone_and_the_rest_is_not(kept: Kept) -> None:
    objects = some_objects(20)
    names = [sha256(data) for data in objects]
    manifest, other = manifest_of(objects), manifest_of(objects[:1])
    kept.vault.put_all(objects)
    for each in (manifest, other):
        kept.vault.put_manifest(each)
    kept.vault.remove_all(names[:15])
    kept.vault.remove_manifest(manifest.root)
    assert [kept.vault.holds(name) for name in names] == [False] * 15 + [True] * 5
    assert [kept.object_file(name).exists() for name in names] == [False] * 15 + [True] * 5
    assert not kept.manifest_file(manifest.root).exists()
    assert kept.vault.get(names[15]) == objects[15]
    assert kept.vault.get_manifest(other.root) == other


def test_what_is_not_there_is_erased_already(kept: Kept) -> None:
    manifest = manifest_of([THIS])
    kept.vault.put_all([THIS])
    kept.vault.put_manifest(manifest)
    for _ in range(2):
        kept.vault.remove_all([NAME, sha256(OTHER), NAME])
        kept.vault.remove_manifest(manifest.root)
    kept.vault.remove_all([])
    with refuses(MISSING):
        kept.vault.get(NAME)
    kept.vault.put_all([THIS])
    assert kept.vault.get(NAME) == THIS


def test_putting_an_object_again_completes_one_that_was_cut(kept: Kept) -> None:
    kept.vault.put_all([THIS])
    kept.object_file(NAME).write_bytes(THIS[:3])
    kept.vault.put_all([THIS])
    assert kept.vault.get(NAME) == THIS


def test_putting_an_object_anew_mends_it_whatever_stands_there(kept: Kept) -> None:
    kept.vault.put_all([THIS])
    for spoilt in (b"", THIS[:3], OTHER, THIS[::-1]):
        kept.object_file(NAME).write_bytes(spoilt)
        kept.vault.put_all([THIS], anew=True)
        assert kept.vault.get(NAME) == THIS


def test_objects_that_stand_there_are_not_written_again(kept: Kept) -> None:
    objects = some_objects(40)
    kept.vault.put_all(objects[:25])
    before = {file: _written(file) for file in map(kept.object_file, map(sha256, objects[:25]))}
    kept.vault.put_all(objects)
    assert {file: _written(file) for file in before} == before
    assert all(kept.vault.get(sha256(data)) == data for data in objects)
    kept.vault.put_all(objects[:1], anew=True)
    assert _written(kept.object_file(sha256(objects[0]))) != before[kept.object_file(sha256(objects[0]))]


def test_progress_is_told_to_its_end(kept: Kept) -> None:
    told: list[tuple[int, int]] = []
    objects = some_objects(40)
    kept.vault.put_all([*objects, objects[0]], progress=lambda done, of: told.append((done, of)))
    assert told == sorted(told)
    assert told[-1] == (40, 40)
    assert len(told) > 1
    kept.vault.put_all([], progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (40, 40)


@pytest.mark.parametrize("name", [b"", b"short", bytes(33)])
def test_a_name_that_is_no_hash_is_a_fault_of_the_caller(kept: Kept, name: bytes) -> None:
    kept.vault.put_all([THIS])
    for ask in (kept.vault.get, kept.vault.holds, kept.vault.get_manifest, kept.vault.remove_manifest):
        with pytest.raises(Broken):
            ask(name)
    with pytest.raises(Broken):
        kept.vault.remove_all([name])
    assert kept.vault.get(NAME) == THIS


def _written(file: Path) -> tuple[int, int]:
    """Tells one writing of a file from the next."""
    status = file.stat()
    return status.st_ino, status.st_mtime_ns
