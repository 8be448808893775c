"""One gRPC call over TLS, by h2: all that enrolling needs of gRPC.

grpcio would do it too, at tens of megabytes on the card and in memory, for a call a month.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import h2.config
import h2.connection
import h2.events
import h2.exceptions
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

PREFIX_BYTES: Final = 5
"""Of a gRPC message: whether it is compressed, and its length."""

ANSWER_BYTES_MAX: Final = 1 << 20
"""Credentials and a plan have some ten kilobytes."""

READ_BYTES: Final = 65_536
HTTP_OK: Final = "200"
OK: Final = 0
UNAVAILABLE: Final = 14


class CallRefused(Exception):
    """The service said no. ``reason`` is its reason code."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class CallFailed(Exception):
    """There was no answer: the network, TLS, or no gRPC server. ``reason`` says which."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Server:
    """Where a service is: ``https://HOST:PORT``, and whom to believe that it is it."""

    url: str
    # PEM; None for the authorities of the system.
    ca_pem: str | None = None

    def split(self) -> tuple[str, int, bool]:
        """Return host, port, and whether it is TLS; raise CallFailed for what is no such URL."""
        try:
            parts = urlsplit(self.url)
            port = parts.port or 443
        except ValueError:
            raise CallFailed("SERVER_INVALID", f"{self.url!r} is no https://HOST:PORT") from None
        if parts.scheme not in {"https", "http"} or not parts.hostname:
            raise CallFailed("SERVER_INVALID", f"{self.url!r} is no https://HOST:PORT")
        if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
            raise CallFailed("SERVER_INVALID", f"{self.url!r}: only https leaves this machine")
        return parts.hostname, port, parts.scheme == "https"


@dataclass
class _Answer:
    headers: dict[str, str] = field(default_factory=dict)
    data: bytearray = field(default_factory=bytearray)
    is_ended: bool = False


async def call(server: Server, method: str, request: bytes, *, deadline_s: float) -> bytes:
    """Return the answer of a method, "package.Service/Method"; raise CallRefused or CallFailed."""
    host, port, is_tls = server.split()
    try:
        async with asyncio.timeout(deadline_s):
            context = _context(server) if is_tls else None
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
            try:
                answer = await _exchange(
                    reader, writer, f"{host}:{port}", method, request, deadline_s
                )
            finally:
                # All is said; TLS's goodbye would wait for the server's, which never comes.
                writer.transport.abort()
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message or "not to be believed"
        raise CallFailed("SERVER_UNTRUSTED", f"{server.url}: its certificate: {why}") from error
    except TimeoutError:
        raise CallFailed(
            "SERVER_UNREACHABLE", f"{server.url}: no answer within {deadline_s:g} s"
        ) from None
    except (OSError, h2.exceptions.ProtocolError) as error:
        raise CallFailed("SERVER_UNREACHABLE", f"{server.url}: {error}") from error
    return _checked(answer, server.url)


def _context(server: Server) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=server.ca_pem)
    except ssl.SSLError as error:
        raise CallFailed("CA_INVALID", "the authority's certificate can't be read") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    return context


async def _exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    authority: str,
    method: str,
    request: bytes,
    deadline_s: float,
) -> _Answer:
    http = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    http.initiate_connection()
    stream = http.get_next_available_stream_id()
    headers = [
        (":method", "POST"),
        (":scheme", "https" if writer.get_extra_info("ssl_object") else "http"),
        (":authority", authority),
        (":path", f"/{method}"),
        ("content-type", "application/grpc+proto"),
        ("te", "trailers"),
        ("grpc-timeout", f"{max(1, int(deadline_s * 1000))}m"),
    ]
    http.send_headers(stream, headers)
    # Requests of enrolment are below the first window of 64 KB and a frame's 16 KB.
    http.send_data(stream, b"\0" + len(request).to_bytes(4, "big") + request, end_stream=True)
    answer = _Answer()
    while not answer.is_ended:
        writer.write(http.data_to_send())
        await writer.drain()
        data = await reader.read(READ_BYTES)
        if not data:
            raise ConnectionResetError("the server closed the connection")
        for event in http.receive_data(data):
            _take(http, answer, event)
    with contextlib.suppress(h2.exceptions.ProtocolError):
        http.close_connection()
    writer.write(http.data_to_send())
    return answer


def _take(http: h2.connection.H2Connection, answer: _Answer, event: Any) -> None:
    match event:
        case h2.events.ResponseReceived() | h2.events.TrailersReceived():
            answer.headers |= {str(name): str(value) for name, value in event.headers or ()}
        case h2.events.DataReceived():
            answer.data += event.data or b""
            if len(answer.data) > ANSWER_BYTES_MAX:
                raise ConnectionResetError("the answer is longer than any that is meant")
            http.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id or 0)
        case h2.events.StreamEnded():
            answer.is_ended = True
        case h2.events.StreamReset() | h2.events.ConnectionTerminated():
            raise ConnectionResetError("the server broke the call off")
        case _:
            pass  # settings, windows, pings: h2 deals with them


def _checked(answer: _Answer, url: str) -> bytes:
    """Return the message of an answer; raise CallRefused for what the service says no to."""
    headers = answer.headers
    if headers.get(":status", HTTP_OK) != HTTP_OK or "grpc-status" not in headers:
        raise CallFailed("SERVER_NOT_GRPC", f"{url}: answers, but not as a gRPC server")
    status = int(headers["grpc-status"]) if headers["grpc-status"].isdigit() else UNAVAILABLE
    if status != OK:
        raise CallRefused(status, _reason(headers), unquote(headers.get("grpc-message", "")))
    data = bytes(answer.data)
    size = int.from_bytes(data[1:PREFIX_BYTES], "big")
    if len(data) != PREFIX_BYTES + size or data[:1] != b"\0":
        raise CallFailed("ANSWER_MALFORMED", f"{url}: the answer is cut off or compressed")
    return data[PREFIX_BYTES:]


def _reason(headers: Mapping[str, str]) -> str:
    """Return the reason code of a refusal, such as ENROLMENT_TOKEN_REFUSED."""
    text = headers.get("grpc-status-details-bin", "")
    with contextlib.suppress(ValueError, DecodeError):
        status = status_pb2.Status.FromString(b64decode(text + "=" * (-len(text) % 4)))
        for detail in status.details:
            info = error_details_pb2.ErrorInfo()
            if detail.Unpack(info):
                return str(info.reason)
    return "REFUSED"
