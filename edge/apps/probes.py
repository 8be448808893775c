"""Ask an app whether it is well."""

from __future__ import annotations

import asyncio
import contextlib
import re
from pathlib import Path
from typing import Final

from edge.apps.model import Health, HttpProbe, TouchProbe

STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] (\d{3})")
LINE_BYTES_MAX: Final = 1024


class Prober:
    """Probes one run of an app; monotonic seconds come in as a parameter."""

    def __init__(self, health: Health, touched: Path) -> None:
        """Take what is looked at, and the file that the app may touch."""
        self._health = health
        self._file = touched
        self._seen: tuple[int, float] | None = None

    async def is_well(self, now_s: float) -> bool:
        """Look once."""
        match self._health.probe:
            case HttpProbe() as probe:
                return await _http(probe, self._health.timeout_s)
            case TouchProbe() as probe:
                return self._touched(probe, now_s)
            case None:
                return True

    def _touched(self, probe: TouchProbe, now_s: float) -> bool:
        # By changes of the file's time and our own clock: wall clocks jump.
        try:
            time_ns = self._file.stat().st_mtime_ns
        except OSError:
            return False
        if self._seen is None or self._seen[0] != time_ns:
            self._seen = (time_ns, now_s)
        return now_s - self._seen[1] <= probe.age_max_s


async def _http(probe: HttpProbe, timeout_s: float) -> bool:
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", probe.port, limit=LINE_BYTES_MAX
            )
            request = f"GET {probe.path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"
            writer.write(request.encode("ascii"))
            await writer.drain()
            status = STATUS_LINE.match(await reader.readline())
    except (OSError, TimeoutError, ValueError):
        return False
    finally:
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
    return status is not None and status[1].startswith(b"2")
