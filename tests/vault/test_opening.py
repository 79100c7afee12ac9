"""An address names a vault, and holds no secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from homes import refuses

from autochain.onchain.crypto import sha256
from autochain.onchain.refusals import Refusal
from autochain.vault import FolderVault, open_vault
from autochain.vault.errors import BAD_ADDRESS, BAD_ENDPOINT, NO_CREDENTIALS

from .s3_server import S3Server

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "a-secret-key"}


def test_a_path_or_a_file_address_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    FolderVault(tmp_path / "a vault").put_all([b"this"])
    whole = str(tmp_path / "a vault")
    for url in (whole, "a vault", "./a vault", f"file:{whole}", f"file://{whole}", "file:a%20vault"):
        assert open_vault(url, environment={}).get(sha256(b"this")) == b"this"


def test_a_bucket_is_opened_at_the_endpoint_of_the_environment(s3_server: S3Server) -> None:
    bucket = s3_server.make_bucket()
    s3_server.vault(bucket, prefix="a/b").put_all([b"this"])
    for url in (f"s3://{bucket}/a/b", f"s3://{bucket}/a/b/"):
        assert open_vault(url, environment=s3_server.environment).get(sha256(b"this")) == b"this"
    assert not open_vault(f"s3://{bucket}", environment=s3_server.environment).holds(sha256(b"this"))
    closer = {"AWS_ENDPOINT_URL": "https://example.org", "AWS_ENDPOINT_URL_S3": s3_server.endpoint}
    environment = s3_server.environment | closer
    assert open_vault(f"s3://{bucket}/a/b", environment=environment).holds(sha256(b"this"))


def test_a_bucket_without_credentials_or_with_an_open_endpoint_is_refused() -> None:
    with refuses(NO_CREDENTIALS):
        open_vault("s3://bucket/prefix", environment={})
    with refuses(BAD_ENDPOINT):
        open_vault("s3://bucket", environment=CREDENTIALS | {"AWS_ENDPOINT_URL": "http://example.org"})
    open_vault("s3://bucket", environment=CREDENTIALS)
    open_vault("s3://bucket", environment=CREDENTIALS | {"AWS_REGION": "eu-central-1"})


def test_a_region_that_would_make_another_host_is_refused() -> None:
    with refuses(BAD_ENDPOINT):
        open_vault("s3://bucket", environment=CREDENTIALS | {"AWS_REGION": "x@example.org/"})


@pytest.mark.parametrize(
    "url",
    [
        *("", "s3:", "s3://", "s3:///prefix", "s3://Bucket", "s3://bucket/a/../b", "s3://bucket//a", "S3P://bucket"),
        *("http://example.org/bucket", "gs://bucket", "file:", "file://host/path", "file:/a?b=c", "s3://[bucket"),
        *("s3://key:a-secret-key@bucket/prefix", "s3://a-secret-key@bucket", "s3://bucket:a-secret-key/prefix"),
        *(
            "s3://bucket/prefix?secret=a-secret-key",
            "s3://bucket/prefix#a-secret-key",
            "s3://bucket/key:a-secret-key@x",
        ),
    ],
)
def test_what_names_no_vault_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(Refusal) as caught:
        open_vault(url, environment=CREDENTIALS)
    assert caught.value.reason == BAD_ADDRESS
    assert "a-secret-key" not in str(caught.value)
