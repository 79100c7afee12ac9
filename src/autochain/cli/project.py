"""Commands for working on the project itself, in a clone: its tests and benches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from .answers import show_json
from .errors import NO_BENCH, NOT_A_CLONE
from .options import Format, FormatOption
from .settings import SETTINGS


def run_tests(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="TEST", help="Only these tests, as pytest names them.")
    ] = None,
    soak: Annotated[bool, typer.Option("--soak", help="Only the long ones.")] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Proves the project: style, types, import rules, tests.

    It stops at the first that fails.
    """
    root = clone()
    checks = [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"], ["lint-imports"]]
    # Whole suites run on every core; what somebody names runs where its output can be followed.
    shared = [] if paths else ["-n", str(_workers()), "--dist", "worksteal"]
    pytest = ["pytest", *shared, *(["-m", "soak"] if soak else []), *(paths or [])]
    done: list[dict[str, Any]] = []
    for command in [pytest] if soak or paths else [*checks, pytest]:
        print(f"· {' '.join(command)}", file=sys.stderr, flush=True)
        tool = Path(sys.executable).with_name(command[0])
        # The one object of a JSON answer has stdout for itself.
        told = sys.stderr if form is Format.JSON else None
        ended = subprocess.run([tool, *command[1:]], cwd=root, env=_surroundings(), check=False, stdout=told)
        passed = ended.returncode == 0
        done.append({"check": " ".join(command), "passed": passed})
        if not passed:
            break
    passed = all(check["passed"] for check in done)
    if form is Format.JSON:
        show_json({"passed": passed, "checks": done})
    if not passed:
        raise typer.Exit(1)


def _workers() -> int:
    """Says how many tests run at once: three for every two cores, for many wait for processes, browsers, the clock."""
    cores = os.cpu_count() or 1
    return cores + (cores + 1) // 2


def bench(
    name: Annotated[str | None, typer.Argument(metavar="BENCH", help="The bench; all, when none is named.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="End within 30 seconds.")] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Measures: each case with its value, ratio and goal."""
    root = clone()
    names = sorted(path.stem for path in (root / "bench").glob("[a-z]*.py") if path.stem != "cases")
    if not names or (name is not None and name not in names):
        raise NO_BENCH(f"{name}; there are {', '.join(names)}" if names else "this clone has none")
    answers: list[dict[str, Any]] = []
    for one in [name] if name else names:
        options = [*(["--quick"] if quick else []), *(["--json"] if form is Format.JSON else [])]
        done = subprocess.run(
            [sys.executable, "-m", f"bench.{one}", *options],
            cwd=root,
            env=_surroundings() | {"PYTHONPATH": str(root)},
            check=False,
            stdout=subprocess.PIPE if form is Format.JSON else None,
        )
        if done.returncode:
            raise typer.Exit(1)
        if form is Format.JSON:
            answers.append(json.loads(done.stdout))
    if form is Format.JSON:
        show_json(answers[0] if name else {"benches": answers})


def _surroundings() -> dict[str, str]:
    """Keeps out a network's settings, and what forbids Python to cache compiled code.

    Without that cache every process that a test starts compiles the whole program first.
    """
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS or not SETTINGS[name].of_network}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept


def clone() -> Path:
    root = Path(__file__).parents[3]
    if not (root / "run").exists():
        raise NOT_A_CLONE()
    return root
