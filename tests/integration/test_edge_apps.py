"""Apps on a node: a real agent, fleet service and NATS; crashes, kills, and no cloud in sight."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from tests.integration.edge_world import NODE, AgentProcess, config
from tests.support.fleet_process import FleetProcess, fleet_process
from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import PostgresServer
from tests.support.waiting import until_blocking
from tests.support.wheels import digest, wheel
from tianfu.fleet.v1 import app_pb2, capacity_pb2, node_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as pb

pytestmark = pytest.mark.integration

WAIT_S = 90.0
READY, ROLLED_BACK = app_pb2.APP_STATE_READY, app_pb2.APP_STATE_ROLLED_BACK
PROGRAM = """
import os, pathlib, sys, time
data = pathlib.Path(os.environ["TIANFU_DATA_DIR"])
with (data / "runs.txt").open("a") as file:
    file.write(os.environ["TIANFU_REVISION"] + " " + str(os.getpid()) + "\\n")
if os.environ.get("MODE") == "crash":
    sys.exit("crashes at once")
if os.environ.get("MODE") == "eat":
    eaten = bytearray(1 << 30)
while True:
    if os.environ.get("MODE") != "deaf" or not (data / "deaf").exists():
        pathlib.Path(os.environ["TIANFU_HEALTH_FILE"]).touch()
    time.sleep(0.05)
"""
WHEEL = wheel("demo-app", "1.0", PROGRAM)
LATER = Timestamp(seconds=4_000_000_000)


def app(name: str, revision: int, mode: str = "", sha256: str = "", **fields: Any) -> Any:
    artifact = app_pb2.WheelArtifact(
        package="demo-app", version="1.0", sha256=sha256 or digest(WHEEL), module="demo_app"
    )
    check = app_pb2.AppHealthCheck(failures_max=2)
    check.touch.age_max.FromMilliseconds(1_500)
    check.interval.FromMilliseconds(300)
    check.start_within.FromSeconds(30)
    values = {"tenant": "health", "wheel": artifact, "health_check": check, **fields}
    return app_pb2.NodeApp(name=name, revision=revision, settings={"MODE": mode}, **values)


class World:
    """A node with its agent, and the platform that it hears from."""

    def __init__(self, server: NatsServer, fleet: FleetProcess, folder: Path) -> None:
        self.server, self.fleet, self.folder = server, fleet, folder
        more = f'[apps]\ngood_after_s = 0.5\npodman = "{folder / "podman"}"\n'
        self.agent = AgentProcess(config(folder, series=1, more=more), server)

    def patch(self, **parts: Any) -> int:
        patch = pb.NodePlanPatch(name=f"nodes/{NODE}/plan", **parts)
        answer = self.fleet.call("PatchNodePlans", pb.PatchNodePlansRequest(patches=[patch]))
        (outcome,) = answer.outcomes
        assert not outcome.reason, outcome.message
        return int(outcome.generation)

    def report(self) -> node_pb2.PlanReport:
        asked = pb.GetNodePlanRequest(name=f"nodes/{NODE}/plan")
        report: node_pb2.PlanReport = self.fleet.call("GetNodePlan", asked).report
        return report

    def shown(self, name: str) -> app_pb2.AppReport:
        found = [one for one in self.report().apps if one.name == name]
        return found[0] if found else app_pb2.AppReport()

    def wait(self, name: str, state: int, revision: int) -> app_pb2.AppReport:
        def is_so() -> bool:
            shown = self.shown(name)
            return (shown.state, shown.revision) == (state, revision)

        try:
            until_blocking(is_so, WAIT_S)
        except TimeoutError:
            log = self.data(name) / ".." / "log.txt"
            said = log.read_text() if log.exists() else ""
            pytest.fail(f"{self.shown(name)}\n{said}\n{self.agent.log()[-3_000:]}")
        return self.shown(name)

    def data(self, name: str) -> Path:
        return self.folder / "data" / "apps" / name / "data"

    def good(self, name: str) -> int:
        """Return the revision that the node would go back to, 0 for none."""
        file = self.folder / "data" / "apps" / "memory.json"
        held = json.loads(file.read_text())["apps"].get(name, {}).get("good")
        return app_pb2.NodeApp.FromString(base64.b64decode(held)).revision if held else 0

    def runs(self, name: str) -> list[tuple[int, int]]:
        """Return (revision, process) of each run of an app, in order."""
        file = self.data(name) / "runs.txt"
        rows = file.read_text().splitlines() if file.exists() else []
        return [(int(row.split()[0]), int(row.split()[1])) for row in rows]


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture(scope="module")
def world(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    name = postgres.create_database()
    folder = tmp_path_factory.mktemp("apps")
    with nats_server(nodes=(NODE,)) as server, fleet_process(server, postgres.url(name)) as fleet:
        one = World(server, fleet, folder)
        fleet.create(NODE)
        requests = [pb.UploadArtifactRequest(name=f"artifacts/{digest(WHEEL)}", data=WHEEL)]
        fleet.call("UploadArtifact", iter(requests))
        one.agent.start()
        try:
            yield one
        finally:
            one.agent.kill()
    postgres.drop_database(name)


def test_an_app_comes_is_updated_goes_back_and_goes(world: World) -> None:
    world.patch(apps=[app("one", 1)])
    world.wait("one", READY, 1)
    world.patch(apps=[app("one", 2)])
    world.wait("one", READY, 2)
    until_blocking(lambda: len(world.runs("one")) == 2, WAIT_S)
    (_, former), (_, pid) = world.runs("one")
    assert not is_running(former)
    assert is_running(pid)
    # It must have been well for a moment to be what is gone back to.
    until_blocking(lambda: world.good("one") == 2, WAIT_S)
    world.patch(apps=[app("one", 3, "crash")])
    shown = world.wait("one", ROLLED_BACK, 2)
    assert (shown.desired_revision, shown.reason) == (3, "APP_CRASHED")
    assert [revision for revision, _ in world.runs("one")].count(3) == 3
    world.patch(apps=[app("one", 4)])
    world.wait("one", READY, 4)
    last = world.runs("one")[-1][1]
    world.patch(removed_apps=["one"])
    until_blocking(lambda: world.shown("one").name == "", WAIT_S)
    assert not is_running(last)
    assert not world.data("one").exists()


def test_an_app_that_stops_answering_is_started_anew(world: World) -> None:
    world.patch(apps=[app("deaf", 1, "deaf")])
    world.wait("deaf", READY, 1)
    before = len(world.runs("deaf"))
    (world.data("deaf") / "deaf").touch()
    until_blocking(lambda: world.shown("deaf").reason == "APP_UNHEALTHY", WAIT_S)
    (world.data("deaf") / "deaf").unlink()
    shown = world.wait("deaf", READY, 1)
    assert len(world.runs("deaf")) > before
    assert shown.restarts > 0
    world.patch(removed_apps=["deaf"])


def test_an_app_that_eats_more_memory_than_it_may_fails_alone(world: World) -> None:
    limits = {"memory": 300_000_000_000, "cpu": 500}
    world.patch(apps=[app("glutton", 1, "eat", resources_milli=limits), app("neighbour", 1)])
    until_blocking(lambda: world.shown("glutton").reason == "APP_CRASHED", WAIT_S)
    world.wait("neighbour", READY, 1)
    log = (world.data("glutton") / ".." / "log.txt").read_text()
    assert "MemoryError" in log
    assert list(world.shown("glutton").unenforced) == ["cpu"]
    world.patch(removed_apps=["glutton", "neighbour"])


def test_killed_and_cut_off_the_node_runs_its_apps_on(world: World) -> None:
    world.patch(apps=[app("alone", 1)])
    world.wait("alone", READY, 1)
    world.server.stop()
    ((_, pid),) = world.runs("alone")
    world.agent.kill()
    until_blocking(lambda: not is_running(pid), WAIT_S)  # never two of one app
    world.agent.start()
    until_blocking(lambda: len(world.runs("alone")) == 2, WAIT_S)
    assert is_running(world.runs("alone")[-1][1])
    world.server.start()
    generation = world.patch(apps=[app("alone", 2)])
    world.wait("alone", READY, 2)
    assert world.report().generation == generation
    world.patch(removed_apps=["alone"])


def share(share_id: str, epoch: int, cpu: int, **fields: Any) -> Any:
    values = {"tenant": "health", "claim": "default/ward", "lease_end_time": LATER, **fields}
    return capacity_pb2.CapacityShare(
        share_id=share_id, epoch=epoch, amounts_milli={"cpu": cpu}, **values
    )


def test_apps_run_within_their_tenants_shares(world: World) -> None:
    limits = {"cpu": 600}
    world.patch(
        capacity_mode=capacity_pb2.CAPACITY_MODE_SHARES,
        apps=[
            app("a-first", 1, resources_milli=limits),
            app("b-second", 1, resources_milli=limits),
        ],
    )
    waiting = app_pb2.APP_STATE_WAITING
    assert world.wait("a-first", waiting, 0).reason == "CAPACITY_NOT_GRANTED"
    world.patch(shares=[share("s-1", 1, 1_000)])
    world.wait("a-first", READY, 1)
    assert world.wait("b-second", waiting, 0).reason == "CAPACITY_EXCEEDED"
    # A newer grant of the same claim takes the place of the one before.
    world.patch(shares=[share("s-2", 2, 1_200)])
    world.wait("b-second", READY, 1)
    world.patch(shares=[share("s-2", 2, 1_200, use=capacity_pb2.SHARE_USE_REVOKED)])
    released = capacity_pb2.SHARE_STATE_RELEASED
    until_blocking(lambda: [s.state for s in world.report().shares] == [released], WAIT_S)
    assert world.wait("a-first", waiting, 0).reason == "CAPACITY_NOT_GRANTED"
    assert not any(is_running(pid) for _, pid in world.runs("a-first") + world.runs("b-second"))
    world.patch(
        capacity_mode=capacity_pb2.CAPACITY_MODE_NODE_OWN,
        removed_apps=["a-first", "b-second"],
        removed_shares=["s-2"],
    )


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        pytest.param("WHEEL_DAMAGED", b"no wheel", id="no-wheel"),
        pytest.param("WHEEL_MISMATCH", wheel("other", "1.0", ""), id="another-package"),
        pytest.param(
            "WHEEL_UNINSTALLABLE",
            wheel("demo-app", "1.0", "", requires="not-there-at-all"),
            id="needs-what-is-not-there",
        ),
        pytest.param("ARTIFACT_UNKNOWN", None, id="not-uploaded"),
    ],
)
def test_what_can_not_be_run_says_why(world: World, reason: str, data: bytes | None) -> None:
    name = reason.lower().replace("_", "-")
    sha256 = digest(data or b"nobody has it")
    if data is not None:
        requests = [pb.UploadArtifactRequest(name=f"artifacts/{sha256}", data=data)]
        world.fleet.call("UploadArtifact", iter(requests))
    world.patch(apps=[app(name, 1, sha256=sha256)])
    until_blocking(lambda: world.shown(name).reason == reason, WAIT_S)
    assert world.shown(name).state in {app_pb2.APP_STATE_FAILED, app_pb2.APP_STATE_PREPARING}
    assert world.shown(name).message
    world.patch(removed_apps=[name])


PODMAN = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/podman.log"
case "$1" in
  image) test -e "$(dirname "$0")/pulled";;
  pull) touch "$(dirname "$0")/pulled";;
  run) trap 'exit 0' TERM; while :; do sleep 0.05; done;;
esac
"""


def test_an_image_is_run_by_podman(world: World) -> None:
    program = world.folder / "podman"
    reference = f"registry.example/demo@sha256:{'ab' * 32}"
    image = app_pb2.NodeApp(
        name="boxed",
        revision=1,
        tenant="health",
        image=app_pb2.ImageArtifact(reference=reference),
        settings={"GREETING": "a b; $(c)"},
        resources_milli={"cpu": 500, "memory": 64_000_000_000, "gpu": 1},
    )
    world.patch(apps=[image])
    until_blocking(lambda: world.shown("boxed").reason == "PODMAN_MISSING", WAIT_S)
    program.write_text(PODMAN)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    shown = world.wait("boxed", READY, 1)
    assert list(shown.unenforced) == ["gpu"]
    written = world.folder / "podman.log"
    until_blocking(lambda: len(written.read_text().splitlines()) >= 3, WAIT_S)
    said = written.read_text().splitlines()
    assert [line.split()[0] for line in said[:3]] == ["image", "pull", "run"]
    run = said[2]
    for part in (
        "--cpus=0.500",
        "--memory=64000000b",
        "--env=GREETING=a b; $(c)",
        "--cap-drop=all",
        reference,
    ):
        assert part in run
    world.patch(removed_apps=["boxed"])
    until_blocking(lambda: world.shown("boxed").name == "", WAIT_S)
    last = written.read_text().splitlines()[-1]
    assert last == "stop --ignore --time=5 tianfu-boxed"
    program.unlink()
