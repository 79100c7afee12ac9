"""The console's files: from memory, packed, kept for ever where their name says what is in them."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import httpx
import pytest

from autochain.api.console import Console

from .people import served

PAGE = b"<!doctype html><title>AutoChain</title>" + b"<p>text</p>" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "web" / "assets").mkdir(parents=True)
    (tmp_path / "web" / "index.html").write_bytes(PAGE)
    (tmp_path / "web" / "__init__.py").write_bytes(b"")
    (tmp_path / "web" / "assets" / "index-abc.js").write_bytes(b"let a=1;" * 200)
    (tmp_path / "web" / "assets" / "font.woff2").write_bytes(bytes(range(256)))
    (tmp_path / "secret").write_bytes(b"secret")
    return tmp_path / "web"


def get(folder: Path, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with served(Console(folder)) as http:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            return await http.request(method, path, headers=given)

    return asyncio.run(ask())


def test_the_page_is_asked_for_again_and_its_parts_never(folder: Path) -> None:
    page, script = get(folder, "/"), get(folder, "/assets/index-abc.js")
    assert (page.content, page.headers["cache-control"]) == (PAGE, "no-cache")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "immutable" in script.headers["cache-control"]
    assert "javascript" in script.headers["content-type"]


def test_text_is_packed_for_whoever_can_unpack_it(folder: Path) -> None:
    packed, plain = get(folder, "/", accept_encoding="gzip"), get(folder, "/", accept_encoding="identity")
    assert packed.content == plain.content == PAGE
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) == len(PAGE)
    assert packed.headers["content-length"] == str(len(gzip.compress(PAGE, 9, mtime=0)))
    assert "content-encoding" not in get(folder, "/assets/font.woff2", accept_encoding="gzip").headers


def test_what_the_browser_has_is_not_sent_again(folder: Path) -> None:
    tag = get(folder, "/").headers["etag"]
    again = get(folder, "/", if_none_match=tag)
    assert (again.status_code, again.content) == (304, b"")


def test_only_the_head_is_sent_where_only_that_is_asked(folder: Path) -> None:
    head = get(folder, "/", "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    refused = get(folder, "/", "POST")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/assets/../../secret", "/__init__.py", "/assets/"])
def test_nothing_but_the_files_is_served(folder: Path, path: str) -> None:
    answer = get(folder, path)
    assert answer.status_code == 404
    assert answer.content != b"secret"
