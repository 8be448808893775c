"""The stream of features, taken from some minutes back at each start.

One acknowledgement stands for all before it: what was taken is taken again at a start anyway, so
an answer a message would only cost a thousand of them a second.
"""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Final

import nats.js.errors
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from prometheus_client import CollectorRegistry

from services.disaster_warning.bus.seismic import REPLAY_S
from services.plumbing.clock import Clock
from services.plumbing.jetstream import PullConsumer
from services.plumbing.streams import ensure_consumer, jetstream
from tianfu import subjects
from tianfu.subjects import Channel

ACK_WAIT_S: Final = 30.0
ACKS_PENDING_MAX: Final = 20_000
"""Features delivered and not acknowledged: what a thousand stations send in some seconds."""


async def source(
    link: Client, channel: Channel, clock: Clock, registry: CollectorRegistry
) -> PullConsumer:
    """Return a consumer that begins ``REPLAY_S`` ago, whatever was taken before."""
    stream, durable = subjects.seismic_stream(channel), subjects.WARNING_FEATURES
    js = jetstream(link)

    async def ensure() -> None:
        # Where it begins can't be changed afterwards, so one that is there is taken away first.
        with contextlib.suppress(nats.js.errors.NotFoundError):
            await js.delete_consumer(stream, durable)
        config = ConsumerConfig(
            durable_name=durable,
            deliver_policy=DeliverPolicy.BY_START_TIME,
            opt_start_time=clock() - timedelta(seconds=REPLAY_S),
            ack_policy=AckPolicy.ALL,
            ack_wait=ACK_WAIT_S,
            max_ack_pending=ACKS_PENDING_MAX,
        )
        await ensure_consumer(js, stream, durable, config)

    return PullConsumer(link, stream, durable, ensure=ensure, registry=registry)
