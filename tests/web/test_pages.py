"""Every page, with everybody's eyes, in light and dark, in both languages, on a narrow screen, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from .console import NARROW, Complaints, Window, go, grave_violations, open_console, see_as, settle
from .served import Served
from .visits import PERSONAS, VISITS, facts_of

WORDS = Path(__file__).parents[2] / "web" / "src" / "words"
UNTRANSLATED = re.compile(r"\b[a-z]+ [a-z]+ [a-z]+ [a-z]+\b")
"""So many plain English words in a row are a sentence that nobody translated."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")
BROKEN = re.compile(r"\bundefined\b|\bNaN\b|\[object|(?<!/)\{\w+\}|Invalid Date")
"""What is shown where a value is missing; braces behind a slash are a route's own."""


class Desk(NamedTuple):
    """One tab that stays open for the tests of this file."""

    page: Page
    complaints: Complaints
    facts: dict[str, Any]

    def visit(self, name: str) -> None:
        """Goes to a page and finds there what it holds."""
        go(self.page, VISITS[name].route.format(**self.facts))
        self.look(name)

    def look(self, name: str) -> None:
        """Finds on the page that is open what it holds."""
        for words in VISITS[name].holds:
            expect(self.page.locator("main")).to_contain_text(words.format(**self.facts))

    def text(self) -> str:
        """All that is to be read on the page now."""
        return self.page.locator("body").inner_text()


@pytest.fixture(scope="module")
def facts(served: Served) -> dict[str, Any]:
    return facts_of(served)


@pytest.fixture(scope="module")
def tab(browser: Browser, served: Served, facts: dict[str, Any]) -> Desk:
    return Desk(*open_console(browser, served.url), facts)


@pytest.fixture
def desk(tab: Desk) -> Iterator[Desk]:
    """The tab in light colours, seen by nobody in particular; whatever it complains of ends the test."""
    tab.page.emulate_media(color_scheme="light")
    yield tab
    assert tab.complaints.take() == []


@pytest.fixture
def chinese(browser: Browser, served: Served, facts: dict[str, Any]) -> Iterator[Desk]:
    desk = Desk(*open_console(browser, served.url, Window(locale="zh-CN")), facts)
    yield desk
    assert desk.complaints.take() == []
    desk.page.context.close()


@pytest.fixture
def narrow(browser: Browser, served: Served, facts: dict[str, Any]) -> Iterator[Desk]:
    desk = Desk(*open_console(browser, served.url, Window(size=NARROW)), facts)
    yield desk
    assert desk.complaints.take() == []
    desk.page.context.close()


def keys() -> set[str]:
    """Names under which the console keeps its sentences."""
    return set(re.findall(r'^  "([\w.]+)":', "".join(path.read_text() for path in WORDS.glob("en-*.ts")), re.MULTILINE))


EACH = [*PERSONAS[:2], *(pytest.param(name, marks=pytest.mark.soak) for name in PERSONAS[2:])]
"""Nobody and an owner at every run, the others in the long one."""


def brightness(page: Page) -> float:
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3]) / (3 * 255)


@pytest.mark.parametrize("persona", EACH)
def test_every_page_shows_its_data_to_everybody_in_light_and_dark(
    browser: Browser, served: Served, facts: dict[str, Any], persona: str
) -> None:
    page, complaints = open_console(browser, served.url)
    desk = Desk(page, complaints, facts)
    if persona != "nobody":
        see_as(page, persona)
    for name in VISITS:
        page.emulate_media(color_scheme="light")
        desk.visit(name)
        assert brightness(page) > 0.9, name
        page.emulate_media(color_scheme="dark")
        assert brightness(page) < 0.15, name
        desk.look(name)
        assert not BROKEN.search(desk.text()), (name, BROKEN.search(desk.text()))
        assert complaints.take() == [], name
    page.context.close()


@pytest.mark.parametrize("name", VISITS)
def test_axe_finds_nothing_grave_on_a_page_in_light_and_dark(desk: Desk, name: str) -> None:
    desk.visit(name)
    assert grave_violations(desk.page) == []
    desk.page.emulate_media(color_scheme="dark")
    assert grave_violations(desk.page, "colours") == []


@pytest.mark.parametrize("persona", EACH[1:])
def test_axe_finds_nothing_grave_where_somebody_shares(
    browser: Browser, served: Served, facts: dict[str, Any], persona: str
) -> None:
    page, complaints = open_console(browser, served.url)
    see_as(page, persona)
    own = ["/sharing?tab=grant", "/sharing?tab=readers"] if persona == "owner-01" else []
    for route in (f"/recordings/{facts['recording']}", *own, "/sharing"):
        go(page, route)
        assert grave_violations(page) == [], route
    page.emulate_media(color_scheme="dark")
    assert grave_violations(page, "colours") == []
    assert complaints.take() == []
    page.context.close()


def test_axe_finds_nothing_grave_in_a_window_over_the_page(desk: Desk) -> None:
    page = desk.page
    desk.visit("recording")
    for opened in ("See as", "How to get this yourself"):
        page.get_by_role("button", name=opened).first.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert grave_violations(page) == [], opened
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_every_page_is_in_chinese_for_who_reads_chinese(chinese: Desk) -> None:
    names = keys()
    assert len(names) > 300
    expect(chinese.page.locator("html")).to_have_attribute("lang", "zh-CN")
    for name, (route, _) in VISITS.items():
        go(chinese.page, route.format(**chinese.facts))
        text = chinese.text()
        # These are called as their party is.
        if name not in {"vehicle", "account", "account under recovery"}:
            expect(chinese.page.locator("main h1")).to_have_text(CHINESE)
        assert not names & set(re.findall(r"\w+\.\w+", text)), name
        assert not BROKEN.search(text), (name, BROKEN.search(text))
        # What people of the network name themselves stands in quotation marks; commands are the same in every language.
        assert UNTRANSLATED.findall(re.sub(r"“[^”]*”|「[^」]*」|《[^》]*》|\./run .*", "", text)) == [], name
        assert grave_violations(chinese.page, "words") == [], name


def test_a_page_is_in_the_language_that_was_chosen_also_the_next_time(browser: Browser, served: Served) -> None:
    page, complaints = open_console(browser, served.url)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="中文").locator("visible=true").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.get_by_role("navigation")).to_contain_text("首页")
    assert complaints.take() == []
    page.context.close()


def test_a_theme_that_was_chosen_goes_before_the_systems(browser: Browser, served: Served) -> None:
    page, complaints = open_console(browser, served.url, Window(dark=True))
    assert brightness(page) < 0.15
    page.get_by_role("button", name="Theme").locator("visible=true").click()
    assert brightness(page) > 0.9
    page.reload()
    settle(page)
    assert brightness(page) > 0.9
    assert complaints.take() == []
    page.context.close()


@pytest.mark.parametrize("persona", EACH)
def test_no_page_is_wider_than_a_narrow_screen(narrow: Desk, persona: str) -> None:
    page = narrow.page
    if persona != "nobody":
        see_as(page, persona)
    for name in (*VISITS, "grant"):
        go(page, VISITS[name].route.format(**narrow.facts) if name in VISITS else "/sharing?tab=grant")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0], name


def test_the_menu_of_a_narrow_screen_leads_to_every_page(narrow: Desk) -> None:
    page = narrow.page
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Token", exact=True).click()
    expect(page.locator("main h1")).to_have_text("Token")
    expect(page.get_by_role("navigation")).to_be_hidden()


def test_a_keyboard_reaches_content_search_help_and_every_page(browser: Browser, served: Served) -> None:
    page, complaints = open_console(browser, served.url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.reload()
    settle(page)
    links = page.get_by_role("navigation").get_by_role("link")
    page.keyboard.press("Tab")
    for link in links.all():
        page.keyboard.press("Tab")
        expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_have_text("System")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.locator("main h1").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.locator("main h1")).to_have_text("Chain")
    expect(page.locator("main h1")).to_be_focused()
    assert complaints.take() == []
    page.context.close()


def test_what_is_drawn_stands_in_a_table_too(browser: Browser, served: Served, facts: dict[str, Any]) -> None:
    page, _ = open_console(browser, served.url)
    see_as(page, "owner-01")
    drawn = set()
    for name, (route, _) in VISITS.items():
        go(page, route.format(**facts))
        for drawing in page.locator("main svg[role=img], main canvas").all():
            drawn.add(name)
            if as_table := page.get_by_role("button", name="As a table").all():
                as_table[0].click()
            tables = page.locator("main table") if as_table else drawing.locator("xpath=ancestor::section[1]//table")
            expect(tables.first.locator("tbody tr").nth(1)).to_be_attached()
    assert drawn >= {"map", "passport", "recording", "token"}
    page.context.close()
