"""Settings of the drivers and of their series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge import bus_settings, meter_settings, units
from edge.bus_settings import (
    CAN,
    GPIO,
    MODBUS_RTU,
    PROGRAM,
    CanSource,
    GpioSource,
    ModbusRtuSource,
    Pin,
    ProgramSource,
    Signal,
)
from edge.meter_settings import (
    DLT645,
    HJ212,
    MQTT,
    OPCUA,
    Dlt645Source,
    Factor,
    Hj212Source,
    MqttSource,
    OpcUaSource,
    Topic,
)
from edge.reading import Priority, Scaling
from edge.sampling import LONGEST_SILENCE_S, Sampling
from edge.settings_table import Table
from tianfu import batch_limits

SEISMIC: Final = "seismic"
"""The kind of driver that has no series: ``edge.seismic_settings`` reads the rest of it."""


_MODBUS: Final = ("modbus-tcp", MODBUS_RTU)
KINDS: Final = (
    "simulated",
    "replay",
    PROGRAM,
    *_MODBUS,
    CAN,
    GPIO,
    DLT645,
    HJ212,
    OPCUA,
    MQTT,
    SEISMIC,
)

SERIES_ID_NEED: Final = "1 to 127 of a-z 0-9 . _ -, beginning with a letter or digit"
DRIVERS_MAX: Final = 256
"""One gateway polls a few buses; more drivers are a mistake in a generated file."""

INTERVAL_S_MIN: Final = 0.01
"""The shortest that a plan may ask for too."""

PRIORITIES: Final = {priority.name.lower(): priority for priority in Priority}
RETENTION: Final = {"standard": 0, "short": 1, "long": 2}

REGISTERS_IN_DEVICE: Final = 65_536
"""Addresses are 16 bits."""

REGISTERS: Final = {
    "int16": 1,
    "uint16": 1,
    "int32": 2,
    "uint32": 2,
    "float32": 2,
    "int64": 4,
    "uint64": 4,
    "float64": 4,
}
"""How many 16-bit registers each type takes."""


@dataclass(frozen=True, slots=True)
class Wave:
    """What a simulated series does: a sine about a base, with noise."""

    base: float = 0.0
    amplitude: float = 1.0
    period_s: float = 60.0
    noise: float = 0.0


@dataclass(frozen=True, slots=True)
class Register:
    """Where a Modbus series stands. ``address`` counts from 0, as on the wire.

    ``unit_id`` is the unit's on a serial line; 0 stands for the driver's own.
    """

    address: int
    kind: str
    function: str
    big_words: bool
    big_bytes: bool
    unit_id: int = 0

    @property
    def count(self) -> int:
        """Return how many registers it takes."""
        return REGISTERS[self.kind]


@dataclass(frozen=True, slots=True)
class SeriesSettings:
    """One series: what it is, how it is sampled, and where its driver finds it."""

    id: str
    unit: str
    retention_class: int
    priority: Priority
    sampling: Sampling
    scaling: Scaling
    wave: Wave = Wave()
    register: Register | None = None
    identifier: int | None = None
    factor: Factor | None = None
    node: str | None = None
    topic: Topic | None = None
    signal: Signal | None = None
    pin: Pin | None = None


@dataclass(frozen=True, slots=True)
class SimulatedSource:
    """Invented values, the same for the same seed."""

    seed: int = 0


@dataclass(frozen=True, slots=True)
class ReplaySource:
    """A CSV file with the columns time, series and value, played at ``speed``."""

    file: Path
    loop: bool = False
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class ModbusSource:
    """A device that speaks Modbus TCP."""

    host: str
    port: int
    unit_id: int


Source = (
    SimulatedSource
    | ReplaySource
    | ModbusSource
    | ModbusRtuSource
    | CanSource
    | GpioSource
    | ProgramSource
    | Dlt645Source
    | Hj212Source
    | OpcUaSource
    | MqttSource
)


@dataclass(frozen=True, slots=True)
class DriverSettings:
    """One driver and its series.

    With ``is_stale_sent`` a failed read repeats the last values as STALE.
    """

    name: str
    source: Source
    timeout_s: float
    is_stale_sent: bool
    series: tuple[SeriesSettings, ...]


def parse_all(tables: list[Table], folder: Path) -> tuple[DriverSettings, ...]:
    """Return all drivers; every series id may be used once in the node."""
    if len(tables) > DRIVERS_MAX:
        errors = tables[DRIVERS_MAX].errors
        errors.add(("driver", DRIVERS_MAX), "TOO_MANY", f"more than {DRIVERS_MAX} drivers")
    taken: dict[str, str] = {}
    names: set[str] = set()
    lines: dict[str, str] = {}
    found = []
    for position, table in enumerate(tables[:DRIVERS_MAX]):
        driver = _driver(table, position, folder, taken)
        if driver.name in names:
            table.fail("name", "NAME_DUPLICATE", f"{driver.name!r} names another driver too")
        names.add(driver.name)
        found.append(driver)
        if isinstance(driver.source, ModbusRtuSource):
            line = str(driver.source.device)
            if line in lines:
                # Two drivers would talk at once on a line that bears one question at a time.
                help_text = f"{line} is {lines[line]!r}'s; put its units' series there, by unit_id"
                table.fail("device", "LINE_SHARED", help_text)
            lines.setdefault(line, driver.name)
    return tuple(found)


def split(tables: list[Table]) -> tuple[list[Table], list[Table]]:
    """Return the tables of drivers that have series, and those of seismic stations."""
    stations = [table for table in tables if table.says("kind", SEISMIC)]
    return [table for table in tables if table not in stations], stations


def _driver(table: Table, position: int, folder: Path, taken: dict[str, str]) -> DriverSettings:
    # A seismic station does not come here, and is named for whoever misspells it.
    kind = table.choice("kind", {kind: kind for kind in KINDS})
    pattern = r"[a-z0-9][a-z0-9._-]{0,62}"
    need = "1 to 63 of a-z 0-9 . _ -"
    if kind in _PACKAGES and not _has_package(_PACKAGES[kind]):
        need = f"needs {_PACKAGES[kind]}: install the extra, pip install 'tianfu[{kind}]'"
        table.fail("kind", "PACKAGE_MISSING", need)
    name = table.text("name", f"{kind}-{position}", pattern=pattern, need=need)
    timeout_s = table.number("timeout_s", 3.0, low=0.05, high=300)
    is_stale_sent = table.choice("on_failure", {"nothing": False, "stale": True}, "nothing")
    interval_s = table.number("interval_s", 1.0, low=INTERVAL_S_MIN, high=86_400)
    source = _source(table, kind, folder)
    defaults = _register_defaults(table) if kind in _MODBUS else {}
    if kind == MODBUS_RTU:
        defaults["unit_id"] = "each"
    rows = table.tables("series")
    if not rows:
        table.fail("series", "SERIES_MISSING", "a driver needs at least one [[driver.series]]")
    if len(rows) > batch_limits.SERIES_MAX:
        table.fail("series", "TOO_MANY", f"more than {batch_limits.SERIES_MAX} series")
    series = tuple(
        _series(row, kind, interval_s, defaults, taken) for row in rows[: batch_limits.SERIES_MAX]
    )
    table.done()
    return DriverSettings(name, source, timeout_s, is_stale_sent, series)


_PACKAGES: Final = {CAN: "can", GPIO: "gpiozero", MQTT: "aiomqtt", OPCUA: "asyncua"}
"""What an extra of the same name installs."""


def _has_package(name: str) -> bool:
    from importlib.util import find_spec  # noqa: PLC0415 - only who needs an extra pays for it

    return find_spec(name) is not None


def _source(table: Table, kind: str, folder: Path) -> Source:
    if kind == "replay":
        name = table.text("file")
        loop = table.flag("loop", default=False)
        speed = table.number("speed", 1.0, low=1e-6, high=1e9)
        return ReplaySource(folder / Path(name).expanduser(), loop, speed)
    if kind in _METERS:
        return _METERS[kind](table, folder)
    if kind == "modbus-tcp":
        host = meter_settings.host(table)
        port = table.integer("port", 502, low=1, high=65_535)
        # 0 is broadcast and 248 to 254 are reserved; TCP devices without a bus use 255.
        unit_id = table.integer("unit_id", 1, low=1, high=255)
        return ModbusSource(host, port, unit_id)
    return SimulatedSource(table.integer("seed", 0, low=0, high=2**63 - 1))


_METERS: Final[dict[str, Callable[[Table, Path], Source]]] = {
    CAN: bus_settings.can,
    DLT645: meter_settings.dlt645,
    GPIO: bus_settings.gpio,
    HJ212: meter_settings.hj212,
    MODBUS_RTU: bus_settings.modbus_rtu,
    PROGRAM: bus_settings.program,
    MQTT: meter_settings.mqtt,
    OPCUA: meter_settings.opcua,
}

_ORDER: Final = {"big": "big", "little": "little"}
_FUNCTIONS: Final = {"holding": "holding", "input": "input"}


def _register_defaults(table: Table) -> dict[str, str]:
    """Return what the driver's series share unless they say otherwise."""
    return {
        "function": table.choice("function", _FUNCTIONS, "holding"),
        "word_order": table.choice("word_order", _ORDER, "big"),
        "byte_order": table.choice("byte_order", _ORDER, "big"),
    }


def _series(
    table: Table, kind: str, interval_s: float, defaults: dict[str, str], taken: dict[str, str]
) -> SeriesSettings:
    pattern = batch_limits.SERIES_ID_PATTERN
    series = table.text("id", pattern=pattern, need=SERIES_ID_NEED)
    place = f"line {table.errors.lines.get((*table.path, 'id'), 0)}"
    if series and series in taken:
        table.fail("id", "SERIES_DUPLICATE", f"{series!r} is already used on {taken[series]}")
    taken.setdefault(series, place)
    sampling = Sampling(
        interval_s=table.number("interval_s", interval_s, low=INTERVAL_S_MIN, high=86_400),
        deadband=table.number("deadband", 0.0, low=0),
        longest_silence_s=table.number("longest_silence_s", LONGEST_SILENCE_S, low=1, high=86_400),
    )
    settings = SeriesSettings(
        id=series,
        unit=_unit(table),
        retention_class=table.choice("retention_class", RETENTION, "standard"),
        priority=table.choice("priority", PRIORITIES, "routine"),
        sampling=sampling,
        scaling=_scaling(table),
        wave=_wave(table) if kind == "simulated" else Wave(),
        register=_register(table, defaults) if kind in _MODBUS else None,
        identifier=meter_settings.identifier(table) if kind == DLT645 else None,
        factor=meter_settings.factor(table) if kind == HJ212 else None,
        node=meter_settings.node(table) if kind == OPCUA else None,
        topic=meter_settings.topic(table) if kind == MQTT else None,
        signal=bus_settings.signal(table) if kind == CAN else None,
        pin=bus_settings.pin(table) if kind == GPIO else None,
    )
    table.done()
    return settings


def _unit(table: Table) -> str:
    unit = table.text("unit")
    if unit and not units.is_unit(unit):
        meant = units.suggestion(unit)
        hint = f"; did you mean {meant!r}?" if meant else "; see ucum.org"
        table.fail("unit", "UNIT_UNKNOWN", f"{unit!r} is no UCUM unit{hint}")
    return unit


def _scaling(table: Table) -> Scaling:
    scale = table.number("scale", 1.0)
    if table.has("scale") and scale == 0:
        table.fail("scale", "VALUE_RANGE", "0 would make every value the same")
    low, high = table.optional_number("low"), table.optional_number("high")
    if low is not None and high is not None and low >= high:
        table.fail("low", "VALUE_RANGE", f"{low} is not below high = {high}")
    return Scaling(scale, table.number("offset", 0.0), low, high)


def _wave(table: Table) -> Wave:
    return Wave(
        base=table.number("base", 0.0),
        amplitude=table.number("amplitude", 1.0),
        period_s=table.number("period_s", 60.0, low=0.001, high=1e9),
        noise=table.number("noise", 0.0, low=0),
    )


def _register(table: Table, defaults: dict[str, str]) -> Register:
    address = table.integer("register", low=0, high=65_535)
    kind = table.choice("type", {word: word for word in REGISTERS}, "uint16")
    function = table.choice("function", _FUNCTIONS, defaults["function"])
    word_order = table.choice("word_order", _ORDER, defaults["word_order"])
    byte_order = table.choice("byte_order", _ORDER, defaults["byte_order"])
    if address + REGISTERS[kind] > REGISTERS_IN_DEVICE:
        table.fail("register", "REGISTER_INVALID", f"{kind} at {address} passes the last register")
    # A TCP device is one unit; a line has many, and each series may name its own.
    has_own = "unit_id" in defaults and table.has("unit_id")
    unit_id = bus_settings.unit_id(table, 0) if has_own else 0
    big_words, big_bytes = word_order == "big", byte_order == "big"
    return Register(address, kind, function, big_words, big_bytes, unit_id)
