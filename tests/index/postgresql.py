"""A real PostgreSQL server on this machine, in a folder of its own, reached by a socket that nobody else sees."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

INSTALLED = Path("/usr/lib/postgresql")
"""Where Debian puts the programs, by version."""
WAIT_S = "60"


def installed_programs() -> Path:
    """Finds the server's programs; where they are absent, CI fails and elsewhere the test says that it did not run."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).parent] if on_path else sorted(INSTALLED.glob("*/bin"))
    if found:
        return found[-1]
    absent = f"PostgreSQL is neither on PATH nor under {INSTALLED}: install the package postgresql"
    if os.environ.get("CI") == "true":
        pytest.fail(absent)
    warnings.warn(f"The index was not tested on PostgreSQL: {absent}", stacklevel=2)
    pytest.skip(absent)


class PostgreSQL:
    """A server that may be killed and started again; it refuses to run as root, so it then runs as nobody."""

    def __init__(self) -> None:
        self._programs = installed_programs()
        self._folder = Path(tempfile.mkdtemp(prefix="autochain-postgresql-"))
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            shutil.chown(self._folder, "nobody", "nogroup")
        self._data = self._folder / "data"
        self._run("initdb", "--pgdata", self._data, "--username", "autochain", "--auth", "trust", "--no-sync")
        self.start()

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [self._programs / program, *arguments]
        with (self._folder / "logs").open("ab") as logs:
            done = subprocess.run(command, stdout=logs, stderr=logs, cwd="/", check=False, **self._user)
        assert done.returncode == 0, (self._folder / "logs").read_text()

    def _control(self, *arguments: str | Path) -> None:
        self._run("pg_ctl", "--pgdata", self._data, "--wait", "--timeout", WAIT_S, *arguments)

    def start(self) -> None:
        # Nothing is kept longer than the test, so the disk need not be waited for.
        options = f"-c listen_addresses='' -c unix_socket_directories='{self._folder}' -c fsync=off"
        self._control("--options", options, "--log", self._folder / "server", "start")

    def kill(self) -> None:
        """Ends it at once, as a machine that fails does."""
        self._control("--mode", "immediate", "stop")

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stops it and all who serve a connection: their sockets stay open, and nobody answers."""
        with psycopg.connect(host=str(self._folder), user="autochain", dbname="postgres") as connection:
            asked = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            processes = [pid for (pid,) in connection.execute(asked)]
        processes.append(int((self._data / "postmaster.pid").read_text().split()[0]))
        self._signal(processes, signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(processes, signal.SIGCONT)

    def _signal(self, processes: list[int], number: signal.Signals) -> None:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def remove(self) -> None:
        self._control("--mode", "immediate", "stop")
        shutil.rmtree(self._folder)

    def make_database(self, name: str) -> str:
        """Makes an empty place for tables, whose name begins so, and gives its address.

        A schema is as good as a database of its own, and made at once.
        """
        name = f"{name}_{secrets.token_hex(4)}"
        with psycopg.connect(host=str(self._folder), user="autochain", dbname="postgres") as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return f"postgresql+psycopg://autochain@/postgres?host={self._folder}&options=-csearch_path%3D{name}"

    def start_unless_running(self) -> None:
        """Leaves a server behind that runs, for the tests after this one."""
        if not (self._data / "postmaster.pid").exists():
            self.start()
