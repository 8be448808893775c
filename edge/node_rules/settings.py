"""Settings of a node that follows rules: who signs them, and which outputs they may switch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge.bus_settings import BCM_PIN_MAX
from edge.settings_table import Table
from tianfu.node_rules import expression

KEY_PATTERN: Final = r"U[A-Z2-7]{55}"
NAME_PATTERN: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST_PATTERN: Final = r"[0-9A-Za-z._:-]{1,253}"
KINDS: Final = {"log": "log", "modbus": "modbus", "gpio": "gpio"}
SAFE: Final = {"off": False, "on": True}
OUTPUTS_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """An output: ``is_safe_on`` is where it is put when no rule wants it anywhere.

    It never is on while one that it opposes is, or may be. ``hold_min_s`` is the least time from
    one change to the next, but for the way to safety.
    """

    name: str
    kind: str = "log"
    is_safe_on: bool = False
    opposes: frozenset[str] = frozenset()
    hold_min_s: float = 0.0
    host: str = ""
    port: int = 502
    unit_id: int = 1
    coil: int = 0
    pin: int = 0
    is_active_high: bool = True


@dataclass(frozen=True, slots=True)
class RulesSettings:
    """Whose rules are followed, and by which outputs."""

    key: str
    outputs: tuple[OutputSettings, ...] = ()


def parse(root: Table) -> RulesSettings | None:
    """Return the settings, None when the file has no table of rules."""
    if not root.has("rules"):
        root.table("rules")
        return None
    table = root.table("rules")
    key = table.text("key", pattern=KEY_PATTERN, need="the public nkey that signs rules, U…")
    if not expression.is_installed():
        table.fail("key", "PACKAGE_MISSING", "needs CEL: pip install 'tianfu[rules]'")
    found = [_output(each) for each in table.tables("output")]
    if len(found) > OUTPUTS_MAX:
        table.fail("output", "TOO_MANY", f"a node has {OUTPUTS_MAX} outputs at most")
    outputs = _symmetric(table, found)
    table.done()
    return RulesSettings(key, outputs)


def _output(table: Table) -> OutputSettings:
    name = table.text("name", pattern=NAME_PATTERN, need="a name of a-z, 0-9 and inner '-'")
    kind = table.choice("kind", KINDS, "log")
    is_safe_on = table.choice("safe", SAFE, "off")
    opposes = frozenset(table.texts("opposes", ()))
    hold_min_s = table.number("hold_min_s", 0.0, low=0, high=3600)
    host, port, unit_id, coil, pin, is_active_high = "", 502, 1, 0, 0, True
    if kind == "modbus":
        host = table.text("host", pattern=HOST_PATTERN, need="a host name or address")
        port = table.integer("port", 502, low=1, high=65_535)
        unit_id = table.integer("unit_id", 1, low=0, high=255)
        coil = table.integer("coil", low=0, high=65_535)
    elif kind == "gpio":
        pin = table.integer("pin", low=0, high=BCM_PIN_MAX)
        is_active_high = table.flag("active_high", default=True)
    table.done()
    return OutputSettings(
        name, kind, is_safe_on, opposes, hold_min_s, host, port, unit_id, coil, pin, is_active_high
    )


def _symmetric(table: Table, found: list[OutputSettings]) -> tuple[OutputSettings, ...]:
    """Return the outputs so that one which opposes another is opposed by it."""
    names = [each.name for each in found]
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        table.fail("output", "NAME_TWICE", f"two outputs are called {name!r}")
    against: dict[str, set[str]] = {name: set() for name in names}
    for each in found:
        for other in each.opposes:
            if other == each.name or other not in against:
                text = f"{each.name!r} opposes {other!r}, which is no other output"
                table.fail("output", "OUTPUT_UNKNOWN", text)
                continue
            against[each.name].add(other)
            against[other].add(each.name)
    for each in found:
        if against[each.name] and each.is_safe_on:
            text = f"{each.name!r} opposes another: it is safe off only"
            table.fail("output", "OUTPUT_UNSAFE", text)
    return tuple(
        OutputSettings(
            each.name, each.kind, each.is_safe_on, frozenset(against[each.name]), each.hold_min_s,
            each.host, each.port, each.unit_id, each.coil, each.pin, each.is_active_high,
        )
        for each in found
    )  # fmt: skip
