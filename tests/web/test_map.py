"""The live map draws what the stream says of hundreds of vehicles, and shows one of them when asked."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from .console import Complaints, go, listen_in_the_page, new_context, settle
from .served import Served

VEHICLES = 500
RETRY_MS = 200


class Crowd:
    """Vehicles on circles around the middle of the town, told by a stream of the test's own."""

    def __init__(self, middle: tuple[float, float]) -> None:
        self._middle = middle
        self._turn = 0

    def tell(self, route: Route) -> None:
        """Answers one request for the stream with one frame; the browser soon asks for the next."""
        self._turn += 1
        frame = {"time_ms": 1_000 * self._turn, "vehicles": [self._vehicle(place) for place in range(VEHICLES)]}
        body = f"retry: {RETRY_MS}\n\nevent: vehicles\ndata: {json.dumps(frame)}\n\n"
        route.fulfill(body=body, content_type="text/event-stream")

    def _vehicle(self, place: int) -> dict[str, Any]:
        angle = place + self._turn / 30
        away = 0.002 + 0.02 * place / VEHICLES
        lat, lon = self._middle
        return {
            "id": f"{place:040x}",
            "name": f"car-{place + 1:03}",
            "lat": lat + away * math.sin(angle),
            "lon": lon + away * math.cos(angle),
            # All look the same way, so that a picture changes only where something moves.
            "heading_deg": 0,
            "speed_kmh": 50,
            "state": "parked" if place % 5 == 0 else "driving",
        }


@pytest.fixture
def crowded(browser: Browser, served: Served) -> Iterator[Page]:
    """The map with a crowd on it."""
    context = new_context(browser)
    listen_in_the_page(context)
    complaints = Complaints(served.url)
    complaints.watch(context)
    page = context.new_page()
    # Between two frames vehicles glide, unless one asks for no motion.
    page.emulate_media(reduced_motion="no-preference")
    roads = served.get("/demo/roads")["roads"]
    points = [point for road in roads for point in road]
    middle = sum(lat for lat, _ in points) / len(points), sum(lon for _, lon in points) / len(points)
    page.route("**/api/v1/stream", Crowd(middle).tell)
    page.goto(f"{served.url}/?fps#/map")
    settle(page)
    expect(page.locator("main")).to_contain_text(f"{VEHICLES} vehicles, 400 of them driving")
    yield page
    assert complaints.take() == []
    context.close()


def measured(page: Page) -> dict[str, float]:
    """What the map says of its own drawing."""
    found: dict[str, float] = page.evaluate("window.__map")
    return found


def test_hundreds_of_vehicles_are_drawn_and_move(crowded: Page) -> None:
    canvas = crowded.locator("canvas")
    expect(crowded.locator(".fps")).not_to_have_text("0 fps")
    assert measured(crowded)["vehicles"] == VEHICLES
    assert measured(crowded)["fps"] > 0
    # Of the canvas alone: what lies over it changes by itself.
    pictures = {canvas.evaluate("(canvas) => canvas.toDataURL()") for _ in range(20)}
    assert len(pictures) > 1


def test_the_table_holds_every_vehicle_of_the_map(crowded: Page) -> None:
    crowded.get_by_role("button", name="As a table").click()
    rows = crowded.locator("tbody tr")
    expect(rows).to_have_count(VEHICLES)
    expect(rows.first).to_contain_text("car-001")
    expect(rows.first).to_contain_text("parked")
    first = rows.nth(1).inner_text()
    expect(rows.nth(1)).not_to_have_text(first)


def test_a_vehicle_is_chosen_and_followed_to_its_passport(browser: Browser, served: Served) -> None:
    context = new_context(browser)
    page = context.new_page()
    page.goto(served.url)
    car = served.newest("recordings", owner=served.persona("owner-01"))["record"]["vehicle"]
    go(page, f"/map?vehicle={car}")
    card = page.locator("main").get_by_role("region").filter(has_text="km/h")
    expect(card).to_contain_text("car-0")
    card.get_by_role("button", name="Follow").click()
    expect(card.get_by_role("button", name="Following")).to_have_attribute("aria-pressed", "true")
    # Who moves the map by hand looks elsewhere.
    page.locator("canvas").press("ArrowLeft")
    card.get_by_role("link", name="Vehicle passport").click()
    expect(page).to_have_url(f"{served.url}/#/vehicles/{car}")
    context.close()
