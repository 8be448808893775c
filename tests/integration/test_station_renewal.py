"""An enrolled station gets its leaf server's credentials itself, and renews them without a gap."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import nats
import pytest

from edge import link
from edge.enrolment import enrolling, identity
from edge.enrolment.identity import Identity
from edge.enrolment.unary_call import CallRefused
from services.plumbing.nats_link import close
from tests.integration.edge_world import running
from tests.integration.test_enrolment import agent_at
from tests.support.fleet_process import FleetProcess
from tests.support.nats_server import binary
from tests.support.postgres import PostgresServer
from tests.support.station_platform import station_platform, trust_file
from tests.support.waiting import until
from tianfu import nats_keys, subjects
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.join_code import JoinCode
from tianfu.nats_keys import KeyKind
from tianfu.subjects import NodeId
from tools.ports import free_port

pytestmark = pytest.mark.integration

STATION, OTHER, GATEWAY = (NodeId(name) for name in ("bs-own-1", "bs-own-2", "gw-own-1"))
BITS = Random(11).getrandbits
LIFE_S = 9.0
OVERLAP_S = 1.0
WAIT_S = 120.0


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "RETRY_MOST_S", 0.5)


@pytest.fixture(scope="module")
def fleet(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FleetProcess]:
    folder = tmp_path_factory.mktemp("platform")
    more = {
        "TIANFU_STATION_CREDENTIALS_OVERLAP_S": str(OVERLAP_S),
        "TIANFU_NODE_CREDENTIALS_LIFETIME_S": str(LIFE_S),
    }
    with station_platform(postgres, folder, [STATION, OTHER], [GATEWAY], more) as process:
        yield process


def code(fleet: FleetProcess, node: str) -> JoinCode:
    answer = fleet.call("IssueEnrolmentToken", pb.IssueEnrolmentTokenRequest(name=f"nodes/{node}"))
    return JoinCode(answer.token, f"http://127.0.0.1:{fleet.port}")


async def test_a_station_renews_what_its_leaf_server_shows_and_nobody_there_is_cut_off(
    fleet: FleetProcess, tmp_path: Path
) -> None:
    await enrolling.enroll(code(fleet, STATION), tmp_path / "data", BITS)
    trust_file(fleet.nats, tmp_path / "trust.json")
    port, file = free_port(), tmp_path / "edge.toml"
    file.write_text(f"""
[node]
id = "{STATION}"
data_dir = "data"
[nats]
url = "{fleet.nats.url}"
[station]
hub_urls = ["nats-leaf://127.0.0.1:{fleet.nats.leaf_port}"]
trust_file = "trust.json"
host = "127.0.0.1"
port = {port}
program = "{binary()}"
""")
    heard: set[bytes] = set()

    async def hear(message: Any) -> None:
        heard.add(message.data)

    hub = await nats.connect(
        fleet.nats.url, user_credentials=str(fleet.nats.credentials("test", "edge-admin"))
    )
    await hub.subscribe(subjects.heartbeat(GATEWAY), cb=hear)
    agent, numbers = agent_at(file), itertools.count()
    station = agent.station
    assert station is not None
    async with running(agent):
        await until(lambda: agent.counters.of("STATION_CREDENTIALS_RENEWED") >= 1, WAIT_S)
        gateway = await at_leaf(fleet, port)

        async def comes_through() -> bool:
            said = str(next(numbers)).encode()
            await gateway.publish(subjects.heartbeat(GATEWAY), said)
            await gateway.flush(60)
            await hub.flush(60)
            return said in heard

        await until(comes_through, WAIT_S)
        first = station.status()["credentials"]["expire_us"]
        # Until what it had first has ended for sure, by its time and by being turned out.
        await until(lambda: agent.counters.of("STATION_CREDENTIALS_RENEWED") >= 3, WAIT_S)
        assert station.status()["credentials"]["expire_us"] > first
        await until(comes_through, WAIT_S)
        assert gateway.is_connected
        assert gateway.stats["reconnects"] == 0
        assert station.status()["starts"] == 1
        await close(gateway)
    await close(hub)


async def at_leaf(fleet: FleetProcess, port: int) -> Any:
    found: list[Any] = []

    async def is_in() -> bool:
        try:
            client = await nats.connect(
                f"nats://127.0.0.1:{port}",
                user_credentials=str(fleet.nats.credentials("node", GATEWAY)),
                inbox_prefix=subjects.inbox_prefix("node", GATEWAY),
                allow_reconnect=False,
                connect_timeout=60,
            )
        except (nats.errors.Error, OSError):
            return False
        found.append(client)
        return True

    await until(is_in, WAIT_S)
    return found[0]


async def refused(held: Identity) -> str:
    with pytest.raises(CallRefused) as caught:
        await enrolling.renew_station(held, nats_keys.generate(KeyKind.USER))
    return caught.value.reason


async def test_nobody_gets_another_s(fleet: FleetProcess, tmp_path: Path) -> None:
    """Not by a name, not by another key of one's own, not a gateway, not who was turned out."""
    other = (await enrolling.enroll(code(fleet, OTHER), tmp_path / "other", BITS)).identity
    as_station = replace(other, facts=replace(other.facts, node=STATION))
    assert await refused(as_station) == "ENROLMENT_PROOF_REFUSED"
    unknown = replace(other, key=nats_keys.generate(KeyKind.USER))
    assert await refused(unknown) == "ENROLMENT_PROOF_REFUSED"
    gateway = (await enrolling.enroll(code(fleet, GATEWAY), tmp_path / "gw", BITS)).identity
    assert await refused(gateway) == "NODE_NOT_A_STATION"
    # A key that is another node's: neither its own device nor a thief makes it a station's.
    with pytest.raises(CallRefused) as caught:
        await enrolling.renew_station(other, gateway.key)
    assert caught.value.reason == "STATION_KEY_TAKEN"
    assert await enrolling.renew_station(other, nats_keys.generate(KeyKind.USER))
    # With the key that it had before it was renewed, which may have been copied off the card.
    await enrolling.renew(other, tmp_path / "other", BITS)
    assert await refused(other) == "ENROLMENT_PROOF_REFUSED"
    held = identity.load(tmp_path / "other")
    assert held is not None
    revoke = pb.RevokeEnrolmentRequest(name=f"nodes/{OTHER}/enrolment", cause="stolen")
    await asyncio.to_thread(fleet.call, "RevokeEnrolment", revoke)
    assert await refused(held) == "ENROLMENT_REVOKED"
