"""Meters to read: real Modbus TCP servers that play published load profiles.

``python -m cli.local.meters FILE`` serves what the JSON file lists until SIGTERM. Each meter has a
port of its own and unit id 1, and these read-only registers (holding and input alike), addresses
from 0 as on the wire, chosen so that types, scales and word orders as in the field are all met::

    0-1  float32, high word first    active power in kW
    2-3  uint32,  low word first     energy in 0.01 kWh, begins again at 0 after 42,949,672.95 kWh
    4    uint16                      mean phase voltage in 0.1 V
    5-6  int32,   high word first    mean phase current in mA
"""

from __future__ import annotations

import asyncio
import json
import signal
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from cli.local import profiles
from cli.local.ports import HOST
from cli.local.profiles import Meter, Shown

UNIT_ID: Final = 1
REGISTERS: Final = 7
ENERGY_PER_KWH: Final = 100
UINT32: Final = 2**32
# A quarter of an hour of the profile in a second, so that a plot moves while one looks.
SPEED_DEFAULT: Final = 900.0

# Real kinds of customer: their profile, and what such a customer uses in a year.
CUSTOMERS: Final = (
    ("h25", 60 * 3_500.0),  # an apartment house of 60 flats
    ("g25", 450_000.0),  # a supermarket
    ("l25", 120_000.0),  # a dairy farm
    ("h25", 24 * 3_500.0),
    ("g25", 90_000.0),  # a school
)
POWER_FACTORS: Final = (0.97, 0.92, 0.89, 0.95, 0.94)
# Customers of one kind do not switch on in the same second.
SHIFT_S: Final = 420


@dataclass(frozen=True)
class MeterSettings:
    """One meter, as it is written to the file."""

    name: str
    port: int
    profile: str
    annual_kwh: float
    power_factor: float
    shift_s: int


@dataclass(frozen=True)
class Settings:
    """All meters, and how time runs for them."""

    # Unix time at which the profiles stood at Monday 00:00: the same after a restart, so that
    # energy never goes back.
    origin_s: float
    speed: float
    meters: tuple[MeterSettings, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what the file holds."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Settings:
        """Return what a file holds."""
        meters = tuple(MeterSettings(**meter) for meter in data["meters"])
        return cls(data["origin_s"], data["speed"], meters)


def settings_of(position: int, name: str, port: int) -> MeterSettings:
    """Return the settings of the meter at a position among all meters."""
    profile, annual_kwh = CUSTOMERS[position % len(CUSTOMERS)]
    return MeterSettings(
        name=name,
        port=port,
        profile=profile,
        annual_kwh=annual_kwh,
        power_factor=POWER_FACTORS[position % len(POWER_FACTORS)],
        shift_s=position * SHIFT_S,
    )


def registers(shown: Shown) -> list[int]:
    """Return what a meter shows as its registers hold it."""
    power = struct.unpack(">HH", struct.pack(">f", shown.power_kw))
    energy_high, energy_low = divmod(round(shown.energy_kwh * ENERGY_PER_KWH) % UINT32, 1 << 16)
    current = struct.unpack(">HH", struct.pack(">i", round(shown.ampere * 1000)))
    return [*power, energy_low, energy_high, round(shown.volt * 10), *current]


def device(meter: Meter, now_s: Callable[[], float]) -> SimDevice:
    """Return a Modbus device whose registers are those of the meter at the time of the request."""

    async def refresh(
        function_code: int,
        start_address: int,
        address: int,
        count: int,
        current_registers: list[int],
        set_values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        del function_code, start_address, address, count
        if set_values:
            return ExcCodes.ILLEGAL_ADDRESS
        # All at once: the two words of a value must be of one moment.
        current_registers[:REGISTERS] = registers(meter.shown(now_s()))
        return None

    block = SimData(0, count=REGISTERS, datatype=DataType.REGISTERS, readonly=True)
    return SimDevice(id=UNIT_ID, simdata=[block], action=refresh)


async def serve(settings: Settings, stop: asyncio.Event, clock: Callable[[], float]) -> None:
    """Serve all meters until ``stop`` is set."""
    known = profiles.load()

    def now_s() -> float:
        return (clock() - settings.origin_s) * settings.speed

    servers = []
    try:
        for each in settings.meters:
            meter = Meter(
                name=each.name,
                profile=known[each.profile],
                annual_kwh=each.annual_kwh,
                power_factor=each.power_factor,
                shift_s=each.shift_s,
            )
            server = ModbusTcpServer(device(meter, now_s), address=(HOST, each.port))
            await server.serve_forever(background=True)
            servers.append(server)
        await stop.wait()
    finally:
        for server in servers:
            await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped


async def main(path: Path) -> None:
    """Serve what the file lists until SIGTERM or SIGINT."""
    text = await asyncio.to_thread(path.read_text, encoding="utf-8")
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    await serve(Settings.from_json(json.loads(text)), stop, time.time)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
