"""The early-warning score of a patient at a moment, with its alert."""

from __future__ import annotations

from datetime import datetime

from services.healthcare.model import oxygen, vitals
from services.healthcare.model.closed_loop import LoopState
from services.healthcare.model.records import AlertKind, Patient, StoredScore, derived
from services.healthcare.ports import Desk, ScoreFacts, Transaction
from services.healthcare.usecases import alerting, figures
from tianfu.healthcare.v1 import patient_pb2
from tianfu.scores.monitor import Watched
from tianfu.scores.scale import Scale, Score


def score_at(
    tx: Transaction,
    desk: Desk,
    patient: Patient,
    at: datetime,
    now: datetime,
    watched: Watched | None = None,
    facts: ScoreFacts | None = None,
) -> tuple[int, int]:
    """Score a patient at ``at``; return (scores, alerts) made.

    None are when nothing was measured, or when the very score is stored already.

    ``watched`` is what the monitor had said by then, without it what it said last. ``facts`` were
    looked up before, for many patients at once; without them each is looked up.

    The SpO2 scale is the one ordered by then: what comes late is scored as it would have been.
    """
    own: ScoreFacts = tx if facts is None else facts
    reading = desk.reading(now)
    scale = desk.scale(vitals.score_for(patient.birth, at), now)
    found = own.vitals(patient.patient_id, at - reading.window, at, watched)
    if not found:
        return 0, 0
    oxygen_scale = oxygen.in_force(own.oxygen_order_at(patient.patient_id, at), patient.visit)
    inputs = vitals.inputs(scale, found, patient.birth, at, reading, str(int(oxygen_scale)))
    score = scale.score(inputs)
    shown = figures.encode(scale, score, inputs)
    before = own.score_before(patient.patient_id, at, at - reading.trend_within)
    kept = StoredScore(
        score_id=derived("s", patient.patient_id, scale.version, at.isoformat()),
        patient_id=patient.patient_id,
        rule_version=score.version,
        total=score.total,
        complete=score.is_complete,
        band=score.band,
        trend=vitals.trend(score, _comparable(before, shown), reading),
        observe_time=at,
        body=shown.SerializeToString(deterministic=True),
    )
    if not own.put_score(kept):
        return 0, 0
    return 1, _alert_of_score(tx, desk, kept, scale, score, now)


def _comparable(
    before: StoredScore | None, shown: patient_pb2.ScoreFigures
) -> tuple[int, bool] | None:
    """Return (total, complete) of the score before, None when it was made by another chart."""
    if before is None or before.rule_version != shown.rule_version:
        return None
    earlier = patient_pb2.ScoreFigures.FromString(before.body)
    if list(earlier.contexts) != list(shown.contexts):
        return None
    return before.total, before.complete


def _alert_of_score(
    tx: Transaction, desk: Desk, kept: StoredScore, scale: Scale, score: Score, now: datetime
) -> int:
    """Open an alert for a band, unless one as grave stands or was answered a moment ago."""
    ladder = f"score_{score.band.replace('-', '_')}"
    if desk.ladder(ladder, now) is None:
        return 0
    rank = rank_of(scale, score.band)
    since = now - desk.reading(now).realert_after
    others = tx.alerts_of(kept.patient_id, AlertKind.SCORE, since)
    live = [each for each in others if each.loop.state is not LoopState.WITHDRAWN]
    if any(each.rank >= rank for each in live):
        return 0
    for each in live:
        alerting.withdraw(tx, each, now)
    opened = alerting.open_alert(
        tx,
        desk,
        patient_id=kept.patient_id,
        kind=AlertKind.SCORE,
        cause=f"patients/{kept.patient_id}/scores/{kept.score_id}",
        grade=score.band,
        rank=rank,
        ladder=ladder,
        rule_version=score.version,
        now=now,
    )
    return int(opened is not None)


def rank_of(scale: Scale, band: str) -> int:
    """Return how grave a band is: twice its place, that of the single rule between low and next."""
    names = [each.name for each in scale.bands]
    return 2 * names.index(band) if band in names else 1
