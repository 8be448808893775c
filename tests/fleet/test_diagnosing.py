"""Questions to nodes: who may answer, what a node that is away costs, and what the log says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from services.fleet.diagnosing import (
    Diagnoses,
    NodeBusy,
    NodeOffline,
    NodeRefused,
    NodeUnanswered,
    TooLate,
)
from services.fleet.model import Identity, Presence
from services.fleet.presence import Beat, PresenceTable
from services.fleet.store import Transactor
from services.plumbing import audit
from services.plumbing.postgres import Database
from services.plumbing.refusal import NotFound
from tests.support.registered_nodes import NOW, create, node
from tianfu.fleet.v1 import diagnosis_pb2 as pb
from tianfu.fleet.v1 import fleet_service_pb2 as service_pb

pytestmark = pytest.mark.integration

STATUS = pb.DIAGNOSTIC_COMMAND_STATUS


class World:
    def __init__(self, transactor: Transactor) -> None:
        self.now_s = 1_000.0
        self.asked: list[tuple[str, pb.DiagnosisRequest]] = []
        self.published = asyncio.Event()
        self.table = PresenceTable()
        self.answer: Callable[[pb.DiagnosisRequest], list[tuple[str, pb.DiagnosisAnswer]]] = (
            lambda _: []
        )
        ids = iter(range(1 << 30))
        self.diagnoses = Diagnoses(
            self._publish,
            transactor,
            self.table,
            lambda: NOW,
            lambda: self.now_s,
            lambda: f"{next(ids):032x}",
            CollectorRegistry(),
        )

    async def _publish(self, subject: str, payload: bytes) -> None:
        asked = pb.DiagnosisRequest.FromString(payload)
        self.asked.append((subject, asked))
        self.published.set()
        for sender, answer in self.answer(asked):
            data = answer.SerializeToString()
            await self.diagnoses.receive(
                SimpleNamespace(subject=f"tianfu.v1.diagnosis.{sender}", data=data)
            )

    def online(self, node_id: str = "gw-1") -> None:
        self.table.register(node_id, Presence.ONLINE, Identity.SINGLE, now_s=self.now_s)
        self.table.heard(Beat(node_id, 7, 10_000, "1.0", None), self.now_s)

    async def ask(self, remaining_s: float = 10, name: str = "nodes/gw-1") -> pb.NodeDiagnosis:
        request = service_pb.DiagnoseNodeRequest(name=name, command=STATUS)
        return await self.diagnoses.ask(request, "kate", remaining_s)


@pytest.fixture
async def world(transactor: Transactor) -> World:
    await create(transactor, node())
    return World(transactor)


def refusal(reason: str, asked: pb.DiagnosisRequest) -> list[tuple[str, pb.DiagnosisAnswer]]:
    answer = pb.DiagnosisAnswer(request_id=asked.request_id, reason=reason, message="x" * 9_000)
    return [("gw-1", answer)]


async def noted(database: Database) -> list[tuple[str, str, str, str]]:
    """Return what the audit log says, entry by entry."""

    def read(connection: sa.Connection) -> list[dict[str, Any]]:
        rows = connection.execute(sa.select(audit.table.c.entry).order_by(audit.table.c.id))
        return [json.loads(row.entry) for row in rows]

    entries = await database.transact(read)
    return [
        (one["actor"], one["resource"], one["details"]["command"], one["outcome"])
        for one in entries
    ]


async def test_a_node_is_asked_and_the_log_says_so_before_and_after(
    world: World, database: Database
) -> None:
    world.online()
    said = pb.NodeDiagnosis(name="nodes/another", agent_version="1.0")
    world.answer = lambda asked: [
        ("gw-1", pb.DiagnosisAnswer(request_id=asked.request_id, diagnosis=said))
    ]
    answer = await world.ask()
    # In the name of the node that NATS says sent it.
    assert (answer.name, answer.command, answer.agent_version) == ("nodes/gw-1", STATUS, "1.0")
    ((subject, asked),) = world.asked
    assert subject == "tianfu.v1.diagnose.gw-1"
    assert 9 < asked.timeout.ToTimedelta().total_seconds() < 10
    log = [("kate", "nodes/gw-1", "STATUS", outcome) for outcome in ("asked", "answered")]
    assert await noted(database) == log


async def test_an_answer_of_another_node_or_to_another_question_is_none(
    world: World, database: Database
) -> None:
    world.online()
    world.answer = lambda asked: [
        ("gw-2", pb.DiagnosisAnswer(request_id=asked.request_id)),
        ("gw-1", pb.DiagnosisAnswer(request_id="f" * 32)),
    ]
    with pytest.raises(NodeUnanswered) as caught:
        await world.ask(0.8)
    assert caught.value.metadata == {"last_heard_time": f"{NOW:%Y-%m-%dT%H:%M:%SZ}"}
    assert [entry[3] for entry in await noted(database)] == ["asked", "NODE_UNANSWERED"]


async def test_a_node_that_is_away_is_not_asked_and_it_is_said_since_when(
    world: World, database: Database
) -> None:
    with pytest.raises(NodeOffline, match="never heard from"):
        await world.ask()
    world.online()
    world.now_s += 3_600
    with pytest.raises(NodeOffline, match="last heard from at") as caught:
        await world.ask()
    when = NOW - timedelta(seconds=3_600)
    assert caught.value.metadata == {"last_heard_time": f"{when:%Y-%m-%dT%H:%M:%SZ}"}
    assert not world.asked
    assert [entry[3] for entry in await noted(database)] == ["asked", "NODE_OFFLINE"] * 2


async def test_what_a_node_refuses_is_said_by_its_reason(world: World, database: Database) -> None:
    world.online()
    for reason, kind, seen in (
        ("DIAGNOSTICS_TOO_MANY", NodeBusy, "DIAGNOSTICS_TOO_MANY"),
        ("DIAGNOSTIC_UNKNOWN", NodeRefused, "DIAGNOSTIC_UNKNOWN"),
        ("no code\n", NodeRefused, "UNKNOWN"),
    ):
        world.answer = partial(refusal, reason)
        with pytest.raises(kind) as caught:
            await world.ask()
        assert caught.value.metadata == {"node_reason": seen}
        assert len(caught.value.message) < 1_000
    assert [entry[3] for entry in await noted(database)][1::2] == [
        *("DIAGNOSTICS_TOO_MANY", "DIAGNOSTIC_UNKNOWN", "UNKNOWN")
    ]


async def test_who_leaves_no_time_or_goes_away_is_written_down_too(
    world: World, database: Database
) -> None:
    world.online()
    with pytest.raises(TooLate):
        await world.ask(0.1)
    asking = asyncio.create_task(world.ask(60))
    await asyncio.wait_for(world.published.wait(), 60)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert [entry[3] for entry in await noted(database)] == [
        *("asked", "DEADLINE_TOO_SHORT", "asked", "abandoned")
    ]
    assert not world.diagnoses._waiting


async def test_what_is_no_node_is_not_written_down(world: World, database: Database) -> None:
    with pytest.raises(NotFound):
        await world.ask(name="nodes/gw-9")
    assert await noted(database) == []


async def test_bytes_that_are_no_answer_are_ignored(world: World) -> None:
    for subject, data in (
        ("tianfu.v1.diagnosis.gw-1", b"\xff"),
        ("tianfu.v1.diagnosis.gw-1", bytes(200 << 10)),
        ("tianfu.v1.heartbeat.gw-1", b""),
    ):
        await world.diagnoses.receive(SimpleNamespace(subject=subject, data=data))
    assert world.diagnoses._ignored._value.get() == 3
