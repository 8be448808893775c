"""The telemetry service as a process, on a real nats-server, from a node's publishing to RPCs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from tests.support.batches import batch, tombstone
from tests.support.telemetry_process import TelemetryProcess, as_node, telemetry_process
from tianfu import subjects
from tianfu.operations.v1 import dead_letter_service_pb2 as dead_pb
from tianfu.operations.v1 import dead_letter_service_pb2_grpc as dead_grpc
from tianfu.reading.v1 import reading_batch_pb2 as pb
from tianfu.telemetry.v1 import telemetry_service_pb2 as service_pb

pytestmark = pytest.mark.integration
NOW_US = int(time.time() * 1e6) - 60_000_000


@pytest.fixture(scope="module")
def shared() -> Iterator[TelemetryProcess]:
    nodes = tuple(f"gw-{n}" for n in range(1, 20))
    with telemetry_process(nodes) as process:
        yield process


async def publish(
    telemetry: TelemetryProcess, node: str, *payloads: bytes, headers: dict[str, str] | None = None
) -> None:
    async with as_node(telemetry.nats, node) as link:
        for payload in payloads:
            subject = subjects.reading(subjects.NodeId(node))
            await link.jetstream().publish(subject, payload, headers=headers)


def ours(node: str, sequence: int, **kwargs: object) -> bytes:
    return batch(node, sequence=sequence, base_us=NOW_US, **kwargs)  # type: ignore[arg-type]


async def test_a_reading_is_stored_counted_and_queryable(shared: TelemetryProcess) -> None:
    await publish(shared, "gw-1", ours("gw-1", 1), ours("gw-1", 2))
    shared.wait(lambda: _stored(shared, "gw-1") == 8, "stored")
    account = shared.delivery("gw-1")
    assert (account.produced, account.in_flight, account.missing_batches) == (8, 0, 0)
    answer = shared.call(
        "QuerySeries",
        service_pb.QuerySeriesRequest(
            name="nodes/gw-1/series/active-power",
            start_time=Timestamp(seconds=NOW_US // 1_000_000 - 10),
            end_time=Timestamp(seconds=NOW_US // 1_000_000 + 60),
        ),
    )
    assert list(answer.value) == [1.5, 3.5, 1.5, 3.5]
    assert answer.unit == "kW"


def _stored(telemetry: TelemetryProcess, node: str) -> int:
    try:
        return int(telemetry.delivery(node).stored)
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.NOT_FOUND:
            raise
        return 0


async def test_a_batch_resent_after_the_duplicate_window_is_one_effect(
    shared: TelemetryProcess,
) -> None:
    # Without a Nats-Msg-Id the stream can't know the repetition, as after its window.
    payload = ours("gw-2", 1)
    await publish(shared, "gw-2", payload, payload, payload)
    shared.wait(lambda: _repeated(shared, "gw-2") == 2, "repeated")
    assert shared.delivery("gw-2").stored == 4


def _repeated(telemetry: TelemetryProcess, node: str) -> int:
    return int(telemetry.delivery(node).repeated_batches) if _stored(telemetry, node) else 0


async def test_gaps_appear_and_close(shared: TelemetryProcess) -> None:
    await publish(shared, "gw-3", ours("gw-3", 1), ours("gw-3", 5))
    shared.wait(lambda: _stored(shared, "gw-3") == 8, "stored")
    account = shared.delivery("gw-3")
    assert [(g.epoch, g.first_sequence, g.last_sequence) for g in account.missing_ranges] == [
        (7, 2, 4)
    ]
    assert account.missing_batches == 3
    await publish(shared, "gw-3", *(ours("gw-3", n) for n in (3, 2, 4)))
    shared.wait(lambda: _stored(shared, "gw-3") == 20, "stored")
    assert shared.delivery("gw-3").missing_batches == 0


async def test_dropped_readings_are_accounted_for(shared: TelemetryProcess) -> None:
    stone = tombstone("gw-4", last=3, span=2, readings=9, produced=13)
    await publish(shared, "gw-4", ours("gw-4", 1), stone)
    shared.wait(lambda: shared_dropped(shared, "gw-4") == 9, "dropped")
    account = shared.delivery("gw-4")
    assert (account.produced, account.stored, account.in_flight) == (13, 4, 0)
    assert [(d.reason, d.readings) for d in account.drops] == [(pb.DROP_REASON_SPOOL_FULL, 9)]


def shared_dropped(telemetry: TelemetryProcess, node: str) -> int:
    return int(telemetry.delivery(node).dropped) if _stored(telemetry, node) else 0


async def test_two_agents_with_one_identity_are_refused_and_reported(
    shared: TelemetryProcess,
) -> None:
    await publish(shared, "gw-5", ours("gw-5", 1, value=1.0), ours("gw-5", 1, value=2.0))
    shared.wait(lambda: _conflicts(shared, "gw-5") == 1, "refused")
    assert shared.delivery("gw-5").stored == 4
    shared.wait(lambda: "IDENTITY_CONFLICT" in [one.reason for one in letters(shared)], "buried")


def _conflicts(telemetry: TelemetryProcess, node: str) -> int:
    return int(telemetry.delivery(node).conflicting_batches) if _stored(telemetry, node) else 0


async def test_a_new_epoch_begins_anew(shared: TelemetryProcess) -> None:
    await publish(
        shared,
        "gw-6",
        ours("gw-6", 1, epoch=1),
        ours("gw-6", 2, epoch=1),
        batch("gw-6", 2, 1, base_us=NOW_US + 10_000_000),
    )
    shared.wait(lambda: _stored(shared, "gw-6") == 12, "stored")
    account = shared.delivery("gw-6")
    assert {e.epoch: e.last_sequence for e in account.epochs} == {1: 2, 2: 1}
    assert account.missing_batches == 0


def letters(telemetry: TelemetryProcess) -> list[dead_pb.DeadLetter]:
    stub = dead_grpc.DeadLetterServiceStub(telemetry.channel)
    request = dead_pb.ListDeadLettersRequest(page_size=1000)
    answer = stub.ListDeadLetters(request, timeout=20, metadata=telemetry.metadata())
    return list(answer.dead_letters)


async def test_bad_input_becomes_a_dead_letter_and_can_be_replayed(
    shared: TelemetryProcess,
) -> None:
    """A batch of another node, published by an administrator, since a node may not."""
    wrong = ours("gw-8", 1)
    old = batch("gw-9", base_us=1_000_000)
    await publish(shared, "gw-7", wrong, b"\xff\xffgarbage")
    await publish(shared, "gw-9", old)

    def reasons() -> set[tuple[str, str]]:
        return {(one.subject.rpartition(".")[2], one.reason) for one in letters(shared)}

    expected = {
        ("gw-7", "NODE_MISMATCH"),
        ("gw-7", "BATCH_MALFORMED"),
        ("gw-9", "TIME_ABSURD"),
    }
    shared.wait(lambda: expected <= reasons(), "dead letters")
    assert shared.delivery("gw-7").refused_batches == 2
    letter = next(one for one in letters(shared) if one.reason == "TIME_ABSURD")
    stub = dead_grpc.DeadLetterServiceStub(shared.channel)
    stub.ReplayDeadLetter(
        dead_pb.ReplayDeadLetterRequest(name=letter.name), timeout=20, metadata=shared.metadata()
    )
    # It is as wrong as before, so it comes back as another letter.
    shared.wait(
        lambda: (
            [one.name for one in letters(shared) if one.reason == "TIME_ABSURD"]
            not in ([letter.name], [])
        ),
        "refused again",
    )


async def test_a_trace_ends_with_the_stored_row(shared: TelemetryProcess) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"}
    await publish(shared, "gw-10", ours("gw-10", 1), headers=headers)

    def spans() -> list[dict[str, object]]:
        if not shared.traces.exists():
            return []
        lines = shared.traces.read_text().splitlines()
        return [s for s in map(json.loads, lines) if s["trace_id"] == trace_id]

    shared.wait(lambda: bool(spans()), "traced")
    (span,) = spans()
    assert (span["name"], span["parent_id"]) == ("telemetry.store", "b7ad6b7169203331")
    assert span["end_us"] >= span["start_us"]  # type: ignore[operator]


async def test_ingest_by_grpc_has_one_effect_however_often(shared: TelemetryProcess) -> None:
    message = pb.ReadingBatch.FromString(ours("gw-11", 1))
    for _ in range(2):
        answer = shared.call(
            "IngestReadings", iter([service_pb.IngestReadingsRequest(batch=message)] * 2)
        )
        assert (answer.batches, answer.readings) == (2, 8)
    shared.wait(lambda: _stored(shared, "gw-11") == 4, "stored")
    audit = shared.audit()
    assert audit.accounted_readings == audit.found_rows
    assert (audit.duplicate_rows, audit.duplicate_batches) == (0, 0)


async def test_a_node_can_not_speak_for_another(shared: TelemetryProcess) -> None:
    async with as_node(shared.nats, "gw-12") as link:
        with pytest.raises(Exception, match=r"(?i)timeout|no response|permission"):
            await link.jetstream().publish(
                subjects.reading(subjects.NodeId("gw-13")), ours("gw-13", 1), timeout=1
            )
    assert _stored(shared, "gw-13") == 0


async def test_accounts_survive_stop_and_kill() -> None:
    with telemetry_process(("gw-1",)) as telemetry:
        await publish(telemetry, "gw-1", ours("gw-1", 1), ours("gw-1", 3))
        telemetry.wait(lambda: _stored(telemetry, "gw-1") == 8, "stored")
        assert telemetry.stop() == 0
        telemetry.start()
        assert [g.first_sequence for g in telemetry.delivery("gw-1").missing_ranges] == [2]
        await publish(telemetry, "gw-1", ours("gw-1", 1), ours("gw-1", 4))
        telemetry.wait(lambda: _stored(telemetry, "gw-1") == 12, "stored")
        telemetry.kill()
        # Published while it is down: the stream keeps it.
        await publish(telemetry, "gw-1", ours("gw-1", 2), ours("gw-1", 4))
        telemetry.start()
        telemetry.wait(lambda: _stored(telemetry, "gw-1") == 16, "stored")
        telemetry.wait(lambda: _repeated(telemetry, "gw-1") >= 1, "repeated")
        account = telemetry.delivery("gw-1")
        assert (account.missing_batches, account.conflicting_batches) == (0, 0)
        audit = telemetry.audit()
        assert (audit.found_rows, audit.duplicate_rows, audit.duplicate_batches) == (16, 0, 0)
