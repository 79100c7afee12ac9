"""A browser proves records itself, and sees when what it is sent was changed on the way."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from .console import go, grave_violations, open_console
from .served import Served

STEPS = 6
VERIFIER = re.compile("^Verify (its balance )?here$")
ROUTES = {"recording": "/recordings/{}", "receipt": "/receipts/{}", "balance": "/accounts/{}"}


@pytest.fixture(params=ROUTES)
def route(request: pytest.FixtureRequest, served: Served) -> str:
    """The page of a record that can be proved."""
    kind: str = request.param
    id = served.persona("buyer") if kind == "balance" else served.newest(f"{kind}s")["id"]
    return ROUTES[kind].format(id)


def verify(page: Page, route: str) -> Locator:
    """Has the record of a page verified; gives what the page then says."""
    go(page, route)
    verifier = page.get_by_role("region", name=VERIFIER)
    verifier.get_by_role("button", name="Verify").click()
    expect(verifier.get_by_role("button", name="Verify again")).to_be_visible()
    expect(verifier.locator("summary")).to_have_count(STEPS)
    return verifier


def test_every_step_of_a_proof_holds(browser: Browser, served: Served, route: str) -> None:
    page, complaints = open_console(browser, served.url)
    verifier = verify(page, route)
    expect(verifier.locator(".note.good")).to_contain_text("Proved.")
    expect(verifier.locator("summary").filter(has_text="does not hold:")).to_have_count(0)
    # The steps show what was computed.
    verifier.locator("summary").last.click()
    expect(verifier.locator("details").last).to_contain_text("signed")
    assert grave_violations(page) == []
    assert complaints.take() == []
    page.context.close()


@pytest.mark.parametrize("part", ["value", "proof", "light_block"])
def test_one_changed_digit_of_a_proof_is_seen(browser: Browser, served: Served, route: str, part: str) -> None:
    page, complaints = open_console(browser, served.url)

    def tamper(request: Route) -> None:
        proof = request.fetch().json()
        digits = proof[part]
        middle = len(digits) // 2
        proof[part] = f"{digits[:middle]}{int(digits[middle], 16) ^ 1:x}{digits[middle + 1 :]}"
        request.fulfill(body=json.dumps(proof), content_type="application/json")

    page.route("**/proofs/**", tamper)
    verifier = verify(page, route)
    expect(verifier.locator(".note.bad")).to_contain_text("Not proved.")
    broken = verifier.locator("summary").filter(has_text="does not hold:")
    assert broken.count() >= 1
    broken.first.click()
    expect(verifier.locator(".why:visible").first).not_to_be_empty()
    assert complaints.take() == []
    page.context.close()


def test_a_browser_says_when_the_validators_are_others_than_it_first_saw(browser: Browser, served: Served) -> None:
    page, complaints = open_console(browser, served.url)
    chain = served.get("/network")["chains"][0]["chain_id"]
    route = f"/recordings/{served.newest('recordings')['id']}"
    page.evaluate("([name, hash]) => localStorage.setItem(name, hash)", [f"autochain.validators.{chain}", "00" * 32])
    verifier = verify(page, route)
    expect(verifier.locator(".note.bad").first).to_contain_text("Not proved.")
    expect(verifier).to_contain_text("other validators than this browser first saw")
    verifier.get_by_role("button", name="Trust the new ones").click()
    expect(verifier.locator(".note.good")).to_contain_text("Proved.")
    assert complaints.take() == []
    page.context.close()
