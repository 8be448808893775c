"""Take what devices publish to an MQTT broker: one session that outlives connections, QoS 1.

The broker keeps what comes while we are away (a session by client id, not clean), and each message
until its values are on our disk: only then it is acknowledged. What it retained from before we came
is marked stale: nobody can tell how old it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import aiomqtt

from edge.driver_settings import SeriesSettings
from edge.drivers import mqtt_payload
from edge.drivers.driver import DriverFailed
from edge.drivers.mqtt_payload import BadPayload
from edge.meter_settings import MqttSource, Topic
from edge.reading import Quality, RawValue
from tianfu import tasks

AT_LEAST_ONCE: Final = 1
WAITING_MAX: Final = 100_000
"""Values not yet read: a minute of what a large broker sends; beyond it new ones are refused."""
REJECTED_MAX: Final = 1_000
PRESSING: Final = 16
"""Messages not acknowledged at which they are read and stored at once: brokers send no more than 20
(mosquitto's max_inflight_messages) before the first is acknowledged."""


class MqttDriver:
    """One client of one broker."""

    def __init__(
        self, source: MqttSource, series: Iterable[SeriesSettings], timeout_s: float
    ) -> None:
        """Take where the broker is and which topics are which series."""
        self._source = source
        self._timeout_s = timeout_s
        self._topics: dict[str, list[tuple[str, Topic]]] = {}
        for one in series:
            if one.topic is not None:
                self._topics.setdefault(one.topic.name, []).append((one.id, one.topic))
        self._client: aiomqtt.Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiting: list[RawValue] = []
        self._rejected: list[BadPayload] = []
        self._lost = ""
        self._reads = 0
        self._taken: list[int] = []  # messages whose values wait to be read
        self._unsettled: dict[int, list[int]] = {}
        self._press: Callable[[], None] = _nothing

    async def connect(self) -> None:
        """Connect and subscribe; whoever calls decides when to try again."""
        await self.close()
        source = self._source
        client = aiomqtt.Client(
            source.host,
            source.port,
            username=source.user or None,
            password=source.password or None,
            identifier=source.client_id,
            clean_session=False,
            timeout=self._timeout_s,
            tls_context=ssl.create_default_context() if source.is_tls else None,
            logger=logging.getLogger(__name__),
        )
        # aiomqtt has no way to acknowledge later; paho-mqtt below it has.
        client._client.manual_ack_set(True)  # noqa: SLF001 - as said above
        try:
            await client.__aenter__()
            self._client = client
            for topic in self._topics:
                await client.subscribe(topic, qos=AT_LEAST_ONCE)
        except (aiomqtt.MqttError, OSError) as error:
            await self.close()
            raise self._failed("MQTT_UNREACHABLE", str(error)) from error
        self._lost = ""
        self._task = asyncio.create_task(self._listen(client))

    async def read(self, series: Sequence[str]) -> list[RawValue]:  # noqa: ARG002 - see below
        """Return what was published since the last call.

        Of every series, due or not: what has come does not come again. Raises DriverFailed when the
        broker is gone, or for the first message refused since, once no value is waiting.
        """
        found, self._waiting = self._waiting, []
        taken, self._taken = self._taken, []
        self._reads += 1
        if found:
            self._unsettled[self._reads] = taken
            return found
        self._acknowledge(taken)  # there is nothing in them to be kept
        if self._rejected:
            first = self._rejected.pop(0)
            raise self._failed(first.reason, str(first))
        if self._task is None or self._task.done():
            raise self._failed("MQTT_UNREACHABLE", self._lost or "not connected")
        return []

    def handed_over(self) -> int:
        """Return the number of the last read."""
        return self._reads

    async def settle(self, number: int, *, is_kept: bool) -> None:
        """Acknowledge the messages of a read; what was lost comes again on a new connection."""
        messages = self._unsettled.pop(number, [])
        if is_kept:
            self._acknowledge(messages)
        elif messages:
            self._lost = "not kept, and asked for again"
            if self._task is not None:
                self._task.cancel()

    def when_pressing(self, call: Callable[[], None]) -> None:
        """Have ``call`` called when the broker is about to send no more."""
        self._press = call

    async def close(self) -> None:
        """Leave the broker; the session stays there, and what was not acknowledged."""
        self._taken.clear()
        self._unsettled.clear()
        self._waiting.clear()
        task, self._task = self._task, None
        client, self._client = self._client, None
        if task is not None:
            await tasks.end([task])
        if client is not None:
            with contextlib.suppress(aiomqtt.MqttError, OSError):  # it is left all the same
                await client.__aexit__(None, None, None)

    async def _listen(self, client: aiomqtt.Client) -> None:
        try:
            async for message in client.messages:
                self._take(message)
                if message.qos >= AT_LEAST_ONCE:
                    self._taken.append(message.mid)
                    unsettled = sum(map(len, self._unsettled.values()))
                    if len(self._taken) + unsettled >= PRESSING:
                        self._press()
        except aiomqtt.MqttError as error:
            self._lost = str(error)

    def _take(self, message: aiomqtt.Message) -> None:
        quality = Quality.STALE if message.retain else Quality.GOOD
        for series, topic in self._topics.get(str(message.topic), ()):
            try:
                if len(self._waiting) >= WAITING_MAX:
                    raise BadPayload("MQTT_BUSY", f"{WAITING_MAX} values wait to be read")  # noqa: TRY301 - one place counts
                value, time_us = mqtt_payload.parse(message.payload, topic.field, topic.time_field)
                self._waiting.append(RawValue(series, value, quality, time_us))
            except BadPayload as error:
                if len(self._rejected) < REJECTED_MAX:
                    self._rejected.append(BadPayload(error.reason, f"{message.topic}: {error}"))

    def _acknowledge(self, messages: list[int]) -> None:
        if self._client is not None:
            for mid in messages:
                self._client._client.ack(mid, AT_LEAST_ONCE)  # noqa: SLF001 - as in connect

    def _failed(self, reason: str, message: str) -> DriverFailed:
        return DriverFailed(reason, f"{self._source.host}:{self._source.port}: {message}")


def _nothing() -> None:
    """Do nothing."""
