"""What the use cases need of their surroundings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from google.protobuf.message import Message

from services.credit_supervision.model.clues import Clue, State
from services.credit_supervision.model.draws import Draw, Finding, Inspection
from services.credit_supervision.model.register import Entity
from services.plumbing.audit_chain import Entry


class Transaction(Protocol):
    """One transaction over the register, draws, clues, the audit log and the outbox."""

    def put_entities(self, entities: Sequence[Entity], now: datetime) -> None:
        """Store entities, in place of what was stored under their codes."""
        ...

    def entity(self, code: str) -> tuple[Entity, datetime] | None:
        """Return an entity and when it was changed last."""
        ...

    def strata(self, place: str) -> Sequence[tuple[str, str]]:
        """Return (code, name of risk class) of all in a place that nobody has taken over."""
        ...

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Return how many entities there are by prefecture and class."""
        ...

    def draw(self, draw_id: str) -> Draw | None:
        """Return a draw; if this transaction writes, hold it until the end."""
        ...

    def draws(self, after: str, limit: int) -> Sequence[Draw]:
        """Return draws after an id, in order of id."""
        ...

    def declaration(self, draw_id: str) -> Sequence[str]:
        """Return a draw's declaration, line by line."""
        ...

    def bundle(self, draw_id: str) -> bytes | None:
        """Return a draw's proof, None while it has none."""
        ...

    def add_draw(self, draw: Draw, lines: Sequence[str]) -> None:
        """Add a draw with its declaration."""
        ...

    def put_draw(self, draw: Draw, bundle: bytes | None = None) -> None:
        """Store a draw's new state, and its proof if it has one now."""
        ...

    def add_inspections(self, inspections: Sequence[Inspection]) -> None:
        """Add a draw's visits."""
        ...

    def inspection(self, draw_id: str, code: str) -> Inspection | None:
        """Return a visit with what was found; if this transaction writes, hold it."""
        ...

    def inspections(self, draw_id: str, after: str, limit: int) -> Sequence[Inspection]:
        """Return visits after a code, in order of code."""
        ...

    def add_finding(self, draw_id: str, code: str, finding: Finding) -> None:
        """Add what a department found."""
        ...

    def clue(self, clue_id: str) -> Clue | None:
        """Return a clue; if this transaction writes, hold it until the end."""
        ...

    def clue_of_report(self, report_id: str) -> Clue | None:
        """Return the clue that a report was made into, or joined to."""
        ...

    def clues_about(self, code: str, matter: str) -> Sequence[Clue]:
        """Return the clues of one entity and matter, held until the end."""
        ...

    def clues(self, state: State | None, after: str, limit: int) -> Sequence[Clue]:
        """Return clues in order of day due, then id; ``after`` is "DAY/ID"."""
        ...

    def put_clue(self, clue: Clue, report_id: str = "") -> None:
        """Store a clue, and that a report belongs to it."""
        ...

    def audit(self, entry: Entry) -> None:
        """Write an entry of the audit log."""
        ...

    def emit(self, subject: str, message: Message, message_id: str) -> None:
        """Put an event into the outbox: it is published if this transaction commits."""
        ...
