"""Every refusal that there is: its number, its words, and what mends it."""

from __future__ import annotations

import asyncio
import html
import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Annotated, TypeAlias

import msgspec
from litestar import MediaType, Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter, SkipValidation

from ..onchain.refusals import Reason
from .errors import UNKNOWN, problems, status_of

PACKAGE = __name__.split(".", maxsplit=1)[0]
Codespace: TypeAlias = Annotated[
    str, PathParameter(pattern="^[a-z][a-z0-9_]{0,40}$", max_length=41, description="The part that refuses.")
]
Code: TypeAlias = Annotated[int, PathParameter(ge=1, le=1_000_000, description="The number of the refusal there.")]
HEADERS = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{codespace}/{code}</title>
<style>
  :root {{ color-scheme: light dark }}
  body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }}
</style>
<main>
<p><code>{codespace}/{code}</code></p>
<h1>{text}</h1>
<p>{remedy}</p>
<p><a href="/">AutoChain</a></p>
</main>
</html>
"""


class ReasonFacts(msgspec.Struct, frozen=True):
    """One reason to refuse."""

    codespace: str
    """The contract or part that refuses."""
    code: int
    """Its number there, which stays what it is."""
    text: str
    remedy: str
    status: int
    """The status of HTTP that it comes with here."""
    type: str
    """The address of its page."""


class Reasons(msgspec.Struct, frozen=True):
    """All reasons to refuse, by part and number."""

    items: tuple[ReasonFacts, ...]


class KnownReasons:
    """Collects all reasons of the program when somebody first asks."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], Reason] = {}

    async def all(self) -> dict[tuple[str, int], Reason]:
        if not self._found:
            # Parts that are not in use are imported for this, which takes a moment.
            self._found = await asyncio.to_thread(find_reasons)
        return self._found


Known: TypeAlias = NamedDependency[SkipValidation[KnownReasons]]


def find_reasons() -> dict[tuple[str, int], Reason]:
    """Finds every reason that a module of the program declares."""
    reasons = [value for module in _modules() for value in vars(module).values() if isinstance(value, Reason)]
    return {(each.codespace, each.code): each for each in sorted(reasons, key=lambda each: (each.codespace, each.code))}


def _modules() -> Iterator[ModuleType]:
    """Gives every module that this installation can run: one whose library is an extra's may be without it."""
    package = importlib.import_module(PACKAGE)
    for found in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
        if found.name.endswith("__main__"):
            continue
        try:
            yield importlib.import_module(found.name)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] == PACKAGE:
                raise


@get(
    "/reasons",
    operation_id="ListReasons",
    summary="List all reasons to refuse",
    tags=["network"],
    responses=problems(),
)
async def list_reasons(reasons: Known) -> Reasons:
    return Reasons(
        tuple(
            ReasonFacts(
                codespace=each.codespace,
                code=each.code,
                text=each.text,
                remedy=each.remedy,
                status=status_of(each()),
                type=f"/errors/{each.codespace}/{each.code}",
            )
            for each in (await reasons.all()).values()
        )
    )


@get(
    "/errors/{codespace:str}/{code:int}",
    operation_id="GetErrorPage",
    summary="Read what a problem means and what mends it",
    tags=["network"],
    media_type=MediaType.HTML,
    responses=problems(404),
)
async def error_page(reasons: Known, codespace: Codespace, code: Code) -> Response[str]:
    reason = (await reasons.all()).get((codespace, code))
    if reason is None:
        raise UNKNOWN(f"{codespace}/{code}")
    page = PAGE.format(
        codespace=html.escape(codespace), code=code, text=html.escape(reason.text), remedy=html.escape(reason.remedy)
    )
    return Response(
        page,
        media_type=MediaType.HTML,
        headers=HEADERS,
    )
