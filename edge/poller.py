"""Poll one driver: when its series are due, with its failures kept to itself."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, cast

from edge import rules, sampling
from edge.backoff import Backoff
from edge.batcher import Measured
from edge.clock import Clock
from edge.counters import Counters
from edge.driver_settings import DriverSettings, SeriesSettings
from edge.drivers.driver import Acknowledging, Driver, DriverFailed
from edge.reading import Priority, Quality, RawValue, Reading, Refused, read
from edge.rules import Rule
from edge.sampling import Due, Sampling, Sent
from edge.ticket import Ticket
from tianfu.batch_encoder import SeriesKey
from tianfu.reading.v1 import reading_batch_pb2 as pb

RECONNECT_FIRST_S: Final = 0.5
"""A meter that was switched off and on again is back in seconds."""

RECONNECT_MOST_S: Final = 30.0
"""One that is gone is asked twice a minute."""

FAILURES_LOGGED: Final = 3
"""Failures in a row that are logged one by one; then only the recovery is."""

CLOSE_S: Final = 5.0
"""For a driver to let its source go; one that does not is left behind."""

SETTLE_S: Final = 3.0
"""What a stop waits for sources to hear that what they sent is safe: a batch closes within one."""


class Sink(Protocol):
    """Where readings go; a ticket is told when they are on the disk."""

    def __call__(
        self, measured: list[Measured], ticket: Ticket | None = None, /
    ) -> Awaitable[None]:
        """Take readings."""
        ...


log = logging.getLogger(__name__)


@dataclass
class DriverState:
    """What there is to say of a driver in a status report."""

    name: str
    is_connected: bool = False
    reads: int = 0
    failures: int = 0
    failures_in_row: int = 0
    values: int = 0
    sent: int = 0
    reason: str = ""
    message: str = ""


@dataclass
class _Series:
    settings: SeriesSettings
    key: SeriesKey
    sampling: Sampling
    priority: Priority
    due: Due
    sent: Sent | None = field(default=None)


class Poller:
    """The task around one driver."""

    def __init__(
        self,
        settings: DriverSettings,
        driver: Driver,
        sink: Sink,
        *,
        clock: Clock,
        counters: Counters,
        jitter: Callable[[], float],
        seen: Callable[[Reading], None] | None = None,
    ) -> None:
        """Take the driver and where its readings go; ``seen`` sees also those that are not sent."""
        self._settings = settings
        self._driver = driver
        self._sink = sink
        self._clock = clock
        self._counters = counters
        self._jitter = jitter
        self._seen = seen
        self._backoff = Backoff(RECONNECT_FIRST_S, RECONNECT_MOST_S)
        self._retry_at = 0.0
        self._changed = asyncio.Event()
        self._acknowledging = driver if isinstance(driver, Acknowledging) else None
        self._settled: deque[tuple[int, bool]] = deque()
        self._outstanding = 0
        self._has_read = self._is_pressed = self._is_ending = False
        if self._acknowledging is not None:
            self._acknowledging.when_pressing(self._press)
        self.state = DriverState(settings.name)
        now = clock.monotonic()
        self._series = {
            one.id: _Series(one, _key(one), one.sampling, one.priority, sampling.first_due(now))
            for one in settings.series
        }

    @property
    def missed(self) -> int:
        """Return how many samples went by unread."""
        return sum(one.due.missed for one in self._series.values())

    def apply(self, plan: Sequence[Rule]) -> None:
        """Sample by a plan's rules from now on."""
        now = self._clock.monotonic()
        for name, one in self._series.items():
            own = one.settings
            one.sampling, one.priority = rules.in_force(plan, name, own.sampling, own.priority)
            one.due = sampling.replanned(one.due, one.sampling.interval_s, now)
        self._changed.set()

    async def run(self) -> None:
        """Poll until cancelled, or until ``end`` and all is settled."""
        try:
            while not (self._is_ending and self.is_settled):
                await self._until_due()
                await self._settle()
                if not self._is_ending:
                    await self._turn()
        finally:
            await self._close()

    @property
    def is_settled(self) -> bool:
        """Tell whether no source waits to hear what became of what it sent."""
        return not self._outstanding

    def end(self) -> None:
        """Read no more; ``run`` returns once all is settled."""
        self._is_ending = True
        self._changed.set()

    async def _turn(self) -> None:
        self._has_read = False
        is_pressing, self._is_pressed = self._is_pressed, False
        measured = await self.poll(is_pressing=is_pressing)
        if self._acknowledging is None or not self._has_read:
            if measured:
                await self._sink(measured)
            return
        number = self._acknowledging.handed_over()
        self._outstanding += 1
        ticket = Ticket(lambda kept: self._note(number, kept=kept), is_pressing=is_pressing)
        if measured:
            await self._sink(measured, ticket)
        else:
            ticket.close()

    def _note(self, number: int, *, kept: bool) -> None:
        self._settled.append((number, kept))
        self._changed.set()

    def _press(self) -> None:
        self._is_pressed = True
        self._changed.set()

    async def _settle(self) -> None:
        """Tell the source what became of what it sent."""
        while self._settled and self._acknowledging is not None:
            number, kept = self._settled.popleft()
            self._outstanding -= 1
            try:
                async with asyncio.timeout(self._settings.timeout_s):
                    await self._acknowledging.settle(number, is_kept=kept)
            except Exception as error:  # the source sends it again: no reason to stop the others
                log.debug("driver broke while settling", exc_info=True)
                await self._failed("DRIVER_BROKEN", repr(error), is_link_good=False)

    async def _close(self) -> None:
        """Have the driver let its source go, whatever it does instead."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._driver.close()
        except Exception:  # it was to be closed, and is not asked again before it is connected
            self._counters.add("DRIVER_BROKEN")
            log.warning("driver did not close", extra={"driver": self.state.name}, exc_info=True)

    async def poll(self, *, is_pressing: bool = False) -> list[Measured]:
        """Read what is due now, or all when the source presses; return what is to be sent."""
        now = self._clock.monotonic()
        due = [name for name, one in self._series.items() if one.due.at <= now]
        for name in due:
            one = self._series[name]
            one.due = sampling.next_due(one.due, one.sampling.interval_s, now)
        if is_pressing:
            due = list(self._series)
        if not due:
            return []
        raw = await self._read(due)
        if raw is None:
            return self._stale(due) if self._settings.is_stale_sent else []
        now_us = self._clock.wall_us()
        found = [measured for value in raw if (measured := self._measured(value, now_us))]
        self.state.values += len(raw)
        self.state.sent += len(found)
        return found

    # -- pieces ------------------------------------------------------------------------------

    async def _until_due(self) -> None:
        wait_s = min(one.due.at for one in self._series.values()) - self._clock.monotonic()
        if self._is_ending:
            wait_s = SETTLE_S
        if wait_s <= 0:
            await asyncio.sleep(0)  # a driver behind its time lets the others have theirs
            return
        try:
            async with asyncio.timeout(wait_s):
                await self._changed.wait()
                self._changed.clear()
        except TimeoutError:
            return

    async def _read(self, series: Sequence[str]) -> list[RawValue] | None:
        """Return what the driver says, None when it failed."""
        try:
            if not self.state.is_connected:
                if self._clock.monotonic() < self._retry_at:
                    return None
                async with asyncio.timeout(self._settings.timeout_s):
                    await self._driver.connect()
                self.state.is_connected = True
            async with asyncio.timeout(self._settings.timeout_s):
                values = await self._driver.read(series)
            _check(values)
        except DriverFailed as error:
            await self._failed(error.reason, str(error), is_link_good=error.reason in _LINK_GOOD)
            return None
        except TimeoutError:
            message = f"no answer within {self._settings.timeout_s:g} s"
            await self._failed("DRIVER_TIMEOUT", message, is_link_good=False)
            return None
        except Exception as error:  # a driver's bug must not stop the other drivers
            log.debug("driver broke", exc_info=True)
            await self._failed("DRIVER_BROKEN", repr(error), is_link_good=False)
            return None
        self.state.reads += 1
        self._has_read = True
        if self.state.failures_in_row:
            log.info("driver works again", extra={"driver": self.state.name})
            self.state.failures_in_row = 0
        self.state.reason = self.state.message = ""
        self._backoff.reset()
        return values

    async def _failed(self, reason: str, message: str, *, is_link_good: bool) -> None:
        state = self.state
        state.failures += 1
        state.failures_in_row += 1
        state.reason, state.message = reason, message
        self._counters.add(reason)
        if state.failures_in_row <= FAILURES_LOGGED:
            log.warning(
                "driver failed",
                extra={"driver": state.name, "reason": reason, "detail": message},
            )
        if not is_link_good:
            state.is_connected = False
            await self._close()
            delay_s = self._backoff.next_s(self._jitter())
            self._retry_at = self._clock.monotonic() + delay_s

    def _stale(self, names: Sequence[str]) -> list[Measured]:
        """Repeat the last values, as what they are."""
        now_us = self._clock.wall_us()
        found = []
        for name in names:
            sent = self._series[name].sent
            if sent is not None:
                reading = Reading(name, now_us, sent.value, Quality.STALE)
                measured = self._passed(self._series[name], reading)
                if measured is not None:
                    found.append(measured)
        return found

    def _measured(self, raw: RawValue, now_us: int) -> Measured | None:
        one = self._series.get(raw.series)
        if one is None:
            self._counters.add(Refused.UNKNOWN_SERIES.value)
            return None
        reading = read(raw, one.settings.scaling, now_us=now_us)
        if isinstance(reading, Refused):
            self._counters.add(reading.value)
            return None
        if reading.quality is Quality.OUT_OF_RANGE:
            self._counters.add("VALUE_OUT_OF_RANGE")
        if self._seen is not None:
            self._seen(reading)
        return self._passed(one, reading)

    def _passed(self, one: _Series, reading: Reading) -> Measured | None:
        now = self._clock.monotonic()
        if not sampling.passes(one.sampling, one.sent, reading.value, reading.quality, now):
            return None
        one.sent = Sent(reading.value, now, reading.quality)
        return Measured(one.key, one.priority, reading)


_LINK_GOOD: Final = frozenset(
    {
        "CAN_SHORT",
        "CAN_SILENT",
        "DLT645_NOT_BCD",
        "DLT645_REFUSED",
        "HJ212_BUSY",
        "HJ212_CHECKSUM",
        "HJ212_FRAMING",
        "HJ212_LENGTH",
        "HJ212_NOISE",
        "HJ212_STRANGER",
        "HJ212_SYNTAX",
        "HJ212_TIME",
        "HJ212_TOO_MANY",
        "HJ212_VALUE",
        "MODBUS_REFUSED",
        "MQTT_BUSY",
        "MQTT_SYNTAX",
        "MQTT_TIME",
        "MQTT_TOO_LONG",
        "MQTT_VALUE",
        "OPCUA_REFUSED",
        "PROGRAM_SYNTAX",
    }
)
"""Failures that say that the source is there and answers."""


def _check(values: object) -> None:
    """Raise TypeError for what is no list of values: a driver's mistake, found where it is made."""
    if not isinstance(values, list):
        raise TypeError(f"read returned {type(values).__name__}, not a list")
    for one in values:
        if not isinstance(one, RawValue) or not isinstance(one.value, int | float):
            raise TypeError(f"read returned {one!r} among its values")
        if one.time_us is not None and not isinstance(one.time_us, int):
            raise TypeError(f"{one.series}: time_us is no whole number of microseconds")


def _key(series: SeriesSettings) -> SeriesKey:
    retention = cast("pb.RetentionClass", series.retention_class)
    return SeriesKey(series.id, series.unit, retention)
