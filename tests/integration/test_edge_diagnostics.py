"""Real nodes asked about themselves by FleetService: at the hub, and behind a base station."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import nats
import pytest

from cli import diagnosing
from cli.output import Format
from edge import settings
from edge.agent import Agent
from services.plumbing.nats_link import close
from tests.integration.edge_world import agent_of, running
from tests.integration.test_edge_station import station_agent
from tests.support.enrolled import enrolled
from tests.support.fleet_process import FleetProcess
from tests.support.postgres import PostgresServer
from tests.support.rpc import details
from tests.support.simulated_room import ROOM
from tests.support.station_platform import station_platform
from tests.support.waiting import until
from tianfu import subjects
from tianfu.fleet.v1 import diagnosis_pb2, node_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.subjects import NodeId

pytestmark = pytest.mark.integration

WAIT_S = 90.0
STATION, GATEWAY, ABSENT = (NodeId(name) for name in ("bs-hub-1", "gw-hub-1", "gw-hub-2"))
FORBIDDEN = (subjects.diagnose(STATION), subjects.diagnose(GATEWAY), subjects.diagnosis(STATION))
COMMANDS = [number for number in diagnosis_pb2.DiagnosticCommand.values() if number]


@pytest.fixture(scope="module")
def fleet(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FleetProcess]:
    folder = tmp_path_factory.mktemp("platform")
    with station_platform(postgres, folder, [STATION], [GATEWAY, ABSENT]) as process:
        yield process


def gateway_agent(folder: Path, url: str, credentials: Path) -> Agent:
    """Return the agent of a gateway that knows its station's leaf server alone."""
    text = f"""
[node]
id = "{GATEWAY}"
data_dir = "gateway"
[nats]
url = "{url}"
credentials_file = "{credentials}"
[heartbeat]
interval_s = 1
{ROOM}"""
    return agent_of(settings.parse(text, {}, file="edge.toml", folder=folder), seed=5)


async def diagnosed(fleet: FleetProcess, node: str, command: int, *roles: str) -> Any:
    request = pb.DiagnoseNodeRequest(
        name=f"nodes/{node}", command=diagnosis_pb2.DiagnosticCommand.ValueType(command)
    )
    if command == diagnosis_pb2.DIAGNOSTIC_COMMAND_APP_LOG:
        request.app = "pump"
    answer = await asyncio.to_thread(fleet.call, "DiagnoseNode", request, *roles)
    return answer.diagnosis


async def refused(fleet: FleetProcess, node: str, command: int, *roles: str) -> tuple[Any, str]:
    with pytest.raises(grpc.RpcError) as caught:
        await diagnosed(fleet, node, command, *roles)
    info = details(caught.value).info
    assert info is not None
    return caught.value.code(), str(info.reason)


async def test_nodes_say_of_themselves_what_they_are_asked(
    fleet: FleetProcess,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    own = await asyncio.to_thread(enrolled, fleet, GATEWAY, tmp_path / "gateway.creds")
    station, port = await asyncio.to_thread(station_agent, fleet, tmp_path)
    gateway = gateway_agent(tmp_path, f"nats://127.0.0.1:{port}", own)
    async with running(station), running(gateway):

        async def are_online() -> bool:
            nodes = [await asyncio.to_thread(fleet.node, node) for node in (STATION, GATEWAY)]
            return all(node.presence == node_pb2.PRESENCE_ONLINE for node in nodes)

        await until(are_online, WAIT_S)
        answers: dict[int, Any] = {}
        for command in COMMANDS:
            if command == diagnosis_pb2.DIAGNOSTIC_COMMAND_APP_LOG:
                code, reason = await refused(fleet, GATEWAY, command)
                assert (code, reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NODE_REFUSED")
                continue
            answers[command] = said = await diagnosed(fleet, GATEWAY, command)
            assert (said.name, said.command) == (f"nodes/{GATEWAY}", command)
            diagnosing.show(word(command), said, Format.TABLE)
        printed = capsys.readouterr().out
        for seen in ("driver room", "generation", "CONNECTED", "asked about this node"):
            assert seen in printed
        # The station answers by the hub, the gateway by the station's leaf server.
        link = diagnosis_pb2.DIAGNOSTIC_COMMAND_LINK
        assert (await diagnosed(fleet, STATION, link)).link.server == fleet.nats.url
        assert answers[link].link.server.endswith(str(port))
        # Asked by many at once it says that it was asked too much, and is none the worse.
        outcomes = set(await asyncio.gather(*(outcome(fleet) for _ in range(24))))
        busy = (grpc.StatusCode.RESOURCE_EXHAUSTED, "NODE_BUSY")
        assert busy in outcomes
        assert outcomes <= {busy, (None, "")}
        assert gateway.link.is_connected
        await nobody_else_asks(fleet, port, own)
    assert (await refused(fleet, ABSENT, 1)) == (grpc.StatusCode.UNAVAILABLE, "NODE_OFFLINE")
    checked = await asyncio.to_thread(fleet.call, "VerifyAudit", pb.VerifyAuditRequest(), "AUDITOR")
    assert checked.sound
    assert checked.number >= 2 * len(COMMANDS)  # each before it was asked, and what came of it
    assert checked.forgotten_number == 0
    denied = (grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING")
    for role in ("viewer", "field-engineer", "service"):
        assert (await refused(fleet, GATEWAY, 1, role)) == denied


async def outcome(fleet: FleetProcess) -> tuple[Any, str]:
    try:
        await diagnosed(fleet, GATEWAY, diagnosis_pb2.DIAGNOSTIC_COMMAND_CLOCK)
    except grpc.RpcError as error:
        info = details(error).info
        assert info is not None
        return error.code(), str(info.reason)
    return None, ""


async def nobody_else_asks(fleet: FleetProcess, leaf_port: int, credentials: Path) -> None:
    """A node, at its station or at the hub, can neither ask another nor answer for it."""
    for url in (fleet.nats.url, f"nats://127.0.0.1:{leaf_port}"):
        denied: list[str] = []

        async def note(error: Exception, denied: list[str] = denied) -> None:
            denied.append(str(error).lower())

        link = await nats.connect(
            url,
            user_credentials=str(credentials),
            inbox_prefix=subjects.inbox_prefix("node", GATEWAY),
            error_cb=note,
            allow_reconnect=False,
        )
        for subject in FORBIDDEN:
            await link.publish(subject, b"")
        await link.flush(60)
        await until(partial(are_all, denied), WAIT_S)
        await close(link)


def are_all(denied: list[str]) -> bool:
    return len(denied) == len(FORBIDDEN)


def word(command: int) -> diagnosing.Command:
    name = diagnosis_pb2.DiagnosticCommand.Name(
        diagnosis_pb2.DiagnosticCommand.ValueType(command)
    ).removeprefix("DIAGNOSTIC_COMMAND_")
    return diagnosing.Command[name]
