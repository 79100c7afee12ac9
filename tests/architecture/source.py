"""The package's source as the checks see it: parsed modules and what they import."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

SRC = Path(__file__).parents[2] / "src"
PACKAGE = "autochain"


@dataclass(frozen=True, order=True)
class Fault:
    """One place that breaks a rule."""

    path: str
    line: int
    rule: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule} {self.detail}".rstrip()


class Import(NamedTuple):
    """One imported thing: the module it comes from by its whole name, and its name there; none for `import x`."""

    line: int
    module: str
    name: str | None
    relative: bool


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    path: str
    """Below the package's folder, as in `onchain/ledger/tree.py`."""
    text: str
    tree: ast.Module = field(compare=False)

    @property
    def folder(self) -> str:
        """The folder it lies in, by its dotted name."""
        return ".".join((PACKAGE, *Path(self.path).parent.parts))

    @property
    def name(self) -> str:
        """Its whole dotted name; a folder's `__init__` has the folder's."""
        return self.folder if self.path.endswith("__init__.py") else f"{self.folder}.{Path(self.path).stem}"

    def imports(self) -> tuple[Import, ...]:
        return _imports(self)


@cache
def _imports(module: Module) -> tuple[Import, ...]:
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            found += [Import(node.lineno, alias.name, None, False) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = module.folder.split(".")
            up = base[: len(base) - node.level + 1] if node.level else []
            name = ".".join([*up, *([node.module] if node.module else [])])
            found += [Import(node.lineno, name, alias.name, bool(node.level)) for alias in node.names]
    return tuple(found)


@cache
def parsed(path: str, text: str) -> Module:
    """Parses a file once, however many copies of the package hold it."""
    return Module(path, text, ast.parse(text, path))


class Source:
    """All modules of a copy of the package."""

    def __init__(self, src: Path = SRC) -> None:
        self.root = src / PACKAGE
        self.modules = [
            parsed(path.relative_to(self.root).as_posix(), path.read_text("utf-8"))
            for path in sorted(self.root.rglob("*.py"))
        ]
        self.by_name = {module.name: module for module in self.modules}

    def under(self, folder: str) -> list[Module]:
        return [module for module in self.modules if module.path.startswith(f"{folder}/")]

    def is_folder(self, name: str) -> bool:
        return name in self.by_name and self.by_name[name].path.endswith("__init__.py")

    def offered(self, folder: str) -> set[str]:
        """What a folder's `__init__` names in `__all__`."""
        for node in self.by_name[folder].tree.body:
            if isinstance(node, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets
            ):
                return set(ast.literal_eval(node.value))
        return set()
