"""The console's built files, held in memory: packed once, and no path of a request ever reaches the disk."""

from __future__ import annotations

import gzip
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from .backend import Receive, Scope, Send
from .errors import NO_ADDRESS, WRONG_METHOD, answer_bytes
from .serving import weak_tag

IMMUTABLE = "public, max-age=31536000, immutable"
"""Their names hold a hash of what is in them."""
REVALIDATED = "no-cache"
HEADERS: Mapping[str, str] = {
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
TEXTS = ("text/", "application/json", "image/svg", "application/manifest")


class _File(NamedTuple):
    """One file as it is sent."""

    plain: bytes
    packed: bytes | None
    """None where packing gains nothing."""
    headers: Mapping[str, str]


class Console:
    """Serves the files of a folder: the page at `/`, the rest by their paths."""

    def __init__(self, folder: Path) -> None:
        self._files = {
            f"/{path.relative_to(folder).as_posix()}": _load(path, is_asset=path.parent.name == "assets")
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix not in (".py", ".pyc")
        }
        if "/index.html" in self._files:
            self._files["/"] = self._files["/index.html"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        file = self._files.get(scope["path"])
        if file is None:
            status, headers, body = answer_bytes(NO_ADDRESS(scope["path"][:100]))
        elif scope["method"] not in ("GET", "HEAD"):
            status, headers, body = answer_bytes(WRONG_METHOD("GET, HEAD"), {"allow": "GET, HEAD"})
        else:
            status, headers, body = _respond(file, dict(scope["headers"]))
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _respond(file: _File, asked: Mapping[bytes, bytes]) -> tuple[int, Mapping[str, str], bytes]:
    if file.headers["etag"].encode() in asked.get(b"if-none-match", b""):
        return 304, file.headers, b""
    if file.packed is not None and b"gzip" in asked.get(b"accept-encoding", b""):
        return 200, {**file.headers, "content-encoding": "gzip", "content-length": str(len(file.packed))}, file.packed
    return 200, {**file.headers, "content-length": str(len(file.plain))}, file.plain


def _load(path: Path, *, is_asset: bool) -> _File:
    plain = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    is_text = kind.startswith(TEXTS)
    packed = gzip.compress(plain, 9, mtime=0) if is_text else None
    headers = {
        **HEADERS,
        "content-type": f"{kind}; charset=utf-8" if is_text else kind,
        "cache-control": IMMUTABLE if is_asset else REVALIDATED,
        "vary": "accept-encoding",
        "etag": weak_tag(plain),
    }
    return _File(plain, packed if packed is not None and len(packed) < len(plain) else None, headers)
