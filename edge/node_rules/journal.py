"""What rules did, as lines on the node's own disk: for who asks, and for the next start."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from edge.clock import MICROSECONDS
from edge.node_rules.judge import Change, Event
from tianfu.fleet.v1 import rule_set_pb2 as pb

FILE: Final = "rule-actions.jsonl"


def line(event: Event, time_us: int) -> str:
    """Return a change of an action as a line."""
    content: dict[str, object] = {
        "time_us": time_us,
        "action": event.key,
        "change": event.change.value,
    }
    if event.reason:
        content["reason"] = event.reason
    if event.action.HasField("send_reading"):
        content["series"] = event.action.send_reading.series
    else:
        switch = event.action.switch_output
        content["output"] = switch.output
        content["position"] = "on" if switch.position == pb.OUTPUT_POSITION_ON else "off"
    return json.dumps(content, separators=(",", ":")) + "\n"


def switch_line(output: str, time_us: int, *, is_on: bool) -> str:
    """Return that a device confirmed where it is."""
    content = {"time_us": time_us, "switched": output, "position": "on" if is_on else "off"}
    return json.dumps(content, separators=(",", ":")) + "\n"


def restored(
    lines: Iterable[str], now_us: int, now: float
) -> tuple[dict[str, float], frozenset[str]]:
    """Return when actions were last begun, in monotonic seconds, and which had not ended.

    A wall clock that was set back since makes a beginning one of just now.
    """
    begun: dict[str, float] = {}
    open_actions: set[str] = set()
    for each in lines:
        try:
            content = json.loads(each)
            key, change = str(content["action"]), str(content["change"])
            ago_s = max(0.0, (now_us - int(content["time_us"])) / MICROSECONDS)
        except (ValueError, KeyError, TypeError):
            continue  # another kind of line, or one that a power cut broke
        if change == Change.BEGUN.value:
            begun[key] = now - ago_s
            open_actions.add(key)
        elif change == Change.ENDED.value:
            open_actions.discard(key)
    return begun, frozenset(open_actions)
