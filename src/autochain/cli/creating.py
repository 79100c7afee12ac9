"""`new contract`: lays out a contract in a clone, with its page, its tests and its place on the main chain."""

from __future__ import annotations

import ast
import builtins
import contextlib
import keyword
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from .answers import show
from .editing import NoPlace, with_element, with_function, with_import, with_last_line, words_of
from .errors import CLONE_CHANGED, NAME_TAKEN, NOT_A_NAME
from .groups import examples, group
from .options import PROGRAM, Format, FormatOption
from .project import clone

app = group("Lays out something new in a clone of the project.", "new contract notes")

TEMPLATES = Path(__file__).parent / "templates" / "contract"
CONTRACTS = "src/autochain/onchain/contracts"
FILES = ("README.md", "__init__.py", "messages.py", "errors.py", "state.py", "handlers.py", "queries.py")
NAME = re.compile(r"[a-z][a-z_]{1,18}[a-z]")
INTERFACES = ("accounts", "money")
"""What every chain binds to one of its contracts; no contract is called so itself."""
NAMELESS = ("common", "helpers", "misc", "test", "tests", "utils")
"""A name says what a contract is about; the project's own tests refuse these, or take them for tests."""
HISTORY = """import json, sys
from vectors.golden.generate import make
sys.stdout.write(json.dumps(make(sys.argv[1]), indent=1) + "\\n")
"""
"""What records a history, in a process that sees the changed sources."""
UNCOPIED = ("__pycache__", "web", "*.json", ".*")

Edit = Callable[[str], str]
"""the text of a file -> its new text"""


@app.command(epilog=examples("new contract notes", "new contract road_works --format json"))
def contract(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is about, in one word or with underscores.")],
    form: FormatOption = Format.TABLE,
) -> None:
    """Lays out a contract that runs as it is, and gives it its place on the main chain.

    Its folder with specification, messages, refusals, state, handlers and queries; its tests, an invariant that is seen
    to break and a recorded history. Networks that are made from then on have it. All is written, or nothing.
    """
    root = clone()
    _check(root, name)
    edited = _edited(root, name)
    made = _made(name)
    vector = f"tests/vectors/golden/{name}_history.json"
    made[vector] = _history(root, name, {**edited, **made})
    _write(root, made, edited)
    show(
        form,
        {
            "contract": name,
            "written": sorted(made),
            "changed": sorted(edited),
            "try": f"{PROGRAM} test tests/onchain/contracts",
        },
    )


def _check(root: Path, name: str) -> None:
    """Refuses a name that is none, or that has a meaning already."""
    if not NAME.fullmatch(name) or "__" in name:
        raise NOT_A_NAME(name[:60])
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in sys.stdlib_module_names or name in INTERFACES:
        raise NAME_TAKEN(f"{name} is a word of Python or of the ledger")
    if name in NAMELESS:
        raise NAME_TAKEN(f"{name} does not say what it is about")
    if hasattr(builtins, name) or any((root / folder / name).exists() for folder in (CONTRACTS, "src/autochain")):
        raise NAME_TAKEN(f"there is {name} already")
    core = (root / "src/autochain/onchain").rglob("*.py")
    speaking = [path for path in core if (root / CONTRACTS) not in path.parents]
    for path in [*speaking, *(root / file for file in _edits(name) if file.endswith(".py"))]:
        if path.exists() and name in words_of(path.read_text("utf-8")):
            raise NAME_TAKEN(f"{name} is used in {path.relative_to(root)}")


def _edits(name: str) -> Mapping[str, Edit]:
    """Gives how each file that lists contracts is changed."""
    contracts = "autochain.onchain.contracts"
    put = f'harness.do(owner, {name}.Put("tyres", "changed"))'
    corruption = f'("{name}", "each owner is counted with all its notes", change({name}.COUNTS, notes=2))'
    history = Template((TEMPLATES / "history.py.template").read_text("utf-8")).substitute(name=name)
    return {
        "chains/main.toml": lambda text: _with_contract(text, name),
        "src/autochain/network/chain_file.py": lambda text: with_element(
            with_import(text, "..onchain.contracts", name), "CONTRACTS", name
        ),
        "tests/chains/harness.py": lambda text: with_element(
            with_import(text, contracts, name), "CONTRACTS", f"{name}.CONTRACT"
        ),
        "tests/onchain/contracts/test_invariants.py": lambda text: with_element(
            with_last_line(with_import(text, contracts, name), "lived_in", put), "CORRUPTIONS", corruption
        ),
        "tests/onchain/ledger/everything.py": lambda text: with_element(
            with_import(text, contracts, name), "EXAMPLES", f'({name}.Put("tyres", "new"), {name}.Remove("tyres"))'
        ),
        "tests/vectors/golden/scenarios.py": lambda text: with_element(
            with_function(with_import(text, contracts, name), history, before="SCENARIOS"),
            "SCENARIOS",
            f"{name}_history",
        ),
    }


def _with_contract(text: str, name: str) -> str:
    """Adds a contract at the end of those of a chain file."""
    changed, count = re.subn(r"(?ms)^(contracts = \[[^\]]*?),?\s*\]", rf'\1, "{name}"]', text, count=1)
    if not count:
        raise NoPlace("a list of contracts")
    return changed


def _edited(root: Path, name: str) -> dict[str, str]:
    """Gives the new texts of the files that list contracts."""
    edited = {}
    for file, edit in _edits(name).items():
        try:
            edited[file] = edit((root / file).read_text("utf-8"))
            if file.endswith(".py"):
                ast.parse(edited[file])
        except (OSError, SyntaxError, NoPlace) as error:
            raise CLONE_CHANGED(f"{file}: {error}") from None
    return edited


def _made(name: str) -> dict[str, str]:
    """Gives the texts of the files of a new contract."""
    names = {"name": name, "title": name.replace("_", " ").capitalize()}
    files = {f"{CONTRACTS}/{name}/{file}": file for file in FILES} | {
        f"tests/onchain/contracts/test_{name}.py": "test.py"
    }
    return {
        path: Template((TEMPLATES / f"{file}.template").read_text("utf-8")).substitute(names)
        for path, file in files.items()
    }


def _history(root: Path, name: str, texts: Mapping[str, str]) -> str:
    """Records a history of the new contract, in a copy of the sources; the clone is not touched."""
    with tempfile.TemporaryDirectory(prefix="autochain-new-") as folder:
        copy = Path(folder)
        for part in ("src/autochain", "tests"):
            shutil.copytree(root / part, copy / part, ignore=shutil.ignore_patterns(*UNCOPIED))
        for path, text in texts.items():
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            (copy / path).write_text(text, "utf-8")
        paths = os.pathsep.join(str(copy / part) for part in ("src", "tests"))
        child = subprocess.run(
            [sys.executable, "-P", "-c", HISTORY, f"{name}_history"],
            cwd=copy,
            env=os.environ | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    if child.returncode:
        raise CLONE_CHANGED((child.stderr.strip().splitlines() or ["no history could be recorded"])[-1][:200])
    return child.stdout


def _write(root: Path, made: Mapping[str, str], edited: Mapping[str, str]) -> None:
    """Writes new files and changed ones, or, when one can't be written or Ctrl-C comes, leaves all as it was."""
    before = {file: (root / file).read_text("utf-8") for file in edited}
    new_folders = sorted({(root / file).parent for file in made if not (root / file).parent.exists()})
    with _undone_when_it_fails(root, list(made), before, new_folders):
        for folder in new_folders:
            folder.mkdir(parents=True)
        for file, text in made.items():
            with (root / file).open("x", encoding="utf-8") as opened:
                opened.write(text)
        for file, text in edited.items():
            _replace(root / file, text)


@contextlib.contextmanager
def _undone_when_it_fails(
    root: Path, made: list[str], before: Mapping[str, str], new_folders: list[Path]
) -> Iterator[None]:
    there = [file for file in made if (root / file).exists()]
    if there:
        raise NAME_TAKEN(f"there is {there[0]} already")
    try:
        yield
    except BaseException:
        for file, text in before.items():
            if (root / file).read_text("utf-8") != text:
                _replace(root / file, text)
        for file in made:
            (root / file).unlink(missing_ok=True)
        for folder in new_folders:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _replace(path: Path, text: str) -> None:
    """Replaces a file by another in one step, which keeps its rights."""
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(text, "utf-8")
        shutil.copymode(path, new)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
