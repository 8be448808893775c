"""Settings of the drivers that talk to meters, loggers, servers and brokers by a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edge.drivers import dlt645_frame
from edge.settings_table import Table

DLT645: Final = "dlt645-tcp"
HJ212: Final = "hj212"
OPCUA: Final = "opcua"
MQTT: Final = "mqtt"


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


def host(table: Table) -> str:
    """Return a host name or address."""
    return table.text("host", pattern=r"[0-9A-Za-z._:-]{1,253}", need="a host name or address")


def dlt645(table: Table, _folder: Path) -> Dlt645Source:
    """Return a meter behind a serial server."""
    # No port is registered: each make of serial server has its own.
    need = f"the 12 digits on the meter, or {dlt645_frame.ANY_ADDRESS}"
    pattern = rf"[0-9]{{12}}|{dlt645_frame.ANY_ADDRESS}"
    return Dlt645Source(
        host(table),
        table.integer("port", low=1, high=65_535),
        table.text("address", pattern=pattern, need=need),
    )


def hj212(table: Table, _folder: Path) -> Hj212Source:
    """Return a listener for one data logger."""
    return Hj212Source(
        table.text("host", "0.0.0.0"),  # noqa: S104 - loggers call from the plant's own network
        table.integer("port", low=1, high=65_535),
        table.text("device", pattern=r"[0-9A-Z]{14,24}", need="the MN: 14 to 24 of 0-9 A-Z"),
        table.text("password", pattern=r"[0-9A-Za-z]{6}", need="the PW of 6 characters"),
    )


def opcua(table: Table, folder: Path) -> OpcUaSource:
    """Return an OPC UA server."""
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


def mqtt(table: Table, _folder: Path) -> MqttSource:
    """Return a broker."""
    is_tls = table.flag("tls", default=False)
    need = "1 to 23 of 0-9 A-Z a-z _ -, unlike any other client's of the broker"
    return MqttSource(
        host(table),
        # Registered for MQTT, and for MQTT over TLS.
        table.integer("port", 8883 if is_tls else 1883, low=1, high=65_535),
        table.text("client_id", pattern=r"[0-9A-Za-z_-]{1,23}", need=need),
        table.text("user", ""),
        table.text("password", ""),
        is_tls,
    )


_NODE: Final = r"(ns=[0-9]+;)?[isgb]=\S.*"
_NODE_NEED: Final = "an OPC UA node id, such as ns=2;s=Meter.Power"


def node(table: Table) -> str:
    """Return which node of a server is a series."""
    return table.text("node", pattern=_NODE, need=_NODE_NEED)


def topic(table: Table) -> Topic:
    """Return where an MQTT series comes."""
    need = "a topic without + and #: each series has its own"
    name = table.text("topic", pattern=r"[^+#]{1,1024}", need=need)
    return Topic(name, table.text("field", ""), table.text("time_field", ""))


_REPORTS: Final = {"real-time": "2011", "minute": "2051", "hour": "2061", "day": "2031"}


def factor(table: Table) -> Factor:
    """Return what of a report is a series."""
    report = table.choice("report", _REPORTS, "minute")
    fields = {name: name for name in ("Rtd", "Avg", "Min", "Max", "Cou", "ZsRtd", "ZsAvg")}
    default = "Rtd" if report == _REPORTS["real-time"] else "Avg"
    need = "a factor code such as w01018 (chemical oxygen demand) or a21026 (sulphur dioxide)"
    code = table.text("factor", pattern=r"[a-z0-9]{3,8}", need=need)
    return Factor(code, table.choice("field", fields, default), report)


def identifier(table: Table) -> int:
    """Return which item of a meter is a series."""
    need = "8 hexadecimal digits, such as 00010000 for forward active energy"
    text = table.text("identifier", pattern=r"[0-9A-Fa-f]{8}", need=need)
    identifier = int(text, 16) if len(text) == len("00010000") and text.isalnum() else 0
    if text and dlt645_frame.item(identifier) is None:
        table.fail("identifier", "IDENTIFIER_UNKNOWN", f"{text!r} is no single value of a meter")
    return identifier
