"""What every driver does, and the making of one from its settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol, assert_never, runtime_checkable

from edge.bus_settings import CanSource, GpioSource, ModbusRtuSource, ProgramSource
from edge.clock import Clock
from edge.driver_settings import DriverSettings, ModbusSource, ReplaySource, SimulatedSource
from edge.meter_settings import Dlt645Source, Hj212Source, MqttSource, OpcUaSource
from edge.reading import RawValue


class DriverFailed(Exception):
    """A source did not answer, or not with a value; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence that says what and where."""
        super().__init__(message)
        self.reason = reason


class Driver(Protocol):
    """A source of raw values. Called by one task only, never twice at once."""

    async def connect(self) -> None:
        """Get ready to read; raise DriverFailed when the source can't be reached now."""
        ...

    async def read(self, series: Sequence[str]) -> list[RawValue]:
        """Return what the source says of ``series`` now; raise DriverFailed when it does not.

        A driver that plays a recording may return several values of a series, or none.
        """
        ...

    async def close(self) -> None:
        """Let the source go; never raises."""
        ...


@runtime_checkable
class Acknowledging(Protocol):
    """What a driver has besides when its source keeps what it sent until it hears that it is safe.

    Each successful read has a number, which ``handed_over`` returns until the next one.
    """

    def handed_over(self) -> int:
        """Return the number of the last read."""
        ...

    async def settle(self, number: int, *, is_kept: bool) -> None:
        """Tell the source: all values of that read are on the disk, or some were lost."""
        ...

    def when_pressing(self, call: Callable[[], None]) -> None:
        """Have ``call`` called when the source sends nothing more until something is settled."""
        ...


def make(settings: DriverSettings, clock: Clock) -> Driver:
    """Return the driver that ``settings`` ask for. Its protocol is imported only now."""
    source = settings.source
    match source:
        case SimulatedSource():
            from edge.drivers.simulated import SimulatedDriver  # noqa: PLC0415 - only who uses it

            return SimulatedDriver(settings.series, clock, Random(source.seed))  # noqa: S311 - invented values
        case ReplaySource():
            from edge.drivers.replay import ReplayDriver  # noqa: PLC0415 - only who uses it

            return ReplayDriver(source, clock)
        case ModbusSource() | ModbusRtuSource() | CanSource() | GpioSource():
            return _of_bus(source, settings, clock)
        case ProgramSource():
            from edge.drivers.program import ProgramDriver  # noqa: PLC0415 - only who uses it

            return ProgramDriver(source, settings.series, clock)
        case _:
            return _of_meter(source, settings)


def _of_bus(
    source: ModbusSource | ModbusRtuSource | CanSource | GpioSource,
    settings: DriverSettings,
    clock: Clock,
) -> Driver:
    match source:
        case ModbusSource() | ModbusRtuSource():
            from edge.drivers.modbus import ModbusDriver  # noqa: PLC0415 - pymodbus: 2 MB

            return ModbusDriver(source, settings.series, settings.timeout_s)
        case CanSource():
            from edge.drivers.can_bus import CanDriver  # noqa: PLC0415 - extra [can]

            return CanDriver(source, settings.series, clock)
        case GpioSource():
            from edge.drivers.gpio import GpioDriver  # noqa: PLC0415 - extra [gpio]

            return GpioDriver(settings.series)
        case _:
            assert_never(source)


def _of_meter(
    source: Dlt645Source | Hj212Source | OpcUaSource | MqttSource, settings: DriverSettings
) -> Driver:
    match source:
        case Dlt645Source():
            from edge.drivers.dlt645 import Dlt645Driver  # noqa: PLC0415 - only who uses it

            return Dlt645Driver(source, settings.series)
        case Hj212Source():
            from edge.drivers.hj212 import Hj212Driver  # noqa: PLC0415 - only who uses it

            return Hj212Driver(source, settings.series)
        case OpcUaSource():
            from edge.drivers.opcua import OpcUaDriver  # noqa: PLC0415 - extra [opcua]

            return OpcUaDriver(source, settings.series, settings.timeout_s)
        case MqttSource():
            from edge.drivers.mqtt import MqttDriver  # noqa: PLC0415 - extra [mqtt]

            return MqttDriver(source, settings.series, settings.timeout_s)
        case _:
            assert_never(source)
