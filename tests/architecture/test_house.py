"""The house's own rules for every file: front doors, telling names, sizes and first lines."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from .source import SRC, Source
from .structure import (
    MAX_FILE_LINES,
    MAX_FUNCTION_LINES,
    door_faults,
    folder_faults,
    name_faults,
    number_faults,
    size_faults,
)

SOURCE = Source()
TESTS = sorted(Path(SRC.parent, "tests").rglob("*.py"))


def test_another_folder_is_entered_by_its_init() -> None:
    assert door_faults(SOURCE) == []


def test_every_folder_and_module_says_what_it_is() -> None:
    assert folder_faults(SOURCE) == []


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    assert name_faults(SOURCE) == []


def test_files_and_functions_keep_their_sizes() -> None:
    assert size_faults(SOURCE) == []


def test_each_number_stands_for_one_reason_to_refuse() -> None:
    assert number_faults(SOURCE) == []


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.relative_to(SRC.parent).as_posix())
def test_tests_keep_the_same_sizes(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= MAX_FILE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < MAX_FUNCTION_LINES, node.name
