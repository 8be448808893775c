"""Bulletins out: what is due in the database goes to the counties' keys, signed.

A bulletin is made of what holds in the county at the time of reading, under the county's revision,
so a crash anywhere repeats it under the same message id. One disseminator a database and channel
leads at a time, under an advisory lock: two could put an older bulletin over a newer one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Final

import sqlalchemy as sa
import structlog
from nats.aio.client import Client
from prometheus_client import CollectorRegistry, Counter, Histogram
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.disaster_warning.bus.ahead import SignedAhead, whose
from services.disaster_warning.bus.precedence import Precedence
from services.disaster_warning.bus.signers import BulletinSigner
from services.disaster_warning.store.bulletins import (
    DueBulletin,
    due_bulletins,
    mark_published,
    mark_unpublished,
)
from services.disaster_warning.usecases.encoding import CHANNEL_NUMBERS, microseconds
from services.plumbing.bulk_publisher import BulkPublisher, Outgoing
from services.plumbing.clock import Clock, Monotonic
from services.plumbing.postgres import lock_key
from tianfu import subjects
from tianfu.disaster_warning.v1 import notice_pb2
from tianfu.subjects import Channel

AT_ONCE: Final = 200
"""Bulletins of one round: all counties of the province."""

INTERVAL_S: Final = 1.0
"""Between looks when nobody wakes the disseminator: for what a crash left."""

RETRY_S: Final = 0.25
"""After a failure, such as a NATS server that restarts: a warning does not wait longer."""

NOTICES_MAX: Final = 200
"""Of a bulletin: agents refuse one of more than 256 as malformed, whatever it says."""

NOTICES_BYTES_MAX: Final = 384 << 10
"""Of a bulletin's notices: three quarters of what a key of the bucket holds."""

PUBLISH_S: Final = 5.0
"""For the bucket's confirmation of one bulletin."""

MESSAGE_ID: Final = "Nats-Msg-Id"
EXPECTED_STREAM: Final = "Nats-Expected-Stream"

LEAD_LOCKS: Final = {
    Channel.LIVE: 0x7469616E6675_0101,
    Channel.DRILL: 0x7469616E6675_0102,
}
"""Advisory locks: "tianfu" + what for, as numbers that nobody else uses by chance."""

SECONDS: Final = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 5)

log = structlog.get_logger(__name__)


class ChannelMixed(RuntimeError):
    """A notice of one channel was about to go out on the other: a bug, and nothing goes out."""


class DisseminationMeters:
    """Counts of both channels' disseminators."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.published = Counter(
            "tianfu_warning_bulletins", "Bulletins published.", ["channel"], registry=registry
        )
        self.failures = Counter(
            "tianfu_warning_bulletin_failures",
            "Rounds in which a bulletin could not be published.",
            ["channel"],
            registry=registry,
        )
        self.left_out = Counter(
            "tianfu_warning_notices_left_out",
            "Notices that a county's bulletin had no room for, the least grave and oldest.",
            ["channel"],
            registry=registry,
        )
        self.ahead = Counter(
            "tianfu_warning_bulletins_signed_ahead",
            "Bulletins published that were signed while their transaction was written.",
            ["channel"],
            registry=registry,
        )
        self.seconds = Histogram(
            "tianfu_warning_dissemination_seconds",
            "From reading what is due until all of it was confirmed.",
            ["channel"],
            buckets=SECONDS,
            registry=registry,
        )


class Outlet:
    """Where a channel's bulletins go. Signer, bucket and subjects follow from one another."""

    def __init__(
        self, link: Client, signer: BulletinSigner, clock: Clock, meters: DisseminationMeters
    ) -> None:
        self._publisher = BulkPublisher(link)
        self._meters = meters
        self._signer = signer
        self._clock = clock
        self._stream = subjects.bucket_stream(subjects.bulletins(signer.channel))
        self._ahead = SignedAhead(self.sealed)

    @property
    def channel(self) -> Channel:
        """Whose bulletins these are: the signer's."""
        return self._signer.channel

    def sealed(self, due: DueBulletin) -> bytes:
        """Return a county's signed bulletin; raise ChannelMixed for another channel's notice."""
        number = CHANNEL_NUMBERS[self.channel]
        for warning, channel in map(whose, due.notices):
            if channel != number:
                raise ChannelMixed(f"{warning} is not of channel {self.channel.value}")
        bulletin = notice_pb2.CountyBulletin(
            place_code=due.county,
            channel=number,
            revision=due.revision,
            make_time_us=microseconds(self._clock()),
        )
        if len(due.notices) <= NOTICES_MAX and sum(map(len, due.notices)) <= NOTICES_BYTES_MAX:
            # The notices are joined as they were stored: two hundred counties are due at once.
            head = bulletin.SerializeToString(deterministic=True)
            return self._signer.sign(head + b"".join(map(_as_notice, due.notices)))
        notices = [notice_pb2.Notice.FromString(each) for each in due.notices]
        told = with_room(notices)
        left_out = len(notices) - len(told)
        self._meters.left_out.labels(self.channel.value).inc(left_out)
        log.error("bulletin full, notices left out", county=due.county, notices=left_out)
        bulletin.notices.extend(told)
        return self._signer.sign(bulletin.SerializeToString(deterministic=True))

    def sign_ahead(self, channel: Channel, notices: Mapping[str, bytes], revision: int) -> None:
        """Sign what a channel's counties will be told under a revision, if it is this channel."""
        if channel is self.channel:
            self._ahead.begin(notices, revision)

    def _signed(self, due: DueBulletin) -> bytes:
        ahead = self._ahead.take(due)
        if ahead is None:
            return self.sealed(due)
        self._meters.ahead.labels(self.channel.value).inc()
        return ahead

    async def publish(self, due: Sequence[DueBulletin]) -> list[Exception | None]:
        """Put bulletins into their counties' keys; return for each None when the bucket has it."""
        messages = [
            Outgoing(
                subjects.bulletin_key(self.channel, each.county),
                self._signed(each),
                {
                    EXPECTED_STREAM: self._stream,
                    MESSAGE_ID: f"{self.channel.value}-{each.county}-{each.revision}",
                },
            )
            for each in due
        ]
        return await self._publisher.publish(messages, PUBLISH_S)


NOTICES_TAG: Final = notice_pb2.CountyBulletin.DESCRIPTOR.fields_by_name["notices"].number << 3 | 2
"""How a notice begins within a bulletin: its field's number, and that a length follows."""


def _as_notice(data: bytes) -> bytes:
    """Return a serialised notice as it stands in a serialised bulletin: tag, length, bytes."""
    length, size = bytearray((NOTICES_TAG,)), len(data)
    while size > 0x7F:  # noqa: PLR2004 - seven bits a byte
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return bytes(length) + data


def with_room(notices: Sequence[notice_pb2.Notice]) -> list[notice_pb2.Notice]:
    """Return the notices that a bulletin has room for, in the order in which they are given.

    A bulletin that is too large reaches nobody, and the gravest warning with it: so what is least
    grave stays out, and the oldest of that, until others have ended.
    """
    ranked = sorted(notices, key=lambda each: (-each.colour, -each.send_time_us, each.warning))
    kept, room = set(), NOTICES_BYTES_MAX
    for notice in ranked[:NOTICES_MAX]:
        room -= notice.ByteSize()
        if room < 0:
            break
        kept.add(notice.warning)
    return [each for each in notices if each.warning in kept]


class Disseminator:
    """Publishes what is due in one channel, as soon as it is woken."""

    def __init__(
        self,
        engine: AsyncEngine,
        outlet: Outlet,
        monotonic: Monotonic,
        meters: DisseminationMeters,
        precedence: Precedence,
    ) -> None:
        self._engine = engine
        self._outlet = outlet
        self._monotonic = monotonic
        self._meters = meters
        self._precedence = precedence
        self._leads = False
        self._wake = asyncio.Event()

    @property
    def channel(self) -> Channel:
        """Whose bulletins are published."""
        return self._outlet.channel

    def wake(self) -> None:
        """Look at once: something of this channel was committed."""
        self._wake.set()
        if self._leads:
            self._precedence.begin(self.channel)

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            try:
                await self._lead()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                # The text is the driver's: its kind says enough.
                log.warning("dissemination: database away", kind=type(error).__name__)
            await asyncio.sleep(RETRY_S)

    async def drain(self) -> bool:
        """Publish what there is, for a graceful stop; return whether all went out."""
        try:
            async with self._engine.connect() as plain:
                connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
                if not await self._lock(connection):
                    return False
                try:
                    return await self.publish_due(connection)
                finally:
                    await self._unlock(connection)
        except (SQLAlchemyError, OSError, TimeoutError):
            return False

    async def _lead(self) -> None:
        """Hold the lock on a connection of one's own, and read and mark on the same one.

        When the connection is gone, so is the lock, and nothing more is done under it.
        """
        async with self._engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
            if not await self._lock(connection):
                return
            try:
                # The buckets may be of another server than before: what holds is published again.
                await mark_unpublished(connection, self.channel)
                self._leads = True
                while True:
                    self._wake.clear()
                    is_done = await self.publish_due(connection)
                    if not self._wake.is_set():
                        self._precedence.end(self.channel)
                    if not is_done:
                        await asyncio.sleep(RETRY_S)
                        continue
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(INTERVAL_S):
                            await self._wake.wait()
            finally:
                self._leads = False
                self._precedence.end(self.channel)
                # A pooled connection outlives its user: without this it would keep the lock.
                await self._unlock(connection)

    async def publish_due(self, connection: AsyncConnection) -> bool:
        """Publish all that is due; return False when some of it could not be."""
        channel = self.channel
        while True:
            started = self._monotonic()
            due = await due_bulletins(connection, channel, AT_ONCE)
            if not due:
                return True
            done = await self._publish(due)
            if done:
                await mark_published(connection, channel, done)
                self._meters.published.labels(channel.value).inc(len(done))
            if len(done) < len(due):
                self._meters.failures.labels(channel.value).inc()
                return False
            self._meters.seconds.labels(channel.value).observe(self._monotonic() - started)

    async def _publish(self, due: Sequence[DueBulletin]) -> list[tuple[str, int]]:
        """Publish all at once; return what the bucket has confirmed."""
        outcomes = await self._outlet.publish(due)
        done = []
        for each, outcome in zip(due, outcomes, strict=True):
            if outcome is None:
                done.append((each.county, each.revision))
            else:
                log.warning(
                    "bulletin not published, trying again",
                    county=each.county,
                    why=type(outcome).__name__,
                )
        return done

    async def _lock(self, connection: AsyncConnection) -> bool:
        key = lock_key(LEAD_LOCKS[self.channel])
        got = await connection.execute(sa.select(sa.func.pg_try_advisory_lock(key)))
        return bool(got.scalar_one())

    async def _unlock(self, connection: AsyncConnection) -> None:
        if connection.closed or connection.invalidated:
            return
        key = lock_key(LEAD_LOCKS[self.channel])
        with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
            await connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))
