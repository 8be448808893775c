"""The bucket of nodes' places is lost while the fleet runs, on real servers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import nats.js.errors
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from tests.support.fleet_process import FleetProcess, as_user, fleet_process
from tests.support.nats_server import nats_server
from tests.support.postgres import PostgresServer
from tests.support.waiting import until
from tianfu import subjects
from tianfu.fleet.v1 import events_pb2, node_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as pb

pytestmark = pytest.mark.integration


@pytest.fixture
def fleet(postgres: PostgresServer) -> Iterator[FleetProcess]:
    name = postgres.create_database()
    with nats_server() as server, fleet_process(server, postgres.url(name)) as process:
        yield process
    postgres.drop_database(name)


async def test_a_bucket_of_places_that_was_lost_is_made_and_told_anew(fleet: FleetProcess) -> None:
    registered = {"gw-41": "510104", "gw-42": "510105", "gw-43": "511702"}
    for name, place in registered.items():
        fleet.create(name, place_code=place)
    stream = subjects.bucket_stream(subjects.NODE_PLACES)
    async with as_user(fleet.nats, "test", "admin") as link:
        js = link.jetstream(timeout=20)

        async def places() -> dict[str, str]:
            found = {}
            for name in registered:
                key = subjects.bucket_key(subjects.NODE_PLACES, subjects.node_id(name))
                with contextlib.suppress(nats.js.errors.NotFoundError):
                    data = (await js.get_last_msg(stream, key)).data or b""
                    found[name] = events_pb2.NodePlace.FromString(data).place_code
            return found

        async def all_told() -> bool:
            return await places() == registered

        await until(all_told)
        first = (await js.stream_info(stream)).created
        # Its first telling is over, too: what comes now comes because the bucket was lost.
        await until(lambda: fleet.metric("tianfu_fleet_places_retold_total") >= 1.0)
        before = fleet.metric("tianfu_fleet_places_retold_total")
        assert await js.delete_stream(stream)
        await until(all_told)
        assert (await js.stream_info(stream)).created != first
        await until(lambda: fleet.metric("tianfu_fleet_places_retold_total") == before + 1.0)
        moved = node_pb2.Node(name="nodes/gw-43", place_code="510104")
        mask = FieldMask(paths=["place_code"])
        fleet.call("UpdateNode", pb.UpdateNodeRequest(node=moved, update_mask=mask))
        registered["gw-43"] = "510104"
        await until(all_told)
