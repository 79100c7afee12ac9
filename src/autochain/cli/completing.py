"""What a shell may complete: names of parties, and ids of recordings and credentials, as a home's folders tell them.

No network is asked: whoever presses the tabulator does not wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import typer

MOST = 200
"""How many words a shell is offered."""


def parties(ctx: typer.Context, incomplete: str) -> list[str]:
    """Completes the name of a party whose keys lie in the home."""
    return _begun(incomplete, (path.parent.name for path in _parties(ctx).glob("*/wallet.json")))


def recordings(ctx: typer.Context, incomplete: str) -> list[str]:
    """Completes the id of a recording to which somebody in the home has a key."""
    return _begun(incomplete.lower(), (path.name for path in _parties(ctx).glob("*/keys/*")))


def credentials(ctx: typer.Context, incomplete: str) -> list[str]:
    """Completes the id of a credential that somebody in the home keeps."""
    return _begun(incomplete.lower(), (path.stem for path in _parties(ctx).glob("*/credentials/*.json")))


def _parties(ctx: typer.Context) -> Path:
    from .diagnosis import default_home

    return Path(ctx.params.get("home") or default_home()) / "parties"


def _begun(incomplete: str, words: Iterable[str]) -> list[str]:
    """Gives the words that begin so; a shell does not take those that a stranger's file could steer it by."""
    return sorted({word for word in _plain(words) if word.startswith(incomplete)})[:MOST]


def _plain(words: Iterable[str]) -> Iterator[str]:
    return (word for word in words if word.isascii() and word.replace("-", "").replace("_", "").isalnum())
