"""Checks a chain's store before it is opened: in a process of its own, for a damaged file may kill who reads it."""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from ...onchain.ledger import errors
from ...onchain.refusals import Refusal


class Checked(NamedTuple):
    """What a check that found nothing wrong went through."""

    entries: int
    blocks: int
    seconds: float


def check_store(folder: Path, *, whole: bool = False) -> Checked:
    """Refuses a damaged store with STORE_DAMAGED and names what is wrong; nobody may write to it meanwhile.

    Everything is read; the hash chain of blocks is followed for the last thousand, or with `whole` for all. The values
    of the state are not judged: their root is, by the machine that takes them up. A folder without a store is fine.
    """
    reading, writing = os.pipe()
    child = _forked()
    if child == 0:
        _tell(writing, folder, whole=whole)
    os.close(writing)
    told: bytes | None = None
    try:
        with open(reading, "rb") as pipe:
            told = pipe.read()
    finally:
        if told is None:
            # Who interrupts this does not wait for the whole store to be read.
            os.kill(child, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0:
        raise errors.STORE_DAMAGED(f"its reader died of {_signal_name(-code)}")
    answer: dict[str, Any] = json.loads(told)
    if "wrong" in answer:
        raise errors.STORE_DAMAGED(answer["wrong"])
    return Checked(**answer)


def _forked() -> int:
    """Parts this process in two: a fresh interpreter would take longer to load than most stores take to read."""
    with warnings.catch_warnings():
        # The child reads a file, writes to a pipe and is gone: it takes no lock that a thread left behind could hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _tell(pipe: int, folder: Path, *, whole: bool) -> NoReturn:
    """Reads the store in the child, writes what came of it into the pipe, and ends."""
    from .checking import check

    answer: dict[str, Any] = {}
    try:
        os.setsid()  # It does not get the interrupt that the terminal sends to its parent.
        faulthandler.disable()  # Its parent tells of which signal it died.
        _let_go(pipe)
        answer = check(folder, whole=whole)._asdict()
    except Refusal as refusal:
        answer = {"wrong": refusal.detail}
    finally:
        # Nothing of its parent's may run on here, whatever happened.
        failed = {"wrong": f"its reader failed: {sys.exc_info()[1]!r}"}
        os.write(pipe, json.dumps(answer or failed).encode())
        os._exit(0)


def _let_go(pipe: int) -> None:
    """Closes what is open but one pipe: a lock that is held by an open file ends with its parent, not with this."""
    os.closerange(3, pipe)
    os.closerange(pipe + 1, os.sysconf("SC_OPEN_MAX"))


def _signal_name(number: int) -> str:
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
