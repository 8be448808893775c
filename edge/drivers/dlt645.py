"""Read a meter by DL/T 645-2007 through a serial server, one question at a time.

The line is half duplex and shared: an answer that comes late would be taken for the next one's, so
after anything but the wanted answer the connection is closed, and opened anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from typing import Final

from edge.driver_settings import SeriesSettings
from edge.drivers import dlt645_frame
from edge.drivers.driver import DriverFailed
from edge.meter_settings import Dlt645Source
from edge.reading import RawValue

CHUNK_BYTES: Final = 512
WAKE: Final = bytes([dlt645_frame.WAKE]) * 4
REFUSED: Final = frozenset({"DLT645_REFUSED", "DLT645_NOT_BCD"})
"""The meter answers; it has no such value."""


class Dlt645Driver:
    """One connection to one meter."""

    def __init__(self, source: Dlt645Source, series: Iterable[SeriesSettings]) -> None:
        """Take where the meter is and which data items are read."""
        self._source = source
        self._items = {one.id: one.identifier for one in series}
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._buffer = bytearray()

    async def connect(self) -> None:
        """Open the connection; whoever calls decides when to try again."""
        await self.close()
        try:
            self._streams = await asyncio.open_connection(self._source.host, self._source.port)
        except OSError as error:
            raise self._failed("DLT645_UNREACHABLE", str(error)) from error

    async def read(self, series: Sequence[str]) -> list[RawValue]:
        """Return one value of each series; raise DriverFailed when not one could be read."""
        found: list[RawValue] = []
        failure: DriverFailed | None = None
        for name in series:
            identifier = self._items[name]
            if identifier is None:
                continue
            try:
                found.append(RawValue(name, await self._ask(identifier)))
            except DriverFailed as error:
                if error.reason not in REFUSED:
                    raise
                failure = error
        if failure is not None and not found:
            raise failure
        return found

    async def close(self) -> None:
        """Close the connection."""
        streams, self._streams = self._streams, None
        self._buffer.clear()
        if streams is not None:
            streams[1].close()
            with contextlib.suppress(OSError):  # it is closed all the same
                await streams[1].wait_closed()

    async def _ask(self, identifier: int) -> float:
        if self._streams is None:
            raise self._failed("DLT645_UNREACHABLE", "not connected")
        reader, writer = self._streams
        address = self._source.address
        try:
            writer.write(WAKE + dlt645_frame.read_request(address, identifier))
            await writer.drain()
            frame = None
            while frame is None:
                chunk = await reader.read(CHUNK_BYTES)
                if not chunk:
                    raise self._failed("DLT645_CLOSED", "the connection was closed")
                self._buffer += chunk
                frame = dlt645_frame.take(self._buffer)
            return dlt645_frame.value_of(frame, address, identifier)
        except OSError as error:
            raise self._failed("DLT645_CLOSED", str(error)) from error
        except dlt645_frame.BadFrame as error:
            raise self._failed(error.reason, str(error)) from error

    def _failed(self, reason: str, message: str) -> DriverFailed:
        where = f"{self._source.host}:{self._source.port} meter {self._source.address}"
        return DriverFailed(reason, f"{where}: {message}")
