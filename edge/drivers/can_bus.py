"""Listen to a CAN bus: the newest value of each signal, with the time its frame came.

Nothing is ever sent. The kernel hands over only frames that some series asks for.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Iterable, Sequence
from typing import Final

import can

from edge.bus_settings import CanSource, Signal
from edge.clock import Clock
from edge.driver_settings import SeriesSettings
from edge.drivers import can_signal
from edge.drivers.driver import DriverFailed
from edge.reading import RawValue

FRAMES_KNOWN_MAX: Final = 4096
"""Ids whose signals are remembered; beyond it they are looked up again."""

MICROSECONDS: Final = 1_000_000


class CanDriver:
    """One interface."""

    def __init__(self, source: CanSource, series: Iterable[SeriesSettings], clock: Clock) -> None:
        """Take which interface it is and which signals are which series."""
        self._source = source
        self._clock = clock
        self._signals = [(one.id, one.signal) for one in series if one.signal is not None]
        self._known: dict[tuple[int, bool], list[tuple[str, Signal]]] = {}
        self._newest: dict[str, RawValue] = {}
        self._bus: can.BusABC | None = None
        self._notifier: can.Notifier | None = None
        self._heard_at = 0.0
        self._short = ""
        self._errors = 0

    async def connect(self) -> None:
        """Open the interface; raise DriverFailed when there is none."""
        await self.close()
        source = self._source
        filters = [
            {"can_id": one.frame, "can_mask": one.mask, "extended": one.is_extended}
            for one in {signal for _, signal in self._signals}
        ]
        try:
            self._bus = can.Bus(
                interface=source.interface,
                channel=source.channel,
                fd=source.is_fd,
                can_filters=filters,
                receive_own_messages=False,
            )
        except (can.CanError, OSError, ValueError) as error:
            raise self._failed("CAN_UNREACHABLE", str(error)) from error
        loop = asyncio.get_running_loop()
        self._heard_at = self._clock.monotonic()
        self._notifier = can.Notifier(self._bus, [self._take], timeout=0.1, loop=loop)

    async def read(self, series: Sequence[str]) -> list[RawValue]:
        """Return the newest value of each of ``series`` that came since it was last returned.

        Raise DriverFailed when the interface is gone, when nothing that is asked for was heard for
        ``silent_after_s``, or for a frame too short for its signal, once no value is waiting.
        """
        notifier = self._notifier
        if notifier is None or notifier.stopped or notifier.exception is not None:
            why = "not open" if notifier is None else str(notifier.exception or "stopped")
            raise self._failed("CAN_UNREACHABLE", why)
        found = [self._newest.pop(name) for name in series if name in self._newest]
        if found:
            return found
        if self._short:
            text, self._short = self._short, ""
            raise self._failed("CAN_SHORT", text)
        silent_s = self._clock.monotonic() - self._heard_at
        if silent_s >= self._source.silent_after_s:
            errors = f", {self._errors} error frames" if self._errors else ""
            raise self._failed("CAN_SILENT", f"nothing heard for {silent_s:.0f} s{errors}")
        return []

    async def close(self) -> None:
        """Let the interface go."""
        notifier, self._notifier = self._notifier, None
        bus, self._bus = self._bus, None
        # Stopping waits for python-can's thread, shutting down may wait for the device.
        if notifier is not None:
            with contextlib.suppress(can.CanError, OSError):
                await asyncio.to_thread(notifier.stop, 1.0)
        if bus is not None:
            with contextlib.suppress(can.CanError, OSError):
                await asyncio.to_thread(bus.shutdown)

    def _take(self, message: can.Message) -> None:
        if message.is_error_frame:
            self._errors += 1
            return
        if message.is_remote_frame:
            return
        signals = self._of(message.arbitration_id, is_extended=message.is_extended_id)
        if not signals:
            return
        self._heard_at = self._clock.monotonic()
        data = bytes(message.data)
        for name, signal in signals:
            number = can_signal.value(signal, data)
            if number is None:
                frame = f"frame {message.arbitration_id:x} of {len(data)} bytes"
                self._short = f"{frame} is too short for {name}"
                continue
            stamp = message.timestamp
            # The kernel's time of arrival; an interface without one leaves 0.
            time_us = int(stamp * MICROSECONDS) if stamp and math.isfinite(stamp) else None
            self._newest[name] = RawValue(name, number, time_us=time_us)

    def _of(self, frame: int, *, is_extended: bool) -> list[tuple[str, Signal]]:
        key = (frame, is_extended)
        known = self._known.get(key)
        if known is None:
            known = [
                one
                for one in self._signals
                if can_signal.matches(one[1], frame, is_extended=is_extended)
            ]
            if len(self._known) < FRAMES_KNOWN_MAX:
                self._known[key] = known
        return known

    def _failed(self, reason: str, message: str) -> DriverFailed:
        return DriverFailed(reason, f"{self._source.interface} {self._source.channel}: {message}")
