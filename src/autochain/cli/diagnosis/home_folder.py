"""A home as a folder of the disk: whose it is, who may read it, who uses it, and the port beside it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import http.client
import os
import shlex
import shutil
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from .finding import Finding, program

MB = 1_000_000
LEAST_FREE_BYTES, FEW_FREE_BYTES = 100 * MB, 1_000 * MB
"""With less than the first nothing is kept any more soon; less than the second is told."""
NAMED = 4
"""How many files a remedy names one by one."""
SKEW_S = 5.0
"""How far clocks may differ before that is told."""
ANSWER_S = 5.0
EARLIEST_S = 1_767_225_600
"""2026-01-01: no clock that goes right shows an earlier time."""


def default_home() -> Path:
    """Gives the home that is used when none is named, as the network does; a test compares."""
    named = os.environ.get("AUTOCHAIN_HOME")
    if named:
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME", "")
    return (Path(data) if data else Path.home() / ".local" / "share") / "autochain"


def disk_finding(home: Path, *, free_bytes: int | None = None) -> Finding:
    """Says how much room the disk of a home has; `free_bytes` stands in for what the disk says."""
    place = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free if free_bytes is None else free_bytes
    text = f"{free / MB:,.0f} MB are free at {place}"
    if free < LEAST_FREE_BYTES:
        return Finding("wrong", "disk", text, "Make room, or let --home or AUTOCHAIN_HOME name a folder elsewhere.")
    if free < FEW_FREE_BYTES:
        return Finding("doubtful", "disk", text, "Make room before it is full; a network grows.")
    return Finding("sound", "disk", text)


def home_findings(home: Path) -> Iterator[Finding]:
    """Looks at whose a home is and who may read it."""
    what = "home"
    if not home.is_dir():
        yield Finding("wrong", what, f"{home} is no folder", "Name a folder with --home or AUTOCHAIN_HOME.")
        return
    if home.stat().st_uid != os.geteuid():
        owned = shlex.join(["sudo", "chown", "-R", str(os.geteuid()), str(home)])
        yield Finding("wrong", what, f"{home} belongs to user {home.stat().st_uid}", f"{owned}, or use your own home.")
        return
    unreadable: list[Path] = []
    folders: list[Path] = []
    files: list[Path] = []
    for path, mode in _modes(home):
        folder = stat.S_ISDIR(mode)
        if mode & 0o400 == 0 or (folder and mode & 0o700 != 0o700):
            unreadable.append(path)
        if mode & 0o077:
            (folders if folder else files).append(path)
    if unreadable:
        remedy = shlex.join(["chmod", "-R", "u+rwX", *map(str, unreadable[:NAMED])])
        yield Finding("wrong", what, f"you may not read {_some(unreadable)}", remedy)
    if folders or files:
        yield Finding("wrong", "rights", f"others may use {_some([*folders, *files])}", _close(home, folders, files))
    if not unreadable and not folders and not files:
        yield Finding("sound", what, f"{home}, for you alone")


def _modes(home: Path) -> Iterator[tuple[Path, int]]:
    """Goes through a home; into the vault only so far, for what lies there is encrypted, and much."""
    yield home, home.stat().st_mode
    for folder, names, files in os.walk(home):
        here = Path(folder)
        for name in [*names, *files]:
            with contextlib.suppress(FileNotFoundError):
                yield here / name, (here / name).lstat().st_mode
        if here == home / "vault":
            names.clear()


def _some(paths: list[Path]) -> str:
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return ", ".join(map(str, paths[:NAMED])) + more


def _close(home: Path, folders: list[Path], files: list[Path]) -> str:
    if len(folders) + len(files) > NAMED:
        return shlex.join(["chmod", "-R", "go-rwx", str(home)])
    pairs = (("700", folders), ("600", files))
    return "; ".join(shlex.join(["chmod", mode, *map(str, paths)]) for mode, paths in pairs if paths)


@contextlib.contextmanager
def standing_still(home: Path) -> Iterator[bool]:
    """Keeps others from starting on a home while it is looked at; False where somebody uses it."""
    try:
        file = (home / "lock").open("rb")
    except OSError:
        yield True
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def use_finding(home: Path, *, still: bool) -> Finding:
    """Says which process uses a home, and whether it answers."""
    what = "in use"
    address = _text(home / "address")
    if still:
        if address:
            detail = f"a process that was killed has left its address {address} behind"
            return Finding("doubtful", what, detail, "The next start clears it away.")
        return Finding("sound", what, "by no process")
    process = _text(home / "lock") or "unknown"
    if not address:
        return Finding("sound", what, f"by process {process}, which serves nobody else")
    fault = _answers(address)
    if fault:
        remedy = f"See what process {process} does; if it hangs, end it with `kill {process}` and start again."
        return Finding("wrong", what, f"by process {process}, which does not answer at {address}: {fault}", remedy)
    return Finding("sound", what, f"by process {process}, which answers at {address}")


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


def _answers(address: str) -> str:
    """Gives what is wrong with a node's answer; empty where it answers as one."""
    connection = http.client.HTTPConnection(address, timeout=ANSWER_S)
    try:
        connection.request("GET", "/chains/main/status")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    return "" if status == 200 else f"status {status}"


def port_finding(port: int, *, host: str = "127.0.0.1") -> Finding:
    """Says whether a start would get its port."""
    what, place = "port", f"{host}, port {port}"
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return Finding("wrong", what, f"{place}: {error.strerror}", f"Start with `{program()} --port 0`.")
            remedy = f"End it, or start with `{program()} --port 0` or another port."
            return Finding("wrong", what, f"{place} is taken{_holder(port)}", remedy)
    return Finding("sound", what, f"{place} is free")


def _holder(port: int) -> str:
    """Names the process that listens on a port, where this machine tells."""
    sockets = {
        f"socket:[{fields[9]}]"
        for table in ("tcp", "tcp6")
        for fields in map(str.split, _text(Path("/proc/net") / table).splitlines()[1:])
        if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port
    }
    for process in Path("/proc").glob("[0-9]*") if sockets else ():
        with contextlib.suppress(OSError):
            if any(os.readlink(each) in sockets for each in (process / "fd").iterdir()):
                return f" by process {process.name} ({_text(process / 'comm')})"
    return ""


def clock_finding(home: Path, *, now_s: float | None = None) -> Finding:
    """Holds the clock against the last time when the chain was written, and against the past; `now_s` stands in."""
    now = time.time() if now_s is None else now_s
    remedy = "Set the clock, as by `timedatectl set-ntp true`; blocks only go on from the time of the last one."
    text = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    if now < EARLIEST_S:
        return Finding("wrong", "clock", f"it shows {text}, which is long past", remedy)
    written = [file.stat().st_mtime for file in home.glob("chains/*/data.mdb")]
    ahead = max(written, default=now) - now
    if ahead > SKEW_S:
        return Finding(
            "wrong", "clock", f"it shows {text}; the chain was written {ahead:,.0f} s later than that", remedy
        )
    return Finding("sound", "clock", text)
