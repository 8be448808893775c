"""What the fleet's use cases need of their surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from google.protobuf.message import Message

from services.fleet.model import Filter, Node, Plan


class Transaction(Protocol):
    """One transaction over nodes, plans, changes, remembered requests and the outbox."""

    def node(self, node_id: str) -> Node | None:
        """Return a node and hold it until the transaction ends."""
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

    def replace(self, node: Node) -> None:
        """Store a node's new state."""
        ...

    def remove(self, node_id: str) -> None:
        """Remove a node with its plan."""
        ...

    def change(self, node_id: str, when: datetime, *, deleted: bool = False) -> int:
        """Enter a change in the log; its number is higher than that of any committed before."""
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
        """Return a node's plan and hold it until the transaction ends."""
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

    def emit(self, subject: str, message: Message | bytes, message_id: str) -> None:
        """Put a message into the outbox: it is published if this transaction commits."""
        ...
