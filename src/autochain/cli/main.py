"""The entry of all commands, and the one place where what goes wrong becomes words."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from itertools import pairwise
from typing import NoReturn

from ..onchain.refusals import Broken, Refusal

REFUSED, MISUSED, INTERRUPTED = 1, 2, 130
"""Exit codes besides 0; the last one is what a shell gives to a program that Ctrl-C ends."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command that the arguments name, and ends the process."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name from a file must not fail on a terminal that lacks its letters.
            stream.reconfigure(errors="replace")
    try:
        code = _run(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    # Imported here, where Ctrl-C is answered already: these take most of the time in which a command starts.
    from typer import Abort, TyperException

    from .answers import plain, show_json
    from .app import program
    from .options import PROGRAM

    try:
        code = program(*arguments[:1]).main(arguments, prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except Abort:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        _leave_stdout()
        return REFUSED
    except TyperException as error:
        path = getattr(getattr(error, "ctx", None), "command_path", PROGRAM)
        # In one line: typer puts what may be chosen on lines of their own, behind tabs.
        text, remedy, number = " ".join(error.format_message().split()), f"See `{path} --help`.", "usage"
    except (Refusal, OSError, Broken) as error:
        text, remedy, number = _words(error)
    in_json = "--format=json" in arguments or ("--format", "json") in pairwise(arguments)
    try:
        if in_json:
            show_json({"error": {"code": number, "text": text, "remedy": remedy}})
        sys.stdout.flush()
    except OSError:
        # A full disk takes no refusal either.
        _leave_stdout()
        in_json = False
    if not in_json:
        print(plain(f"{text} [{number}]\n{remedy.rstrip()}"), file=sys.stderr)
    return MISUSED if number == "usage" else REFUSED


def _leave_stdout() -> None:
    """Lets what was not written go nowhere; the interpreter would complain about it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _words(error: Refusal | OSError | Broken) -> tuple[str, str, str]:
    """Says what is wrong, what mends it, and its number."""
    if isinstance(error, Refusal):
        return error.text, error.remedy, f"{error.codespace}/{error.code}"
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        return f"The system refuses: {error.strerror or error}{where}.", "Mend that, then try again.", "system"
    if os.environ.get("AUTOCHAIN_DEBUG"):
        traceback.print_exception(error)
    return f"AutoChain broke a rule of its own: {error}.", "Please report it; AUTOCHAIN_DEBUG=1 shows where.", "bug"
