"""`autochain` alone starts the network; `reset` removes it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .options import Format, FormatOption, HomeOption, home_at, show


def start(
    context: typer.Context,
    home: HomeOption = None,
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, envvar="AUTOCHAIN_PORT", help="Where the node answers; 0 takes a free port."),
    ] = 8440,
    host: Annotated[
        str, typer.Option(help="The address to listen on; others than yourself reach it only if you say so.")
    ] = "127.0.0.1",
    cars: Annotated[int, typer.Option(min=0, max=100, help="How many simulated cars drive.")] = 3,
    seed: Annotated[int, typer.Option(help="From which the simulated world grows.")] = 1,
) -> None:
    """Vehicles and those around them share data that they can prove, keep private and get paid for.

    Without a command, starts the network and lets a few simulated cars drive, record, sell and earn on it.

    [bold]Examples[/bold]
      autochain                      start the network; Ctrl-C ends it
      autochain replay drives.csv    take in recorded drives, sell, read and prove them
      autochain recording list       see what is on the chain
    """
    if context.invoked_subcommand is None:
        from .serving import serve

        serve(home_at(home), host=host, port=port, cars=cars, seed=seed)


def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Removes the network of a home, with all its keys and recordings. There is no way back.

    [bold]Example[/bold]
      autochain reset --yes
    """
    from ..network.errors import HOME_IN_USE, NO_NETWORK

    place = home_at(home)
    if not place.exists:
        raise NO_NETWORK(str(place.path))
    if not yes and not (sys.stdin.isatty() and typer.confirm(f"Remove {place.path} with all its keys?")):
        raise typer.Exit(1)
    if not place.lock():
        raise HOME_IN_USE(str(place.path))
    try:
        place.reset()
    finally:
        place.unlock()
    show(form, {"removed": str(place.path)})
