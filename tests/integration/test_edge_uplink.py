"""The uplink against real nats-servers that are killed, full, absent, or that refuse."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge import link, uplink
from tests.edge.doubles import batch
from tests.integration.edge_world import NODE, Platform, sending
from tests.support.nats_server import NatsServer
from tests.support.waiting import until
from tianfu import nats_realm, subjects
from tianfu.reading.v1 import reading_batch_pb2 as pb

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less than in the field; nothing else differs."""
    monkeypatch.setattr(link, "RETRY_MOST_S", 0.5)
    monkeypatch.setattr(uplink, "RETRY_MOST_S", 0.5)
    monkeypatch.setattr(uplink, "ACK_TIMEOUT_S", 2.0)


@pytest.fixture
async def platform(nats: NatsServer) -> AsyncIterator[Platform]:
    platform = Platform(nats)
    yield platform
    await platform.close()


async def test_batches_arrive_in_order_with_their_headers(
    platform: Platform, tmp_path: Path
) -> None:
    await platform.streams()
    async with sending(platform.server, tmp_path) as sender:
        for size in range(1, 101):
            await sender.store(batch(size))
        await until(lambda: sender.waiting == 0)
        assert sender.uplink.state.acknowledged_readings == 5050
        epoch = sender.worker.epoch
    found = await platform.messages()
    assert [m.subject for m in found] == [subjects.reading(NODE)] * 100
    assert [m.headers["Nats-Msg-Id"] for m in found] == [
        f"node-a-{epoch:x}-{sequence}" for sequence in range(1, 101)
    ]
    assert {m.headers["traceparent"] for m in found} == {batch().traceparent}
    (await platform.store()).check_complete(epoch, 100, 5050)
    spans = [json.loads(line) for line in (tmp_path / "spans.jsonl").read_text().splitlines()]
    assert [s["attributes"]["sequence"] for s in spans] == list(range(1, 101))
    assert {(s["name"], s["trace_id"], s["parent_id"]) for s in spans} == {
        ("edge.uplink", "a" * 32, "b" * 16)
    }


async def test_a_server_killed_in_mid_stream_loses_and_repeats_nothing(
    platform: Platform, tmp_path: Path
) -> None:
    await platform.streams()
    async with sending(platform.server, tmp_path) as sender:
        for burst in range(4):
            for _ in range(150):
                await sender.store(batch(10))
            await until(lambda: sender.uplink.state.acknowledged > 150 * burst)  # noqa: B023 - awaited here
            await asyncio.to_thread(platform.server.restart)
        await until(lambda: sender.waiting == 0, 60)
        assert await platform.sequences() == list(range(1, 601))
        assert sender.link.sessions >= 4
        epoch = sender.worker.epoch
    (await platform.store()).check_complete(epoch, 600, 6000)


async def test_what_waits_without_a_server_is_sent_when_it_comes(
    platform: Platform, tmp_path: Path
) -> None:
    await platform.streams()
    await asyncio.to_thread(platform.server.stop)
    async with sending(platform.server, tmp_path) as sender:
        await sender.store(*[batch(3)] * 40)
        await until(lambda: sender.counters.of("NATS_UNREACHABLE") >= 3)
        assert (sender.waiting, sender.link.reason) == (40, "NATS_UNREACHABLE")
        await asyncio.to_thread(platform.server.start)
        await until(lambda: sender.waiting == 0)
    assert await platform.sequences() == list(range(1, 41))


async def test_a_batch_that_was_stored_before_its_acknowledgement_is_not_stored_again(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await platform.streams()
    async with sending(platform.server, tmp_path) as sender:
        # The acknowledgements get lost, as by a link that breaks at that moment.
        monkeypatch.setattr(sender.uplink, "_take_answer", lambda *_: None)
        await sender.store(*[batch(3)] * 5)
        await until(lambda: sender.counters.of("ACK_TIMEOUT") >= 1)
        assert sender.waiting == 5
        monkeypatch.undo()
        await until(lambda: sender.waiting == 0)
        assert sender.uplink.state.resent >= 5
        assert sender.uplink.state.duplicates == 5
    assert await platform.sequences() == [1, 2, 3, 4, 5]


async def test_a_full_stream_holds_the_uplink_until_it_has_room(
    platform: Platform, tmp_path: Path
) -> None:
    await platform.streams(max_bytes=20_000)
    async with sending(platform.server, tmp_path) as sender:
        await sender.store(*[batch(100)] * 60)
        await until(lambda: sender.counters.of("STREAM_FULL") >= 2)
        assert sender.uplink.state.reason == "STREAM_FULL"
        assert sender.worker.account().dropped == 0
        await platform.readings_stream(max_bytes=-1)
        await until(lambda: sender.waiting == 0)
        assert sender.uplink.state.reason == ""
        epoch = sender.worker.epoch
    (await platform.store()).check_complete(epoch, 60, 6000)


async def test_no_stream_at_all(platform: Platform, tmp_path: Path) -> None:
    async with sending(platform.server, tmp_path) as sender:
        await sender.store(batch())
        await until(lambda: sender.counters.of("NO_STREAM") >= 2)
        await platform.streams()
        await until(lambda: sender.waiting == 0)
    assert await platform.sequences() == [1]


@pytest.mark.parametrize("limit", ["stream", "server"])
async def test_what_is_too_large_for_good_becomes_a_tombstone_in_its_place(
    platform: Platform, tmp_path: Path, limit: str
) -> None:
    await platform.streams(**({"max_msg_size": 2_000} if limit == "stream" else {}))
    async with sending(platform.server, tmp_path) as sender:
        if limit == "server":
            await until(lambda: sender.link.is_connected)
            sender.uplink._window = 1
        large = batch(1_000)
        if limit == "server":
            # Larger than nats-server takes: only a batch that went round the builder can be.
            message = pb.ReadingBatch()
            message.CopyFrom(large.message)
            message.packed = b"x" * (1 << 20)
            large = replace(large, message=message)
        await sender.store(batch(2), large, batch(3))
        await until(lambda: sender.waiting == 0)
        account = sender.worker.account()
        assert account.drops == {(pb.PRIORITY_ROUTINE, pb.DROP_REASON_REFUSED): 1_000}
        assert sender.uplink.state.refused >= 1
        assert sender.counters.of("BATCH_REFUSED") >= 1
    (await platform.store()).check_complete(account.epoch, 3, 1_005)


async def test_a_missing_permission_is_counted_and_said(platform: Platform, tmp_path: Path) -> None:
    await platform.streams()
    mute = subjects.Permissions(publish=("nothing",), subscribe=("_INBOX.node.node-a.>",))
    user = platform.server.add_user("node", "mute", mute)
    async with sending(platform.server, tmp_path, credentials_file=user.credentials) as sender:
        await sender.store(batch())
        await until(lambda: sender.uplink.state.reason == "PERMISSION_DENIED")
        assert sender.counters.of("PERMISSION_DENIED") >= 1
        assert sender.waiting == 1


async def test_a_key_the_server_does_not_know(platform: Platform, tmp_path: Path) -> None:
    rights = subjects.node_permissions(NODE)
    another = nats_realm.generate(issued=1)
    stranger = platform.server.add_user("node", "stranger", rights, realm=another)
    async with sending(platform.server, tmp_path, credentials_file=stranger.credentials) as sender:
        await until(lambda: sender.counters.of("NATS_UNAUTHORIZED") >= 2)
        assert sender.link.reason == "NATS_UNAUTHORIZED"
        # Once it has credentials it comes in by itself: they are read at each attempt.
        platform.server.add_user("node", "stranger", rights)
        await until(lambda: sender.link.is_connected)


async def test_a_spool_that_is_damaged_in_mid_stream_goes_on_in_a_new_epoch(
    platform: Platform, tmp_path: Path
) -> None:
    await platform.streams()
    async with sending(platform.server, tmp_path) as sender:
        await sender.store(batch(1), batch(2))
        await until(lambda: sender.waiting == 0)
        first = sender.worker.epoch
        connection = sender.spool._connection
        await sender.worker.store([batch(3)])
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        with (tmp_path / "spool.db").open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * 60_000)
        connection.execute("PRAGMA shrink_memory")
        for _ in range(20):
            await sender.store(batch(4))
        await until(lambda: sender.waiting == 0)
        second = sender.worker.epoch
        assert second != first
        account = sender.worker.account()
    store = await platform.store()
    store.check_complete(second, account.sequence, account.produced)
    assert store.positions[first] >= {1, 2}
