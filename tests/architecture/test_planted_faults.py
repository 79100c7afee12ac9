"""Faults planted on purpose into a copy of the source: each check turns red for its own, and only for that."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from .bans import (
    ADDRESS,
    CHANCE,
    CLOCK,
    DIVISION,
    FLOAT,
    HIDDEN,
    LIBRARY,
    POWER,
    THREADS,
    TRICK,
    UNICODE,
    WORLD,
    ban_faults,
)
from .linter import lint
from .set_order import ORDER
from .source import SRC, Fault, Source
from .structure import (
    contract_faults,
    core_faults,
    door_faults,
    folder_faults,
    name_faults,
    number_faults,
    size_faults,
)

Check = Callable[[Source], list[Fault]]
CHECKS: tuple[Check, ...] = (
    ban_faults,
    contract_faults,
    core_faults,
    door_faults,
    folder_faults,
    name_faults,
    number_faults,
    size_faults,
)
TOKEN = "onchain/contracts/token/handlers.py"
MARKET = "onchain/contracts/market/handlers.py"
TREE = "onchain/ledger/tree.py"


class Planted(NamedTuple):
    """Lines put at the end of a file, and what must then be found there."""

    file: str
    lines: str
    rule: str


BANNED = [
    Planted(TOKEN, "import time\n", CLOCK),
    Planted(TOKEN, "from datetime import datetime\n", CLOCK),
    Planted(TOKEN, "def late() -> int:\n    import time\n\n    return time.time_ns()\n", CLOCK),
    Planted(TOKEN, "HALF = 0.5\n", FLOAT),
    Planted(TOKEN, "def whole(text: str) -> int:\n    return int(float(text))\n", FLOAT),
    Planted(TOKEN, "def half(n: int) -> object:\n    return n / 2\n", FLOAT),
    Planted(TOKEN, "def half(n: int) -> object:\n    n /= 2\n    return n\n", FLOAT),
    Planted(TOKEN, "import math\n", FLOAT),
    Planted(TOKEN, "def half(n: int) -> int:\n    return n // 2\n", DIVISION),
    Planted(TOKEN, "def odd(n: int) -> int:\n    return n % 2\n", DIVISION),
    Planted(TOKEN, "def half(n: int) -> object:\n    return divmod(n, 2)\n", DIVISION),
    Planted(TOKEN, "def large(n: int) -> int:\n    return 10**n\n", POWER),
    Planted(TOKEN, "def large(n: int) -> int:\n    return pow(10, n)\n", POWER),
    Planted("onchain/units.py", "def large(n: int) -> int:\n    return 10**n\n", POWER),
    Planted(TOKEN, "def first(names: set[str]) -> list[str]:\n    return [name for name in names]\n", ORDER),
    Planted(TOKEN, "def go(names: list[str]) -> None:\n    for name in set(names):\n        del name\n", ORDER),
    Planted(TOKEN, "def go(a: dict[str, int]) -> None:\n    for k in a.keys() - {'x'}:\n        del k\n", ORDER),
    Planted(
        TOKEN, "def go(names: list[str]) -> list[str]:\n    seen = {n for n in names}\n    return list(seen)\n", ORDER
    ),
    Planted(TOKEN, "def go(names: list[str]) -> tuple[str, ...]:\n    return (*frozenset(names),)\n", ORDER),
    Planted(TOKEN, "def go(names: list[str]) -> str:\n    return ','.join({*names})\n", ORDER),
    Planted(TOKEN, "def go(names: list[str]) -> str:\n    return set(names).pop()\n", ORDER),
    Planted(TOKEN, "def go(names: set[str]) -> str:\n    a, b = names\n    return a + b\n", ORDER),
    Planted(TOKEN, "def go(names: set[str]) -> str:\n    return f'{names}'\n", ORDER),
    Planted(TREE, "def go(names: set[str]) -> object:\n    return max(names, key=len)\n", ORDER),
    Planted(TOKEN, "import random\n", CHANCE),
    Planted(TOKEN, "from nacl.bindings import randombytes\n", CHANCE),
    Planted(TOKEN, "import secrets\n", CHANCE),
    Planted(TOKEN, "import uuid\n", CHANCE),
    Planted(TOKEN, "def read() -> str:\n    return open('/etc/hosts').read()\n", WORLD),
    Planted(TOKEN, "import os\n", WORLD),
    Planted(TOKEN, "import io\n", WORLD),
    Planted(TOKEN, "import socket\n", WORLD),
    Planted(TOKEN, "import threading\n", THREADS),
    Planted(TOKEN, "import asyncio\n", THREADS),
    Planted(TOKEN, "def place(name: str) -> int:\n    return hash(name)\n", ADDRESS),
    Planted(TOKEN, "def place(name: str) -> int:\n    return id(name)\n", ADDRESS),
    Planted(TOKEN, "def place(name: str) -> int:\n    return name.__hash__()\n", ADDRESS),
    Planted(TOKEN, "import locale\n", UNICODE),
    Planted(TOKEN, "import re\n", UNICODE),
    Planted(TOKEN, "def small(name: str) -> str:\n    return name.lower()\n", UNICODE),
    Planted(TOKEN, "def is_number(name: str) -> bool:\n    return name.isdigit()\n", UNICODE),
    Planted(TOKEN, "def words(name: str) -> list[str]:\n    return name.split()\n", UNICODE),
    Planted(TOKEN, "def read(thing: object, name: str) -> object:\n    return getattr(thing, name)\n", TRICK),
    Planted(TOKEN, "def read(thing: object) -> object:\n    return thing.__dict__\n", TRICK),
    Planted(TOKEN, "def run(text: str) -> object:\n    return eval(text)\n", TRICK),
    Planted(TOKEN, "SEEN = 0\n\n\ndef see() -> None:\n    global SEEN\n    SEEN = 1\n", HIDDEN),
    Planted(TOKEN, "import json\n", LIBRARY),
    Planted(TOKEN, "import httpx\n", LIBRARY),
    Planted(TOKEN, "from ....node import store\n", "onchain/ imports nothing from outside it."),
    Planted(TOKEN, "from autochain.onchain import codec\n", "Own modules are imported relatively."),
]
CONTRACTS = [
    Planted(MARKET, "from ..consent.state import CONSENTS\n", "A contract sees another one's `__init__` only."),
    Planted(MARKET, "from ..consent import state\n", "A contract sees another one's `__init__` only."),
    Planted(MARKET, "from ..mining import GetTerms\n", "A contract names in `uses` whom it uses."),
    Planted(
        "onchain/contracts/token/messages.py",
        "class Burn(Message, frozen=True, tag='token/Destroy'):\n    amount_uacc: Amount\n",
        "A tag is made of folder and class by tag_of.",
    ),
    Planted(
        "onchain/contracts/token/messages.py",
        "class Burn(Message, frozen=True):\n    amount_uacc: Amount\n",
        "A tag is made of folder and class by tag_of.",
    ),
]
CORE = [
    Planted("onchain/ledger/machine.py", "FIRST = 'identity'\n", "The core names no contract."),
    Planted("onchain/ledger/machine.py", "TAG = 'token/Transfer'\n", "The core names no contract."),
    Planted("onchain/ledger/machine.py", "KEY = b'token/balances/'\n", "The core names no contract."),
    Planted("onchain/ids.py", "def of(consent: bytes) -> bytes:\n    return consent\n", "The core names no contract."),
    Planted("onchain/ledger/machine.py", "from ..contracts import token as money\n", "The core imports no contract."),
]
HOUSE = [
    Planted(
        "wallet/wallet.py", "from ..onchain.ledger import dispatch\n", "Another folder is entered by its `__init__`."
    ),
    Planted("wallet/utils.py", '"""Says nothing."""\n', "A name says what a file is about."),
    Planted("wallet/misc/__init__.py", '"""Says nothing."""\n', "A name says what a file is about."),
    Planted("wallet/backup.py", "X = 1\n", "A module says in its first line what it is."),
    Planted("wallet/keys/one.py", '"""A key."""\n', "A folder has an `__init__` whose docstring says what it is."),
    Planted("wallet/wallet.py", "# more\n" * 500, "A file has at most 500 lines."),
    Planted("wallet/wallet.py", "def long() -> None:\n" + "    ...\n" * 70, "A function has at most 70 lines."),
]
NUMBERS = [
    Planted("wallet/wallet.py", 'AGAIN = Reason("wallet", 1, "No.", "Yes.")\n', "A number stands for one reason."),
    Planted(
        "onchain/contracts/token/errors.py",
        'AGAIN = Reason(HERE, 1, "No.", "Yes.")\n' * 2,
        "A number stands for one reason.",
    ),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, with the project's settings beside it."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(SRC, root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(SRC.parent / "pyproject.toml", root)
    return root


@pytest.fixture
def plant(copy: Path) -> Iterator[Callable[[str, str], None]]:
    """Puts lines at the end of a file of the copy, and takes them away again after the test."""
    undo: list[Callable[[], object]] = []

    def put(file: str, lines: str) -> None:
        path = copy / "src" / "autochain" / file
        new = [folder for folder in path.parents if not folder.exists()]
        if new:
            path.parent.mkdir(parents=True)
            undo.append(lambda: shutil.rmtree(new[-1]))
        elif path.exists():
            before = path.read_text("utf-8")
            undo.append(lambda: path.write_text(before, "utf-8"))
        else:
            undo.append(path.unlink)
        old = path.read_text("utf-8") + "\n\n" if path.exists() else ""
        path.write_text(old + lines, "utf-8")

    yield put
    for act in undo:
        act()


def faults(copy: Path) -> dict[str, set[Fault]]:
    source = Source(copy / "src")
    return {check.__name__: set(check(source)) for check in CHECKS}


@pytest.fixture(scope="module")
def clean(copy: Path) -> dict[str, set[Fault]]:
    """What the checks find in the copy before anything is planted."""
    return faults(copy)


def named(planted: Planted) -> str:
    return f"{planted.file.rpartition('/')[2]}: {planted.lines.strip()[:60]}"


@pytest.mark.parametrize(
    ("check", "planted"),
    [
        *((ban_faults, planted) for planted in BANNED),
        *((contract_faults, planted) for planted in CONTRACTS),
        *((core_faults, planted) for planted in CORE),
        *((door_faults, planted) for planted in HOUSE[:1]),
        *((name_faults, planted) for planted in HOUSE[1:3]),
        *((folder_faults, planted) for planted in HOUSE[3:5]),
        *((size_faults, planted) for planted in HOUSE[5:]),
        *((number_faults, planted) for planted in NUMBERS),
    ],
    ids=lambda value: named(value) if isinstance(value, Planted) else value.__name__,
)
def test_a_planted_fault_is_found_where_it_stands(
    copy: Path, plant: Callable[[str, str], None], clean: dict[str, set[Fault]], check: Check, planted: Planted
) -> None:
    plant(planted.file, planted.lines)
    found = set(check(Source(copy / "src"))) - clean[check.__name__]
    assert {fault.rule for fault in found} >= {planted.rule}
    assert all(planted.file.startswith(fault.path) or fault.path.startswith("autochain/") for fault in found)


def test_a_contract_that_lacks_a_file_is_found(copy: Path) -> None:
    errors = copy / "src" / "autochain" / "onchain" / "contracts" / "token" / "errors.py"
    before = errors.read_text("utf-8")
    errors.unlink()
    found = contract_faults(Source(copy / "src"))
    errors.write_text(before, "utf-8")
    assert [fault.detail for fault in found] == ["errors.py"]


@pytest.mark.parametrize(
    ("file", "lines"),
    [
        ("wallet/wallet.py", "from ..client import client\n"),
        ("wallet/wallet.py", "from ..vault import keys\n"),
        ("privacy/ed25519.py", "def late() -> None:\n    from ..wallet import load\n\n    load\n"),
        ("onchain/ids.py", "from ..privacy import ed25519\n"),
        ("onchain/ledger/tree.py", "from ...node import store\n"),
        ("onchain/ledger/tree.py", "from ..contracts import token\n"),
        ("onchain/crypto/merkle.py", "from ..ledger import tree\n"),
        ("node/http.py", "from ..onchain.contracts import token\n"),
        ("node/http.py", "from ..client import client\n"),
        ("loose.py", '"""Belongs to no layer."""\n'),
    ],
)
def test_an_import_against_the_layers_turns_the_linter_red(
    copy: Path, plant: Callable[[str, str], None], file: str, lines: str
) -> None:
    plant(file, lines)
    kept, said = lint(copy)
    assert not kept
    assert "BROKEN" in said


def test_nothing_is_found_in_the_copy_before_and_after(copy: Path, clean: dict[str, set[Fault]]) -> None:
    assert clean["ban_faults"] | clean["contract_faults"] | clean["core_faults"] == set()
    assert faults(copy) == clean
    kept, said = lint(copy)
    assert kept, said


@pytest.mark.parametrize(
    "lines",
    [
        "def go(names: set[str]) -> list[str]:\n    return sorted(names)\n",
        "def go(names: set[str]) -> list[str]:\n    return sorted(name + 'x' for name in names)\n",
        "def go(names: set[str]) -> bool:\n    return 'x' in names and len(names) > 1 and names <= {'x', 'y'}\n",
        "def go(names: list[str]) -> int:\n    return len({name for name in names})\n",
        "def go(names: set[str], more: set[str]) -> int:\n    return max(len(name) for name in names | more)\n",
        "def go(names: dict[str, int]) -> list[str]:\n    return [name for name in names]\n",
        "def go(text: str) -> list[str]:\n    return text.split(',')\n",
        "def go(**more: int) -> dict[str, int]:\n    return dict(**more)\n",
        "def go(n: int, /) -> int:\n    return n << 3 & 7\n",
    ],
)
def test_what_is_alike_everywhere_is_left_alone(copy: Path, plant: Callable[[str, str], None], lines: str) -> None:
    plant(TOKEN, lines)
    assert ban_faults(Source(copy / "src")) == []
