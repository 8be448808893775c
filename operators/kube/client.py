"""The only module that speaks to the Kubernetes API. Each request has a deadline and is counted.

What the server can't answer now (429, 5xx, a broken connection) is tried again a few times, as late
as the server wishes; all that operators write is the same the second time, or ends in a Conflict.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any, Final, Self

import aiohttp

from operators.clock import system_clock
from operators.kube.connection import Connection
from operators.kube.failures import ApiError, Unavailable, error_of
from operators.kube.kinds import Kind
from operators.kube.measures import Measures
from operators.kube.server_clock import ServerClock

REQUEST_S: Final = 15.0
ATTEMPTS: Final = 4
BACKOFF_S: Final = (0.2, 0.5, 1.0)
RETRY_AFTER_MAX_S: Final = 5.0
CONNECTIONS: Final = 64
"""At once. Watches take one each; the rest is more than one API server answers well."""

LIST_PAGE: Final = 500
WATCH_SERVER_S: Final = 290
"""The server ends a watch after this; it is begun anew where it ended."""

WATCH_SILENCE_S: Final = 75.0
"""Bookmarks come every 60 s, so silence this long means a dead connection."""

KEEP_S: Final = 30.0
READ_BUFFER: Final = 256 * 1024
LINE_MAX: Final = 4 * 1024 * 1024
"""Bytes of one watch event: etcd takes objects of 1.5 MiB."""

CLOSE_S: Final = 5.0
"""Until who was told that a TLS connection ends has said so too."""

CLOSE_POLL_S: Final = 0.01

APPLY: Final = "application/apply-patch+yaml"
MERGE: Final = "application/merge-patch+json"
JSON: Final = "application/json"

log = logging.getLogger("tianfu.operators.client")


class Sockets:
    """The sockets of sessions, to wait until they are gone.

    aiohttp's ``close`` does not wait for what was released before, such as a watch that was broken
    off: over TLS that lives until the server has answered.
    """

    def __init__(self) -> None:
        self._made: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def session(self, connection: Connection, **more: Any) -> aiohttp.ClientSession:
        """Return a session with one API server; whoever has it closes it."""
        tls = connection.tls()
        connector = aiohttp.TCPConnector(
            limit=CONNECTIONS,
            ssl=True if tls is None else tls,
            keepalive_timeout=KEEP_S,
            socket_factory=self._make,
        )
        return aiohttp.ClientSession(connector=connector, read_bufsize=READ_BUFFER, **more)

    def _make(self, address: Any) -> socket.socket:
        family, kind, protocol, *_ = address
        made = socket.socket(family, kind, protocol)
        self._made.add(made)
        return made

    async def gone(self) -> None:
        """Wait until all are closed, for so long as a server may take to say goodbye."""
        try:
            async with asyncio.timeout(CLOSE_S):
                while any(one.fileno() >= 0 for one in self._made):  # noqa: ASYNC110 - a socket tells nobody
                    await asyncio.sleep(CLOSE_POLL_S)
        except TimeoutError:
            log.warning("connections to the API server did not end in %s s", CLOSE_S)


class Client:
    """A connection to an API server; use it as a context."""

    def __init__(self, connection: Connection, measures: Measures) -> None:
        self._connection = connection
        self._measures = measures
        self._sockets = Sockets()
        self.server_clock = ServerClock()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open."""
        self._session = self._sockets.session(self._connection)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        if self._session is not None:
            await self._session.close()
            await self._sockets.gone()

    async def request(
        self,
        method: str,
        kind: Kind,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        content: str = JSON,
    ) -> dict[str, Any]:
        """Return the answer; raise an ApiError."""
        for attempt in range(ATTEMPTS):
            try:
                return await self._once(method, kind, path, params, body, content)
            except Unavailable as error:
                if attempt == ATTEMPTS - 1:
                    raise
                wish = min(error.retry_after_s, RETRY_AFTER_MAX_S)
                await asyncio.sleep(max(wish, BACKOFF_S[attempt]))
        raise AssertionError("not reached")

    async def _once(
        self,
        method: str,
        kind: Kind,
        path: str,
        params: Mapping[str, str] | None,
        body: Any,
        content: str,
    ) -> dict[str, Any]:
        began, status = time.monotonic(), "none"
        try:
            async with self._open().request(
                method,
                self._connection.server + path,
                params=params,
                data=None if body is None else json.dumps(body, separators=(",", ":")),
                headers={"Content-Type": content, "Accept": JSON, **self._connection.headers()},
                timeout=aiohttp.ClientTimeout(total=REQUEST_S),
            ) as answer:
                status = str(answer.status)
                self.server_clock.heard(answer.headers.get("Date", ""), system_clock())
                raw = await answer.read()
                if answer.status >= HTTPStatus.BAD_REQUEST:
                    raise _error(answer, raw, f"{method} {path}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"{method} {path}: {type(error).__name__}: {error}") from error
        finally:
            self._measures.requests.labels(method, kind.name, status).inc()
            self._measures.request_seconds.labels(method).observe(time.monotonic() - began)
        parsed: dict[str, Any] = json.loads(raw)
        return parsed

    async def get(self, kind: Kind, namespace: str, name: str) -> dict[str, Any]:
        """Return an object; raise NotFound."""
        return await self.request("GET", kind, kind.path(namespace, name))

    async def pages(
        self, kind: Kind, namespace: str = "", selector: str = ""
    ) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
        """Yield the objects there are in pages, each with the resourceVersion of the list."""
        params = {"limit": str(LIST_PAGE)}
        if selector:
            params["labelSelector"] = selector
        while True:
            answer = await self.request("GET", kind, kind.path(namespace), params=params)
            metadata = answer["metadata"]
            yield metadata["resourceVersion"], answer.get("items") or []
            if not metadata.get("continue"):
                return
            params["continue"] = metadata["continue"]

    async def watch(
        self, kind: Kind, since: str, namespace: str = "", selector: str = ""
    ) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        """Yield changes as (type, object) until the server ends it; raise Expired or Unavailable.

        Bookmarks come along, as type BOOKMARK: they move the place to go on from.
        """
        params = {
            "watch": "true",
            "resourceVersion": since,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(WATCH_SERVER_S),
        }
        if selector:
            params["labelSelector"] = selector
        path = kind.path(namespace)
        timeout = aiohttp.ClientTimeout(
            total=WATCH_SERVER_S + 30, sock_connect=REQUEST_S, sock_read=WATCH_SILENCE_S
        )
        try:
            async with self._open().get(
                self._connection.server + path,
                params=params,
                headers={"Accept": JSON, **self._connection.headers()},
                timeout=timeout,
            ) as answer:
                self._measures.requests.labels("WATCH", kind.name, str(answer.status)).inc()
                if answer.status >= HTTPStatus.BAD_REQUEST:
                    raise _error(answer, await answer.read(), f"WATCH {path}")
                async for line in _lines(answer.content):
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        said = event["object"]
                        raise error_of(
                            int(said.get("code") or HTTPStatus.INTERNAL_SERVER_ERROR),
                            str(said.get("reason", "")),
                            f"WATCH {path}: {said.get('message', '')}",
                        )
                    yield event["type"], event["object"]
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"WATCH {path}: {type(error).__name__}: {error}") from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise AssertionError("the client is used outside of its context")
        return self._session


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Yield lines of any length up to a bound; StreamReader's own are bounded far lower."""
    rest = b""
    async for chunk in content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line:
                yield line
        if len(rest) > LINE_MAX:
            raise Unavailable(f"an event of a watch has more than {LINE_MAX} bytes")


def _error(answer: aiohttp.ClientResponse, raw: bytes, what: str) -> ApiError:
    """Return the error for an answer, whether it is a Status or a proxy's page."""
    reason, message = "", raw[:200].decode("utf-8", "replace")
    try:
        said = json.loads(raw)
        reason, message = str(said.get("reason", "")), str(said.get("message", message))
    except (ValueError, AttributeError):
        reason = "NotJson"
    wish = answer.headers.get("Retry-After", "")
    seconds = float(wish) if wish.isdecimal() else 0.0
    return error_of(answer.status, reason, f"{what}: {message}", seconds)
