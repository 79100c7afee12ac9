"""The files that our credentials name: the JSON-LD context and the schema of each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from ...wallet.credentials import AUTOCHAIN, TYPES, autochain_context, schema_file, schema_url


class StaticFile(NamedTuple):
    """A file as it is served; its bytes never change, a new version has another name."""

    media_type: str
    data: Callable[[], bytes]


def _path(url: str) -> str:
    return urlsplit(url).path


FILES: Mapping[str, StaticFile] = {
    _path(AUTOCHAIN): StaticFile("application/ld+json", autochain_context),
    **{_path(schema_url(kind)): StaticFile("application/schema+json", partial(schema_file, kind)) for kind in TYPES},
}
"""By path: the one that stands in their URL."""


def static_file(path: str) -> StaticFile | None:
    """Gives the file at a path."""
    return FILES.get(path)
