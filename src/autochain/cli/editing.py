"""Changes to Python source by its syntax: one more name in an import, one more element in a list, one more line."""

from __future__ import annotations

import ast
from collections.abc import Sequence

INDENT = "    "


class NoPlace(Exception):
    """The source has no such place; its words name it."""


def with_import(text: str, module: str, name: str) -> str:
    """Imports one more name from a module, in order; a new import stands before those from below that module."""
    imports = [node for node in ast.parse(text).body if isinstance(node, ast.ImportFrom)]
    for node in imports:
        if _module(node) == module:
            names = sorted([*(alias.name for alias in node.names), name])
            # One name a line, as the formatter leaves it whatever the names' length.
            lines = [f"from {module} import (", *(f"{INDENT}{each}," for each in names), ")"]
            return _put(text, node.lineno, node.end_lineno or node.lineno, lines)
    for node in imports:
        if _module(node).startswith(f"{module}."):
            return _put(text, node.lineno, node.lineno - 1, [f"from {module} import {name}"])
    raise NoPlace(f"an import from {module}")


def _module(node: ast.ImportFrom) -> str:
    return "." * node.level + (node.module or "")


def with_element(text: str, variable: str, element: str) -> str:
    """Adds an element at the end of the list or tuple that a variable of the module is, or is made from."""
    node = _listed(text, variable)
    start, end = node.lineno, node.end_lineno or node.lineno
    lines = text.splitlines()
    inside = [ast.get_source_segment(text, each) or "" for each in node.elts]
    if lines[end - 1].strip()[:1] in ("]", ")"):
        # It has a line for each element.
        indent = lines[end - 1][: len(lines[end - 1]) - len(lines[end - 1].lstrip())] + INDENT
        return _put(text, end, end - 1, [f"{indent}{element},"])
    indent = lines[start - 1][: len(lines[start - 1]) - len(lines[start - 1].lstrip())]
    before = lines[start - 1].encode()[: node.col_offset].decode()
    after = lines[end - 1].encode()[node.end_col_offset or 0 :].decode()
    left, right = ("(", ")") if isinstance(node, ast.Tuple) else ("[", "]")
    made = [before + left, *(f"{indent}{INDENT}{each}," for each in [*inside, element]), indent + right + after]
    return _put(text, start, end, made)


def _listed(text: str, variable: str) -> ast.Tuple | ast.List:
    value: ast.expr | None = None
    for node in ast.parse(text).body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)) if name == variable:
                value = node.value
            case ast.Assign(targets=[ast.Name(id=name)]) if name == variable:
                value = node.value
    if isinstance(value, ast.DictComp):
        value = value.generators[0].iter
    if not isinstance(value, ast.Tuple | ast.List):
        raise NoPlace(f"a list called {variable}")
    return value


def with_last_line(text: str, function: str, line: str) -> str:
    """Adds a line to a function before what it returns."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == function and isinstance(node.body[-1], ast.Return):
            at = node.body[-1].lineno
            return _put(text, at, at - 1, [f"{INDENT}{line}"])
    raise NoPlace(f"a function {function} that returns something")


def with_function(text: str, function: str, *, before: str) -> str:
    """Adds a function before the place where a variable of the module is set."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == before:
            return _put(text, node.lineno, node.lineno - 1, function.splitlines())
    raise NoPlace(f"a variable {before}")


def words_of(text: str) -> set[str]:
    """Gives the names that a module speaks, and its texts up to a slash."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Constant(value=str(word)):
                found.add(word.partition("/")[0])
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.arg(arg=word) | ast.keyword(arg=str(word)):
                found.add(word)
            case ast.FunctionDef(name=word) | ast.ClassDef(name=word):
                found.add(word)
            case ast.alias(name=name, asname=other):
                found.add((other or name).partition(".")[0])
    return found


def _put(text: str, first: int, last: int, made: Sequence[str]) -> str:
    """Replaces the lines from the first to the last, counted from 1; none where the last is before the first."""
    lines = text.splitlines()
    return "\n".join([*lines[: first - 1], *made, *lines[last:]]) + "\n"
