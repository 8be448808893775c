"""kill -9 of fleet, nats-server and PostgreSQL at random moments, while the register is changed.

What was acknowledged is there, has its event once, and has reached its node's key.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import uuid
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from typing_extensions import override

from services.plumbing.streams import jetstream
from tests.support.fleet_process import FleetProcess, as_user, fleet_process
from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import PostgresServer
from tests.support.waiting import until
from tianfu import subjects
from tianfu.fleet.v1 import events_pb2, node_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as pb

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

ROUNDS = 12
SEED = 20_260_512
SETTLE_S = 90.0


class Writer(threading.Thread):
    """Registers nodes and gives them plans, repeating each call until it is acknowledged."""

    def __init__(self, fleet: FleetProcess, random_: random.Random) -> None:
        super().__init__(daemon=True)
        self.fleet = fleet
        self.random = random_
        self.done = threading.Event()
        self.created: list[str] = []
        self.generations: dict[str, int] = {}
        self.error: BaseException | None = None

    @override
    def run(self) -> None:
        try:
            while not self.done.is_set():
                self._step()
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            self.error = error

    def _step(self) -> None:
        node = f"n-{len(self.created)}"
        request_id = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        made = self._until_acknowledged(lambda: self.fleet.create(node, request_id=request_id))
        if made is not None:
            self.created.append(node)
            asked = node_pb2.NodePlan(name=f"nodes/{node}/plan")
            asked.sampling_rules.add(series_pattern=f"s{len(self.created)}")
            update = pb.UpdateNodePlanRequest(plan=asked)
            plan = self._until_acknowledged(lambda: self.fleet.call("UpdateNodePlan", update))
            if plan is not None:
                self.generations[node] = plan.generation

    def _until_acknowledged(self, call: Callable[[], Any]) -> Any:
        while not self.done.is_set():
            with contextlib.suppress(grpc.RpcError, ValueError):  # closed channels say ValueError
                return call()
            self.done.wait(0.05)
        return None


def kill_one(
    random_: random.Random, fleet: FleetProcess, nats: NatsServer, postgres: PostgresServer
) -> str:
    victim = random_.choice(["fleet", "nats", "postgres"])
    if victim == "fleet":
        fleet.kill()
        fleet.start()
    elif victim == "nats":
        nats.kill()
        nats.start()
    else:
        postgres.kill()
        postgres.start()
    return victim


async def test_nothing_acknowledged_is_lost_or_told_twice(own_postgres: PostgresServer) -> None:
    random_ = random.Random(SEED)
    admin_url = own_postgres.url(own_postgres.create_database())
    with nats_server() as nats, fleet_process(nats, admin_url) as fleet:
        writer = Writer(fleet, random.Random(SEED))
        writer.start()
        killed = []
        for _ in range(ROUNDS):
            had = len(writer.created)
            await until(lambda had=had: len(writer.created) > had + random_.randrange(8))  # type: ignore[misc]
            killed.append(kill_one(random_, fleet, nats, own_postgres))
        await until(lambda: len(writer.created) > had + 10)
        writer.done.set()
        await asyncio.to_thread(writer.join, SETTLE_S)
        assert writer.error is None, (SEED, killed)
        listed = _listed(fleet)
        assert set(writer.created) <= listed, (SEED, killed)
        async with as_user(nats, "test", "admin") as link:
            js = jetstream(link)

            async def told() -> list[str]:
                state = (await js.stream_info(subjects.EVENTS)).state
                found = []
                for sequence in range(state.first_seq, state.last_seq + 1):
                    message = await js.get_msg(subjects.EVENTS, sequence)
                    found.append(events_pb2.NodeCreated.FromString(message.data or b"").node)
                return found

            async def all_told() -> bool:
                return set(await told()) == listed

            await until(all_told, SETTLE_S)
            found = await told()
            # A confirmation that was lost is sent again within the duplicate window.
            assert len(found) == len(set(found)), (SEED, killed)
            for node, generation in writer.generations.items():
                key = subjects.bucket_key(subjects.PLANS, subjects.NodeId(node))
                stream = subjects.bucket_stream(subjects.PLANS)
                message = await js.get_last_msg(stream, key)
                kept = node_pb2.NodePlan.FromString(message.data or b"")
                assert kept.generation == generation, (SEED, killed, node)


def _listed(fleet: FleetProcess) -> set[str]:
    names: set[str] = set()
    token = ""
    while True:
        page = fleet.call("ListNodes", pb.ListNodesRequest(page_size=1000, page_token=token))
        names |= {node.name.removeprefix("nodes/") for node in page.nodes}
        token = page.next_page_token
        if not token:
            return names
