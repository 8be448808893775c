"""DeadLetterService over letters that a test holds, through a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest

from services.plumbing import paging
from services.plumbing.dead_letters import DeadLetter, DeadLetterNotFound
from services.plumbing.dead_letters_rpc import SERVICE, DeadLetterServicer
from tests.support.rpc import DEADLINE_S, Running, details, running
from tianfu.operations.v1 import dead_letter_service_pb2 as pb
from tianfu.operations.v1 import dead_letter_service_pb2_grpc as pb_grpc

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
SUBJECT = "tianfu.v1.reading.pump-7"


def letter(sequence: int) -> DeadLetter:
    return DeadLetter(
        sequence=sequence,
        stream="READINGS",
        consumer="telemetry-ingest",
        subject=SUBJECT,
        stream_sequence=sequence * 10,
        reason="VALUE_NOT_FINITE",
        message="a value is NaN or infinite",
        create_time=NOON,
        payload=b"12345",
        message_id="",
        headers={},
        bytes_cut=2,
    )


@dataclass
class Held:
    letters: dict[int, DeadLetter] = field(
        default_factory=lambda: {n: letter(n) for n in (2, 3, 5, 8, 9)}
    )

    async def list(self, after: int, limit: int) -> list[DeadLetter]:
        return [one for n, one in sorted(self.letters.items()) if n > after][:limit]

    async def replay(self, sequence: int) -> str:
        if sequence not in self.letters:
            raise DeadLetterNotFound(f"deadLetters/{sequence}: no such letter", field="name")
        return self.letters.pop(sequence).subject


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
async def server(tmp_path: Path, held: Held) -> AsyncIterator[Running]:
    add = pb_grpc.add_DeadLetterServiceServicer_to_server
    async with running(tmp_path, [(add, DeadLetterServicer(held), SERVICE)]) as one:
        yield one


def options(server: Running, *roles: str) -> dict[str, Any]:
    return {"timeout": DEADLINE_S, "metadata": server.bearer(*(roles or ("PLATFORM_ENGINEER",)))}


@pytest.mark.parametrize("size", [0, 1, 2, 4, 5, 1000])
async def test_pages(size: int, server: Running) -> None:
    stub, token, sizes, names = pb_grpc.DeadLetterServiceStub(server.channel), "", [], []
    while True:
        request = pb.ListDeadLettersRequest(page_size=size, page_token=token)
        page = await stub.ListDeadLetters(request, **options(server))
        sizes.append(len(page.dead_letters))
        names += [one.name for one in page.dead_letters]
        token = page.next_page_token
        if not token:
            break
    assert names == [f"deadLetters/{n}" for n in (2, 3, 5, 8, 9)]
    assert all(found == size for found in sizes[:-1])
    assert sizes[-1] > 0


async def test_what_is_said_of_a_letter(server: Running) -> None:
    stub = pb_grpc.DeadLetterServiceStub(server.channel)
    page = await stub.ListDeadLetters(pb.ListDeadLettersRequest(page_size=1), **options(server))
    (found,) = page.dead_letters
    assert (found.stream, found.consumer, found.subject) == (
        "READINGS",
        "telemetry-ingest",
        SUBJECT,
    )
    assert (found.stream_sequence, found.reason) == (20, "VALUE_NOT_FINITE")
    assert found.message == "a value is NaN or infinite"
    assert found.create_time.ToDatetime(UTC) == NOON
    assert found.payload_bytes == 7


async def test_replay(server: Running, held: Held) -> None:
    stub = pb_grpc.DeadLetterServiceStub(server.channel)
    request = pb.ReplayDeadLetterRequest(name="deadLetters/5")
    assert (await stub.ReplayDeadLetter(request, **options(server))).subject == SUBJECT
    assert 5 not in held.letters
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.ReplayDeadLetter(request, **options(server))
    found = details(caught.value)
    assert found.code == grpc.StatusCode.NOT_FOUND
    assert found.info is not None
    assert found.info.reason == "DEAD_LETTER_NOT_FOUND"


async def test_only_a_platform_engineer_replays(server: Running, held: Held) -> None:
    stub = pb_grpc.DeadLetterServiceStub(server.channel)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.ReplayDeadLetter(
            pb.ReplayDeadLetterRequest(name="deadLetters/5"), **options(server, "SERVICE")
        )
    assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED
    assert 5 in held.letters


@pytest.mark.parametrize(
    "token",
    ["x", "!", paging.token(3), paging.token(3, "nodes/"), paging.token("a", "deadLetters/")],
)
async def test_wrong_page_token(token: str, server: Running) -> None:
    stub = pb_grpc.DeadLetterServiceStub(server.channel)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.ListDeadLetters(pb.ListDeadLettersRequest(page_token=token), **options(server))
    found = details(caught.value)
    assert found.code == grpc.StatusCode.INVALID_ARGUMENT
    assert found.bad_request is not None
    assert found.bad_request.field_violations[0].field == "page_token"
