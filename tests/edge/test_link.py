"""The link to NATS: what it leaves behind when it is stopped at an awkward moment."""

from __future__ import annotations

import asyncio
import gc

import pytest

from edge.clock import SystemClock
from edge.counters import Counters
from edge.link import Access, Link
from tests.support.waiting import until
from tianfu import tasks
from tianfu.subjects import node_id

INFO = b'INFO {"server_id":"A","version":"2.14.0","proto":1,"max_payload":1048576}\r\n'


@pytest.mark.parametrize(
    "said", [b"", INFO[:20], INFO, INFO + b"-ERR 'Authorization Violation'\r\n"]
)
async def test_stopped_while_it_connects_it_closes_its_socket(said: bytes) -> None:
    met: list[asyncio.StreamReader] = []
    held: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        met.append(reader)
        held.append(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    link = Link(
        node_id("gw-1"),
        Access((f"nats://127.0.0.1:{port}",)),
        clock=SystemClock(),
        counters=Counters(),
        jitter=lambda: 0.5,
    )
    running = asyncio.ensure_future(link.run([]))
    await until(lambda: bool(met))
    await tasks.end([running])
    gc.collect()  # an open socket of ours would be complained of here

    async with asyncio.timeout(60):
        await met[0].read()  # and the other end would wait for ever
    for writer in held:
        writer.close()
        await writer.wait_closed()
    server.close()
    await server.wait_closed()
