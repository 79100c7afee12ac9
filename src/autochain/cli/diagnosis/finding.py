"""One thing that was looked at, and how all of them are told."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable
from typing import Literal, NamedTuple

State = Literal["sound", "doubtful", "wrong"]
MARKS: dict[State, str] = {"sound": "✓", "doubtful": "!", "wrong": "✗"}


class Finding(NamedTuple):
    """One thing that was looked at."""

    state: State
    what: str
    detail: str
    remedy: str = ""
    """What mends it; empty where it is sound."""


def program() -> str:
    """Says what the user calls us."""
    return os.environ.get("AUTOCHAIN_PROGRAM", "autochain")


def report(findings: Iterable[Finding], *, as_json: bool) -> int:
    """Prints findings as they come, or as one object; gives the exit code, 1 where something is wrong."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A mark must not fail on a terminal that lacks it.
        sys.stdout.reconfigure(errors="replace")
    done: list[Finding] = []
    for finding in findings:
        done.append(finding)
        if not as_json:
            _print(finding)
    wrong = sum(finding.state == "wrong" for finding in done)
    if as_json:
        print(json.dumps({"sound": not wrong, "findings": [finding._asdict() for finding in done]}, indent=2))
    elif wrong:
        print(f"\n{wrong} of {len(done)} things are wrong. Nothing was changed.")
    else:
        print("\nNothing is wrong.")
    sys.stdout.flush()
    return 1 if wrong else 0


def _print(finding: Finding) -> None:
    print(f"{MARKS[finding.state]} {_printable(finding.what)}: {_printable(finding.detail)}", flush=True)
    if finding.remedy:
        print(f"  → {_printable(finding.remedy)}", flush=True)


def _printable(text: str) -> str:
    """Leaves out what would steer a terminal: names of files stand in these texts."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
