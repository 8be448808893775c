"""What is kept of patients: facts, results, scores and alerts. Times are aware UTC."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from services.healthcare.model.closed_loop import Loop

MASK = "*"


class AlertKind(enum.IntEnum):
    """What an alert is about; numbered as in the contract."""

    CRITICAL_VALUE = 1
    SCORE = 2


class Status(enum.IntEnum):
    """How final a result is; numbered as in the contract."""

    PRELIMINARY = 1
    FINAL = 2
    CORRECTED = 3
    CANCELLED = 4


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient; ``patient_id`` is drawn by chance and says nothing of the person.

    ``message_time`` is of the message that the facts are from: an older one does not undo them.
    """

    patient_id: str
    assigner: str
    identifier: str
    family_name: str
    given_name: str
    birth_date: str
    sex: str
    facility: str
    ward: str
    room: str
    bed: str
    visit: str
    patient_class: str
    admitted: bool
    message_time: datetime
    create_time: datetime
    update_time: datetime

    @property
    def birth(self) -> date | None:
        """Return the day of birth, None when it is not known."""
        return date.fromisoformat(self.birth_date) if self.birth_date else None


@dataclass(frozen=True, slots=True)
class Observation:
    """One result of one patient. ``body`` is the contract's Result, serialised."""

    observation_id: str
    patient_id: str
    order: str
    code: str
    system: str
    number: float | None
    unit: str
    word: str
    status: Status
    observe_time: datetime
    create_time: datetime
    node: str
    body: bytes


@dataclass(frozen=True, slots=True)
class StoredScore:
    """A score of a patient. ``body`` is the contract's ScoreFigures, serialised.

    One that is ``withdrawn`` was made before a late batch came that made it none; it is kept, and
    nobody is shown it.
    """

    score_id: str
    patient_id: str
    rule_version: str
    total: int
    complete: bool
    band: str
    trend: str
    observe_time: datetime
    body: bytes
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a named clinician has to answer. ``rank`` orders grades of one kind."""

    alert_id: str
    patient_id: str
    kind: AlertKind
    cause: str
    grade: str
    rank: int
    ladder: str
    rule_version: str
    loop: Loop


def derived(kind: str, *parts: str) -> str:
    """Return an id that is the same for the same parts, however often it is made."""
    lengths = "".join(f"{len(part)}:" for part in parts)
    return kind + sha256(f"{lengths}{''.join(parts)}".encode()).hexdigest()[:24]


def masked(text: str, keep_head: int = 1, keep_tail: int = 0) -> str:
    """Return a text with all but its ends hidden; one too short to have a middle hides whole."""
    hidden = len(text) - keep_head - keep_tail
    if hidden <= 0:
        return MASK * len(text)
    return text[:keep_head] + MASK * hidden + (text[-keep_tail:] if keep_tail else "")


def changed_facts(facts: Mapping[str, str], patient: Patient) -> dict[str, str]:
    """Return those facts that a message states and that differ; an empty one states nothing."""
    return {
        name: value for name, value in facts.items() if value and getattr(patient, name) != value
    }
