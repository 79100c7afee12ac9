"""Networks whose release committee has three members, of whom any two are enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from msgspec.structs import replace

from autochain.network import chain_file
from autochain.network.chain_file import ChainFile

MEMBERS = ("release", "release-2", "release-3")
THRESHOLD = 2


@contextmanager
def two_of_three(members_at: Mapping[str, str] | None = None) -> Iterator[None]:
    """Has every network that is made meanwhile made with this committee."""
    load = chain_file.load

    def changed(name: str) -> ChainFile:
        file = load(name)
        others = [each for each in file.genesis["identity"]["organisations"] if each not in MEMBERS]
        genesis = {
            **file.genesis,
            "identity": {"organisations": [*others, *MEMBERS]},
            "release": {"members": list(MEMBERS), "threshold": THRESHOLD},
        }
        return replace(file, genesis=genesis, members_at=dict(members_at or {}))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(chain_file, "load", changed)
        yield
