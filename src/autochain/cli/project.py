"""Commands for working on the project itself, in a clone: its tests and benches."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..onchain.refusals import Reason
from .options import Format, FormatOption

NOT_A_CLONE = Reason("cli", 4, "This needs a clone of the project.", "Get the sources and use `./run` in them.")
NO_BENCH = Reason("cli", 5, "There is no such bench.", "Use one of those that are named, or none to run all.")


def run_tests(
    paths: Annotated[list[str] | None, typer.Argument(help="Only these tests, as pytest names them.")] = None,
    soak: Annotated[bool, typer.Option("--soak", help="Only the long ones.")] = False,
) -> None:
    """Proves the project: style, types, import rules and all tests.

    [bold]Examples[/bold]
      autochain test
      autochain test --soak
      autochain test tests/onchain -k tree
    """
    root = _clone()
    checks = [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"], ["lint-imports"]]
    pytest = ["pytest", *(["-m", "soak"] if soak else []), *(paths or [])]
    commands = [pytest] if soak or paths else [*checks, pytest]
    for command in commands:
        print(f"· {' '.join(command)}", flush=True)
        tool = Path(sys.executable).with_name(command[0])
        if subprocess.run([tool, *command[1:]], cwd=root, check=False).returncode:
            raise typer.Exit(1)


def bench(
    name: Annotated[str | None, typer.Argument(help="The bench; all, when none is named.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="End within 30 seconds.")] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Measures: each case with its value and, where it is held against something, the ratio and the goal.

    [bold]Examples[/bold]
      autochain bench data --quick
      autochain bench --format json
    """
    root = _clone()
    names = sorted(path.stem for path in (root / "bench").glob("[a-z]*.py") if path.stem != "cases")
    if name is not None and name not in names:
        raise NO_BENCH(f"{name}; there are {', '.join(names)}")
    for one in [name] if name else names:
        options = [*(["--quick"] if quick else []), *(["--json"] if form is Format.JSON else [])]
        environment = os.environ | {"PYTHONPATH": str(root)}
        done = subprocess.run([sys.executable, "-m", f"bench.{one}", *options], cwd=root, env=environment, check=False)
        if done.returncode:
            raise typer.Exit(done.returncode)


def _clone() -> Path:
    root = Path(__file__).parents[3]
    if not (root / "run").exists():
        raise NOT_A_CLONE()
    return root
