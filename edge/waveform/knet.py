"""K-NET and KiK-net ASCII of Japan's NIED: one file a component, seventeen lines of header.

Times are Japan standard time, and the record time is 15 s late: the logger adds the trigger's
delay (NIED, "Data format", https://www.kyoshin.bosai.go.jp/kyoshin/man/knetform_en.html).
KiK-net numbers its components: 1-3 down the borehole, 4-6 at the surface.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from edge.waveform.record import (
    GAL_MPS2,
    Reason,
    Record,
    RecordRefused,
    Trace,
    assemble,
    check_rate,
    check_samples,
)

SIGNATURE: Final = b"Origin Time"
"""How the first line begins."""

JAPAN: Final = dt.timezone(dt.timedelta(hours=9))
TRIGGER_DELAY_S: Final = 15.0
"""What the record time is late by."""

_LABEL_WIDTH: Final = 18
_LAST_LABEL: Final = "Memo."
_AZIMUTHS: Final[Mapping[str, float | None]] = {
    "N-S": 0.0, "E-W": 90.0, "U-D": None,
    "1": 0.0, "2": 90.0, "3": None,
    "4": 0.0, "5": 90.0, "6": None,
}  # fmt: skip
_SCALE: Final = re.compile(r"([\d.]{1,12})\(gal\)/([\d.]{1,12})")
_RATE: Final = re.compile(r"([\d.]{1,9}) *Hz")


def parse(files: Sequence[tuple[str, bytes]]) -> Record:
    """Return the record of three files, given as (name, bytes) in any order."""
    traces = []
    stations = []
    for name, data in files:
        header, lines = _header(data, name)
        traces.append(_trace(header, lines, name))
        place = (_number(header, "Station Lat.", name), _number(header, "Station Long.", name))
        stations.append((_text(header, "Station Code", name), *place))
    where = ", ".join(name for name, _ in files)
    if len(set(stations)) != 1:
        names = ", ".join(code for code, *_ in stations)
        what = f"components are not of one station: {names or 'no file'}"
        raise RecordRefused(Reason.COMPONENTS_DIFFER, where, what)
    station, latitude, longitude = stations[0]
    return assemble(traces, station=station, latitude=latitude, longitude=longitude, where=where)


def _header(data: bytes, name: str) -> tuple[dict[str, tuple[int, str]], list[str]]:
    """Return label -> (line number, value), and the lines of the file."""
    lines = data.decode("latin-1").splitlines()
    header: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(lines[:20], 1):
        label = line[:_LABEL_WIDTH].strip()
        header[label] = number, line[_LABEL_WIDTH:].strip()
        if label == _LAST_LABEL:
            return header, lines
    what = f"the first 20 lines have no {_LAST_LABEL!r}, the header's last"
    raise RecordRefused(Reason.HEADER_INVALID, f"{name}:{min(len(lines), 20)}", what)


def _trace(header: Mapping[str, tuple[int, str]], lines: Sequence[str], name: str) -> Trace:
    direction = _text(header, "Dir.", name)
    if direction not in _AZIMUTHS:
        what = f"Dir. {direction!r} is none of {', '.join(_AZIMUTHS)}"
        raise RecordRefused(Reason.HEADER_INVALID, _at(header, "Dir.", name), what)
    rate = _match(_RATE, header, "Sampling Freq(Hz)", name)
    rate_hz = check_rate(_float(rate[1], name), _at(header, "Sampling Freq(Hz)", name))
    scale = _match(_SCALE, header, "Scale Factor", name)
    divisor = _float(scale[2], name)
    if divisor == 0:
        where = _at(header, "Scale Factor", name)
        raise RecordRefused(Reason.HEADER_INVALID, where, "the scale factor divides by zero")
    first = header[_LAST_LABEL][0]
    counts = _counts(lines[first:], name, first + 1)
    expected = _number(header, "Duration Time(s)", name) * rate_hz
    # Headers state whole seconds; loggers end the record within the last of them.
    if not counts.size > expected - rate_hz:
        what = f"{counts.size} samples, but the header states {expected:g}"
        raise RecordRefused(Reason.TRUNCATED, f"{name}:{len(lines)}", what)
    return Trace(
        name=direction,
        azimuth_deg=_AZIMUTHS[direction],
        start_s=_start(header, name),
        rate_hz=rate_hz,
        samples=check_samples(counts * (_float(scale[1], name) / divisor * GAL_MPS2), name),
    )


def _counts(
    lines: Sequence[str], name: str, first: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found: list[int] = []
    for number, line in enumerate(lines, first):
        try:
            found += map(int, line.split())
        except ValueError as error:
            what = f"needs whole numbers, has {line[:100]!r}"
            raise RecordRefused(Reason.SAMPLE_INVALID, f"{name}:{number}", what) from error
    try:
        return np.array(found, dtype=np.float64)
    except OverflowError as error:
        raise RecordRefused(Reason.SAMPLE_INVALID, name, "a count is beyond all numbers") from error


def _start(header: Mapping[str, tuple[int, str]], name: str) -> float:
    text = _text(header, "Record Time", name)
    try:
        local = dt.datetime.strptime(text, "%Y/%m/%d %H:%M:%S").replace(tzinfo=JAPAN)
        return local.timestamp() - TRIGGER_DELAY_S
    except (ValueError, OverflowError) as error:
        what = f"Record Time {text!r}: {error}"
        raise RecordRefused(
            Reason.HEADER_INVALID, _at(header, "Record Time", name), what
        ) from error


def _at(header: Mapping[str, tuple[int, str]], label: str, name: str) -> str:
    return f"{name}:{header[label][0]}" if label in header else name


def _text(header: Mapping[str, tuple[int, str]], label: str, name: str) -> str:
    if label not in header or not header[label][1]:
        what = f"the header has no {label!r}"
        raise RecordRefused(Reason.HEADER_INVALID, _at(header, label, name), what)
    return header[label][1]


def _match(
    pattern: re.Pattern[str], header: Mapping[str, tuple[int, str]], label: str, name: str
) -> re.Match[str]:
    text = _text(header, label, name)
    match = pattern.fullmatch(text)
    if match is None:
        reason = Reason.UNITS_UNKNOWN if label == "Scale Factor" else Reason.HEADER_INVALID
        raise RecordRefused(reason, _at(header, label, name), f"{label} {text!r} is not understood")
    return match


def _number(header: Mapping[str, tuple[int, str]], label: str, name: str) -> float:
    return _float(_text(header, label, name), _at(header, label, name))


def _float(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RecordRefused(Reason.HEADER_INVALID, where, f"{text[:40]!r} is no number")
    return value
