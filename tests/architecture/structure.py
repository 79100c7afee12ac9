"""How folders, contracts and names must look: front doors, fixed files, declared uses, sizes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .source import PACKAGE, Fault, Import, Module, Source

CONTRACTS = f"{PACKAGE}.onchain.contracts"
FILES = ("README.md", "__init__.py", "errors.py", "messages.py", "queries.py", "state.py")
"""What every contract's folder holds; handlers are a file or, when there are many, a folder."""
RECORDS = frozenset(("Message", "Introduction", "Query", "Event", "Timer"))
"""The kinds of record that carry a tag."""
NAMELESS = frozenset(("utils", "helpers", "common", "misc"))
MAX_FILE_LINES, MAX_FUNCTION_LINES = 500, 70
OPEN_FOLDERS = frozenset((PACKAGE, f"{PACKAGE}.onchain"))
"""Their modules are each a front door of their own: onchain's codec, ids, units and refusals."""


def contract_names(source: Source) -> list[str]:
    return sorted(
        module.name.rpartition(".")[2]
        for module in source.modules
        if module.path.startswith("onchain/contracts/") and module.path.count("/") == 3
        if module.path.endswith("/__init__.py")
    )


def target_of(source: Source, found: Import) -> str:
    """Gives the module that an import reaches: `from .light import client` reaches the module, if there is one."""
    inner = f"{found.module}.{found.name}"
    return inner if inner in source.by_name else found.module


def door_faults(source: Source) -> list[Fault]:
    """Finds imports that reach into another folder past its `__init__`, to what that does not name in `__all__`."""
    faults = []
    for module in source.modules:
        for found in module.imports():
            target = target_of(source, found)
            if target not in source.by_name or source.is_folder(target):
                continue
            folder = target.rpartition(".")[0]
            if folder in OPEN_FOLDERS or module.folder == folder or module.folder.startswith(f"{folder}."):
                continue
            if target.rpartition(".")[2] not in source.offered(folder):
                faults.append(Fault(module.path, found.line, "Another folder is entered by its `__init__`.", target))
    return sorted(set(faults))


def contract_faults(source: Source) -> list[Fault]:
    """Finds what a contract's folder lacks, and where it uses another one without saying so."""
    faults = []
    names = contract_names(source)
    for name in names:
        folder = source.root / "onchain" / "contracts" / name
        path = f"onchain/contracts/{name}"
        for file in FILES:
            if not (folder / file).is_file():
                faults.append(Fault(path, 0, "Every contract has the same files.", file))
        if not (folder / "handlers.py").is_file() and not (folder / "handlers").is_dir():
            faults.append(Fault(path, 0, "Every contract has the same files.", "handlers.py"))
        declared = _declared(source.by_name[f"{CONTRACTS}.{name}"])
        if declared is None or declared[0] != name:
            faults.append(Fault(f"{path}/__init__.py", 0, "CONTRACT is declared here under its folder's name.", name))
            continue
        for module in source.under(path):
            faults += _undeclared(source, module, name, declared[1])
            faults += _tags(module)
    return sorted(set(faults))


def _declared(module: Module) -> tuple[str, set[str]] | None:
    """Reads name and `uses` of a contract from its `__init__`."""
    for node in module.tree.body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id="CONTRACT")],
                value=ast.Call(func=ast.Name(id="Contract"), args=[ast.Constant(value=str(name))], keywords=keywords),
            ):
                uses = [keyword.value for keyword in keywords if keyword.arg == "uses"]
                return name, set(ast.literal_eval(uses[0])) if uses else set()
    return None


def _undeclared(source: Source, module: Module, own: str, uses: set[str]) -> Iterator[Fault]:
    for found in module.imports():
        target = target_of(source, found)
        if not target.startswith(f"{CONTRACTS}."):
            continue
        other, _, inside = target.removeprefix(f"{CONTRACTS}.").partition(".")
        if other == own:
            continue
        if inside:
            yield Fault(module.path, found.line, "A contract sees another one's `__init__` only.", target)
        if other not in uses:
            yield Fault(module.path, found.line, "A contract names in `uses` whom it uses.", other)


def _tags(module: Module) -> Iterator[Fault]:
    """Finds records whose tag is not made from their folder and class."""
    for node in module.tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        bases = {ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases}
        if not bases & RECORDS:
            continue
        tags = [ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg == "tag"]
        made_here = any(
            ast.unparse(line) == "TAG = tag_of(__name__)" for line in module.tree.body if isinstance(line, ast.Assign)
        )
        if tags != ["tag_of(__name__)"] and not (tags == ["TAG"] and made_here):
            yield Fault(module.path, node.lineno, "A tag is made of folder and class by tag_of.", node.name)


def core_faults(source: Source) -> list[Fault]:
    """Finds where the core names a contract, in an import, a name or a text that is no docstring."""
    names = contract_names(source)
    faults = []
    for module in source.under("onchain"):
        if module.path.startswith("onchain/contracts/"):
            continue
        for found in module.imports():
            if target_of(source, found).startswith(CONTRACTS) or found.name == "contracts":
                faults.append(Fault(module.path, found.line, "The core imports no contract.", found.module))
        spoken = _docstrings(module.tree)
        for node in ast.walk(module.tree):
            word = _word(node)
            if word is not None and node not in spoken and word.partition("/")[0] in names:
                line = getattr(node, "lineno", 0)
                faults.append(Fault(module.path, line, "The core names no contract.", word))
    return faults


def _word(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Constant(value=bytes(data)):
            return data.decode("latin-1")
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
            return name
    return None


def _docstrings(tree: ast.Module) -> set[ast.AST]:
    """Gives the texts that stand alone, as statements."""
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def name_faults(source: Source) -> list[Fault]:
    """Finds files and folders whose names say nothing."""
    return [
        Fault(module.path, 0, "A name says what a file is about.", part)
        for module in source.modules
        for part in module.path.removesuffix(".py").split("/")
        if part in NAMELESS
    ]


def size_faults(source: Source) -> list[Fault]:
    """Finds files and functions that are longer than they may be."""
    faults = []
    for module in source.modules:
        lines = module.text.count("\n")
        if lines > MAX_FILE_LINES:
            faults.append(Fault(module.path, lines, "A file has at most 500 lines.", str(lines)))
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_FUNCTION_LINES:
                    faults.append(Fault(module.path, node.lineno, "A function has at most 70 lines.", node.name))
    return faults


def number_faults(source: Source) -> list[Fault]:
    """Finds reasons to refuse whose number another reason has."""
    faults, taken = [], set()
    for module in source.modules:
        for node in ast.walk(module.tree):
            match node:
                case ast.Call(func=ast.Name(id="Reason"), args=[space, ast.Constant(value=int(number)), *_]):
                    named = space.value if isinstance(space, ast.Constant) else module.folder
                    if (named, number) in taken:
                        faults.append(Fault(module.path, node.lineno, "A number stands for one reason.", str(number)))
                    taken.add((named, number))
    return faults


def folder_faults(source: Source) -> list[Fault]:
    """Finds folders of code that do not say what they are."""
    folders = {module.folder for module in source.modules}
    faults = [
        Fault(folder.replace(".", "/"), 0, "A folder has an `__init__` whose docstring says what it is.")
        for folder in sorted(folders)
        if folder not in source.by_name or not ast.get_docstring(source.by_name[folder].tree)
    ]
    faults += [
        Fault(module.path, 0, "A module says in its first line what it is.")
        for module in source.modules
        if not ast.get_docstring(module.tree)
    ]
    return faults
