"""Read the pins of this board: levels, and pulses counted between reads.

gpiozero calls back on a thread of its own; what it counts is an integer that only grows. It begins
at 0 when the agent starts, as the counter of a meter does that was replaced.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from gpiozero import Device, DigitalInputDevice, GPIOZeroError
from gpiozero.pins import Factory

from edge.bus_settings import Pin
from edge.driver_settings import SeriesSettings
from edge.drivers.driver import DriverFailed
from edge.reading import RawValue


def board() -> Factory:
    """Return this board's pins; raise one of gpiozero's errors where there are none."""
    # gpiozero has no other way to find the factory that works on this board.
    return Device._default_pin_factory()  # noqa: SLF001 - as said above


class _Counted:
    """Pulses of one pin."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.count = 0

    def add(self) -> None:
        with self._lock:
            self.count += 1


class GpioDriver:
    """The pins that the series name."""

    def __init__(
        self, series: Iterable[SeriesSettings], factory: Callable[[], Factory] = board
    ) -> None:
        """Take which pins are which series."""
        self._factory = factory
        self._pins = {one.id: one.pin for one in series if one.pin is not None}
        self._devices: dict[str, DigitalInputDevice] = {}
        # Kept over a reconnection, so that a counter does not fall within a run.
        self._counted = {name: _Counted() for name, pin in self._pins.items() if pin.is_counted}

    async def connect(self) -> None:
        """Take the pins; raise DriverFailed when they are not to be had."""
        await self.close()
        try:
            factory = self._factory()
            for name, pin in self._pins.items():
                self._devices[name] = self._device(name, pin, factory)
        except (GPIOZeroError, OSError, ImportError) as error:
            await self.close()
            raise DriverFailed("GPIO_UNAVAILABLE", f"{type(error).__name__}: {error}") from error

    async def read(self, series: Sequence[str]) -> list[RawValue]:
        """Return 1 for active and 0 for not, or the pulses so far."""
        found = []
        try:
            for name in series:
                counted = self._counted.get(name)
                device = self._devices.get(name)
                if device is None:
                    raise DriverFailed("GPIO_UNAVAILABLE", f"{name}: its pin is not open")
                number = device.value if counted is None else counted.count
                found.append(RawValue(name, float(number)))
        except (GPIOZeroError, OSError) as error:
            raise DriverFailed("GPIO_UNAVAILABLE", f"{type(error).__name__}: {error}") from error
        return found

    async def close(self) -> None:
        """Let the pins go."""
        devices, self._devices = self._devices, {}
        for device in devices.values():
            device.close()

    def _device(self, name: str, pin: Pin, factory: Factory) -> DigitalInputDevice:
        pull_up = {"up": True, "down": False, "none": None}[pin.pull]
        # gpiozero derives the active level from the pull, and wants it said only without one.
        active_state = pin.is_active_high if pull_up is None else None
        device = DigitalInputDevice(
            pin.number,
            pull_up=pull_up,
            active_state=active_state,
            bounce_time=pin.bounce_s or None,
            pin_factory=factory,
        )
        counted = self._counted.get(name)
        if counted is not None:
            device.when_activated = counted.add
        return device
