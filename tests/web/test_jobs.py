"""What people come for: the main job step by step, giving and taking back a consent, finding things."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from .console import Complaints, go, open_console, see_as
from .served import Served

STEPS = 7
REFUSED, UNKNOWN = 422, 401


class Visitor(NamedTuple):
    page: Page
    complaints: Complaints


@pytest.fixture
def visitor(browser: Browser, served: Served) -> Iterator[Visitor]:
    """Somebody who comes for the first time, and is refused nothing that the test does not name."""
    page, complaints = open_console(browser, served.url)
    yield Visitor(page, complaints)
    assert complaints.take() == []
    page.context.close()


def test_the_tour_does_the_whole_job_for_real(visitor: Visitor, served: Served) -> None:
    page = visitor.page
    tour = page.get_by_role("region", name="The main job, in seven steps")
    for step in range(STEPS):
        if step == STEPS - 1:
            visitor.complaints.expect_refusal(REFUSED)
        expect(tour.locator("li.done")).to_have_count(step)
        tour.locator("li.now button").click()
    expect(tour).to_contain_text("That is the whole of it")
    expect(tour.get_by_role("listitem").last).to_contain_text("Refused, as it should be.")
    # All of it stands on the chain, not only on the page.
    consent, receipt = (
        tour.locator(f"a[href^='#/{what}/']").first.get_attribute("href") or "" for what in ("consents", "receipts")
    )
    granted = served.get(f"/chains/main/consents/{consent.rpartition('/')[2]}")
    assert granted["record"]["revoked_ms"]
    sold = served.get(f"/chains/main/receipts/{receipt.rpartition('/')[2]}")
    assert sold["record"]["consent"] == granted["id"]
    assert sold["record"]["price_uacc"] == 250_000


def test_after_an_owner_takes_a_consent_back_the_next_read_fails_with_the_reason(visitor: Visitor) -> None:
    page = visitor.page
    see_as(page, "owner-01")
    go(page, "/sharing?tab=grant")
    page.get_by_label("Reader").select_option(label="buyer-2")
    page.get_by_label("Purpose").select_option(label="insurance")
    page.get_by_label("Price of a recording in ACC").fill("0.125")
    expect(page.locator("main .note")).to_contain_text("Motion: one row a minute, for insurance")
    page.get_by_role("button", name="Grant", exact=True).click()
    expect(page.locator("main")).to_contain_text("Granted. The reader can read from now on.")
    given = page.get_by_role("row").filter(has_text="for insurance").first
    expect(given).to_contain_text("0.125 ACC")
    consent = given.get_by_role("rowheader").inner_text()

    see_as(page, "buyer-2")
    go(page, "/sharing")
    received = page.get_by_role("row").filter(has_text=consent)
    received.get_by_role("button", name="Read").click()
    buying = page.get_by_role("dialog")
    buying.get_by_role("button", name="Buy and read").click()
    expect(buying).to_contain_text("Read. Paid: 0.125 ACC")
    buying.locator("summary").click()
    expect(buying.get_by_role("table").first).to_contain_text("km/h")
    page.keyboard.press("Escape")

    see_as(page, "owner-01")
    go(page, "/sharing")
    page.get_by_role("row").filter(has_text=consent).get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("row").filter(has_text=consent)).to_contain_text("revoked")

    see_as(page, "buyer-2")
    go(page, "/sharing")
    visitor.complaints.expect_refusal(REFUSED)
    received.get_by_role("button", name="Read").click()
    buying.get_by_role("button", name="Buy and read").click()
    refusal = buying.get_by_role("alert")
    expect(refusal).to_contain_text("revoked")
    expect(refusal).to_contain_text("What helps:")
    with page.context.expect_page() as opened:
        refusal.get_by_role("link").click()
    expect(opened.value.locator("h1")).to_be_visible()
    opened.value.close()


def test_who_leaves_is_somebody_no_more(visitor: Visitor, served: Served) -> None:
    page = visitor.page
    see_as(page, "owner-01")
    go(page, "/sharing?tab=readers")
    expect(page.locator("main")).to_contain_text("Every receipt is proved")
    page.locator("header .see").click()
    with page.expect_request("**/api/v1/sign-out") as left:
        page.get_by_role("button", name="Sign out").click()
    expect(page.locator("header .see")).to_contain_text("nobody")
    expect(page.locator("main")).to_contain_text("You see what everybody sees.")
    # What the token opened it opens no more.
    response = left.value.response()
    assert response
    assert response.ok
    token = left.value.header_value("authorization") or ""
    private = f"{served.url}/api/v1/accounts/{served.persona('owner-01')}/sharing-list"
    assert httpx.get(private, headers={"Authorization": token}).status_code == UNKNOWN


def test_an_owner_opens_the_own_readings_and_nobody_else_does(visitor: Visitor, served: Served) -> None:
    page = visitor.page
    recording = served.newest("recordings", owner=served.persona("owner-02"))["id"]
    for persona, opens in (("owner-01", False), ("owner-02", True), ("stranger", False)):
        see_as(page, persona)
        go(page, f"/recordings/{recording}")
        expect(page.get_by_label("Signal")).to_have_count(1 if opens else 0)
        expect(page.get_by_text("Only its owner opens this here")).to_have_count(0 if opens else 1)


def test_search_leads_by_did_hash_height_and_name(visitor: Visitor, served: Served) -> None:
    page = visitor.page
    transaction = served.newest("transactions")
    account = served.get(f"/chains/main/accounts/{served.persona('maker')}")["account"]
    recording = served.newest("recordings")["id"]
    for text, route in (
        (account["did"], f"#/accounts/{account['id']}"),
        (account["id"], f"#/accounts/{account['id']}"),
        (transaction["hash"], f"#/chain/main/transactions/{transaction['hash']}"),
        (str(transaction["height"]), f"#/chain/main/blocks/{transaction['height']}"),
        (recording, f"#/recordings/{recording}"),
        ("maker", f"#/accounts/{account['id']}"),
    ):
        page.keyboard.press("/")
        page.get_by_role("searchbox").fill(text)
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{served.url}/{route}")
        page.locator("main h1").focus()
    page.keyboard.press("/")
    page.get_by_role("searchbox").fill("nothing of the kind")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Nothing is known by this name.")
