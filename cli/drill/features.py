"""What the stations sent, as the stream holds it: when each wave came, and when its message did."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import nats
import nats.errors
from google.protobuf.message import DecodeError

from cli.drill.seen import FeatureSeen
from cli.local import keys
from tianfu import subjects
from tianfu.seismic.v1 import station_features_pb2

CONNECT_S: Final = 5
REQUEST_S: Final = 5.0
TOGETHER: Final = 32
"""Questions on their way at once: three stations send some two hundred messages a drill."""

US: Final = 1e6
TIME_HEADER: Final = "Nats-Time-Stamp"


@dataclass(frozen=True, slots=True)
class Span:
    """Messages of the stream of exercises: from the first to the last number, both included."""

    first: int
    last: int


async def read(url: str, credentials: Path, span: Span) -> tuple[FeatureSeen, ...]:
    """Return the features in a stretch of the stream, in its order.

    Raise OSError or an error of NATS when the server does not answer.
    """
    client = await nats.connect(
        url.split(","),
        user_credentials=str(credentials),
        inbox_prefix=subjects.inbox_prefix("drill", keys.PLAYER),
        connect_timeout=CONNECT_S,
        allow_reconnect=False,
    )
    try:
        numbers = range(span.first, span.last + 1)
        found: list[FeatureSeen | None] = []
        for at in range(0, len(numbers), TOGETHER):
            asked = (_one(client, number) for number in numbers[at : at + TOGETHER])
            found += await asyncio.gather(*asked)
    finally:
        await client.close()
    return tuple(each for each in found if each is not None)


async def _one(client: Any, number: int) -> FeatureSeen | None:
    subject = subjects.stored_message(subjects.SEISMIC_DRILL)
    request = json.dumps({"seq": number}).encode()
    answer = await client.request(subject, request, timeout=REQUEST_S)
    headers = answer.headers or {}
    return feature_of(bytes(answer.data), headers.get(TIME_HEADER, ""))


def feature_of(payload: bytes, stored: str) -> FeatureSeen | None:
    """Return what a stored message says; None for a station that says that it is there."""
    try:
        said = station_features_pb2.StationFeatures.FromString(payload)
        stored_s = datetime.fromisoformat(whole_microseconds(stored)).timestamp()
    except (DecodeError, ValueError):
        return None
    if said.pick_id == 0:
        return None
    pick_s = said.pick_time_us / US
    return FeatureSeen(
        station=said.station,
        pick_s=pick_s,
        record_s=pick_s + said.elapsed_s,
        sent_s=said.send_time_us / US,
        stored_s=stored_s,
    )


def whole_microseconds(text: str) -> str:
    """Return an RFC 3339 time, which may have nanoseconds, as Python's clock can read it."""
    moment, point, rest = text.removesuffix("Z").partition(".")
    return f"{moment}.{rest[:6]:0<6}+00:00" if point else f"{moment}+00:00"
