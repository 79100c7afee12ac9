"""Lists come in pages: an opaque cursor says where the next one begins, however many blocks come meanwhile."""

from __future__ import annotations

import base64
from typing import Annotated, Any, TypeAlias

import msgspec
from litestar.params import QueryParameter

from ..onchain.codec import Codec
from ..onchain.refusals import Refusal
from ..onchain.units import Count
from .errors import BAD_CURSOR

MAX_CURSOR_BYTES = 300
MAX_ITEMS = 200
USUAL_ITEMS = 50
_ID_DIGITS = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{40}$", max_length=40)]

Cursor: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        pattern="^[A-Za-z0-9_-]{1,400}$",
        max_length=400,
        description="Where the page begins: what `next` said on the page before; left out for the first page.",
    ),
]
Limit: TypeAlias = Annotated[
    int, QueryParameter(ge=1, le=MAX_ITEMS, description=f"How many items a page has at most, {USUAL_ITEMS} usually.")
]

HEIGHTS: Codec[int] = Codec(Count, max_bytes=MAX_CURSOR_BYTES)
"""The place of a block, or the number of an event."""
PLACES: Codec[tuple[int, int]] = Codec(tuple[Count, Count], max_bytes=MAX_CURSOR_BYTES)
"""Height and position of a transaction."""
DATED: Codec[tuple[int, str]] = Codec(tuple[Count, _ID_DIGITS], max_bytes=MAX_CURSOR_BYTES)
"""When something was made, and its id."""


def place_of(cursor: str | None, codec: Codec[Any]) -> Any:
    """Reads the place that a cursor holds; None for the beginning."""
    if cursor is None:
        return None
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return codec.decode(data)
    except (ValueError, Refusal):
        raise BAD_CURSOR() from None


def cursor_to(place: Any, codec: Codec[Any]) -> str:
    """Writes a place as a cursor."""
    return base64.urlsafe_b64encode(codec.encode(place)).rstrip(b"=").decode()


def next_of(items: list[Any], limit: int, codec: Codec[Any]) -> str | None:
    """Gives the cursor to the page after this one; None where this one is not full, and so is the last."""
    return cursor_to(items[-1].place, codec) if len(items) == limit else None
