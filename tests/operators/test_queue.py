"""The queue: one look for many wakes, never two beside each other, failures ever later."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from operators.kube.failures import Conflict, NotFound, NotLeading, Refused, Unavailable
from operators.kube.kinds import Key
from operators.kube.measures import Measures
from operators.kube.queue import RETRY_MAX_S, Queue, Reconcile
from tests.support.waiting import until

KEY = Key("default", "gw-1")


@contextlib.asynccontextmanager
async def worked(reconcile: Reconcile) -> AsyncIterator[tuple[Queue, Measures]]:
    measures = Measures()
    queue = Queue("EdgeNode", reconcile, measures, workers=4)
    task = asyncio.create_task(queue.run())
    try:
        yield queue, measures
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_many_wakes_are_one_look_and_one_more_for_those_meanwhile() -> None:
    gate, looks, beside = asyncio.Event(), 0, 0

    async def reconcile(_key: Key) -> float | None:
        nonlocal looks, beside
        looks += 1
        beside += 1
        assert beside == 1
        await gate.wait()
        beside -= 1
        return None

    async with worked(reconcile) as (queue, _):
        for _ in range(10):
            queue.wake(KEY)
        await until(lambda: looks == 1)
        for _ in range(10):
            queue.wake(KEY)
        gate.set()
        await until(queue.is_idle)
        assert looks == 2


async def test_different_keys_are_looked_at_side_by_side() -> None:
    inside: set[Key] = set()
    all_in = asyncio.Event()

    async def reconcile(key: Key) -> float | None:
        inside.add(key)
        if len(inside) == 4:
            all_in.set()
        await all_in.wait()
        return None

    async with worked(reconcile) as (queue, _):
        for number in range(4):
            queue.wake(Key("default", f"gw-{number}"))
        await until(all_in.is_set)


async def test_it_looks_again_when_told_to_and_a_sooner_wake_wins() -> None:
    looks = 0

    async def reconcile(_key: Key) -> float | None:
        nonlocal looks
        looks += 1
        return 0.01 if looks < 3 else None

    async with worked(reconcile) as (queue, _):
        queue.wake(KEY, 3600)
        assert len(queue) == 1
        queue.wake(KEY)
        await until(lambda: looks == 3)
        await until(lambda: len(queue) == 0)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        pytest.param(Conflict("409"), "conflict", id="conflict"),
        pytest.param(NotFound("404"), "conflict", id="gone"),
        pytest.param(Unavailable("429"), "unavailable", id="unavailable"),
        pytest.param(Refused("422"), "refused", id="refused"),
        pytest.param(ValueError("?"), "defect", id="defect"),
    ],
)
async def test_what_fails_is_counted_and_comes_again(error: Exception, outcome: str) -> None:
    looks = 0

    async def reconcile(_key: Key) -> float | None:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise error
        return None

    async with worked(reconcile) as (queue, measures):
        queue.wake(KEY)
        await until(lambda: looks == 2)
        await until(lambda: len(queue) == 0)
        assert measures.reconciles.labels("EdgeNode", outcome)._value.get() == 1
        assert measures.reconciles.labels("EdgeNode", "done")._value.get() == 1


async def test_failures_wait_ever_longer_up_to_a_bound() -> None:
    queue = Queue("EdgeNode", _never, Measures())
    waits = [queue._failed(KEY, "refused", 0.25) for _ in range(40)]

    assert waits[:4] == [0.25, 0.5, 1.0, 2.0]
    assert waits[-1] == RETRY_MAX_S


async def test_who_does_not_lead_waits_long() -> None:
    async def reconcile(_key: Key) -> float | None:
        raise NotLeading

    async with worked(reconcile) as (queue, measures):
        queue.wake(KEY)
        await until(lambda: measures.reconciles.labels("EdgeNode", "not_leading")._value.get() == 1)
        assert len(queue) == 1


async def _never(_key: Key) -> float | None:
    raise AssertionError
