"""Builds the documentation site, offline: what is written, each contract's specification, and what the code says.

`python docs/build.py FOLDER` leaves the pages in FOLDER/html.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
from sphinx.cmd.build import build_main
from typer.main import get_command

from autochain.api.reasons import find_reasons
from autochain.cli.app import app
from autochain.cli.groups import lines_of
from autochain.cli.settings import SETTINGS
from autochain.network import Home, HttpSettings, open_http, open_network

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CONTRACTS = ROOT / "src" / "autochain" / "onchain" / "contracts"
LINK = re.compile(r"\[([^\]]*)\]\((?!\w+:|#|/)([^)#\s]+)(#[^)\s]*)?\)")
"""A link to another file: its text, the path, and the place in it."""


def written() -> dict[Path, Path]:
    """Gives every document that somebody has written, and its place in the site."""
    found = {path: path.relative_to(DOCS) for path in DOCS.rglob("*.md")}
    found |= {ROOT / f"{name}.md": Path(f"{name.lower()}.md") for name in ("README", "ARCHITECTURE", "CHANGELOG")}
    return found | {
        path: Path("reference/contracts", f"{path.parent.name}.md") for path in CONTRACTS.glob("*/README.md")
    }


def linked(document: Path, places: Mapping[Path, Path]) -> str:
    """Gives a document's text with its links as they go in the site; what is no page of it is named and not linked."""

    def link(found: re.Match[str]) -> str:
        text, path, place = found.group(1), found.group(2), found.group(3) or ""
        target = (document.parent / path).resolve()
        if target.is_dir() and target / "README.md" in places:
            target /= "README.md"
        if target not in places:
            if not target.exists():
                raise SystemExit(f"{document}: nothing is at {path}.")
            return f"{text} (`{target.relative_to(ROOT)}`)"
        return f"[{text}]({os.path.relpath(places[target], places[document].parent)}{place})"

    return LINK.sub(link, document.read_text())


def contract_list() -> Iterator[str]:
    yield from ("# Contracts", "", "Each contract's specification, held against its code by the tests.", "")
    names = sorted(path.parent.name for path in CONTRACTS.glob("*/README.md"))
    yield from ("```{toctree}", ":maxdepth: 1", *(f"contracts/{name}" for name in names), "```")


def commands() -> Iterator[str]:
    """Yields the reference of all commands."""
    yield from ("# Commands", "", "As `./run X` in a clone, and as `autochain X` where it is installed.", "")
    yield from _command(get_command(app), "autochain")


def _command(command: Any, path: str) -> Iterator[str]:
    summary = (command.help or "").replace("\b", "").strip()
    yield from (f"## `{path}`", "", re.sub(r"\n +", "\n", summary), "")
    for option in command.params:
        if option.param_type_name == "option" and not option.hidden and "--help" not in option.opts:
            names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
            variable = f" ({{envvar}}`{option.envvar}`)" if option.envvar else ""
            yield f"- {names}{variable}: {option.help or ''}"
    if lines := lines_of(command.epilog or ""):
        yield from ("", "```sh", *lines, "```")
    yield ""
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from _command(inner, f"{path} {name}")


def settings() -> Iterator[str]:
    """Yields the reference of settings."""
    yield from ("# Settings", "", "Environment variables; an option of a command goes before them.", "")
    yield from ("| variable | what it says | without it |", "|---|---|---|")
    for name, setting in SETTINGS.items():
        yield f"| `{name}` | {setting.meaning} | {setting.otherwise} |"


def refusals() -> Iterator[str]:
    """Yields the reference of refusals, by the part that refuses."""
    yield from ("# Refusals", "", "Every refusal has a number, says what is wrong, and names the mend.", "")
    for codespace, numbered in groupby(find_reasons().values(), key=lambda reason: reason.codespace):
        yield from (f"## {codespace}", "", "| number | what is wrong | what mends it |", "|---|---|---|")
        yield from (f"| {reason.code} | {reason.text} | {reason.remedy} |" for reason in numbered)
        yield ""


def addresses(openapi: Mapping[str, Any]) -> Iterator[str]:
    """Yields the reference of the HTTP API, by tag."""
    yield from ("# HTTP API", "", "The same as OpenAPI 3.1: `/api/v1/openapi.json` of a running network.", "")
    operations = [
        (operation.get("tags", ["other"])[0], path, method, operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    ]
    for tag, tagged in groupby(sorted(operations, key=lambda each: each[:3]), key=lambda each: each[0]):
        yield from (f"## {tag}", "", "| request | what it does | answers |", "|---|---|---|")
        for _, path, method, operation in tagged:
            summary = operation.get("description") or operation.get("summary", "")
            told = " ".join(summary.split()).replace("|", "\\|")
            yield f"| `{method.upper()} {path}` | {told} | {', '.join(operation['responses'])} |"
        yield ""


async def openapi() -> dict[str, Any]:
    """Asks a network that is made for this what it answers over HTTP."""
    with tempfile.TemporaryDirectory(prefix="autochain-docs-") as folder:
        async with open_network(Home(Path(folder))) as network, open_http(network, HttpSettings()) as served:
            way = httpx.ASGITransport(served.app, client=("127.0.0.1", 1))
            async with httpx.AsyncClient(transport=way, base_url="http://localhost") as http:
                return dict((await http.get("/api/v1/openapi.json")).raise_for_status().json())


def gather(out: Path) -> None:
    """Writes all pages of the site into a folder, as Sphinx takes them."""
    shutil.rmtree(out, ignore_errors=True)
    places = written()
    generated = {
        "contracts": contract_list(),
        "commands": commands(),
        "settings": settings(),
        "refusals": refusals(),
        "http": addresses(asyncio.run(openapi())),
    }
    for document, place in places.items():
        (out / place).parent.mkdir(parents=True, exist_ok=True)
        (out / place).write_text(linked(document, places))
    for name, lines in generated.items():
        (out / "reference" / f"{name}.md").write_text("\n".join(lines) + "\n")
    shutil.copy(DOCS / "conf.py", out)


def main(folder: Path) -> int:
    gather(folder / "source")
    return int(build_main(["-W", "--keep-going", "-q", "-j", "2", str(folder / "source"), str(folder / "html")]))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
