"""The agent's settings: a TOML file, parsed once into frozen values, all its errors at once.

README and ``examples/edge`` show every key. The environment overrides what differs between
machines: TIANFU_EDGE_NODE_ID, _DATA_DIR, _NATS_URL, _NATS_CREDENTIALS_FILE, _TRACE_FILE,
_STATION_CONFIG_FILE and _STATION_SHARED_FOLDER.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge import driver_settings as drivers
from edge import (
    hl7_settings,
    inspection_settings,
    seismic_settings,
    setpoint_settings,
    toml_lines,
    warning_settings,
)
from edge.anomalies import settings as anomaly_settings
from edge.anomalies.settings import AnomalySettings
from edge.apps import settings as app_settings
from edge.apps.settings import AppsSettings
from edge.diagnostics import settings as diagnostics_settings
from edge.diagnostics.settings import DiagnosticsSettings
from edge.driver_settings import DriverSettings
from edge.early_warning import settings as monitor_settings
from edge.early_warning.settings import MonitorSettings
from edge.hl7_settings import Hl7Settings
from edge.inspection_settings import InspectionSettings
from edge.node_rules import settings as rules_settings
from edge.node_rules.settings import RulesSettings
from edge.seismic_settings import RecordSource, SeismicSettings
from edge.setpoint_settings import SetpointSettings
from edge.settings_table import Errors, SettingsError, Table
from edge.station import settings as station_settings
from edge.station.settings import StationSettings
from edge.update import settings as update_settings
from edge.update.settings import UpdateSettings
from edge.warning_settings import WarningSettings
from tianfu import batch_limits, subjects

ENVIRONMENT: Final = {
    "TIANFU_EDGE_NODE_ID": ("node", "id"),
    "TIANFU_EDGE_DATA_DIR": ("node", "data_dir"),
    "TIANFU_EDGE_NATS_URL": ("nats", "url"),
    "TIANFU_EDGE_NATS_CREDENTIALS_FILE": ("nats", "credentials_file"),
    "TIANFU_EDGE_TRACE_FILE": ("trace", "file"),
    "TIANFU_EDGE_STATION_CONFIG_FILE": ("station", "config_file"),
    "TIANFU_EDGE_STATION_SHARED_FOLDER": ("station", "shared_folder"),
}
"""Variables that override a key of the file."""

FILE_BYTES_MAX: Final = 1 << 20
"""A settings file is written by people; a megabyte is some other file."""

SPOOL_BYTES_MIN: Final = 64 * 1024
"""Less holds no useful number of batches."""

SPOOL_BYTES_DEFAULT: Final = 512 * 1024 * 1024
"""Half a gigabyte: weeks of a gateway's readings, a fraction of the smallest card."""

URL_PATTERN: Final = r"(nats|tls)://[^\s/@]+(:[0-9]{1,5})?/?"
"""No user or password in it: credentials are the one way of authenticating."""


class InvalidSettings(ValueError):
    """The settings can't be used; ``errors`` says all that is wrong with them."""

    def __init__(self, file: str, errors: list[SettingsError]) -> None:
        """Take the file's name for the messages, and the errors in any order."""
        self.file = file
        self.errors = sorted(errors)
        super().__init__(self.render())

    def render(self) -> str:
        """Return one line for each error."""
        return "\n".join(error.render(self.file) for error in self.errors)


@dataclass(frozen=True)
class BatchSettings:
    """When an open batch is closed, and how it is packed."""

    close_after_s: float = 1.0
    readings_max: int = 1000
    zstd_level: int | None = None


@dataclass(frozen=True)
class SpoolSettings:
    """What the spool may keep."""

    bytes_max: int = SPOOL_BYTES_DEFAULT
    age_max_s: float = 30 * 86_400.0


@dataclass(frozen=True)
class TraceSettings:
    """Where spans go, and what share of the batches is followed."""

    file: Path | None = None
    sample_ratio: float = 0.01


@dataclass(frozen=True)
class Settings:
    """All that a person says to the agent."""

    node: subjects.NodeId
    data_dir: Path
    nats_url: str
    credentials_file: Path | None
    log_level: str
    batch: BatchSettings
    spool: SpoolSettings
    trace: TraceSettings
    heartbeat_interval_s: float
    drivers: tuple[DriverSettings, ...]
    warnings: WarningSettings | None = None
    seismic: SeismicSettings | None = None
    hl7: Hl7Settings | None = None
    apps: AppsSettings = field(default_factory=AppsSettings)
    setpoints: SetpointSettings | None = None
    monitors: tuple[MonitorSettings, ...] = ()
    anomalies: tuple[AnomalySettings, ...] = ()
    inspections: InspectionSettings | None = None
    rules: RulesSettings | None = None
    station: StationSettings | None = None
    update: UpdateSettings | None = None
    diagnostics: DiagnosticsSettings = field(default_factory=DiagnosticsSettings)


def load(file: Path, environ: Mapping[str, str]) -> Settings:
    """Return the settings in ``file``; raise InvalidSettings with every error there is."""
    try:
        with file.open("rb") as stream:
            raw = stream.read(FILE_BYTES_MAX + 1)
        if len(raw) > FILE_BYTES_MAX:
            raise InvalidSettings(str(file), [_whole(f"more than {FILE_BYTES_MAX} bytes")])
        text = raw.decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise InvalidSettings(str(file), [_whole(f"can't be read: {reason}")]) from error
    return parse(text, environ, file=str(file), folder=file.resolve().parent)


def parse(text: str, environ: Mapping[str, str], *, file: str, folder: Path) -> Settings:
    """Return the settings in ``text``; relative paths count from ``folder``."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidSettings(file, [_syntax(str(error), text)]) from error
    errors = Errors(toml_lines.key_lines(text))
    _override(data, environ)
    settings = _settings(Table(data, (), errors), folder)
    if errors.found:
        raise InvalidSettings(file, errors.found)
    return settings


def missing_files(settings: Settings, *, file: str) -> InvalidSettings | None:
    """Return what the settings name that can't be read on this machine, if anything."""
    named: list[tuple[toml_lines.Path, Path | None]] = [
        (("nats", "credentials_file"), settings.credentials_file)
    ]
    named += [
        (("driver", position, "file"), driver.source.file)
        for position, driver in enumerate(settings.drivers)
        if isinstance(driver.source, drivers.ReplaySource)
    ]
    if settings.seismic is not None and isinstance(settings.seismic.source, RecordSource):
        named.append((("driver",), settings.seismic.source.file))
    errors = Errors()
    for path, name in named:
        if name is not None and not name.is_file():
            errors.add(path, "FILE_MISSING", f"{name} is no file; make it or correct the path")
    credentials_file = settings.credentials_file
    if credentials_file is not None and credentials_file.is_file():
        wrong = wrong_credentials(credentials_file, settings.node)
        if wrong is not None:
            errors.add(("nats", "credentials_file"), *wrong)
    return InvalidSettings(file, errors.found) if errors.found else None


def wrong_credentials(file: Path, node: subjects.NodeId) -> tuple[str, str] | None:
    """Return why credentials are not those of a node, as reason and text that shows no secret."""
    # Here, so that who only checks settings of another node needs no cryptography.
    from tianfu import nats_jwt, nats_keys  # noqa: PLC0415 - as said above

    try:
        token, seed = nats_jwt.split_credentials(file.read_text(encoding="ascii"))
        claims = nats_jwt.read(token)
        pair = nats_keys.KeyPair(seed, nats_keys.KeyKind.USER)
    except (OSError, ValueError):
        return (
            "CREDENTIALS_INVALID",
            f"{file} holds no credentials of a NATS user; is it the right file?",
        )
    if pair.public_key != claims.subject:
        return "CREDENTIALS_INVALID", f"{file}: its token is for another key than the one beside it"
    if claims.name != f"node:{node}":
        return (
            "CREDENTIALS_OF_ANOTHER_NODE",
            f"{file} is of {claims.name!r}, and this is node {node!r}; each node has its own",
        )
    return None


def _override(data: dict[str, Any], environ: Mapping[str, str]) -> None:
    for variable, (table, key) in ENVIRONMENT.items():
        if environ.get(variable):
            section = data.setdefault(table, {})
            if isinstance(section, dict):
                section[key] = environ[variable]


def _settings(root: Table, folder: Path) -> Settings:
    node = root.table("node")
    pattern = subjects.NODE_ID_PATTERN.pattern
    need = "1 to 63 of a-z, 0-9 and inner '-'"
    node_id = subjects.NodeId(node.text("id", pattern=pattern, need=need))
    data_dir = node.file("data_dir", folder) or folder / "data"
    levels = {word: word for word in ("debug", "info", "warning", "error")}
    log_level = node.choice("log_level", levels, "info")
    nats = root.table("nats")
    url = nats.text("url", "")
    if url and not re.fullmatch(URL_PATTERN, url):
        # The URL itself may hold a password, so it is not repeated.
        nats.fail("url", "URL_INVALID", "need nats://HOST:PORT or tls://HOST:PORT, no user")
    credentials_file = nats.file("credentials_file", folder)
    heartbeat = root.table("heartbeat")
    interval_s = heartbeat.number("interval_s", 10.0, low=1, high=3600)
    batch, spool, trace = _batch(root), _spool(root), _trace(root, folder)
    tables, stations = drivers.split(root.tables("driver"))
    found = drivers.parse_all(tables, folder)
    seismic = _seismic(stations, folder)
    warnings = warning_settings.parse(root, folder)
    hl7 = hl7_settings.parse(root)
    apps = app_settings.parse(root)
    setpoints = setpoint_settings.parse(root)
    monitors = monitor_settings.parse(root)
    anomalies = anomaly_settings.parse(root)
    inspections = inspection_settings.parse(root)
    rules = rules_settings.parse(root)
    station = station_settings.parse(root, folder)
    update = update_settings.parse(root, folder, data_dir)
    diagnostics = diagnostics_settings.parse(root)
    for table in (node, nats, heartbeat, root):
        table.done()
    return Settings(
        node=node_id,
        data_dir=data_dir,
        nats_url=url,
        credentials_file=credentials_file,
        log_level=log_level,
        batch=batch,
        spool=spool,
        trace=trace,
        heartbeat_interval_s=interval_s,
        drivers=found,
        warnings=warnings,
        seismic=seismic,
        hl7=hl7,
        apps=apps,
        setpoints=setpoints,
        monitors=monitors,
        anomalies=anomalies,
        inspections=inspections,
        rules=rules,
        station=station,
        update=update,
        diagnostics=diagnostics,
    )


def _seismic(stations: list[Table], folder: Path) -> SeismicSettings | None:
    found = []
    for table in stations:
        table.choice("kind", {drivers.SEISMIC: drivers.SEISMIC})
        found.append(seismic_settings.parse(table, folder))
    for table in stations[1:]:
        # Its features are named by the node, which stands in one place.
        table.fail("kind", "TOO_MANY", "a node is one seismic station")
    return found[0] if found else None


def _batch(root: Table) -> BatchSettings:
    table = root.table("batch")
    close_after_ms = table.number("close_after_ms", 1000, low=1, high=60_000)
    readings_max = table.integer("readings_max", 1000, low=1, high=batch_limits.READINGS_MAX)
    zstd_level = None
    if table.has("zstd_level"):
        zstd_level = table.integer("zstd_level", low=1, high=19)
        if not _has_zstandard():
            table.fail("zstd_level", "PACKAGE_MISSING", "needs the package zstandard; install it")
    else:
        table.integer("zstd_level", 0, low=0, high=19)
    table.done()
    return BatchSettings(close_after_ms / 1000, readings_max, zstd_level)


def _has_zstandard() -> bool:
    from importlib.util import find_spec  # noqa: PLC0415 - only who compresses pays for it

    return find_spec("zstandard") is not None


def _spool(root: Table) -> SpoolSettings:
    table = root.table("spool")
    size = table.integer("bytes_max", SPOOL_BYTES_DEFAULT, low=SPOOL_BYTES_MIN, high=1 << 44)
    days = table.number("age_max_days", 30, low=0.01, high=3650)
    table.done()
    return SpoolSettings(size, days * 86_400)


def _trace(root: Table, folder: Path) -> TraceSettings:
    table = root.table("trace")
    file = table.file("file", folder)
    ratio = table.number("sample_ratio", 0.01, low=0, high=1)
    table.done()
    return TraceSettings(file, ratio)


def _whole(message: str) -> SettingsError:
    return SettingsError(1, "file", "FILE_UNREADABLE", message)


def _syntax(message: str, text: str) -> SettingsError:
    place = re.search(r"\(at line (\d+)", message)
    line = int(place[1]) if place else text.count("\n") + 1
    return SettingsError(line, "file", "TOML_SYNTAX", f"not TOML: {message}")
