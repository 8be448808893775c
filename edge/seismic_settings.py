"""Settings of a seismic station: where it stands, and where its samples come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edge.settings_table import Table
from tianfu.subjects import Channel

HOST_PATTERN: Final = r"[0-9A-Za-z._:-]{1,253}"

TIME_PATTERN: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)"
TIME_NEED: Final = "ISO 8601 with its offset, such as 2019-07-06T03:19:53.04Z"

RATE_HZ_MIN: Final = 40.0
RATE_HZ_MAX: Final = 1000.0
"""What ``edge.waveform.record`` takes; repeated here, where numpy may be missing."""

PLAY_AFTER_S: Final = 20.0
"""Two long windows of the picker, so that it knows the noise before the earthquake comes."""


@dataclass(frozen=True, slots=True)
class Place:
    """WGS84 degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class RecordSource:
    """A record that is played as if it happened now, and elsewhere.

    The earthquake of ``origin_s`` at ``epicentre`` is moved to ``drill_epicentre``, and happens at
    ``play_at_s`` (Unix seconds), or ``play_after_s`` after the agent's start.
    """

    file: Path
    origin_s: float
    epicentre: Place
    drill_epicentre: Place
    play_at_s: float | None
    play_after_s: float


@dataclass(frozen=True, slots=True)
class StreamSource:
    """A digitiser that sends blocks by TCP; see ``edge.block_stream`` for the format."""

    host: str
    port: int
    rate_hz: float
    counts_per_mps2: float
    place: Place
    full_scale_mps2: float | None


@dataclass(frozen=True, slots=True)
class SeismicSettings:
    """The station of a node, which has its id."""

    name: str
    source: RecordSource | StreamSource

    @property
    def channel(self) -> Channel:
        """Return where features go. What is played is an exercise; no setting says otherwise."""
        return Channel.DRILL if isinstance(self.source, RecordSource) else Channel.LIVE


def parse(table: Table, folder: Path) -> SeismicSettings:
    """Return the station in a driver's table, whose kind has been read."""
    name = table.text("name", "station", pattern=r"[a-z0-9][a-z0-9._-]{0,62}", need="1 to 63")
    if not _has_numpy():
        message = "a seismic driver needs numpy: install the extra, pip install 'tianfu[waveform]'"
        table.fail("kind", "PACKAGE_MISSING", message)
    kind = table.choice("source", {word: word for word in ("record", "stream")})
    source = _record(table, folder) if kind == "record" else _stream(table)
    table.done()
    return SeismicSettings(name, source)


def _record(table: Table, folder: Path) -> RecordSource:
    file = folder / Path(table.text("file")).expanduser()
    origin_s = _time(table, "origin_time")
    epicentre = _place(table, "epicentre_")
    drill = _place(table, "drill_")
    play_at_s = _time(table, "play_at") if table.has("play_at") else None
    table.text("play_at", "")
    after_s = table.number("play_after_s", PLAY_AFTER_S, low=0, high=86_400)
    return RecordSource(file, origin_s, epicentre, drill, play_at_s, after_s)


def _stream(table: Table) -> StreamSource:
    host = table.text("host", pattern=HOST_PATTERN, need="a host name or address")
    port = table.integer("port", low=1, high=65_535)
    rate_hz = table.number("rate_hz", 100.0, low=RATE_HZ_MIN, high=RATE_HZ_MAX)
    counts = table.number("counts_per_mps2", low=1e-3, high=1e12)
    full_scale = table.optional_number("full_scale_mps2")
    return StreamSource(host, port, rate_hz, counts, _place(table, ""), full_scale)


def _place(table: Table, prefix: str) -> Place:
    latitude = table.number(f"{prefix}latitude", low=-90, high=90)
    return Place(latitude, table.number(f"{prefix}longitude", low=-180, high=180))


def _time(table: Table, key: str) -> float:
    text = table.text(key, pattern=TIME_PATTERN, need=TIME_NEED)
    try:
        return datetime.fromisoformat(text).astimezone(UTC).timestamp() if text else 0.0
    except ValueError:
        table.fail(key, "ID_INVALID", f"{text!r}: need {TIME_NEED}")
        return 0.0


def _has_numpy() -> bool:
    from importlib.util import find_spec  # noqa: PLC0415 - only who has a station pays for it

    return find_spec("numpy") is not None
