"""An operator as a process of a bench, and what the API server says meanwhile.

What is waited for never comes once the process has ended, or once what is to hear of it has: both
are said at once, with the last lines of the log, and not when patience is at its end.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import psutil

from operators.kube.client import Client
from operators.kube.kinds import EDGE_NODE, Object, key_of
from operators.kube.measures import Measures
from operators.kube.observe import Cache
from tianfu import tasks

PATIENCE_S: Final = 900.0
LOOK_S: Final = 0.25
"""How often a process is asked whether it runs: nothing against what is measured in seconds."""

LAST_LINES: Final = 20
ROOT: Final = Path(__file__).parents[1]

T = TypeVar("T")


class ChildEnded(Exception):
    """A process ended while something was waited for; the text has the end of its log."""


class Child:
    """A program of ours that runs."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = psutil.Process(process.pid)
        self._running, self._log = process, log

    async def during(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what some work returns; raise ChildEnded if the process ends before."""
        doing = asyncio.create_task(work)
        try:
            while not doing.done():
                await asyncio.wait({doing}, timeout=LOOK_S)
                status = self._running.poll()
                if status is not None and not doing.done():
                    lines = self._log.read_text("utf-8", "replace").splitlines()[-LAST_LINES:]
                    raise ChildEnded("\n".join((f"it ended with {status}; its log:", *lines)))
            return doing.result()
        finally:
            await tasks.end([doing])


@contextmanager
def child(arguments: list[str], log: Path, **environment: str) -> Iterator[Child]:
    """Run a program of ours until the block ends."""
    path = os.pathsep.join((str(ROOT), str(ROOT / "proto")))
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env={**os.environ, "PYTHONPATH": path, **environment},
            stdout=file,
            stderr=file,
            cwd=ROOT,
        )
    try:
        yield Child(process, log)
    finally:
        process.kill()
        process.wait()


class Watched:
    """What the API server says of the nodes of a namespace."""

    def __init__(self, client: Client, namespace: str) -> None:
        self._cache = Cache(client, EDGE_NODE, Measures(), namespaces=(namespace,))
        self._task = asyncio.create_task(self._cache.run())

    def count(self, condition: Callable[[Object], bool]) -> int:
        """Return how many meet a condition."""
        return sum(map(condition, self._cache.all()))

    async def until(self, condition: Callable[[Object], bool], number: int) -> float:
        """Return the seconds until so many meet a condition."""
        began, enough = time.perf_counter(), asyncio.Event()
        met = {key_of(one) for one in self._cache.all() if condition(one)}

        def changed(before: Object | None, after: Object | None) -> None:
            # Counted as they change: to look at ten thousand again and again takes from the server.
            if after is not None and condition(after):
                met.add(key_of(after))
            elif (one := after or before) is not None:
                met.discard(key_of(one))
            if len(met) >= number:
                enough.set()

        self._cache.subscribe(changed)
        if len(met) < number:
            waiting = asyncio.create_task(enough.wait())
            try:
                await asyncio.wait(
                    {waiting, self._task}, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                await tasks.end([waiting])
            tasks.check_running([self._task])  # without it nothing would be heard of any more
            if not enough.is_set():
                raise TimeoutError(f"{len(met)} of {number}")
        return time.perf_counter() - began

    async def close(self) -> None:
        """Stop watching."""
        await tasks.end([self._task])
