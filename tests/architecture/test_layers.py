"""Who may import whom: import-linter's settings say what the design says, and the code keeps them."""

from __future__ import annotations

import tomllib
from typing import Any

from .linter import lint
from .source import PACKAGE, SRC

ROOT = SRC.parent
HOUSE = [
    {"cli"},
    {"sim"},
    {"network"},
    {"api"},
    {"services"},
    {"edge", "relayer"},
    {"client", "index", "lake", "node"},
    {"vault", "wallet", "signals"},
    {"privacy"},
    {"onchain"},
]
"""Folders from the top down; those of one line do not see each other."""
ONCHAIN = ["contracts", "ledger", "crypto", "codec"]
"""Order inside onchain/; others may stand between."""


def contracts(kind: str) -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    assert settings["root_package"] == PACKAGE
    return [made for made in settings["contracts"] if made["type"] == kind]


def layers(container: str) -> dict[str, Any]:
    (found,) = [made for made in contracts("layers") if made["containers"] == [container]]
    assert not found.get("ignore_imports")
    return found


def members(layer: str) -> set[str]:
    return {part.strip(" ()") for part in layer.replace(":", "|").split("|")}


def test_the_layers_of_the_house_are_those_of_the_design() -> None:
    made = layers(PACKAGE)
    assert [members(layer) for layer in made["layers"]] == HOUSE
    assert not any(":" in layer for layer in made["layers"]), "folders of one line do not see each other"
    assert made["exhaustive"] is True
    assert set(made["exhaustive_ignores"]) <= {"__main__"}


def test_the_layers_inside_onchain_are_those_of_the_design() -> None:
    made = layers(f"{PACKAGE}.onchain")
    order = [layer for layer in made["layers"] for name in ONCHAIN if name in members(layer)]
    assert [members(layer) & set(ONCHAIN) for layer in order] == [{name} for name in ONCHAIN]
    modules = {path.stem for path in (SRC / PACKAGE / "onchain").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert modules - {"__init__", "__pycache__"} == set.union(*(members(layer) for layer in made["layers"]))


def test_a_node_knows_no_contract() -> None:
    forbidden = [(made["source_modules"], made["forbidden_modules"]) for made in contracts("forbidden")]
    assert ([f"{PACKAGE}.node"], [f"{PACKAGE}.onchain.contracts"]) in forbidden
    assert not any(made.get("ignore_imports") for made in contracts("forbidden"))


def test_the_code_keeps_the_layers() -> None:
    kept, said = lint(ROOT)
    assert kept, said
