"""The outbox: messages written in a transaction, published by a relay after it is committed.

**Order.** Ids come from a sequence, and a sequence gives a lower number to a transaction that may
commit later. A relay that published in order of id could then publish 8 before 7 exists. So
``emit`` takes a lock of the transaction (``ORDER_LOCK``) before it draws an id, and the lock goes
with the commit: whoever draws the next id does so after the former is visible. Ids are thus in
order of commit, and the relay, which deletes what it has published instead of remembering how far
it came, neither skips nor reorders. The price: transactions that emit commit one after the other,
some hundreds a second on a disk that flushes; they are the rare ones (transitions, not heartbeats).
The lock is waited for *last* of all, when rows are locked already, so use cases emit at their end.

**Once.** A row is deleted after the stream has confirmed it. A crash between publishes it again
under the same Nats-Msg-Id: within the stream's duplicate window it is dropped there, after the
window the consumers' inbox makes it one effect.

**Together.** Messages of one ``group`` that stand one after the other go out at once and are
confirmed at once: 200 hospitals told one by one are told in a tenth of a second, in bulk in some
milliseconds. Among them there is then no order, also not after a failure, so a group holds facts
of different things. What comes after a group waits until all of it is confirmed.

**Stuck.** The relay stops at the first failure, since going on would break the order, and tries
again. A message that no stream takes therefore holds up the rest; ``tianfu_outbox_rows`` and the
failures' counter show it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

import nats.errors
import nats.js.errors
import sqlalchemy as sa
import structlog
from nats.aio.client import Client
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.plumbing import bulk_publisher
from services.plumbing.bulk_publisher import BulkPublisher
from services.plumbing.postgres import lock_key
from services.plumbing.refusal import ResourceExhausted
from services.plumbing.streams import jetstream
from tianfu.nats_config import MAX_PAYLOAD_BYTES

HEADER_ROOM: Final = 4096
"""Bytes of the greatest message that headers may take."""

PAYLOAD_BYTES_MAX: Final = MAX_PAYLOAD_BYTES - HEADER_ROOM
"""Of a message. A larger one is refused at ``emit``: later it would hold up all the others."""

BATCH_ROWS: Final = 200
"""Rows read at once: memory is bounded by 200 messages."""

INTERVAL_S: Final = 1.0
"""Between looks at the table when nobody wakes the relay: for rows that a crash left."""

RETRY_S: Final = 0.5
"""After a failure, such as a NATS server that restarts."""

PUBLISH_S: Final = 5.0
"""For the stream's confirmation of one message."""

# Keys of advisory locks: "tianfu" + what for, as numbers that nobody else uses by chance.
ORDER_LOCK: Final = 0x7469616E6675_0001
RELAY_LOCK: Final = 0x7469616E6675_0002

MESSAGE_ID: Final = "Nats-Msg-Id"

GROUP: Final = "tianfu-group"
"""Among the headers of a row: its group. It is not published."""

log = structlog.get_logger(__name__)

_metadata: Final = sa.MetaData()
table: Final = sa.Table(
    "outbox",
    _metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("headers", postgresql.JSONB, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),
)
"""Found by the connection's search path: each service has one in its schema."""

# The lock and the rows in one statement: an id is drawn for a row that the join has made, so the
# lock is held by then. Its key is the same as ``_own`` makes.
_EMIT: Final = sa.text(
    """
    WITH held AS MATERIALIZED (
        SELECT pg_advisory_xact_lock(
            CAST(:lock AS bigint) # hashtextextended(CAST(current_schema() AS text), 0)
        ) AS held
    )
    INSERT INTO outbox (subject, payload, headers, message_id)
    SELECT new.subject, new.payload, CAST(new.headers AS jsonb), new.message_id
    FROM held, unnest(
        CAST(:subjects AS text[]), CAST(:payloads AS bytea[]),
        CAST(:headers AS text[]), CAST(:message_ids AS text[])
    ) WITH ORDINALITY AS new (subject, payload, headers, message_id, place)
    ORDER BY new.place
    """
)


class MessageTooLarge(ResourceExhausted):
    """A message is larger than NATS carries."""

    reason = "MESSAGE_TOO_LARGE"


def create(connection: sa.Connection) -> None:
    """Make the table in the connection's schema, if it is not there: for migrations."""
    table.create(connection, checkfirst=True)


class Outgoing(NamedTuple):
    """A message to be published.

    ``message_id`` becomes the Nats-Msg-Id: the same for the same fact, however often it is sent.
    ``group`` names messages that may overtake each other; without one a message keeps its place.
    """

    subject: str
    payload: bytes
    headers: Mapping[str, str]
    message_id: str
    group: str = ""


def emit(
    connection: sa.Connection,
    subject: str,
    payload: bytes,
    headers: Mapping[str, str],
    message_id: str,
) -> None:
    """Put a message into the outbox; it is published if this transaction commits."""
    emit_all(connection, [Outgoing(subject, payload, headers, message_id)])


def emit_all(connection: sa.Connection, messages: Sequence[Outgoing]) -> None:
    """Put messages into the outbox in this order; raise MessageTooLarge for one that is."""
    if not messages:
        return
    for message in messages:
        size = len(message.payload)
        if size > PAYLOAD_BYTES_MAX:
            raise MessageTooLarge(
                f"message for {message.subject}: {size} bytes, at most {PAYLOAD_BYTES_MAX} "
                "are carried"
            )
    values = {
        "lock": ORDER_LOCK,
        "subjects": [each.subject for each in messages],
        "payloads": [each.payload for each in messages],
        "headers": [_encoded(each) for each in messages],
        "message_ids": [each.message_id for each in messages],
    }
    connection.execute(_EMIT, values)


def _encoded(message: Outgoing) -> str:
    group = {GROUP: message.group} if message.group else {}
    return json.dumps({**message.headers, **group})


class Relay:
    """Publishes the outbox, in order, one relay a database at a time."""

    def __init__(
        self,
        engine: AsyncEngine,
        link: Client,
        *,
        interval_s: float = INTERVAL_S,
        batch_rows: int = BATCH_ROWS,
        registry: CollectorRegistry = REGISTRY,
        turn: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Take where rows are and where they go; ``turn`` waits for what is more urgent."""
        self._engine = engine
        self._link = link
        self._turn = turn
        self._js = jetstream(link)
        self._bulk = BulkPublisher(link)
        self._interval_s = interval_s
        self._batch_rows = batch_rows
        self._wake = asyncio.Event()
        self._published = Counter(
            "tianfu_outbox_published_total", "Messages published", registry=registry
        )
        self._failures = Counter(
            "tianfu_outbox_failures_total", "Times the relay had to stop", registry=registry
        )
        self._rows = Gauge(
            "tianfu_outbox_rows", "Rows found at the last look, a batch at most", registry=registry
        )

    def wake(self) -> None:
        """Look at the table soon: something was committed."""
        self._wake.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            try:
                await self._lead()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                # The text is the driver's: its kind says enough.
                log.warning("outbox relay: database away", kind=type(error).__name__)
            await asyncio.sleep(RETRY_S)

    async def drain(self) -> bool:
        """Publish what there is and return whether all went out; for a graceful stop."""
        try:
            async with self._engine.connect() as plain:
                connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
                if not await _lock(connection):
                    return False
                try:
                    while await self.publish_batch(connection):
                        pass
                finally:
                    await _unlock(connection)
        except (SQLAlchemyError, OSError, TimeoutError, nats.errors.Error, nats.js.errors.Error):
            return False
        return True

    async def _lead(self) -> None:
        """Hold the lock on a connection of one's own and publish from it until it breaks.

        Reading and deleting go over the connection that holds the lock: when it is gone, so is
        the lock, and nothing more is done under it.
        """
        async with self._engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
            if not await _lock(connection):
                return
            try:
                while True:
                    self._wake.clear()
                    if self._turn is not None:
                        await self._turn()
                    await self._publish_all(connection)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._interval_s):
                            await self._wake.wait()
            finally:
                # A pooled connection outlives its user: without this it would keep the lock.
                await _unlock(connection)

    async def _publish_all(self, connection: AsyncConnection) -> None:
        try:
            while await self.publish_batch(connection):
                pass
        except (nats.errors.Error, nats.js.errors.Error) as error:
            self._failures.inc()
            log.warning("outbox relay: not published, trying again", why=type(error).__name__)
            await asyncio.sleep(RETRY_S)
            self._wake.set()

    async def publish_batch(self, connection: AsyncConnection) -> int:
        """Publish up to a batch in order of id and delete it; return how many there were."""
        query = sa.select(table).order_by(table.c.id).limit(self._batch_rows)
        rows = (await connection.execute(query)).all()
        self._rows.set(len(rows))
        done: list[int] = []
        try:
            for group, alike in groupby(rows, lambda row: row.headers.get(GROUP, "")):
                if group:
                    await self._publish_together(list(alike), done)
                    continue
                for row in alike:
                    await self._publish(row)
                    done.append(row.id)
        finally:
            # Also after a failure in the middle: what is confirmed need not be sent again.
            if done:
                await connection.execute(sa.delete(table).where(table.c.id.in_(done)))
                self._published.inc(len(done))
        return len(rows)

    async def _publish(self, row: sa.Row[Any]) -> None:
        if not self._link.is_connected:
            # nats-py would keep it for later: better that it waits here, in order.
            raise nats.errors.ConnectionReconnectingError
        await self._js.publish(
            row.subject,
            row.payload,
            timeout=PUBLISH_S,
            headers={**row.headers, MESSAGE_ID: row.message_id},
        )

    async def _publish_together(self, rows: Sequence[sa.Row[Any]], done: list[int]) -> None:
        """Publish a group, note which are confirmed, and raise what went wrong with the first."""
        outcomes = await self._bulk.publish([_together(row) for row in rows], PUBLISH_S)
        done.extend(row.id for row, outcome in zip(rows, outcomes, strict=True) if outcome is None)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome


def _together(row: sa.Row[Any]) -> bulk_publisher.Outgoing:
    headers = {name: value for name, value in row.headers.items() if name != GROUP}
    return bulk_publisher.Outgoing(
        row.subject, row.payload, {**headers, MESSAGE_ID: row.message_id}
    )


async def _lock(connection: AsyncConnection) -> bool:
    got = await connection.execute(sa.select(sa.func.pg_try_advisory_lock(_own(RELAY_LOCK))))
    return bool(got.scalar_one())


async def _unlock(connection: AsyncConnection) -> None:
    if connection.closed or connection.invalidated:
        return
    with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
        await connection.execute(sa.select(sa.func.pg_advisory_unlock(_own(RELAY_LOCK))))


def _own(lock: int) -> sa.ColumnElement[int]:
    """Return an advisory lock's key for this schema: a database holds several services' outboxes.

    With one key for all of them, the first service's relay would keep the others' from publishing.
    """
    schema = sa.cast(sa.func.current_schema(), sa.Text)
    hashed = sa.func.hashtextextended(schema, sa.cast(0, sa.BigInteger), type_=sa.BigInteger)
    return lock_key(lock).bitwise_xor(hashed)
