"""A server that has just started is not ended by the signal it does not listen to yet."""

from __future__ import annotations

import asyncio
import sys

import pytest

from edge.station.hangup import hang_up, is_awaited

LATE = """
import signal, socket, sys, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)
print(flush=True)
sys.stdin.readline()
signal.signal(signal.SIGHUP, lambda *_: sys.exit(7))
listening = socket.create_server(("127.0.0.1", 0))
time.sleep(600)
"""


async def test_the_signal_waits_until_somebody_listens() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LATE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdin is not None
    await process.stdout.readline()
    assert not is_awaited(process.pid)
    sending = asyncio.create_task(hang_up(process.pid))
    process.stdin.write(b"\n")
    await sending
    assert await process.wait() == 7


async def test_one_that_has_ended_is_not_there() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await process.wait()
    with pytest.raises(ProcessLookupError):
        await hang_up(process.pid)
