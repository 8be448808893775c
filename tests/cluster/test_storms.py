"""The operator behind an API server in trouble: conflicts, refusals, cut and failing watches."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from operators.edgenode.children import Config
from operators.edgenode.handlers import EdgeNodes, Entrance
from operators.kube.kinds import EDGE_NODE, Key
from operators.kube.operator import Operator
from tests.cluster.test_operator_process import gateway
from tests.support.control_plane import ControlPlane
from tests.support.fleet_stand_in import FleetStandIn, fleet_client, fleet_stand_in
from tests.support.operators import (
    WAIT_S,
    an_operator,
    connection_of,
    in_thread,
    make_namespace,
    running,
    sample,
)
from tests.support.storm import Fault, Storm, error_event, status, storm
from tests.support.waiting import until
from tianfu.fleet.v1 import node_pb2

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]
NODES = [f"gw-storm-{n}" for n in range(12)]


def of_nodes(request: web.Request) -> bool:
    return "/edgenodes" in request.path


def conflicts(request: web.Request, before: int) -> web.StreamResponse | str | None:
    """Answer the first writes of each object by 409, as if somebody else were always quicker."""
    return status(409, "Conflict") if request.method == "PATCH" and before < 3 else None


def refusals(request: web.Request, before: int) -> web.StreamResponse | str | None:
    """Answer everything of nodes by 429 at first: lists, watches and writes."""
    if not of_nodes(request) or before >= 2:
        return None
    wish = {"Retry-After": "1"} if before == 0 else {}
    return status(429, "TooManyRequests", **wish)


def outages(request: web.Request, before: int) -> web.StreamResponse | str | None:
    """Answer by 500 and 503 in turn."""
    if not of_nodes(request) or before >= 2:
        return None
    return status(500 + 3 * (before % 2), "InternalError")


def failing_watches(request: web.Request, before: int) -> web.StreamResponse | str | None:
    """End watches by an error within the stream: out of date, too many, a fault of the server."""
    if request.query.get("watch") != "true" or not of_nodes(request) or before >= 8:
        return None
    code, reason = ((410, "Expired"), (429, "TooManyRequests"), (500, "InternalError"))[before % 3]
    return error_event(code, reason)


def cut_watches(request: web.Request, before: int) -> web.StreamResponse | str | None:
    """End watches without a word."""
    if request.query.get("watch") != "true" or not of_nodes(request) or before >= 6:
        return None
    return web.Response(text="")


def all_at_once(request: web.Request, before: int) -> web.StreamResponse | str | None:
    """Everything together."""
    for fault in (failing_watches, conflicts):
        found = fault(request, before)
        if found is not None:
            return found
    return refusals(request, before)


@contextlib.asynccontextmanager
async def through(
    plane: ControlPlane, namespace: str, fault: Fault
) -> AsyncIterator[tuple[Operator, FleetStandIn, Storm]]:
    async with (
        storm(connection_of(plane), fault) as (weather, connection),
        fleet_stand_in() as (servicer, address),
        fleet_client(address) as fleet,
        an_operator(connection, namespace) as operator,
    ):
        EdgeNodes(operator, fleet, Config({"Stable": "0.1.0"}), Entrance())
        async with running(operator):
            yield operator, servicer, weather


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        pytest.param(conflicts, "PATCH 409", id="conflicts"),
        pytest.param(refusals, "PATCH 429", id="too-many-requests"),
        pytest.param(outages, "PATCH 503", id="server-errors"),
        pytest.param(failing_watches, "ERROR", id="watches-that-fail"),
        pytest.param(cut_watches, "WATCH 200", id="watches-that-are-cut"),
        pytest.param(all_at_once, "PATCH 409", id="all-at-once"),
    ],
)
async def test_nodes_come_to_be_ready_through_a_storm(
    cluster: ControlPlane, fault: Fault, seen: str
) -> None:
    namespace = make_namespace(cluster, f"storm-{fault.__name__.replace('_', '-')}")

    def ready() -> bool:
        found = [operator.caches[EDGE_NODE].get(Key(namespace, name)) or {} for name in NODES]
        conditions = [(one.get("status") or {}).get("conditions") or [] for one in found]
        return all(
            any(c["type"] == "Ready" and c["status"] == "True" for c in listed)
            for listed in conditions
        )

    text = "\n---\n".join(json.dumps(gateway(namespace, name)) for name in NODES)
    made = await in_thread(lambda: cluster.kubectl("apply", "-f", "-", stdin=text))
    assert made.status == 0, made.err
    async with through(cluster, namespace, fault) as (operator, servicer, weather):
        await until(lambda: set(NODES) <= set(servicer.nodes), 2 * WAIT_S)
        servicer.seen(NODES, node_pb2.PRESENCE_ONLINE)
        await until(ready, 2 * WAIT_S)
        assert weather.answered[seen] > 0, weather.answered
        assert servicer.calls.count("CreateNode") == len(NODES), "each is registered once"
        defects = {"outcome": "defect"}
        assert sample(operator, "tianfu_operator_reconciles_total", **defects) == 0
        # What was refused was not done: each node's status is written as in fair weather.
        assert _generations(cluster, namespace) == {1}
        await in_thread(cluster.kubectl, "delete", "en", "--all", "-n", namespace)


def _generations(plane: ControlPlane, namespace: str) -> set[Any]:
    listed = json.loads(plane.kubectl("get", "en", "-n", namespace, "-ojson").out)["items"]
    return {one["status"]["observedGeneration"] for one in listed}
