"""Runs import-linter with the project's own settings on a copy of the project."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_RUN = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"


def lint(root: Path) -> tuple[bool, str]:
    """Says whether all contracts are kept, and what import-linter said."""
    # The copy's own package must be found, never the one that is installed.
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    done = subprocess.run(
        [sys.executable, "-c", _RUN], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode == 0, done.stdout + done.stderr
