"""Lives of vehicles, who speaks for an account, and credentials: what the console shows of them, and what one does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from .console import Complaints, Window, go, grave_violations, open_console, see_as
from .served import Served

REFUSED = 400
STEPS = 17
DARK = Window(dark=True)


@pytest.fixture(params=[Window(), DARK], ids=["light", "dark"])
def window(request: pytest.FixtureRequest) -> Window:
    found: Window = request.param
    return found


@pytest.fixture
def complaints() -> list[Complaints]:
    return []


@pytest.fixture
def page(browser: Browser, served: Served, window: Window, complaints: list[Complaints]) -> Iterator[Page]:
    """A page seen by nobody in particular, of which neither axe nor the browser complains at the end."""
    page, found = open_console(browser, served.url, window)
    complaints.append(found)
    yield page
    assert grave_violations(page) == []
    assert found.take() == []
    page.context.close()


def card(page: Page, name: str) -> Locator:
    """Gives a part of a page; one that scrolls within it may be called the same."""
    return page.locator("section.card").and_(page.get_by_role("region", name=name, exact=True))


def test_a_passport_tells_a_whole_life(page: Page, served: Served) -> None:
    go(page, f"/vehicles/{served.lives['lived']}")
    owners = card(page, "Owners").get_by_role("listitem")
    expect(owners).to_have_count(3)
    for owner, name in zip(owners.all(), ("owner-72", "owner-71", "maker"), strict=True):
        expect(owner).to_contain_text(name)
    expect(owners.first).to_contain_text("now")

    life = card(page, "Its life")
    life.get_by_role("button", name="Show all 16").click()
    life.get_by_label("odometer statements, too (1)").check()
    steps = life.locator("li")
    expect(steps).to_have_count(STEPS)
    expect(steps.first).to_contain_text("AIRBAG-26-07")
    expect(steps.first.locator(".badge")).to_have_text("open")
    expect(steps.filter(has_text="BRAKES-26-01").filter(has_text="Recalled").locator(".badge")).to_have_text("closed")
    expect(steps.filter(has_text="61,800 km")).to_contain_text("by owner-71, agreed by owner-72")
    expect(steps.filter(has_text="triaged")).to_contain_text("Severity: high")
    expect(steps.last).to_contain_text("Made")

    stated = card(page, "Odometer").locator("tbody tr")
    readings = [row.locator(".number").inner_text() for row in stated.all()]
    assert readings == ["63,105 km", "61,800 km", "30,020 km", "21,350 km", "8,400 km", "12 km", "0 km"]
    expect(card(page, "Open recalls")).to_contain_text("1 open")
    for words in ("R79SWIN AC-26", "1.1", "E1*79R05/02*0123"):
        expect(card(page, "Software").locator("tbody tr")).to_contain_text(words)
    events = card(page, "Security events").locator("tbody tr")
    expect(events.nth(0)).to_contain_text("notified")
    expect(events.nth(1)).to_contain_text("reported")
    certificates = card(page, "Certificates (X.509)").locator("tbody tr")
    expect(certificates.nth(0)).to_contain_text("live")
    expect(certificates.nth(1)).to_contain_text("superseded")


def test_a_passport_is_taken_along_as_the_api_gives_it(page: Page, served: Served) -> None:
    device = served.lives["lived"]
    go(page, f"/vehicles/{device}")
    with page.expect_download() as download:
        card(page, "Passport to take along").get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == f"{device[:12]}.passport"
    path = download.value.path()
    answer = httpx.get(f"{served.url}/api/v1/chains/main/vehicles/{device}/passport").raise_for_status()
    # Each is proved at the newest header, so that only their lengths are sure to be near one another.
    assert abs(path.stat().st_size - len(answer.content)) < len(answer.content) / 10


def verified(page: Page, name: str, steps: int) -> Locator:
    verifier = card(page, name)
    verifier.get_by_role("button", name="Verify").click()
    expect(verifier.locator("summary")).to_have_count(steps)
    return verifier


def test_every_step_of_a_life_is_hashed_anew(page: Page, served: Served) -> None:
    go(page, f"/vehicles/{served.lives['lived']}")
    for name, steps in (("Verify its life here", 7), ("Verify its identity here", 6)):
        verifier = verified(page, name, steps)
        expect(verifier.locator(".note.good")).to_contain_text("Proved.")
        expect(verifier.locator("summary").filter(has_text="does not hold:")).to_have_count(0)
    history = card(page, "Verify its life here").locator("details").last
    history.locator("summary").click()
    expect(history).to_contain_text(f"{STEPS} / {STEPS}")


@pytest.mark.parametrize("window", [Window()], ids=["light"])
@pytest.mark.parametrize("how", ["changed", "left out"])
def test_a_step_that_is_changed_or_left_out_is_seen(page: Page, served: Served, how: str) -> None:
    go(page, f"/vehicles/{served.lives['lived']}")

    def tamper(request: Route) -> None:
        given: dict[str, Any] = request.fetch().json()
        step = given["answer"].pop(3)
        if how == "changed":
            given["answer"].insert(3, {**step, "odometer_m": step["odometer_m"] - 1})
        request.fulfill(body=json.dumps(given), content_type="application/json")

    page.route("**/vehicles/GetHistory*", tamper)
    verifier = verified(page, "Verify its life here", 7)
    expect(verifier.locator(".note.bad")).to_contain_text("Not proved.")
    broken = verifier.locator("summary").filter(has_text="does not hold:")
    expect(broken).to_have_count(1)
    expect(broken).to_contain_text("All steps of its life")


def test_a_wreck_has_ended(page: Page, served: Served) -> None:
    go(page, f"/vehicles/{served.lives['wreck']}")
    identity = card(page, "Identity")
    expect(identity).to_contain_text("scrapped")
    expect(identity).to_contain_text("ended")
    expect(card(page, "Its life").locator("li").first).to_contain_text("Scrapped")
    expect(card(page, "Open recalls")).to_contain_text("none")


def test_an_account_tells_who_speaks_for_it_and_who_did(page: Page, served: Served) -> None:
    go(page, f"/accounts/{served.lives['lost']}")
    keys = card(page, "Keys")
    for words in ("Ed25519", "1 of 1 must sign", "They expire", "promised", "./run account rotate"):
        expect(keys).to_contain_text(words)
    documents = card(page, "Documents of the DID")
    rows = documents.locator("tbody tr")
    expect(rows).to_have_count(3)
    rows.last.get_by_role("button", name="Show").click()
    expect(documents.locator("pre")).to_contain_text('"versionId": "1"')
    expect(documents.locator("pre")).to_contain_text('"verificationMethod"')


def test_a_device_and_an_issuer_tell_what_they_are_given_and_give(page: Page, served: Served) -> None:
    go(page, f"/accounts/{served.lives['lived']}")
    expect(card(page, "Certificates (X.509)").locator("tbody tr")).to_have_count(2)
    expect(card(page, "Guardians")).to_have_count(0)
    go(page, f"/accounts/{served.lives['issuer']}")
    row = card(page, "Status lists").locator("tbody tr").filter(has_text="77")
    for words in ("revoked", "131,072", "2"):
        expect(row).to_contain_text(words)


@pytest.mark.parametrize("window", [Window()], ids=["light"])
def test_a_holder_rejects_a_recovery_that_it_did_not_want(page: Page, served: Served) -> None:
    account = served.lives["lost"]
    go(page, f"/accounts/{account}")
    guardians = card(page, "Guardians")
    for words in ("A recovery is under way.", "Asked by maker, buyer", "2 of these 3", "3 days"):
        expect(guardians).to_contain_text(words)
    expect(guardians.get_by_role("button", name="Reject it")).to_have_count(0)
    see_as(page, "owner-72")
    # The keys that follow are promised, and lie elsewhere.
    expect(guardians).to_contain_text("./run account set-guardians")
    guardians.get_by_role("button", name="Reject it").click()
    expect(guardians.locator(".note.bad")).to_have_count(0)
    assert served.get(f"/chains/main/queries/identity/GetRecovery?account={account}")["answer"] is None


@pytest.mark.parametrize("window", [Window()], ids=["light"])
def test_a_holder_who_promised_no_keys_names_guardians_here(page: Page, served: Served) -> None:
    account = served.lives["seller"]
    see_as(page, "owner-71")
    go(page, f"/accounts/{account}")
    guardians = card(page, "Guardians")
    expect(guardians).to_contain_text("It has no guardians")
    guardians.get_by_label("DIDs or names").fill("maker\nnobody-at-all")
    guardians.get_by_label("Days in which").fill("7")
    guardians.get_by_role("button", name="Name them").click()
    expect(guardians.get_by_role("alert")).to_contain_text("“nobody-at-all” is neither")
    guardians.get_by_label("DIDs or names").fill("maker\nbuyer")
    guardians.get_by_label("How many").fill("2")
    guardians.get_by_role("button", name="Name them").click()
    expect(guardians).to_contain_text("2 of these 2 must ask")
    present = served.get(f"/chains/main/queries/identity/GetGuardians?account={account}")["answer"]["present"]
    assert sorted(present["members"]) == sorted((served.persona("maker"), served.persona("buyer")))
    assert (present["threshold"], present["delay_ms"]) == (2, 7 * 24 * 3_600_000)


def result(page: Page) -> Locator:
    return card(page, "What came of it")


def test_a_credential_that_holds_is_said_to_hold_check_by_check(page: Page) -> None:
    go(page, "/check")
    page.get_by_role("button", name="Take an example").click()
    page.get_by_role("button", name="Check", exact=True).click()
    expect(result(page).locator(".note.good")).to_contain_text("It holds.")
    expect(result(page)).to_contain_text("BitstringStatusListCredential")
    checks = result(page).get_by_role("listitem")
    expect(checks).to_have_count(6)
    expect(checks.filter(has_text="was signed by a key of that DID")).to_contain_text("holds")
    expect(checks.filter(has_text="within its time")).to_contain_text("until")


@pytest.mark.parametrize(
    ("field", "value", "check"),
    [
        ("validFrom", "2026-01-01T00:00:00Z", "nothing was changed since"),
        ("issuer", "did:acc:" + "a" * 32, "nothing was changed since"),
        ("type", "else", "the form of a W3C credential"),
    ],
)
def test_a_credential_that_was_changed_fails_at_the_check_that_sees_it(
    page: Page, served: Served, complaints: list[Complaints], field: str, value: object, check: str
) -> None:
    changed = json.loads(served.credential()) | {field: value}
    complaints[0].expect_refusal(REFUSED)
    go(page, "/check")
    page.get_by_label("Its JSON").fill(json.dumps(changed))
    page.get_by_role("button", name="Check", exact=True).click()
    expect(result(page).get_by_role("alert")).to_contain_text("What helps:")
    failed = result(page).get_by_role("listitem").filter(has_text="This does not hold.")
    expect(failed).to_have_count(1)
    expect(failed).to_contain_text(check)
    expect(result(page).locator(".note.good")).to_have_count(0)
    # What it names, such as a key, may be longer than a line.
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")


@pytest.mark.parametrize("window", [Window()], ids=["light"])
def test_what_is_no_json_is_not_even_sent(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/verify") else None)
    go(page, "/check")
    page.get_by_label("Its JSON").fill('{"type": ')
    page.get_by_role("button", name="Check", exact=True).click()
    expect(result(page).get_by_role("alert")).to_contain_text("This is no JSON.")
    assert asked == []
