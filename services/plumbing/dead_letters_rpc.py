"""DeadLetterService over the dead-letter stream: decode, call, encode."""

from __future__ import annotations

from typing import Any, Final, Protocol

from typing_extensions import override

from services.plumbing import paging
from services.plumbing.dead_letters import DeadLetter
from tianfu.operations.v1 import dead_letter_service_pb2 as pb
from tianfu.operations.v1 import dead_letter_service_pb2_grpc as pb_grpc

COLLECTION: Final = "deadLetters/"

SERVICE: Final = pb.DESCRIPTOR.services_by_name["DeadLetterService"]
"""For ``RpcServer``."""


class Letters(Protocol):
    """What the servicer needs of ``DeadLetters``."""

    async def list(self, after: int, limit: int) -> list[DeadLetter]:
        """Return up to ``limit`` letters after a position, the oldest first."""
        ...

    async def replay(self, sequence: int) -> str:
        """Publish a letter anew and remove it; return the subject."""
        ...


class DeadLetterServicer(pb_grpc.DeadLetterServiceServicer):
    """Lists and replays what consumers refused."""

    def __init__(self, letters: Letters) -> None:
        self._letters = letters

    @override
    async def ListDeadLetters(
        self, request: pb.ListDeadLettersRequest, context: Any
    ) -> pb.ListDeadLettersResponse:
        """List dead letters, the oldest first."""
        after = paging.position(request.page_token, COLLECTION) or 0
        if not isinstance(after, int):
            raise paging.TokenDamaged("the token is of another list", field="page_token")
        size = paging.page_size(request.page_size)
        # One more than the page tells whether there is a next one.
        found = await self._letters.list(after, size + 1)
        page = found[:size]
        more = paging.token(page[-1].sequence, COLLECTION) if len(found) > size else ""
        return pb.ListDeadLettersResponse(
            dead_letters=[_encode(letter) for letter in page], next_page_token=more
        )

    @override
    async def ReplayDeadLetter(
        self, request: pb.ReplayDeadLetterRequest, context: Any
    ) -> pb.ReplayDeadLetterResponse:
        """Publish a dead letter anew to the subject it came from, and remove it."""
        sequence = int(request.name.removeprefix(COLLECTION))
        return pb.ReplayDeadLetterResponse(subject=await self._letters.replay(sequence))


def _encode(letter: DeadLetter) -> pb.DeadLetter:
    message = pb.DeadLetter(
        name=f"{COLLECTION}{letter.sequence}",
        stream=letter.stream,
        consumer=letter.consumer,
        subject=letter.subject,
        stream_sequence=letter.stream_sequence,
        reason=letter.reason,
        message=letter.message,
        payload_bytes=len(letter.payload) + letter.bytes_cut,
    )
    message.create_time.FromDatetime(letter.create_time)
    return message
