"""From a hospital's message to a clinician's alert, killed at every step there is.

Steps are: each statement of the node's store and each of the service's database, its commits, the
publication on the stream, the acknowledgement to it, and each event's publication. All processes
are killed before each of them, which is after the one before it, and begin anew with what their
disks have. There is no duplicate window: what is published again is in the stream again.

Whatever the step, the end is that of a world where nobody was killed: each result, score, alert,
audit entry and event once, in the same order. The disks are a real SQLite file and PostgreSQL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from unittest import mock

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry
from sqlalchemy import event

from edge.hl7v2 import fields, message
from edge.message_store import Incoming, Kept, MessageStore
from services.healthcare import build
from services.healthcare.bus.clinical import ClinicalTaker
from services.healthcare.store import tables
from services.healthcare.store.transaction import Transactor
from services.healthcare.usecases.rules_in_force import RuleDesk
from services.plumbing import audit, outbox
from services.plumbing.audit_chain import Entry, Head
from services.plumbing.postgres import Database
from tests.edge.doubles import FakeClock
from tests.edge.hl7v2.messages import oru
from tests.support.schema import Schema, make_schema
from tianfu import subjects

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

STEPS_MAX: Final = 500
STEPS_LEAST: Final = 60

NODE: Final = subjects.node_id("ward-7")
NOW: Final = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
STORE_BYTES: Final = 1 << 20


ENDED: Final = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE usename = current_user AND pid <> pg_backend_pid()"
)
"""The connections of a process that is gone."""


class Killed(BaseException):
    """All processes are gone. No handler of errors takes it for one."""


@dataclass
class Fate:
    """Counts steps, and kills at one of them."""

    at: int = 0
    steps: int = 0

    def step(self, *_: Any) -> None:
        """Go on, or not."""
        self.steps += 1
        if self.steps == self.at:
            raise Killed


class DyingFile:
    """The node's SQLite file. Once killed, nothing more reaches it, its ROLLBACK neither."""

    def __init__(self, file: sqlite3.Connection, fate: Fate) -> None:
        self._file, self._fate, self._dead = file, fate, False

    def execute(self, statement: str, values: Any = ()) -> sqlite3.Cursor:
        """Execute a statement, if nobody is killed before it."""
        if self._dead:
            raise Killed
        self._dead = True
        self._fate.step()
        self._dead = False
        return self._file.execute(statement, values)

    def close(self) -> None:
        """Close the file; what is not committed is lost."""
        self._file.close()


@dataclass
class Sent:
    """A message in the stream."""

    data: bytes
    fate: Fate
    is_acknowledged: bool = False
    subject: str = str(subjects.clinical(NODE))
    headers: dict[str, str] = field(default_factory=dict)

    async def ack(self) -> None:
        """Take the acknowledgement."""
        self.fate.step()
        self.is_acknowledged = True


def letter() -> Any:
    """Return who is told of refused messages: nobody is to be."""
    refused = mock.Mock()
    refused.settle.side_effect = AssertionError("a message was refused")
    return refused


@dataclass
class World:
    """One patient's two messages, and everybody on their way."""

    folder: Path
    schema: Schema
    desk: RuleDesk
    name: str
    fate: Fate
    stream: list[Sent] = field(default_factory=list)
    events: list[tuple[str, str]] = field(default_factory=list)

    def messages(self) -> list[bytes]:
        """Return a critical potassium with a fast breath, then one faster still."""
        pid = f"PID|1||{self.name}^^^HIS^MR||张^伟||19900101|M"
        lines = (
            "OBX|1|NM|2823-3^Potassium^LN||6.8|mmol/L|3.5-5.3|HH|||F|||20261120155500",
            "OBX|2|NM|9279-1^Respiration^LN||22|/min|||||F|||20261120155500",
        )
        later = "OBX|1|NM|9279-1^Respiration^LN||28|/min|||||F|||20261120160500"
        return [
            oru(*lines, control_id=f"{self.name}-1", pid=pid),
            oru(later, control_id=f"{self.name}-2", pid=pid),
        ]

    async def live(self) -> None:
        """Let everybody do what there is to do, until it is done or they are killed."""
        database = await self.schema.connect()
        engine = database.engine.sync_engine
        hooks = ("before_cursor_execute", "commit")
        for hook in hooks:
            event.listen(engine, hook, self.fate.step)
        try:
            await self._node()
            await self._service(database)
        finally:
            for hook in hooks:
                event.remove(engine, hook, self.fate.step)
            await database.close()

    async def _node(self) -> None:
        clock = FakeClock()
        store = MessageStore(
            self.folder, "clinical", bytes_max=STORE_BYTES, clock=clock, random_bits=lambda _: 7
        )
        store._db = DyingFile(store._db, self.fate)  # type: ignore[assignment]  # as one
        try:
            # The hospital sends again whatever it has no AA for: after a kill, both.
            for data in self.messages():
                found = message.read(fields.parse(data), NODE, UTC, int(NOW.timestamp() * 1e6))
                name = (found.sending_application, found.sending_facility, found.control_id)
                [kept] = await store.keep([Incoming(name, data, found.SerializeToString())])
                assert kept in {Kept.NEW, Kept.KNOWN}
            done: list[int] = []
            while rows := await store.turn(store.epoch, done, 0, 1):
                self.fate.step()
                self.stream.append(Sent(rows[0].payload, self.fate))
                done = [rows[0].sequence]
        finally:
            await store.close()

    async def _service(self, database: Database) -> None:
        transactor = Transactor(database)
        taker = ClinicalTaker(
            mock.Mock(),
            transactor,
            self.desk,
            letter(),
            lambda: NOW,
            lambda: f"p{self.name.lower()}",
            CollectorRegistry(),
        )
        for sent in self.stream:
            if not sent.is_acknowledged:
                await taker.take(sent)  # type: ignore[arg-type]  # as a message
        relay = outbox.Relay(database.engine, mock.Mock(), registry=CollectorRegistry())
        relay._publish = self._publish  # type: ignore[method-assign]
        assert await relay.drain()

    async def _publish(self, row: sa.Row[Any]) -> None:
        self.fate.step()
        self.events.append((row.message_id, row.subject))

    async def outcome(self, database: Database) -> dict[str, list[Any]]:
        """Return all that came of it, without what names this patient."""
        patient = f"p{self.name.lower()}"
        results, scores, alerts = tables.observations.c, tables.scores.c, tables.alerts.c
        queries = {
            "results": sa.select(results.code, results.number, results.observe_time)
            .where(results.patient_id == patient)
            .order_by(results.observe_time, results.code),
            "scores": sa.select(scores.total, scores.complete, scores.observe_time)
            .where(scores.patient_id == patient)
            .order_by(scores.observe_time),
            "alerts": sa.select(alerts.kind, alerts.grade, alerts.state, alerts.step)
            .where(alerts.patient_id == patient)
            .order_by(alerts.kind, alerts.grade),
            "changes": sa.select(alerts.kind, alerts.grade)
            .join(tables.changes, tables.changes.c.alert_id == alerts.alert_id)
            .where(alerts.patient_id == patient)
            .order_by(tables.changes.c.number),
            "waiting": sa.select(outbox.table.c.subject),
        }
        found: dict[str, list[Any]] = {}
        for name, query in queries.items():
            rows = await database.transact(_rows, query)
            found[name] = [tuple(row) for row in rows]
        kept = await database.transact(audit.of_resource, f"patients/{patient}", 100)
        found["audit"] = [_act(entry) for entry in reversed(kept)]
        # A stream without a duplicate window has them again, and whoever hears knows the id.
        found["events"] = [subject for _, subject in dict.fromkeys(self.events)]
        return found


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
    return connection.execute(query).all()


def _act(entry: Entry) -> tuple[str, str]:
    return entry.actor, entry.action


async def killed(work: Callable[[], Awaitable[None]]) -> bool:
    """Do the work and say whether it was killed."""
    try:
        await work()
    except Killed:
        return True
    return False


async def test_killed_at_every_step_from_the_message_to_the_alert(
    database_url: str, tmp_path: Path
) -> None:
    schema = await make_schema(database_url, build.NAME, build.MIGRATIONS)
    desk = build.rule_desk("CN-51")
    database = await schema.connect()
    unharmed = World(tmp_path / "0", schema, desk, "X0", Fate())
    await unharmed.live()
    wanted = await unharmed.outcome(database)
    assert [len(wanted[name]) for name in ("results", "scores", "waiting")] == [3, 2, 0]
    assert len(wanted["alerts"]) == 2
    assert len(wanted["events"]) >= 2

    number = 1
    while True:
        assert number < STEPS_MAX
        world = World(tmp_path / str(number), schema, desk, f"X{number}", Fate(number))
        was_killed = await killed(world.live)
        if was_killed:
            await database.transact(lambda c: c.execute(ENDED).all())
            assert not await killed(world.live)
        assert await world.outcome(database) == wanted, f"killed at step {number}"
        if not was_killed:
            break
        number += 1
    assert number > STEPS_LEAST, "a kind of step is not seen any more"

    while await database.transact(audit.seal):
        pass
    assert isinstance(await database.transact(audit.verify), Head)
    await database.close()
