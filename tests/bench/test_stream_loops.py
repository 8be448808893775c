"""A bench whose publisher or consumer fails says why."""

import asyncio
import os
from typing import Any

import pytest

from bench.stream_loops import ChildFailed, in_process


async def answers(pipe: Any) -> str:
    pipe.send("ready")
    return await asyncio.to_thread(pipe.recv)


async def raises(pipe: Any) -> None:
    pipe.send("ready")
    raise TimeoutError("the server said nothing")


async def dies(pipe: Any) -> None:
    pipe.send("ready")
    os._exit(7)


async def hangs(pipe: Any) -> None:
    await asyncio.to_thread(pipe.recv)


async def test_what_a_child_says_comes_in_order() -> None:
    child = in_process(answers)
    assert await child.told() == "ready"
    child.send("go")
    assert await child.told() == "go"
    child.end()


@pytest.mark.parametrize(
    ("work", "text"),
    [
        pytest.param(raises, "TimeoutError: the server said nothing", id="its-own-error"),
        pytest.param(dies, "dies: ended with 7", id="ended-without-a-word"),
    ],
)
async def test_a_child_that_fails_is_told_by_its_own_error(work: Any, text: str) -> None:
    child = in_process(work)
    assert await child.told() == "ready"
    with pytest.raises(ChildFailed, match=text):
        await child.told()
    assert not child.process.is_alive()


async def test_a_silent_child_is_ended() -> None:
    child = in_process(hangs)
    with pytest.raises(ChildFailed, match="said nothing"):
        await child.told(0.2)
    assert not child.process.is_alive()
