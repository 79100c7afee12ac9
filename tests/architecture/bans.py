"""What code under onchain/ may not do, each with its reason: every validator must compute the same, for ever."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache

from .set_order import set_faults
from .source import PACKAGE, Fault, Module, Source

FLOAT = "Floats round differently from one machine and library to the next."
DIVISION = "Only units.py divides: there each division says how it rounds."
POWER = "A power can grow without bound while its weight does not; shifts and products say their size."
CLOCK = "Time comes from the header; every validator has another clock."
CHANCE = "Chance is different on every validator."
WORLD = "Every validator stands in another world of files, networks and settings."
THREADS = "The order in which threads run is nobody's."
ADDRESS = "It differs from one process to the next."
UNICODE = "It follows the tables of Unicode or of a locale, which change with Python's version."
TRICK = "What is run must be seen in the source, by readers and by these tests."
HIDDEN = "State that no root covers parts the validators."
LIBRARY = "Its results may change with its version, or it opens the way to what is banned."

NAMES: Mapping[str, str] = {
    "float": FLOAT,
    "complex": FLOAT,
    "round": FLOAT,
    "divmod": DIVISION,
    "pow": POWER,
    "hash": ADDRESS,
    "id": ADDRESS,
    "repr": ADDRESS,
    "ascii": ADDRESS,
    "open": WORLD,
    "input": WORLD,
    "print": WORLD,
    "breakpoint": WORLD,
    "eval": TRICK,
    "exec": TRICK,
    "compile": TRICK,
    "globals": TRICK,
    "locals": TRICK,
    "vars": TRICK,
    "dir": TRICK,
    "getattr": TRICK,
    "setattr": TRICK,
    "delattr": TRICK,
    "hasattr": TRICK,
    "__import__": TRICK,
    "__builtins__": TRICK,
}
"""Built-in names."""

ATTRIBUTES: Mapping[str, str] = {
    **dict.fromkeys(("upper", "lower", "casefold", "title", "capitalize", "swapcase"), UNICODE),
    **dict.fromkeys(("isalpha", "isdigit", "isdecimal", "isnumeric", "isalnum", "isspace", "isprintable"), UNICODE),
    **dict.fromkeys(("isupper", "islower", "istitle", "isidentifier", "splitlines"), UNICODE),
    **dict.fromkeys(("__dict__", "__globals__", "__builtins__", "__code__", "__subclasses__", "__mro__"), TRICK),
    **dict.fromkeys(("__getattribute__", "__setattr__", "__delattr__", "__getattr__", "__reduce__"), TRICK),
    **dict.fromkeys(("__hash__",), ADDRESS),
    **dict.fromkeys(("__truediv__", "__floordiv__", "__mod__", "__divmod__"), DIVISION),
    **dict.fromkeys(("__pow__",), POWER),
}
"""Methods and other attributes, whatever they belong to."""

WITHOUT_ARGUMENT: Mapping[str, str] = dict.fromkeys(("split", "rsplit", "strip", "lstrip", "rstrip"), UNICODE)
"""Methods that look for white space, as Unicode has it, where they are not told what to look for."""

OPERATORS: Mapping[type[ast.operator], tuple[str, str]] = {
    ast.Div: ("/", FLOAT),
    ast.FloorDiv: ("//", DIVISION),
    ast.Mod: ("%", DIVISION),
    ast.Pow: ("**", POWER),
}

MODULES: Mapping[str, str] = {
    **dict.fromkeys(("time", "datetime", "calendar", "zoneinfo", "sched"), CLOCK),
    **dict.fromkeys(("random", "secrets", "uuid"), CHANCE),
    **dict.fromkeys(
        ("os", "io", "sys", "pathlib", "tempfile", "shutil", "platform", "getpass", "socket", "ssl"), WORLD
    ),
    **dict.fromkeys(("http", "urllib", "subprocess", "signal", "logging", "warnings", "sqlite3"), WORLD),
    **dict.fromkeys(("threading", "asyncio", "concurrent", "multiprocessing", "queue", "contextvars"), THREADS),
    **dict.fromkeys(("locale", "unicodedata", "re", "gettext", "string", "textwrap"), UNICODE),
    **dict.fromkeys(("math", "cmath", "decimal", "fractions", "statistics", "numbers"), FLOAT),
    **dict.fromkeys(("json", "pickle", "marshal", "struct", "copy", "functools"), LIBRARY),
    **dict.fromkeys(("gc", "weakref", "inspect", "importlib", "ctypes", "ast", "operator"), TRICK),
}
"""Modules of the standard library; what is neither here nor allowed below is banned too."""

STANDARD = frozenset(
    ("__future__", "base64", "bisect", "collections", "dataclasses", "hashlib", "itertools", "types", "typing")
)
OUTSIDE = frozenset(
    ("msgspec", "nacl", "cryptography", "rbcl", "py_arkworks_bls12381", "wasmtime", "cel_expr_python", "gmalglib")
)
"""Libraries that onchain code may use."""

EXCEPTIONS: Mapping[tuple[str, str], str] = {
    ("onchain/units.py", "divmod"): "This is where division is done.",
    ("onchain/units.py", "%"): "This is where division is done.",
    ("onchain/ledger/protobuf.py", "getattr"): "It reads the attributes that a message's own table of fields names.",
}


def ban_faults(source: Source) -> list[Fault]:
    """Finds what onchain code does that it may not."""
    return [
        fault
        for module in source.under("onchain")
        for fault in _faults(module)
        if (fault.path, fault.detail) not in EXCEPTIONS
    ]


@cache
def _faults(module: Module) -> tuple[Fault, ...]:
    return (*_syntax(module), *_imports(module), *set_faults(module))


def _syntax(module: Module) -> Iterator[Fault]:
    for node in ast.walk(module.tree):
        for what, reason in _banned(node):
            yield Fault(module.path, getattr(node, "lineno", 0), reason, what)


def _banned(node: ast.AST) -> Iterator[tuple[str, str]]:
    match node:
        case ast.Constant(value=float() | complex()):
            yield str(node.value), FLOAT
        case ast.Name(id=name, ctx=ast.Load()) if name in NAMES:
            yield name, NAMES[name]
        case ast.Attribute(attr=name) if name in ATTRIBUTES:
            yield f".{name}", ATTRIBUTES[name]
        case ast.FunctionDef(name=name) if name in ATTRIBUTES:
            yield f".{name}", ATTRIBUTES[name]
        case ast.Call(func=ast.Attribute(attr=name), args=[]) if name in WITHOUT_ARGUMENT:
            yield f".{name}()", WITHOUT_ARGUMENT[name]
        case ast.BinOp(op=operator) | ast.AugAssign(op=operator) if type(operator) in OPERATORS:
            yield OPERATORS[type(operator)]
        case ast.Global():
            yield "global", HIDDEN
        case ast.AsyncFor() | ast.AsyncWith() | ast.Await():
            yield type(node).__name__, THREADS


def _imports(module: Module) -> Iterator[Fault]:
    for found in module.imports():
        top = found.module.partition(".")[0]
        if top == PACKAGE:
            if not found.relative:
                yield Fault(module.path, found.line, "Own modules are imported relatively.", found.module)
            if not f"{found.module}.".startswith(f"{PACKAGE}.onchain."):
                yield Fault(module.path, found.line, "onchain/ imports nothing from outside it.", found.module)
        elif top not in STANDARD | OUTSIDE:
            yield Fault(module.path, found.line, MODULES.get(top, LIBRARY), top)
        if found.name is not None and "random" in found.name:
            yield Fault(module.path, found.line, CHANCE, found.name)
