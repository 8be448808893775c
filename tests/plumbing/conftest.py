"""What the plumbing's tests share: a quiet log, a server of EchoService."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import structlog

from services.plumbing import logs
from tests.support.rpc import Echo, Running, echo_running


@pytest.fixture(autouse=True)
def log_lines() -> Iterator[Callable[[], list[dict[str, object]]]]:
    """Catch the logs; a call returns them as objects."""
    stream = io.StringIO()
    before = logging.getLogger().handlers[:]
    level = logging.getLogger().level
    logs.configure("tested", "debug", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel(level)


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def running(tmp_path: Path, echo: Echo) -> AsyncIterator[Running]:
    async with echo_running(tmp_path, echo) as server:
        yield server
