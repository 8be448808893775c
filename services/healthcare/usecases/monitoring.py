"""Vital signs of monitors: the latest are kept, and scored when their points change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.healthcare.model import vital_state, vitals
from services.healthcare.model.arrivals import Arrivals, Number
from services.healthcare.model.oxygen import OxygenScaleOrder
from services.healthcare.model.records import Patient, StoredScore
from services.healthcare.model.vital_state import Change, Seen, VitalState
from services.healthcare.model.vitals import Vital
from services.healthcare.ports import Desk, Transaction
from services.healthcare.usecases import scoring
from services.plumbing.audit_chain import Entry
from tianfu.scores.monitor import Watched


@dataclass(frozen=True, slots=True)
class Block:
    """What batches of monitors' nodes bring, taken together in whatever order.

    ``seen`` are the readings of patients, ``numbers`` all batches of nodes, those without a
    patient's reading too, and ``nodes`` where the monitors of patients are.
    """

    seen: Mapping[str, Sequence[Seen]]
    numbers: Mapping[str, Sequence[Number]]
    nodes: Mapping[str, frozenset[str]]


def record(tx: Transaction, desk: Desk, block: Block, *, now: datetime) -> tuple[int, int]:
    """Keep what monitors said, by patient; return (scores, alerts) made.

    Saying it again changes nothing: a state holds the latest value of each sign, and a score is
    named after its moment. What comes late, after a link was down, is scored moment by moment as
    the node scored it, however many batches are taken at once; what comes after newer batches is
    put where it belongs, and scores that would have been others are corrected.
    """
    # By the adults' chart, whoever it is: it says whether anything of note has changed.
    scale = desk.scale(vitals.NEWS2, now)
    incomplete = _incomplete(tx, block, now)
    known = tx.vital_states(sorted(block.seen))
    changes = {
        patient_id: vital_state.take(
            scale,
            known.get(patient_id, VitalState()),
            block.seen[patient_id],
            is_missing=not incomplete.isdisjoint(block.nodes.get(patient_id, ())),
        )
        for patient_id in sorted(block.seen)
    }
    tx.put_vital_states({each: change.state for each, change in changes.items()}, now)
    return _score_all(tx, desk, changes, now)


def _incomplete(tx: Transaction, block: Block, now: datetime) -> frozenset[str]:
    """Enter the batches that have come; return the nodes of which some are still missing."""
    others = (block.nodes.get(each, frozenset()) for each in block.seen)
    known = tx.arrivals(sorted(frozenset(block.numbers).union(*others)))
    now_us = vital_state.time_us_of(now)
    after = {
        node: known.get(node, Arrivals()).after(block.numbers.get(node, ()), now_us)
        for node in (*known, *(each for each in block.numbers if each not in known))
    }
    tx.put_arrivals({node: each for node, each in after.items() if each != known.get(node)}, now)
    return frozenset(node for node, each in after.items() if each.is_missing)


def _score_all(
    tx: Transaction, desk: Desk, changes: Mapping[str, Change], now: datetime
) -> tuple[int, int]:
    """Score what is due of patients, each in the order of time; return (scores, alerts) made."""
    due = [(patient_id, each) for patient_id, change in changes.items() for each in change.due]
    late = {each: change for each, change in changes.items() if change.since_us is not None}
    if not due and not late:
        return 0, 0
    patients = tx.patients_of(sorted({*late, *(patient_id for patient_id, _ in due)}))
    stored = _withdrawn(tx, late, now)
    facts = KnownFacts.look(tx, desk, patients, due, stored, now)
    scores = alerts = 0
    for patient_id, watched in due:
        patient = facts.patients.get(patient_id)
        if patient is None:
            continue
        at = vital_state.time_of(watched.score_us or 0)
        made, opened = scoring.score_at(tx, desk, patient, at, now, watched, facts)
        scores, alerts = scores + made, alerts + opened
        if made:
            is_new = facts.made[-1].score_id not in stored
            _audit(tx, "vitals.score" if is_new else "vitals.correct", patient_id, now)
    tx.put_scores(facts.made)
    return scores, alerts


def _withdrawn(
    tx: Transaction, late: Mapping[str, Change], now: datetime
) -> Mapping[str, StoredScore]:
    """Withdraw scores that a late batch made none; return what is stored since, by id.

    An alert that one of them opened stands: somebody was told, and answers it.
    """
    if not late:
        return {}
    since = {each: vital_state.time_of(change.since_us or 0) for each, change in late.items()}
    stored = {each.score_id: each for each in tx.scores_since(since)}
    gone = [
        each
        for each in stored.values()
        if vital_state.time_us_of(each.observe_time) in late[each.patient_id].gone
        and not each.withdrawn
    ]
    if gone:
        tx.withdraw_scores(sorted(each.score_id for each in gone))
    for each in gone:
        _audit(tx, "vitals.withdraw", each.patient_id, now, each.score_id)
    return stored


def _audit(
    tx: Transaction, action: str, patient_id: str, now: datetime, score_id: str = ""
) -> None:
    tx.audit(
        Entry(
            when=now,
            actor="healthcare",
            action=action,
            resource=f"patients/{patient_id}" + (f"/scores/{score_id}" if score_id else ""),
            basis="medical record",
        )
    )


@dataclass
class KnownFacts:
    """What the scores of a block of monitors need, looked up together."""

    patients: Mapping[str, Patient]
    orders: Mapping[str, Sequence[OxygenScaleOrder]]
    observed: Mapping[str, Sequence[Vital]]
    last: dict[str, StoredScore]
    stored: Mapping[str, StoredScore]
    made: list[StoredScore] = field(default_factory=list)

    @classmethod
    def look(
        cls,
        tx: Transaction,
        desk: Desk,
        patients: Mapping[str, Patient],
        due: Sequence[tuple[str, Watched]],
        stored: Mapping[str, StoredScore],
        now: datetime,
    ) -> KnownFacts:
        """Look up what the scores need, each sort in one statement."""
        reading = desk.reading(now)
        first: dict[str, datetime] = {}
        times = []
        for patient_id, watched in due:
            at = vital_state.time_of(watched.score_us or 0)
            first.setdefault(patient_id, at)
            times.append(at)
        if not due:
            return cls(patients, {}, {}, {}, stored)
        ids = sorted(first)
        return cls(
            patients,
            tx.oxygen_orders_of(ids),
            tx.vitals_of(ids, min(times) - reading.window, max(times)),
            dict(tx.scores_before(first, reading.trend_within)),
            stored,
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

    def put_score(self, score: StoredScore) -> bool:
        """Keep a score until all are stored, unless it is stored as it is."""
        self.last[score.patient_id] = score
        if self.stored.get(score.score_id) == score:
            return False
        self.made.append(score)
        return True
