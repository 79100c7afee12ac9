"""An upload that was stopped goes on with what is missing, however it was stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from homes import refuses
from homes.processes import environment

from autochain.onchain.crypto import sha256
from autochain.vault import FolderVault
from autochain.vault.errors import UNREACHABLE

from .kept import Kept, in_bucket, in_folder, some_objects
from .s3_server import S3Server

COUNT = 200
OBJECTS = some_objects(COUNT)
NEVER = COUNT + 1


class Place:
    """Where a process uploads to, and what of it stands there."""

    def __init__(self, kept: Kept, address: str, settings: dict[str, str]) -> None:
        self.kept = kept
        self._command = [sys.executable, "-m", "vault.uploading", address, str(COUNT)]
        self._settings = settings

    def upload(self, *, killed_at: int) -> subprocess.Popen[str]:
        """Starts the upload in a process of its own."""
        return subprocess.Popen([*self._command, str(killed_at)], env=self._settings, stdout=subprocess.PIPE, text=True)

    def standing(self) -> dict[Path, tuple[int, int]]:
        """Gives the objects that stand there, each with what tells one writing from the next."""
        files = [self.kept.object_file(sha256(data)) for data in OBJECTS]
        return {file: (file.stat().st_ino, file.stat().st_mtime_ns) for file in files if file.exists()}


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        folder = tmp_path / "vault"
        return Place(Kept(FolderVault(folder), *in_folder(folder)), str(folder), environment(tmp_path))
    server: S3Server = request.getfixturevalue("s3_server")
    bucket = server.make_bucket()
    kept = Kept(server.vault(bucket, prefix="up"), *in_bucket(server.files(bucket) / "up"))
    return Place(kept, f"s3://{bucket}/up", environment(tmp_path) | server.environment)


@pytest.mark.parametrize("killed_at", [1, 20, COUNT - 40])
def test_an_upload_that_was_killed_goes_on_with_what_is_missing(place: Place, killed_at: int) -> None:
    process = place.upload(killed_at=killed_at)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert int(said.splitlines()[-1].split()[0]) >= killed_at
    before = place.standing()
    assert killed_at <= len(before) < COUNT
    place.kept.vault.put_all(OBJECTS)
    after = place.standing()
    assert {file: after[file] for file in before} == before
    assert [place.kept.vault.get(sha256(data)) for data in OBJECTS] == OBJECTS


def test_whenever_an_upload_is_killed_what_stands_there_is_whole(place: Place) -> None:
    process = place.upload(killed_at=NEVER)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    before = place.standing()
    assert before
    for data in OBJECTS:
        if place.kept.object_file(sha256(data)) in before:
            assert place.kept.vault.get(sha256(data)) == data
    place.kept.vault.put_all(OBJECTS)
    assert [place.kept.vault.get(sha256(data)) for data in OBJECTS] == OBJECTS


def test_an_upload_that_is_not_killed_ends(place: Place) -> None:
    process = place.upload(killed_at=NEVER)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert said.splitlines()[-1] == f"{COUNT} {COUNT}"
    assert len(place.standing()) == COUNT


def test_a_half_written_object_is_written_again_and_only_that(place: Place) -> None:
    place.kept.vault.put_all(OBJECTS)
    before = place.standing()
    half = place.kept.object_file(sha256(OBJECTS[7]))
    half.write_bytes(OBJECTS[7][:100])
    place.kept.vault.put_all(OBJECTS)
    after = place.standing()
    assert [file for file in before if after[file] != before[file]] == [half]
    assert place.kept.vault.get(sha256(OBJECTS[7])) == OBJECTS[7]


def test_a_server_that_dies_in_the_middle_gets_the_rest_when_it_is_back(tmp_path: Path) -> None:
    server = S3Server(tmp_path / "s3")
    bucket = server.make_bucket()
    vault = server.vault(bucket, prefix="up", timeout_ms=1_000)
    place = Place(Kept(vault, *in_bucket(server.files(bucket) / "up")), "", {})

    def dies(done: int, _: int) -> None:
        if done == 20:
            server.kill()

    with refuses(UNREACHABLE):
        vault.put_all(OBJECTS, progress=dies)
    before = place.standing()
    assert 20 <= len(before) < COUNT
    server.start()
    told: list[int] = []
    vault.put_all(OBJECTS, progress=lambda done, _: told.append(done))
    after = place.standing()
    whole = [file for file in before if file.stat().st_size]
    assert len(whole) >= 20
    assert {file: after[file] for file in whole} == {file: before[file] for file in whole}
    assert told == list(range(1, COUNT + 1))
    assert [vault.get(sha256(data)) for data in OBJECTS] == OBJECTS
    server.kill()
