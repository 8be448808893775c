"""Deleted and made anew under one name on a real API server, finalizers torn off or not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from operators.capacity.handlers import Capacity
from operators.kube.kinds import CAPACITY_CLAIM, SECRET, Key, uid_of
from tests.cluster.test_edge_apps import NAMESPACE, ONLINE, Stage, app, gateway, stage
from tests.support.control_plane import ControlPlane
from tests.support.operators import (
    NO_FINALIZERS,
    WAIT_S,
    an_operator,
    connection_of,
    empty_of_nodes,
    in_thread,
    make_namespace,
    running,
)
from tests.support.waiting import until
from tools.kube import must

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]
NODE = "gw-churn"
ROUNDS = 3
CPU = [{"name": "cpu", "quantity": "4"}]


@pytest.fixture(scope="module")
def plane(cluster: ControlPlane) -> ControlPlane:
    make_namespace(cluster, NAMESPACE)
    empty_of_nodes(cluster, NAMESPACE)
    return cluster


async def replaced(plane: ControlPlane, given: dict[str, Any], *, is_forced: bool) -> None:
    """Delete an object, and make it anew the moment that its name is free."""
    kind, name = given["kind"], given["metadata"]["name"]
    where = ("-n", NAMESPACE)
    await in_thread(must, plane, "delete", kind, name, "--wait=false", *where)
    if is_forced:
        # It may have gone by itself meanwhile.
        patch = ("--type=merge", "-p", NO_FINALIZERS)
        await in_thread(plane.kubectl, "patch", kind, name, *patch, *where)
    await in_thread(must, plane, "wait", "--for=delete", f"{kind}/{name}", *where)
    text = json.dumps(given)
    await in_thread(lambda: must(plane, "create", "-f", "-", stdin=text))


async def test_apps_and_nodes_end_with_the_last_of_their_name(plane: ControlPlane) -> None:
    async with stage(plane) as on:
        await on.nodes([NODE])
        await on.apply(app("demo", "first"))
        for number in range(ROUNDS):
            await replaced(plane, app("demo", f"mode-{number}"), is_forced=number % 2 == 1)
        await on.comes("demo", "Progressing", "False", "Complete")
        assert on.modes("demo") == {NODE: f"mode-{ROUNDS - 1}"}

        for number in range(ROUNDS):
            await replaced(plane, gateway(NODE), is_forced=number % 2 == 1)
        # Its device went with the first of them: the last waits for another, by a token of its own.
        last = uid_of(await in_thread(plane.get, "en", NODE, NAMESPACE))
        await until(lambda: owner_of_token(on) == last, WAIT_S)
        on.fleet.seen([NODE], ONLINE)
        await until(lambda: on.modes("demo") == {NODE: f"mode-{ROUNDS - 1}"}, WAIT_S)
        await until(lambda: on.status("demo").get("ready") == 1, WAIT_S)


def owner_of_token(on: Stage) -> str:
    found = on.operator.caches[SECRET].get(Key(NAMESPACE, f"{NODE}-enrolment"))
    if found is None:
        return ""
    return str(found["metadata"]["ownerReferences"][0]["uid"])


async def test_a_claim_made_anew_is_granted_anew(plane: ControlPlane) -> None:
    head = {"apiVersion": "edge.tianfu.dev/v1alpha1"}
    tenants = [{"name": "health", "nominal": CPU}]
    pool = {
        **head,
        "kind": "CapacityPool",
        "metadata": {"name": "churn", "namespace": NAMESPACE},
        "spec": {"resources": CPU, "tenants": tenants},
    }
    claim = {
        **head,
        "kind": "CapacityClaim",
        "metadata": {"name": "icu", "namespace": NAMESPACE},
        "spec": {"pool": "churn", "tenant": "health", "amounts": CPU},
    }
    async with an_operator(connection_of(plane), NAMESPACE) as operator:
        Capacity(operator)
        claims = operator.caches[CAPACITY_CLAIM]

        def share() -> str:
            found = claims.get(Key(NAMESPACE, "icu")) or {}
            return str(((found.get("status") or {}).get("share") or {}).get("id", ""))

        async with running(operator):
            for one in (pool, claim):
                text = json.dumps(one)
                await in_thread(lambda text=text: must(plane, "create", "-f", "-", stdin=text))
            await until(lambda: share() != "", WAIT_S)
            seen = {share()}
            for number in range(ROUNDS):
                await replaced(plane, claim, is_forced=number % 2 == 1)
                await until(lambda: share() not in {"", *seen}, WAIT_S)
                seen.add(share())
            assert len(seen) == ROUNDS + 1
            await in_thread(must, plane, "delete", "cclaim,cpool", "--all", "-n", NAMESPACE)
