"""Signs of life, and the platform's clock against ours."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, NamedTuple

import nats.errors
from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from edge import sampling
from edge.clock import MICROSECONDS, Clock
from edge.counters import Counters
from edge.link import Session
from edge.spool_account import messages
from edge.spool_worker import SpoolWorker
from tianfu import batch_limits, subjects
from tianfu.fleet.v1 import heartbeat_pb2 as pb

REPLY_EVERY: Final = 10
"""One heartbeat in so many asks for an answer; a quartz drifts a millisecond in that time."""

REPLY_TIMEOUT_S: Final = 5.0
"""An answer that takes longer says little about a clock. At most half the interval, though: an
answer that does not come must not delay the next sign of life."""

ROUND_TRIP_US_MAX: Final = 2 * MICROSECONDS
"""The offset is known to half the round trip; worse than a second is no measurement."""

JUMP_US: Final = 20_000
"""Wall and monotonic time differ by more only when the wall clock was set."""

log = logging.getLogger(__name__)


def clock_offset_us(sent_us: int, received_us: int, reply_us: int, back_us: int) -> int | None:
    """Return platform time minus node time, None when the round trip is too long to tell.

    ``sent_us`` and ``back_us`` are the node's times, the others the platform's.
    """
    round_trip_us = (back_us - sent_us) - (reply_us - received_us)
    if not 0 <= round_trip_us <= ROUND_TRIP_US_MAX:
        return None
    return ((received_us - sent_us) + (reply_us - back_us)) // 2


class _Measured(NamedTuple):
    """An offset, and what both clocks of the node said then."""

    offset_us: int
    wall_us: int
    at: float


class Heartbeat:
    """Sends heartbeats on every session, and keeps the clock's offset."""

    def __init__(
        self,
        node: subjects.NodeId,
        spool: SpoolWorker,
        interval_s: float,
        *,
        instance: int,
        version: str,
        clock: Clock,
        counters: Counters,
        plan_generation: Callable[[], int],
    ) -> None:
        """Take what a heartbeat tells."""
        self._node = node
        self._spool = spool
        self._own_interval_s = self._interval_s = interval_s
        self._instance = instance
        self._version = version
        self._clock = clock
        self._counters = counters
        self._plan_generation = plan_generation
        self._started_us = clock.wall_us()
        self._changed = asyncio.Event()
        self._sent = 0
        self._measured: _Measured | None = None

    @property
    def offset_us(self) -> int:
        """Return platform time minus node time, as the node's clock stands now.

        An offset is of the clock as it stood when it was measured. When the clock has been set
        since, by as much the offset is another: or a warning that is over would sound, and one that
        holds would not, until the next measurement.
        """
        if self._measured is None:
            return batch_limits.UNMEASURED_US
        return self._measured.offset_us - self._jumped_us(self._measured)

    def _jumped_us(self, measured: _Measured) -> int:
        """Return by how much the node's clock was set since a measurement, 0 when it was not."""
        passed_us = int((self._clock.monotonic() - measured.at) * MICROSECONDS)
        jumped_us = self._clock.wall_us() - measured.wall_us - passed_us
        return jumped_us if abs(jumped_us) > JUMP_US else 0

    def set_own_interval(self, interval_s: float) -> None:
        """Go by other settings: this interval holds where no plan says another."""
        if self._interval_s == self._own_interval_s:
            self._interval_s = interval_s
        self._own_interval_s = interval_s
        self._changed.set()

    def set_interval(self, interval_s: float | None) -> None:
        """Send as often as a plan says; None goes back to the settings."""
        self._interval_s = interval_s or self._own_interval_s
        self._changed.set()

    async def run(self, session: Session) -> None:
        """Send until the session breaks."""
        due = sampling.first_due(self._clock.monotonic())
        while True:
            await self.beat(session)
            due = sampling.next_due(due, self._interval_s, self._clock.monotonic())
            try:
                async with asyncio.timeout(due.at - self._clock.monotonic()):
                    await self._changed.wait()
                self._changed.clear()
                due = sampling.first_due(self._clock.monotonic())
            except TimeoutError:
                continue

    async def beat(self, session: Session) -> None:
        """Send one heartbeat, and measure the clock if it is its turn."""
        is_set_since = self._measured is not None and self._jumped_us(self._measured) != 0
        is_asking = self._sent % REPLY_EVERY == 0 or is_set_since
        self._sent += 1
        sent_us, began = self._clock.wall_us(), self._clock.monotonic()
        payload = self.message(sent_us).SerializeToString()
        subject = subjects.heartbeat(self._node)
        if not is_asking:
            await session.client.publish(subject, payload)
            return
        try:
            timeout_s = min(REPLY_TIMEOUT_S, self._interval_s / 2)
            answer = await session.client.request(subject, payload, timeout=timeout_s)
        except (nats.errors.TimeoutError, nats.errors.NoRespondersError):
            # Nobody measures for us now; the next one asks again.
            self._sent = 0
            self._counters.add("CLOCK_UNANSWERED")
            return
        back_us = self._clock.wall_us()
        elapsed_us = int((self._clock.monotonic() - began) * MICROSECONDS)
        self._measure(answer.data, sent_us, back_us, elapsed_us)

    def message(self, now_us: int) -> pb.Heartbeat:
        """Return the heartbeat of this moment."""
        account = self._spool.account()
        return pb.Heartbeat(
            node=self._node,
            instance=self._instance,
            start_time=_timestamp(self._started_us),
            send_time=_timestamp(now_us),
            clock_offset_us=self.offset_us,
            agent_version=self._version,
            epoch=account.epoch,
            produced_total=account.produced,
            drops=messages(account.drops),
            spooled_readings=account.waiting_readings,
            spooled_bytes=account.used_bytes,
            sequence=account.sequence,
            plan_generation=self._plan_generation(),
            interval_ms=int(self._interval_s * 1000),
        )

    def _measure(self, data: bytes, sent_us: int, back_us: int, elapsed_us: int) -> None:
        if abs((back_us - sent_us) - elapsed_us) > JUMP_US:
            self._counters.add("CLOCK_JUMPED")
            return
        reply = pb.HeartbeatReply()
        try:
            reply.ParseFromString(data)
        except DecodeError:
            reply.Clear()
        if not (reply.HasField("receive_time") and reply.HasField("reply_time")):
            self._counters.add("CLOCK_MALFORMED")
            return
        received_us, reply_us = _us(reply.receive_time), _us(reply.reply_time)
        offset_us = clock_offset_us(sent_us, received_us, reply_us, back_us)
        if offset_us is None:
            self._counters.add("CLOCK_TOO_FAR")
            return
        self._measured = _Measured(offset_us, back_us, self._clock.monotonic())


def _timestamp(time_us: int) -> Timestamp:
    seconds, rest_us = divmod(time_us, MICROSECONDS)
    return Timestamp(seconds=seconds, nanos=rest_us * 1000)


def _us(time: Timestamp) -> int:
    return int(time.seconds) * MICROSECONDS + int(time.nanos) // 1000
