"""Vital signs of monitors: the latest are kept, and scored when their points change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.healthcare.model import vital_state, vitals
from services.healthcare.model.oxygen import OxygenScaleOrder
from services.healthcare.model.records import Patient, StoredScore
from services.healthcare.model.vital_state import Seen
from services.healthcare.model.vitals import Vital
from services.healthcare.ports import Desk, Transaction
from services.healthcare.usecases import scoring
from services.plumbing.audit_chain import Entry
from tianfu.scores import monitor
from tianfu.scores.monitor import Watched


def record(
    tx: Transaction, desk: Desk, seen: Mapping[str, Sequence[Seen]], *, now: datetime
) -> tuple[int, int]:
    """Keep what monitors said, by patient; return (scores, alerts) made.

    Saying it again changes nothing: a state holds the latest value of each sign, and a score is
    named after its moment. What comes late, after a link was down, is scored moment by moment as
    the node scored it, however many batches are taken at once.
    """
    # By the adults' chart, whoever it is: it says whether anything of note has changed.
    scale = desk.scale(vitals.NEWS2, now)
    known = tx.vital_states(sorted(seen))
    states: dict[str, Watched] = {}
    due: list[tuple[str, Watched]] = []
    for patient_id in sorted(seen):
        before = known.get(patient_id, Watched())
        states[patient_id], found = monitor.follow(scale, before, seen[patient_id])
        due += [(patient_id, each) for each in found]
    tx.put_vital_states(states, now)
    return _score_all(tx, desk, due, now)


def _score_all(
    tx: Transaction, desk: Desk, due: Sequence[tuple[str, Watched]], now: datetime
) -> tuple[int, int]:
    """Score states of patients, those of one in their order; return (scores, alerts) made."""
    if not due:
        return 0, 0
    facts = KnownFacts.look(tx, desk, due, now)
    scores = alerts = 0
    for patient_id, watched in due:
        patient = facts.patients.get(patient_id)
        if patient is None:
            continue
        at = vital_state.time_of(watched.score_us or 0)
        made, opened = scoring.score_at(tx, desk, patient, at, now, watched, facts)
        scores, alerts = scores + made, alerts + opened
        tx.audit(
            Entry(
                when=now,
                actor="healthcare",
                action="vitals.score",
                resource=f"patients/{patient_id}",
                basis="medical record",
            )
        )
    tx.put_scores(facts.made)
    return scores, alerts


@dataclass
class KnownFacts:
    """What the scores of a block of monitors need, looked up together."""

    patients: Mapping[str, Patient]
    orders: Mapping[str, Sequence[OxygenScaleOrder]]
    observed: Mapping[str, Sequence[Vital]]
    last: dict[str, StoredScore]
    made: list[StoredScore] = field(default_factory=list)

    @classmethod
    def look(
        cls, tx: Transaction, desk: Desk, due: Sequence[tuple[str, Watched]], now: datetime
    ) -> KnownFacts:
        """Look up what the scores need, each sort in one statement."""
        reading = desk.reading(now)
        first: dict[str, datetime] = {}
        times = []
        for patient_id, watched in due:
            at = vital_state.time_of(watched.score_us or 0)
            first.setdefault(patient_id, at)
            times.append(at)
        ids = sorted(first)
        return cls(
            tx.patients_of(ids),
            tx.oxygen_orders_of(ids),
            tx.vitals_of(ids, min(times) - reading.window, max(times)),
            dict(tx.scores_before(first, reading.trend_within)),
        )

    def oxygen_order_at(self, patient_id: str, at: datetime) -> OxygenScaleOrder | None:
        """Return the latest order that a patient had at a moment."""
        return next((o for o in self.orders.get(patient_id, ()) if o.create_time <= at), None)

    def vitals(
        self, patient_id: str, after: datetime, until: datetime, watched: Watched | None = None
    ) -> Sequence[Vital]:
        """Return the results that a score looks at, of a span of time."""
        own = () if watched is None else vital_state.vitals_of(watched)
        every = (*self.observed.get(patient_id, ()), *own)
        return [each for each in every if after < each.observe_time <= until]

    def score_before(self, patient_id: str, at: datetime, after: datetime) -> StoredScore | None:
        """Return the last score of a span of time."""
        last = self.last.get(patient_id)
        return last if last is not None and after <= last.observe_time < at else None

    def put_score(self, score: StoredScore) -> None:
        """Keep a score until all are stored."""
        self.last[score.patient_id] = score
        self.made.append(score)
