"""All tabs of a browser share one connection; it comes back by itself, and keeps nobody from ending the program."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from .console import installed_chromium, listen_in_the_page, new_context
from .served import PATIENCE_S, Served

TABS = 10
RAW = 20
LISTENERS = "autochain_stream_listeners"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A network of this file alone, which it may stop."""
    installed_chromium()
    served = Served(tmp_path_factory.mktemp("stream") / "home")
    try:
        served.start()
        served.wait_for_data()
        yield served
    finally:
        served.end()


@pytest.fixture
def context(browser: Browser, own: Served) -> Iterator[BrowserContext]:
    context = new_context(browser)
    yield context
    context.close()
    wait_for_listeners(own, 0)


def open_tabs(context: BrowserContext, own: Served, count: int) -> list[Page]:
    tabs = [context.new_page() for _ in range(count)]
    for tab in tabs:
        tab.goto(own.url, wait_until="commit")
    for tab in tabs:
        expect(connection(tab)).to_have_text("Live")
    return tabs


def connection(tab: Page) -> Locator:
    """Where a page says how it is connected."""
    return tab.get_by_role("navigation").locator(".state")


def wait_for_listeners(own: Served, count: int) -> None:
    """Waits until so many listen; who has gone away is noticed a moment later."""
    end = time.monotonic() + PATIENCE_S
    while (found := own.metric(LISTENERS)) != count:
        assert time.monotonic() < end, f"{found} listen."
        time.sleep(0.05)


def sees_new_blocks(tab: Page) -> None:
    """Waits until a tab shows a block that is not there yet."""
    before = height(tab)
    expect(tab.locator(".running a")).not_to_have_text(str(before))
    assert height(tab) > before


def height(tab: Page) -> int:
    return int(tab.locator(".running a").inner_text())


@pytest.mark.parametrize("shared_workers", [True, False])
def test_ten_tabs_share_one_connection_and_each_sees_new_blocks(
    context: BrowserContext, own: Served, shared_workers: bool
) -> None:
    if not shared_workers:
        listen_in_the_page(context)
    tabs = open_tabs(context, own, TABS)
    wait_for_listeners(own, 1)
    for tab in tabs:
        sees_new_blocks(tab)
    assert own.metric(LISTENERS) == 1
    # The tab that came first goes, and the others hear on.
    tabs[0].close()
    sees_new_blocks(tabs[1])
    wait_for_listeners(own, 1)


def test_a_page_says_that_the_network_is_away_and_comes_back_by_itself(context: BrowserContext, own: Served) -> None:
    first, second = open_tabs(context, own, 2)
    own.stop()
    for tab in (first, second):
        expect(connection(tab)).to_have_text("Connection lost, trying again")
    own.start()
    for tab in (first, second):
        expect(connection(tab)).to_have_text("Live")
        sees_new_blocks(tab)
    wait_for_listeners(own, 1)


def test_open_streams_do_not_keep_the_program_from_ending(context: BrowserContext, own: Served) -> None:
    open_tabs(context, own, TABS)
    with contextlib.ExitStack() as listening:
        raw = [
            listening.enter_context(httpx.stream("GET", f"{own.url}/api/v1/stream", timeout=PATIENCE_S))
            for _ in range(RAW)
        ]
        wait_for_listeners(own, RAW + 1)
        took_s = own.stop()
        # Each is ended in order: its body is whole.
        for stream in raw:
            assert stream.read()
    print(f"With {TABS} tabs and {RAW} more streams it ended in {took_s:.2f} s.")
    own.start()
