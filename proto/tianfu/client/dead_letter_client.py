"""Client of tianfu.operations.v1.DeadLetterService, made by tools/clientgen.py."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tianfu.operations.v1 import dead_letter_service_pb2
from tianfu.operations.v1 import dead_letter_service_pb2_grpc
from tianfu.client import calls


class DeadLetter:
    """tianfu.operations.v1.DeadLetterService, call by call."""

    def __init__(self, channel: calls.Channel) -> None:
        self._stub: Any = dead_letter_service_pb2_grpc.DeadLetterServiceStub(channel.grpc)
        self._calls = channel

    def list_dead_letters(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[dead_letter_service_pb2.DeadLetter]:
        """Lists dead letters, the oldest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListDeadLetters,
            calls.request(
                dead_letter_service_pb2.ListDeadLettersRequest, dict(page_size=page_size)
            ),
            "dead_letters",
            timeout_s,
        )

    def replay_dead_letter(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> dead_letter_service_pb2.ReplayDeadLetterResponse:
        """Publishes a dead letter anew to the subject it came from, and removes it."""
        found: dead_letter_service_pb2.ReplayDeadLetterResponse = self._calls.unary(
            self._stub.ReplayDeadLetter,
            calls.request(dead_letter_service_pb2.ReplayDeadLetterRequest, dict(name=name)),
            timeout_s,
        )
        return found


class AsyncDeadLetter:
    """tianfu.operations.v1.DeadLetterService, awaited."""

    def __init__(self, channel: calls.AsyncChannel) -> None:
        self._stub: Any = dead_letter_service_pb2_grpc.DeadLetterServiceStub(channel.grpc)
        self._calls = channel

    def list_dead_letters(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[dead_letter_service_pb2.DeadLetter]:
        """Lists dead letters, the oldest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListDeadLetters,
            calls.request(
                dead_letter_service_pb2.ListDeadLettersRequest, dict(page_size=page_size)
            ),
            "dead_letters",
            timeout_s,
        )

    async def replay_dead_letter(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> dead_letter_service_pb2.ReplayDeadLetterResponse:
        """Publishes a dead letter anew to the subject it came from, and removes it."""
        found: dead_letter_service_pb2.ReplayDeadLetterResponse = await self._calls.unary(
            self._stub.ReplayDeadLetter,
            calls.request(dead_letter_service_pb2.ReplayDeadLetterRequest, dict(name=name)),
            timeout_s,
        )
        return found
