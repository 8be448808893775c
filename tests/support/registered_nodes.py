"""Nodes registered in a real PostgreSQL, and what the outbox has of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from services.fleet import usecases
from services.fleet.model import Identity, Node, NodeClass, Presence
from services.fleet.presence import Change
from services.fleet.store import Transactor
from services.plumbing import outbox
from services.plumbing.postgres import Database
from tianfu.fleet.v1 import events_pb2

NOW = datetime(2026, 5, 12, 14, 28, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
REQUEST = "11111111-1111-4111-8111-111111111111"


def node(node_id: str = "gw-1", **fields: Any) -> Node:
    """Return a node as it is registered."""
    values: dict[str, Any] = {
        "node_class": NodeClass.GATEWAY,
        "place_code": "510104",
        "create_time": NOW,
        "update_time": NOW,
        "presence_change_time": NOW,
        **fields,
    }
    return Node(node_id=node_id, **values)


async def create(
    transactor: Transactor, made: Node, request_id: str = "", digest: bytes = b"d"
) -> bytes:
    """Register a node, and return the answer."""
    asked = usecases.Registration(made, request_id, digest)
    answer: bytes = await transactor.write(
        usecases.create_node, asked, lambda n: n.node_id.encode() + n.etag.encode(), now=NOW
    )
    return answer


async def emitted(database: Database) -> list[tuple[str, bytes, dict[str, str]]]:
    """Return subject, payload and headers of what is to be published, but for places."""
    return [each for each in await all_emitted(database) if not each[0].startswith(PLACES)]


async def all_emitted(database: Database) -> list[tuple[str, bytes, dict[str, str]]]:
    """Return subject, payload and headers of all that is to be published."""
    query = sa.select(outbox.table).order_by(outbox.table.c.id)
    rows = await database.transact(lambda c: c.execute(query).all())
    return [(row.subject, row.payload, row.headers) for row in rows]


PLACES = "$KV.NODE_PLACES."


async def places(database: Database) -> list[tuple[str, str]]:
    """Return nodes and the counties that the bucket of places was told of, "" for an end."""
    found = []
    for subject, payload, headers in await all_emitted(database):
        if subject.startswith(PLACES):
            place = events_pb2.NodePlace.FromString(payload)
            assert bool(payload) is (headers.get("KV-Operation") != "DEL")
            assert not payload or place.node == subject.removeprefix(PLACES)
            found.append((subject.removeprefix(PLACES), place.place_code))
    return found


def change(node_id: str = "gw-1", **fields: Any) -> Change:
    """Return what became of a node's presence."""
    values: dict[str, Any] = {
        "previous": Presence.NEVER_SEEN,
        "presence": Presence.ONLINE,
        "previous_identity": Identity.UNKNOWN,
        "identity": Identity.SINGLE,
        "agent_version": "1.0",
        "clock_offset_us": 1_500,
        **fields,
    }
    return Change(node_id, **values)
