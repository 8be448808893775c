"""Settings of a node that carries out setpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge.settings_table import Table

KEY_PATTERN: Final = r"U[A-Z2-7]{55}"
ASSET_PATTERN: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST_PATTERN: Final = r"[0-9A-Za-z._:-]{1,253}"
KINDS: Final = {"log": "log", "modbus": "modbus"}


@dataclass(frozen=True, slots=True)
class ActuatorSettings:
    """A piece of equipment.

    Of kind ``modbus``: a coil that is on while it is to be safe, and a holding register that takes
    a power in units of ``watts_per_count``.
    """

    asset: str
    kind: str
    host: str = ""
    port: int = 502
    unit_id: int = 1
    coil: int = -1
    register: int = -1
    watts_per_count: float = 100.0


@dataclass(frozen=True, slots=True)
class SetpointSettings:
    """Whose orders are followed, and by which equipment."""

    key: str
    actuators: tuple[ActuatorSettings, ...]


def parse(root: Table) -> SetpointSettings | None:
    """Return the settings, None when the file has no table of setpoints."""
    if not root.has("setpoints"):
        root.table("setpoints")
        return None
    table = root.table("setpoints")
    key = table.text("key", pattern=KEY_PATTERN, need="the public nkey that signs setpoints, U…")
    found = [_actuator(each) for each in table.tables("actuator")]
    names = [each.asset for each in found]
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        table.fail("actuator", "NAME_TWICE", f"two actuators are of asset {name!r}")
    table.done()
    return SetpointSettings(key, tuple(found))


def _actuator(table: Table) -> ActuatorSettings:
    asset = table.text("asset", pattern=ASSET_PATTERN, need="an asset's id")
    kind = table.choice("kind", KINDS)
    if kind != "modbus":
        table.done()
        return ActuatorSettings(asset, kind or "log")
    host = table.text("host", pattern=HOST_PATTERN, need="a host name or address")
    port = table.integer("port", 502, low=1, high=65_535)
    unit_id = table.integer("unit_id", 1, low=0, high=255)
    coil = table.integer("coil", -1, low=-1, high=65_535)
    register = table.integer("register", -1, low=-1, high=65_535)
    scale = table.number("watts_per_count", 100.0, low=0.001, high=1e6)
    if coil < 0 and register < 0:
        table.fail("coil", "KEY_MISSING", "need a coil, a register, or both")
    table.done()
    return ActuatorSettings(asset, kind, host, port, unit_id, coil, register, scale)
