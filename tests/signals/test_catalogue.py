"""The catalogue speaks VSS 6.0."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autochain.signals import CATALOGUE, LATITUDE, LONGITUDE, Category, Coarse, convertible

DATA = os.environ.get("AUTOCHAIN_DATA")


def _leaves(tree: dict[str, Any], branch: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, node in tree.items():
        path = f"{branch}.{name}" if branch else name
        if "children" in node:
            yield from _leaves(node["children"], path)
        else:
            yield path, node


if DATA:
    VSS = dict(_leaves(json.loads((Path(DATA) / "vss" / "vss_release_6.0.json").read_text())))

    @pytest.mark.parametrize("path", CATALOGUE)
    def test_a_signal_has_the_name_and_unit_of_vss_or_is_marked_as_an_overlay(path: str) -> None:
        signal = CATALOGUE[path]
        assert (path in VSS) is not signal.overlay
        if not signal.overlay:
            assert signal.unit == VSS[path].get("unit", "")
            assert VSS[path]["type"] in ("sensor", "actuator")
            assert signal.minimum <= VSS[path].get("min", signal.minimum)
            assert signal.maximum >= VSS[path].get("max", signal.maximum)

    @pytest.mark.parametrize("path", [path for path, signal in CATALOGUE.items() if signal.overlay])
    def test_an_overlay_signal_stands_under_a_branch_that_vss_has(path: str) -> None:
        branch = path.rsplit(".", 1)[0]
        assert any(other.startswith(f"{branch}.") for other in VSS)


def test_each_category_has_signals_and_each_signal_a_range() -> None:
    assert {signal.category for signal in CATALOGUE.values()} == set(Category)
    assert all(signal.minimum < signal.maximum for signal in CATALOGUE.values())
    assert all(convertible(signal.unit, to=signal.unit) for signal in CATALOGUE.values())


def test_only_the_area_of_a_position_is_coarse() -> None:
    coarse = {
        path
        for path, signal in CATALOGUE.items()
        if signal.category is Category.POSITION and signal.coarse is not Coarse.WITHHELD
    }
    assert coarse == {LATITUDE, LONGITUDE}
    assert all(CATALOGUE[path].coarse is Coarse.AREA for path in coarse)
