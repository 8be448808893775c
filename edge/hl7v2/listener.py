"""The MLLP port of a node: messages in, answers out, in order for each connection.

An answer AA goes out after the message is on the disk, and not before. Messages of many
connections share a commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from edge.clock import Clock
from edge.counters import Counters
from edge.hl7_settings import Hl7Settings
from edge.hl7v2 import fields, message
from edge.hl7v2.acknowledgement import acknowledge
from edge.hl7v2.fields import Code, Refused
from edge.hl7v2.framing import Framer, FrameTooLong, frame
from edge.hl7v2.message import Header
from edge.link import Work
from edge.message_store import Incoming, Kept, MessageStore
from edge.tracing import Tracer
from edge.uplink import Route, Uplink
from tianfu import subjects, tasks

CONTENT_TYPE: Final = "application/x-protobuf; type=tianfu.healthcare.v1.ClinicalMessage"

CONNECTIONS_MAX: Final = 64
"""A hospital's interface engine has one, a ward's devices some tens."""

MESSAGE_S_MAX: Final = 30.0
"""From a message's first byte to its last: a sender that stops in the middle is let go."""

READ_BYTES: Final = 64 << 10

COMMIT_MESSAGES_MAX: Final = 64
"""Messages of one commit: at a hundred commits a second on a slow card, thousands a second."""

SEND_RETRY_MOST_S: Final = 5.0
"""A result waits for a person; it is tried again sooner than a reading."""

MICROSECONDS: Final = 1_000_000

log = logging.getLogger(__name__)


@dataclass
class ListenerState:
    """What there is to say of the port."""

    connections: int = 0
    taken: int = 0
    repeated: int = 0
    refused: int = 0
    address: str = ""


class Hl7Listener:
    """Takes messages for one node and sends them on."""

    def __init__(
        self,
        settings: Hl7Settings,
        node: subjects.NodeId,
        store: MessageStore,
        *,
        clock: Clock,
        counters: Counters,
        tracer: Tracer,
        jitter: Callable[[], float],
    ) -> None:
        """Take the store that messages go through."""
        self._settings = settings
        self._node = node
        self._store = store
        self._clock = clock
        self._counters = counters
        route = Route(
            subjects.clinical(node),
            CONTENT_TYPE,
            "healthcare",
            store.message_id,
            SEND_RETRY_MOST_S,
        )
        self._uplink = Uplink(
            node, store, clock=clock, counters=counters, tracer=tracer, jitter=jitter, route=route
        )
        self.works: tuple[Work, ...] = (self._uplink.run,)
        self.state = ListenerState()
        self._waiting: asyncio.Queue[tuple[Incoming, asyncio.Future[Kept]]] = asyncio.Queue(
            COMMIT_MESSAGES_MAX
        )
        self._answers = 0
        self.is_listening = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled."""
        storing = asyncio.create_task(self._keep_all(), name="clinical store")
        try:
            server = await asyncio.start_server(
                self._serve, self._settings.host, self._settings.port, limit=READ_BYTES
            )
            async with server:
                host, port = server.sockets[0].getsockname()[:2]
                self.state.address = f"{host}:{port}"
                self.is_listening.set()
                await asyncio.wait([storing])
                storing.result()  # it never ends but by an error
        finally:
            await tasks.end([storing])

    @property
    def is_sent(self) -> bool:
        """Return whether nothing waits to be sent."""
        return bool(self._store.waiting == 0)

    async def close(self) -> None:
        """Close the store, when nothing runs any more."""
        await self._store.close()

    def status(self) -> dict[str, Any]:
        """Return what there is to say of the port now."""
        sent = self._uplink.state
        return {
            "address": self.state.address,
            "connections": self.state.connections,
            "taken": self.state.taken,
            "repeated": self.state.repeated,
            "refused": self.state.refused,
            "waiting": self._store.waiting,
            "waiting_bytes": self._store.waiting_bytes,
            "sent": sent.acknowledged,
            "reason": sent.reason,
            "message": sent.message,
        }

    # -- a connection ----------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.state.connections >= CONNECTIONS_MAX:
            self._counters.add("HL7_CONNECTIONS_FULL")
            writer.close()
            return
        self.state.connections += 1
        try:
            await self._converse(reader, writer)
        except (FrameTooLong, TimeoutError) as error:
            self._counters.add(getattr(error, "reason", "HL7_MESSAGE_UNFINISHED"))
            log.warning("HL7 connection closed", extra={"detail": type(error).__name__})
        except ConnectionError:
            self._counters.add("HL7_CONNECTION_LOST")
        finally:
            self.state.connections -= 1
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        framer = Framer()
        until: float | None = None
        while True:
            if not framer.is_open:
                until = None
            elif until is None:
                until = self._clock.monotonic() + MESSAGE_S_MAX
            async with asyncio.timeout(
                None if until is None else max(0.0, until - self._clock.monotonic())
            ):
                data = await reader.read(READ_BYTES)
            if not data:
                return
            for found in framer.feed(data):
                until = None
                writer.write(frame(await self.take(found)))
                await writer.drain()

    # -- a message -------------------------------------------------------------------------------

    async def take(self, data: bytes) -> bytes:
        """Take one message and return the answer to it."""
        header, refused = Header(), None
        try:
            segments = fields.parse(data)
            header = message.header_of(segments)
            received = self._clock.wall_us()
            found = message.read(segments, self._node, self._settings.zone, received)
            name = (found.sending_application, found.sending_facility, found.control_id)
            await self._keep(Incoming(name, data, found.SerializeToString()))
        except Refused as error:
            refused = error
            self.state.refused += 1
            self._counters.add("HL7_REFUSED")
            log.warning(
                "HL7 message refused", extra={"location": error.location, "code": error.code}
            )
        self._answers += 1
        now = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=self._clock.wall_us())
        return acknowledge(header, refused, self._answers, now)

    async def _keep(self, incoming: Incoming) -> None:
        """Return when a message is on the disk; raise Refused when it is not."""
        future: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        await self._waiting.put((incoming, future))
        match await future:
            case Kept.NEW:
                self.state.taken += 1
                self._uplink.notify()
            case Kept.KNOWN:
                self.state.repeated += 1
            case Kept.OTHER:
                raise Refused(
                    "MSH^1^10", Code.TABLE_VALUE, "another message had this id; draw a new one"
                )
            case Kept.FULL:
                self._counters.add("HL7_STORE_FULL")
                raise Refused(
                    "MSH", Code.INTERNAL, "there is no room now; send it again", rejects=True
                )

    async def _keep_all(self) -> None:
        """Store what waits, as much as there is by one commit."""
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < COMMIT_MESSAGES_MAX and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            kept = await self._store.keep([incoming for incoming, _ in batch])
            for (_, future), what in zip(batch, kept, strict=True):
                if not future.done():
                    future.set_result(what)
