"""What the docstrings of a record say, so that the API's reference says the same."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping


def summary(kind: type) -> str:
    """Gives the first line of a class's own docstring; its name where it has none."""
    return (kind.__doc__ or kind.__name__).strip().splitlines()[0]


class Descriptions:
    """Reads the texts beneath the fields of classes, each module once."""

    def __init__(self) -> None:
        self._modules: dict[str, dict[str, dict[str, str]]] = {}

    def of(self, kind: type) -> Mapping[str, str]:
        """Gives the texts beneath a class's fields by name, those of its bases among them."""
        found: dict[str, str] = {}
        for base in reversed(kind.__mro__):
            if base.__module__.startswith("autochain."):
                found |= self._module(base.__module__).get(base.__name__, {})
        return found

    def _module(self, name: str) -> dict[str, dict[str, str]]:
        if name not in self._modules:
            body = ast.parse(inspect.getsource(sys.modules[name])).body
            self._modules[name] = {node.name: dict(_texts(node)) for node in body if isinstance(node, ast.ClassDef)}
        return self._modules[name]


def _texts(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Pairs each annotated name of a class with the text that stands right beneath it."""
    for field, beneath in zip(node.body, node.body[1:], strict=False):
        match field, beneath:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, " ".join(text.split())
