"""Settings of the drivers and of their series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edge import units
from edge.drivers import dlt645_frame
from edge.reading import Priority, Scaling
from edge.sampling import LONGEST_SILENCE_S, Sampling
from edge.settings_table import Table
from tianfu import batch_limits

SEISMIC: Final = "seismic"
"""The kind of driver that has no series: ``edge.seismic_settings`` reads the rest of it."""

DLT645: Final = "dlt645-tcp"
HJ212: Final = "hj212"
OPCUA: Final = "opcua"
MQTT: Final = "mqtt"

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
    """Where a Modbus series stands. ``address`` counts from 0, as on the wire."""

    address: int
    kind: str
    function: str
    big_words: bool
    big_bytes: bool

    @property
    def count(self) -> int:
        """Return how many registers it takes."""
        return REGISTERS[self.kind]


@dataclass(frozen=True, slots=True)
class Factor:
    """What of an HJ 212 report is a series: factor code, field, and in which command it comes."""

    code: str
    field: str
    command: str


@dataclass(frozen=True, slots=True)
class Topic:
    """Where an MQTT series comes: topic, and the paths of value and time in a JSON payload."""

    name: str
    field: str
    time_field: str


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


@dataclass(frozen=True, slots=True)
class Dlt645Source:
    """A meter that speaks DL/T 645-2007, behind a serial server. ``address`` has 12 digits."""

    host: str
    port: int
    address: str


@dataclass(frozen=True, slots=True)
class Hj212Source:
    """Where a polluter's data logger calls, and what it is known by."""

    host: str
    port: int
    device: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpcUaKeys:
    """Our certificate and key, and the server's certificate: no other server is talked to."""

    certificate: Path
    private_key: Path
    server_certificate: Path


@dataclass(frozen=True, slots=True)
class OpcUaSource:
    """An OPC UA server. With ``keys``, messages are signed and encrypted."""

    url: str
    user: str = ""
    password: str = field(default="", repr=False)
    keys: OpcUaKeys | None = None


@dataclass(frozen=True, slots=True)
class MqttSource:
    """An MQTT broker, and the name under which it keeps our session."""

    host: str
    port: int
    client_id: str
    user: str = ""
    password: str = field(default="", repr=False)
    is_tls: bool = False


Source = (
    SimulatedSource
    | ReplaySource
    | ModbusSource
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
    found = []
    for position, table in enumerate(tables[:DRIVERS_MAX]):
        driver = _driver(table, position, folder, taken)
        if driver.name in names:
            table.fail("name", "NAME_DUPLICATE", f"{driver.name!r} names another driver too")
        names.add(driver.name)
        found.append(driver)
    return tuple(found)


def split(tables: list[Table]) -> tuple[list[Table], list[Table]]:
    """Return the tables of drivers that have series, and those of seismic stations."""
    stations = [table for table in tables if table.says("kind", SEISMIC)]
    return [table for table in tables if table not in stations], stations


def _driver(table: Table, position: int, folder: Path, taken: dict[str, str]) -> DriverSettings:
    # A seismic station does not come here, and is named for whoever misspells it.
    kinds = {
        kind: kind
        for kind in ("simulated", "replay", "modbus-tcp", DLT645, HJ212, OPCUA, MQTT, SEISMIC)
    }
    kind = table.choice("kind", kinds)
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
    defaults = _register_defaults(table) if kind == "modbus-tcp" else {}
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


_PACKAGES: Final = {MQTT: "aiomqtt", OPCUA: "asyncua"}
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
        host = _host(table)
        port = table.integer("port", 502, low=1, high=65_535)
        # 0 is broadcast and 248 to 254 are reserved; TCP devices without a bus use 255.
        unit_id = table.integer("unit_id", 1, low=1, high=255)
        return ModbusSource(host, port, unit_id)
    return SimulatedSource(table.integer("seed", 0, low=0, high=2**63 - 1))


def _host(table: Table) -> str:
    return table.text("host", pattern=r"[0-9A-Za-z._:-]{1,253}", need="a host name or address")


def _dlt645_source(table: Table, _folder: Path) -> Dlt645Source:
    # No port is registered: each make of serial server has its own.
    need = f"the 12 digits on the meter, or {dlt645_frame.ANY_ADDRESS}"
    pattern = rf"[0-9]{{12}}|{dlt645_frame.ANY_ADDRESS}"
    return Dlt645Source(
        _host(table),
        table.integer("port", low=1, high=65_535),
        table.text("address", pattern=pattern, need=need),
    )


def _hj212_source(table: Table, _folder: Path) -> Hj212Source:
    return Hj212Source(
        table.text("host", "0.0.0.0"),  # noqa: S104 - loggers call from the plant's own network
        table.integer("port", low=1, high=65_535),
        table.text("device", pattern=r"[0-9A-Z]{14,24}", need="the MN: 14 to 24 of 0-9 A-Z"),
        table.text("password", pattern=r"[0-9A-Za-z]{6}", need="the PW of 6 characters"),
    )


def _opcua_source(table: Table, folder: Path) -> OpcUaSource:
    url = table.text("url", pattern=r"opc\.tcp://\S+", need="opc.tcp://HOST:PORT/PATH")
    user, password = table.text("user", ""), table.text("password", "")
    names = ("certificate", "private_key", "server_certificate")
    certificate, key, server = (table.file(name, folder) for name in names)
    keys = None
    if certificate is not None and key is not None and server is not None:
        keys = OpcUaKeys(certificate, key, server)
    elif any(table.has(name) for name in names):
        table.fail("certificate", "KEY_MISSING", f"{', '.join(names)} go together")
    if password and keys is None:
        # Without encryption anyone on the line reads it, and the next setpoint is theirs.
        table.fail("password", "ENCRYPTION_MISSING", f"needs {', '.join(names)}")
    return OpcUaSource(url, user, password, keys)


def _mqtt_source(table: Table, _folder: Path) -> MqttSource:
    is_tls = table.flag("tls", default=False)
    need = "1 to 23 of 0-9 A-Z a-z _ -, unlike any other client's of the broker"
    return MqttSource(
        _host(table),
        # Registered for MQTT, and for MQTT over TLS.
        table.integer("port", 8883 if is_tls else 1883, low=1, high=65_535),
        table.text("client_id", pattern=r"[0-9A-Za-z_-]{1,23}", need=need),
        table.text("user", ""),
        table.text("password", ""),
        is_tls,
    )


_METERS: Final[dict[str, Callable[[Table, Path], Source]]] = {
    DLT645: _dlt645_source,
    HJ212: _hj212_source,
    MQTT: _mqtt_source,
    OPCUA: _opcua_source,
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
        register=_register(table, defaults) if kind == "modbus-tcp" else None,
        identifier=_identifier(table) if kind == DLT645 else None,
        factor=_factor(table) if kind == HJ212 else None,
        node=table.text("node", pattern=_NODE, need=_NODE_NEED) if kind == OPCUA else None,
        topic=_topic(table) if kind == MQTT else None,
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


_NODE: Final = r"(ns=[0-9]+;)?[isgb]=\S.*"
_NODE_NEED: Final = "an OPC UA node id, such as ns=2;s=Meter.Power"


def _topic(table: Table) -> Topic:
    need = "a topic without + and #: each series has its own"
    name = table.text("topic", pattern=r"[^+#]{1,1024}", need=need)
    return Topic(name, table.text("field", ""), table.text("time_field", ""))


_REPORTS: Final = {"real-time": "2011", "minute": "2051", "hour": "2061", "day": "2031"}


def _factor(table: Table) -> Factor:
    report = table.choice("report", _REPORTS, "minute")
    fields = {name: name for name in ("Rtd", "Avg", "Min", "Max", "Cou", "ZsRtd", "ZsAvg")}
    default = "Rtd" if report == _REPORTS["real-time"] else "Avg"
    need = "a factor code such as w01018 (chemical oxygen demand) or a21026 (sulphur dioxide)"
    code = table.text("factor", pattern=r"[a-z0-9]{3,8}", need=need)
    return Factor(code, table.choice("field", fields, default), report)


def _identifier(table: Table) -> int:
    need = "8 hexadecimal digits, such as 00010000 for forward active energy"
    text = table.text("identifier", pattern=r"[0-9A-Fa-f]{8}", need=need)
    identifier = int(text, 16) if len(text) == len("00010000") and text.isalnum() else 0
    if text and dlt645_frame.item(identifier) is None:
        table.fail("identifier", "IDENTIFIER_UNKNOWN", f"{text!r} is no single value of a meter")
    return identifier


def _register(table: Table, defaults: dict[str, str]) -> Register:
    address = table.integer("register", low=0, high=65_535)
    kind = table.choice("type", {word: word for word in REGISTERS}, "uint16")
    function = table.choice("function", _FUNCTIONS, defaults["function"])
    word_order = table.choice("word_order", _ORDER, defaults["word_order"])
    byte_order = table.choice("byte_order", _ORDER, defaults["byte_order"])
    if address + REGISTERS[kind] > REGISTERS_IN_DEVICE:
        table.fail("register", "REGISTER_INVALID", f"{kind} at {address} passes the last register")
    return Register(address, kind, function, word_order == "big", byte_order == "big")
