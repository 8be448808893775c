"""Counties go first: others wait for their turn, and not for ever."""

from __future__ import annotations

import asyncio

import pytest

from services.disaster_warning.bus import precedence
from services.disaster_warning.bus.precedence import Precedence
from tianfu.subjects import Channel


async def test_nobody_waits_while_nobody_is_told() -> None:
    await asyncio.wait_for(Precedence().turn(), 60)


async def test_a_turn_comes_when_the_last_channel_has_been_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(precedence, "PATIENCE_S", 600.0)
    telling = Precedence()
    telling.begin(Channel.LIVE)
    telling.begin(Channel.DRILL)
    telling.begin(Channel.LIVE)
    waiting = asyncio.create_task(telling.turn())
    await asyncio.sleep(0)
    telling.end(Channel.LIVE)
    await asyncio.sleep(0)
    assert not waiting.done()
    telling.end(Channel.DRILL)
    telling.end(Channel.DRILL)
    await asyncio.wait_for(waiting, 60)


async def test_what_is_never_told_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "PATIENCE_S", 0.01)
    telling = Precedence()
    telling.begin(Channel.LIVE)
    await asyncio.wait_for(telling.turn(), 60)
