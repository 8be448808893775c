"""A real agent renews itself by a real server; what is not well is taken back, and is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from cli.keyfiles import KeyFiles
from cli.keystore import COST_RANDOM
from cli.updates.repository import Repository
from edge.enrolment import pinned_root
from tests.integration.edge_world import NODE, ROOT, Platform, config, environment
from tests.support.agent_wheel import NOTHING, agent_wheel
from tests.support.nats_server import NatsServer, nats_server
from tests.support.waiting import until
from tianfu import subjects
from tianfu.fleet.v1 import fleet_service_pb2, heartbeat_pb2, node_pb2, update_pb2

pytestmark = pytest.mark.integration

WAIT_S = 300.0
"""A new environment and its first start, on a machine that others use too."""

PART_BYTES = 128 << 10
DEAF = {
    "edge/link.py": "\n\nasync def _never(self, works):\n    await asyncio.Event().wait()\n\n\n"
    "Link.run = _never\n"
}
CRASHES = {"edge/agent.py": '\n\nraise SystemExit("crashes at once")\n'}


class Supervised:
    """What a service manager does: starts the agent again when it ends."""

    def __init__(self, file: Path, server: NatsServer) -> None:
        self._command = [sys.executable, "-P", "-m", "edge", "start", "--config", str(file)]
        self._environment = os.environ | environment(server)
        self._log = file.parent / "agent.log"
        self._ends = False
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor")
        self._thread.start()

    def _run(self) -> None:
        with self._log.open("ab") as log:
            while not self._ends:
                self._process = subprocess.Popen(
                    self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log
                )
                self._process.wait()

    def end(self) -> None:
        self._ends = True
        while self._thread.is_alive():
            if self._process is not None:
                self._process.terminate()
            self._thread.join(1)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def log(self) -> str:
        return self._log.read_text()


class World:
    def __init__(self, folder: Path, platform: Platform) -> None:
        self.folder, self.platform = folder, platform
        self.repository = Repository(
            folder / "releases",
            KeyFiles(folder / "keys", "correct horse battery", COST_RANDOM),
            datetime.now(UTC),
        )
        self.root = self.repository.create()
        self.generation = 0

    async def publish(self, version: str, added: Mapping[str, str] = NOTHING) -> bytes:
        """Sign a release, have the channel at it, and show it to nodes as the service does."""
        self.repository.add(version, [agent_wheel(self.folder, version, added)])
        self.repository.point("stable", version)
        js = (await self.platform.client()).jetstream()
        for wheel in self.repository.releases()[-1].wheels:
            data = self.repository.wheel(wheel)
            assert sha256(data).hexdigest() == wheel.sha256
            for number, start in enumerate(range(0, len(data), PART_BYTES)):
                part = data[start : start + PART_BYTES]
                await js.publish(subjects.artifact_key(wheel.sha256, number), part)
            record = fleet_service_pb2.Artifact(size_bytes=len(data))
            await js.publish(subjects.artifact_key(wheel.sha256), record.SerializeToString())
        files = self.repository.files()
        bundle = update_pb2.UpdateBundle(
            files=[update_pb2.UpdateFile(name=name, content=files[name]) for name in files]
        )
        payload = bytes(bundle.SerializeToString())
        await js.publish(subjects.UPDATES_KEY, payload)
        return payload

    def said(self) -> dict[str, Any]:
        try:
            status = json.loads((self.folder / "data" / "status.json").read_text())
        except (OSError, ValueError):
            return {}
        found: dict[str, Any] = status["updates"] | {"connected": status["connection"]["connected"]}
        return found

    async def until(self, agent: Supervised, **wanted: Any) -> dict[str, Any]:
        def is_so() -> bool:
            said = self.said()
            return all(said.get(key) == value for key, value in wanted.items())

        try:
            await until(is_so, WAIT_S)
        except TimeoutError:
            pytest.fail(f"{self.said()}\n{agent.log()[-4_000:]}")
        return self.said()

    async def plan(self, channel: str) -> None:
        """Say which channel the node follows."""
        self.generation += 1
        plan = node_pb2.NodePlan(name=f"nodes/{NODE}/plan", generation=self.generation)
        plan.agent.channel = channel
        js = (await self.platform.client()).jetstream()
        await js.publish(subjects.bucket_key(subjects.PLANS, NODE), plan.SerializeToString())

    async def report(self) -> update_pb2.AgentReport:
        js = (await self.platform.client()).jetstream()
        stream = subjects.bucket_stream(subjects.PLAN_REPORTS)
        last = await js.get_last_msg(stream, subjects.bucket_key(subjects.PLAN_REPORTS, NODE))
        report: update_pb2.AgentReport = node_pb2.PlanReport.FromString(last.data or b"").agent
        return report


@asynccontextmanager
async def world_of(folder: Path, server: NatsServer) -> AsyncIterator[World]:
    platform = Platform(server)
    await platform.streams()
    client = await platform.client()
    js = client.jetstream()
    for bucket in (subjects.UPDATES, subjects.ARTIFACTS):
        await js.create_key_value(bucket=bucket, direct=True)

    async def answer(message: Any) -> None:
        reply = heartbeat_pb2.HeartbeatReply()
        for field in (reply.receive_time, reply.reply_time):
            field.FromNanoseconds(time.time_ns())
        if message.reply:
            await message.respond(reply.SerializeToString())

    await client.subscribe(subjects.HEARTBEATS_ALL, cb=answer)
    try:
        yield World(folder, platform)
    finally:
        await platform.close()


def settings(world: World, health_s: int) -> Path:
    # As a device has it that was handed it when it enrolled.
    pinned_root.pin(world.folder / "data", world.root.read_bytes())
    more = f"[update]\nhealth_s = {health_s}\n"
    return config(world.folder, series=1, more=more)


@pytest.mark.timeout(900)
async def test_a_release_is_taken_and_one_that_is_not_well_is_taken_back(tmp_path: Path) -> None:
    with nats_server(nodes=(NODE,)) as server:
        async with world_of(tmp_path, server) as world:
            agent = Supervised(settings(world, health_s=int(WAIT_S)), server)
            try:
                await told(world, agent)
            finally:
                agent.end()


async def told(world: World, agent: Supervised) -> None:
    await world.plan("candidate")
    first = await world.until(agent, channel="candidate", state="current", connected=True)
    await world.plan("stable")
    package = first["version"]
    old = await world.publish("9.9.1")
    await world.until(agent, version="9.9.1", state="current", connected=True)
    agent.kill()
    await world.until(agent, version="9.9.1", state="current", wanted_version="9.9.1")
    assert package != "9.9.1"

    settings(world, health_s=2)
    agent.kill()  # so that the settings are read again
    await world.publish("9.9.2", DEAF)
    lost = await world.until(agent, version="9.9.1", state="rolled_back", wanted_version="9.9.2")
    assert lost["reason"] == "AGENT_UNCONNECTED"
    await world.publish("9.9.3", CRASHES)
    lost = await world.until(agent, version="9.9.1", state="rolled_back", wanted_version="9.9.3")
    assert lost["reason"] == "AGENT_UNSTEADY"
    assert set(lost["not_tried_again"]) == {"9.9.2", "9.9.3"}

    async def is_reported() -> bool:
        said = await world.report()
        seen = (said.version, said.wanted_version, said.reason)
        return seen == ("9.9.1", "9.9.3", "AGENT_UNSTEADY")

    await until(is_reported, WAIT_S)
    js = (await world.platform.client()).jetstream()
    await js.publish(subjects.UPDATES_KEY, old)
    await world.until(agent, version="9.9.1", state="refused", reason="UPDATE_ROLLED_BACK")
