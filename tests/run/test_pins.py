"""What the lock files promise: exact versions, their hashes, and no word on where to fetch them."""

import re

import pytest

from .conftest import ROOT


def pins(lock: str) -> dict[str, str]:
    """Returns each pinned library with its version, condition and hashes."""
    text = (ROOT / f"locks/{lock}.txt").read_text()
    entries = re.findall(r"(?m)^([a-z0-9-]+)(==.*(?:\n    --hash=sha256:[0-9a-f]{64}.*)+)", text)
    assert len(entries) == len(re.findall(r"(?m)^[^#\s]", text))
    return dict(entries)


@pytest.mark.parametrize("lock", ["uv", "runtime", "dev", "sm"])
def test_every_pin_has_a_version_and_hashes(lock: str) -> None:
    assert pins(lock)


def test_the_developer_lock_holds_every_pin_of_the_runtime() -> None:
    assert pins("runtime").items() <= pins("dev").items()


@pytest.mark.parametrize("name", ["run", "locks/uv.txt", "locks/runtime.txt", "locks/dev.txt", "locks/sm.txt"])
def test_nothing_names_where_packages_come_from(name: str) -> None:
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", (ROOT / name).read_text())
