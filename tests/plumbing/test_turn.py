"""The turn of two processes: one at a time, and the next as soon as a process is gone."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from operators.files import turn as operators_turn
from services.plumbing import service, turn

HOLDER = """
import fcntl, os, sys, time
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(descriptor, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""

Held = Callable[[Path | None, asyncio.Event], AbstractAsyncContextManager[object]]
BOTH = [
    pytest.param(turn.held, id="services"),
    pytest.param(operators_turn.held, id="operators"),
]


@contextlib.contextmanager
def other_process(file: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Hold the lock of a file in another process."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", HOLDER, str(file)], stdout=subprocess.PIPE
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"held\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("held", BOTH)
async def test_a_turn_passes_on_when_its_process_is_killed(held: Held, tmp_path: Path) -> None:
    file, ours = tmp_path / "turn", asyncio.Event()

    async def stand_by() -> None:
        async with held(file, asyncio.Event()):
            ours.set()

    with other_process(file) as process:
        standing = asyncio.create_task(stand_by())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ours.wait(), 3 * turn.POLL_S)
        process.kill()
        await asyncio.wait_for(standing, 60)
    assert ours.is_set()


@pytest.mark.parametrize("held", BOTH)
async def test_without_a_file_it_is_always_ours(held: Held) -> None:
    async with held(None, asyncio.Event()), held(None, asyncio.Event()):
        pass


@pytest.mark.parametrize("held", BOTH)
async def test_a_turn_that_ended_is_free(held: Held, tmp_path: Path) -> None:
    for _ in range(2):
        async with asyncio.timeout(60), held(tmp_path / "turn", asyncio.Event()):
            pass


async def test_who_stands_by_ends_as_asked(tmp_path: Path) -> None:
    file, stop = tmp_path / "turn", asyncio.Event()
    async with turn.held(file, asyncio.Event()):
        stop.set()
        with pytest.raises(service.Stopped):
            async with turn.held(file, stop):
                pass
        async with operators_turn.held(file, stop) as ours:
            assert not ours


async def test_a_file_that_cannot_be_is_said(tmp_path: Path) -> None:
    with pytest.raises(turn.TurnFileUnusable, match="can't be opened"):
        async with turn.held(tmp_path / "no-folder" / "turn", asyncio.Event()):
            pass
