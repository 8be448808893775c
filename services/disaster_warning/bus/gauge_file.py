"""The list of gauges from its TOML file: all that is wrong with it at once, each with its line."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Container, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from services.disaster_warning.model.flood import Stages
from services.disaster_warning.model.gauge_list import (
    GaugeList,
    Key,
    LevelGauge,
    RainGauge,
    WeatherStation,
)
from services.disaster_warning.model.rain_gauges import SPANS
from services.disaster_warning.model.return_periods import PearsonIII
from services.plumbing.startup import CannotStart
from tianfu.batch_limits import SERIES_ID_PATTERN
from tianfu.subjects import NODE_ID_PATTERN

FILE_BYTES_MAX: Final = 16 << 20
"""Ten thousand gauges take 2 MB."""

GAUGES_MAX: Final = 20_000
"""As many as are evaluated within the minute with room to spare; the bench has ten thousand."""

NODES_MAX: Final = 10_000
"""Subjects of one consumer's filter: 400 KB, which still is one request to the server."""

ERRORS_SHOWN: Final = 20

LEVEL_LIMIT_M: Final = 9_000.0
"""No river is higher above the sea."""

LATITUDE_MAX: Final = 90.0

_COMMON: Final = frozenset({"node", "kind", "county", "span_minutes"})
_STAGES: Final = ("warning_m", "guarantee_m", "highest_m")
_WEATHER: Final = ("temperature", "humidity", "wind", "rain")
FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "rain": _COMMON | {"series"},
    "level": _COMMON | {"series", "yearly_maxima_m", *_STAGES},
    "weather": _COMMON | {"latitude", *_WEATHER},
}
"""Which fields each kind of gauge may have."""

_SERIES: Final = re.compile(SERIES_ID_PATTERN)
_HEADER: Final = re.compile(r"\s*\[\[\s*gauge\s*\]\]")


class GaugesInvalid(CannotStart):
    """The list of gauges can't be used; the message has each field that is wrong."""

    reason = "GAUGES_INVALID"


class _Wrong(ValueError):
    """A field that can't be: its name, and what is needed."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field


def read(file: Path, counties: Container[str]) -> GaugeList:
    """Return the gauges of a file; ``counties`` are those known. Raises GaugesInvalid."""
    try:
        size = file.stat().st_size
        if size > FILE_BYTES_MAX:
            raise GaugesInvalid(f"{file}: {size} bytes; at most {FILE_BYTES_MAX} are read")
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GaugesInvalid(f"{file}: can't be read as UTF-8 ({type(error).__name__})") from None
    return parse(text, counties, name=str(file))


def parse(text: str, counties: Container[str], *, name: str = "gauges") -> GaugeList:
    """Return the gauges of a text in TOML; raise GaugesInvalid with all that is wrong."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise GaugesInvalid(f"{name}: no TOML: {error}") from None
    tables = content.get("gauge", [])
    unknown = sorted(content.keys() - {"gauge"})
    if unknown or not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise GaugesInvalid(f"{name}: need [[gauge]] tables and nothing else, not {unknown}")
    if len(tables) > GAUGES_MAX:
        raise GaugesInvalid(f"{name}: {len(tables)} gauges; at most {GAUGES_MAX} are watched")
    lines = _Lines(text)
    errors: list[str] = []
    made: list[RainGauge | LevelGauge | WeatherStation] = []
    taken: dict[Key, int] = {}
    for number, table in enumerate(tables, 1):
        problems = list(_problems(table, counties))
        if not problems:
            gauge = _gauge(table)
            problems = list(_repeated(gauge, taken, number))
            made.append(gauge)
        errors += [f"{lines.of(number, f)}: gauge {number}: {f}: {why}" for f, why in problems]
    found = _listed(made)
    if len(found.nodes) > NODES_MAX:
        errors.append(f"{len(found.nodes)} nodes; at most {NODES_MAX} are followed")
    if errors:
        more = len(errors) - ERRORS_SHOWN
        shown = [*errors[:ERRORS_SHOWN], *([f"and {more} more"] if more > 0 else [])]
        raise GaugesInvalid(f"{name}: {'; '.join(shown)}")
    return found


class _Lines:
    """Where tables and their fields stand in the text: TOML's reader does not say."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._headers = [n for n, line in enumerate(self._lines) if _HEADER.match(line)]

    def of(self, number: int, field: str) -> str:
        """Return the line of a field of the table of that number, or of the table's header."""
        if number > len(self._headers):  # written as an array in line
            return "line ?"
        first = self._headers[number - 1]
        last = self._headers[number] if number < len(self._headers) else len(self._lines)
        own = re.compile(rf"\s*[\"']?{re.escape(field)}[\"']?\s*=")
        line = next((n for n in range(first, last) if own.match(self._lines[n])), first)
        return f"line {line + 1}"


def _problems(table: dict[str, Any], counties: Container[str]) -> Iterator[tuple[str, str]]:
    """Yield (field, what is needed) for each field that can't be."""
    kind = str(table.get("kind"))
    if kind not in FIELDS:
        yield "kind", f"need one of {', '.join(FIELDS)}"
        return
    for field in sorted(table.keys() - FIELDS[kind]):
        yield field, f"is no field of kind {kind}"
    for field in sorted(FIELDS[kind] & CHECKS.keys()):
        fits, needed = CHECKS[field]
        if not fits(table.get(field)):
            yield field, f"need {needed}"
    if not isinstance(table.get("county"), str) or table["county"] not in counties:
        yield "county", "need the GB/T 2260 code of a county that is known, as text"
    if kind == "level":
        try:
            _stages(table)
        except _Wrong as wrong:
            yield wrong.field, str(wrong)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_series(value: Any) -> bool:
    return isinstance(value, str) and bool(_SERIES.fullmatch(value))


def _is_latitude(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= LATITUDE_MAX


CHECKS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "node": (lambda v: isinstance(v, str) and bool(NODE_ID_PATTERN.fullmatch(v)), "a node id"),
    "span_minutes": (lambda v: type(v) is int and v in SPANS, f"one of {SPANS}"),
    "latitude": (_is_latitude, "degrees north, 0 to 90"),
    **dict.fromkeys(("series", *_WEATHER), (_is_series, "a series id")),
}
"""What a field's value must be, and how that is said."""


def _stages(table: dict[str, Any]) -> Stages:
    """Return the stages of a table; raise _Wrong for the first field that can't be."""
    known = {field: table[field] for field in _STAGES if field in table}
    for field, value in known.items():
        if not _is_number(value) or abs(value) > LEVEL_LIMIT_M:
            raise _Wrong(field, "need a level in metres")
    maxima = table.get("yearly_maxima_m", [])
    if not isinstance(maxima, list) or not all(_is_number(each) for each in maxima):
        raise _Wrong("yearly_maxima_m", "need levels in metres, one a year")
    if not known and not maxima:
        raise _Wrong("warning_m", "need a stage or yearly_maxima_m: nothing would ever be reached")
    try:
        fit = PearsonIII.fit(maxima) if maxima else None
    except ValueError as error:
        raise _Wrong("yearly_maxima_m", str(error)) from None
    try:
        return Stages(**known, fit=fit, fit_years=len(maxima))
    except ValueError as error:
        raise _Wrong("guarantee_m", str(error)) from None


def _gauge(table: dict[str, Any]) -> RainGauge | LevelGauge | WeatherStation:
    node, county, span = table["node"], table["county"], table["span_minutes"]
    if table["kind"] == "rain":
        return RainGauge(Key(node, table["series"]), county, span)
    if table["kind"] == "level":
        return LevelGauge(Key(node, table["series"]), county, span, _stages(table))
    keys = {field: Key(node, table[field]) for field in _WEATHER}
    return WeatherStation(
        keys["temperature"],
        keys["humidity"],
        keys["wind"],
        RainGauge(keys["rain"], county, span),
        county,
        float(table["latitude"]),
    )


def _repeated(
    gauge: RainGauge | LevelGauge | WeatherStation, taken: dict[Key, int], number: int
) -> Iterator[tuple[str, str]]:
    """Yield the fields whose series another gauge has: a reading would count twice."""
    keys: tuple[Key, ...]
    if isinstance(gauge, WeatherStation):
        keys = (gauge.temperature, gauge.humidity, gauge.wind, gauge.rain.key)
        fields: tuple[str, ...] = _WEATHER
    else:
        keys, fields = (gauge.key,), ("series",)
    for field, key in zip(fields, keys, strict=True):
        earlier = taken.setdefault(key, number)
        if earlier != number or keys.count(key) > 1:
            yield field, f"{key.text} is told by gauge {earlier} already"


def _listed(made: list[RainGauge | LevelGauge | WeatherStation]) -> GaugeList:
    weather = tuple(each for each in made if isinstance(each, WeatherStation))
    rain = tuple(each for each in made if isinstance(each, RainGauge))
    return GaugeList(
        rain=rain + tuple(station.rain for station in weather),
        level=tuple(each for each in made if isinstance(each, LevelGauge)),
        weather=weather,
    )
