"""Make streams, durable consumers and buckets as they are meant to be, again and again.

Each ``ensure_...`` makes what is not there, changes what differs, and may be repeated at every
start. What a server refuses to change (a storage type, say) is a ``StreamConflict``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DiscardPolicy,
    RePublish,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)

from services.plumbing.refusal import FailedPrecondition, Refusal, Unavailable
from tianfu.subjects import (
    BucketName,
    DurableName,
    StreamName,
    Subject,
    bucket_keys,
    bucket_stream,
)

API_TIMEOUT_S: Final = 10.0
"""For one request to JetStream's API: making a stream on a busy disk takes seconds."""

HISTORY: Final = 1
"""Values kept of a key: the last."""

RETRY: Final = timedelta(seconds=1)
"""A server that starts is ready within a second or two."""

STREAM_NAME_IN_USE: Final = 10058
"""JetStream's code for: there is a stream of this name with another configuration."""

NO_PEERS: Final = 10005
"""JetStream's code for: too few servers for so many copies; those of a cluster that starts come."""


class StreamConflict(FailedPrecondition):
    """A stream or consumer is there that can't be changed to what is meant."""

    reason = "STREAM_CONFLICT"


class JetStreamUnavailable(Unavailable):
    """JetStream gives no answer now: it is starting, or its disk is full."""

    reason = "JETSTREAM_UNAVAILABLE"


def jetstream(link: Client) -> JetStreamContext:
    """Return JetStream's API on a connection, with our deadline."""
    js: JetStreamContext = link.jetstream(timeout=API_TIMEOUT_S)
    return js


async def ensure_stream(js: JetStreamContext, config: StreamConfig) -> None:
    """Make the stream, or change it to ``config``."""
    try:
        try:
            await js.add_stream(config)
        except nats.js.errors.BadRequestError as error:
            if error.err_code != STREAM_NAME_IN_USE:
                raise
            await js.update_stream(config)
    except (nats.js.errors.Error, nats.errors.Error) as error:
        raise _refusal(f"stream {config.name}", error) from error


async def ensure_taken_stream(
    js: JetStreamContext, config: StreamConfig, consumers: Callable[[], Awaitable[None]]
) -> None:
    """Make the stream so that it keeps a message until every durable is done with it.

    A stream with interest retention and no consumer keeps nothing; so it is made with limits, then
    its durables by ``consumers``, and only then switched.
    """
    if config.name is None:
        raise ValueError("a stream has a name")
    if not await stream_exists(js, StreamName(config.name)):
        await ensure_stream(js, replace(config, retention=RetentionPolicy.LIMITS))
    await consumers()
    await ensure_stream(js, replace(config, retention=RetentionPolicy.INTEREST))


async def ensure_consumer(
    js: JetStreamContext, stream: StreamName, durable: DurableName, config: ConsumerConfig
) -> None:
    """Make the durable pull consumer, or change it to ``config``."""
    try:
        await js.add_consumer(stream, config, durable_name=durable)
    except (nats.js.errors.Error, nats.errors.Error) as error:
        raise _refusal(f"consumer {durable} of {stream}", error) from error


@dataclass(frozen=True)
class Taker:
    """A durable whose messages are taken or refused, each by itself and never given up.

    What fails is the store behind it, and then a message waits for ever. ``only`` are the subjects
    it is for; with ``forgotten_s`` it ends after so long without a question.
    """

    stream: StreamName
    durable: DurableName
    ack_wait_s: float
    pending_max: int | None = None
    only: Collection[str] | None = None
    forgotten_s: float | None = None

    async def ensure(self, js: JetStreamContext) -> None:
        """Make it, or change it."""
        config = ConsumerConfig(
            durable_name=self.durable,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=self.ack_wait_s,
            max_ack_pending=self.pending_max,
            filter_subjects=None if self.only is None else list(self.only),
            max_deliver=-1,
            inactive_threshold=self.forgotten_s,
        )
        await ensure_consumer(js, self.stream, self.durable, config)


@dataclass(frozen=True)
class Intake:
    """What all nodes send to one service: a stream, and who takes from it.

    It keeps a message until that is done with it, and refuses new ones when it is full, or has
    ``of_a_node`` of one node, so that nodes keep theirs. ``message_bytes`` bounds one message.
    """

    taker: Taker
    subjects: Subject
    max_bytes: int
    of_a_node: int
    message_bytes: int | None = None

    async def ensure(self, js: JetStreamContext, replicas: int) -> None:
        """Make both, or change them."""
        config = StreamConfig(
            name=self.taker.stream,
            subjects=[self.subjects],
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            max_bytes=self.max_bytes,
            max_msgs_per_subject=self.of_a_node,
            discard_new_per_subject=True,
            max_msg_size=self.message_bytes,
            num_replicas=replicas,
            allow_direct=True,
        )
        await ensure_taken_stream(js, config, lambda: self.taker.ensure(js))


async def ensure_bucket(
    js: JetStreamContext,
    bucket: BucketName,
    *,
    max_bytes: int,
    max_value_bytes: int,
    republish: tuple[str, str] | None = None,
    replicas: int = 1,
    keys: str | None = None,
) -> None:
    """Make a key-value bucket that keeps the last value of each key.

    ``keys`` are the subjects of its keys; without, they are of one token.
    """
    config = StreamConfig(
        name=bucket_stream(bucket),
        subjects=[bucket_keys(bucket) if keys is None else keys],
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_msgs_per_subject=HISTORY,
        max_bytes=max_bytes,
        max_msg_size=max_value_bytes,
        num_replicas=replicas,
        allow_direct=True,
        allow_rollup_hdrs=True,
        deny_delete=True,
        republish=None if republish is None else RePublish(src=republish[0], dest=republish[1]),
    )
    await ensure_stream(js, config)


async def stream_exists(js: JetStreamContext, stream: StreamName) -> bool:
    """Say whether there is such a stream."""
    return await stream_mark(js, stream) is not None


async def stream_mark(js: JetStreamContext, stream: StreamName) -> tuple[datetime, int] | None:
    """Return when a stream was made and the number of its last message, None when there is none.

    One made anew has another time, one put back from a backup a lower number.
    """
    try:
        info = await js.stream_info(stream)
    except nats.js.errors.NotFoundError:
        return None
    except (nats.js.errors.Error, nats.errors.Error) as error:
        raise _refusal(f"stream {stream}", error) from error
    # Every server says so; what does not is one that was made once.
    return info.created or datetime.fromtimestamp(0, UTC), info.state.last_seq


def _refusal(what: str, error: Exception) -> Refusal:
    """Tell a configuration that can't be from a server that can't answer now."""
    waiting = isinstance(error, nats.js.errors.ServiceUnavailableError) or (
        isinstance(error, nats.js.errors.APIError) and error.err_code == NO_PEERS
    )
    if isinstance(error, nats.js.errors.APIError) and not waiting:
        return StreamConflict(
            f"{what}: JetStream refuses its configuration ({error.err_code}: {error.description})"
        )
    return JetStreamUnavailable(f"{what}: JetStream gives no answer; try again", retry_after=RETRY)
