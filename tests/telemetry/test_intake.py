from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import pytest

from services.plumbing.refusal import Kind, Refusal, Unavailable
from services.plumbing.tokens import Principal
from services.telemetry import intake
from tests.support.batches import batch, tombstone
from tianfu import batch_decoder
from tianfu.authz.v1 import authz_pb2
from tianfu.reading.v1 import reading_batch_pb2 as pb

SERVICE = Principal("gateway", frozenset({authz_pb2.ROLE_SERVICE}))


@dataclass
class Stream:
    """Takes messages after a while; fails at the n-th."""

    fail_at: int = 0
    taken: list[tuple[str, bytes, str]] = field(default_factory=list)
    now: int = 0
    most: int = 0

    async def publish(
        self, subject: str, payload: bytes, msg_id: str, headers: Mapping[str, str]
    ) -> None:
        assert headers["content-type"]
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.now -= 1
        if len(self.taken) + 1 == self.fail_at:
            raise Unavailable("the stream does not answer")
        self.taken.append((subject, payload, msg_id))


async def given(*payloads: bytes) -> AsyncIterator[pb.ReadingBatch]:
    for payload in payloads:
        yield pb.ReadingBatch.FromString(payload)


async def test_batches_go_into_the_stream_as_their_node_would_put_them() -> None:
    stream = Stream()
    sent = [
        batch(),
        batch("gw-2", epoch=255, sequence=9),
        tombstone(last=3, span=2, readings=8, produced=12),
    ]
    taken = await intake.take_in(given(*sent), stream, SERVICE)
    assert (taken.batches, taken.readings) == (3, 8)
    assert sorted(stream.taken) == [
        ("tianfu.v1.reading.gw-1", sent[0], "gw-1-7-1"),
        ("tianfu.v1.reading.gw-1", sent[2], "gw-1-7-3"),
        ("tianfu.v1.reading.gw-2", sent[1], "gw-2-ff-9"),
    ]


async def test_batches_in_flight_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "IN_FLIGHT_MAX", 3)
    stream = Stream()
    taken = await intake.take_in(given(*(batch(sequence=n) for n in range(1, 40))), stream, SERVICE)
    assert (taken.batches, stream.most) == (39, 3)


async def test_what_the_stream_refuses_ends_the_call() -> None:
    stream = Stream(fail_at=2)
    with pytest.raises(Refusal) as refused:
        await intake.take_in(given(*(batch(sequence=n) for n in range(1, 6))), stream, SERVICE)
    assert refused.value.kind is Kind.UNAVAILABLE


def changed(**fields: object) -> bytes:
    message = pb.ReadingBatch.FromString(batch())
    for name, value in fields.items():
        setattr(message, name, value)
    payload: bytes = message.SerializeToString()
    return payload


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        pytest.param(changed(format=9), "FORMAT_UNKNOWN", id="format"),
        pytest.param(changed(node="Not A Node"), "NODE_INVALID", id="node"),
        pytest.param(changed(sequence=0), "SEQUENCE_INVALID", id="sequence"),
        pytest.param(changed(count=3), "COLUMNS_UNEQUAL", id="columns"),
    ],
)
async def test_an_unsound_batch_is_refused_and_not_put_in(payload: bytes, reason: str) -> None:
    stream = Stream()
    with pytest.raises(Refusal) as refused:
        await intake.take_in(given(payload, batch()), stream, SERVICE)
    assert (refused.value.reason, refused.value.kind) == (reason, Kind.INVALID_ARGUMENT)
    assert refused.value.field == "batch"
    assert stream.taken == []


@pytest.mark.parametrize(
    ("subject", "may"),
    [
        pytest.param("gw-1", True, id="its-id"),
        pytest.param("nodes/gw-1", True, id="its-name"),
        pytest.param("gw-2", False, id="another"),
        pytest.param("nodes/gw-11", False, id="a-longer-one"),
        pytest.param("service:gw-1", False, id="a-service's-name"),
    ],
)
async def test_a_source_sends_for_its_own_node_alone(subject: str, may: bool) -> None:
    stream = Stream()
    source = Principal(subject, frozenset({authz_pb2.ROLE_SOURCE}))
    if may:
        assert (await intake.take_in(given(batch()), stream, source)).batches == 1
        return
    with pytest.raises(Refusal) as refused:
        await intake.take_in(given(batch()), stream, source)
    assert (refused.value.reason, refused.value.kind) == ("NODE_NOT_CALLER", Kind.PERMISSION_DENIED)
    assert stream.taken == []


async def test_an_oversized_batch_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "PAYLOAD_BYTES_MAX", 10)
    with pytest.raises(Refusal) as refused:
        await intake.take_in(given(batch()), Stream(), SERVICE)
    assert refused.value.reason == "BATCH_TOO_LARGE"


async def test_a_bug_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: pb.ReadingBatch) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(batch_decoder, "checked", broken)
    with pytest.raises(ZeroDivisionError):
        await intake.take_in(given(batch()), Stream(), SERVICE)
