"""Devices that make warnings known, as small servers: a relay, a board, a base station."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from edge import connections

_WRITE_COILS = 15
_READ_INPUTS = 2
_ILLEGAL = 0x80
_MBAP = struct.Struct(">HHHB")

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Device:
    """What every device has: a port, and moods."""

    port: int = 0
    is_silent: bool = False
    """Takes what is sent and never answers."""
    is_refusing: bool = False
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Vanish, with every connection."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        # Cancelled only at the test's end, which is no error of anybody's.
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self.talk(reader, writer)
        self._writers.discard(writer)
        await connections.end(writer)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        raise NotImplementedError


@dataclass
class Relay(Device):
    """Coils and inputs by Modbus TCP. ``history`` is each state the first coil was set to."""

    coils: dict[int, bool] = field(default_factory=dict)
    inputs: dict[int, bool] = field(default_factory=dict)
    history: list[bool] = field(default_factory=list)

    @property
    def is_on(self) -> bool:
        """Tell whether any coil is on."""
        return any(self.coils.values())

    @property
    def sounds(self) -> int:
        """Count how often it went from off to on."""
        return sum(b and not a for a, b in zip([False, *self.history], self.history, strict=False))

    @override
    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests, one after the other."""
        while True:
            number, _, length, unit = _MBAP.unpack(await reader.readexactly(_MBAP.size))
            request = await reader.readexactly(length - 1)
            answer = self._answer(request)
            if not self.is_silent:
                writer.write(_MBAP.pack(number, 0, len(answer) + 1, unit) + answer)
                await writer.drain()

    def _answer(self, request: bytes) -> bytes:
        function, address, count = struct.unpack(">BHH", request[:5])
        if self.is_refusing or function not in (_WRITE_COILS, _READ_INPUTS):
            return bytes([function | _ILLEGAL, 1])
        if function == _READ_INPUTS:
            return bytes([function, 1, self.inputs.get(address, False)])
        bits = int.from_bytes(request[6:], "little")
        for position in range(count):
            self.coils[address + position] = bool(bits >> position & 1)
        self.history.append(self.is_on)
        return request[:5]


@dataclass
class Board(Device):
    """A board: ``requests`` is the pages of each request, the last is what it shows."""

    requests: list[list[dict[str, Any]]] = field(default_factory=list)

    @property
    def shown(self) -> list[str]:
        """Ids of the pages it shows."""
        return [page["id"] for page in self.requests[-1]] if self.requests else []

    @override
    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        line = await reader.readline()
        if self.is_silent:
            await reader.read()
            return
        if self.is_refusing:
            writer.write(b'{"error": "lamp test"}\n')
        elif line:
            self.requests.append(json.loads(line)["pages"])
            writer.write(json.dumps({"shown": len(self.requests[-1])}).encode() + b"\n")
        await writer.drain()


@dataclass
class BaseStation(Device):
    """The cell broadcast endpoint of a base station: ``requests`` as they came."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200

    @override
    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one POST."""
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        body = await reader.readexactly(size)
        if self.is_silent:
            await reader.read()
            return
        if self.status // 100 == 2:
            self.requests.append(json.loads(body))
        writer.write(f"HTTP/1.1 {self.status} Said\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()


@contextlib.asynccontextmanager
async def running(*devices: Device) -> AsyncIterator[None]:
    """Run devices, and leave no port open."""
    for device in devices:
        await device.start()
    try:
        yield
    finally:
        for device in devices:
            await device.stop()
