"""Areas in whole numbers: held against what is counted in floating point, and against each other point by point."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from autochain.wallet.credentials.access import Area, Circle, Polygon, errors, is_inside, is_within, write_grant

from .actors import refused
from .granting import a_grant

STEP = 10_000
"""Half of the distance between corners, so that points may lie between them."""
METRES = 6_371_008.8


def polygon(*corners: tuple[int, int], west: int = 0, south: int = 0) -> Polygon:
    """Makes a polygon of corners in steps, x first."""
    return Polygon(
        corners_e7=tuple(
            (south + 2 * STEP * y, (west + 2 * STEP * x + 1_800_000_000) % 3_600_000_000 - 1_800_000_000)
            for x, y in corners
        )
    )


def holds(area: Area, x: int, y: int, *, west: int = 0, south: int = 0) -> bool:
    longitude = (west + STEP * x + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
    return is_inside(area, latitude_e7=south + STEP * y, longitude_e7=longitude)


@st.composite
def stars(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    """Makes borders that wind once around a point and bend in and out."""
    centre = draw(st.tuples(st.integers(-6, 6), st.integers(-6, 6)))
    count = draw(st.integers(3, 9))
    angles = sorted(draw(st.lists(st.integers(0, 71), min_size=count, max_size=count, unique=True)))
    far = [draw(st.integers(2, 12)) for _ in angles]
    return tuple(
        (
            centre[0] + round(radius * math.cos(angle * math.pi / 36)),
            centre[1] + round(radius * math.sin(angle * math.pi / 36)),
        )
        for angle, radius in zip(angles, far, strict=True)
    )


def is_sound(area: Area) -> bool:
    try:
        write_grant(a_grant(area=area))
    except Exception:
        return False
    return True


def winding(corners: tuple[tuple[int, int], ...], x: float, y: float) -> float:
    """Adds up the angles under which the border is seen from a point: a whole turn from inside, none from outside."""
    total = 0.0
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        turn = math.atan2(by - y, bx - x) - math.atan2(ay - y, ax - x)
        total += (turn + math.pi) % (2 * math.pi) - math.pi
    return abs(total)


def on_border(corners: tuple[tuple[int, int], ...], x: int, y: int) -> bool:
    """Says whether a point, in half steps, is on the border."""
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        (px, py), (qx, qy) = (2 * ax, 2 * ay), (2 * bx, 2 * by)
        if (qx - px) * (y - py) == (qy - py) * (x - px) and (px - x) * (qx - x) + (py - y) * (qy - y) <= 0:
            return True
    return False


POINTS = [(x, y) for x in range(-37, 38, 3) for y in range(-37, 38, 3)]


@given(stars(), st.sampled_from([0, 1_799_900_000, -1_800_000_000, 133_777_000]))
def test_a_point_is_inside_when_the_border_goes_round_it(corners: tuple[tuple[int, int], ...], west: int) -> None:
    area = polygon(*corners, west=west)
    assume(is_sound(area))
    for x, y in POINTS:
        expected = on_border(corners, x, y) or winding(corners, x / 2, y / 2) > math.pi
        assert holds(area, x, y, west=west) == expected, (x, y)


@given(stars(), stars(), st.sampled_from([0, 1_799_900_000]), st.booleans())
def test_a_polygon_within_another_holds_no_point_that_the_other_does_not(
    inner: tuple[tuple[int, int], ...], outer: tuple[tuple[int, int], ...], west: int, shrink: bool
) -> None:
    small, large = polygon(*inner, west=west), polygon(*outer, west=west)
    if shrink:
        large = polygon(*[(3 * x, 3 * y) for x, y in outer], west=west)
    assume(is_sound(small) and is_sound(large))
    found = is_within(small, large)
    stray = [(x, y) for x, y in POINTS if holds(small, x, y, west=west) and not holds(large, x, y, west=west)]
    assert not (found and stray)
    corners_out = [corner for corner in inner if not holds(large, 2 * corner[0], 2 * corner[1], west=west)]
    assert not (found and corners_out)


@given(stars())
def test_an_area_is_within_itself(corners: tuple[tuple[int, int], ...]) -> None:
    area = polygon(*corners)
    assume(is_sound(area))
    assert is_within(area, area)
    turned = polygon(*corners[1:], corners[0])
    assert is_within(area, turned) and is_within(turned, area)
    assert is_within(polygon(*reversed(corners)), area)


def test_a_bent_area_does_not_hold_what_lies_across_its_bend() -> None:
    bow = polygon((0, 0), (10, 0), (10, 10), (8, 10), (8, 2), (2, 2), (2, 10), (0, 10))
    across = polygon((0, 10), (0, 9), (10, 9), (10, 10))
    between = polygon((2, 10), (8, 10), (5, 2))
    arm = polygon((8, 2), (10, 2), (10, 10), (8, 10))
    assert [is_within(area, bow) for area in (across, between, arm)] == [False, False, True]
    chord = polygon((2, 10), (8, 10), (9, 10), (9, 1), (1, 1), (1, 10))
    assert not is_within(chord, bow)


def metres_between(one: tuple[int, int], two: tuple[int, int]) -> float:
    """Gives the distance on the sphere by the haversine formula."""
    (a, b), (c, d) = ([math.radians(value / 1e7) for value in pair] for pair in (one, two))
    half = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * METRES * math.asin(math.sqrt(half))


latitudes = st.integers(-600_000_000, 600_000_000)
longitudes = st.integers(-1_800_000_000, 1_800_000_000)


@given(latitudes, longitudes, st.integers(1, 20_000), st.integers(0, 359), st.integers(0, 2_000))
def test_a_circle_is_one_on_the_sphere_to_within_a_hundredth(
    latitude: int, longitude: int, radius_m: int, bearing: int, thousandths: int
) -> None:
    circle = Circle(latitude_e7=latitude, longitude_e7=longitude, radius_m=radius_m)
    north = radius_m * thousandths / 1000 * math.cos(math.radians(bearing))
    east = radius_m * thousandths / 1000 * math.sin(math.radians(bearing))
    to_lat = latitude + round(math.degrees(north / METRES) * 1e7)
    to_lon = longitude + round(math.degrees(east / METRES / math.cos(math.radians(latitude / 1e7))) * 1e7)
    to_lon = (to_lon + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
    away = metres_between((latitude, longitude), (to_lat, to_lon))
    if abs(away - radius_m) > radius_m * 0.01 + 1:
        assert is_inside(circle, latitude_e7=to_lat, longitude_e7=to_lon) == (away < radius_m)


circles = st.builds(
    Circle,
    latitude_e7=st.integers(-12, 12).map(lambda y: 520_000_000 + y * 1_000_000),
    longitude_e7=st.integers(-12, 12).map(lambda x: x * 1_000_000),
    radius_m=st.sampled_from([1, 5_000, 11_120, 20_000, 40_000, 90_000]),
)
squares = stars().map(lambda corners: polygon(*[(50 * x, 50 * y) for x, y in corners], south=520_000_000))
areas: st.SearchStrategy[Area] = circles | squares


@example(Circle(latitude_e7=0, longitude_e7=0, radius_m=9), Circle(latitude_e7=0, longitude_e7=0, radius_m=9))
@given(areas, areas)
def test_an_area_within_another_holds_no_point_that_the_other_does_not(inner: Area, outer: Area) -> None:
    assume(is_sound(inner) and is_sound(outer))
    if inner == outer:
        assert is_within(inner, outer)
    elif is_within(inner, outer):
        for y in range(-25, 26):
            for x in range(-25, 26):
                where = {"latitude_e7": 520_000_000 + y * 500_001, "longitude_e7": x * 500_001}
                assert is_inside(outer, **where) or not is_inside(inner, **where)


@pytest.mark.parametrize("longitude", [1_799_999_000, -1_799_999_000])
def test_circles_meet_across_the_antimeridian(longitude: int) -> None:
    inner = Circle(latitude_e7=0, longitude_e7=longitude, radius_m=50)  # 11.1 m away
    for side in (1_800_000_000, -1_800_000_000):
        found = [is_within(inner, Circle(latitude_e7=0, longitude_e7=side, radius_m=metres)) for metres in (61, 62)]
        assert found == [False, True]


@example(600_000_000, 3_000_000, 6_000_000, 40_000, 20)
@given(
    latitudes,
    st.integers(-3_000_000, 3_000_000),
    st.integers(-6_000_000, 6_000_000),
    st.integers(10_000, 40_000),
    st.sampled_from([-50, 0, 5, 20, 50, 200]),
)
def test_a_circle_within_another_has_its_whole_rim_there(
    latitude: int, north: int, east: int, radius_m: int, spare_m: int
) -> None:
    inner = Circle(latitude_e7=latitude + north, longitude_e7=east, radius_m=radius_m)
    scale = math.cos(math.radians(latitude / 1e7))
    away = math.hypot(north, east * scale) * math.radians(1e-7) * METRES
    outer = Circle(latitude_e7=latitude, longitude_e7=0, radius_m=max(1, round(away + radius_m + spare_m)))
    rim = []
    for degree in range(0, 360, 2):
        y = radius_m * math.cos(math.radians(degree)) * 0.9999 / math.radians(1e-7) / METRES
        x = radius_m * math.sin(math.radians(degree)) * 0.9999 / math.radians(1e-7) / METRES
        x /= math.cos(math.radians(inner.latitude_e7 / 1e7))
        rim.append(is_inside(outer, latitude_e7=round(inner.latitude_e7 + y), longitude_e7=round(east + x)))
    assert all(rim) or not is_within(inner, outer)


def test_a_larger_circle_is_not_within_a_smaller_one() -> None:
    small, large = (Circle(latitude_e7=0, longitude_e7=0, radius_m=metres) for metres in (9, 90))
    assert is_within(small, large)
    assert not is_within(large, small)


@pytest.mark.parametrize(
    ("east", "radius_m", "expected"), [(0, 111, True), (0, 112, False), (10_000, 55, True), (10_000, 56, False)]
)
def test_a_circle_is_within_a_polygon_when_it_stays_off_its_border(east: int, radius_m: int, expected: bool) -> None:
    square = Polygon(
        corners_e7=(
            (599_990_000, -20_000),
            (599_990_000, 20_000),
            (600_010_000, 20_000),
            (600_010_000, -20_000),
        )
    )
    assert is_within(Circle(latitude_e7=600_000_000, longitude_e7=east, radius_m=radius_m), square) == expected


def test_a_circle_over_a_corner_that_bends_inwards_is_not_within() -> None:
    bent = polygon((0, 0), (10, 0), (10, 10), (5, 5), (0, 10))
    for metres, expected in ((330, True), (340, False)):
        # The bend is 30,000 units, 333.6 m, north of the circle's centre.
        circle = Circle(latitude_e7=70_000, longitude_e7=100_000, radius_m=metres)
        assert is_within(circle, bent) == expected


BAD: list[tuple[tuple[int, int], ...]] = [
    ((0, 0), (10, 10), (10, 0), (0, 10)),
    ((0, 0), (10, 0), (5, 0)),
    ((0, 0), (0, 0), (10, 10)),
    ((0, 0), (10, 0), (10, 10), (10, 5), (20, 5)),
    ((0, 0), (10, 0), (10, 10), (5, 0), (0, 10)),
    ((0, 0), (60_000, 0), (120_000, 1)),
    ((0, 0), (89_999, 5), (89_999, 10), (89_999, 15), (179_000, 20)),
]


@pytest.mark.parametrize("corners", BAD)
def test_a_border_that_crosses_or_touches_itself_or_spans_half_the_earth_is_refused(
    corners: tuple[tuple[int, int], ...],
) -> None:
    refused(errors.MALFORMED, write_grant, a_grant(area=polygon(*corners)))


def test_a_polygon_may_lie_across_the_antimeridian() -> None:
    area: Any = Polygon(
        corners_e7=((-10, 1_799_999_990), (-10, -1_799_999_990), (10, -1_799_999_990), (10, 1_799_999_990))
    )
    inside = [1_800_000_000, -1_800_000_000, 1_799_999_990, -1_799_999_990, 1_799_999_995]
    assert all(is_inside(area, latitude_e7=0, longitude_e7=x) for x in inside)
    assert not any(is_inside(area, latitude_e7=0, longitude_e7=x) for x in (0, 1_799_999_989, -1_799_999_989))
