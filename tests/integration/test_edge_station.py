"""A base station's agent runs its leaf server: started again, told who was turned out."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client

from edge import link, settings
from edge.agent import Agent
from services.plumbing.nats_link import close
from tests.integration.edge_world import agent_of, running
from tests.support.enrolled import enrolled
from tests.support.fleet_process import FleetProcess
from tests.support.nats_server import binary
from tests.support.postgres import PostgresServer
from tests.support.station_platform import COUNTY, station_platform, trust_file
from tests.support.waiting import until
from tianfu import nats_jwt, station_rights, subjects
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.subjects import NodeId
from tools.ports import free_port

pytestmark = pytest.mark.integration

STATION, KEPT, STOLEN = (NodeId(name) for name in ("bs-hub-1", "gw-hub-1", "gw-hub-2"))
WAIT_S = 90.0
# The promise; it takes 0.05 s when nothing else runs.
REVOCATION_S = 10.0


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "RETRY_MOST_S", 0.5)


@pytest.fixture(scope="module")
def fleet(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FleetProcess]:
    folder = tmp_path_factory.mktemp("platform")
    with station_platform(postgres, folder, [STATION], [KEPT, STOLEN]) as process:
        yield process


def station_agent(fleet: FleetProcess, folder: Path) -> tuple[Agent, int]:
    """Return the agent of the station, and where its leaf server will be."""
    rights = station_rights.station_permissions(
        STATION, COUNTY, dict.fromkeys((KEPT, STOLEN), COUNTY)
    )
    leaf = fleet.nats.add_user("node", f"{STATION}-leaf", rights).credentials
    own = enrolled(fleet, STATION, folder / "own.creds")
    trust_file(fleet.nats, folder / "trust.json")
    port = free_port()
    text = f"""
[node]
id = "{STATION}"
data_dir = "data"
[nats]
url = "{fleet.nats.url}"
credentials_file = "{own}"
[station]
hub_urls = ["nats-leaf://127.0.0.1:{fleet.nats.leaf_port}"]
credentials_file = "{leaf}"
trust_file = "trust.json"
host = "127.0.0.1"
port = {port}
program = "{binary()}"
"""
    loaded = settings.parse(text, {}, file="edge.toml", folder=folder)
    return agent_of(loaded), port


async def connected(port: int, credentials: Path, node: NodeId) -> Client | None:
    """Return a connection to the leaf server, None when it takes none."""

    async def note(_: Exception) -> None:
        """Nothing: being refused is what is asked about."""

    client = Client()
    try:
        await client.connect(
            f"nats://127.0.0.1:{port}",
            user_credentials=str(credentials),
            inbox_prefix=subjects.inbox_prefix("node", node),
            allow_reconnect=False,
            connect_timeout=60,
            error_cb=note,
        )
    except (nats.errors.Error, OSError):
        await close(client)
        return None
    return client


async def held(port: int, credentials: Path, node: NodeId) -> Client:
    found: list[Client] = []

    async def is_in() -> bool:
        client = await connected(port, credentials, node)
        found.extend([] if client is None else [client])
        return bool(found)

    await until(is_in, WAIT_S)
    return found[0]


def status(agent: Agent) -> dict[str, Any]:
    assert agent.station is not None
    return agent.station.status()


def key_of(credentials: Path) -> str:
    token, _ = nats_jwt.split_credentials(credentials.read_text(encoding="ascii"))
    return nats_jwt.read(token).subject


def refused(agent: Agent) -> set[str]:
    assert agent.station is not None
    assert agent.station._trust is not None
    keys = set(agent.station._trust.claims.body["revocations"])
    assert status(agent)["turned_out"] == len(keys)
    return keys


async def test_a_station_runs_its_leaf_server_and_turns_out_who_is_turned_out(
    fleet: FleetProcess, tmp_path: Path
) -> None:
    kept = await asyncio.to_thread(enrolled, fleet, KEPT, tmp_path / "kept.creds")
    stolen = await asyncio.to_thread(enrolled, fleet, STOLEN, tmp_path / "stolen.creds")
    agent, port = await asyncio.to_thread(station_agent, fleet, tmp_path)
    async with running(agent):
        good = await held(port, kept, KEPT)
        bad = await held(port, stolen, STOLEN)
        revoke = pb.RevokeEnrolmentRequest(name=f"nodes/{STOLEN}/enrolment", cause="stolen")
        await asyncio.to_thread(fleet.call, "RevokeEnrolment", revoke)
        await until(lambda: bad.is_closed, REVOCATION_S)
        assert await connected(port, stolen, STOLEN) is None
        assert good.is_connected
        # Beside the station's own keys of the test before, where there was one.
        assert refused(agent) & {key_of(stolen), key_of(kept)} == {key_of(stolen)}
        # Killed, it comes back, and still refuses.
        os.kill(status(agent)["pid"], signal.SIGKILL)
        again = await held(port, kept, KEPT)
        assert await connected(port, stolen, STOLEN) is None
        assert status(agent)["starts"] == 2
        # New credentials: it is started with them.
        file = agent._settings.station
        assert file is not None
        assert file.credentials_file is not None
        await asyncio.to_thread(
            file.credentials_file.write_text, file.credentials_file.read_text() + "\n"
        )
        await until(lambda: status(agent)["starts"] == 3, WAIT_S)
        for client in (good, bad, again):
            await close(client)
    # With nobody at the hub, and an agent that was killed: who was turned out stays so.
    settings_ = agent._settings
    nowhere = f"nats://127.0.0.1:{free_port()}"
    alone = agent_of(replace(settings_, nats_url=nowhere), seed=2)
    async with running(alone):
        last = await held(port, kept, KEPT)
        assert await connected(port, stolen, STOLEN) is None
        assert refused(alone) & {key_of(stolen), key_of(kept)} == {key_of(stolen)}
        await close(last)


async def test_a_server_that_a_killed_agent_left_behind_is_ended_first(
    fleet: FleetProcess, tmp_path: Path
) -> None:
    first, _ = await asyncio.to_thread(station_agent, fleet, tmp_path)
    async with running(first):
        await until(lambda: status(first)["running"], WAIT_S)
    station = first.station
    assert station is not None
    left = await asyncio.create_subprocess_exec(
        binary(), "-c", str(station._folder / "leaf.conf"),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    (station._folder / "server.pid").write_text(str(left.pid))
    second = agent_of(first._settings, seed=3)
    async with running(second):
        assert await left.wait() is not None
        await until(lambda: status(second)["running"], WAIT_S)
