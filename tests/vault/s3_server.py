"""A real S3 server on this machine, whose objects are files that a test can look at and damage."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
import warnings
from pathlib import Path

import pytest

from autochain.vault import Credentials, S3Vault

ROOT = Path(__file__).parents[2]
START_S = 30.0
"""How long the server may take to start on a busy machine."""


def installed_server() -> str:
    """Finds the server; where it is absent, CI fails and elsewhere the test says that it did not run."""
    found = shutil.which("versitygw", path=os.pathsep.join([os.environ.get("PATH", ""), str(ROOT / ".tools" / "bin")]))
    if found is not None:
        return found
    absent = "versitygw is neither on PATH nor in .tools/bin: run .ci/tools to install it"
    if os.environ.get("CI") == "true":
        pytest.fail(absent)
    warnings.warn(f"The vault was not tested on a real S3 server: {absent}", stacklevel=2)
    pytest.skip(absent)


class S3Server:
    """A server with credentials of its own; it may be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._program = installed_server()
        self._folder = folder
        for name in ("buckets", "attributes", "versions"):
            (folder / name).mkdir(parents=True)
        self.credentials = Credentials(access_key_id=secrets.token_hex(8), secret_access_key=secrets.token_hex(16))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process is given to find this server."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.credentials.secret_access_key,
        }

    def start(self) -> None:
        keys = {
            "ROOT_ACCESS_KEY_ID": self.credentials.access_key_id,
            "ROOT_SECRET_ACCESS_KEY": self.credentials.secret_access_key,
        }
        command = [self._program, "--quiet", "--port", f"127.0.0.1:{self._port}", "posix"]
        command += ["--sidecar", str(self._folder / "attributes"), "--versioning-dir", str(self._folder / "versions")]
        logs = self._folder / "logs"
        with logs.open("ab") as file:
            self._process = subprocess.Popen(
                [*command, str(self._folder / "buckets")], env={**os.environ, **keys}, stdout=file, stderr=file
            )
        patience = time.monotonic() + START_S
        while not self._answers():
            assert self._process.poll() is None, logs.read_text()
            assert time.monotonic() < patience, logs.read_text()
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def make_bucket(self, *, versions: bool = False) -> str:
        name = f"bucket-{secrets.token_hex(4)}"
        (self._folder / "buckets" / name).mkdir()
        if versions:
            attributes = self._folder / "attributes" / name / "meta"
            attributes.mkdir(parents=True)
            # So the server itself writes down that a bucket keeps versions.
            (attributes / "versioning").write_bytes(b"\x01")
        return name

    def files(self, bucket: str) -> Path:
        """Gives the folder in which a bucket's objects lie."""
        return self._folder / "buckets" / bucket

    def versions(self) -> list[Path]:
        """Gives the files of old versions of any object."""
        return [path for path in (self._folder / "versions").rglob("*") if path.is_file()]

    def vault(self, bucket: str, *, prefix: str = "kept/here", timeout_ms: int = 10_000) -> S3Vault:
        return S3Vault(
            endpoint=self.endpoint,
            bucket=bucket,
            prefix=prefix,
            credentials=self.credentials,
            timeout_ms=timeout_ms,
        )
