"""Tests of laying out a contract: in a copy of the clone it then runs as it is, and nothing is ever half done."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from architecture.structure import NAMELESS

from autochain.cli import creating, editing
from autochain.cli.editing import NoPlace, with_element, with_import, with_last_line, words_of
from cli.program import Program, refused

ROOT = Path(__file__).parents[2]
COPIED = ("src", "tests", "chains", "bench", "docs", "pyproject.toml", "run", "README.md", "ARCHITECTURE.md")
CHECKED = [
    "src/autochain/onchain",
    "src/autochain/network/chain_file.py",
    "tests/chains",
    "tests/onchain/contracts",
    "tests/vectors",
]
LONGEST = "a_twenty_letter_word"


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, made once; nobody changes it."""
    folder = tmp_path_factory.mktemp("untouched") / "clone"
    folder.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "node_modules", "web")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def clone(untouched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project, which the command takes for the clone that it runs in."""
    folder = shutil.copytree(untouched, tmp_path / "clone")
    monkeypatch.setattr(creating, "clone", lambda: folder)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(clone: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Runs a tool in the copy."""
    surroundings = os.environ | {"PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    program = [sys.executable, "-m", *command]
    return subprocess.run(program, cwd=clone, env=surroundings, capture_output=True, text=True, check=False)


def passes(clone: Path, *command: str) -> None:
    ended = run(clone, *command)
    assert ended.returncode == 0, ended.stdout[-4_000:] + ended.stderr[-2_000:]


def test_a_contract_is_written_whole_and_its_own_tests_and_house_rules_pass(fresh: Program, clone: Path) -> None:
    before = files(clone)
    answer = fresh.json("new", "contract", LONGEST)
    after = files(clone)
    assert sorted(set(after) - set(before)) == answer["written"]
    assert sorted(path for path in before if after[path] != before[path]) == answer["changed"]
    main = tomllib.loads(after["chains/main.toml"].decode())
    assert main["contracts"] == [*tomllib.loads(before["chains/main.toml"].decode())["contracts"], LONGEST]
    passes(clone, "ruff", "check", "--no-cache", *CHECKED)
    passes(clone, "ruff", "format", "--no-cache", "--check", *CHECKED)
    contracts = "tests/onchain/contracts"
    general = ("test_readmes.py", "test_refusals.py", "test_invariants.py", f"test_{LONGEST}.py")
    tests = [*(f"{contracts}/{file}" for file in general), "tests/architecture/test_onchain.py", "tests/vectors/golden"]
    passes(clone, "pytest", "-q", "-p", "no:cacheprovider", *tests, "-k", f"{LONGEST} or every or onchain_code")


@pytest.mark.soak
def test_two_contracts_leave_all_rules_types_and_tests_of_contracts_whole(fresh: Program, clone: Path) -> None:
    for name in (LONGEST, "road_works"):
        fresh.json("new", "contract", name)
    passes(clone, "ruff", "check", "--no-cache", *CHECKED)
    passes(clone, "mypy", *CHECKED)
    tests = ["tests/architecture", "tests/onchain", "tests/vectors", "tests/network/test_chain_file.py"]
    passes(clone, "pytest", "-q", "-p", "no:cacheprovider", "-n", "auto", *tests)
    home = clone / "home"
    ended = run(clone, "autochain", "recording", "list", "--home", str(home))
    assert "There is no network" in ended.stderr


@pytest.mark.parametrize(
    "name", ["Notes", "no", "a__b", "_a_b", "a_b_", "notes1", "no tes", "x" * 21, "../notes", "été"]
)
def test_a_name_that_is_none_is_refused(
    fresh: Program, untouched: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(creating, "clone", lambda: untouched)
    refused(fresh, "new", "contract", name, code="cli/20", text="not a name")


@pytest.mark.parametrize(
    "name", ["lambda", "match", "time", "json", "list", "token", "accounts", "money", "network", "height", "harness"]
)
def test_a_name_that_has_a_meaning_already_is_refused_and_nothing_is_written(
    fresh: Program, untouched: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(creating, "clone", lambda: untouched)
    before = files(untouched)
    refused(fresh, "new", "contract", name, code="cli/21", text="meaning already")
    assert files(untouched) == before


@pytest.mark.parametrize("name", sorted({*NAMELESS, "test", "tests"}))
def test_a_name_that_says_nothing_is_refused_as_the_house_rules_would(
    fresh: Program, untouched: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(creating, "clone", lambda: untouched)
    refused(fresh, "new", "contract", name, code="cli/21", text="does not say what it is about")


def test_a_clone_whose_lists_were_changed_is_refused_with_the_place(fresh: Program, clone: Path) -> None:
    harness = clone / "tests" / "chains" / "harness.py"
    harness.write_text(harness.read_text().replace("CONTRACTS: tuple", "ALL: tuple"))
    before = files(clone)
    refused(fresh, "new", "contract", "notes", code="cli/22", text="tests/chains/harness.py: a list called CONTRACTS")
    assert files(clone) == before


def test_a_history_that_can_not_be_recorded_leaves_the_clone_as_it_was(fresh: Program, clone: Path) -> None:
    (clone / "tests" / "vectors" / "golden" / "generate.py").write_text("raise SystemExit('it is broken')\n")
    before = files(clone)
    refused(fresh, "new", "contract", "notes", code="cli/22", text="it is broken")
    assert files(clone) == before


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "ctrl-c"])
def test_a_disk_that_is_full_and_ctrl_c_in_the_middle_leave_the_clone_as_it_was(
    fresh: Program, clone: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    replace: Callable[[Path, str], None] = creating._replace
    left = [2]

    def replace_some(path: Path, text: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise error
        replace(path, text)

    before = files(clone)
    monkeypatch.setattr(creating, "_replace", replace_some)
    assert fresh("new", "contract", "notes").code != 0
    assert files(clone) == before


def test_without_a_clone_the_mend_is_to_get_one(fresh: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autochain.cli.project.__file__", "/usr/lib/python3/site-packages/autochain/cli/project.py")
    refused(fresh, "new", "contract", "notes", code="cli/9", text="needs a clone")


def test_an_import_takes_one_more_name_in_order_or_stands_before_those_from_below() -> None:
    assert with_import("from a import b, d\nx = 1\n", "a", "c") == "from a import (\n    b,\n    c,\n    d,\n)\nx = 1\n"
    assert with_import("from ..a import b\n", "..a", "c") == "from ..a import (\n    b,\n    c,\n)\n"
    assert with_import("from a.b import c\n", "a", "d") == "from a import d\nfrom a.b import c\n"
    with pytest.raises(NoPlace, match="an import from z"):
        with_import("from a import b\n", "z", "c")


def test_a_list_takes_one_more_element_whether_it_has_a_line_for_each_or_not() -> None:
    assert with_element("X = (a, b)\n", "X", "c") == "X = (\n    a,\n    b,\n    c,\n)\n"
    assert with_element("X: list = [\n    a,  # Why.\n]\n", "X", "c") == "X: list = [\n    a,  # Why.\n    c,\n]\n"
    made = with_element("X = {\n    y: y\n    for y in (a, b)\n}\n", "X", "c")
    assert made == "X = {\n    y: y\n    for y in (\n        a,\n        b,\n        c,\n    )\n}\n"
    with pytest.raises(NoPlace, match="a list called X"):
        with_element("X = 1\n", "X", "c")


def test_a_function_takes_one_more_line_before_what_it_returns() -> None:
    assert (
        with_last_line("def f():\n    a()\n    return b\n", "f", "c()") == "def f():\n    a()\n    c()\n    return b\n"
    )
    with pytest.raises(NoPlace):
        with_last_line("def f():\n    a()\n", "f", "c()")
    with pytest.raises(NoPlace):
        editing.with_function("x = 1\n", "def f(): ...", before="y")


def test_the_words_of_a_module_are_its_names_and_texts_but_no_comments() -> None:
    text = "import a.b\nfrom c import d as e\nf: g = h.i(j=1)  # k\ndef l(m): 'n/o'\nclass p: q\n"
    assert words_of(text) == set("aefghijlmnpq")
