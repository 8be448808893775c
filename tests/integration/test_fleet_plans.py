"""Plans watched and what nodes fetch for them, on real servers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from typing import Any

import grpc
import pytest

from tests.support.fleet_process import FleetProcess, as_user, fleet_process
from tests.support.nats_server import nats_server
from tests.support.postgres import PostgresServer
from tests.support.rpc import details
from tianfu import subjects
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.fleet.v1 import fleet_service_pb2_grpc as fleet_grpc
from tianfu.fleet.v1 import node_pb2, update_pb2

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def fleet(postgres: PostgresServer) -> Iterator[FleetProcess]:
    name = postgres.create_database()
    with nats_server(nodes=("gw-9",)) as server, fleet_process(server, postgres.url(name)) as one:
        yield one
    postgres.drop_database(name)


def plan(node: str, pattern: str = "*") -> pb.UpdateNodePlanRequest:
    asked = node_pb2.NodePlan(name=f"nodes/{node}/plan")
    asked.sampling_rules.add(series_pattern=pattern)
    return pb.UpdateNodePlanRequest(plan=asked)


def reason_of(call: Any) -> str:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    info = details(caught.value).info
    assert info is not None
    return str(info.reason)


def upload(fleet: FleetProcess, name: str, *parts: bytes) -> Any:
    requests = [pb.UploadArtifactRequest(name=name)]
    requests += [pb.UploadArtifactRequest(data=part) for part in parts]
    return fleet.call("UploadArtifact", iter(requests))


async def test_an_artifact_is_kept_under_its_sum_for_nodes_to_fetch(fleet: FleetProcess) -> None:
    data = bytes(range(256)) * 1_200
    digest = sha256(data).hexdigest()
    name = f"artifacts/{digest}"
    asked = pb.GetArtifactRequest(name=name)
    assert reason_of(lambda: fleet.call("GetArtifact", asked)) == "ARTIFACT_UNKNOWN"
    assert reason_of(lambda: upload(fleet, name, data[:-1])) == "ARTIFACT_SUM_WRONG"
    assert reason_of(lambda: upload(fleet, "", data)) == "ARTIFACT_NAME_MISSING"
    made = upload(fleet, name, data[:100_000], data[100_000:]).artifact
    assert (made.name, made.size_bytes) == (name, len(data))
    assert upload(fleet, name, data).artifact == made
    assert fleet.call("GetArtifact", asked) == made
    async with as_user(fleet.nats, "node", "gw-9") as link:
        parts = [
            (await link.request(subjects.artifact_get(digest, n), b"", timeout=20)).data
            for n in range(3)
        ]
    assert b"".join(parts) == data


async def test_releases_are_shown_to_every_node(fleet: FleetProcess) -> None:
    def asked(*names: str, size: int = 8) -> pb.PublishUpdatesRequest:
        files = [update_pb2.UpdateFile(name=name, content=bytes(size)) for name in names]
        return pb.PublishUpdatesRequest(bundle=update_pb2.UpdateBundle(files=files))

    publish = partial(fleet.call, "PublishUpdates")
    assert reason_of(lambda: publish(asked("a.json", "a.json"))) == "UPDATE_MALFORMED"
    large = asked("a.json", "b.json", "c.json", size=200 << 10)
    assert reason_of(lambda: publish(large)) == "UPDATE_TOO_LARGE"
    assert reason_of(lambda: publish(asked("../a.json"))) == "REQUEST_INVALID"
    assert reason_of(lambda: publish(asked("a.json"), "service")) == "ROLE_MISSING"
    async with as_user(fleet.nats, "node", "gw-9") as link:
        heard = await link.subscribe(subjects.UPDATES_HEARD)
        await link.flush()
        request = asked("timestamp.json", "releases/0.2.0.json")
        publish(request)
        message = await heard.next_msg(timeout=60)
        assert update_pb2.UpdateBundle.FromString(message.data) == request.bundle
        answer = await link.request(subjects.UPDATES_GET, b"", timeout=60)
        assert answer.data == message.data


def test_plans_and_their_reports_are_watched(fleet: FleetProcess) -> None:
    fleet.create("gw-11")
    stub = fleet_grpc.FleetServiceStub(fleet.channel)

    def watch(token: str = "") -> Any:
        request = pb.WatchNodePlansRequest(resume_token=token)
        return fleet.call_on(stub, "WatchNodePlans", request)

    present = pb.WatchNodePlansResponse.CHANGE_PRESENT
    fleet.call("UpdateNodePlan", plan("gw-11"))
    caught_up = token = ""
    for response in (watching := watch()):
        if response.change == pb.WatchNodePlansResponse.CHANGE_CAUGHT_UP:
            caught_up = response.resume_token
            fleet.call("UpdateNodePlan", plan("gw-11", "b.*"))
        elif caught_up:
            assert response.change == present
            assert response.plan.sampling_rules[0].series_pattern == "b.*"
            token = response.resume_token
            break
    watching.cancel()
    fleet.call("DeleteNode", pb.DeleteNodeRequest(name="nodes/gw-11"))
    response = next(watching := watch(token))
    assert response.change == pb.WatchNodePlansResponse.CHANGE_DELETED
    assert response.plan.name == "nodes/gw-11/plan"
    watching.cancel()
