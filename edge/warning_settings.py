"""Settings of warnings: the node's county, the keys it trusts, and its sinks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from edge.settings_table import Table
from edge.warnings.notices import Colour, SinkKind, SinkProfile
from edge.warnings.sinks.siren import Pattern
from tianfu.subjects import Channel

COUNTY_PATTERN: Final = r"[1-9][0-9]{5}"
COUNTY_NEED: Final = "six digits of GB/T 2260, such as 510104"
HOST_PATTERN: Final = r"[0-9A-Za-z._:-]{1,253}"
LANGUAGES: Final = ("zh-CN", "en-US")

SIREN_LIMIT_S_MIN: Final = 30.0
"""One that is taken up again after a restart goes on in its time; less would be over by then."""

SIREN_LIMIT_S_MAX: Final = 3600.0
"""A siren that sounds longer is not listened to, and its driver overheats."""

COLOURS: Final = {
    "blue": Colour.UNSTATED,  # a colour that is not stated is not withheld
    "yellow": Colour.YELLOW,
    "orange": Colour.ORANGE,
    "red": Colour.RED,
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A device that speaks Modbus TCP."""

    host: str
    port: int
    unit_id: int


@dataclass(frozen=True, slots=True)
class SirenSource:
    """A relay, and how it sounds."""

    unit: Unit
    coil: int
    coils: int
    pattern: Pattern
    drill: Pattern


@dataclass(frozen=True, slots=True)
class BoardSource:
    """A board of lights."""

    host: str
    port: int
    timeout_s: float


@dataclass(frozen=True, slots=True)
class CellSource:
    """The base station's endpoint for cell broadcast."""

    url: str
    period_s: int
    timeout_s: float


@dataclass(frozen=True, slots=True)
class VoiceSource:
    """A program that speaks, or a folder for one that does."""

    command: tuple[str, ...]
    folder: Path | None
    timeout_s: float


@dataclass(frozen=True, slots=True)
class LogSource:
    """The log."""


SinkSource = SirenSource | BoardSource | CellSource | VoiceSource | LogSource


@dataclass(frozen=True, slots=True)
class SinkSettings:
    """One sink: what it is for, and where it is."""

    profile: SinkProfile
    source: SinkSource


@dataclass(frozen=True, slots=True)
class ButtonSettings:
    """A discrete input that acknowledges what is in force."""

    unit: Unit
    address: int


@dataclass(frozen=True, slots=True)
class WarningSettings:
    """All that a node is told about warnings."""

    county: str
    keys: dict[Channel, str] = field(default_factory=dict)
    """Public nkeys; without one for exercises the node takes no part in them."""

    languages: tuple[str, ...] = LANGUAGES
    sinks: tuple[SinkSettings, ...] = ()
    button: ButtonSettings | None = None


def parse(root: Table, folder: Path) -> WarningSettings | None:
    """Return the settings, None when the file has no table of warnings."""
    if not root.has("warnings"):
        root.table("warnings")
        return None
    table = root.table("warnings")
    county = table.text("place_code", pattern=COUNTY_PATTERN, need=COUNTY_NEED)
    keys = _keys(table)
    choices = {"zh-en": LANGUAGES, "zh": LANGUAGES[:1], "en": LANGUAGES[1:]}
    languages = table.choice("languages", choices, "zh-en")
    rows = table.tables("sink")
    sinks: list[SinkSettings] = []
    for row in rows:
        sink = _sink(row, folder)
        if any(other.profile.kind is sink.profile.kind for other in sinks):
            # Receipts name the kind of a sink and nothing else.
            row.fail("kind", "SINK_DUPLICATE", f"a second {sink.profile.kind.value}; one a node")
        if sink.profile.takes_drills and Channel.DRILL not in keys:
            row.fail("exercises", "KEY_MISSING", "needs warnings.drill_key as well")
        sinks.append(sink)
    button = _button(table)
    table.done()
    return WarningSettings(county, keys, languages, tuple(sinks), button)


def _keys(table: Table) -> dict[Channel, str]:
    keys = {Channel.LIVE: _key(table, "live_key", is_needed=True)}
    if drill := _key(table, "drill_key", is_needed=False):
        keys[Channel.DRILL] = drill
        if drill == keys[Channel.LIVE]:
            table.fail("drill_key", "KEYS_SAME", "exercises have another key than the public's")
    return keys


def _key(table: Table, name: str, *, is_needed: bool) -> str:
    nkey = table.text(name) if is_needed else table.text(name, "")
    if nkey:
        from edge.warnings.bulletin import PinnedKey  # noqa: PLC0415 - only who follows warnings

        try:
            PinnedKey(nkey)
        except ValueError as error:
            table.fail(name, "KEY_INVALID", str(error))
    return nkey


# -- sinks ----------------------------------------------------------------------------------------


def _sink(table: Table, folder: Path) -> SinkSettings:
    kind = table.choice("kind", {kind.value: kind for kind in SinkKind})
    profile = SinkProfile(
        kind,
        from_colour=table.choice("from_colour", COLOURS, "blue"),
        takes_drills=table.flag("exercises", default=False),
    )
    source = _source(table, kind, folder)
    table.done()
    return SinkSettings(profile, source)


def _source(table: Table, kind: SinkKind, folder: Path) -> SinkSource:
    match kind:
        case SinkKind.SIREN:
            return _siren(table)
        case SinkKind.BOARD:
            host = table.text("host", pattern=HOST_PATTERN, need="a host name or address")
            port = table.integer("port", low=1, high=65_535)
            return BoardSource(host, port, _timeout(table, 3.0))
        case SinkKind.CELL_BROADCAST:
            url = _url(table)
            period_s = table.integer("period_s", 10, low=1, high=4_095)
            return CellSource(url, period_s, _timeout(table, 4.0))
        case SinkKind.VOICE:
            return _voice(table, folder)
        case SinkKind.LOG:
            return LogSource()


def _siren(table: Table) -> SirenSource:
    unit = _unit(table)
    coil = table.integer("coil", 0, low=0, high=65_535)
    coils = table.integer("coils", 1, low=1, high=32)
    on_s = table.number("on_s", 1.0, low=0.2, high=600)
    off_s = table.number("off_s", 0.0, low=0, high=600)
    limit_s = table.number("limit_s", 180.0, low=SIREN_LIMIT_S_MIN, high=SIREN_LIMIT_S_MAX)
    # Short and far between, like no warning.
    drill_on_s = table.number("drill_on_s", 0.5, low=0.2, high=600)
    drill_off_s = table.number("drill_off_s", 4.5, low=0, high=600)
    drill_limit_s = table.number("drill_limit_s", 30.0, low=SIREN_LIMIT_S_MIN, high=300)
    drill = Pattern(drill_on_s, drill_off_s, drill_limit_s)
    if drill.on_s == on_s and drill.off_s == off_s:
        table.fail("drill_on_s", "PATTERNS_SAME", "an exercise has to sound unlike a warning")
    return SirenSource(unit, coil, coils, Pattern(on_s, off_s, limit_s), drill)


def _voice(table: Table, folder: Path) -> VoiceSource:
    command = table.texts("command", ())
    name = table.file("folder", folder)
    if bool(command) is (name is not None):
        table.fail("command", "VOICE_UNCLEAR", "need either command or folder")
    return VoiceSource(command, name, table.number("timeout_s", 60.0, low=1, high=600))


def _url(table: Table) -> str:
    url = table.text("url")
    parts = urlsplit(url)
    if url and (parts.scheme != "http" or not parts.hostname or parts.username):
        table.fail("url", "URL_INVALID", "need http://HOST[:PORT]/PATH, no user")
    return url


def _timeout(table: Table, default: float) -> float:
    return table.number("timeout_s", default, low=0.1, high=60)


def _button(table: Table) -> ButtonSettings | None:
    if not table.has("button"):
        table.table("button")
        return None
    row = table.table("button")
    unit = _unit(row)
    address = row.integer("input", 0, low=0, high=65_535)
    row.done()
    return ButtonSettings(unit, address)


def _unit(table: Table) -> Unit:
    host = table.text("host", pattern=HOST_PATTERN, need="a host name or address")
    port = table.integer("port", 502, low=1, high=65_535)
    return Unit(host, port, table.integer("unit_id", 1, low=1, high=255))
