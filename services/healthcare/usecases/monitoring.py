"""Vital signs of monitors: the latest are kept, and scored when their points change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.healthcare.model import vital_state, vitals
from services.healthcare.model.vital_state import Seen
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
    scores = alerts = 0
    for patient_id, watched in due:
        patient = tx.patient(patient_id)
        if patient is None or watched.score_us is None:
            continue
        at = vital_state.time_of(watched.score_us)
        made, opened = scoring.score_at(tx, desk, patient, at, now, watched)
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
