"""`autochain` alone starts the network; `reset` removes it."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from .. import __version__
from .answers import show
from .errors import NOT_CONFIRMED
from .options import Format, FormatOption, HomeOption, home_at


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"autochain {__version__}")
        raise typer.Exit()


def start(
    context: typer.Context,
    home: HomeOption = None,
    port: Annotated[
        int,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65535,
            envvar="AUTOCHAIN_PORT",
            help="Where the node answers; 0 takes a free port.",
        ),
    ] = 8440,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; others reach it only if you name another one.")
    ] = "127.0.0.1",
    cars: Annotated[int, typer.Option(metavar="CARS", min=0, max=100, help="How many simulated cars drive.")] = 3,
    seed: Annotated[int, typer.Option(metavar="SEED", help="From which the simulated world grows.")] = 1,
    form: FormatOption = Format.TABLE,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Starts the network, unless a command is named."""
    if context.invoked_subcommand is None:
        from .serving import Settings, serve

        names = ("AUTOCHAIN_INDEX", "AUTOCHAIN_RATE", "AUTOCHAIN_VC_API")
        read_model, rate, vc_api = (os.environ.get(name, "") for name in names)
        serve(home_at(home), Settings(host, port, cars, seed, form, read_model, rate, vc_api))
        return
    for option in context.command.params:
        source = context.get_parameter_source(option.name)
        if source is not None and source.name == "COMMANDLINE":
            context.fail(f"{option.opts[0]} stands before the command, where only a start has it; write it behind.")


def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Removes a network with all its keys and recordings.

    There is no way back.
    """
    from ..network import HOME_IN_USE, NO_NETWORK

    place = home_at(home)
    if not place.exists:
        raise NO_NETWORK(str(place.path))
    if not yes and not (sys.stdin.isatty() and typer.confirm(f"Remove {place.path} with all its keys?", err=True)):
        raise NOT_CONFIRMED(str(place.path))
    if not place.lock():
        raise HOME_IN_USE(place.holder)
    try:
        place.reset()
    finally:
        place.unlock()
    show(form, {"removed": str(place.path)})
