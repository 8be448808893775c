"""What ``tianfu doctor`` finds of the streams: whether they take messages, and who is behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from cli import nats_monitor
from cli.failures import Failure
from cli.finding import Finding
from cli.local.write_errors import SIGN

FULL: Final = 0.9
"""Part of a stream's bytes in use from which on a person should act: READINGS refuses at 1."""

BEHIND_MAX: Final = 10_000
"""Messages that wait for one consumer: ten million readings, seconds of work for telemetry."""

FIRST: Final = "nats"
"""The server that there always is."""

STARTED: Final = b"Starting nats-server"


def of_streams(monitor: str, log: Path, server: str = FIRST) -> list[Finding]:
    """Look at a NATS server's monitor at HOST:PORT, and at its log; one of several is named."""
    try:
        shown = nats_monitor.jsz(monitor, "consumers", "config")
    except Failure as failure:
        found = [Finding("streams", ok=False, found=failure.message, fix=failure.fix)]
    else:
        found = [writes(log), *found_in(shown)]
    if server == FIRST:
        return found
    return [replace(each, check=f"{each.check}, {server}") for each in found]


def writes(log: Path) -> Finding:
    """Return whether the server that runs has met a full disk.

    Its streams refuse all writes from then on, and its health page does not say so: only its log
    does (nats-server 2.15).
    """
    try:
        since_start = log.read_bytes().rpartition(STARTED)[2]
    except OSError as error:
        return Finding("stream writes", ok=False, found=str(error), fix="begin with `tianfu up`")
    failed = SIGN in since_start
    return Finding(
        "stream writes",
        not failed,
        "refused since the disk was full" if failed else "no write failed",
        "make room: nats-server is then started anew by itself; nodes keep what they have",
    )


def found_in(shown: Mapping[str, Any]) -> list[Finding]:
    """Return what an answer of ``/jsz`` says of room and of consumers."""
    streams = list(_streams(shown))
    full = [
        f"{name} {used / most:.0%}" for name, used, most, _ in streams if 0 < FULL * most <= used
    ]
    behind = [
        f"{durable} of {name}: {waiting:,}"
        for name, _, _, consumers in streams
        for durable, waiting in consumers
        if waiting > BEHIND_MAX
    ]
    return [
        Finding(
            "stream room",
            not full,
            "; ".join(full) or f"{len(streams)} streams, all below {FULL:.0%}",
            "see who is behind below; what a stream refuses waits in the nodes' spools",
        ),
        Finding(
            "consumers",
            not behind,
            "; ".join(behind) or f"none has more than {BEHIND_MAX:,} messages to go",
            "look at the log of the service that reads it, and at `tianfu dead-letters list`",
        ),
    ]


def _streams(shown: Mapping[str, Any]) -> Iterator[tuple[str, int, int, list[tuple[str, int]]]]:
    """Yield name, bytes in use, most bytes (-1 for any), and what waits for each durable."""
    for stream in nats_monitor.streams(shown):
        consumers = [
            (each["name"], int(each["num_pending"]) + int(each["num_ack_pending"]))
            for each in stream.get("consumer_detail") or []
        ]
        used = int(stream["state"]["bytes"])
        yield stream["name"], used, int(stream["config"]["max_bytes"]), consumers
