"""An operator in a test's own event loop, on a real API server."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from operators.kube import kopf_wiring
from operators.kube.client import Client
from operators.kube.connection import Connection, from_kubeconfig
from operators.kube.measures import Measures
from operators.kube.operator import Operator, Scope
from tests.support.control_plane import ControlPlane
from tools.kube import must

WAIT_S = 60.0
NO_FINALIZERS = json.dumps({"metadata": {"finalizers": None}})


def connection_of(plane: ControlPlane) -> Connection:
    return from_kubeconfig(plane.kubeconfig)


@contextlib.asynccontextmanager
async def an_operator(
    connection: Connection, namespace: str = "", **more: Any
) -> AsyncIterator[Operator]:
    """Yield an operator that looks after one namespace, or all; it is not running yet."""
    measures = Measures()
    scope = Scope((namespace,) if namespace else ())
    async with Client(connection, measures) as client:
        yield Operator(client, connection, measures, scope=scope, **more)


@contextlib.asynccontextmanager
async def running(operator: Operator, *, kopf: bool = True) -> AsyncIterator[None]:
    """Run an operator, with Kopf beside it, until the block ends."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(operator.run())]
    if kopf and operator.controllers:
        tasks.append(asyncio.create_task(kopf_wiring.run(operator, stop)))
    try:
        async with asyncio.timeout(WAIT_S):
            await operator.started.wait()
        yield
    finally:
        failed = [task for task in tasks if task.done()]
        stop.set()
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in failed:
            task.result()  # what ended by itself has failed


def sample(operator: Operator, name: str, **labels: str) -> float:
    """Return a sample of an operator's metrics, summed over the labels that are not named."""
    return sum(
        each.value
        for family in operator.measures.registry.collect()
        for each in family.samples
        if each.name == name and labels.items() <= each.labels.items()
    )


def make_namespace(plane: ControlPlane, name: str) -> str:
    answer = plane.kubectl("create", "namespace", name)
    assert answer.status == 0 or "AlreadyExists" in answer.err, answer.err
    return name


def empty_of_nodes(plane: ControlPlane, namespace: str) -> None:
    """Have no EdgeNode in a namespace: what a test before has left would be looked after too."""
    for node in json.loads(must(plane, "get", "en", "-n", namespace, "-ojson"))["items"]:
        name = node["metadata"]["name"]
        must(plane, "patch", "en", name, "-n", namespace, "--type=merge", "-p", NO_FINALIZERS)
    must(plane, "delete", "en", "--all", "-n", namespace)


def patched(plane: ControlPlane, kind: str, namespace: str, name: str, patch: Any) -> None:
    answer = plane.kubectl(
        "patch", kind, name, "-n", namespace, "--type=merge", "-p", json.dumps(patch)
    )
    assert answer.status == 0, answer.err


async def in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call what blocks, without stopping the operator in this event loop."""
    return await asyncio.to_thread(function, *arguments)
