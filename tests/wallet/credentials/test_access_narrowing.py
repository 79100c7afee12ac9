"""No chain of grants allows what one of its links does not, by a model that knows only sets."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any, NamedTuple

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from autochain.onchain.refusals import Refusal
from autochain.wallet.credentials.access import Circle, Grant, Polygon, check_chain, check_use, write_grant

from .granting import FRIEND, SON, STRANGER, WORKSHOP, a_grant, passed_on

HOUR = 3_600_000
MONDAY = 1_799_625_600_000
"""2027-01-11T00:00:00Z"""
RESOURCES: list[Any] = ["charge", "drive", "lock", "unlock"]
INSTANTS = [MONDAY + hour * 12 * HOUR + 1 for hour in range(-8, 40)]
SPOTS = [(y * 10_000 + 5_000, x * 10_000 + 5_000) for y in range(-6, 6) for x in range(-6, 6)]


class Use(NamedTuple):
    """One use that somebody might want."""

    resource: Any
    time_ms: int
    place: tuple[int, int] | None


USES = [
    Use(resource, time_ms, place)
    for resource, (time_ms, place) in product(
        RESOURCES, [*product(INSTANTS, [*SPOTS[::17], None]), *product(INSTANTS[10:12], SPOTS)]
    )
]


class Rectangle(NamedTuple):
    """An area of the model, in tens of thousands: from west and south up to, and without, east and north."""

    west: int
    south: int
    east: int
    north: int

    def written(self) -> Polygon:
        x, y, right, top = (10_000 * value for value in self)
        return Polygon(corners_e7=((y, x), (y, right), (top, right), (top, x)))

    def spots(self) -> set[tuple[int, int]]:
        return {
            (y, x) for y, x in SPOTS if self.south <= y // 10_000 < self.north and self.west <= x // 10_000 < self.east
        }


class Terms(NamedTuple):
    """What a link allows, as sets; None is everything."""

    resources: frozenset[Any]
    since: int
    until: int
    halves: frozenset[int] | None
    """Half days of the week."""
    area: Rectangle | None
    uses: int | None
    delegations: int

    def allows(self, use: Use) -> bool:
        day = (use.time_ms - MONDAY) // (12 * HOUR)
        return (
            use.resource in self.resources
            and self.since <= day < self.until
            and (self.halves is None or day % 14 in self.halves)
            and (self.area is None or use.place in self.area.spots())
        )

    def within(self, other: Terms) -> bool:
        """Says whether this allows nothing that the other does not, dimension by dimension."""
        return (
            self.resources <= other.resources
            and other.since <= self.since
            and self.until <= other.until
            and (other.halves is None or (self.halves is not None and self.halves <= other.halves))
            and (other.area is None or (self.area is not None and self.area.spots() <= other.area.spots()))
            and (other.uses is None or (self.uses is not None and self.uses <= other.uses))
            and self.delegations < other.delegations
        )

    def changes(self) -> dict[str, Any]:
        return {
            "resources": tuple(sorted(self.resources)),
            "since_ms": MONDAY + self.since * 12 * HOUR,
            "until_ms": MONDAY + self.until * 12 * HOUR,
            "times": None if self.halves is None else windows(self.halves),
            "area": self.area.written() if self.area else None,
            "uses": self.uses,
            "delegations": self.delegations,
        }


def windows(halves: frozenset[int]) -> tuple[tuple[int, int], ...]:
    """Writes half days as minutes of the week, those that follow one another as one."""
    found: list[list[int]] = []
    for half in sorted(halves):
        if found and found[-1][1] == half * 720:
            found[-1][1] += 720
        else:
            found.append([half * 720, half * 720 + 720])
    return tuple((since, until) for since, until in found)


@st.composite
def rectangles(draw: st.DrawFn) -> Rectangle:
    west, south = draw(st.integers(-6, 4)), draw(st.integers(-6, 4))
    return Rectangle(west, south, draw(st.integers(west + 1, 6)), draw(st.integers(south + 1, 6)))


some_halves = st.none() | st.frozensets(st.integers(0, 13), min_size=1)
some_uses = st.none() | st.integers(1, 4)


@st.composite
def any_terms(draw: st.DrawFn) -> Terms:
    since = draw(st.integers(-8, 30))
    return Terms(
        draw(st.frozensets(st.sampled_from(RESOURCES), min_size=1)),
        since,
        draw(st.integers(since + 1, 40)),
        draw(some_halves),
        draw(st.none() | rectangles()),
        draw(some_uses),
        draw(st.integers(0, 3)),
    )


@st.composite
def chains(draw: st.DrawFn) -> list[Terms]:
    """Makes chains in which each link takes over what its parent says, but for two things at most, drawn anew."""
    terms = [draw(any_terms())]
    for _ in range(draw(st.integers(1, 3))):
        fresh, last = draw(any_terms()), terms[-1]
        kept = set(Terms._fields) - draw(st.sets(st.sampled_from(Terms._fields), max_size=2))
        child = fresh._replace(**{name: getattr(last, name) for name in kept})
        if "delegations" in kept:
            child = child._replace(delegations=max(last.delegations - 1, 0))
        assume(child.since < child.until)
        terms.append(child)
    return terms


def written(chain: list[Terms]) -> list[Grant]:
    grants = [replace(a_grant(), **chain[0].changes())]
    for terms, holder in zip(chain[1:], (SON, WORKSHOP, STRANGER), strict=False):
        grants.append(passed_on(grants[-1], holder, **terms.changes()))
    assert grants[0].holder == FRIEND.did
    for grant in grants:
        write_grant(grant)
    return grants


def is_taken(grants: list[Grant]) -> bool:
    try:
        check_chain(grants)
    except Refusal:
        return False
    return True


def is_allowed(grant: Grant, use: Use) -> bool:
    try:
        check_use(grant, use.resource, now_ms=use.time_ms, position_e7=use.place)
    except Refusal:
        return False
    return True


@settings(max_examples=200)
@given(chains())
def test_a_chain_is_taken_exactly_when_each_link_is_within_the_one_before(chain: list[Terms]) -> None:
    expected = all(child.within(parent) for parent, child in pairwise(chain))
    assert is_taken(written(chain)) == expected


@settings(max_examples=30)
@given(chains())
def test_no_chain_that_is_taken_allows_what_one_of_its_links_does_not(chain: list[Terms]) -> None:
    grants = written(chain)
    while not is_taken(grants):
        grants.pop()
    chain = chain[: len(grants)]
    for use in USES:
        allowed = [is_allowed(grant, use) for grant in grants]
        assert allowed == [terms.allows(use) for terms in chain]
        assert not allowed[-1] or all(allowed)


def test_a_circle_is_narrowed_too() -> None:
    wide = a_grant(area=Circle(latitude_e7=0, longitude_e7=0, radius_m=100))
    square = Rectangle(-6, -6, 6, 6).written()
    assert not is_taken([wide, passed_on(wide, SON, area=square)])
    inside = Polygon(corners_e7=((0, 0), (0, 5_000), (5_000, 5_000)))
    assert is_taken([wide, passed_on(wide, SON, area=inside)])
    assert is_taken([a_grant(area=square), passed_on(a_grant(area=square), SON, area=wide.area)])
