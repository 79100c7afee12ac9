"""Runs what people would type, one after another in this process: `python -m web.typed`, told by JSON.

Each is a list of a command's words, or a program's text. The answer names by its place what failed or said nothing.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys

from autochain.cli import main


def failed(typed: list[str] | str) -> str:
    """Runs one thing; gives why it did not do what it should, or nothing."""
    said, complained = io.StringIO(), io.StringIO()
    code: object = 0
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        try:
            if isinstance(typed, str):
                exec(typed, {})
            else:
                main(typed)
        except SystemExit as ended:
            code = ended.code
        # Whatever a page's program raises is what is looked for here.
        except Exception as error:
            code = repr(error)
    return "" if not code and said.getvalue().strip() else f"{code}: {said.getvalue()[-300:]}{complained.getvalue()}"


def run() -> None:
    json.dump({place: why for place, each in enumerate(json.load(sys.stdin)) if (why := failed(each))}, sys.stdout)


if __name__ == "__main__":
    run()
