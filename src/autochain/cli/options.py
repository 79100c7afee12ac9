"""Options that many commands share, and what a command runs on: the network of a home."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Iterable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, cast, get_args

import typer

from .completing import parties

if TYPE_CHECKING:
    from ..network import Home, Network
    from ..onchain.contracts.recording import Category

R = TypeVar("R")

PROGRAM = os.environ.get("AUTOCHAIN_PROGRAM", "autochain")
"""What the user calls us."""


class Format(Enum):
    """How an answer is printed."""

    TABLE = "table"
    JSON = "json"


# The contracts' own words again: importing a contract would double the time in which `help` answers. A test compares.
PurposeName = Literal[
    "insurance", "maintenance", "navigation", "product_improvement", "research", "resale", "traffic_management"
]
PrecisionName = Literal["exact", "coarse", "aggregate"]


class CategoryName(Enum):
    """A category as a word of a command, which may be repeated; of literals typer takes no list."""

    CONDITION = "condition"
    ENERGY = "energy"
    ENGINE = "engine"
    ENVIRONMENT = "environment"
    MOTION = "motion"
    POSITION = "position"


class SuiteName(Enum):
    """A kind of signature key as a word of a command; its number is that of its place, from 1."""

    ED25519 = "ed25519"
    P256 = "p256"
    SM2 = "sm2"
    ML_DSA_65 = "ml-dsa-65"
    HYBRID = "hybrid"


def suite_number(suite: SuiteName) -> int:
    """Gives the number under which a chain admits a suite."""
    return list(SuiteName).index(suite) + 1


CATEGORY_HELP = f"What: {', '.join(name.value for name in CategoryName)}. Repeat it for several."


MAX_HEIGHT = 2**53 - 1
"""No chain grows taller, and every JSON reader holds it."""

FormatOption = Annotated[Format, typer.Option("--format", help="How the answer is printed.")]


def _folder(text: str) -> Path:
    if not text:
        raise typer.BadParameter("it is empty; name a folder.")
    return Path(text)


HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="FOLDER",
        parser=_folder,
        envvar="AUTOCHAIN_HOME",
        help="Where the network's state and keys lie.",
        show_default=False,
    ),
]
AsOption = Annotated[
    str,
    typer.Option("--as", metavar="PARTY", autocompletion=parties, help="The party who acts; its keys lie in the home."),
]
PurposeOption = Annotated[
    PurposeName, typer.Option(metavar="PURPOSE", help="What for: " + ", ".join(get_args(PurposeName)) + ".")
]
PrecisionOption = Annotated[PrecisionName, typer.Option(help="How closely.")]


def categories(names: Iterable[CategoryName]) -> tuple[Category, ...]:
    """Gives the categories that were named, each once and in order."""
    return cast("tuple[Category, ...]", tuple(sorted({name.value for name in names})))


def named_home(path: Path | None) -> Path | None:
    """Gives the folder that is named for the home, if any is."""
    # typer takes an empty variable for none, and the user's real home would be used where another was meant.
    if path is None and os.environ.get("AUTOCHAIN_HOME") == "":
        raise typer.BadParameter("it is empty; name a folder, or unset it.", param_hint="AUTOCHAIN_HOME")
    return path


def home_at(path: Path | None) -> Home:
    from ..network import Home, default_home

    folder = named_home(path) or default_home()
    vaults = tuple(filter(None, (part.strip() for part in os.environ.get("AUTOCHAIN_VAULT", "").split(","))))
    return Home(folder, vaults=vaults)


def with_network(path: Path | None, job: Callable[[Network], Coroutine[Any, Any, R]], *, make: bool = False) -> R:
    """Runs a job on the network of a home, in this process or through the one that has it."""
    import asyncio

    from ..network import open_network

    async def run() -> R:
        async with open_network(home_at(path), make=make) as network:
            return await job(network)

    return asyncio.run(run())
