"""Which keys are to be looked at, and when: each at most once at a time, failures ever later.

A key that is woken while it waits is looked at once; woken while it is being looked at, once more
afterwards. So a storm of events costs one reconcile, and a reconcile is never beside itself.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from operators.kube.failures import ApiError, Conflict, NotFound, NotLeading, Unavailable
from operators.kube.kinds import Key
from operators.kube.measures import Measures

RETRY_MIN_S: Final = 0.25
RETRY_MAX_S: Final = 60.0
DOUBLINGS_MAX: Final = 12
SOON_S: Final = 1.0
CONFLICT_S: Final = 0.2
"""After a conflict: what the other one wrote has come to our cache by then."""

Reconcile = Callable[[Key], Awaitable[float | None]]
"""Makes a key so; returns in how many seconds to look again, None for when something happens."""

log = logging.getLogger("tianfu.operators.queue")


class Queue:
    """Keys of one kind that wait, and the workers that take them."""

    def __init__(
        self, name: str, reconcile: Reconcile, measures: Measures, *, workers: int = 16
    ) -> None:
        self.name = name
        self._reconcile, self._measures, self._workers = reconcile, measures, workers
        self._due: dict[Key, float] = {}
        self._ready: set[Key] = set()
        self._line: asyncio.Queue[Key] = asyncio.Queue()
        self._heap: list[tuple[float, Key]] = []
        self._busy: dict[Key, float] = {}
        self._again: dict[Key, float] = {}
        self._failures: dict[Key, int] = {}
        self._news = asyncio.Event()
        self._queued = measures.queued.labels(name)
        self._seconds = measures.reconcile_seconds.labels(name)

    def wake(self, key: Key, after_s: float = 0.0) -> None:
        """Look at a key after a time, or sooner if it is due sooner already."""
        if key in self._ready:
            return  # it is next
        due_s = time.monotonic() + after_s
        waiting = self._again if key in self._busy else self._due
        if key in waiting and waiting[key] <= due_s:
            return
        waiting[key] = due_s
        if waiting is self._due:
            heapq.heappush(self._heap, (due_s, key))
            self._count()
            if self._heap[0][1] == key:
                self._news.set()

    def __len__(self) -> int:
        """Return how many keys wait or are being looked at."""
        return len(self._due) + len(self._ready) + len(self._busy)

    def is_idle(self) -> bool:
        """Say whether nothing is being looked at, nor due soon: news are gathered for a moment."""
        soon_s = time.monotonic() + SOON_S
        return not (self._busy or self._ready) and all(
            due_s > soon_s for due_s in self._due.values()
        )

    def stuck_s(self, now_s: float) -> float:
        """Return for how long the longest reconcile has been going on."""
        return max((now_s - began for began in self._busy.values()), default=0.0)

    async def run(self) -> None:
        """Take keys until cancelled; what is being looked at then is cut off."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._dispatch(), name=f"{self.name}-dispatch")
            for number in range(self._workers):
                group.create_task(self._work(), name=f"{self.name}-{number}")

    async def _dispatch(self) -> None:
        """Put what is due in line: news wake this one task, and not all that are idle."""
        while True:
            while (key := self._take()) is not None:
                self._ready.add(key)
                self._line.put_nowait(key)
            self._count()
            await self._wait()

    async def _work(self) -> None:
        while True:
            key = await self._line.get()
            self._ready.discard(key)
            self._count()
            began_s = self._busy[key] = time.monotonic()
            try:
                again_s = await self._look(key)
            finally:
                del self._busy[key]
                self._seconds.observe(time.monotonic() - began_s)
            if again_s is not None:
                self.wake(key, again_s)
            if key in self._again:
                self.wake(key, max(0.0, self._again.pop(key) - time.monotonic()))

    def _take(self) -> Key | None:
        """Return a key that is due, None when there is none."""
        now_s = time.monotonic()
        while self._heap and self._heap[0][0] <= now_s:
            due_s, key = heapq.heappop(self._heap)
            # An entry that was overtaken by a sooner one is left in the heap, and means nothing.
            if self._due.get(key) == due_s:
                del self._due[key]
                return key
        return None

    def _count(self) -> None:
        self._queued.set(len(self._due) + len(self._ready))

    async def _wait(self) -> None:
        self._news.clear()
        left_s = self._heap[0][0] - time.monotonic() if self._heap else None
        if left_s is not None and left_s <= 0:
            return
        try:
            async with asyncio.timeout(left_s):
                await self._news.wait()
        except TimeoutError:
            return

    async def _look(self, key: Key) -> float | None:
        try:
            again_s = await self._reconcile(key)
        except (Conflict, NotFound) as error:
            # Somebody wrote, or deleted: look at it as it is now.
            log.debug("%s %s: %s", self.name, key, error)
            return self._failed(key, "conflict", CONFLICT_S)
        except NotLeading:
            return self._failed(key, "not_leading", RETRY_MAX_S)
        except Unavailable as error:
            log.warning("%s %s: %s", self.name, key, error)
            return self._failed(key, "unavailable", RETRY_MIN_S)
        except ApiError as error:
            log.error("%s %s: %s [%s]", self.name, key, error, error.reason)  # noqa: TRY400 - the answer says it all
            return self._failed(key, "refused", RETRY_MIN_S)
        except Exception:
            log.exception("%s %s: a defect", self.name, key)
            return self._failed(key, "defect", RETRY_MIN_S)
        self._failures.pop(key, None)
        self._measures.reconciles.labels(self.name, "done").inc()
        return again_s

    def _failed(self, key: Key, outcome: str, first_s: float) -> float:
        self._measures.reconciles.labels(self.name, outcome).inc()
        times = self._failures.get(key, 0)
        self._failures[key] = times + 1
        return min(RETRY_MAX_S, float(first_s * 2 ** min(times, DOUBLINGS_MAX)))
