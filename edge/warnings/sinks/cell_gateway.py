"""The base station's local endpoint for cell broadcast: JSON by HTTP POST.

Field names are those of TS 36.413 (WRITE-REPLACE WARNING REQUEST, STOP WARNING REQUEST). A few
lines of HTTP/1.1 in place of a client library that would be larger than the agent.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final
from urllib.parse import urlsplit

from edge import connections
from edge.warnings.cell_broadcast import DrillMessage
from edge.warnings.ports import SinkFailed
from edge.warnings.sinks.cells import Message, StopRequest

ANSWER_BYTES_MAX: Final = 65_536
NOT_FOUND: Final = 404
"""Of a stop: the broadcast is not on any more."""


class HttpGateway:
    """Posts requests to one URL, a connection each."""

    def __init__(self, url: str) -> None:
        """Take ``http://HOST[:PORT]/PATH``; the endpoint is on this host or beside it."""
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or 80
        self._path = parts.path or "/"
        self._url = url

    async def write_replace(self, message: Message) -> None:
        """Ask for a broadcast."""
        request = {
            "request": "write-replace-warning",
            "exercise": isinstance(message, DrillMessage),
            "message_identifier": int(message.identifier),
            "serial_number": int(message.serial),
            "repetition_period_s": message.period_s,
            "number_of_broadcasts": message.broadcasts,
            "data_coding_scheme": int(message.coding),
            "warning_message_contents": message.content.hex(),
        }
        status = await self._post(request)
        if status // 100 != 2:  # noqa: PLR2004 - HTTP's successes
            raise self._failed("CELL_REFUSED", f"status {status}")

    async def stop(self, request: StopRequest) -> None:
        """Ask for an end."""
        status = await self._post(
            {
                "request": "stop-warning",
                "message_identifier": request.identifier,
                "serial_number": request.serial,
            }
        )
        if status // 100 != 2 and status != NOT_FOUND:  # noqa: PLR2004 - as above
            raise self._failed("CELL_REFUSED", f"status {status}")

    async def _post(self, request: dict[str, Any]) -> int:
        body = json.dumps(request).encode()
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        try:
            reader, writer = await asyncio.open_connection(
                self._host, self._port, limit=ANSWER_BYTES_MAX
            )
        except OSError as error:
            raise self._failed("CELL_UNREACHABLE", str(error)) from error
        try:
            writer.write(head.encode("ascii") + body)
            await writer.drain()
            line = await reader.readline()
            return int(line.split()[1])
        except (OSError, ValueError, IndexError) as error:
            raise self._failed("CELL_MALFORMED", "the answer is no HTTP") from error
        finally:
            await connections.end(writer)

    def _failed(self, reason: str, message: str) -> SinkFailed:
        return SinkFailed(reason, f"{self._url}: {message}")
