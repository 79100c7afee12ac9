"""Finds where the order of a set could be seen: it differs between processes, so nothing on chain may depend on it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .source import Fault, Module

ORDER = "The order of a set differs from one process to the next; put sorted() around it."
SETS = frozenset(("set", "frozenset", "Set", "FrozenSet", "AbstractSet", "MutableSet"))
SET_METHODS = frozenset(("union", "intersection", "difference", "symmetric_difference"))
ORDER_FREE = frozenset(("sorted", "len", "any", "all", "set", "frozenset", "sum", "bool", "min", "max"))
"""Functions to whose result the order of what they are given makes no difference; min and max without a key."""
TAKES_ORDER = frozenset(
    ("list", "tuple", "enumerate", "iter", "next", "zip", "map", "filter", "reversed", "dict", "str", "bytes")
)
TAKES_ORDER_METHODS = frozenset(("join", "extend", "fromkeys", "chain", "islice"))


class _Sets:
    """Knows which expressions of a module are sets, as far as the source tells."""

    def __init__(self, tree: ast.Module) -> None:
        self._parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        self._names = set[tuple[ast.AST | None, str]]()
        self._attributes = set[str]()
        self._functions = set[str]()
        size = -1
        while size != len(self._names) + len(self._attributes) + len(self._functions):
            size = len(self._names) + len(self._attributes) + len(self._functions)
            for node in ast.walk(tree):
                self._learn(node)

    def _learn(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value) if self.is_set(value):
                for target in targets:
                    self._know(target)
            case ast.AnnAssign(target=target, annotation=annotation, value=value):
                if _says_set(annotation) or (value is not None and self.is_set(value)):
                    self._know(target)
            case ast.NamedExpr(target=target, value=value) if self.is_set(value):
                self._know(target)
            case ast.arg(arg=name, annotation=annotation) if annotation is not None and _says_set(annotation):
                self._names.add((self._scope(node), name))
            case ast.FunctionDef(name=name, returns=returns) if returns is not None and _says_set(returns):
                self._functions.add(name)

    def _know(self, target: ast.AST) -> None:
        match target:
            case ast.Name(id=name):
                scope = self._scope(target)
                self._names.add((scope, name))
                if isinstance(scope, ast.ClassDef):
                    self._attributes.add(name)
            case ast.Attribute(attr=name):
                self._attributes.add(name)

    def _scope(self, node: ast.AST) -> ast.AST | None:
        at = self._parents.get(node)
        while at is not None and not isinstance(at, ast.FunctionDef | ast.Lambda | ast.ClassDef | ast.Module):
            at = self._parents.get(at)
        return at

    def parent(self, node: ast.AST) -> ast.AST | None:
        return self._parents.get(node)

    def is_set(self, node: ast.AST) -> bool:
        match node:
            case ast.Set() | ast.SetComp():
                return True
            case ast.Name(id=name):
                return self._is_known(node, name)
            case ast.Attribute(attr=name):
                return name in self._attributes
            case ast.Call(func=function):
                return self._gives_set(function)
            case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor(), right=right):
                return any(self.is_set(side) or _is_view(side) for side in (left, right))
            case ast.IfExp(body=body, orelse=other):
                return self.is_set(body) or self.is_set(other)
            case ast.BoolOp(values=values):
                return any(self.is_set(value) for value in values)
            case ast.NamedExpr(value=value):
                return self.is_set(value)
        return False

    def _is_known(self, node: ast.AST, name: str) -> bool:
        scope = self._scope(node)
        while scope is not None:
            if (scope, name) in self._names:
                return True
            scope = self._scope(scope)
        return False

    def _gives_set(self, function: ast.AST) -> bool:
        match function:
            case ast.Name(id=name):
                return name in SETS or name in self._functions
            case ast.Subscript(value=ast.Name(id=name)):
                return name in SETS
            case ast.Attribute(value=owner, attr=name):
                return name in SET_METHODS | self._functions or (name == "copy" and self.is_set(owner))
        return False


def _says_set(annotation: ast.expr) -> bool:
    match annotation:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in SETS
        case ast.Subscript(value=value):
            return _says_set(value)
        case ast.BinOp(left=left, right=right):
            return _says_set(left) or _says_set(right)
    return False


def _is_view(node: ast.AST) -> bool:
    """Whether it is the view of a dictionary, of which operators make sets."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("keys", "items")


def set_faults(module: Module) -> Iterator[Fault]:
    """Finds sets that are gone through, unpacked, joined or written out without sorted()."""
    sets = _Sets(module.tree)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.expr) and sets.is_set(node) and _shows_order(node, sets):
            yield Fault(module.path, node.lineno, ORDER, ast.unparse(node)[:60])


def _shows_order(node: ast.expr, sets: _Sets) -> bool:
    parent = sets.parent(node)
    match parent:
        case ast.For() | ast.YieldFrom() | ast.Starred() | ast.FormattedValue():
            return not isinstance(parent, ast.For) or parent.iter is node
        case ast.comprehension():
            return not _is_order_free(sets.parent(parent), sets)
        case ast.Assign(targets=targets):
            return any(isinstance(target, ast.Tuple | ast.List) for target in targets)
        case ast.Attribute(attr="pop"):
            return isinstance(sets.parent(parent), ast.Call)
        case ast.Call(func=ast.Name(id=name), keywords=keywords) if node in parent.args:
            return name in TAKES_ORDER or (name in ("min", "max") and bool(keywords))
        case ast.Call(func=ast.Attribute(attr=name)) if node in parent.args:
            return name in TAKES_ORDER_METHODS
    return False


def _is_order_free(comprehension: ast.AST | None, sets: _Sets) -> bool:
    """Whether what a comprehension gives is a set again, or goes straight to a function that asks for no order."""
    if isinstance(comprehension, ast.SetComp):
        return True
    taker = sets.parent(comprehension) if comprehension is not None else None
    return (
        isinstance(taker, ast.Call)
        and isinstance(taker.func, ast.Name)
        and taker.func.id in ORDER_FREE
        and not (taker.func.id in ("min", "max") and taker.keywords)
    )
