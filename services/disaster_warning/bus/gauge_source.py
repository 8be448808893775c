"""The stream of readings, as far as gauges are on it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Final

import nats.js.errors
from nats.aio.client import Client
from prometheus_client import CollectorRegistry

from services.plumbing.jetstream import PullConsumer, taken
from services.plumbing.streams import Taker, jetstream
from tianfu import subjects

ACK_WAIT_S: Final = 15.0
"""Batches that a killed service had in hand come again so soon. One that comes again although it
was only waiting for a snapshot changes nothing: its readings are known."""

ACKS_PENDING_MAX: Final = 5_000

FORGOTTEN_S: Final = 72 * 3_600.0
"""The stream keeps what a durable has not taken, and is closed to all when it is full. A service
that has not asked for so long would find nothing that still counts: rain is summed over 72 h."""


def source(link: Client, nodes: Sequence[str], registry: CollectorRegistry) -> PullConsumer:
    """Return a consumer of these nodes' batches; ``start`` fails until telemetry has the stream."""
    taker = Taker(
        subjects.READINGS,
        subjects.WARNING_GAUGES,
        ACK_WAIT_S,
        ACKS_PENDING_MAX,
        [subjects.reading(subjects.node_id(node)) for node in nodes],
        FORGOTTEN_S,
    )
    return taken(link, taker, registry)


async def forget(link: Client) -> None:
    """Take the durable away: where nothing is watched, it would keep batches for nobody."""
    with contextlib.suppress(nats.js.errors.NotFoundError):
        js = jetstream(link)
        await js.delete_consumer(subjects.READINGS, subjects.WARNING_GAUGES)
