"""The link to NATS: one session after another, for ever.

Every connection is a new client with new subscriptions. nats-py's own reconnecting is off: it
buffers what is published while the server is away, and gives up for good on some errors; the spool
is the only buffer here, and nothing makes the agent give up.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import nats.errors
from nats.aio.client import Client

from edge.backoff import Backoff
from edge.clock import Clock
from edge.counters import Counters
from tianfu import subjects, tasks

NATS_PORT: Final = 4222
"""Of a server whose URL names none."""

CONNECT_TIMEOUT_S: Final = 5
"""A server that answers at all answers in much less, over any radio."""

PING_INTERVAL_S: Final = 15
"""With two missed answers a dead link is noticed within 45 s, at no traffic to speak of."""

RETRY_FIRST_S: Final = 0.25
"""A restarted server is found again at once."""

RETRY_MOST_S: Final = 30.0
"""A site that was cut off for a day is back within half a minute."""

CLOSE_TIMEOUT_S: Final = 2.0
"""What a goodbye to a server may take."""

STEADY_S: Final = 10.0
"""A session that lasted so long was a good one: the next attempt is quick again."""

RETURN_EVERY_S: Final = 30.0
"""On another server than the first of the list, it is asked so often whether the first is back."""

CHANGES_KEPT: Final = 50
"""Times that a session began or ended, remembered for whoever asks."""

CONNECTED: Final = "CONNECTED"
UNAUTHORIZED: Final = "NATS_UNAUTHORIZED"
REFUSED: Final = "the server does not take this node's credentials"

log = logging.getLogger(__name__)


class Session:
    """One connection, until it breaks."""

    def __init__(self, client: Client) -> None:
        """Take a connected client."""
        self.client = client
        self._on_denied: list[Callable[[str], None]] = []

    def on_denied(self, callback: Callable[[str], None]) -> None:
        """Call ``callback`` with the server's words when a permission is missing."""
        self._on_denied.append(callback)

    def denied(self, message: str) -> None:
        """Tell who asked that a permission is missing."""
        for callback in self._on_denied:
            callback(message)


@dataclass(frozen=True, slots=True)
class Change:
    """A session began, or there is none for another reason than before."""

    time_us: int
    reason: str
    server: str


Work = Callable[[Session], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Access:
    """Where NATS is, the first address before the others, and what proves who we are.

    Credentials are a ``.creds`` file, or the files of token and seed, read at each connect.
    """

    urls: tuple[str, ...]
    credentials: Path | tuple[str, str] | None = None


class Link:
    """Keeps a session open and the given work running on it."""

    def __init__(
        self,
        node: subjects.NodeId,
        access: Access,
        *,
        clock: Clock,
        counters: Counters,
        jitter: Callable[[], float],
        return_every_s: float = RETURN_EVERY_S,
    ) -> None:
        """Take where the servers are and who this node is to them."""
        self._return_every_s = return_every_s
        self._node = node
        self._access = access
        self._turn = 0
        self._leave = asyncio.Event()
        self._clock = clock
        self._counters = counters
        self._jitter = jitter
        self.is_connected = False
        self.sessions = 0
        self.history: deque[Change] = deque(maxlen=CHANGES_KEPT)
        self.reason = "CONNECTING"
        self.message = ""

    @property
    def url(self) -> str:
        """The server of this session, or of the next attempt."""
        return self._access.urls[self._turn % len(self._access.urls)]

    @property
    def _is_elsewhere(self) -> bool:
        """Whether this is not the server that was named first: the nearest."""
        return self._turn % len(self._access.urls) != 0

    async def _until_first_is_back(self) -> None:
        """Leave this server once the first one takes connections again."""
        parts = urlsplit(self._access.urls[0])
        while True:
            await asyncio.sleep(self._return_every_s)
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT_S):
                    _, writer = await asyncio.open_connection(
                        parts.hostname, parts.port or NATS_PORT
                    )
            except (OSError, TimeoutError):
                continue
            writer.close()
            log.info("the nearest server is back", extra={"server": self._access.urls[0]})
            self._turn = 0
            self._leave.set()
            return

    def use(self, access: Access) -> None:
        """Go by other addresses or credentials from now on: the session is opened anew, at once."""
        self._access = access
        self._turn = 0
        self._leave.set()

    async def probe(self) -> bool:
        """Connect once and leave; tell whether that went well. ``reason`` says why it did not."""

        async def leave(session: Session) -> None:
            await session.client.flush(CONNECT_TIMEOUT_S)
            self._leave.set()

        return await self._session([leave]) and self._leave.is_set()

    async def run(self, works: Sequence[Work]) -> None:
        """Connect for ever; on each session run ``works`` until it breaks."""
        backoff = Backoff(RETRY_FIRST_S, RETRY_MOST_S)
        while True:
            began = self._clock.monotonic()
            self._leave.clear()
            was_there = await self._session(works)
            if self._leave.is_set():
                continue
            if not was_there:
                self._turn += 1  # the next one, and round again
            if self._clock.monotonic() - began > STEADY_S:
                backoff.reset()
            await asyncio.sleep(backoff.next_s(self._jitter()))

    async def _session(self, works: Sequence[Work]) -> bool:
        """Run the works on one connection until it breaks; tell whether there was one."""
        client = Client()
        try:
            return await self._session_of(client, works)
        finally:
            # Also when the agent stops in the middle of connecting: the socket is there by then.
            await _close(client)

    async def _session_of(self, client: Client, works: Sequence[Work]) -> bool:
        session = Session(client)
        broken = asyncio.Event()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._connect(client, session, broken)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing makes the agent give up
            self._down(*_reason_of(error))
            return False
        self.is_connected, self.reason, self.message = True, "", ""
        self.sessions += 1
        self.history.append(Change(self._clock.wall_us(), CONNECTED, self.url))
        log.info("connected", extra={"server": self.url})
        try:
            await self._until_broken(session, works, broken)
            if self._leave.is_set():
                self._down("RECONNECTING", "with other credentials or another server")
            else:
                self._down("LINK_LOST", "the connection broke")
        finally:
            if self.is_connected:
                self.is_connected, self.reason = False, "STOPPED"
        return True

    async def _connect(self, client: Client, session: Session, broken: asyncio.Event) -> None:
        async def on_error(error: Exception) -> None:
            text = str(error)
            if "permissions violation" in text.lower():
                self._counters.add("PERMISSION_DENIED")
                log.error(
                    "the server denies a permission",
                    extra={"reason": "PERMISSION_DENIED", "detail": text},
                )
                session.denied(text)

        async def on_closed() -> None:
            broken.set()

        options: dict[str, Any] = {}
        credentials = self._access.credentials
        if credentials is not None:
            files = credentials if isinstance(credentials, tuple) else str(credentials)
            options["user_credentials"] = files
        await client.connect(
            self.url,
            name=f"node:{self._node}",
            inbox_prefix=subjects.inbox_prefix("node", self._node),
            allow_reconnect=False,
            # One try, without a pause inside the client: the pauses are made here, with jitter.
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=CONNECT_TIMEOUT_S,
            ping_interval=PING_INTERVAL_S,
            error_cb=on_error,
            closed_cb=on_closed,
            disconnected_cb=on_closed,
            **options,
        )

    async def _until_broken(
        self, session: Session, works: Sequence[Work], broken: asyncio.Event
    ) -> None:
        """Run the works; one that ends, ends only itself, one that fails breaks the session."""
        running = [asyncio.ensure_future(work(session)) for work in works]
        if self._is_elsewhere:
            running.append(asyncio.ensure_future(self._until_first_is_back()))
        watch = asyncio.ensure_future(broken.wait())
        leave = asyncio.ensure_future(self._leave.wait())
        pending: set[asyncio.Future[Any]] = {watch, leave, *running}
        try:
            while not (watch.done() or leave.done()):
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                ended = [task for task in done if task.cancelled() or task.exception()]
                for task in ended:
                    # The client cancels what waits for an answer when it closes.
                    if not task.cancelled():
                        self._work_failed(task.exception())
                if ended:
                    return
        finally:
            await tasks.end([watch, leave, *running])

    def _work_failed(self, error: BaseException | None) -> None:
        if isinstance(error, (OSError, nats.errors.Error)):
            log.info("session ends", extra={"detail": repr(error)})
            return
        # A bug. The readings go on into the spool, and the next session may do better.
        self._counters.add("LINK_WORK_FAILED")
        log.critical(
            "a task of the link failed", exc_info=error, extra={"reason": "LINK_WORK_FAILED"}
        )

    def _down(self, reason: str, message: str) -> None:
        if self.is_connected or reason != self.reason:
            self.history.append(Change(self._clock.wall_us(), reason, self.url))
            log.warning("not connected", extra={"reason": reason, "detail": message})
        self._counters.add(reason)
        self.is_connected, self.reason, self.message = False, reason, message


def _reason_of(error: BaseException) -> tuple[str, str]:
    if isinstance(error, nats.errors.AuthorizationError):
        return UNAUTHORIZED, REFUSED
    if isinstance(error, nats.errors.NoServersError):
        return "NATS_UNREACHABLE", "no server answers"
    if isinstance(error, TimeoutError):
        return "NATS_UNREACHABLE", f"no answer within {CONNECT_TIMEOUT_S} s"
    text = str(error)
    if "authorization" in text.lower() or "authentication" in text.lower():
        return UNAUTHORIZED, REFUSED
    return "NATS_UNREACHABLE", text or repr(error)


async def _close(client: Client) -> None:
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await client.close()
    except (OSError, nats.errors.Error, TimeoutError, AttributeError):
        # AttributeError: a client that never connected has nothing to close.
        log.debug("no goodbye", exc_info=True)
    finally:
        # nats-py leaves its socket open when the peer went, or turned us out, while it closed.
        transport: Any = client._transport  # noqa: SLF001 - no public way to it
        if transport is not None:
            transport.close()
