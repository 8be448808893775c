"""Use cases on a real PostgreSQL: what they do, what they refuse, and killed at every statement."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.fleet import planning, store, usecases
from services.fleet.model import Filter, Identity, Node, Plan, Presence
from services.fleet.store import Transactor
from services.plumbing import outbox
from services.plumbing.postgres import Database, ValueUnstorable
from services.plumbing.refusal import Refusal
from tests.support.registered_nodes import (
    LATER,
    NOW,
    REQUEST,
    change,
    create,
    emitted,
    node,
)
from tianfu.fleet.v1 import capacity_pb2, events_pb2, node_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as service_pb

pytestmark = pytest.mark.integration


async def test_a_node_is_registered_with_its_event(
    transactor: Transactor, database: Database
) -> None:
    await create(transactor, node(labels={"ward": "3"}))
    found = await transactor.read(usecases.get_node, "gw-1")
    assert found == node(labels={"ward": "3"})
    ((subject, payload, _),) = await emitted(database)
    assert subject == "tianfu.v1.event.fleet.node-created"
    assert events_pb2.NodeCreated.FromString(payload).node == "gw-1"


async def test_a_repeated_request_gets_the_first_answer(
    transactor: Transactor, database: Database
) -> None:
    first = await create(transactor, node(), REQUEST)
    assert await create(transactor, node(), REQUEST) == first
    assert len(await emitted(database)) == 1


async def test_requests_repeated_at_once_get_one_answer(
    database: Database,
) -> None:
    # Two processes: nothing but the database keeps them apart.
    both = [Transactor(database), Transactor(database)]
    answers = await asyncio.gather(*(create(one, node(), REQUEST) for one in both))
    assert answers[0] == answers[1]
    assert len(await emitted(database)) == 1


async def test_a_request_id_used_for_another_request_is_refused(transactor: Transactor) -> None:
    await create(transactor, node(), REQUEST)
    with pytest.raises(usecases.RequestIdReused) as caught:
        await create(transactor, node("gw-2"), REQUEST, digest=b"other")
    assert caught.value.field == "request_id"


async def test_a_taken_id_is_refused(transactor: Transactor) -> None:
    await create(transactor, node())
    with pytest.raises(usecases.NodeExists):
        await create(transactor, node())


async def test_answers_are_forgotten_in_time(transactor: Transactor) -> None:
    await create(transactor, node(), REQUEST)
    assert await transactor.write(usecases.forget_requests, now=NOW + timedelta(days=6)) == 0
    assert await transactor.write(usecases.forget_requests, now=NOW + timedelta(days=8)) == 1


async def test_an_etag_guards_updates_and_deletions(transactor: Transactor) -> None:
    await create(transactor, node())

    async def rename(etag: str) -> Node:
        renamed: Node = await transactor.write(
            usecases.update_node, "gw-1", etag, lambda n: replace(n, display_name="x"), now=LATER
        )
        return renamed

    changed = await rename('"1"')
    assert (changed.display_name, changed.etag, changed.update_time) == ("x", '"2"', LATER)
    with pytest.raises(usecases.EtagMismatch):
        await rename('"1"')
    with pytest.raises(usecases.EtagMismatch):
        await transactor.write(usecases.delete_node, "gw-1", '"1"', now=LATER)
    await transactor.write(usecases.delete_node, "gw-1", '"2"', now=LATER)
    with pytest.raises(usecases.NodeNotFound):
        await transactor.read(usecases.get_node, "gw-1")


async def test_updates_at_once_do_not_overwrite_each_other(database: Database) -> None:
    processes = [Transactor(database) for _ in range(3)]
    await create(processes[0], node())

    def update(transactor: Transactor, key: str) -> Any:
        return transactor.write(
            usecases.update_node,
            "gw-1",
            "",
            lambda n: replace(n, labels={**n.labels, key: "x"}),
            now=LATER,
        )

    await asyncio.gather(*(update(one, f"k{i}") for i, one in enumerate(processes)))
    found = await processes[0].read(usecases.get_node, "gw-1")
    assert set(found.labels) == {"k0", "k1", "k2"}
    assert found.revision == 4


async def test_pages_are_in_order_and_counted(transactor: Transactor) -> None:
    for n in range(5):
        await create(transactor, node(f"gw-{n}", place_code="510104" if n % 2 else "110101"))
    page, total, more = await transactor.read(usecases.list_nodes, Filter(), "gw-0", 2)
    assert ([n.node_id for n in page], total, more) == (["gw-1", "gw-2"], 5, True)
    page, total, more = await transactor.read(
        usecases.list_nodes, Filter(place_prefix="51"), "", 10
    )
    assert ([n.node_id for n in page], total, more) == (["gw-1", "gw-3"], 2, False)


async def test_what_postgresql_cannot_store_is_refused(transactor: Transactor) -> None:
    with pytest.raises(ValueUnstorable):
        await create(transactor, node(display_name="a\x00b"))
    with pytest.raises(ValueUnstorable):
        await create(transactor, node(labels={"a": "\x00"}))


# -- presence --------------------------------------------------------------------------------------


async def test_a_transition_is_stored_with_its_event(
    transactor: Transactor, database: Database
) -> None:
    await create(transactor, node())
    recorded = await transactor.write(usecases.record_changes, [change()], now=LATER)
    assert recorded == usecases.Recorded(1, ())
    found = await transactor.read(usecases.get_node, "gw-1")
    assert (found.presence, found.identity) == (Presence.ONLINE, Identity.SINGLE)
    assert found.presence_change_time == LATER
    assert (found.agent_version, found.clock_offset) == ("1.0", timedelta(microseconds=1_500))
    assert found.etag == '"1"'
    _, (subject, payload, _) = await emitted(database)
    assert subject == "tianfu.v1.event.fleet.node-presence-changed"
    event = events_pb2.NodePresenceChanged.FromString(payload)
    assert (event.previous, event.presence) == (Presence.NEVER_SEEN, Presence.ONLINE)


async def test_what_is_no_transition_makes_no_event(
    transactor: Transactor, database: Database
) -> None:
    await create(transactor, node())
    await transactor.write(usecases.record_changes, [change()], now=LATER)
    before = len(await emitted(database))
    later = change(agent_version="2.0", previous=Presence.ONLINE)
    assert (await transactor.write(usecases.record_changes, [later], now=LATER)).stored == 1
    assert (await transactor.write(usecases.record_changes, [later], now=LATER)).stored == 0
    assert len(await emitted(database)) == before


async def test_a_copied_card_is_an_event(transactor: Transactor, database: Database) -> None:
    await create(transactor, node())
    both = change(identity=Identity.DUPLICATED)
    await transactor.write(usecases.record_changes, [both], now=LATER)
    assert [subject for subject, _, _ in await emitted(database)] == [
        "tianfu.v1.event.fleet.node-created",
        "tianfu.v1.event.fleet.node-presence-changed",
        "tianfu.v1.event.fleet.node-identity-changed",
    ]


async def test_a_province_that_goes_dark_is_stored_together(
    transactor: Transactor, database: Database
) -> None:
    ids = [f"gw-{n:03d}" for n in range(300)]
    for node_id in ids:
        await create(transactor, node(node_id))
    statements = Statements(database)
    changes = [change(node_id) for node_id in (*ids, "nobody")]
    recorded = await transactor.write(usecases.record_changes, changes, now=LATER)
    assert recorded == usecases.Recorded(300, ("nobody",))
    assert statements.count < 12
    assert await transactor.read(lambda tx: tx.count(Filter(presence=Presence.ONLINE))) == 300


# -- plans -----------------------------------------------------------------------------------------


def plan_of(series: str = "*") -> node_pb2.NodePlan:
    plan = node_pb2.NodePlan(name="nodes/gw-1/plan")
    plan.sampling_rules.add(series_pattern=series)
    return plan


async def update_plan(transactor: Transactor, etag: str = "") -> Plan:
    plan: Plan = await transactor.write(planning.update_plan, "gw-1", etag, plan_of(), now=LATER)
    return plan


async def test_a_plan_rises_in_generation_and_goes_to_its_key(
    transactor: Transactor, database: Database
) -> None:
    await create(transactor, node())
    assert (await transactor.read(planning.get_plan, "gw-1", now=NOW)).generation == 0
    assert (await update_plan(transactor)).generation == 1
    assert (await update_plan(transactor, '"1"')).generation == 2
    with pytest.raises(usecases.EtagMismatch):
        await update_plan(transactor, '"1"')
    sent = [p for s, p, _ in await emitted(database) if s == "$KV.PLANS.gw-1"]
    assert [node_pb2.NodePlan.FromString(p).generation for p in sent] == [1, 2]


async def test_a_plan_of_no_node_is_refused(transactor: Transactor) -> None:
    with pytest.raises(usecases.NodeNotFound):
        await update_plan(transactor)


async def test_a_deleted_nodes_plan_goes_and_its_generation_stays(
    transactor: Transactor, database: Database
) -> None:
    await create(transactor, node())
    await update_plan(transactor)
    await update_plan(transactor)
    await transactor.write(usecases.delete_node, "gw-1", "", now=LATER)
    *_, (_, payload, headers), _ = await emitted(database)
    assert (payload, headers) == (b"", {"KV-Operation": "DEL"})
    await create(transactor, node())
    assert (await transactor.read(planning.get_plan, "gw-1", now=NOW)).body == b""
    # Its agent has seen generation 2 and would refuse 1.
    assert (await update_plan(transactor)).generation == 3


@pytest.mark.parametrize(
    ("expected", "first", "second"),
    [
        pytest.param(2, 1, 2, id="newer"),
        pytest.param(2, 2, 1, id="older-comes-late"),
        pytest.param(1, 1, 3, id="never-issued"),
    ],
)
async def test_reports(transactor: Transactor, expected: int, first: int, second: int) -> None:
    await create(transactor, node())
    await update_plan(transactor)
    await update_plan(transactor)
    for generation in (first, second):
        report = node_pb2.PlanReport(node="gw-1", generation=generation)
        await transactor.write(planning.record_report, report, now=LATER)
    plan = await transactor.read(planning.get_plan, "gw-1", now=NOW)
    assert node_pb2.PlanReport.FromString(plan.report).generation == expected


# -- the log of changes ----------------------------------------------------------------------------


async def test_changes_are_told_in_order_with_what_is_now(transactor: Transactor) -> None:
    for n in range(3):
        await create(transactor, node(f"gw-{n}"))
    await transactor.write(usecases.delete_node, "gw-1", "", now=LATER)
    found = await transactor.read(usecases.changes_after, 1)
    assert [(number, node_id, at is not None) for number, node_id, at in found] == [
        (2, "gw-1", False),
        (3, "gw-2", True),
        (4, "gw-1", False),
    ]


async def test_a_token_too_old_or_of_another_database_is_refused(
    transactor: Transactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "CHANGES_KEPT", 2)
    for n in range(5):
        await create(transactor, node(f"gw-{n}"))
    assert len(await transactor.read(usecases.changes_after, 3)) == 2
    for number in (2, 6):
        with pytest.raises(usecases.ResumeTokenExpired) as caught:
            await transactor.read(usecases.changes_after, number)
        assert caught.value.reason == "RESUME_TOKEN_EXPIRED"


# -- killed at every statement ---------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone."""


class Statements:
    """Counts the statements of a database, and kills the process at one of them."""

    def __init__(self, database: Database, kill_at: int | None = None) -> None:
        self.count = 0
        self.kill_at = kill_at
        self._engine = database.engine.sync_engine
        sa.event.listen(self._engine, "before_cursor_execute", self._before)
        sa.event.listen(self._engine, "commit", self._commit)

    def stop(self) -> None:
        sa.event.remove(self._engine, "before_cursor_execute", self._before)
        sa.event.remove(self._engine, "commit", self._commit)

    def _before(self, *_: object) -> None:
        self._io()

    def _commit(self, _: object) -> None:
        self._io()

    def _io(self) -> None:
        if self.count == self.kill_at:
            raise Killed
        self.count += 1


Act = Callable[[Transactor], Any]


def _delete(transactor: Transactor) -> Any:
    return transactor.write(usecases.delete_node, "gw-1", "", now=LATER)


def _patch(transactor: Transactor) -> Any:
    both = [
        service_pb.NodePlanPatch(
            name=f"nodes/{node_id}/plan", capacity_mode=capacity_pb2.CAPACITY_MODE_SHARES
        )
        for node_id in ("gw-1", "gw-2")
    ]
    return transactor.write(planning.patch_plans, both, now=LATER)


def _presence(transactor: Transactor) -> Any:
    return transactor.write(
        usecases.record_changes, [change(), change("gw-2", identity=Identity.DUPLICATED)], now=LATER
    )


ACTS: list[tuple[str, Act, int]] = [
    ("create", lambda t: create(t, node("gw-9"), REQUEST), 2),
    ("plan", update_plan, 1),
    ("patch", _patch, 2),
    ("delete", _delete, 3),
    ("presence", _presence, 3),
]


@pytest.mark.parametrize(("act", "messages"), [pytest.param(a, m, id=n) for n, a, m in ACTS])
async def test_killed_at_every_statement_all_has_happened_or_nothing(
    transactor: Transactor, database: Database, act: Act, messages: int
) -> None:
    for node_id in ("gw-1", "gw-2"):
        await create(transactor, node(node_id))
    await update_plan(transactor)
    before = await _state(database)
    for kill_at in itertools.count():
        statements = Statements(database, kill_at)
        try:
            await act(transactor)
            break
        except Killed:
            pass
        finally:
            statements.stop()
        assert await _state(database) == before
    assert kill_at > 3
    after = await _state(database)
    assert after != before
    assert len(after["outbox"]) == len(before["outbox"]) + messages


async def _state(database: Database) -> dict[str, list[Any]]:
    tables = {
        "nodes": store.nodes,
        "plans": store.plans,
        "requests": store.requests,
        "changes": store.changes,
        "counter": store.counter,
        "outbox": outbox.table,
    }

    def read(connection: sa.Connection) -> dict[str, list[Any]]:
        return {
            name: [tuple(row) for row in connection.execute(sa.select(t).order_by(sa.text("1")))]
            for name, t in tables.items()
        }

    return await database.transact(read)


def test_refusals_of_the_fleet_have_reasons_of_their_own() -> None:
    found = [one for one in vars(usecases).values() if isinstance(one, type)]
    reasons = [one.reason for one in found if issubclass(one, Refusal) and one is not Refusal]
    assert {"NODE_EXISTS", "ETAG_MISMATCH", "REQUEST_ID_REUSED"} <= set(reasons)
    assert len(reasons) == len(set(reasons))
