"""The vault in a folder keeps objects under their hashes, and hands out nothing that was changed."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from homes import refuses
from hypothesis import given, settings
from hypothesis import strategies as st

from autochain.onchain.crypto import sha256
from autochain.privacy import CANT_WRITE
from autochain.vault import FolderVault, Manifest, SealedPart, seal_part
from autochain.vault.errors import CORRUPT, MISSING, NOT_ERASED, TOO_LARGE, UNREACHABLE

RECORDING = bytes(range(20))


def a_manifest(plain: bytes = b"readings") -> tuple[Manifest, list[bytes]]:
    part, _, chunks = seal_part(plain, recording=RECORDING, category="motion", precision="exact")
    return Manifest(RECORDING, (part,)), chunks


def test_objects_come_back_by_their_hash(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path)
    vault.put_all([b"one", b"two", b"one", b""])
    assert [vault.get(sha256(data)) for data in (b"one", b"two", b"")] == [b"one", b"two", b""]
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 3


def test_a_manifest_comes_back_by_its_root(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path)
    manifest, _ = a_manifest()
    assert vault.put_manifest(manifest) == manifest.root
    assert vault.get_manifest(manifest.root) == manifest


def test_only_the_user_can_read_what_lies_there(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        vault = FolderVault(tmp_path / "vault")
        vault.put_all([b"one"])
        vault.put_manifest(a_manifest()[0])
    finally:
        os.umask(before)
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in (tmp_path / "vault").rglob("*")}
    assert modes == {(True, 0o700), (False, 0o600)}


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path)
    with refuses(MISSING):
        vault.get(sha256(b"never put"))
    with refuses(MISSING):
        vault.get_manifest(sha256(b"never put"))


def test_a_file_that_was_changed_cut_or_emptied_is_found(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path)
    manifest, chunks = a_manifest()
    vault.put_all(chunks)
    vault.put_manifest(manifest)
    files: dict[Path, Callable[[], object]] = {
        _file(tmp_path / "objects", sha256(chunks[0])): lambda: vault.get(sha256(chunks[0])),
        _file(tmp_path / "manifests", manifest.root): lambda: vault.get_manifest(manifest.root),
    }
    wholes = {path: path.read_bytes() for path in files}

    @settings(max_examples=60, deadline=None)
    @given(path=st.sampled_from(sorted(files)), data=st.data())
    def changed(path: Path, data: st.DataObject) -> None:
        whole = wholes[path]
        at, byte = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(1, 255))
        turned = whole[:at] + bytes([whole[at] ^ byte]) + whole[at + 1 :]
        for spoilt in (turned, whole[:at], whole + bytes([byte])):
            path.write_bytes(spoilt)
            with refuses(CORRUPT):
                files[path]()
        path.write_bytes(whole)
        files[path]()

    changed()


def test_another_valid_object_or_manifest_under_this_name_is_found(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path)
    vault.put_all([b"this", b"another"])
    _file(tmp_path / "objects", sha256(b"this")).write_bytes(b"another")
    with refuses(CORRUPT):
        vault.get(sha256(b"this"))
    this, another = a_manifest()[0], a_manifest()[0]
    vault.put_manifest(this)
    vault.put_manifest(another)
    _file(tmp_path / "manifests", this.root).write_bytes(_file(tmp_path / "manifests", another.root).read_bytes())
    with refuses(CORRUPT):
        vault.get_manifest(this.root)


def test_putting_an_object_again_mends_it(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path)
    vault.put_all([b"this"])
    _file(tmp_path / "objects", sha256(b"this")).write_bytes(b"th")
    vault.put_all([b"this"])
    assert vault.get(sha256(b"this")) == b"this"


def test_a_full_disk_is_named_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    vault = FolderVault(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with refuses(CANT_WRITE):
            vault.put_all([b"one", b"two"])
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    vault.put_all([b"one"])
    assert vault.get(sha256(b"one")) == b"one"


def test_a_manifest_of_the_largest_size_is_kept_and_a_larger_one_is_not(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path)
    hashes = tuple(sha256(number.to_bytes(4, "big")) for number in range(123_000))
    large = Manifest(RECORDING, (SealedPart("motion", "exact", 0, hashes[:122_000], bytes(32)),))
    assert vault.get_manifest(vault.put_manifest(large)) == large
    larger = Manifest(RECORDING, (SealedPart("motion", "exact", 0, hashes + hashes[:2_000], bytes(32)),))
    with refuses(TOO_LARGE):
        vault.put_manifest(larger)


def test_what_a_writer_who_was_stopped_left_is_erased_too(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path)
    vault.put_all([b"this"])
    file = _file(tmp_path / "objects", sha256(b"this"))
    file.with_name(f".{file.name}.0a1b2c3d").write_bytes(b"th")
    vault.remove_all([sha256(b"this")])
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_the_disk_refuses_is_named_and_nothing_is_said_to_be_erased(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path / "vault")
    vault.put_all([b"this"])
    (tmp_path / "vault").rename(tmp_path / "away")
    name = sha256(b"this")
    for stands_in in (False, True):
        if stands_in:
            (tmp_path / "vault").touch()
        with refuses(NOT_ERASED):
            vault.remove_all([name])
        with refuses(NOT_ERASED):
            vault.remove_manifest(name)
    for ask in (vault.get, vault.holds, vault.get_manifest):
        with refuses(UNREACHABLE):
            ask(name)
    with refuses(CANT_WRITE):
        vault.put_all([b"this"])
    (tmp_path / "vault").unlink()
    (tmp_path / "away").rename(tmp_path / "vault")
    assert vault.get(name) == b"this"


def test_an_erasure_that_can_not_be_made_durable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    vault = FolderVault(tmp_path)
    vault.put_all([b"this"])
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing)
        for _ in range(2):
            with refuses(NOT_ERASED):
                vault.remove_all([sha256(b"this")])
    vault.remove_all([sha256(b"this")])


def _file(kind: Path, name: bytes) -> Path:
    return kind / name.hex()[:2] / name.hex()
