"""The console writes whatever the chain may hold."""

from __future__ import annotations

import subprocess

from .verifier import WEB, node


def test_values_are_written_in_words() -> None:
    command = [node(), "--test", str(WEB / "tests" / "format.test.ts")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
