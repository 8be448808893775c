"""This release beside the previous one: services, schemas, agents and callers of N and N-1.

One platform goes through an upgrade as docs/upgrading.md has it, while an agent sends; callers are
always of this release. What the agent has produced is stored once, throughout.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import pytest

from edge import status
from services.plumbing import migrations
from tests.integration.edge_world import AgentProcess, config
from tests.support import previous
from tests.support.enrolled import enrolled
from tests.support.fleet_process import FleetProcess, enrolment_environment
from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import PostgresServer
from tests.support.schema import make_schema
from tests.support.service_process import ServiceProcess
from tests.support.telemetry_process import TelemetryProcess
from tests.support.waiting import until
from tests.support.warning_process import WarningProcess
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as warning_rpc
from tianfu.disaster_warning.v1 import warning_pb2
from tianfu.fleet.v1 import node_pb2

pytestmark = pytest.mark.integration

NODE = "node-a"
DEADLINE_S = 120.0


@dataclass
class Platform:
    """Services of one release or the other, over the same stores."""

    nats: NatsServer
    fleet: FleetProcess
    telemetry: TelemetryProcess
    warnings: WarningProcess

    def all(self) -> tuple[ServiceProcess, ...]:
        return self.fleet, self.telemetry, self.warnings

    def become(self, release: Callable[[], dict[str, str]], *processes: ServiceProcess) -> None:
        """Replace processes by those of a release, one after the other, as an upgrade does."""
        for one in processes:
            if one.process is not None:
                assert one.stop() == 0
            one.environment |= release()
            one.start()

    def migrate(self, release: Callable[[], dict[str, str]]) -> None:
        """Bring schemas to a release; processes go on as they are."""
        for one in (self.fleet, self.warnings):
            before = one.environment
            one.environment = before | release()
            one.migrate()
            one.environment = before

    def stored(self) -> int:
        """Return how many readings of the node are accounted for."""
        try:
            return int(self.telemetry.delivery(NODE).stored)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            return 0

    async def flows(self) -> None:
        """Wait until more readings are stored than now, and the node is known to be online."""
        before = await asyncio.to_thread(self.stored)

        async def more() -> bool:
            return await asyncio.to_thread(self.stored) > before

        async def online() -> bool:
            node = await asyncio.to_thread(self.fleet.node, NODE)
            return bool(node.presence == node_pb2.PRESENCE_ONLINE)

        await until(more, DEADLINE_S)
        await until(online, DEADLINE_S)


@pytest.fixture
async def platform(postgres: PostgresServer, tmp_path: Path) -> AsyncIterator[Platform]:
    folders = {name: tmp_path / name for name in ("fleet", "telemetry", "warnings")}
    for folder in folders.values():
        folder.mkdir()
    with nats_server(nodes=(NODE,)) as server:
        fleet = FleetProcess(
            folders["fleet"],
            server,
            postgres.url(postgres.create_database()),
            enrolment_environment(folders["fleet"], server),
        )
        telemetry = TelemetryProcess(folders["telemetry"], server)
        admin = postgres.url(postgres.create_database())
        warnings = WarningProcess(folders["warnings"], server, admin)
        made = Platform(server, fleet, telemetry, warnings)
        try:
            yield made
        finally:
            for one in made.all():
                if one.process is not None:
                    one.kill()


class Agent(AgentProcess):
    """An agent of either release over one folder."""

    def become(self, release: Callable[[], dict[str, str]]) -> None:
        if self.process is not None:
            assert self.end(signal.SIGTERM) == 0
        self._environment = {**self._environment, **release()}
        self.start()


def state_of(warnings: WarningProcess, warning: str) -> Any:
    return warnings.call("GetWarning", warning_rpc.GetWarningRequest(name=f"warnings/{warning}"))


@pytest.mark.parametrize("part", ["tianfu", "services.fleet", "edge.main"])
def test_each_release_runs_its_own_code(part: str) -> None:
    """Else all that follows would compare this release with itself."""
    program = f"import importlib; print(importlib.import_module({part!r}).__file__)"
    found = {
        release.__name__: Path(
            subprocess.check_output(
                [sys.executable, "-c", program], env={**os.environ, **release()}, text=True
            ).strip()
        )
        for release in (previous.environment, previous.environment_of_this)
    }
    assert found["environment"].is_relative_to(previous.tree())
    assert not found["environment_of_this"].is_relative_to(previous.tree())


async def test_an_upgrade_loses_nothing_and_stops_nobody(
    platform: Platform, tmp_path: Path
) -> None:
    old, new = previous.environment, previous.environment_of_this
    fleet, telemetry, warnings = platform.all()
    assert isinstance(fleet, FleetProcess)
    assert isinstance(warnings, WarningProcess)

    # All of N-1, called by N: a node enrols, readings are stored, a warning is issued.
    platform.migrate(old)
    platform.become(old, *platform.all())
    fleet.create(NODE)
    credentials = enrolled(fleet, NODE, tmp_path / "node.creds")
    agent = Agent(config(tmp_path), platform.nats)
    agent.use(credentials)
    agent.become(old)
    await platform.flows()
    warnings.issue("first")
    warnings.draft("second")

    # N's schemas under code of N-1: what a chart's hooks do before anything is replaced.
    platform.migrate(new)
    await platform.flows()
    warnings.sign_off("second")

    # Services of N beside those of N-1, then all of N under an agent of N-1.
    platform.become(new, telemetry)
    await platform.flows()
    platform.become(new, fleet, warnings)
    await platform.flows()
    assert warnings.publish("second").state == warning_pb2.WARNING_STATE_PUBLISHED
    assert state_of(warnings, "first").state == warning_pb2.WARNING_STATE_PUBLISHED
    fleet.create("node-b")
    enrolled(fleet, "node-b", tmp_path / "b.creds")

    # The agent last; it goes on with the spool of N-1.
    agent.become(new)
    await platform.flows()

    # A step back, with an agent of N. Only where nothing is kept in PostgreSQL: the release that
    # stands in for N-1 refuses a later schema; this one does not, see below.
    platform.become(old, telemetry)
    await platform.flows()

    assert agent.end(signal.SIGTERM) == 0
    last = status.read(tmp_path / "data")
    assert last is not None
    produced = last["spool"]["produced"]

    async def complete() -> bool:
        return bool(await asyncio.to_thread(platform.stored) == produced)

    await until(complete, DEADLINE_S)
    told = platform.telemetry.delivery(NODE)
    assert (told.produced, told.missing_batches, told.dropped) == (produced, 0, 0)
    audit = platform.telemetry.audit()
    assert audit.found_rows == audit.accounted_readings == produced
    assert (audit.duplicate_rows, audit.duplicate_batches) == (0, 0)


@pytest.mark.parametrize("service", ["fleet", "disaster_warning"])
async def test_a_schema_of_a_later_release_is_left_as_it_is(
    postgres: PostgresServer, service: str
) -> None:
    """After a rollback the code of before finds the version of after, and works on it."""
    admin = postgres.url(postgres.create_database())
    folder = previous.ROOT / "services" / service / "migrations"
    schema = await make_schema(admin, service.replace("_", "-"), folder)
    link = await asyncpg.connect(schema.url.replace("+asyncpg", ""))
    try:
        table = f'"{service}".schema_version'
        assert await link.fetchval(f"SELECT count(*) FROM {table}") == 1  # noqa: S608 - our own
        await link.execute(f"UPDATE {table} SET version_num = '9999'")  # noqa: S608 - as above
        await migrations.upgrade(schema.url, service, folder)
        assert await link.fetchval(f"SELECT version_num FROM {table}") == "9999"  # noqa: S608 - as above
    finally:
        await link.close()
