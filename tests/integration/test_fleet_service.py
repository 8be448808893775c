"""The fleet service as a process: RPCs, heartbeats, plans and events on real servers."""

from __future__ import annotations

import asyncio
import itertools
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from nats.aio.client import Client

from services.plumbing.streams import jetstream
from tests.support.fleet_process import FleetProcess, as_user, fleet_process
from tests.support.nats_server import nats_server
from tests.support.postgres import PostgresServer
from tests.support.rpc import Details, details
from tests.support.waiting import until, until_blocking
from tianfu import subjects
from tianfu.fleet.v1 import events_pb2, heartbeat_pb2, node_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.operations.v1 import dead_letter_service_pb2 as dead_pb

pytestmark = pytest.mark.integration

REQUEST = "22222222-2222-4222-8222-222222222222"
NODES = tuple(f"gw-{n}" for n in range(1, 13))
GATEWAY = node_pb2.NODE_CLASS_GATEWAY
Change = pb.WatchNodesResponse.Change


@pytest.fixture(scope="module")
def fleet(postgres: PostgresServer) -> Iterator[FleetProcess]:
    name = postgres.create_database()
    with nats_server(nodes=NODES) as server, fleet_process(server, postgres.url(name)) as process:
        yield process
    postgres.drop_database(name)


def refused(call: Any) -> Details:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return details(caught.value)


def heartbeat(node: str, instance: int = 7, **fields: Any) -> bytes:
    values = {"agent_version": "1.0", "interval_ms": 1_000, **fields}
    message = heartbeat_pb2.Heartbeat(node=node, instance=instance, **values)
    data: bytes = message.SerializeToString()
    return data


async def say(fleet: FleetProcess, node: str, *payloads: bytes) -> None:
    async with as_user(fleet.nats, "node", node) as link:
        for payload in payloads:
            await link.publish(subjects.heartbeat(subjects.NodeId(node)), payload)
        await link.flush()


async def events(fleet: FleetProcess, kind: str) -> list[bytes]:
    async with as_user(fleet.nats, "test", "admin") as link:
        js = jetstream(link)
        state = (await js.stream_info(subjects.EVENTS)).state
        found = []
        for sequence in range(state.first_seq, state.last_seq + 1):
            message = await js.get_msg(subjects.EVENTS, sequence)
            if message.subject == subjects.event("fleet", kind):
                found.append(message.data or b"")
        return found


# -- RPCs -----------------------------------------------------------------------------------------


def test_a_node_is_created_read_changed_and_deleted(fleet: FleetProcess) -> None:
    made = fleet.create("rpc-1", display_name="风", labels={"ward": "3"})
    assert made.name == "nodes/rpc-1"
    assert made.presence == node_pb2.PRESENCE_NEVER_SEEN
    assert made.etag
    assert fleet.node("rpc-1") == made
    changed = fleet.call(
        "UpdateNode",
        pb.UpdateNodeRequest(
            node=node_pb2.Node(
                name="nodes/rpc-1",
                etag=made.etag,
                display_name="云",
                place_code="not looked at",
            ),
            update_mask=FieldMask(paths=["display_name"]),
        ),
    )
    assert changed.display_name == "云"
    assert changed.node_class == node_pb2.NODE_CLASS_GATEWAY
    assert dict(changed.labels) == {"ward": "3"}
    assert changed.etag != made.etag
    fleet.call("DeleteNode", pb.DeleteNodeRequest(name="nodes/rpc-1", etag=changed.etag))
    assert refused(lambda: fleet.node("rpc-1")).code is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("paths", [["place_code"], [], ["node_class", "labels"]])
def test_what_an_updates_mask_names_keeps_the_rules(fleet: FleetProcess, paths: list[str]) -> None:
    wrong = node_pb2.Node(name="nodes/x", place_code="1")
    request = pb.UpdateNodeRequest(node=wrong, update_mask=FieldMask(paths=paths))
    found = refused(lambda: fleet.call("UpdateNode", request))
    assert found.code is grpc.StatusCode.INVALID_ARGUMENT
    assert found.info is not None
    assert found.info.reason == "REQUEST_INVALID"


def test_a_repeated_request_gets_the_first_answer(fleet: FleetProcess) -> None:
    first = fleet.create("rpc-2", request_id=REQUEST)
    assert fleet.create("rpc-2", request_id=REQUEST) == first
    found = refused(lambda: fleet.create("rpc-3", request_id=REQUEST))
    assert found.code is grpc.StatusCode.INVALID_ARGUMENT
    assert found.info is not None
    assert found.info.reason == "REQUEST_ID_REUSED"


@pytest.mark.parametrize(
    ("code", "reason", "method", "request_"),
    [
        pytest.param(
            grpc.StatusCode.NOT_FOUND,
            "NODE_UNKNOWN",
            "GetNode",
            pb.GetNodeRequest(name="nodes/nobody"),
            id="unknown-node",
        ),
        pytest.param(
            grpc.StatusCode.INVALID_ARGUMENT,
            "REQUEST_INVALID",
            "GetNode",
            pb.GetNodeRequest(name="nodes/UPPER"),
            id="no-name",
        ),
        pytest.param(
            grpc.StatusCode.INVALID_ARGUMENT,
            "FILTER_INVALID",
            "ListNodes",
            pb.ListNodesRequest(filter="colour=red"),
            id="filter",
        ),
        pytest.param(
            grpc.StatusCode.INVALID_ARGUMENT,
            "PAGE_TOKEN_INVALID",
            "ListNodes",
            pb.ListNodesRequest(page_token="made-up"),
            id="page-token",
        ),
        pytest.param(
            grpc.StatusCode.INVALID_ARGUMENT,
            "UPDATE_MASK_INVALID",
            "UpdateNode",
            pb.UpdateNodeRequest(
                node=node_pb2.Node(name="nodes/x", node_class=GATEWAY, place_code="510104"),
                update_mask=FieldMask(paths=["presence"]),
            ),
            id="update-mask",
        ),
        pytest.param(
            grpc.StatusCode.NOT_FOUND,
            "NODE_UNKNOWN",
            "UpdateNodePlan",
            pb.UpdateNodePlanRequest(plan=node_pb2.NodePlan(name="nodes/nobody/plan")),
            id="plan-of-nobody",
        ),
        pytest.param(
            grpc.StatusCode.INVALID_ARGUMENT,
            "NAME_INVALID",
            "UpdateNodePlan",
            pb.UpdateNodePlanRequest(plan=node_pb2.NodePlan(name="nodes/a/b/c")),
            id="no-plan-name",
        ),
        pytest.param(
            grpc.StatusCode.INVALID_ARGUMENT,
            "VALUE_UNSTORABLE",
            "CreateNode",
            pb.CreateNodeRequest(
                node_id="nul",
                node=node_pb2.Node(
                    display_name="a\x00b",
                    node_class=node_pb2.NODE_CLASS_GATEWAY,
                    place_code="510104",
                ),
            ),
            id="nul-in-a-text",
        ),
    ],
)
def test_refusals(
    fleet: FleetProcess, code: grpc.StatusCode, reason: str, method: str, request_: Any
) -> None:
    found = refused(lambda: fleet.call(method, request_))
    assert found.code is code
    assert found.info is not None
    assert found.info.reason == reason


def test_only_those_may_who_are_let_in(fleet: FleetProcess) -> None:
    request = pb.CreateNodeRequest(
        node_id="rpc-4",
        node=node_pb2.Node(node_class=GATEWAY, place_code="510104"),
    )
    found = refused(lambda: fleet.call("CreateNode", request, "VIEWER"))
    assert found.code is grpc.StatusCode.PERMISSION_DENIED


def test_lists_by_pages(fleet: FleetProcess) -> None:
    for n in range(5):
        fleet.create(f"page-{n}", labels={"of": "pages"})
    query, names, token = "labels.of=pages", [], ""
    for _ in range(3):
        page = fleet.call(
            "ListNodes", pb.ListNodesRequest(page_size=2, page_token=token, filter=query)
        )
        names.append([node.name for node in page.nodes])
        token = page.next_page_token
        assert page.total_size == 5
        if token:
            other = pb.ListNodesRequest(page_token=token, filter="")
            found = refused(lambda other=other: fleet.call("ListNodes", other))
            assert found.info is not None
            assert found.info.reason == "PAGE_TOKEN_INVALID"
    assert [len(page) for page in names] == [2, 2, 1]
    assert token == ""


class Watch:
    """A watch of the nodes that carry a label."""

    def __init__(self, fleet: FleetProcess, label: str, token: str = "") -> None:
        stub = fleet.channel
        assert stub is not None
        self._call: Any = stub.unary_stream(
            "/tianfu.fleet.v1.FleetService/WatchNodes",
            request_serializer=pb.WatchNodesRequest.SerializeToString,
            response_deserializer=pb.WatchNodesResponse.FromString,
        )(
            pb.WatchNodesRequest(filter=f"labels.w={label}", resume_token=token),
            timeout=60,
            metadata=fleet.metadata(),
        )

    def next(self, count: int) -> list[tuple[str, str, str]]:
        found = []
        for answer in itertools.islice(self._call, count):
            kind = Change.Name(answer.change).removeprefix("CHANGE_")
            found.append((kind, answer.node.name, answer.resume_token))
        return found

    def stop(self) -> None:
        self._call.cancel()


def test_a_watch_tells_what_is_and_what_becomes(fleet: FleetProcess) -> None:
    fleet.create("watch-1", labels={"w": "a"})
    fleet.create("watch-2", labels={"w": "b"})
    watch = Watch(fleet, "a")
    first = watch.next(2)
    assert [(kind, name) for kind, name, _ in first] == [
        ("PRESENT", "nodes/watch-1"),
        ("CAUGHT_UP", ""),
    ]
    fleet.create("watch-3", labels={"w": "b"})
    fleet.create("watch-4", labels={"w": "a"})
    fleet.call("DeleteNode", pb.DeleteNodeRequest(name="nodes/watch-1"))
    assert [(kind, name) for kind, name, _ in watch.next(2)] == [
        ("PRESENT", "nodes/watch-4"),
        ("DELETED", "nodes/watch-1"),
    ]
    watch.stop()


def test_a_watch_goes_on_where_it_was_after_the_service_was_killed(fleet: FleetProcess) -> None:
    fleet.create("resume-1", labels={"w": "r"})
    watch = Watch(fleet, "r")
    token = watch.next(2)[-1][2]
    watch.stop()
    fleet.create("resume-2", labels={"w": "r"})
    fleet.call("DeleteNode", pb.DeleteNodeRequest(name="nodes/resume-1"))
    fleet.kill()
    fleet.start()
    again = Watch(fleet, "r", token)
    assert [(kind, name) for kind, name, _ in again.next(2)] == [
        ("PRESENT", "nodes/resume-2"),
        ("DELETED", "nodes/resume-1"),
    ]
    again.stop()
    assert fleet.node("resume-2").name == "nodes/resume-2"


# -- heartbeats -----------------------------------------------------------------------------------


async def test_a_heartbeat_makes_a_node_online_and_its_absence_silent(fleet: FleetProcess) -> None:
    fleet.create("gw-1")
    writes = fleet.metric("tianfu_fleet_presence_writes_total")
    for _ in range(20):
        await say(fleet, "gw-1", heartbeat("gw-1", clock_offset_us=1_500))
    await until(lambda: fleet.node("gw-1").presence == node_pb2.PRESENCE_ONLINE)
    node = fleet.node("gw-1")
    assert node.agent_version == "1.0"
    assert node.identity_state == node_pb2.IDENTITY_STATE_SINGLE
    assert node.clock_offset.nanos == 1_500_000
    await until(lambda: fleet.node("gw-1").presence == node_pb2.PRESENCE_SILENT)
    await until(lambda: fleet.node("gw-1").presence == node_pb2.PRESENCE_OFFLINE)
    # Other nodes of this server change as well; heartbeats alone would have made twenty.
    assert fleet.metric("tianfu_fleet_presence_writes_total") - writes < 20

    async def told() -> bool:
        moves = [
            events_pb2.NodePresenceChanged.FromString(event)
            for event in await events(fleet, "node-presence-changed")
        ]
        return [m.presence for m in moves if m.node == "gw-1"] == [
            node_pb2.PRESENCE_ONLINE,
            node_pb2.PRESENCE_SILENT,
            node_pb2.PRESENCE_OFFLINE,
        ]

    await until(told)


async def test_a_heartbeat_that_asks_gets_an_answer(fleet: FleetProcess) -> None:
    fleet.create("gw-2")
    async with as_user(fleet.nats, "node", "gw-2") as link:
        subject = subjects.heartbeat(subjects.NodeId("gw-2"))
        answer = await link.request(subject, heartbeat("gw-2"), timeout=20)
    reply = heartbeat_pb2.HeartbeatReply.FromString(answer.data)
    assert abs(reply.receive_time.seconds - time.time()) < 60
    assert reply.reply_time.ToNanoseconds() >= reply.receive_time.ToNanoseconds()


async def test_heartbeats_that_are_wrong_are_counted_and_not_taken(fleet: FleetProcess) -> None:
    name = "tianfu_fleet_refused_heartbeats_total"
    reasons = ("NODE_UNKNOWN", "NODE_MISMATCH", "HEARTBEAT_MALFORMED")
    before = {reason: fleet.metric(name, reason=reason) for reason in reasons}
    fleet.create("gw-4")
    await say(fleet, "gw-3", heartbeat("gw-3"))
    await say(fleet, "gw-4", heartbeat("gw-5"))
    await say(fleet, "gw-4", b"\xff\xff", heartbeat("gw-4", agent_version="1\x00"))
    expected = {"NODE_UNKNOWN": 1.0, "NODE_MISMATCH": 1.0, "HEARTBEAT_MALFORMED": 2.0}
    await until(lambda: {r: fleet.metric(name, reason=r) - before[r] for r in reasons} == expected)
    assert fleet.node("gw-4").presence == node_pb2.PRESENCE_NEVER_SEEN
    assert refused(lambda: fleet.node("gw-3")).code is grpc.StatusCode.NOT_FOUND


async def test_a_clock_off_by_an_age_is_not_believed(fleet: FleetProcess) -> None:
    fleet.create("gw-6")
    await say(fleet, "gw-6", heartbeat("gw-6", clock_offset_us=2**63 - 1))
    await until(lambda: fleet.node("gw-6").presence == node_pb2.PRESENCE_ONLINE)
    assert not fleet.node("gw-6").HasField("clock_offset")


async def test_two_agents_with_one_identity_are_reported(fleet: FleetProcess) -> None:
    fleet.create("gw-7")
    await say(fleet, "gw-7", *(heartbeat("gw-7", instance) for instance in (1, 2, 1, 2)))
    await until(lambda: fleet.node("gw-7").identity_state == node_pb2.IDENTITY_STATE_DUPLICATED)

    async def told() -> bool:
        found = await events(fleet, "node-identity-changed")
        return "gw-7" in [events_pb2.NodeIdentityChanged.FromString(e).node for e in found]

    await until(told)


# -- plans ----------------------------------------------------------------------------------------


def plan(node: str, pattern: str = "*") -> pb.UpdateNodePlanRequest:
    asked = node_pb2.NodePlan(name=f"nodes/{node}/plan")
    asked.sampling_rules.add(series_pattern=pattern)
    return pb.UpdateNodePlanRequest(plan=asked)


async def own_plan(link: Client, node: str) -> node_pb2.NodePlan | None:
    """Read a plan as an agent does; None when there is none."""
    subject = subjects.direct_get(subjects.PLANS, subjects.NodeId(node))
    answer = await link.request(subject, b"", timeout=20)
    headers = answer.headers or {}
    if "Status" in headers or "KV-Operation" in headers:
        return None
    found = node_pb2.NodePlan()
    found.ParseFromString(answer.data)
    return found


async def test_a_plan_reaches_its_node_and_its_report_comes_back(fleet: FleetProcess) -> None:
    fleet.create("gw-8")
    node = subjects.NodeId("gw-8")
    async with as_user(fleet.nats, "node", "gw-8") as link:
        assert await own_plan(link, "gw-8") is None
        heard: asyncio.Queue[bytes] = asyncio.Queue()

        async def hear(message: Any) -> None:
            heard.put_nowait(message.data)

        await link.subscribe(subjects.plan(node), cb=hear)
        await link.flush()
        answer = fleet.call("UpdateNodePlan", plan("gw-8", "power.*"))
        assert answer.generation == 1
        async with asyncio.timeout(30):
            told = node_pb2.NodePlan.FromString(await heard.get())
        assert told.generation == 1
        assert told.sampling_rules[0].series_pattern == "power.*"
        kept = await own_plan(link, "gw-8")
        assert kept == told
        report = node_pb2.PlanReport(node="gw-8", generation=1, state=node_pb2.PLAN_STATE_APPLIED)
        key = subjects.bucket_key(subjects.PLAN_REPORTS, node)
        await link.jetstream().publish(key, report.SerializeToString())
        request = pb.GetNodePlanRequest(name="nodes/gw-8/plan")
        await until(
            lambda: fleet.call("GetNodePlan", request).report.state == node_pb2.PLAN_STATE_APPLIED
        )
        fleet.call("DeleteNode", pb.DeleteNodeRequest(name="nodes/gw-8"))

        async def gone() -> bool:
            return await own_plan(link, "gw-8") is None

        await until(gone)


async def test_reports_that_are_wrong_become_dead_letters(fleet: FleetProcess) -> None:
    node = subjects.NodeId("gw-9")
    key = subjects.bucket_key(subjects.PLAN_REPORTS, node)
    other = node_pb2.PlanReport(node="gw-8", generation=1)
    async with as_user(fleet.nats, "node", "gw-9") as link:
        for payload in (b"\xff\xff", other.SerializeToString()):
            await link.jetstream().publish(key, payload)
            expected = "REPORT_MALFORMED" if payload == b"\xff\xff" else "NODE_MISMATCH"

            def reasons() -> set[str]:
                found = fleet.letters("ListDeadLetters", dead_pb.ListDeadLettersRequest())
                return {letter.reason for letter in found.dead_letters}

            await until(lambda expected=expected: expected in reasons())  # type: ignore[misc]
    found = fleet.letters("ListDeadLetters", dead_pb.ListDeadLettersRequest())
    letter = found.dead_letters[0]
    assert letter.consumer == subjects.FLEET_PLAN_REPORTS
    replay = dead_pb.ReplayDeadLetterRequest(name=letter.name)
    assert fleet.letters("ReplayDeadLetter", replay).subject == key


# -- the process ----------------------------------------------------------------------------------


def test_stops_in_order_and_starts_again(fleet: FleetProcess) -> None:
    assert fleet.stop() == 0
    fleet.start()


def test_wrong_settings_are_said_all_at_once_without_secrets(fleet: FleetProcess) -> None:
    environment = {
        "PATH": "",
        "TIANFU_GRPC_ADDRESS": "nowhere",
        "TIANFU_DATABASE_ADMIN_URL": "secret",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "services.fleet"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    for name in ("TIANFU_GRPC_ADDRESS", "TIANFU_DATABASE_URL", "TIANFU_NATS_CREDENTIALS_FILE"):
        assert name in ended.stderr
    assert "secret" not in ended.stderr


def test_a_port_in_use_is_said_in_one_line(fleet: FleetProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment = dict(fleet.environment)
        environment["TIANFU_GRPC_ADDRESS"] = f"127.0.0.1:{taken.getsockname()[1]}"
        environment["TIANFU_METRICS_ADDRESS"] = ""
        ended = subprocess.run(
            [sys.executable, "-m", "services.fleet"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert ended.returncode == 3
    lines = [line for line in ended.stderr.splitlines() if "PORT_IN_USE" in line]
    assert len(lines) == 1


def test_says_nothing_but_json_in_its_log(fleet: FleetProcess) -> None:
    lines = until_blocking(fleet.log.read_text).splitlines()
    assert [line for line in lines if not line.startswith("{")] == []
