"""`autochain doctor`: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

from pathlib import Path

import typer

from .options import Format, FormatOption, HomeOption, named_home


def doctor(home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Says what is wrong with this installation and how to mend it.

    Python, libraries, console, disk, clock, the home with its rights, keys, vault and chain, and the port. Nothing is
    changed. `./run doctor` works also where a library does not load. It ends with 1 when something is wrong.
    """
    from .diagnosis import default_home, diagnose, installation_at, report, usual_port

    installed, folder = installation_at(Path(__file__).parents[1]), named_home(home) or default_home()
    raise typer.Exit(report(diagnose(installed, folder, port=usual_port()), as_json=form is Format.JSON))
