"""The program as people start it: a process on a home of its own, which may be stopped and started again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
from homes import environment

from .lives import LIST

PATIENCE_S = 60.0
"""How long something may take on a busy machine before a test gives up; no test waits for it to pass."""


class Served:
    """A demonstration network with two cars, served on one port for as long as it lives."""

    def __init__(self, home: Path) -> None:
        # Tests ask more often than people do.
        self.surroundings = {**environment(home), "AUTOCHAIN_RATE": "0"}
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.lives: dict[str, str] = {}
        """Accounts of whose lives pages tell, see `web.lives`."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Starts it, on the same port as before, and waits until it answers."""
        command = [sys.executable, "-m", "autochain", "--port", str(self._port), "--cars", "2", "--format", "json"]
        self._process = subprocess.Popen(command, env=self.surroundings, stdout=subprocess.PIPE)
        assert self._process.stdout
        told = b""
        while not told.endswith(b"}\n"):
            line = self._process.stdout.readline()
            assert line, "The program has ended."
            told += line
        self._port = int(json.loads(told)["node"].rpartition(":")[2])

    def stop(self) -> float:
        """Ends it as Ctrl-C does; gives how many seconds that took."""
        assert self._process
        begun = time.monotonic()
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(PATIENCE_S)
        took_s = time.monotonic() - begun
        assert code == 0
        self._process = None
        return took_s

    def end(self) -> None:
        """Ends it whatever happened."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def get(self, path: str) -> Any:
        """Asks the API."""
        return httpx.get(f"{self.url}/api/v1{path}", timeout=PATIENCE_S).raise_for_status().json()

    def newest(self, what: str, **wanted: str) -> dict[str, Any]:
        """Gives the newest row of a list of the chain's."""
        query = "&".join(f"{name}={value}" for name, value in wanted.items())
        found: dict[str, Any] = self.get(f"/chains/main/{what}?{query}")["items"][0]
        return found

    def credential(self) -> str:
        """Gives a credential that the network's issuer signed: its status list."""
        issuer = self.get(f"/chains/main/accounts/{self.lives['issuer']}")["account"]["did"]
        return httpx.get(f"{self.url}/credentials/status/{issuer}/{LIST}", timeout=PATIENCE_S).raise_for_status().text

    def persona(self, name: str) -> str:
        """Gives the account of somebody as whom one may look."""
        personas = self.get("/demo/personas")["items"]
        return str(next(persona["account"] for persona in personas if persona["name"] == name))

    def metric(self, name: str) -> float:
        """Gives one measurement, added up over its labels."""
        lines = httpx.get(f"{self.url}/metrics").text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    def _owners_who_sold(self) -> set[str]:
        answer = httpx.get(f"{self.url}/api/v1/chains/main/receipts", timeout=PATIENCE_S)
        if answer.status_code == 503:  # The read model is not there yet.
            return set()
        return {row["record"]["owner"] for row in answer.raise_for_status().json()["items"]}

    def wait_for_data(self) -> None:
        """Waits until both cars drove, and the first reader has read what each of them sold."""
        end = time.monotonic() + PATIENCE_S
        while len(self._owners_who_sold()) < 2:
            assert time.monotonic() < end, "The cars sell nothing."
            time.sleep(0.1)

    def make_lives(self) -> None:
        """Has cars live and an owner lose its keys, by another process, for this one may have an event loop."""
        command = [sys.executable, "-m", "web.lives"]
        done = subprocess.run(command, env=self.surroundings, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        self.lives = json.loads(done.stdout)

    def command(self, *arguments: str) -> list[str]:
        """The program's own command on this home; run it with `surroundings`."""
        return [sys.executable, "-m", "autochain", *arguments]
