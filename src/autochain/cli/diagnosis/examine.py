"""`./run doctor` where nothing is installed, or what is does not start."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from .diagnose import diagnose, installation_at
from .finding import report
from .home_folder import default_home

PORT = 8440


def examine(arguments: list[str]) -> int:
    """Looks at everything, as the command `doctor` does; gives the exit code."""
    parser = argparse.ArgumentParser(
        "./run doctor",
        description="Says what is wrong with this installation and how to mend it; nothing is changed.",
        epilog="Examples: ./run doctor, ./run doctor --home /tmp/try --format json",
    )
    parser.add_argument(
        "--home", metavar="FOLDER", default=default_home(), help="Where the network's state and keys lie."
    )
    parser.add_argument("--format", choices=("table", "json"), default="table", help="How the answer is printed.")
    options = parser.parse_args(arguments)
    installed = installation_at(Path(__file__).parents[2])
    return report(diagnose(installed, Path(options.home), port=usual_port()), as_json=options.format == "json")


def usual_port() -> int:
    """Gives the port that a start would take."""
    text = os.environ.get("AUTOCHAIN_PORT", "")
    return int(text) if text.isdecimal() and int(text) < 65_536 else PORT
