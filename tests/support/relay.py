"""A network that is bad on purpose: a TCP relay that delays, stalls, blocks, cuts and flaps.

What TCP makes of lost packets is a stall until they are sent again; so that is what happens here:
a chunk is "lost" with a probability, and comes a retransmission's time later. It runs on a thread
of its own, so that servers on both sides may be started and killed meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, Self

CHUNK_BYTES: Final = 16 * 1024
RETRANSMISSION_S: Final = 0.2
"""Linux's shortest."""


@dataclass(frozen=True)
class Condition:
    """How the line is now. ``up`` is from whoever connected to where the relay leads."""

    delay_s: float = 0.0
    loss: float = 0.0
    is_up_blocked: bool = False
    is_down_blocked: bool = False
    is_cut: bool = False


CLEAR: Final = Condition()


class Relay:
    """Leads from a port of its own to another."""

    def __init__(self, target_port: int, seed: int) -> None:
        self._target_port = target_port
        self._random = Random(seed)
        self._condition = CLEAR
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._changed = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="relay")
        self.port = 0

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._ready: Callable[[], None] = ready.set
        self._thread.start()
        if not ready.wait(30):
            raise TimeoutError("the relay did not start")
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def condition(self) -> Condition:
        """How the line is now: a moment after it was told to be so."""
        return self._condition

    def be(self, condition: Condition) -> None:
        """Behave so from now on; a cut line resets its connections at once."""
        self._loop.call_soon_threadsafe(self._set, condition)

    def _set(self, condition: Condition) -> None:
        self._condition = condition
        self._changed.set()
        self._changed = asyncio.Event()
        if condition.is_cut:
            for writer in self._writers:
                writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._relay, "127.0.0.1", 0, limit=CHUNK_BYTES)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._condition.is_cut:
            writer.transport.abort()
            return
        try:
            there, far = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far}
        ways = [
            asyncio.ensure_future(self._pump(reader, far, is_up=True)),
            asyncio.ensure_future(self._pump(there, writer, is_up=False)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            self._writers -= {writer, far}
            for one in (writer, far):
                one.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_up: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                await asyncio.sleep(self._condition.delay_s)
                timeout_s = RETRANSMISSION_S
                while self._random.random() < self._condition.loss:
                    await asyncio.sleep(timeout_s)
                    timeout_s *= 2
                while self._is_blocked(is_up=is_up):
                    await self._changed.wait()
                writer.write(chunk)
                await writer.drain()

    def _is_blocked(self, *, is_up: bool) -> bool:
        now = self._condition
        return now.is_up_blocked if is_up else now.is_down_blocked


async def pause(random: Random, most_s: float) -> None:
    """Let time pass: how long a line stays as it is, is part of what a seed draws."""
    await asyncio.sleep(random.uniform(0, most_s))
