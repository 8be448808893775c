"""What the fleet's use cases need of their surroundings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Protocol

from google.protobuf.message import Message

from services.fleet.enrolment import Enrolment, StoredToken
from services.fleet.model import BucketMark, Filter, Node, Plan
from services.fleet.stations import StationKey
from services.plumbing.audit_chain import Entry
from tianfu.fleet.v1 import control_plane_pb2


class Enrolments(Protocol):
    """The identities of nodes, within a transaction."""

    def of(self, node_id: str) -> Enrolment:
        """Return a node's enrolment; if this transaction writes, hold it until the end."""
        ...

    def put(self, enrolment: Enrolment) -> None:
        """Store a node's enrolment."""
        ...

    def token(self, digest: bytes) -> StoredToken | None:
        """Return a one-time token by its digest; if this transaction writes, hold it."""
        ...

    def put_token(self, token: StoredToken) -> None:
        """Store a token, or that it was used."""
        ...

    def forget_tokens(self, before: datetime) -> int:
        """Forget tokens that ended before then; return how many."""
        ...

    def forget_tokens_of(self, node_id: str) -> None:
        """Forget the tokens of a node that is removed: none of them is good for the next one."""
        ...

    def turn_out(self, node_id: str, public_key: str, when: datetime) -> None:
        """Note that no token of a key is good that was issued until then."""
        ...

    def turned_out(self, after: datetime) -> Mapping[str, datetime]:
        """Return the keys turned out after a time, and when."""
        ...

    def pending(self) -> Sequence[str]:
        """Return the keys turned out of which NATS has not been told yet."""
        ...

    def applied(self, keys: Sequence[str]) -> None:
        """Note that NATS has been told."""
        ...

    def is_applied(self, node_id: str) -> bool:
        """Say whether NATS has been told of every key of a node that was turned out."""
        ...

    def station_keys(self, node_id: str) -> Sequence[StationKey]:
        """Return the keys of a station; if this transaction writes, hold them."""
        ...

    def put_station_keys(self, keys: Sequence[StationKey]) -> None:
        """Store keys of stations."""
        ...

    def drop_station_key(self, public_key: str) -> None:
        """Forget a key of a station."""
        ...

    def due_station_keys(self, now: datetime, limit: int) -> Sequence[StationKey]:
        """Return keys of which older tokens are to be turned out by now."""
        ...

    def key_owner(self, public_key: str, *, beside: str) -> str | None:
        """Return whose key it is or was, None when nobody's or that one station's."""
        ...


class ControlPlane(Protocol):
    """What operators say of rollouts and pools, within a transaction."""

    def rollout(self, name: str) -> control_plane_pb2.Rollout | None:
        """Return a rollout; if this transaction writes, hold it until the end."""
        ...

    def pool(self, name: str) -> control_plane_pb2.Pool | None:
        """Return a pool."""
        ...

    def put_rollout(self, operator: str, rollout: control_plane_pb2.Rollout) -> None:
        """Store a rollout as an operator says it is; "" leaves whose it is as it was."""
        ...

    def put_pool(self, operator: str, pool: control_plane_pb2.Pool) -> None:
        """Store a pool as an operator says it is."""
        ...

    def keep_only(self, operator: str, names: AbstractSet[str]) -> None:
        """Forget what else an operator said."""
        ...

    def wanted(self, operator: str) -> Sequence[control_plane_pb2.Rollout]:
        """Return name and steering of rollouts of which somebody wants something."""
        ...

    def page(self, kind: str, after: str, limit: int) -> Sequence[bytes]:
        """Return objects of a kind (rollouts, pools) after a name, in order of name."""
        ...

    def told_by(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return which operator told of each, by name; who is unknown is left out."""
        ...


class Transaction(Protocol):
    """One transaction over nodes, plans, identities, changes, remembered requests, the outbox."""

    @property
    def enrolments(self) -> Enrolments:
        """The identities of nodes."""
        ...

    @property
    def control_plane(self) -> ControlPlane:
        """What operators say."""
        ...

    def node(self, node_id: str) -> Node | None:
        """Return a node; if this transaction writes, hold it until the end."""
        ...

    def nodes_of(self, node_ids: Sequence[str]) -> Mapping[str, Node]:
        """Return those of the nodes that there are; if this transaction writes, hold them."""
        ...

    def nodes(self, meant: Filter, after: str, limit: int) -> Sequence[Node]:
        """Return nodes after an id, in order of id."""
        ...

    def count(self, meant: Filter) -> int:
        """Return how many nodes there are."""
        ...

    def add(self, node: Node) -> bool:
        """Add a node; False when its id is taken."""
        ...

    def replace(self, nodes: Sequence[Node]) -> None:
        """Store nodes' new state."""
        ...

    def remove(self, node_id: str) -> None:
        """Remove a node. Its plan is kept: see ``put_plans``."""
        ...

    def change(self, node_ids: Sequence[str], when: datetime, *, deleted: bool = False) -> int:
        """Enter changes in the log; return the first one's number, the others follow on it.

        Numbers are higher than that of any change committed before.
        """
        ...

    def places_told(self) -> BucketMark | None:
        """Return which bucket was told of all nodes' places, and how far it had come."""
        ...

    def put_places_told(self, mark: BucketMark) -> None:
        """Note that a bucket was told of all nodes' places, and how far it has come."""
        ...

    def last_change(self) -> int:
        """Return the number of the last change."""
        ...

    def changes(self, after: int, limit: int) -> Sequence[tuple[int, str, bool]]:
        """Return (number, node id, whether deleted) of changes after a number, in order."""
        ...

    def first_change(self) -> int:
        """Return the number of the oldest change that is still in the log, 0 for none."""
        ...

    def plan(self, node_id: str) -> Plan | None:
        """Return a node's plan; if this transaction writes, hold it until the end."""
        ...

    def plans_of(self, node_ids: Sequence[str]) -> Mapping[str, Plan]:
        """Return those of the nodes' plans that there are; if this writes, hold them."""
        ...

    def plans(self, after: str, limit: int) -> Sequence[Plan]:
        """Return plans that say something, after an id, in order of id."""
        ...

    def plans_changed(self, after: int, limit: int) -> Sequence[Plan]:
        """Return plans whose last change has a higher number, in order of it."""
        ...

    def put_plans(self, changed: Sequence[Plan]) -> None:
        """Store plans, each under the number of this change, from the log's own.

        One without a body is that of a node that was removed: its generation stays. A node
        registered anew goes on from there, as its agent refuses a generation it has passed.
        """
        ...

    def answer(self, request_id: str) -> tuple[bytes, bytes] | None:
        """Return (digest of the request, serialised answer) of a request made before."""
        ...

    def remember(self, request_id: str, digest: bytes, answer: bytes, when: datetime) -> None:
        """Keep the answer of a request."""
        ...

    def forget_requests(self, before: datetime) -> int:
        """Forget the answers of requests made before then; return how many."""
        ...

    def note(self, entry: Entry) -> None:
        """Write an entry into the audit log: it stays if this transaction commits."""
        ...

    def emit(
        self,
        subject: str,
        message: Message | bytes,
        message_id: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Put a message into the outbox: it is published if this transaction commits."""
        ...
