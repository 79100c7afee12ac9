"""A backup opens while its backup key stands, and no copy of it opens when that is destroyed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from homes import refuses
from msgspec.structs import replace

from autochain.vault import KeyBackup, KeyContext, KeyFolder
from autochain.vault.errors import CORRUPT, NO_BACKUP

CONTEXT = KeyContext("main-test", b"1" * 20, "motion", "exact", b"h" * 20)
OTHER = replace(CONTEXT, recording=b"2" * 20)
SECRET, OTHER_SECRET = b"a sealed key of one recording", b"a sealed key of another recording"


class Place:
    """Keys, their backup, and the backup keys, in folders beside one another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = KeyFolder(folder / "keys")
        self.backup = KeyBackup(folder / "backup", backup_keys=folder / "backup-keys")
        self.keys.put_all({CONTEXT: SECRET, OTHER: OTHER_SECRET})

    def lose_keys(self) -> None:
        shutil.rmtree(self.folder / "keys")

    def backup_of(self, context: KeyContext) -> Path:
        return self.folder / "backup" / f"{context.recording.hex()}.backup"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_was_lost_comes_back_as_it_was(place: Place) -> None:
    assert place.backup.back_up(place.keys, place.keys.recordings()) == 2
    place.lose_keys()
    assert place.backup.restore(place.keys) == 2
    assert (place.keys.get(CONTEXT), place.keys.get(OTHER)) == (SECRET, OTHER_SECRET)


def test_only_what_is_new_is_written(place: Place) -> None:
    place.backup.back_up(place.keys, place.keys.recordings())
    before = {path.name: path.read_bytes() for path in (place.folder / "backup").iterdir()}
    assert place.backup.back_up(place.keys, place.keys.recordings()) == 0
    assert {path.name: path.read_bytes() for path in (place.folder / "backup").iterdir()} == before
    place.keys.put_all({replace(CONTEXT, precision="coarse"): b"one more"})
    assert place.backup.back_up(place.keys, place.keys.recordings()) == 1
    place.lose_keys()
    place.backup.restore(place.keys)
    assert len(place.keys.files(CONTEXT.recording)) == 2


def test_a_key_that_was_lost_stays_in_the_backup(place: Place) -> None:
    coarse = replace(CONTEXT, precision="coarse")
    place.keys.put_all({coarse: b"coarse"})
    place.backup.back_up(place.keys, place.keys.recordings())
    (place.folder / "keys" / CONTEXT.recording.hex() / "motion.coarse.key").unlink()
    assert place.backup.back_up(place.keys, place.keys.recordings()) == 0
    place.backup.restore(place.keys)
    assert place.keys.get(coarse) == b"coarse"


def test_a_backup_tells_nothing_and_its_keys_lie_apart_for_their_user_alone(place: Place) -> None:
    place.backup.back_up(place.keys, place.keys.recordings())
    names = sorted(f"{context.recording.hex()}" for context in (CONTEXT, OTHER))
    backups, keys = (sorted((place.folder / each).iterdir()) for each in ("backup", "backup-keys"))
    assert [path.name for path in backups] == [f"{name}.backup" for name in names]
    assert [path.name for path in keys] == [f"{name}.key" for name in names]
    for path in [*backups, *keys]:
        assert path.stat().st_mode & 0o777 == 0o600
    for path in backups:
        assert SECRET not in path.read_bytes()
        assert OTHER_SECRET not in path.read_bytes()
        assert not any(key.read_bytes() in path.read_bytes() for key in keys)
    assert len({path.read_bytes() for path in keys}) == 2


def test_what_was_destroyed_comes_back_from_no_copy(place: Place) -> None:
    place.backup.back_up(place.keys, place.keys.recordings())
    copy = shutil.copytree(place.folder / "backup", place.folder / "copy")
    place.keys.destroy(CONTEXT.recording)
    place.backup.destroy(CONTEXT.recording)
    assert not [path for path in place.folder.glob("backup*/*") if CONTEXT.recording.hex() in path.name]
    shutil.rmtree(place.folder / "backup")
    shutil.copytree(copy, place.folder / "backup")
    place.lose_keys()
    assert place.backup.restore(place.keys) == 1
    assert place.keys.recordings() == [OTHER.recording]
    copied = KeyBackup(copy, backup_keys=place.folder / "backup-keys")
    assert copied.restore(place.keys) == 1
    assert not place.keys.holds(CONTEXT)


def test_keys_that_come_anew_are_backed_up_under_another_key_that_opens_no_old_copy(place: Place) -> None:
    place.backup.back_up(place.keys, place.keys.recordings())
    copy = shutil.copytree(place.folder / "backup", place.folder / "copy")
    place.keys.destroy(CONTEXT.recording)
    place.backup.destroy(CONTEXT.recording)
    place.keys.put_all({CONTEXT: b"anew"})
    assert place.backup.back_up(place.keys, place.keys.recordings()) == 1
    place.lose_keys()
    with refuses(CORRUPT):
        KeyBackup(copy, backup_keys=place.folder / "backup-keys").restore(place.keys)
    # The other recording of this copy is put back all the same.
    assert (place.keys.holds(CONTEXT), place.keys.get(OTHER)) == (False, OTHER_SECRET)
    place.backup.restore(place.keys)
    assert place.keys.get(CONTEXT) == b"anew"


@pytest.mark.parametrize("spoil", [lambda data: b"", lambda data: data[:20], lambda data: data[:-1] + b"\x00\x00"])
def test_a_spoilt_backup_is_named_and_written_anew_while_the_keys_stand(
    place: Place, spoil: Callable[[bytes], bytes]
) -> None:
    place.backup.back_up(place.keys, place.keys.recordings())
    place.backup_of(CONTEXT).write_bytes(spoil(place.backup_of(CONTEXT).read_bytes()))
    with refuses(CORRUPT):
        place.backup.restore(place.keys)
    assert place.backup.back_up(place.keys, place.keys.recordings()) == 1
    place.lose_keys()
    assert place.backup.restore(place.keys) == 2
    assert place.keys.get(CONTEXT) == SECRET


def test_one_recordings_backup_does_not_pass_as_anothers_even_under_one_key(place: Place) -> None:
    (place.folder / "backup-keys").mkdir()
    for context in (CONTEXT, OTHER):
        (place.folder / "backup-keys" / f"{context.recording.hex()}.key").write_bytes(b"k" * 32)
    place.backup.back_up(place.keys, place.keys.recordings())
    place.backup_of(CONTEXT).write_bytes(place.backup_of(OTHER).read_bytes())
    with refuses(CORRUPT):
        place.backup.restore(place.keys)
    assert place.keys.get(CONTEXT) == SECRET


def test_a_folder_whose_keys_were_destroyed_and_not_dropped_is_not_backed_up(place: Place) -> None:
    place.keys.destroy(CONTEXT.recording)
    assert place.backup.back_up(place.keys, place.keys.recordings()) == 1
    assert not place.backup_of(CONTEXT).exists()


@pytest.mark.parametrize("left", [0, 16, 31])
def test_a_backup_key_that_was_cut_is_made_anew_while_the_keys_stand(place: Place, left: int) -> None:
    place.backup.back_up(place.keys, place.keys.recordings())
    key = place.folder / "backup-keys" / f"{CONTEXT.recording.hex()}.key"
    key.write_bytes(key.read_bytes()[:left])
    with refuses(CORRUPT):
        place.backup.restore(place.keys)
    assert place.backup.back_up(place.keys, place.keys.recordings()) == 1
    assert (len(key.read_bytes()), key.stat().st_mode & 0o777) == (32, 0o600)
    place.lose_keys()
    assert place.backup.restore(place.keys) == 2
    assert place.keys.get(CONTEXT) == SECRET


def test_a_backup_that_the_disk_does_not_read_is_named_and_the_others_come_back(place: Place) -> None:
    place.backup.back_up(place.keys, place.keys.recordings())
    place.backup_of(CONTEXT).unlink()
    place.backup_of(CONTEXT).mkdir()
    place.lose_keys()
    with refuses(CORRUPT):
        place.backup.restore(place.keys)
    assert place.keys.recordings() == [OTHER.recording]


def test_names_that_somebody_else_gave_are_no_backups(place: Place) -> None:
    place.backup.back_up(place.keys, place.keys.recordings())
    for name in ("foo.backup", "abab.backup", f"copy of {CONTEXT.recording.hex()}.backup"):
        (place.folder / "backup" / name).write_bytes(b"else")
    place.lose_keys()
    assert place.backup.restore(place.keys) == 2


def test_where_there_is_no_folder_of_backups_it_is_said(place: Place) -> None:
    with refuses(NO_BACKUP):
        place.backup.restore(place.keys)
    (place.folder / "file").write_bytes(b"")
    with refuses(NO_BACKUP):
        KeyBackup(place.folder / "file", backup_keys=place.folder / "backup-keys").restore(place.keys)
    place.backup.destroy(CONTEXT.recording)
