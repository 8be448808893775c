"""What can be done with the fleet: synchronous, in one transaction each, with no I/O of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from services.fleet.model import BucketMark, Filter, Identity, Node, Presence
from services.fleet.ports import Transaction
from services.fleet.presence import Change
from services.plumbing.refusal import Aborted, AlreadyExists, InvalidArgument, NotFound, OutOfRange
from tianfu import subjects
from tianfu.fleet.v1 import events_pb2, node_pb2

WATCH_BATCH: Final = 500
"""Changes read at a time by a watch."""


KEY_DELETED: Final = {"KV-Operation": "DEL"}
"""A key's end, as NATS marks it."""

REQUESTS_KEPT: Final = timedelta(days=7)
"""A request repeated later than this is a new one."""


class NodeNotFound(NotFound):
    """There is no such node."""

    reason = "NODE_UNKNOWN"


class NodeExists(AlreadyExists):
    """There is a node of this id."""

    reason = "NODE_EXISTS"


class EtagMismatch(Aborted):
    """Somebody else changed it meanwhile."""

    reason = "ETAG_MISMATCH"


class RequestIdReused(InvalidArgument):
    """The request_id was used for another request."""

    reason = "REQUEST_ID_REUSED"


class ResumeTokenExpired(OutOfRange):
    """The changes since then are no longer all in the log."""

    reason = "RESUME_TOKEN_EXPIRED"


@dataclass(frozen=True)
class Registration:
    """What is asked for when a node is created."""

    node: Node
    request_id: str
    digest: bytes


def create_node(
    tx: Transaction, asked: Registration, answer: Callable[[Node], bytes], *, now: datetime
) -> bytes:
    """Register a node and return the serialised answer; a repeated request gets the first one."""
    if asked.request_id:
        earlier = tx.answer(asked.request_id)
        if earlier is not None:
            if earlier[0] != asked.digest:
                raise RequestIdReused(
                    "request_id was used for another request; draw a new one", field="request_id"
                )
            return earlier[1]
    node = asked.node
    if not tx.add(node):
        raise NodeExists(f"node {node.node_id!r} exists; choose another id", field="node_id")
    number = tx.change([node.node_id], now)
    event = events_pb2.NodeCreated(
        node=node.node_id,
        node_class=node_pb2.NodeClass.ValueType(node.node_class),
        place_code=node.place_code,
    )
    event.event_time.FromDatetime(now)
    tx.emit(subjects.event("fleet", "node-created"), event, f"fleet-{number}-created")
    _tell_place(tx, node, number, now)
    made = answer(node)
    if asked.request_id:
        tx.remember(asked.request_id, asked.digest, made, now)
    return made


def get_node(tx: Transaction, node_id: str) -> Node:
    """Return a node; raise NodeNotFound."""
    node = tx.node(node_id)
    if node is None:
        raise NodeNotFound(f"node {node_id!r} is not registered")
    return node


def list_nodes(
    tx: Transaction, meant: Filter, after: str, limit: int
) -> tuple[Sequence[Node], int, bool]:
    """Return a page of nodes, how many match in all, and whether there are more."""
    found = tx.nodes(meant, after, limit + 1)
    return found[:limit], tx.count(meant), len(found) > limit


def update_node(
    tx: Transaction, node_id: str, etag: str, changed: Callable[[Node], Node], *, now: datetime
) -> Node:
    """Change a node's registration; raise EtagMismatch when it is not the one meant."""
    node = get_node(tx, node_id)
    check_etag(etag, node.etag)
    new = replace(changed(node), update_time=now, revision=node.revision + 1)
    tx.replace([new])
    number = tx.change([node_id], now)
    if new.place_code != node.place_code:
        _tell_place(tx, new, number, now)
    return new


def delete_node(tx: Transaction, node_id: str, etag: str, *, now: datetime) -> None:
    """Remove a node and its plan."""
    node = get_node(tx, node_id)
    check_etag(etag, node.etag)
    plan = tx.plan(node_id)
    tx.remove(node_id)
    if plan is not None:
        tx.put_plans([replace(plan, body=b"", report=b"", update_time=now)])
    number = tx.change([node_id], now, deleted=True)
    if plan is not None and plan.body:
        # The node finds no plan any more.
        key = subjects.bucket_key(subjects.PLANS, subjects.node_id(node_id))
        tx.emit(key, b"", f"fleet-{number}-plan-deleted", KEY_DELETED)
    event = events_pb2.NodeDeleted(node=node_id)
    event.event_time.FromDatetime(now)
    tx.emit(subjects.event("fleet", "node-deleted"), event, f"fleet-{number}-deleted")
    place = subjects.bucket_key(subjects.NODE_PLACES, subjects.node_id(node_id))
    tx.emit(place, b"", f"fleet-{number}-place-deleted", KEY_DELETED)


@dataclass(frozen=True)
class Recorded:
    """How many changes were stored, and which nodes there are none of."""

    stored: int
    unknown: tuple[str, ...]


def record_changes(tx: Transaction, changes: Iterable[Change], *, now: datetime) -> Recorded:
    """Store what became of nodes' presence, with events for transitions."""
    wanted = {change.node_id: change for change in changes}
    held = tx.nodes_of(sorted(wanted))
    pairs = []
    for node_id, node in held.items():
        new = _changed(node, wanted[node_id], now)
        if new != node:
            pairs.append((node, new))
    if pairs:
        tx.replace([new for _, new in pairs])
        first = tx.change([new.node_id for _, new in pairs], now)
        for number, (node, new) in enumerate(pairs, first):
            _tell(tx, node, new, number, now)
    unknown = tuple(node_id for node_id in wanted if node_id not in held)
    return Recorded(len(pairs), unknown)


def place_of(node_id: str, place_code: str, now: datetime) -> events_pb2.NodePlace:
    """Return what the bucket of places says of a node."""
    place = events_pb2.NodePlace(node=node_id, place_code=place_code)
    place.change_time.FromDatetime(now)
    return place


def places_told(tx: Transaction) -> BucketMark | None:
    """Return which bucket was told of all nodes' places, and how far it had come."""
    return tx.places_told()


def note_places_told(tx: Transaction, mark: BucketMark) -> None:
    """Note how far the bucket has come that knows all nodes' places."""
    tx.put_places_told(mark)


def retell_places(tx: Transaction, after: str, mark: BucketMark, limit: int) -> str | None:
    """Tell a bucket of the places of nodes after an id; return the last one's, None when done.

    The nodes are held meanwhile: what one is moved to is told behind this, and stands.
    """
    ids = [node.node_id for node in tx.nodes(Filter(), after, limit)]
    made_us = round(mark.created.timestamp() * 1e6)
    for node_id, node in tx.nodes_of(ids).items():
        key = subjects.bucket_key(subjects.NODE_PLACES, subjects.node_id(node_id))
        place = place_of(node_id, node.place_code, node.update_time)
        tx.emit(key, place, f"{node_id}-{node.revision}-place-{made_us}-{mark.last_sequence}")
    if len(ids) == limit:
        return ids[-1]
    tx.put_places_told(mark)
    return None


def _tell_place(tx: Transaction, node: Node, number: int, now: datetime) -> None:
    key = subjects.bucket_key(subjects.NODE_PLACES, subjects.node_id(node.node_id))
    place = place_of(node.node_id, node.place_code, now)
    tx.emit(key, place, f"fleet-{number}-place")


def _changed(node: Node, change: Change, now: datetime) -> Node:
    offset = change.clock_offset_us
    return replace(
        node,
        presence=change.presence,
        identity=change.identity,
        agent_version=change.agent_version or node.agent_version,
        clock_offset=node.clock_offset if offset is None else timedelta(microseconds=offset),
        presence_change_time=(
            node.presence_change_time if change.presence is node.presence else now
        ),
    )


def _tell(tx: Transaction, node: Node, new: Node, number: int, now: datetime) -> None:
    """Emit events for what is a transition."""
    if new.presence is not node.presence:
        presence_event = events_pb2.NodePresenceChanged(
            node=node.node_id,
            previous=node_pb2.Presence.ValueType(node.presence),
            presence=node_pb2.Presence.ValueType(new.presence),
            place_code=node.place_code,
        )
        presence_event.event_time.FromDatetime(now)
        subject = subjects.event("fleet", "node-presence-changed")
        tx.emit(subject, presence_event, f"fleet-{number}-presence")
    known = Identity.UNKNOWN not in (node.identity, new.identity)
    if new.identity is not node.identity and (known or new.identity is Identity.DUPLICATED):
        identity_event = events_pb2.NodeIdentityChanged(
            node=node.node_id,
            identity_state=node_pb2.IdentityState.ValueType(new.identity),
        )
        identity_event.event_time.FromDatetime(now)
        subject = subjects.event("fleet", "node-identity-changed")
        tx.emit(subject, identity_event, f"fleet-{number}-identity")


def changes_after(tx: Transaction, number: int) -> list[tuple[int, str, Node | None]]:
    """Return changes after a number as (number, node id, the node as it is now).

    Raise ResumeTokenExpired when some of them are no longer in the log.
    """
    first = tx.first_change()
    # A number that was never given out comes of a database that was set back.
    if first > number + 1 or number > tx.last_change():
        raise ResumeTokenExpired(
            "the changes since this token are not all kept; begin again without it",
            field="resume_token",
        )
    found = tx.changes(number, WATCH_BATCH)
    present = tx.nodes_of(sorted({node_id for _, node_id, _ in found}))
    return [
        (one, node_id, None if deleted else present.get(node_id)) for one, node_id, deleted in found
    ]


def forget_requests(tx: Transaction, *, now: datetime) -> int:
    """Forget requests that nobody repeats any more; return how many."""
    return tx.forget_requests(now - REQUESTS_KEPT)


def known_nodes(tx: Transaction, after: str, limit: int) -> Sequence[Node]:
    """Return nodes in order of id, as the presence table needs them at the start."""
    return tx.nodes(Filter(), after, limit)


def was_online(node: Node) -> bool:
    """Say whether a node was heard from when this was last stored."""
    return node.presence in (Presence.ONLINE, Presence.SILENT)


def check_etag(given: str, current: str) -> None:
    """Raise EtagMismatch when an etag is given that is not the current one."""
    if given and given != current:
        raise EtagMismatch("it has changed since it was read; read it again", field="etag")
