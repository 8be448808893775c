"""Vital signs of monitors: the latest are kept, and scored when their points change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.healthcare.model import vital_state, vitals
from services.healthcare.model.vital_state import VitalState
from services.healthcare.model.vitals import Vital
from services.healthcare.ports import Desk, Transaction
from services.healthcare.usecases import scoring
from services.plumbing.audit_chain import Entry


def record(
    tx: Transaction, desk: Desk, seen: Mapping[str, Sequence[Vital]], *, now: datetime
) -> tuple[int, int]:
    """Keep what monitors said, by patient; return (scores, alerts) made.

    Saying it again changes nothing: a state holds the latest value of each code, and a score is
    named after its moment.
    """
    reading, scale = desk.reading(now), desk.scale(vitals.NEWS2, now)
    known = tx.vital_states(sorted(seen))
    states, due = {}, []
    for patient_id in sorted(seen):
        state = known.get(patient_id, VitalState()).after(seen[patient_id])
        at = state.time
        if at is None:
            continue
        # By the adults' chart, whoever it is: it says whether anything of note has changed.
        inputs = vitals.inputs(scale, list(state.vitals.values()), None, at, reading)
        points = vital_state.points_of(scale, inputs)
        if state.is_due(points):
            state = state.scored(points)
            due.append((patient_id, at))
        states[patient_id] = state
    tx.put_vital_states(states, now)
    scores = alerts = 0
    for patient_id, at in due:
        patient = tx.patient(patient_id)
        if patient is None:
            continue
        made, opened = scoring.score_at(tx, desk, patient, at, now)
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
    return scores, alerts
