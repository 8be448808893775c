"""CSMIP text of uncorrected accelerograms (``.v1``, ``.raw``), California Geological Survey.

A file holds one block a channel: thirteen lines of text, integers and reals, a line that says how
many points follow in which Fortran format and unit, the points, and an end line that begins with
``/&``. Source: CSMIP report OSMS 85-03 (Shakal & Huang 1985) and files of 2019.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from edge.waveform.record import (
    GAL_MPS2,
    STANDARD_GRAVITY_MPS2,
    Reason,
    Record,
    RecordRefused,
    Samples,
    Trace,
    assemble,
    check_rate,
    check_samples,
)

SIGNATURE: Final = b"Uncorrected Accelerogram Data"
"""How the first line begins."""

HEADER_LINES_MAX: Final = 100
"""Lines of one channel before its points; the files at hand have 27."""

_POINTS: Final = re.compile(
    r"\s*(?P<number>\d{1,9}) +Accelerogram points at +(?P<rate>[\d.]{1,9}) +pts/sec"
    r" +in units of +(?P<unit>[^ ]+?)\.? +"
    r"Format: +\((?P<columns>\d{1,3})[fFeE](?P<width>\d{1,2})\.\d{1,2}\)"
)
_CHANNEL: Final = re.compile(r"Chan +\d+: +(?:(?P<azimuth>-?\d{1,3}) +Deg|(?P<vertical>Up|Down))")
_START: Final = re.compile(
    r"Start time: *(\d{1,2})/ *(\d{1,2})/ *(\d{2}), "
    r"*(\d{1,2}): *(\d{1,2}): *(\d{1,2}(?:\.\d*)?) +(?:UTC|GMT)"
)
_STATION: Final = re.compile(
    r"Station (?:Id|No)\. *(?P<name>[A-Za-z0-9]{1,12}) +(?P<lat>\d{1,2}\.\d+)(?P<ns>[NS]), *"
    r"(?P<lon>\d{1,3}\.\d+)(?P<ew>[EW])"
)
_UNITS: Final = {"g": STANDARD_GRAVITY_MPS2, "cm/sec2": GAL_MPS2, "cm/sec/sec": GAL_MPS2}
_CENTURY_SPLIT: Final = 70
"""Two-digit years from here on are of the twentieth century; digital records began after 1970."""


def parse(data: bytes, name: str) -> Record:
    """Return the record of a file's bytes; ``name`` is what errors call the file."""
    lines = data.decode("latin-1").splitlines()
    traces: list[Trace] = []
    header_from = 0
    station: re.Match[str] | None = None
    number = 0
    while number < len(lines):
        points = _POINTS.match(lines[number])
        if points is None:
            number += 1
            if number - header_from > HEADER_LINES_MAX:
                what = f"no line 'N Accelerogram points at R pts/sec' in {HEADER_LINES_MAX} lines"
                raise RecordRefused(Reason.HEADER_INVALID, f"{name}:{header_from + 1}", what)
            continue
        header = lines[header_from:number]
        station = _find(_STATION, header, f"{name}:{header_from + 1}", "station and coordinates")
        trace, number = _channel(header, points, lines, number, name)
        traces.append(trace)
        header_from = number
    if station is None:
        what = "ends before the first line 'N Accelerogram points at R pts/sec'"
        raise RecordRefused(Reason.TRUNCATED, f"{name}:{len(lines)}", what)
    return assemble(
        traces,
        station=station["name"],
        latitude=float(station["lat"]) * (1 if station["ns"] == "N" else -1),
        longitude=float(station["lon"]) * (1 if station["ew"] == "E" else -1),
        where=name,
    )


def _channel(
    header: Sequence[str], points: re.Match[str], lines: Sequence[str], at: int, name: str
) -> tuple[Trace, int]:
    """Return a channel and the number of the line behind its end line."""
    where = f"{name}:{at + 1}"
    channel = _find(_CHANNEL, header, where, "'Chan N:' with an azimuth, Up or Down")
    unit = points["unit"].lower()
    if unit not in _UNITS:
        what = f"unit {points['unit']!r} is none of {', '.join(_UNITS)}"
        raise RecordRefused(Reason.UNITS_UNKNOWN, where, what)
    try:
        rate_hz = check_rate(float(points["rate"]), where)
    except ValueError as error:
        raise RecordRefused(Reason.HEADER_INVALID, where, "rate is no number") from error
    expected, columns, width = (int(points[key]) for key in ("number", "columns", "width"))
    if not (expected and columns and width):
        raise RecordRefused(Reason.HEADER_INVALID, where, "zero points, columns or width")
    rows = lines[at + 1 : at + 1 + -(-expected // columns)]
    values = _fixed(rows, expected, columns, width, name, at + 2)
    end = at + 1 + len(rows)
    if end >= len(lines) or not lines[end].startswith("/&"):
        what = f"the end line '/&' does not follow the {expected} points"
        raise RecordRefused(Reason.TRUNCATED, f"{name}:{end + 1}", what)
    down = channel["vertical"] == "Down"
    trace = Trace(
        name=channel[0].strip(),
        azimuth_deg=None if channel["vertical"] else float(channel["azimuth"]),
        start_s=_start(header, where),
        rate_hz=rate_hz,
        samples=check_samples(values * (_UNITS[unit] * (-1 if down else 1)), where),
    )
    return trace, end + 1


def _fixed(
    rows: Sequence[str], expected: int, columns: int, width: int, name: str, first: int
) -> Samples:
    """Return the numbers of fixed-width lines; the last line may be shorter."""
    found: list[str] = []
    for offset, row in enumerate(rows):
        wanted = min(columns, expected - len(found))
        text = row.rstrip("\r\n")
        cells = [text[k * width : (k + 1) * width] for k in range(wanted)]
        if len(text.rstrip()) != wanted * width or not all(map(_is_number, cells)):
            what = f"needs {wanted} numbers of {width} characters, has {text[:100]!r}"
            reason = Reason.TRUNCATED if len(text) < wanted * width else Reason.SAMPLE_INVALID
            raise RecordRefused(reason, f"{name}:{first + offset}", what)
        found += cells
    if len(found) < expected:
        what = f"{len(found)} of {expected} points, then the file ends"
        raise RecordRefused(Reason.TRUNCATED, f"{name}:{first + len(rows)}", what)
    return np.array(found, dtype=np.float64)


_NUMBER: Final = re.compile(r" *[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?")


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def _start(header: Sequence[str], where: str) -> float:
    match = _find(_START, header, where, "'Start time: M/D/Y, H:M:S UTC'")
    month, day, year, hour, minute = (int(match[k]) for k in range(1, 6))
    year += 1900 if year >= _CENTURY_SPLIT else 2000
    try:
        base = dt.datetime(year, month, day, hour, minute, tzinfo=dt.UTC)
    except ValueError as error:
        raise RecordRefused(Reason.HEADER_INVALID, where, f"start time: {error}") from error
    return base.timestamp() + float(match[6])


def _find(pattern: re.Pattern[str], header: Sequence[str], where: str, what: str) -> re.Match[str]:
    for line in header:
        match = pattern.search(line)
        if match is not None:
            return match
    raise RecordRefused(Reason.HEADER_INVALID, where, f"the header has no {what}")
