"""The connection to NATS: by a signed user token, an inbox of one's own, reconnecting for ever.

How a user proves itself is a matter of this module alone (``_credentials``).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Final
from weakref import WeakKeyDictionary

import nats.errors
import structlog
from nats.aio.client import Client
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge

from services.plumbing.refusal import Unavailable
from tianfu import subjects

CONNECT_DEADLINE_S: Final = 60.0
"""The first connection: as long as a whole platform may take to come up."""

ATTEMPT_S: Final = 2
"""One attempt to connect: a server that is there answers in milliseconds."""

RECONNECT_WAIT_S: Final = 0.25
"""Between attempts: a restarted server is back in use at once, at four cheap attempts a second."""

PING_INTERVAL_S: Final = 10
"""A connection that is dead though the peer sent no FIN is noticed after two missed answers."""

PENDING_BYTES: Final = 8 * 1024 * 1024
"""Written, not yet sent: beyond it a publisher waits, or is refused while disconnected."""

CLOSE_S: Final = 5
"""For what is still to be sent at the end."""

RETRY_AFTER: Final = timedelta(seconds=5)
"""For whoever starts the process again."""

FOR_EVER: Final = -1

log = structlog.get_logger(__name__)


class NatsUnreachable(Unavailable):
    """No NATS server answered, or it did not let us in."""

    reason = "NATS_UNREACHABLE"


class LinkMetrics:
    """Counters of the connections of a process; one object a registry."""

    _of: ClassVar[WeakKeyDictionary[CollectorRegistry, LinkMetrics]] = WeakKeyDictionary()

    @classmethod
    def on(cls, registry: CollectorRegistry) -> LinkMetrics:
        """Return the counters on ``registry``, made at the first call."""
        found = cls._of.get(registry)
        if found is None:
            found = cls._of[registry] = cls(registry)
        return found

    def __init__(self, registry: CollectorRegistry) -> None:
        self.errors = Counter(
            "tianfu_nats_errors_total", "Errors of the NATS connection", ["kind"], registry=registry
        )
        self.reconnects = Counter(
            "tianfu_nats_reconnects_total", "Times the NATS connection came back", registry=registry
        )
        self.connected = Gauge(
            "tianfu_nats_connected", "Whether NATS is connected (1) or not (0)", registry=registry
        )


async def connect(
    url: str,
    credentials_file: Path,
    role: str,
    name: str,
    *,
    registry: CollectorRegistry = REGISTRY,
    on_closed: Callable[[], None] | None = None,
    deadline_s: float = CONNECT_DEADLINE_S,
) -> Client:
    """Connect as ``name`` in ``role`` ("service" or "node"); raise NatsUnreachable when late.

    ``url`` may be several, by commas. ``on_closed``: the server closed it for good, start anew.
    """
    link = Client()
    metrics = LinkMetrics.on(registry)
    kinds: set[str] = set()

    async def on_error(error: Exception) -> None:
        kind = _kind(error)
        kinds.add(kind)
        metrics.errors.labels(kind).inc()
        # Permission violations are bugs or attacks; the rest comes with every server restart.
        say = log.error if kind == "permission" else log.info
        say("nats error", kind=kind, text=str(error))

    async def on_disconnected() -> None:
        metrics.connected.set(0)
        log.warning("nats connection lost, reconnecting")

    async def on_reconnected() -> None:
        metrics.connected.set(1)
        metrics.reconnects.inc()
        log.info("nats connected again")

    async def on_close() -> None:
        metrics.connected.set(0)
        if on_closed is not None:
            on_closed()

    try:
        async with asyncio.timeout(deadline_s):
            await link.connect(
                url.split(","),
                name=f"{role}:{name}",
                error_cb=on_error,
                disconnected_cb=on_disconnected,
                reconnected_cb=on_reconnected,
                closed_cb=on_close,
                inbox_prefix=subjects.inbox_prefix(role, name),
                connect_timeout=ATTEMPT_S,
                reconnect_time_wait=RECONNECT_WAIT_S,  # type: ignore[arg-type]  # sleeps it
                max_reconnect_attempts=FOR_EVER,
                ping_interval=PING_INTERVAL_S,
                pending_size=PENDING_BYTES,
                **_credentials(credentials_file),
            )
    except (TimeoutError, OSError, nats.errors.Error):
        await close(link)
        hint = (
            f"it does not let in {role} {name!r}; are the credentials of its operator, and good?"
            if "authorisation" in kinds
            else f"no answer within {deadline_s:g} s; is nats-server running there?"
        )
        raise NatsUnreachable(f"NATS at {url}: {hint}", retry_after=RETRY_AFTER) from None
    except BaseException:
        await close(link)
        raise
    metrics.connected.set(1)
    return link


async def close(link: Client) -> None:
    """Send what is waiting, such as acknowledgements, and close; never raises, never hangs."""
    with contextlib.suppress(nats.errors.Error, OSError, TimeoutError):
        if link.is_connected:
            await link.flush(CLOSE_S)
    with contextlib.suppress(nats.errors.Error, OSError, TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            await link.close()
    # nats-py leaves its socket open when the peer went while it closed.
    transport: Any = link._transport  # noqa: SLF001 - no public way to it
    if transport is not None:
        with contextlib.suppress(Exception):
            transport.close()


def _credentials(file: Path) -> dict[str, Any]:
    """Return how to prove who we are. nats-py reads the file anew at each connect."""
    return {"user_credentials": str(file)}


def _kind(error: Exception) -> str:
    """Name an error by a word that is fit for a label: few, and stable."""
    text = str(error).lower()
    if "permissions violation" in text:
        return "permission"
    if isinstance(error, nats.errors.AuthorizationError) or "authorization" in text:
        return "authorisation"
    if isinstance(error, nats.errors.SlowConsumerError):
        return "slow_consumer"
    if isinstance(error, OSError | nats.errors.UnexpectedEOF | nats.errors.StaleConnectionError):
        return "connection"
    return "other"
