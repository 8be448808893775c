"""Blocks of samples from a digitiser, by TCP: the smallest port that a live sensor can be put to.

The agent connects; the digitiser, or a few lines of script in front of one, then sends blocks for
as long as the connection holds. All numbers are big-endian::

    magic    4 bytes  "TFS1"
    samples  uint16   n, 1 to 4096
    reserved uint16   0
    start    int64    Unix microseconds of the first sample
    Z        n int32  counts, up is positive
    N        n int32  counts, north is positive
    E        n int32  counts, east is positive

A sample that is missing is -2147483648. Rate and sensitivity are in the station's settings. There
is no acknowledgement and no sending again: what was lost is a gap, and gaps are reckoned with.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from typing import Final

import numpy as np

from edge import connections
from edge.clock import MICROSECONDS
from edge.drivers.driver import DriverFailed
from edge.seismic_settings import StreamSource
from edge.waveform.replay import Block

MAGIC: Final = b"TFS1"
HEADER: Final = struct.Struct(">4sHHq")
SAMPLES_MAX: Final = 4096
MISSING: Final = -(1 << 31)

CONNECT_S: Final = 5.0

SILENT_S: Final = 10.0
"""A digitiser sends a block at least every second or two; silent for longer, it is gone."""


async def blocks(source: StreamSource) -> AsyncIterator[Block]:
    """Yield the blocks of one connection; raise DriverFailed when it ends, as it always does."""
    where = f"{source.host}:{source.port}"
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(source.host, source.port)
    except OSError as error:  # a timeout is one too
        raise DriverFailed("SEISMIC_UNREACHABLE", f"{where}: {error or 'no answer'}") from error
    try:
        while True:
            async with asyncio.timeout(SILENT_S):
                head = await reader.readexactly(HEADER.size)
                count = _checked(head, where)
                body = await reader.readexactly(3 * 4 * count)
            yield _block(head, body, source.counts_per_mps2)
    except TimeoutError as error:
        message = f"{where}: no block within {SILENT_S:g} s"
        raise DriverFailed("SEISMIC_SILENT", message) from error
    except (OSError, asyncio.IncompleteReadError) as error:
        raise DriverFailed("SEISMIC_CLOSED", f"{where}: the connection ended") from error
    finally:
        await connections.end(writer)


def _checked(head: bytes, where: str) -> int:
    magic, count, _, _ = HEADER.unpack(head)
    if magic != MAGIC or not 1 <= count <= SAMPLES_MAX:
        message = f"{where}: a block begins with {head[:8]!r}"
        raise DriverFailed("SEISMIC_MALFORMED", message)
    return int(count)


def _block(head: bytes, body: bytes, counts_per_mps2: float) -> Block:
    start_us: int = HEADER.unpack(head)[3]
    counts = np.frombuffer(body, dtype=">i4").reshape(3, -1)
    samples = np.where(counts == MISSING, np.nan, counts / counts_per_mps2)
    return Block(samples, start_us / MICROSECONDS)
