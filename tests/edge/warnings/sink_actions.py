"""Warnings as sinks are given them, for the tests of each sink."""

from __future__ import annotations

from typing import Any

from edge.clock import SystemClock
from edge.warnings import wording
from edge.warnings.notices import Act, Action, Colour, Kind, Notice, SinkKind, Text
from tests.edge.warnings.signing import SECOND_US
from tianfu.subjects import Channel

CLOCK = SystemClock()
LIVE, DRILL = Channel.LIVE, Channel.DRILL
BOTH = wording.CHINESE, wording.ENGLISH


def notice(
    version: int = 1,
    *,
    warning: str = "w1",
    channel: Channel = LIVE,
    colour: Colour = Colour.ORANGE,
    event_code: str = "11B03",
    description: str = "",
) -> Notice:
    texts = (
        Text("zh-CN", "暴雨橙色预警", description, "请勿外出", "请注意暴雨", "暴雨"),
        Text("en-US", "Heavy rain", description, "Stay in.", "Heavy rain", "RAIN"),
    )
    return Notice(
        channel, warning, version, Kind.ALERT, colour, 0, event_code=event_code, texts=texts
    )


def action(
    sink: SinkKind,
    act: Act = Act.WARN,
    *,
    seconds: float = 60.0,
    decided_ago_s: float = 0.0,
    **about: Any,
) -> Action:
    now_us = CLOCK.wall_us()
    one = notice(**about)
    return Action(
        act,
        sink,
        one.channel,
        one.warning,
        one.version,
        now_us - int(decided_ago_s * SECOND_US),
        now_us + int(seconds * SECOND_US),
        None if act is Act.WITHDRAW else one,
    )
