"""How calls are made: channel, token, deadline, repetition, pages, and watches that resume.

Every call has a deadline. What can be repeated without doing anything twice is, when the service
can't be reached: reads, and requests with an id, which the client makes when none is given.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import grpc
from google.protobuf.message import Message

from tianfu.client.errors import CallError, call_error

DEADLINE_S: Final = 10.0
"""Of a call that says nothing else."""

STREAM_DEADLINE_S: Final = 3600.0
"""Of a stream: a watch is a call too, and is taken up again where it ended."""

ATTEMPTS: Final = 4
"""Of a call that may be repeated; the waits between them are 0.1, 0.2 and 0.4 s at most."""

FIRST_WAIT_S: Final = 0.1
LONGEST_WAIT_S: Final = 30.0
"""Between attempts to take a watch up again. Waits are drawn below their bound, so that clients
of a service that returns do not all come at once."""

KEEPALIVE_MS: Final = 60_000
"""How often a silent connection is tried, so that one that is dead is noticed."""

RESUMABLE: Final = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.INTERNAL,
    }
)
"""How a stream ends that is worth taking up again."""

READING: Final = ("Get", "List", "Query", "Search", "Evaluate", "Watch", "Export", "Check")
OPTIONS: Final = (
    ("grpc.keepalive_time_ms", KEEPALIVE_MS),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
)

Token = str | Callable[[], str] | None
"""A bearer token, or what returns one that is good now."""


def request(kind: type[Message], fields: Mapping[str, Any]) -> Any:
    """Return a request with the fields that were given, times and masks as Python has them."""
    made = kind()
    for name, value in fields.items():
        if value is not None:
            _set(made, name, value)
    if "request_id" in made.DESCRIPTOR.fields_by_name and not getattr(made, "request_id"):  # noqa: B009 - a field by its name
        setattr(made, "request_id", str(uuid.uuid4()))  # noqa: B010 - as above
    return made


def _set(message: Message, name: str, value: Any) -> None:
    field = message.DESCRIPTOR.fields_by_name[name]
    if isinstance(value, datetime):
        getattr(message, name).FromDatetime(value)
    elif isinstance(value, timedelta):
        getattr(message, name).FromTimedelta(value)
    elif field.message_type is not None and field.message_type.name == "FieldMask":
        paths = value.split(",") if isinstance(value, str) else list(value)
        getattr(message, name).paths.extend(paths)
    elif field.message_type is not None and field.message_type.GetOptions().map_entry:
        getattr(message, name).update(value)
    elif field.is_repeated:
        getattr(message, name).extend(value)
    elif field.message_type is not None:
        getattr(message, name).CopyFrom(value)
    elif field.enum_type is not None and isinstance(value, str):
        setattr(message, name, field.enum_type.values_by_name[value].number)
    else:
        setattr(message, name, value)


def repeatable(method: Any, sent: Message) -> bool:
    """Say whether a call may be made again without doing anything twice."""
    name = bytes(method._method).decode().rpartition("/")[2]  # noqa: SLF001 - grpc tells it nowhere else
    return name.startswith(READING) or bool(getattr(sent, "request_id", ""))


class _Settings:
    """What both kinds of channel have in common."""

    def __init__(self, token: Token, timeout_s: float) -> None:
        self._token = token
        self._timeout_s = timeout_s

    def _given(self, timeout_s: float | None, default: float | None = None) -> dict[str, Any]:
        token = self._token() if callable(self._token) else self._token
        metadata = () if token is None else (("authorization", f"Bearer {token}"),)
        seconds = timeout_s if timeout_s is not None else (default or self._timeout_s)
        return {"timeout": seconds, "metadata": metadata}


class Channel(_Settings):
    """A connection to a service, for calls that wait. Closed by ``with`` or ``close``."""

    def __init__(
        self,
        address: str,
        *,
        token: Token = None,
        ca_file: str | Path | None = None,
        tls: bool = True,
        timeout_s: float = DEADLINE_S,
    ) -> None:
        """Connect to HOST:PORT; ``ca_file`` is whom to believe, without it the system's."""
        super().__init__(token, timeout_s)
        self.grpc: grpc.Channel = (
            grpc.secure_channel(address, _credentials(ca_file), OPTIONS)
            if tls
            else grpc.insecure_channel(address, OPTIONS)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.grpc.close()

    def unary(self, method: Any, sent: Message, timeout_s: float | None) -> Any:
        """Call, again if that does no harm; raise CallError."""
        for wait in _waits(repeatable(method, sent)):
            try:
                return method(sent, **self._given(timeout_s))
            except grpc.RpcError as error:
                found = call_error(error)
                if wait is None or found.code is not grpc.StatusCode.UNAVAILABLE:
                    raise found from error
                time.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def pages(self, method: Any, sent: Any, field: str, timeout_s: float | None) -> Iterator[Any]:
        """Yield what is on all pages."""
        while True:
            page = self.unary(method, sent, timeout_s)
            yield from getattr(page, field)
            if not page.next_page_token:
                return
            sent.page_token = page.next_page_token

    def stream(self, method: Any, sent: Message, timeout_s: float | None) -> Iterator[Any]:
        """Yield the messages of a stream; raise CallError."""
        try:
            yield from method(sent, **self._given(timeout_s, STREAM_DEADLINE_S))
        except grpc.RpcError as error:
            raise call_error(error) from error

    def resumed(self, method: Any, sent: Any, timeout_s: float | None) -> Iterator[Any]:
        """Yield the messages of a watch, which goes on when its connection is lost."""
        pause = _Pause()
        while True:
            try:
                for message in self.stream(method, sent, timeout_s):
                    yield message
                    sent.resume_token = message.resume_token or sent.resume_token
                    pause.over()
            except CallError as error:
                if error.code not in RESUMABLE:
                    raise
                time.sleep(pause.next())

    def send(self, method: Any, requests: Iterable[Message], timeout_s: float | None) -> Any:
        """Send a stream and return its answer; raise CallError."""
        try:
            return method(iter(requests), **self._given(timeout_s, STREAM_DEADLINE_S))
        except grpc.RpcError as error:
            raise call_error(error) from error


class AsyncChannel(_Settings):
    """A connection to a service, for calls that are awaited. Closed by ``async with``."""

    def __init__(
        self,
        address: str,
        *,
        token: Token = None,
        ca_file: str | Path | None = None,
        tls: bool = True,
        timeout_s: float = DEADLINE_S,
    ) -> None:
        """Connect to HOST:PORT; ``ca_file`` is whom to believe, without it the system's."""
        super().__init__(token, timeout_s)
        self.grpc: grpc.aio.Channel = (
            grpc.aio.secure_channel(address, _credentials(ca_file), OPTIONS)
            if tls
            else grpc.aio.insecure_channel(address, OPTIONS)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection."""
        await self.grpc.close()

    async def unary(self, method: Any, sent: Message, timeout_s: float | None) -> Any:
        """Call, again if that does no harm; raise CallError."""
        for wait in _waits(repeatable(method, sent)):
            try:
                return await method(sent, **self._given(timeout_s))
            except grpc.RpcError as error:
                found = call_error(error)
                if wait is None or found.code is not grpc.StatusCode.UNAVAILABLE:
                    raise found from error
                await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    async def pages(
        self, method: Any, sent: Any, field: str, timeout_s: float | None
    ) -> AsyncIterator[Any]:
        """Yield what is on all pages."""
        while True:
            page = await self.unary(method, sent, timeout_s)
            for item in getattr(page, field):
                yield item
            if not page.next_page_token:
                return
            sent.page_token = page.next_page_token

    async def stream(
        self, method: Any, sent: Message, timeout_s: float | None
    ) -> AsyncIterator[Any]:
        """Yield the messages of a stream; raise CallError."""
        try:
            async for message in method(sent, **self._given(timeout_s, STREAM_DEADLINE_S)):
                yield message
        except grpc.RpcError as error:
            raise call_error(error) from error

    async def resumed(self, method: Any, sent: Any, timeout_s: float | None) -> AsyncIterator[Any]:
        """Yield the messages of a watch, which goes on when its connection is lost."""
        pause = _Pause()
        while True:
            try:
                async for message in self.stream(method, sent, timeout_s):
                    yield message
                    sent.resume_token = message.resume_token or sent.resume_token
                    pause.over()
            except CallError as error:
                if error.code not in RESUMABLE:
                    raise
                await asyncio.sleep(pause.next())

    async def send(
        self, method: Any, requests: AsyncIterable[Message], timeout_s: float | None
    ) -> Any:
        """Send a stream and return its answer; raise CallError."""
        try:
            return await method(requests, **self._given(timeout_s, STREAM_DEADLINE_S))
        except grpc.RpcError as error:
            raise call_error(error) from error


class _Pause:
    """Waits between attempts, each drawn below a bound that doubles."""

    def __init__(self) -> None:
        self._bound = FIRST_WAIT_S

    def over(self) -> None:
        """Begin with short waits again."""
        self._bound = FIRST_WAIT_S

    def next(self) -> float:
        """Return how long to wait, seconds."""
        wait = random.uniform(0, self._bound)  # noqa: S311 - to spread clients, no secret
        self._bound = min(LONGEST_WAIT_S, 2 * self._bound)
        return wait


def _waits(may_repeat: bool) -> Iterator[float | None]:
    """Yield the wait after each attempt, None after the last."""
    pause = _Pause()
    for _ in range(ATTEMPTS - 1 if may_repeat else 0):
        yield pause.next()
    yield None


def _credentials(ca_file: str | Path | None) -> grpc.ChannelCredentials:
    return grpc.ssl_channel_credentials(None if ca_file is None else Path(ca_file).read_bytes())
