"""The stream of readings: made so that nothing acknowledged can fall out of it.

It keeps a message until every durable consumer is done with it (``ensure_taken_stream``), and
refuses new ones when it is full, so that nodes keep theirs.
"""

from __future__ import annotations

from typing import Final

from nats.aio.client import Client
from nats.js.api import DiscardPolicy, StorageType, StreamConfig

from services.plumbing.streams import Taker, ensure_taken_stream, jetstream
from tianfu import subjects

DUPLICATE_WINDOW_S: Final = 120.0
"""Repeats within it cost no storage. The guarantee is the ledger's, not this."""

ACK_WAIT_S: Final = 15.0
"""Time for a block to be stored, many times the longest insert seen; and how long the messages
that a killed service had taken wait until they come again."""

ACKS_PENDING_MAX: Final = 5_000
"""Messages that are delivered and not acknowledged: some blocks' worth."""


async def ensure(link: Client, *, bytes_max: int, replicas: int) -> None:
    """Make the stream and the telemetry service's durable, or change them to what is meant."""
    js = jetstream(link)
    taker = Taker(subjects.READINGS, subjects.TELEMETRY_INGEST, ACK_WAIT_S, ACKS_PENDING_MAX)
    config = StreamConfig(
        name=subjects.READINGS,
        subjects=[subjects.READINGS_ALL],
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_bytes=bytes_max,
        duplicate_window=DUPLICATE_WINDOW_S,
        num_replicas=replicas,
        allow_direct=True,
    )
    await ensure_taken_stream(js, config, lambda: taker.ensure(js))
