"""A folder of manifests made true: real operators, fleet service, NATS and agent."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.edge_world import NODE, ROOT, AgentProcess, config
from tests.support.fleet_process import FleetProcess, fleet_process
from tests.support.nats_server import nats_server
from tests.support.postgres import PostgresServer
from tests.support.waiting import until_blocking
from tests.support.wheels import digest, wheel
from tianfu.fleet.v1 import capacity_pb2, control_plane_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as pb

pytestmark = pytest.mark.integration

WAIT_S = 120.0
PROGRAM = """
import os, pathlib, sys, time
if os.environ["MODE"] == "crash":
    sys.exit("crashes at once")
while True:
    pathlib.Path(os.environ["TIANFU_HEALTH_FILE"]).touch()
    time.sleep(0.05)
"""
WHEEL = wheel("demo-app", "1.0", PROGRAM)
EDGE_NODE = {
    "apiVersion": "edge.tianfu.dev/v1alpha1",
    "kind": "EdgeNode",
    "metadata": {"name": str(NODE)},
    "spec": {
        "class": "Gateway",
        "place": "510104",
        "gateway": {"model": "Raspberry Pi 5", "serial": "10000000a1b2c3d4"},
        "runtime": {"type": "Standalone", "standalone": {}},
        "capacity": [{"name": "cpu", "quantity": "4"}],
    },
}


def app(mode: str) -> dict[str, Any]:
    artifact = {"package": "demo-app", "version": "1.0", "sha256": digest(WHEEL)}
    return {
        "apiVersion": "edge.tianfu.dev/v1alpha1",
        "kind": "EdgeApp",
        "metadata": {"name": "demo"},
        "spec": {
            "artifact": {"type": "Wheel", "wheel": {**artifact, "module": "demo_app"}},
            "settings": [{"name": "MODE", "value": mode}],
            "resources": [{"name": "cpu", "quantity": "100m"}],
            "healthCheck": {"touchedWithin": "5s", "interval": "1s"},
            "tenant": "health",
            "selector": {"places": ["5101"]},
            "rollout": {"healthWindow": "1s"},
        },
    }


class Site:
    """A folder of manifests and who makes it true."""

    def __init__(self, folder: Path, fleet: FleetProcess) -> None:
        self.folder, self.fleet = folder, fleet
        (folder / "in" / "artifacts").mkdir(parents=True)
        (folder / "in" / "artifacts" / "demo_app-1.0-py3-none-any.whl").write_bytes(WHEEL)
        token = dict(fleet.metadata("SERVICE"))["authorization"].removeprefix("Bearer ")
        (folder / "token").write_text(token)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "operators.files"]
        command += ["--manifests", str(self.folder / "in"), "--state", str(self.folder / "state")]
        command += [
            "--fleet",
            f"127.0.0.1:{self.fleet.port}",
            "--token-file",
            str(self.folder / "token"),
        ]
        with (self.folder / "operators.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(30)

    def write(self, *manifests: dict[str, Any]) -> None:
        (self.folder / "in" / "all.yaml").write_text(yaml.safe_dump_all(manifests))

    def status(self, kind: str = "EdgeApp") -> dict[str, Any]:
        file = self.folder / "state" / "objects.json"
        objects = json.loads(file.read_text())["objects"] if file.exists() else []
        found = [one.get("status", {}) for one in objects if one["kind"] == kind]
        return dict(found[0]) if found else {}

    def wait(self, *reasons: str, kind: str = "EdgeApp") -> dict[str, Any]:
        """Return the status once conditions have these reasons."""

        def is_so() -> bool:
            said = {one["reason"] for one in self.status(kind).get("conditions", ())}
            return set(reasons) <= said

        try:
            until_blocking(is_so, WAIT_S)
        except TimeoutError:
            log = (self.folder / "operators.log").read_text()[-3_000:]
            pytest.fail(f"{json.dumps(self.status(kind), indent=1)}\n{log}")
        return self.status(kind)

    def plan(self) -> Any:
        return self.fleet.call("GetNodePlan", pb.GetNodePlanRequest(name=f"nodes/{NODE}/plan"))


@pytest.fixture
def site(postgres: PostgresServer, tmp_path: Path) -> Iterator[Site]:
    name = postgres.create_database()
    with nats_server(nodes=(NODE,)) as server, fleet_process(server, postgres.url(name)) as fleet:
        fleet.create(NODE)
        agent = AgentProcess(
            config(tmp_path, series=1, more="[apps]\ngood_after_s = 0.5\n"), server
        )
        made = Site(tmp_path, fleet)
        with contextlib.ExitStack() as ending:
            agent.start()
            ending.callback(agent.kill)
            made.start()
            ending.callback(made.kill)
            yield made
    postgres.drop_database(name)


def test_a_folder_is_made_true_and_a_bad_revision_comes_back(site: Site) -> None:
    site.write(EDGE_NODE, app("run"))
    good = site.wait("Complete", "NodesReady")
    assert (good["desired"], good["ready"], good["revision"]) == (1, 1, good["stableRevision"])
    # Killed while nothing happens, it finds everything as it was, and tells nobody anew.
    generation = site.plan().generation
    site.kill()
    site.write(EDGE_NODE, app("crash"))
    site.start()
    back = site.wait("RevisionFailed", "NodesReady")
    assert back["revision"] == good["revision"]
    assert back["failedReason"].startswith(f"node {NODE}: APP_CRASHED")
    until_blocking(lambda: site.plan().generation == generation + 2, WAIT_S)
    (one,) = site.plan().apps
    assert one.settings["MODE"] == "run"
    # An app that is taken from the folder is taken from the node.
    site.write(EDGE_NODE)
    until_blocking(lambda: not site.plan().apps and not site.plan().report.apps, WAIT_S)
    assert site.status() == {}


def test_a_rollout_is_paused_and_rolled_back_by_whoever_has_no_kubectl(site: Site) -> None:
    site.write(EDGE_NODE, app("run"))
    good = site.wait("Complete", "NodesReady")
    name = "namespaces/default/rollouts/demo"

    def shown() -> Any:
        return site.fleet.call("GetRollout", pb.GetRolloutRequest(name=name))

    def steer(action: control_plane_pb2.RolloutAction) -> None:
        site.fleet.call("SteerRollout", pb.SteerRolloutRequest(name=name, action=action))

    until_blocking(lambda: _is_known(site, name) and shown().ready == 1, WAIT_S)
    assert shown().revision == good["revision"]
    steer(control_plane_pb2.ROLLOUT_ACTION_PAUSE)
    paused = control_plane_pb2.ROLLOUT_PROGRESS_PAUSED
    until_blocking(lambda: shown().progress == paused, WAIT_S)
    done = control_plane_pb2.STEERING_STATE_DONE
    until_blocking(lambda: shown().steering.state == done, WAIT_S)

    # A new revision is rolled out; had back, the former one is rolled out again.
    steer(control_plane_pb2.ROLLOUT_ACTION_RESUME)
    until_blocking(lambda: shown().progress != paused, WAIT_S)
    changed = app("run")
    changed["spec"]["settings"].append({"name": "WORD", "value": "new"})
    site.write(EDGE_NODE, changed)
    until_blocking(lambda: shown().stable_revision not in {"", good["revision"]}, WAIT_S)
    steer(control_plane_pb2.ROLLOUT_ACTION_ROLL_BACK)
    until_blocking(lambda: shown().stable_revision == good["revision"], WAIT_S)
    assert shown().wanted_revision == good["revision"]
    (one,) = site.plan().apps
    assert dict(one.settings) == {"MODE": "run"}


def _is_known(site: Site, name: str) -> bool:
    found = site.fleet.call("ListRollouts", pb.ListRolloutsRequest())
    return name in {one.name for one in found.rollouts} and found.HasField("heard_time")


def _of(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    head = {"apiVersion": "edge.tianfu.dev/v1alpha1", "kind": kind}
    return {**head, "metadata": {"name": name}, "spec": spec}


def test_a_node_runs_within_the_share_that_was_granted_on_it(site: Site) -> None:
    tenants = [{"name": "health", "nominal": [{"name": "cpu", "quantity": "2"}]}]
    resources = [{"name": "cpu", "quantity": "4"}]
    members = {"places": ["5101"]}
    pool = _of(
        "CapacityPool", "site", {"members": members, "resources": resources, "tenants": tenants}
    )
    amounts = [{"name": "cpu", "quantity": "500m"}]
    asked = {"pool": "site", "tenant": "health", "nodeName": str(NODE), "amounts": amounts}
    claim = _of("CapacityClaim", "watch", asked)

    site.write(EDGE_NODE, pool, app("run"))
    node = site.wait("Ready", kind="EdgeNode")
    assert node["agentVersion"]
    site.wait("WaitingForCapacity")
    assert site.plan().capacity_mode == capacity_pb2.CAPACITY_MODE_SHARES

    site.write(EDGE_NODE, pool, claim, app("run"))
    site.wait("WithinNominal", kind="CapacityClaim")
    site.wait("Complete", "NodesReady")
    (share,) = site.plan().shares
    assert dict(share.amounts_milli) == {"cpu": 500}
    assert site.wait("Ready", kind="EdgeNode")["granted"] == [{"name": "cpu", "quantity": "500m"}]

    # The claim goes: the node stops what ran within it, says so, and holds nothing any more.
    site.write(EDGE_NODE, pool, app("run"))
    site.wait("WaitingForCapacity")
    until_blocking(lambda: not site.plan().shares, WAIT_S)
    until_blocking(lambda: not site.status("CapacityClaim"), WAIT_S)

    # A folder without the node lets it go from there, and leaves it in the fleet.
    site.write(pool)
    until_blocking(lambda: not site.status("EdgeNode"), WAIT_S)
    assert site.fleet.call("GetNode", pb.GetNodeRequest(name=f"nodes/{NODE}")).name
