"""The early-warning score of a patient at a moment, with its alert."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.healthcare.model import oxygen, vitals
from services.healthcare.model.closed_loop import LoopState
from services.healthcare.model.records import AlertKind, Patient, StoredScore, derived
from services.healthcare.ports import Desk, ScoreFacts, Transaction
from services.healthcare.usecases import alerting, figures
from services.plumbing.audit_chain import Entry
from tianfu.healthcare.v1 import patient_pb2
from tianfu.scores.monitor import Watched
from tianfu.scores.scale import Scale, Score

AGAIN_MAX: Final = 200
"""Scores that one message makes anew, the latest: an hour of one every 20 s."""


def score_at(
    tx: Transaction,
    desk: Desk,
    patient: Patient,
    at: datetime,
    now: datetime,
    watched: Watched | None = None,
    facts: ScoreFacts | None = None,
    *,
    corrects: bool = False,
) -> tuple[int, int]:
    """Score a patient at ``at``; return (scores, alerts) made.

    None are when nothing was measured, or when the very score is stored already.

    ``watched`` is what the monitor had said by then, without it what it said last. ``facts`` were
    looked up before, for many patients at once; without them each is looked up.

    A score that ``corrects`` one of wrong values takes back the alert that was opened for it.

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
    return 1, _alert_of_score(tx, desk, kept, scale, score, now, corrects=corrects)


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


def score_again(
    tx: Transaction, desk: Desk, patient: Patient, first: datetime, last: datetime, now: datetime
) -> tuple[int, int]:
    """Score a patient at ``last``, and anew where what was measured from ``first`` on counts.

    A result that comes late, is corrected or taken back is part of scores that were made already.
    Those of a patient with a monitor are left: what it said then is not known any more, and the
    next of its scores comes within the minute.
    """
    stored = [
        each
        for each in tx.scores_since({patient.patient_id: first})
        if each.observe_time < last + desk.reading(now).window and not each.withdrawn
    ]
    stored.sort(key=lambda each: each.observe_time)
    has_monitor = bool(stored) and tx.vital_state(patient.patient_id) is not None
    before = {} if has_monitor else {each.observe_time: each for each in stored[-AGAIN_MAX:]}
    scores = alerts = 0
    for at in sorted({*before, last}):
        made, opened = score_at(tx, desk, patient, at, now, corrects=at in before)
        scores, alerts = scores + made, alerts + opened
        if not made and at in before and not _stands(tx, desk, patient, at, now):
            _take_back(tx, before[at], now)
    return scores, alerts


def _stands(tx: Transaction, desk: Desk, patient: Patient, at: datetime, now: datetime) -> bool:
    """Return whether anything was measured that a score of a moment is made of."""
    return bool(tx.vitals(patient.patient_id, at - desk.reading(now).window, at))


def _take_back(tx: Transaction, score: StoredScore, now: datetime) -> None:
    """Withdraw a score that nothing is left of, with its alert."""
    tx.withdraw_scores([score.score_id])
    name = f"patients/{score.patient_id}/scores/{score.score_id}"
    tx.audit(Entry(now, "healthcare", "scores.withdraw", name, basis="medical record"))
    for each in tx.alerts_of(score.patient_id, AlertKind.SCORE, now):
        if each.cause == name:
            alerting.withdraw(tx, each, now)


def _alert_of_score(
    tx: Transaction,
    desk: Desk,
    kept: StoredScore,
    scale: Scale,
    score: Score,
    now: datetime,
    *,
    corrects: bool,
) -> int:
    """Open an alert for a band, unless one as grave stands or was answered a moment ago."""
    ladder = f"score_{score.band.replace('-', '_')}"
    is_told = desk.ladder(ladder, now) is not None
    if not (is_told or corrects):
        return 0
    name = f"patients/{kept.patient_id}/scores/{kept.score_id}"
    rank = rank_of(scale, score.band)
    since = now - desk.reading(now).realert_after
    others = tx.alerts_of(kept.patient_id, AlertKind.SCORE, since)
    live = [each for each in others if each.loop.state is not LoopState.WITHDRAWN]
    wrong = [each for each in live if corrects and each.cause == name and each.rank > rank]
    for each in wrong:
        alerting.withdraw(tx, each, now)
    live = [each for each in live if each not in wrong]
    if not is_told or any(each.rank >= rank for each in live):
        return 0
    for each in live:
        alerting.withdraw(tx, each, now)
    opened = alerting.open_alert(
        tx,
        desk,
        patient_id=kept.patient_id,
        kind=AlertKind.SCORE,
        cause=name,
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
