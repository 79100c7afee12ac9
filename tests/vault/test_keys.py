"""A part's key is sealed to one holder for one purpose, and lies in a file of its own."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from homes import refuses
from msgspec.structs import fields, replace

from autochain.privacy import hpke
from autochain.privacy.hpke import NOT_OPENED
from autochain.vault import KeyContext, KeyFolder, unwrap, wrap
from autochain.vault.errors import NO_KEY

KEY = bytes(range(32))
CONTEXT = KeyContext("main-test", bytes(20), "motion", "exact", b"h" * 20, b"r" * 20)
CHANGES: dict[str, list[Any]] = {
    "chain_id": ["main-tesu", ""],
    "recording": [b"x" * 20],
    "category": ["position"],
    "precision": ["coarse"],
    "holder": [b"x" * 20],
    "receipt": [b"x" * 20, None],
}


class Holder:
    """Somebody with an X25519 key."""

    def __init__(self, private: bytes) -> None:
        self.private = private

    def unseal(self, sealed: bytes, *, info: bytes) -> bytes:
        return hpke.unseal(self.private, sealed, info=info)


def test_a_key_opens_for_its_holder_in_its_context() -> None:
    sealed = wrap(KEY, hpke.public_key(b"p" * 32), CONTEXT)
    assert unwrap(Holder(b"p" * 32), sealed, CONTEXT) == KEY
    assert KEY not in sealed
    with refuses(NOT_OPENED):
        unwrap(Holder(b"q" * 32), sealed, CONTEXT)


def test_there_is_a_change_for_every_field_of_the_context() -> None:
    assert set(CHANGES) == {field.name for field in fields(KeyContext)}


@pytest.mark.parametrize("field", CHANGES)
def test_a_key_does_not_open_when_any_field_of_its_context_is_another(field: str) -> None:
    sealed = wrap(KEY, hpke.public_key(b"p" * 32), CONTEXT)
    for value in CHANGES[field]:
        with refuses(NOT_OPENED):
            unwrap(Holder(b"p" * 32), sealed, replace(CONTEXT, **{field: value}))


def test_no_two_contexts_have_the_same_bytes() -> None:
    contexts = [replace(CONTEXT, **{field: value}) for field, values in CHANGES.items() for value in values]
    infos = {context.info for context in [CONTEXT, *contexts]}
    assert len(infos) == len(contexts) + 1
    assert all(info.startswith(b"autochain/part-key/v1\x00") for info in infos)


def test_each_key_lies_in_a_file_of_its_own_that_its_user_alone_may_read(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    coarse = replace(CONTEXT, precision="coarse")
    folder.put_all({CONTEXT: b"sealed", coarse: b"sealed too"})
    files = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*") if path.is_file()}
    recording = CONTEXT.recording.hex()
    assert sorted(files) == [f"keys/{recording}/motion.coarse.key", f"keys/{recording}/motion.exact.key"]
    assert {path.stat().st_mode & 0o777 for path in files.values()} == {0o600}
    assert (folder.get(CONTEXT), folder.get(coarse)) == (b"sealed", b"sealed too")


def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    assert not folder.holds(CONTEXT)
    with refuses(NO_KEY):
        folder.get(CONTEXT)
    folder.put_all({CONTEXT: b"sealed"})
    assert folder.holds(CONTEXT)
    for other in (replace(CONTEXT, category="energy"), replace(CONTEXT, recording=b"x" * 20)):
        assert not folder.holds(other)


RECORDING, ANOTHER = CONTEXT.recording, b"x" * 20


def test_recordings_are_listed_with_the_files_of_their_keys(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    assert folder.recordings() == []
    other = replace(CONTEXT, recording=ANOTHER)
    folder.put_all({CONTEXT: b"sealed", replace(CONTEXT, precision="coarse"): b"sealed too", other: b"another"})
    assert folder.recordings() == [RECORDING, ANOTHER]
    assert folder.files(RECORDING) == {"motion.coarse.key": b"sealed too", "motion.exact.key": b"sealed"}
    assert folder.files(ANOTHER) == {"motion.exact.key": b"another"}
    assert folder.files(b"y" * 20) == {}


def test_keys_that_are_put_back_are_as_they_were_and_for_their_user_alone(tmp_path: Path) -> None:
    folder, other = KeyFolder(tmp_path / "keys"), KeyFolder(tmp_path / "other")
    folder.put_all({CONTEXT: b"sealed"})
    other.put_files(RECORDING, folder.files(RECORDING))
    assert other.get(CONTEXT) == b"sealed"
    (file,) = [path for path in (tmp_path / "other").rglob("*") if path.is_file()]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_recordings_keys_are_destroyed_with_what_a_crash_left_of_them_and_no_other(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    other = replace(CONTEXT, recording=ANOTHER)
    folder.put_all({CONTEXT: b"sealed", other: b"another"})
    (tmp_path / "keys" / RECORDING.hex() / ".motion.coarse.key.0123abcd").write_bytes(b"half")
    folder.destroy(RECORDING)
    assert list((tmp_path / "keys" / RECORDING.hex()).iterdir()) == []
    assert (folder.holds(CONTEXT), folder.get(other)) == (False, b"another")
    # That there were some is known until it is dropped.
    assert folder.recordings() == [RECORDING, ANOTHER]
    folder.destroy(RECORDING)
    folder.drop(RECORDING)
    folder.drop(RECORDING)
    assert folder.recordings() == [ANOTHER]


def test_names_that_somebody_else_gave_are_no_recordings(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    folder.put_all({CONTEXT: b"sealed"})
    for name in ("lost+found", "abab", "A" * 40, f"{RECORDING.hex()}.old", "é" * 40):
        (tmp_path / "keys" / name).mkdir()
    (tmp_path / "keys" / ANOTHER.hex()).write_bytes(b"no folder")
    assert folder.recordings() == [RECORDING]


def test_keys_that_lie_there_are_not_dropped(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    folder.put_all({CONTEXT: b"sealed"})
    folder.drop(RECORDING)
    assert (folder.recordings(), folder.get(CONTEXT)) == ([RECORDING], b"sealed")


def test_it_is_known_when_the_last_key_of_a_recording_came_in(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    assert folder.since_ms(RECORDING) == 0
    folder.put_all({CONTEXT: b"sealed", replace(CONTEXT, precision="coarse"): b"sealed too"})
    for at_ms, path in enumerate(sorted((tmp_path / "keys").rglob("*.key")), 1):
        os.utime(path, ns=(0, at_ms * 1_000_000))
    assert folder.since_ms(RECORDING) == 2
    folder.destroy(RECORDING)
    assert folder.since_ms(RECORDING) == 0
