"""The program itself: its Python, what is installed for it, and whether that loads."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from .finding import Finding, program

LIBRARIES = {
    "cryptography": "cryptography.hazmat.bindings._rust",
    "httptools": "httptools",
    "httpx": "httpx",
    "jsonschema": "jsonschema",
    "litestar": "litestar",
    "lmdb": "lmdb",
    "msgspec": "msgspec",
    "obstore": "obstore.store",
    "prometheus-client": "prometheus_client",
    "psycopg": "psycopg",
    "pyarrow": "pyarrow",
    "PyNaCl": "nacl.bindings",
    "python-pkcs11": "pkcs11._pkcs11",
    "rbcl": "rbcl",
    "rfc8785": "rfc8785",
    "rich": "rich.console",
    "SQLAlchemy": "sqlalchemy",
    "typer": "typer",
    "uvicorn": "uvicorn",
}
"""What must load, with the module that loads its compiled part."""
LOAD = "import importlib, importlib.metadata, sys; importlib.import_module(sys.argv[1])\n" + (
    "print(importlib.metadata.version(sys.argv[2]))"
)
AT_ONCE = 2
LOAD_S = 60.0
"""How long one library may take to load."""
LEAST_PYTHON = (3, 11)


class Installation(NamedTuple):
    """Where a program is installed."""

    root: Path | None
    """The clone; None where a package was installed without one."""
    venv: Path
    python: Path
    """The Python that runs the program."""

    @property
    def package(self) -> Path:
        """The folder of the package itself."""
        return Path(__file__).parents[2]


def python_finding(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    text = f"{'.'.join(map(str, version))} at {sys.executable}"
    if version[:2] < LEAST_PYTHON:
        return Finding("wrong", "Python", text, "Install Python 3.11 or later beside it.")
    return Finding("sound", "Python", text)


def environment_finding(installed: Installation) -> Finding:
    """Compares the environment with the lock that it was made from."""
    what, venv, root = "environment", installed.venv, installed.root
    if not os.access(installed.python, os.X_OK):
        remedy = f"`{program()}` makes it." if root else "Install the package again."
        return Finding("wrong", what, f"{installed.python} is not there", remedy)
    if root is None:
        return Finding("sound", what, f"{venv}; the package is installed, not a clone")
    again = f"`{program()}` begins again; if it does not, delete {venv} first."
    try:
        stamp = (venv / "autochain.stamp").read_bytes()
    except OSError as error:
        return Finding("wrong", what, f"{venv}: its stamp can't be read ({error.strerror})", again)
    if not stamp:
        return Finding("wrong", what, f"{venv}: installing was interrupted", again)
    place, _, rest = _split(stamp)
    python_name = f"python{sys.version_info[0]}.{sys.version_info[1]}{sys.abiflags}"
    if place != [str(root), str(venv), python_name]:
        return Finding(
            "wrong", what, f"{venv}: it was made for another folder or Python", f"`{program()}` makes it anew."
        )
    lock, _, pinned = rest.partition(b"\n")
    file = root / "locks" / f"{lock.decode(errors='replace')}.txt"
    if not file.exists() or file.read_bytes() != pinned:
        return Finding("wrong", what, f"{venv}: it holds what another {file.name} named", f"`{program()}` mends it.")
    return Finding("sound", what, f"{venv}, as locks/{file.name} says")


def _split(stamp: bytes) -> tuple[list[str], bytes, bytes]:
    lines = stamp.split(b"\n", 3)
    return [os.fsdecode(line) for line in lines[:3]], b"\n", lines[3] if len(lines) > 3 else b""


def library_findings(installed: Installation) -> Iterator[Finding]:
    """Loads each library in a process of its own, for one that is broken may take its process along."""
    pinned = _pinned(installed.root)
    sound = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        loaded = pool.map(lambda item: _load(installed.python, item[1], item[0]), LIBRARIES.items())
        for name, (version, fault) in zip(LIBRARIES, loaded, strict=True):
            expected = pinned.get(_normal(name), version)
            if fault:
                yield Finding("wrong", f"library {name}", fault, _mend(installed))
            elif version != expected:
                yield Finding(
                    "wrong", f"library {name}", f"it is {version}, the lock says {expected}", _mend(installed)
                )
            else:
                sound.append(f"{name} {version}")
    if sound:
        yield Finding("sound", "libraries", ", ".join(sound))


def _mend(installed: Installation) -> str:
    if installed.root is None:
        return "Install the package again."
    return f"Delete {installed.venv} and start `{program()}`: it installs what the lock names."


def _load(python: Path, module: str, distribution: str) -> tuple[str, str]:
    """Gives the version of a library, or what happens when it is loaded."""
    command = [str(python), "-P", "-c", LOAD, module, distribution]
    try:
        child = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LOAD_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "", f"it does not load within {LOAD_S:.0f} s"
    except OSError as error:
        return "", f"{python} does not start: {error.strerror}"
    if child.returncode < 0:
        return "", f"who loads it dies of {signal.Signals(-child.returncode).name}"
    if child.returncode:
        return "", (child.stderr.strip().splitlines() or ["it does not load"])[-1][:200]
    return child.stdout.strip(), ""


def _pinned(root: Path | None) -> dict[str, str]:
    """Reads which versions the lock names."""
    file = root / "locks" / "runtime.txt" if root else None
    text = file.read_text() if file and file.exists() else ""
    return {_normal(name): version for name, version in re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^\s;]+)", text)}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def console_finding(package: Path) -> Finding:
    """Looks whether the console's built files are whole."""
    what, folder = "console", package / "web"
    remedy = "Fetch the project again, or build them with `./run console`."
    try:
        page = (folder / "index.html").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return Finding("doubtful", what, f"{folder / 'index.html'} is not there; all but the console works", remedy)
    named = re.findall(r"""(?:src|href)=["'](?:\./|/)?(assets/[^"'?#]+)""", page)
    lost = [name for name in named if not (folder / name).is_file()]
    if lost:
        return Finding("wrong", what, f"{folder} lacks {', '.join(lost[:3])}", remedy)
    return Finding("sound", what, f"{folder}, {len(named)} files named by its page")
