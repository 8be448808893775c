"""What the fleet's use cases need of their surroundings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from google.protobuf.message import Message

from services.fleet.model import Filter, Node, Plan


class Transaction(Protocol):
    """One transaction over nodes, plans, changes, remembered requests and the outbox."""

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
        """Remove a node and what its plan says; the plan's generation is kept.

        A node registered anew goes on from there: its agent refuses a generation it has passed.
        """
        ...

    def change(self, node_ids: Sequence[str], when: datetime, *, deleted: bool = False) -> int:
        """Enter changes in the log; return the first one's number, the others follow on it.

        Numbers are higher than that of any change committed before.
        """
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

    def put_plan(self, plan: Plan) -> None:
        """Store a plan."""
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

    def emit(
        self,
        subject: str,
        message: Message | bytes,
        message_id: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Put a message into the outbox: it is published if this transaction commits."""
        ...
