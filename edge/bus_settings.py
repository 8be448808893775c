"""Settings of the drivers on a bus or on the board itself: serial lines, CAN, pins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.settings_table import NO_DEFAULT, Table

MODBUS_RTU: Final = "modbus-rtu"
CAN: Final = "can"
GPIO: Final = "gpio"
PROGRAM: Final = "program"

STANDARD_ID_MAX: Final = 0x7FF
EXTENDED_ID_MAX: Final = 0x1FFF_FFFF
CAN_BITS: Final = 512
"""Of a CAN FD frame of 64 bytes; a classic one has 64."""

BCM_PIN_MAX: Final = 27
"""The pins of a Raspberry Pi's header are GPIO 0 to 27, by Broadcom's numbers."""


@dataclass(frozen=True, slots=True)
class ModbusRtuSource:
    """A serial line with Modbus RTU devices. ``unit_id`` is theirs that name no other."""

    device: Path
    baud_rate: int
    parity: str
    stop_bits: int
    unit_id: int
    reply_timeout_s: float


@dataclass(frozen=True, slots=True)
class CanSource:
    """A CAN interface; ``is_fd`` takes CAN FD frames too."""

    interface: str
    channel: str
    is_fd: bool
    silent_after_s: float


@dataclass(frozen=True, slots=True)
class Signal:
    """Where a CAN series stands, as a DBC file says it.

    ``start`` is the bit number of the least significant bit (little: Intel) or of the most
    significant bit (big: Motorola), counted as DBC counts: byte times 8 plus bit, 7 the highest.
    Frames match whose id equals ``frame`` in the bits of ``mask``.
    """

    frame: int
    mask: int
    is_extended: bool
    start: int
    length: int
    is_big: bool
    kind: str

    @property
    def bytes_needed(self) -> int:
        """Return how long a frame must be to have it."""
        if not self.is_big:
            return (self.start + self.length - 1) // 8 + 1
        # Downwards through the first byte, then from the top of each one after it.
        in_first = self.start % 8 + 1
        return self.start // 8 + 1 + max(0, self.length - in_first + 7) // 8


@dataclass(frozen=True, slots=True)
class GpioSource:
    """The pins of this board."""


@dataclass(frozen=True, slots=True)
class Pin:
    """What of a pin is a series: its level, or how often it became active since the start."""

    number: int
    pull: str
    is_active_high: bool
    is_counted: bool
    bounce_s: float


@dataclass(frozen=True, slots=True)
class ProgramSource:
    """A program of the user's own, by its arguments, and the folder it runs in."""

    command: tuple[str, ...]
    folder: Path
    silent_after_s: float


def modbus_rtu(table: Table, _folder: Path) -> ModbusRtuSource:
    """Return a serial line."""
    parities = {"none": "N", "even": "E", "odd": "O"}
    return ModbusRtuSource(
        Path(table.text("device", pattern=r"/\S+", need="a device such as /dev/ttyUSB0")),
        table.integer("baud_rate", 9600, low=300, high=4_000_000),
        # The standard asks for even parity; most meters are delivered without.
        table.choice("parity", parities, "none"),
        table.integer("stop_bits", 1, low=1, high=2),
        unit_id(table, 1),
        table.number("reply_timeout_s", 0.5, low=0.01, high=60),
    )


def unit_id(table: Table, default: int) -> int:
    """Return the address of a unit on a line; 0 is broadcast, 248 to 255 are reserved."""
    return table.integer("unit_id", default, low=1, high=247)


def can(table: Table, _folder: Path) -> CanSource:
    """Return a CAN interface."""
    interfaces = {"socketcan": "socketcan", "virtual": "virtual"}
    return CanSource(
        table.choice("interface", interfaces, "socketcan"),
        table.text("channel", "can0", pattern=r"[0-9A-Za-z._-]{1,63}", need="such as can0"),
        table.flag("fd", default=False),
        table.number("silent_after_s", 10.0, low=0.1, high=86_400),
    )


def signal(table: Table) -> Signal:
    """Return where in which frame a series stands."""
    is_extended = table.flag("extended", default=False)
    id_max = EXTENDED_ID_MAX if is_extended else STANDARD_ID_MAX
    frame = _hexadecimal(table, "frame", None, id_max)
    mask = _hexadecimal(table, "mask", id_max, id_max)
    kinds = {"unsigned": "unsigned", "signed": "signed", "float32": "float32", "float64": "float64"}
    kind = table.choice("type", kinds, "unsigned")
    widths = {"float32": 32, "float64": 64}
    found = Signal(
        frame=frame & mask,
        mask=mask,
        is_extended=is_extended,
        start=table.integer("start_bit", low=0, high=CAN_BITS - 1),
        length=table.integer("bits", widths.get(kind, NO_DEFAULT), low=1, high=64),
        is_big=table.choice("byte_order", {"little": False, "big": True}, "little"),
        kind=kind,
    )
    if kind in widths and found.length != widths[kind]:
        table.fail("bits", "VALUE_RANGE", f"a {kind} has {widths[kind]} bits")
    if found.bytes_needed * 8 > CAN_BITS:
        table.fail("start_bit", "VALUE_RANGE", "the signal passes the end of the longest frame")
    return found


def program(table: Table, folder: Path) -> ProgramSource:
    """Return a program; there is no shell between, so each argument is one string."""
    command = table.texts("command", ())
    if not command:
        table.fail("command", "KEY_MISSING", 'need an array such as ["python3", "driver.py"]')
    return ProgramSource(
        command, folder, table.number("silent_after_s", 60.0, low=0.1, high=86_400)
    )


_ACTIVE: Final = {"up": "low", "down": "high", "none": "high"}


def gpio(_table: Table, _folder: Path) -> GpioSource:
    """Return the pins of this board."""
    return GpioSource()


def pin(table: Table) -> Pin:
    """Return a pin and what of it is measured."""
    pull = table.choice("pull", {"up": "up", "down": "down", "none": "none"}, "up")
    # With the pull-up, a contact to ground is low when it is closed.
    is_high = table.choice("active", {"low": False, "high": True}, _ACTIVE[pull])
    if pull != "none" and is_high != (pull == "down"):
        table.fail("active", "VALUE_RANGE", f"with pull = {pull!r} a pin is active {_ACTIVE[pull]}")
    return Pin(
        table.integer("pin", low=0, high=BCM_PIN_MAX),
        pull,
        is_high,
        table.choice("measure", {"level": False, "pulses": True}, "level"),
        table.number("bounce_s", 0.0, low=0, high=10),
    )


def _hexadecimal(table: Table, key: str, default: int | None, most: int) -> int:
    need = "hexadecimal digits, such as 18FEF100"
    fallback = NO_DEFAULT if default is None else f"{default:x}"
    text = table.text(key, fallback, pattern=r"[0-9A-Fa-f]{1,8}", need=need)
    try:
        value = int(text or "0", 16)
    except ValueError:
        return 0  # said above
    if value > most:
        table.fail(key, "VALUE_RANGE", f"{text!r} is above {most:x}")
    return value
