"""What benches of operators wait for: told at once when it can't come, and never overlooked."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from bench import rollouts
from bench.operator_process import ChildEnded, Watched, child
from operators.kube.client import Client
from operators.kube.connection import Connection
from operators.kube.kinds import EDGE_NODE
from operators.kube.measures import Measures
from tests.support.fleet_stand_in import FleetStandIn
from tests.support.mock_api import mock_api
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.fleet.v1 import node_pb2

SPACE = "apps"
NODE = "apps-00000"
SPEAKS = "import sys; print('no such lease', flush=True); sys.stdin.read()"
ENDS = "print('no such lease', flush=True); raise SystemExit(3)"


async def test_a_child_that_ends_is_told_by_its_log(tmp_path: Path) -> None:
    match = r"ended with 3; its log:\nno such lease"
    with (
        child(["-c", ENDS], tmp_path / "log") as operator,
        pytest.raises(ChildEnded, match=match),
    ):
        await operator.during(asyncio.Event().wait())


async def test_what_is_done_while_a_child_runs_is_returned(tmp_path: Path) -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    async def fails() -> int:
        raise LookupError("the nodes")

    with child(["-c", SPEAKS], tmp_path / "log") as operator:
        assert await operator.during(work()) == 7
        with pytest.raises(LookupError, match="the nodes"):
            await operator.during(fails())


async def test_who_hears_no_more_says_so() -> None:
    def breaks(_: Any) -> bool:
        raise LookupError("a defect of who listens")

    async with mock_api() as api, Client(api.connection, Measures()) as client:
        watched = Watched(client, SPACE)
        waits = asyncio.create_task(watched.until(breaks, 1))
        api.apply(EDGE_NODE, {"metadata": {"name": NODE, "namespace": SPACE}})
        async with asyncio.timeout(60):
            with pytest.raises(RuntimeError, match="ended"):
                await waits
        await watched.close()


class Fleeting(rollouts.Rollouts):
    """Rollouts whose bad revision is there and gone again before anybody looks."""

    def __init__(self, client: Client, fleet: FleetStandIn) -> None:
        super().__init__(client, fleet)
        self._stand_in = fleet

    @override
    async def put(self, mode: str) -> None:
        for number, told in ((2, mode), (3, "one")):
            self.tell(number, told)

    def tell(self, number: int, mode: str) -> None:
        patch = pb.NodePlanPatch(name=f"nodes/{NODE}/plan")
        patch.apps.add(name=rollouts.APP, revision=number, settings={"MODE": mode})
        self._stand_in.told.append((NODE, rollouts.APP, number))
        self._stand_in.edit_plan(NODE, patch)


async def test_a_bad_revision_that_is_gone_at_once_is_not_overlooked() -> None:
    fleet = FleetStandIn()
    fleet.runs = rollouts.behaves
    fleet.know(NODE, presence=node_pb2.PRESENCE_ONLINE)
    async with Client(Connection("http://127.0.0.1:1"), Measures()) as client:
        apps = Fleeting(client, fleet)
        apps.tell(1, "one")
        async with asyncio.timeout(60):
            await apps.there_and_back("crash", "one", 1)
        assert apps.harmed(2) == 1
