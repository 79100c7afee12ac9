"""Where a grant counts: a circle or a polygon on the map, all in whole numbers.

Positions are degrees times 10^7. Between two corners the way round the Earth is the shorter one, so a polygon may lie
across the antimeridian; it spans less than half of all longitudes and goes round no pole. A border belongs to its area.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, TypeAlias

import msgspec

from .errors import MALFORMED

DEGREE = 10_000_000
FULL, HALF = 360 * DEGREE, 180 * DEGREE
MAX_CORNERS = 32
MAX_RADIUS_M = 100_000
"""On the flat map that a circle is drawn on, its width is 3 % wrong at this distance and 60 degrees of latitude."""
MILLION = 1_000_000
UNITS_PER_M = 89_932_036
"""Millionths of 10^-7 degrees of latitude in one metre, on a sphere of 6,371,008.8 m."""

Latitude = Annotated[int, msgspec.Meta(ge=-85 * DEGREE, le=85 * DEGREE)]
"""Nearer to a pole a flat map says too little about distances."""
Longitude = Annotated[int, msgspec.Meta(ge=-HALF, le=HALF)]
Point: TypeAlias = tuple[int, int]
"""Longitude first, on a map without an edge: a longitude may exceed 180 degrees here."""


class Circle(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", rename="camel", forbid_unknown_fields=True):
    """All that lies within so many metres of a position."""

    latitude_e7: Latitude
    longitude_e7: Longitude
    radius_m: Annotated[int, msgspec.Meta(ge=1, le=MAX_RADIUS_M)]


class Polygon(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", rename="camel", forbid_unknown_fields=True):
    """What lies between three or more corners, in the order of its border, latitude first."""

    corners_e7: Annotated[tuple[tuple[Latitude, Longitude], ...], msgspec.Meta(min_length=3, max_length=MAX_CORNERS)]


Area: TypeAlias = Circle | Polygon


def check_area(area: Area) -> None:
    """Refuses a polygon whose border crosses or touches itself, encloses nothing or spans half of the Earth."""
    if isinstance(area, Circle):
        return
    corners = _unrolled(area)
    edges = _edges(corners)
    west, east = min(x for x, _ in corners), max(x for x, _ in corners)
    if east - west >= HALF:
        raise MALFORMED("an area spans half of all longitudes, or goes round a pole")
    for (a, b), (_, c) in zip(edges, edges[1:] + edges[:1], strict=True):
        if a == b or (_cross(a, b, c) == 0 and _dot(b, a, c) >= 0):
            raise MALFORMED("the border of an area turns back on itself")
    for number, (a, b) in enumerate(edges):
        for other, (c, d) in enumerate(edges[number + 2 :], number + 2):
            if (other + 1) % len(edges) != number and _touch(a, b, c, d):
                raise MALFORMED("the border of an area crosses itself")


def is_inside(area: Area, *, latitude_e7: int, longitude_e7: int) -> bool:
    """Says whether a position lies in an area."""
    if isinstance(area, Circle):
        x, y = _from_centre(area, latitude_e7=latitude_e7, longitude_e7=longitude_e7)
        return x * x + y * y <= (area.radius_m * UNITS_PER_M) ** 2
    corners = _unrolled(area)
    return _covers(corners, (_placed(corners, longitude_e7), latitude_e7))


def is_within(inner: Area, outer: Area) -> bool:
    """Says whether every position in one area is in the other, too; of two circles it errs on the side of no."""
    if isinstance(outer, Circle):
        if isinstance(inner, Circle):
            return _circle_in_circle(inner, outer)
        return all(is_inside(outer, latitude_e7=y, longitude_e7=x) for y, x in inner.corners_e7)
    if isinstance(inner, Circle):
        return _circle_in_polygon(inner, _unrolled(outer))
    return _polygon_in_polygon(_unrolled(inner), _unrolled(outer))


def _wrapped(difference: int) -> int:
    """Gives the shorter way round between two longitudes."""
    return (difference + HALF) % FULL - HALF


def _scale(circle: Circle) -> int:
    """Gives how long a degree of longitude is at the centre, in millionths of one of latitude."""
    return round(math.cos(math.radians(circle.latitude_e7 / DEGREE)) * MILLION)


def _from_centre(circle: Circle, *, latitude_e7: int, longitude_e7: int) -> Point:
    x = _wrapped(longitude_e7 - circle.longitude_e7) * _scale(circle)
    return x, (latitude_e7 - circle.latitude_e7) * MILLION


def _circle_in_circle(inner: Circle, outer: Circle) -> bool:
    """Adds up distances; the inner circle is measured as wide as it may be on the outer one's map."""
    x, y = _from_centre(outer, latitude_e7=inner.latitude_e7, longitude_e7=inner.longitude_e7)
    own, its = _scale(inner), _scale(outer)
    left = outer.radius_m * UNITS_PER_M + -inner.radius_m * UNITS_PER_M * max(own, its) // own
    return left >= 0 and x * x + y * y <= left * left


def _circle_in_polygon(circle: Circle, corners: list[Point]) -> bool:
    centre = (_placed(corners, circle.longitude_e7), circle.latitude_e7)
    if not _covers(corners, centre):
        return False
    scale, radius = _scale(circle), circle.radius_m * UNITS_PER_M
    around = [((x - centre[0]) * scale, (y - centre[1]) * MILLION) for x, y in corners]
    return all(_is_away(a, b, radius) for a, b in _edges(around))


def _is_away(a: Point, b: Point, radius: int) -> bool:
    """Says whether an edge stays at least this far from the origin."""
    length = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
    along = -(a[0] * (b[0] - a[0]) + a[1] * (b[1] - a[1]))
    if along <= 0:
        return a[0] ** 2 + a[1] ** 2 >= radius**2
    if along >= length:
        return b[0] ** 2 + b[1] ** 2 >= radius**2
    return (a[0] * b[1] - a[1] * b[0]) ** 2 >= radius**2 * length


def _polygon_in_polygon(inner: list[Point], outer: list[Point]) -> bool:
    """Says whether the inner border nowhere leaves the outer area, which has no holes.

    Each inner edge is cut where it meets the outer border; a piece is inside if its middle is.
    """
    shift = _placed(outer, inner[0][0]) - inner[0][0]
    placed = [(x + shift, y) for x, y in inner]
    for p, q in _edges(placed):
        cuts = sorted({Fraction(0), Fraction(1), *(cut for a, b in _edges(outer) for cut in _cuts(p, q, a, b))})
        for before, after in pairwise(cuts):
            middle = (before + after) / 2
            over, under = middle.numerator, middle.denominator
            point = (p[0] * under + (q[0] - p[0]) * over, p[1] * under + (q[1] - p[1]) * over)
            if not _covers([(x * under, y * under) for x, y in outer], point):
                return False
    return True


def _cuts(p: Point, q: Point, a: Point, b: Point) -> list[Fraction]:
    """Gives where on the way from p to q, from 0 to 1, the edge from a to b is met."""
    across = (q[0] - p[0]) * (b[1] - a[1]) - (q[1] - p[1]) * (b[0] - a[0])
    if across:
        met = Fraction((a[0] - p[0]) * (b[1] - a[1]) - (a[1] - p[1]) * (b[0] - a[0]), across)
        found = [met]
    elif _cross(p, q, a) == 0:
        length = _dot(p, q, q)
        found = [Fraction(_dot(p, q, a), length), Fraction(_dot(p, q, b), length)]
    else:
        found = []
    return [cut for cut in found if 0 < cut < 1]


def _unrolled(polygon: Polygon) -> list[Point]:
    """Gives the corners on a map without an edge, each reached the shorter way round from the one before."""
    corners = [(polygon.corners_e7[0][1], polygon.corners_e7[0][0])]
    for latitude, longitude in polygon.corners_e7[1:]:
        corners.append((corners[-1][0] + _wrapped(longitude - corners[-1][0]), latitude))
    return corners


def _placed(corners: list[Point], longitude_e7: int) -> int:
    """Gives a longitude on the map of a polygon: the first one that is not west of it."""
    west = min(x for x, _ in corners)
    return west + (longitude_e7 - west) % FULL


def _edges(corners: list[Point]) -> list[tuple[Point, Point]]:
    return list(zip(corners, corners[1:] + corners[:1], strict=True))


def _cross(a: Point, b: Point, c: Point) -> int:
    """Says on which side of the line from a to b the point c lies; 0 is on it."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _dot(a: Point, b: Point, c: Point) -> int:
    return (b[0] - a[0]) * (c[0] - a[0]) + (b[1] - a[1]) * (c[1] - a[1])


def _is_on(a: Point, b: Point, point: Point) -> bool:
    return _cross(a, b, point) == 0 and _dot(point, a, b) <= 0


def _touch(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Says whether two edges have a point in common."""
    if _is_on(a, b, c) or _is_on(a, b, d) or _is_on(c, d, a) or _is_on(c, d, b):
        return True
    return (_cross(a, b, c) > 0) != (_cross(a, b, d) > 0) and (_cross(c, d, a) > 0) != (_cross(c, d, b) > 0)


def _covers(corners: list[Point], point: Point) -> bool:
    """Says whether a point is on the border, or an odd number of edges lies to its east."""
    odd = False
    for a, b in _edges(corners):
        if _is_on(a, b, point):
            return True
        if (a[1] > point[1]) != (b[1] > point[1]):
            odd ^= (_cross(a, b, point) > 0) == (b[1] > a[1])
    return odd
