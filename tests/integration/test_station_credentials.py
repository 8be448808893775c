"""A real leaf server with credentials that the fleet service signed: whose word it passes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import nats
import pytest
from nats.aio.client import Client

from services.plumbing.nats_link import close
from tests.support.fleet_process import FleetProcess, enrolment_environment, fleet_process
from tests.support.leaf_server import leaf_server
from tests.support.nats_server import nats_server
from tests.support.postgres import PostgresServer
from tests.support.rpc import details
from tests.support.waiting import until
from tianfu import nats_jwt, nats_keys, node_labels, subjects
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.fleet.v1 import node_pb2
from tianfu.nats_keys import KeyKind, KeyPair
from tianfu.subjects import NodeId
from tools.ports import free_port

pytestmark = pytest.mark.integration

COUNTY = "510104"
GATEWAYS = tuple(NodeId(f"gw-leaf-{n}") for n in range(3))
OVERLAP_S = "1.5"
WAIT_S = 90.0


@pytest.fixture(scope="module")
def fleet(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FleetProcess]:
    folder, name = tmp_path_factory.mktemp("platform"), postgres.create_database()
    with nats_server(leaf_port=free_port(), nodes=GATEWAYS) as server:
        more = enrolment_environment(folder, server)
        more["TIANFU_STATION_CREDENTIALS_OVERLAP_S"] = OVERLAP_S
        with fleet_process(server, postgres.url(name), more) as process:
            yield process
    postgres.drop_database(name)


def issue(fleet: FleetProcess, station: str, key: KeyPair, *roles: str) -> Any:
    request = pb.IssueStationCredentialsRequest(name=f"nodes/{station}", public_key=key.public_key)
    return fleet.call("IssueStationCredentials", request, *roles)


def station(fleet: FleetProcess, name: str) -> NodeId:
    fleet.create(name, node_class=node_pb2.NODE_CLASS_BASE_STATION, place_code=COUNTY)
    return NodeId(name)


def gateway(fleet: FleetProcess, name: NodeId, at: str) -> None:
    """Have a gateway name its station, and be known."""
    node = node_pb2.Node(
        name=f"nodes/{name}",
        node_class=node_pb2.NODE_CLASS_GATEWAY,
        place_code=COUNTY,
        labels={node_labels.STATION: at},
    )
    try:
        fleet.call("UpdateNode", pb.UpdateNodeRequest(node=node))
    except grpc.RpcError:
        fleet.create(name, place_code=COUNTY, labels={node_labels.STATION: at})


def put(path: Path, answer: Any, key: KeyPair) -> None:
    """Put credentials in place as a kubelet does: all at once."""
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(nats_jwt.credentials(answer.credentials.nats_token, key.seed))
    new.replace(path)


@asynccontextmanager
async def admin(fleet: FleetProcess) -> AsyncIterator[Client]:
    link = await nats.connect(
        fleet.nats.url, user_credentials=str(fleet.nats.credentials("test", "edge-admin"))
    )
    try:
        yield link
    finally:
        await close(link)


class Passing:
    """What gateways say at a leaf server, and what of it comes to the hub."""

    def __init__(self, hub: Client) -> None:
        self._hub = hub
        self.heard: set[tuple[str, bytes]] = set()
        self._number = 0

    async def listen(self) -> None:
        async def hear(message: Any) -> None:
            self.heard.add((message.subject, message.data))

        for name in GATEWAYS:
            await self._hub.subscribe(subjects.heartbeat(name), cb=hear)
        await self._hub.flush()

    async def comes(self, fleet: FleetProcess, url: str, name: NodeId) -> bool:
        """Say whether one heartbeat of a gateway at a leaf server comes to the hub."""
        self._number += 1
        said = str(self._number).encode()
        link = await nats.connect(
            url,
            user_credentials=str(fleet.nats.credentials("node", name)),
            inbox_prefix=subjects.inbox_prefix("node", name),
            allow_reconnect=False,
        )
        try:
            await link.publish(subjects.heartbeat(name), said)
            await link.flush()
        finally:
            await close(link)
        try:
            await until(lambda: (subjects.heartbeat(name), said) in self.heard, 0.5)
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def passing(fleet: FleetProcess) -> AsyncIterator[Passing]:
    async with admin(fleet) as hub:
        made = Passing(hub)
        await made.listen()
        yield made


async def test_a_station_speaks_for_its_gateways_goes_on_when_renewed_and_ends_when_removed(
    fleet: FleetProcess, tmp_path: Path
) -> None:
    name, (one, two, foreign) = station(fleet, "bs-leaf-1"), GATEWAYS
    gateway(fleet, one, name)
    gateway(fleet, foreign, "bs-elsewhere")
    key, creds = nats_keys.generate(KeyKind.USER), tmp_path / "station.creds"
    answer = issue(fleet, name, key)
    assert list(answer.gateways) == [f"nodes/{one}"]
    put(creds, answer, key)
    port = fleet.nats.leaf_port
    assert port is not None
    with leaf_server(fleet.nats, name, COUNTY, {}, port, creds) as leaf:
        async with passing(fleet) as heard:

            async def passes(of: NodeId = one) -> bool:
                return await heard.comes(fleet, leaf.url, of)

            async def does_not(of: NodeId = one) -> bool:
                return not await heard.comes(fleet, leaf.url, of)

            await until(passes, WAIT_S)
            assert not await heard.comes(fleet, leaf.url, foreign)

            # Another gateway comes to it: the same key, more rights, once the old token has ended.
            gateway(fleet, two, name)
            answer = issue(fleet, name, key)
            assert list(answer.gateways) == [f"nodes/{one}", f"nodes/{two}"]
            put(creds, answer, key)
            await until(lambda: passes(two), WAIT_S)
            await until(passes, WAIT_S)

            # It is renewed: a new key, and the former one is good for nothing afterwards.
            new = nats_keys.generate(KeyKind.USER)
            former = tmp_path / "former.creds"
            former.write_text(creds.read_text())
            put(creds, issue(fleet, name, new), new)
            await until(lambda: is_out(fleet, former), WAIT_S)
            await until(passes, WAIT_S)
            await until(lambda: passes(two), WAIT_S)

            # A gateway leaves it.
            gateway(fleet, two, "bs-elsewhere")
            put(creds, issue(fleet, name, new), new)
            await until(lambda: does_not(two), WAIT_S)
            await until(passes, WAIT_S)

            fleet.call("DeleteNode", pb.DeleteNodeRequest(name=f"nodes/{name}"))
            await until(does_not, WAIT_S)


async def is_out(fleet: FleetProcess, creds: Path) -> bool:
    """Say whether the hub refuses credentials."""

    async def note(_: Exception) -> None:
        """Nothing: being refused is what is asked about."""

    client = Client()
    try:
        await client.connect(
            fleet.nats.url, user_credentials=str(creds), allow_reconnect=False, error_cb=note
        )
    except (nats.errors.Error, OSError):
        return True
    finally:
        await close(client)
    return False


def reason(fleet: FleetProcess, name: str, key: KeyPair, *roles: str) -> str:
    with pytest.raises(grpc.RpcError) as caught:
        issue(fleet, name, key, *roles)
    info = details(caught.value).info
    assert info is not None
    return str(info.reason)


def test_who_is_refused(fleet: FleetProcess) -> None:
    key = nats_keys.generate(KeyKind.USER)
    fleet.create("gw-no-station")
    assert reason(fleet, "gw-no-station", key) == "NODE_NOT_A_STATION"
    assert reason(fleet, "bs-unknown", key) == "NODE_UNKNOWN"
    first, second = station(fleet, "bs-first"), station(fleet, "bs-second")
    issue(fleet, first, key)
    assert reason(fleet, second, key) == "STATION_KEY_TAKEN"
    issue(fleet, first, nats_keys.generate(KeyKind.USER))
    assert reason(fleet, first, key) == "STATION_KEY_TAKEN"
