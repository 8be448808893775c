"""The fleet in PostgreSQL: one transaction as the use cases need it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlalchemy.dialects import postgresql

from services.fleet import enrolment_store
from services.fleet.control_plane_store import ControlPlaneRows
from services.fleet.enrolment_store import EnrolmentRows
from services.fleet.model import BucketMark, Filter, Identity, Node, NodeClass, Plan, Presence
from services.plumbing import audit, outbox
from services.plumbing.audit_chain import Entry
from services.plumbing.postgres import Database

SCHEMA: Final = enrolment_store.SCHEMA
metadata: Final = enrolment_store.metadata

CHANGES_KEPT: Final = 100_000
"""Changes in the log: a day of a fleet of ten thousand nodes that come and go ten times. A watch
that was away for longer begins anew."""

REQUESTS_FORGOTTEN_AT_ONCE: Final = 10_000
"""Deleted in one statement, so that nobody waits for it."""

nodes: Final = sa.Table(
    "nodes",
    metadata,
    sa.Column("node_id", sa.Text, primary_key=True),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("node_class", sa.SmallInteger, nullable=False),
    sa.Column("place_code", sa.Text, nullable=False),
    sa.Column("labels", postgresql.JSONB, nullable=False),
    sa.Column("presence", sa.SmallInteger, nullable=False),
    sa.Column("presence_change_time", sa.DateTime(timezone=True), nullable=False),
    sa.Column("identity", sa.SmallInteger, nullable=False),
    sa.Column("agent_version", sa.Text, nullable=False),
    sa.Column("clock_offset_us", sa.BigInteger, nullable=True),
    sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
    sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
)

plans: Final = sa.Table(
    "plans",
    metadata,
    # No foreign key: the generation outlives the node.
    sa.Column("node_id", sa.Text, primary_key=True),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("report", sa.LargeBinary, nullable=False),
    sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
)

requests: Final = sa.Table(
    "requests",
    metadata,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("answer", sa.LargeBinary, nullable=False),
    sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
)

changes: Final = sa.Table(
    "changes",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("node_id", sa.Text, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False),
    sa.Column("change_time", sa.DateTime(timezone=True), nullable=False),
)

# One row. Taking the next number locks it until the transaction ends, so numbers are committed in
# order and a reader never finds a lower one later: a sequence would not promise that.
counter: Final = sa.Table(
    "change_counter",
    metadata,
    sa.Column("only", sa.Boolean, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)

# One row: when the bucket was made that knows all nodes' places, and how far it had come.
told_places: Final = sa.Table(
    "told_places",
    metadata,
    sa.Column("only", sa.Boolean, primary_key=True),
    sa.Column("bucket_time", sa.DateTime(timezone=True), nullable=False),
    sa.Column("last_sequence", sa.BigInteger, nullable=False),
)


class FleetTransaction:
    """One transaction on a connection; see ``ports.Transaction``.

    ``hold`` says whether what is read is held until the end, as a transaction that writes needs it.
    Messages are gathered, and put into the outbox at the end (``flush``): its lock is taken last.
    """

    def __init__(self, connection: sa.Connection, *, hold: bool) -> None:
        self._connection = connection
        self._hold = hold
        self.enrolments = EnrolmentRows(connection, hold=hold)
        self.control_plane = ControlPlaneRows(connection, hold=hold)
        self._messages: list[outbox.Outgoing] = []

    def note(self, entry: Entry) -> None:
        """Write an entry into the audit log: it stays if this transaction commits."""
        audit.append(self._connection, entry)

    def flush(self) -> None:
        """Put what was emitted into the outbox."""
        outbox.emit_all(self._connection, self._messages)
        self._messages = []

    def node(self, node_id: str) -> Node | None:
        """Return a node."""
        return self.nodes_of([node_id]).get(node_id)

    def nodes_of(self, node_ids: Sequence[str]) -> Mapping[str, Node]:
        """Return those of the nodes that there are, by id."""
        # In order of id: two transactions that hold several nodes never wait for each other.
        query = sa.select(nodes).where(nodes.c.node_id.in_(node_ids)).order_by(nodes.c.node_id)
        if self._hold:
            query = query.with_for_update()
        return {row["node_id"]: _node(row) for row in self._connection.execute(query).mappings()}

    def nodes(self, meant: Filter, after: str, limit: int) -> Sequence[Node]:
        """Return nodes after an id, in order of id."""
        query = (
            sa.select(nodes)
            .where(nodes.c.node_id > after, *_terms(meant))
            .order_by(nodes.c.node_id)
            .limit(limit)
        )
        return [_node(row) for row in self._connection.execute(query).mappings()]

    def count(self, meant: Filter) -> int:
        """Return how many nodes there are."""
        query = sa.select(sa.func.count()).select_from(nodes).where(*_terms(meant))
        return int(self._connection.execute(query).scalar_one())

    def add(self, node: Node) -> bool:
        """Add a node; False when its id is taken."""
        statement = (
            postgresql.insert(nodes)
            .values(_row(node))
            .on_conflict_do_nothing()
            .returning(nodes.c.node_id)
        )
        return self._connection.execute(statement).one_or_none() is not None

    def replace(self, changed: Sequence[Node]) -> None:
        """Store nodes' new state."""
        if not changed:
            return
        statement = sa.update(nodes).where(nodes.c.node_id == sa.bindparam("of_node"))
        self._connection.execute(statement, [{**_row(n), "of_node": n.node_id} for n in changed])

    def remove(self, node_id: str) -> None:
        """Remove a node; see ``put_plans`` for its plan."""
        self._connection.execute(sa.delete(nodes).where(nodes.c.node_id == node_id))

    def change(self, node_ids: Sequence[str], when: datetime, *, deleted: bool = False) -> int:
        """Enter changes in the log, and drop what the log no longer keeps."""
        last = self._take_numbers(len(node_ids))
        first = last - len(node_ids) + 1
        rows = [
            {"number": first + n, "node_id": node_id, "deleted": deleted, "change_time": when}
            for n, node_id in enumerate(node_ids)
        ]
        self._connection.execute(sa.insert(changes), rows)
        self._connection.execute(sa.delete(changes).where(changes.c.number <= last - CHANGES_KEPT))
        return first

    def _take_numbers(self, count: int) -> int:
        """Return the last of so many numbers that follow on each other."""
        take = sa.update(counter).values(number=counter.c.number + count)
        return int(self._connection.execute(take.returning(counter.c.number)).scalar_one())

    def places_told(self) -> BucketMark | None:
        """Return which bucket was told of all nodes' places, and how far it had come."""
        row = self._connection.execute(sa.select(told_places)).one_or_none()
        return None if row is None else BucketMark(row.bucket_time, row.last_sequence)

    def put_places_told(self, mark: BucketMark) -> None:
        """Note that a bucket was told of all nodes' places, and how far it has come."""
        values = {"bucket_time": mark.created, "last_sequence": mark.last_sequence}
        insert = postgresql.insert(told_places).values(only=True, **values)
        self._connection.execute(
            insert.on_conflict_do_update(index_elements=[told_places.c.only], set_=values)
        )

    def last_change(self) -> int:
        """Return the number of the last change."""
        return int(self._connection.execute(sa.select(counter.c.number)).scalar_one())

    def first_change(self) -> int:
        """Return the number of the oldest change that is still in the log, 0 for none."""
        return int(self._connection.execute(sa.select(sa.func.min(changes.c.number))).scalar() or 0)

    def changes(self, after: int, limit: int) -> Sequence[tuple[int, str, bool]]:
        """Return (number, node id, whether deleted) of changes after a number, in order."""
        query = (
            sa.select(changes.c.number, changes.c.node_id, changes.c.deleted)
            .where(changes.c.number > after)
            .order_by(changes.c.number)
            .limit(limit)
        )
        return [(row[0], row[1], row[2]) for row in self._connection.execute(query)]

    def plan(self, node_id: str) -> Plan | None:
        """Return a node's plan."""
        return self.plans_of([node_id]).get(node_id)

    def plans_of(self, node_ids: Sequence[str]) -> Mapping[str, Plan]:
        """Return those of the nodes' plans that there are."""
        query = sa.select(plans).where(plans.c.node_id.in_(node_ids)).order_by(plans.c.node_id)
        if self._hold:
            query = query.with_for_update()
        return {row["node_id"]: Plan(**row) for row in self._connection.execute(query).mappings()}

    def plans(self, after: str, limit: int) -> Sequence[Plan]:
        """Return plans that say something, after an id, in order of id."""
        query = (
            sa.select(plans)
            .where(plans.c.node_id > after, plans.c.body != b"")
            .order_by(plans.c.node_id)
            .limit(limit)
        )
        return [Plan(**row) for row in self._connection.execute(query).mappings()]

    def plans_changed(self, after: int, limit: int) -> Sequence[Plan]:
        """Return plans whose last change has a higher number, in order of it."""
        query = sa.select(plans).where(plans.c.number > after).order_by(plans.c.number).limit(limit)
        return [Plan(**row) for row in self._connection.execute(query).mappings()]

    def put_plans(self, changed: Sequence[Plan]) -> None:
        """Store plans, each under the number of this change."""
        if not changed:
            return
        first = self._take_numbers(len(changed)) - len(changed) + 1
        rows = [
            {
                "node_id": plan.node_id,
                "generation": plan.generation,
                "body": plan.body,
                "report": plan.report,
                "update_time": plan.update_time,
                "number": first + n,
            }
            for n, plan in enumerate(changed)
        ]
        statement = postgresql.insert(plans)
        named = ("generation", "body", "report", "update_time", "number")
        values = {name: statement.excluded[name] for name in named}
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[plans.c.node_id], set_=values), rows
        )

    def answer(self, request_id: str) -> tuple[bytes, bytes] | None:
        """Return (digest of the request, serialised answer) of a request made before."""
        query = sa.select(requests.c.digest, requests.c.answer).where(
            requests.c.request_id == request_id
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else (row[0], row[1])

    def remember(self, request_id: str, digest: bytes, answer: bytes, when: datetime) -> None:
        """Keep the answer of a request."""
        self._connection.execute(
            sa.insert(requests).values(
                request_id=request_id, digest=digest, answer=answer, create_time=when
            )
        )

    def forget_requests(self, before: datetime) -> int:
        """Forget the answers of requests made before then, a bounded number; return how many."""
        old = (
            sa.select(requests.c.request_id)
            .where(requests.c.create_time < before)
            .limit(REQUESTS_FORGOTTEN_AT_ONCE)
        )
        statement = sa.delete(requests).where(requests.c.request_id.in_(old))
        return len(self._connection.execute(statement.returning(requests.c.request_id)).all())

    def emit(
        self,
        subject: str,
        message: Message | bytes,
        message_id: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Put a message into the outbox, at the end of the transaction."""
        payload = message if isinstance(message, bytes) else message.SerializeToString()
        kept = {"content-type": "application/protobuf"} if headers is None else dict(headers)
        self._messages.append(outbox.Outgoing(subject, payload, kept, message_id))


class Transactor:
    """Runs use cases in transactions: reads side by side, writes one after the other.

    Every write takes the next number of the log, so two at a time would only make one of them
    run again; a queue here is fairer than trying anew there.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writes = asyncio.Lock()

    @property
    def database(self) -> Database:
        """Return the database, for what is not the fleet's own."""
        return self._database

    async def read(self, use: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a use case that changes nothing."""

        def within(connection: sa.Connection) -> Any:
            return use(FleetTransaction(connection, hold=False), *args, **kwargs)

        return await self._database.transact(within)

    async def write(self, use: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a use case that changes something."""

        def within(connection: sa.Connection) -> Any:
            tx = FleetTransaction(connection, hold=True)
            result = use(tx, *args, **kwargs)
            tx.flush()
            return result

        async with self._writes:
            return await self._database.transact(within)


def _terms(meant: Filter) -> list[sa.ColumnElement[bool]]:
    terms: list[sa.ColumnElement[bool]] = []
    if meant.node_class is not None:
        terms.append(nodes.c.node_class == int(meant.node_class))
    if meant.presence is not None:
        terms.append(nodes.c.presence == int(meant.presence))
    if meant.place_prefix:
        terms.append(nodes.c.place_code.startswith(meant.place_prefix, autoescape=True))
    if meant.labels:
        terms.append(nodes.c.labels.contains(dict(meant.labels)))
    return terms


def _row(node: Node) -> dict[str, Any]:
    offset = node.clock_offset
    return {
        "node_id": node.node_id,
        "display_name": node.display_name,
        "node_class": int(node.node_class),
        "place_code": node.place_code,
        "labels": dict(node.labels),
        "presence": int(node.presence),
        "presence_change_time": node.presence_change_time,
        "identity": int(node.identity),
        "agent_version": node.agent_version,
        "clock_offset_us": None if offset is None else offset // timedelta(microseconds=1),
        "create_time": node.create_time,
        "update_time": node.update_time,
        "revision": node.revision,
    }


def _node(row: sa.RowMapping) -> Node:
    offset = row["clock_offset_us"]
    return Node(
        node_id=row["node_id"],
        display_name=row["display_name"],
        node_class=NodeClass(row["node_class"]),
        place_code=row["place_code"],
        labels=row["labels"],
        presence=Presence(row["presence"]),
        presence_change_time=row["presence_change_time"],
        identity=Identity(row["identity"]),
        agent_version=row["agent_version"],
        clock_offset=None if offset is None else timedelta(microseconds=offset),
        create_time=row["create_time"],
        update_time=row["update_time"],
        revision=row["revision"],
    )
