"""Take the reports of a polluter's data logger: HJ 212-2017, the device calls, we answer.

A report is answered once its values are on the agent's disk, so that what was lost before is sent
again; a report that comes twice is answered twice and handed over once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from edge.driver_settings import SeriesSettings
from edge.drivers import hj212_frame
from edge.drivers.driver import DriverFailed
from edge.drivers.hj212_frame import BadFrame, Frame
from edge.meter_settings import Hj212Source
from edge.reading import Quality, RawValue

CHUNK_BYTES: Final = 4096
LOGGERS_MAX: Final = 64
"""Connections at once: a site has one logger, and a few that hang from before."""
WAITING_MAX: Final = 4096
"""Reports not yet read: four hours of one a second, and more is refused until some are read."""
REMEMBERED_MAX: Final = 10_000
"""Reports known by time: a week of one a minute, further back nobody sends again."""

Key = tuple[str, int | None]


class Hj212Driver:
    """A listener for one device, told by its number MN and password."""

    def __init__(self, source: Hj212Source, series: Iterable[SeriesSettings]) -> None:
        """Take where to listen, for whom, and which factors are which series."""
        self._source = source
        self._factors = {one.id: one.factor for one in series}
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._waiting: list[tuple[Frame, asyncio.StreamWriter]] = []
        # The read that handed a report over, by which one that comes again finds the first.
        self._seen: OrderedDict[Key, int] = OrderedDict()
        self._unsettled: dict[int, list[tuple[Frame, asyncio.StreamWriter]]] = {}
        self._reads = 0
        self._rejected: list[BadFrame] = []

    async def connect(self) -> None:
        """Begin to listen; raise DriverFailed when the port is not to be had."""
        await self.close()
        try:
            self._server = await asyncio.start_server(
                self._talk, self._source.host, self._source.port
            )
        except OSError as error:
            raise self._failed("HJ212_PORT", str(error)) from error

    async def read(self, series: Sequence[str]) -> list[RawValue]:  # noqa: ARG002 - see below
        """Return what was reported since the last call, each with the device's own time.

        Of every series, due or not: what has come is not there to be asked for again. Raises
        DriverFailed for the first report that was refused since, once nothing is waiting.
        """
        if self._server is None:
            raise self._failed("HJ212_PORT", "not listening")
        waiting, self._waiting = self._waiting, []
        found: list[RawValue] = []
        self._reads += 1
        for frame, writer in waiting:
            values = self._values(frame) if self._is_new(frame) else []
            found += values
            number = self._seen.get(_key(frame), 0)
            if values:
                self._unsettled.setdefault(self._reads, []).append((frame, writer))
            elif number in self._unsettled:
                self._unsettled[number].append((frame, writer))  # sent again before it was safe
            else:
                await self._answer(frame, writer)
        if self._rejected and not found:
            first = self._rejected.pop(0)
            raise self._failed(first.reason, str(first))
        return found

    def handed_over(self) -> int:
        """Return the number of the last read."""
        return self._reads

    async def settle(self, number: int, *, is_kept: bool) -> None:
        """Answer the reports of a read; those that were lost are taken anew when they come."""
        for frame, writer in self._unsettled.pop(number, []):
            if is_kept:
                await self._answer(frame, writer)
            else:
                self._seen.pop(_key(frame), None)

    def when_pressing(self, call: Callable[[], None]) -> None:
        """Do nothing: a logger goes on while it waits."""

    async def close(self) -> None:
        """Stop listening and let every logger go."""
        server, self._server = self._server, None
        writers, self._writers = self._writers, set()
        self._waiting.clear()
        if server is not None:
            server.close()
        for writer in writers:
            writer.close()
            with contextlib.suppress(OSError):  # it is closed all the same
                await writer.wait_closed()
        if server is not None:
            await server.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._writers) >= LOGGERS_MAX:
            self._reject(BadFrame("HJ212_TOO_MANY", f"more than {LOGGERS_MAX} connections"))
            writer.close()
            return
        self._writers.add(writer)
        buffer = bytearray()
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                buffer += chunk
                self._take_all(buffer, writer)
        except OSError:
            pass  # the logger is gone, and calls again
        finally:
            self._writers.discard(writer)
            writer.close()

    def _take_all(self, buffer: bytearray, writer: asyncio.StreamWriter) -> None:
        while buffer:
            before = len(buffer)
            try:
                frame = hj212_frame.take(buffer)
                if frame is None:
                    return
                self._accept(frame, writer)
            except BadFrame as error:
                self._reject(error)
                if len(buffer) == before:
                    return

    def _accept(self, frame: Frame, writer: asyncio.StreamWriter) -> None:
        if (frame.device, frame.password) != (self._source.device, self._source.password):
            raise BadFrame("HJ212_STRANGER", "a device with another number or password")
        if frame.command not in hj212_frame.DATA_COMMANDS:
            return  # heartbeats and answers to what we did not ask
        if frame.time_us is None:
            raise BadFrame("HJ212_TIME", f"CN {frame.command} without DataTime")
        if len(self._waiting) >= WAITING_MAX:
            raise BadFrame("HJ212_BUSY", f"{WAITING_MAX} reports wait; it is to be sent again")
        self._waiting.append((frame, writer))

    def _is_new(self, frame: Frame) -> bool:
        key = _key(frame)
        if key in self._seen:
            return False
        self._seen[key] = self._reads
        if len(self._seen) > REMEMBERED_MAX:
            self._seen.popitem(last=False)
        return True

    def _values(self, frame: Frame) -> list[RawValue]:
        found = []
        for name, factor in self._factors.items():
            if factor is None or factor.command != frame.command:
                continue
            try:
                value = hj212_frame.number(frame.factors.get(factor.code, {}), factor.field)
            except BadFrame as error:
                self._reject(error)
                continue
            if value is not None:
                quality = Quality.GOOD if value[1] else Quality.BAD
                found.append(RawValue(name, value[0], quality, frame.time_us))
        return found

    async def _answer(self, frame: Frame, writer: asyncio.StreamWriter) -> None:
        if not frame.wants_answer or writer.is_closing():
            return
        try:
            writer.write(hj212_frame.answer(frame))
            await writer.drain()
        except OSError:
            return  # it is sent again, known, and answered then

    def _reject(self, error: BadFrame) -> None:
        if len(self._rejected) < WAITING_MAX:
            self._rejected.append(error)

    def _failed(self, reason: str, message: str) -> DriverFailed:
        return DriverFailed(reason, f"{self._source.host}:{self._source.port}: {message}")


def _key(frame: Frame) -> Key:
    """Return what tells a report from others of its device."""
    return frame.command, frame.time_us
