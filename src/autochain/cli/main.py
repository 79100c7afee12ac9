"""The entry of all commands, and the one place where what goes wrong becomes words."""

from __future__ import annotations

import os
import sys
import traceback
from itertools import pairwise

from ..onchain.refusals import Broken, Refusal


def main() -> None:
    """Runs the command that the arguments name."""
    from .app import app

    try:
        app(prog_name=os.environ.get("AUTOCHAIN_PROGRAM", "autochain"))
    except Refusal as refusal:
        _end(refusal.text, refusal.remedy, f"{refusal.codespace}/{refusal.code}")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has seen enough; the interpreter must not complain about it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        _end(f"The system refuses: {error.strerror or error}{where}.", "Mend that, then try again.", "system")
    except Broken as broken:
        if os.environ.get("AUTOCHAIN_DEBUG"):
            traceback.print_exc()
        _end(f"AutoChain broke a rule of its own: {broken}.", "Please report it; AUTOCHAIN_DEBUG=1 shows where.", "bug")


def _end(text: str, remedy: str, number: str) -> None:
    if _wants_json():
        import json

        print(json.dumps({"error": {"code": number, "text": text, "remedy": remedy}}, ensure_ascii=False))
    else:
        print(f"{text}\n{remedy} [{number}]", file=sys.stderr)
    sys.exit(1)


def _wants_json() -> bool:
    given = sys.argv[1:]
    return "--format=json" in given or any(pair == ("--format", "json") for pair in pairwise(given))
