"""All kinds' handlers on a mock API, through a real Kopf; what a person and the devices do."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from operators.capacity.handlers import Capacity
from operators.capacity.on_nodes import SharesOnNodes
from operators.edgeapp.handlers import EdgeApps
from operators.edgeapp.node_plans import NodePlans
from operators.edgeapp.presences import FleetPresences
from operators.edgenode.children import Config
from operators.edgenode.handlers import EdgeNodes, Entrance
from operators.fleet.client import FleetAddress
from operators.kube.kinds import DEPLOYMENT, EDGE_NODE, Kind
from operators.kube.operator import Operator
from tests.support.fleet_stand_in import FleetStandIn, fleet_client, fleet_stand_in
from tests.support.mock_api import MockApi, mock_api
from tests.support.node_plans import node_plans
from tests.support.operators import WAIT_S, an_operator, running
from tests.support.waiting import until
from tianfu.fleet.v1 import app_pb2, node_pb2

SPACE = "here"
CONFIG = Config(channels={"Stable": "0.1.0"}, leaf_config="TIANFU-LEAF-NAME")
ONLINE = node_pb2.PRESENCE_ONLINE
SUM = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

GATEWAY = {
    "class": "Gateway",
    "place": "510105",
    "gateway": {"model": "Raspberry Pi 5"},
    "runtime": {"type": "Standalone"},
}
STATION = {
    "class": "BaseStation",
    "place": "510105",
    "baseStation": {"gnbId": 7},
    "runtime": {"type": "Kubernetes", "kubernetes": {"nodeName": "host-7"}},
}


def app(mode: str) -> dict[str, Any]:
    """Return the spec of an app for all gateways."""
    wheel = {"package": "demo", "version": "1.0", "sha256": SUM, "module": "demo"}
    return {
        "artifact": {"type": "Wheel", "wheel": wheel},
        "settings": [{"name": "MODE", "value": mode}],
        "tenant": "health",
        "selector": {"places": ["5101"]},
        "rollout": {"healthWindow": "1s", "maxUnavailable": 1},
    }


@dataclass
class Stage:
    api: MockApi
    operator: Operator
    fleet: FleetStandIn
    plans: NodePlans
    address: FleetAddress

    def apply(self, kind: Kind, name: str, spec: dict[str, Any], **metadata: Any) -> None:
        self.api.apply(
            kind,
            {
                "apiVersion": kind.api_version,
                "kind": kind.name,
                "metadata": {"name": name, "namespace": SPACE, **metadata},
                "spec": spec,
            },
        )

    async def comes(self, kind: Kind, name: str, type_: str, status: str, reason: str) -> None:
        with contextlib.suppress(TimeoutError):
            await until(
                lambda: self.api.condition(kind, SPACE, name, type_) == (status, reason), WAIT_S
            )
        assert self.api.condition(kind, SPACE, name, type_) == (status, reason)

    def up(self, name: str) -> None:
        """Say of a station's pod what a kubelet would say: it is up, as it is wanted."""
        found = self.api.get(DEPLOYMENT, SPACE, f"{name}-agent")
        assert found is not None
        progress = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
        generation = found["metadata"]["generation"]
        self.api.apply(
            DEPLOYMENT,
            {
                "metadata": {"namespace": SPACE, "name": f"{name}-agent"},
                "status": {
                    "observedGeneration": generation,
                    "availableReplicas": 1,
                    "updatedReplicas": 1,
                    "conditions": [progress],
                },
            },
        )

    async def goes(self, kind: Kind, name: str) -> None:
        self.api.delete(kind, SPACE, name)
        await until(lambda: self.api.get(kind, SPACE, name) is None, WAIT_S)

    async def ready(self, *names: str) -> None:
        """Apply gateways, and have devices enrol as them."""
        for name in names:
            self.apply(EDGE_NODE, name, GATEWAY)
        for name in names:
            await self.comes(EDGE_NODE, name, "Enrolled", "False", "AwaitingDevice")
        self.fleet.seen(names, ONLINE)
        for name in names:
            await self.comes(EDGE_NODE, name, "Ready", "True", "Ready")


@contextlib.asynccontextmanager
async def kopf_stage() -> AsyncIterator[Stage]:
    """Run the operator of all kinds, whose caches hear of our kinds by Kopf alone."""
    async with (
        mock_api() as api,
        fleet_stand_in() as (servicer, address),
        fleet_client(address) as fleet,
        node_plans(address) as plans,
        an_operator(api.connection) as operator,
    ):
        servicer.runs = lambda _: app_pb2.APP_STATE_READY
        EdgeNodes(operator, fleet, CONFIG, Entrance("https://fleet.example:8443", "PEM"))
        Capacity(operator, plans)
        SharesOnNodes(operator, plans)
        EdgeApps(operator, plans, FleetPresences(fleet))
        async with running(operator):
            api.tell_kopf_alone()
            yield Stage(api, operator, servicer, plans, address)
