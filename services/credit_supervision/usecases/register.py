"""The register: rows come in, an entity is looked at for a purpose, numbers name nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.credit_supervision.model import anonymity
from services.credit_supervision.model.register import Entity, Row, Sorted, take
from services.credit_supervision.ports import Transaction
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import NotFound


class EntityNotFound(NotFound):
    """There is no such entity in the register."""

    reason = "ENTITY_UNKNOWN"


@dataclass(frozen=True)
class Purpose:
    """Who asks, what for, and under which provision."""

    actor: str
    purpose: str
    basis: str


def import_rows(tx: Transaction, rows: Sequence[Row], actor: str, *, now: datetime) -> Sorted:
    """Store the rows that are good; return both kinds."""
    found = take(rows)
    tx.put_entities(found.entities, now)
    told = {"accepted": str(len(found.entities)), "faults": str(len(found.faults))}
    tx.audit(Entry(now, actor, "entities.import", "entities", details=told))
    return found


def get_entity(
    tx: Transaction, code: str, why: Purpose, *, now: datetime
) -> tuple[Entity, datetime] | None:
    """Return an entity and when it was changed; that it was looked for is written down.

    None for one that there is not: a refusal would undo the entry of who had asked.
    """
    found = tx.entity(code)
    outcome = "read" if found else "not found"
    tx.audit(
        Entry(now, why.actor, "entities.read", f"entities/{code}", why.purpose, why.basis, outcome)
    )
    return found


def statistics(tx: Transaction) -> Mapping[tuple[str, str], int | None]:
    """Return counts by prefecture and class, None where one would tell of fewer than five."""
    return anonymity.table(tx.counts())
