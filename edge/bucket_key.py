"""One key of a bucket, as a node follows it: fetched, and heard of as it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import nats.errors

from edge.counters import Counters
from edge.link import Session

FETCH_EVERY_S: Final = 60.0
"""A value that the subscription missed is found so much later at the latest."""

RETRY_S: Final = 1.0
REQUEST_TIMEOUT_S: Final = 5.0
WAITING_MAX: Final = 8

Take = Callable[[bytes], Awaitable[object]]


async def fetch(
    session: Session, subject: str, take: Take, counters: Counters, unanswered: str
) -> bool:
    """Ask for a key and take its value; tell whether there was an answer, be it that none is.

    ``unanswered`` is what is counted when there was no answer.
    """
    try:
        answer = await session.client.request(subject, b"", timeout=REQUEST_TIMEOUT_S)
    except (nats.errors.TimeoutError, nats.errors.NoRespondersError):
        counters.add(unanswered)
        return False
    headers = answer.headers or {}
    if "Status" not in headers and "KV-Operation" not in headers:
        await take(bytes(answer.data))
    return True


async def follow(
    session: Session, key: str, get: str, take: Take, counters: Counters, unanswered: str
) -> None:
    """Take each value heard at ``key`` and fetched at ``get``, until the session breaks."""
    arrived: asyncio.Queue[bytes] = asyncio.Queue(WAITING_MAX)

    async def on_value(message: Any) -> None:
        if arrived.full():
            arrived.get_nowait()  # each is complete: the latest is enough
        arrived.put_nowait(bytes(message.data))

    await session.client.subscribe(key, cb=on_value)
    while True:
        is_done = await fetch(session, get, take, counters, unanswered)
        try:
            async with asyncio.timeout(FETCH_EVERY_S if is_done else RETRY_S):
                while True:
                    await take(await arrived.get())
        except TimeoutError:
            continue
