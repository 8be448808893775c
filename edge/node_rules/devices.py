"""What an output is switched by: a coil over Modbus TCP, a pin of this board, or a log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

from edge.node_rules.settings import OutputSettings

if TYPE_CHECKING:
    from gpiozero.pins import Factory

TIMEOUT_S: Final = 1.5
"""For one device's answer; tried again for as long as it is not where it should be."""

log = logging.getLogger(__name__)


class OutputFailed(RuntimeError):
    """A device that did not confirm; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence."""
        super().__init__(message)
        self.reason = reason


class Device(Protocol):
    """One output."""

    async def switch(self, *, is_on: bool) -> None:
        """Put it on or off; raise OutputFailed unless the device confirms."""
        ...

    def close(self) -> None:
        """Let the device go."""
        ...


class LoggedDevice:
    """Writes down what it was told: for a node without equipment."""

    def __init__(self, name: str) -> None:
        """Take the output's name."""
        self._name = name

    async def switch(self, *, is_on: bool) -> None:
        """Write it down."""
        log.info("output", extra={"output": self._name, "on": is_on})

    def close(self) -> None:
        """Do nothing."""


class ModbusDevice:
    """A coil."""

    def __init__(self, settings: OutputSettings) -> None:
        """Take where the device is."""
        self._settings = settings

    async def switch(self, *, is_on: bool) -> None:
        """Write the coil and read it back; raise OutputFailed unless it is where it should be."""
        # Only a node with such a device needs it.
        from pymodbus.client import AsyncModbusTcpClient  # noqa: PLC0415 - as said above
        from pymodbus.exceptions import ModbusException  # noqa: PLC0415 - as said above

        own = self._settings
        client = AsyncModbusTcpClient(
            own.host, port=own.port, timeout=TIMEOUT_S, retries=0, reconnect_delay=0
        )
        try:
            if not await client.connect():
                raise OutputFailed("OUTPUT_UNREACHABLE", f"{own.name}: no connection")
            answer = await client.write_coils(own.coil, [is_on], device_id=own.unit_id)
            if answer.isError():
                raise OutputFailed("OUTPUT_REFUSED", f"{own.name}: the device refuses")
            found = await client.read_coils(own.coil, count=1, device_id=own.unit_id)
        except (OSError, ModbusException) as error:
            raise OutputFailed("OUTPUT_NO_ANSWER", f"{own.name}: {error}") from error
        finally:
            client.close()
        if found.isError() or found.bits[0] is not is_on:
            raise OutputFailed("OUTPUT_NOT_SWITCHED", f"{own.name}: the coil reads otherwise")

    def close(self) -> None:
        """Do nothing: each call has its own connection."""


class GpioDevice:
    """A pin of this board that is held while the agent runs."""

    def __init__(self, settings: OutputSettings, factory: Callable[[], Factory] | None) -> None:
        """Take which pin it is."""
        self._settings = settings
        self._factory = factory
        self._pin: Any = None

    async def switch(self, *, is_on: bool) -> None:
        """Drive the pin; raise OutputFailed where there is none."""
        # Extra [gpio].
        from gpiozero import DigitalOutputDevice, GPIOZeroError  # noqa: PLC0415 - as said above

        from edge.drivers.gpio import board  # noqa: PLC0415 - as said above

        own = self._settings
        try:
            if self._pin is None:
                factory = (self._factory or board)()
                self._pin = DigitalOutputDevice(
                    own.pin,
                    active_high=own.is_active_high,
                    initial_value=own.is_safe_on,
                    pin_factory=factory,
                )
            self._pin.value = is_on
            if bool(self._pin.value) is not is_on:
                raise OutputFailed("OUTPUT_NOT_SWITCHED", f"{own.name}: the pin reads otherwise")
        except (GPIOZeroError, OSError, ImportError) as error:
            text = f"{own.name}: {type(error).__name__}: {error}"
            raise OutputFailed("OUTPUT_UNREACHABLE", text) from error

    def close(self) -> None:
        """Let the pin go."""
        pin, self._pin = self._pin, None
        if pin is not None:
            pin.close()


def make(settings: OutputSettings, factory: Callable[[], Factory] | None = None) -> Device:
    """Return the device that settings name."""
    if settings.kind == "modbus":
        return ModbusDevice(settings)
    if settings.kind == "gpio":
        return GpioDevice(settings, factory)
    return LoggedDevice(settings.name)
