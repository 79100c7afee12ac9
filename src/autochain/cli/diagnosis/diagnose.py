"""All that is looked at, in order: the program, then the home, then what lies in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .finding import Finding, program
from .home_folder import clock_finding, disk_finding, home_findings, port_finding, standing_still, use_finding
from .installation import Installation, console_finding, environment_finding, library_findings, python_finding

INSIDE_S = 600.0
"""How long it may take to look into a home."""


def installation_at(package: Path) -> Installation:
    """Says where the program of a package's folder is installed."""
    root = package.parents[1] if (package.parents[1] / "run").is_file() else None
    if root is None:
        return Installation(None, Path(sys.prefix), Path(sys.executable))
    named = os.environ.get("AUTOCHAIN_VENV")
    venv = Path(os.path.realpath(os.path.expanduser(named) if named else root / ".venv"))
    return Installation(root, venv, venv / "bin" / "python")


def diagnose(installed: Installation, home: Path, *, port: int) -> Iterator[Finding]:
    """Looks at everything and changes nothing."""
    yield python_finding()
    environment = environment_finding(installed)
    yield environment
    libraries = list(library_findings(installed)) if os.access(installed.python, os.X_OK) else []
    yield from libraries
    yield console_finding(installed.package)
    yield disk_finding(home)
    yield clock_finding(home)
    if not home.exists():
        yield Finding("sound", "home", f"there is none yet at {home}; `{program()}` makes it")
        yield port_finding(port)
        return
    folder = list(home_findings(home))
    yield from folder
    with standing_still(home) as still:
        yield use_finding(home, still=still)
        if still:
            yield port_finding(port)
        if not libraries or any(finding.state == "wrong" for finding in libraries):
            yield Finding("doubtful", "network", "what lies in the home was not looked at", "Mend the libraries first.")
        elif any(finding.state == "wrong" and finding.what == "home" for finding in folder):
            yield Finding("doubtful", "network", "what lies in the home was not looked at", "Mend the folder first.")
        else:
            yield from _inside(installed, home, still=still)


def _inside(installed: Installation, home: Path, *, still: bool) -> Iterator[Finding]:
    """Has a process with all libraries look into a home."""
    command = [str(installed.python), "-P", "-m", f"{__package__}.inside", str(home), "still" if still else "used"]
    surroundings = os.environ | {"PYTHONPATH": str(installed.package.parent)}
    try:
        child = subprocess.run(
            command,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=INSIDE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Finding("wrong", "network", f"nobody could look into the home: {error}", "Please report it.")
        return
    for line in child.stdout.splitlines():
        yield Finding(**json.loads(line))
    if child.returncode:
        last = (child.stderr.strip().splitlines() or [f"code {child.returncode}"])[-1]
        yield Finding("wrong", "network", f"looking into the home ended early: {last[:200]}", "Please report it.")
