"""The stream of readings, as far as gauges are on it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Final

import nats.js.errors
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig
from prometheus_client import CollectorRegistry

from services.plumbing.jetstream import PullConsumer
from services.plumbing.streams import ensure_consumer, jetstream
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
    stream, durable = subjects.READINGS, subjects.WARNING_GAUGES
    js = jetstream(link)

    async def ensure() -> None:
        config = ConsumerConfig(
            durable_name=durable,
            filter_subjects=[subjects.reading(subjects.node_id(node)) for node in nodes],
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_S,
            max_ack_pending=ACKS_PENDING_MAX,
            # A batch is kept or refused: what fails is the store, and then it waits.
            max_deliver=-1,
            inactive_threshold=FORGOTTEN_S,
        )
        await ensure_consumer(js, stream, durable, config)

    return PullConsumer(link, stream, durable, ensure=ensure, registry=registry)


async def forget(link: Client) -> None:
    """Take the durable away: where nothing is watched, it would keep batches for nobody."""
    with contextlib.suppress(nats.js.errors.NotFoundError):
        js = jetstream(link)
        await js.delete_consumer(subjects.READINGS, subjects.WARNING_GAUGES)
