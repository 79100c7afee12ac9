"""All tabs of a browser share one connection; it comes back by itself, and keeps nobody from ending the program."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from .console import listen_in_the_page, new_context
from .served import PATIENCE_S, Served

TABS = 10
RAW = 20
LISTENERS = "autochain_stream_listeners"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = new_context(browser)
    yield context
    context.close()


def open_tabs(context: BrowserContext, served: Served, count: int) -> list[Page]:
    # A listener of a test before this one is let go of a moment after it has gone.
    wait_for_listeners(served, 0)
    tabs = [context.new_page() for _ in range(count)]
    for tab in tabs:
        tab.goto(served.url, wait_until="commit")
    for tab in tabs:
        expect(connection(tab)).to_have_text("Live")
    return tabs


def connection(tab: Page) -> Locator:
    """Where a page says how it is connected."""
    return tab.get_by_role("navigation").locator(".state")


def wait_for_listeners(served: Served, count: int) -> None:
    end = time.monotonic() + PATIENCE_S
    while (found := served.metric(LISTENERS)) != count:
        assert time.monotonic() < end, f"{found} listen."
        time.sleep(0.05)


def see_new_blocks(*tabs: Page) -> None:
    """Waits until each of these shows a block that is not there yet."""
    before = [height(tab) for tab in tabs]
    for tab, old in zip(tabs, before, strict=True):
        expect(tab.locator(".running a")).not_to_have_text(str(old))
        assert height(tab) > old


def height(tab: Page) -> int:
    return int(tab.locator(".running a").inner_text())


def test_ten_tabs_share_one_connection_which_ends_with_the_program_and_comes_back(
    context: BrowserContext, served: Served
) -> None:
    tabs = open_tabs(context, served, TABS)
    wait_for_listeners(served, 1)
    see_new_blocks(*tabs)
    assert served.metric(LISTENERS) == 1
    with contextlib.ExitStack() as listening:
        stream = f"{served.url}/api/v1/stream"
        raw = [listening.enter_context(httpx.stream("GET", stream, timeout=PATIENCE_S)) for _ in range(RAW)]
        wait_for_listeners(served, RAW + 1)
        took_s = served.stop()
        # Each was ended in order: its body is whole.
        for each in raw:
            assert each.read()
    print(f"With {TABS} tabs and {RAW} more streams the program ended in {took_s:.2f} s.")
    for tab in tabs:
        expect(connection(tab)).to_have_text("Connection lost, trying again")
    served.start()
    for tab in tabs:
        expect(connection(tab)).to_have_text("Live")
    see_new_blocks(*tabs)
    wait_for_listeners(served, 1)


def test_without_shared_workers_tabs_share_a_connection_too_and_one_takes_the_others_place(
    context: BrowserContext, served: Served
) -> None:
    listen_in_the_page(context)
    first, second = open_tabs(context, served, 2)
    wait_for_listeners(served, 1)
    see_new_blocks(second)
    first.close()
    see_new_blocks(second)
    wait_for_listeners(served, 1)
