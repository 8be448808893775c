"""Small writings inside CAP elements: points, circles, lists of words and references.

Each has one function to read it and one to write it; reading what was written gives the same value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from services.disaster_warning.cap.document import Circle, Point, Polygon, Reference
from services.disaster_warning.cap.times import InvalidCapTime, format_time, parse_time

NUMBER: Final = re.compile(r"[-+]?(?:[0-9]{1,12}(?:\.[0-9]{0,24})?|\.[0-9]{1,24})")
"""A decimal as ``xs:decimal`` has it, no longer than a coordinate can need; no exponents."""

POLYGON_POINTS_MAX: Final = 5_000
"""A province's border in full detail has a few thousand; looking for crossings is quadratic."""

REFERENCES_MAX: Final = 1_000
"""Messages that one message can refer to."""

_WORD: Final = re.compile(r'"([^"]*)"|([^\s"]+)')


def parse_number(text: str) -> float:
    """Return the decimal number; raise ValueError."""
    if not NUMBER.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no decimal number")
    return float(text)


def format_number(value: float) -> str:
    """Return the shortest decimal that reads back as ``value``, without an exponent."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number that can be written")
    text = format(Decimal(repr(float(value))), "f")
    return text.removesuffix(".0") if text != "-0.0" else "0"


def parse_point(text: str) -> Point:
    """Return the point written ``latitude,longitude``; raise ValueError."""
    latitude, comma, longitude = text.partition(",")
    if not comma:
        raise ValueError(f"{text[:40]!r} is no point; write latitude,longitude")
    return Point(parse_number(latitude), parse_number(longitude))


def format_point(point: Point) -> str:
    """Return ``latitude,longitude``."""
    return f"{format_number(point.latitude)},{format_number(point.longitude)}"


def parse_polygon(text: str) -> Polygon:
    """Return the ring written as points with blanks between; raise ValueError."""
    words = text.split()
    if len(words) > POLYGON_POINTS_MAX:
        raise ValueError(f"a polygon of {len(words)} points; at most {POLYGON_POINTS_MAX}")
    return Polygon(tuple(map(parse_point, words)))


def format_polygon(polygon: Polygon) -> str:
    """Return the points with blanks between."""
    return " ".join(map(format_point, polygon.points))


def parse_circle(text: str) -> Circle:
    """Return the circle written ``latitude,longitude radius``; raise ValueError."""
    words = text.split()
    if len(words) != 2:  # noqa: PLR2004 - a centre and a radius
        raise ValueError(f"{text[:40]!r} is no circle; write latitude,longitude radius_km")
    return Circle(parse_point(words[0]), parse_number(words[1]))


def format_circle(circle: Circle) -> str:
    """Return ``latitude,longitude radius``."""
    return f"{format_point(circle.centre)} {format_number(circle.radius_km)}"


def parse_words(text: str) -> tuple[str, ...]:
    """Return the words of a list with blanks between; a word with blanks stands in quotes."""
    return tuple(quoted or plain for quoted, plain in _WORD.findall(text) if quoted or plain)


def format_words(words: Iterable[str]) -> str:
    """Return the list that ``parse_words`` reads; raise ValueError for a word with a quote."""
    written = []
    for word in words:
        if not word or '"' in word:
            raise ValueError(f"{word[:40]!r} cannot stand in a list: it is empty or has a quote")
        written.append(f'"{word}"' if any(map(str.isspace, word)) else word)
    return " ".join(written)


def parse_references(text: str, *, loose: bool = False) -> tuple[Reference, ...]:
    """Return the references written ``sender,identifier,sent``; raise ValueError."""
    words = text.split()
    if len(words) > REFERENCES_MAX:
        raise ValueError(f"{len(words)} references; at most {REFERENCES_MAX}")
    return tuple(_reference(word, loose=loose) for word in words)


def _reference(word: str, *, loose: bool) -> Reference:
    parts = word.split(",")
    if len(parts) != 3 or not all(parts):  # noqa: PLR2004 - sender, identifier, sent
        raise ValueError(f"{word[:60]!r} is no reference; write sender,identifier,sent")
    try:
        return Reference(parts[0], parts[1], parse_time(parts[2], loose=loose))
    except InvalidCapTime as error:
        raise ValueError(error.message) from error


def format_references(references: Iterable[Reference]) -> str:
    """Return what ``parse_references`` reads; raise ValueError for a part that would not."""
    written = []
    for each in references:
        if any(
            not part or "," in part or part.split() != [part]
            for part in (each.sender, each.identifier)
        ):
            raise ValueError("a reference's sender and identifier have no blanks and no commas")
        written.append(f"{each.sender},{each.identifier},{format_time(each.sent)}")
    return " ".join(written)
