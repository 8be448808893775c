"""What a NATS user may do and may not, tried on a real server: nodes, services, strangers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import nats.errors
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import StorageType, StreamConfig

from services.plumbing.nats_link import close
from services.plumbing.streams import ensure_bucket, ensure_stream, jetstream
from tests.support.fleet_process import as_user
from tests.support.nats_server import NatsServer
from tests.support.waiting import until
from tianfu import subjects
from tianfu.subjects import (
    DEAD_LETTERS,
    EVENTS,
    PLAN_REPORTS,
    PLANS,
    READINGS,
    NodeId,
    bucket_key,
    bucket_keys,
    bucket_stream,
    direct_get,
    event,
    heartbeat,
    plan,
    reading,
)

pytestmark = pytest.mark.integration

A, B = NodeId("node-a"), NodeId("node-b")
PLANS_STREAM, REPORTS_STREAM = bucket_stream(PLANS), bucket_stream(PLAN_REPORTS)


@pytest.fixture
async def admin(nats: NatsServer) -> AsyncIterator[Client]:
    async with as_user(nats, "test", "admin") as link:
        js = jetstream(link)
        for name, wildcard in ((READINGS, subjects.READINGS_ALL), (EVENTS, subjects.EVENTS_ALL)):
            await ensure_stream(
                js, StreamConfig(name=name, subjects=[wildcard], storage=StorageType.FILE)
            )
        await ensure_bucket(
            js, PLANS, max_bytes=1 << 20, max_value_bytes=1 << 16, republish=subjects.PLAN_REPUBLISH
        )
        await ensure_bucket(js, PLAN_REPORTS, max_bytes=1 << 20, max_value_bytes=1 << 16)
        yield link


async def may_publish(nats: NatsServer, role: str, name: str, subject: str) -> bool:
    """Publish until somebody hears it or the server says no."""
    heard: list[str] = []

    async def hear(message: Msg) -> None:
        heard.append(message.subject)

    async with (
        as_user(nats, "test", "admin") as admin,
        as_user(nats, role, name) as link,
    ):
        await admin.subscribe(">", cb=hear)
        await admin.flush()

        async def told() -> bool:
            await link.publish(subject, b"x")
            return subject in heard or link.last_error is not None

        await until(told)
        assert (subject in heard) is (link.last_error is None)
        return subject in heard


async def may_subscribe(nats: NatsServer, role: str, name: str, subject: str) -> bool:
    """Subscribe, and let an administrator publish, until one is heard or the server says no."""
    heard: list[str] = []

    async def hear(message: Msg) -> None:
        heard.append(message.subject)

    concrete = subject.replace("*", "x").replace(">", "x")
    # Who speaks to a node's own inbox does so within its account.
    speaker = "edge-admin" if role == "node" else "admin"
    async with (
        as_user(nats, "test", speaker) as admin,
        as_user(nats, role, name) as link,
    ):
        await link.subscribe(subject, cb=hear)
        await link.flush()

        async def told() -> bool:
            await admin.publish(concrete, b"x")
            return bool(heard) or link.last_error is not None

        await until(told)
        assert bool(heard) is (link.last_error is None)
        return bool(heard)


NODE_PUBLISHES = [
    (True, reading(A)),
    (True, heartbeat(A)),
    (True, bucket_key(PLAN_REPORTS, A)),
    (True, direct_get(PLANS, A)),
    (False, reading(B)),
    (False, heartbeat(B)),
    (False, bucket_key(PLAN_REPORTS, B)),
    (False, direct_get(PLANS, B)),
    (False, bucket_key(PLANS, A)),
    (False, plan(A)),
    (False, event("fleet", "node-created")),
    (False, subjects.dead(READINGS, subjects.TELEMETRY_INGEST)),
    (False, "$JS.API.STREAM.LIST"),
    (False, f"$JS.API.STREAM.INFO.{READINGS}"),
    (False, f"$JS.API.STREAM.DELETE.{READINGS}"),
    (False, f"$JS.API.STREAM.PURGE.{READINGS}"),
    (False, f"$JS.API.STREAM.MSG.GET.{PLANS_STREAM}"),
    (False, f"$JS.API.DIRECT.GET.{PLANS_STREAM}"),
    (False, f"$JS.API.CONSUMER.CREATE.{PLANS_STREAM}"),
    (False, subjects.pull(READINGS, subjects.TELEMETRY_INGEST)),
    (False, f"$JS.ACK.{READINGS}.{subjects.TELEMETRY_INGEST}.1.1.1.1.0"),
    (False, "_INBOX.node.node-b.x"),
    (False, "_INBOX.service.fleet.x"),
    (False, "$SYS.REQ.SERVER.PING"),
    (False, "anything"),
]


@pytest.mark.parametrize(("expected", "subject"), NODE_PUBLISHES)
async def test_what_a_node_may_publish(nats: NatsServer, expected: bool, subject: str) -> None:
    assert await may_publish(nats, "node", A, subject) is expected


NODE_SUBSCRIBES = [
    (True, plan(A)),
    (True, "_INBOX.node.node-a.x"),
    (False, plan(B)),
    (False, f"{subjects.ROOT}.plan.*"),
    (False, subjects.READINGS_ALL),
    (False, reading(A)),
    (False, subjects.HEARTBEATS_ALL),
    (False, subjects.EVENTS_ALL),
    (False, bucket_keys(PLANS)),
    (False, "_INBOX.node.node-b.x"),
    (False, "_INBOX.>"),
    (False, ">"),
    (False, "$JS.EVENT.>"),
]


@pytest.mark.parametrize(("expected", "subject"), NODE_SUBSCRIBES)
async def test_what_a_node_may_hear(nats: NatsServer, expected: bool, subject: str) -> None:
    assert await may_subscribe(nats, "node", A, subject) is expected


SERVICE_PUBLISHES = [
    ("telemetry", True, reading(A)),
    ("telemetry", True, subjects.dead(READINGS, subjects.TELEMETRY_INGEST)),
    ("telemetry", True, f"$JS.API.STREAM.UPDATE.{READINGS}"),
    ("telemetry", True, f"$JS.API.STREAM.MSG.DELETE.{DEAD_LETTERS}"),
    ("telemetry", False, f"$JS.API.STREAM.DELETE.{READINGS}"),
    ("telemetry", False, f"$JS.API.STREAM.PURGE.{READINGS}"),
    ("telemetry", False, bucket_key(PLANS, A)),
    ("telemetry", False, bucket_key(PLAN_REPORTS, A)),
    ("telemetry", False, event("fleet", "node-created")),
    ("telemetry", False, heartbeat(A)),
    ("telemetry", False, f"$JS.API.STREAM.UPDATE.{PLANS_STREAM}"),
    ("fleet", True, bucket_key(PLANS, A)),
    ("fleet", True, event("fleet", "node-created")),
    ("fleet", True, subjects.dead(REPORTS_STREAM, subjects.FLEET_PLAN_REPORTS)),
    ("fleet", True, f"$JS.API.STREAM.MSG.DELETE.{DEAD_LETTERS}"),
    ("fleet", False, reading(A)),
    ("fleet", False, f"$JS.API.STREAM.UPDATE.{READINGS}"),
    ("fleet", False, subjects.pull(READINGS, subjects.TELEMETRY_INGEST)),
    ("fleet", False, subjects.dead(READINGS, subjects.TELEMETRY_INGEST)),
    ("fleet", False, f"$JS.API.STREAM.DELETE.{PLANS_STREAM}"),
]


@pytest.mark.parametrize(("service", "expected", "subject"), SERVICE_PUBLISHES)
async def test_what_a_service_may_publish(
    nats: NatsServer, service: str, expected: bool, subject: str
) -> None:
    assert await may_publish(nats, "service", service, subject) is expected


@pytest.mark.parametrize(
    ("service", "expected", "subject"),
    [
        ("telemetry", True, subjects.HEARTBEATS_ALL),
        ("telemetry", False, subjects.READINGS_ALL),
        ("telemetry", False, "_INBOX.service.fleet.x"),
        ("fleet", True, subjects.HEARTBEATS_ALL),
        ("fleet", False, subjects.READINGS_ALL),
        ("fleet", False, f"{subjects.ROOT}.plan.*"),
        ("fleet", False, "_INBOX.service.telemetry.x"),
        ("fleet", False, ">"),
    ],
)
async def test_what_a_service_may_hear(
    nats: NatsServer, service: str, expected: bool, subject: str
) -> None:
    assert await may_subscribe(nats, "service", service, subject) is expected


async def test_a_node_reads_its_own_plan_and_no_other(nats: NatsServer, admin: Client) -> None:
    js = jetstream(admin)
    await js.publish(bucket_key(PLANS, A), b"plan of a")
    await js.publish(bucket_key(PLANS, B), b"plan of b")
    async with as_user(nats, "node", A) as link:
        answer = await link.request(direct_get(PLANS, A), timeout=20)
        assert answer.data == b"plan of a"
        with pytest.raises(nats_errors()):
            await link.request(direct_get(PLANS, B), timeout=0.5)


async def test_a_node_hears_its_own_plan_and_no_other(nats: NatsServer, admin: Client) -> None:
    async with as_user(nats, "node", A) as link:
        heard = await link.subscribe(plan(A))
        await link.flush()
        js = jetstream(admin)
        await js.publish(bucket_key(PLANS, B), b"plan of b")
        await js.publish(bucket_key(PLANS, A), b"plan of a")
        assert (await heard.next_msg(20)).data == b"plan of a"
        assert heard.pending_msgs == 0


async def test_only_one_answer_to_a_heartbeat_and_none_unasked(nats: NatsServer) -> None:
    async with as_user(nats, "service", "fleet") as fleet, as_user(nats, "node", A) as link:
        asked = asyncio.get_running_loop().create_future()

        async def answer(message: object) -> None:
            asked.set_result(message.reply)  # type: ignore[attr-defined]
            for _ in range(2):
                await fleet.publish(message.reply, b"answer")  # type: ignore[attr-defined]

        await fleet.subscribe(subjects.HEARTBEATS_ALL, cb=answer)
        await fleet.flush()
        assert (await link.request(heartbeat(A), b"x", timeout=20)).data == b"answer"
        await until(lambda: fleet.last_error is not None)
    assert not await may_publish(nats, "service", "fleet", await asked)


async def test_without_a_key_nobody_gets_in(nats: NatsServer) -> None:
    stranger = Client()
    with pytest.raises(nats_errors()):
        await stranger.connect(nats.url, allow_reconnect=False, connect_timeout=5)
    await close(stranger)


def nats_errors() -> type[Exception]:
    """Return the root of nats-py's errors (the fixture hides the module's name)."""
    return nats.errors.Error
