"""What the vault's tests share: a real S3 server, and every kind of vault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autochain.vault import FolderVault

from .kept import Kept, in_bucket, in_folder
from .s3_server import S3Server


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A server that nobody stops."""
    server = S3Server(tmp_path_factory.mktemp("s3"))
    yield server
    server.kill()


@pytest.fixture(params=["folder", "s3"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """An empty vault of each kind."""
    if request.param == "folder":
        folder = tmp_path / "vault"
        return Kept(FolderVault(folder), *in_folder(folder))
    server: S3Server = request.getfixturevalue("s3_server")
    bucket = server.make_bucket()
    return Kept(server.vault(bucket), *in_bucket(server.files(bucket) / "kept" / "here"))
