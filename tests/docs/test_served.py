"""What the documents have a reader ask of a running network is answered."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "how-to" / "use-the-api.md"
USUAL = "127.0.0.1:8440"
MAX_S = 60.0


class Running(NamedTuple):
    """A network with a car that drives, as `./run` starts it."""

    address: str
    surroundings: dict[str, str]


@pytest.fixture(scope="module", params=["XDG_DATA_HOME", "AUTOCHAIN_HOME"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    # Readers find the keys in the usual home, which lies elsewhere here, and in one that they have named.
    own = {request.param: str(tmp_path_factory.mktemp("served")), "PYTHONPATH": str(ROOT / "src")}
    surroundings = {**{name: value for name, value in os.environ.items() if name != "AUTOCHAIN_HOME"}, **own}
    command = [sys.executable, "-m", "autochain", "--port", "0", "--cars", "1", "--format", "json"]
    with subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE) as program:
        assert program.stdout
        told = b""
        while not told.endswith(b"}\n"):
            told += program.stdout.readline()
        address = json.loads(told)["node"]
        try:
            _wait_for_a_read(address)
            yield Running(address, surroundings)
        finally:
            program.send_signal(signal.SIGINT)
            program.wait(20)


def _wait_for_a_read(address: str) -> None:
    end = time.monotonic() + MAX_S
    # Before the read model has been taken up, the answer is a refusal.
    while not httpx.get(f"http://{address}/api/v1/chains/main/receipts").json().get("items"):
        assert time.monotonic() < end, "the car sells nothing"
        time.sleep(0.1)


def blocks(language: str) -> list[str]:
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    assert found
    return found


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines()])
def test_what_is_asked_by_curl_is_answered(line: str, running: Running) -> None:
    asked = line.replace(USUAL, running.address).replace("curl ", "curl --no-progress-meter --fail-with-body ", 1)
    done = subprocess.run(asked, shell=True, capture_output=True, text=True, check=False)
    # Whoever listens is cut off by curl itself when the time is over.
    assert done.returncode == (28 if "--max-time" in line else 0), done.stderr + done.stdout
    assert done.stdout


@pytest.mark.parametrize("program", blocks("python"))
def test_the_programs_run(program: str, running: Running) -> None:
    command = [sys.executable, "-c", program.replace(USUAL, running.address)]
    done = subprocess.run(command, env=running.surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
