"""Alerts: opened, told to the next, answered, withdrawn; each step once, with its event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from services.healthcare.model import closed_loop
from services.healthcare.model.closed_loop import LoopState
from services.healthcare.model.records import Alert, AlertKind, derived
from services.healthcare.ports import Desk, Transaction
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import NotFound
from tianfu import subjects
from tianfu.healthcare.v1 import events_pb2, patient_pb2

DUE_AT_ONCE: Final = 100
"""Alerts of one transaction."""

EVENTS: Final[Mapping[str, Any]] = {
    "opened": events_pb2.AlertOpened,
    "escalated": events_pb2.AlertEscalated,
    "acknowledged": events_pb2.AlertAcknowledged,
    "withdrawn": events_pb2.AlertWithdrawn,
}


class AlertNotFound(NotFound):
    """There is no such alert."""

    reason = "ALERT_UNKNOWN"


def open_alert(
    tx: Transaction,
    desk: Desk,
    *,
    patient_id: str,
    kind: AlertKind,
    cause: str,
    grade: str,
    rank: int,
    ladder: str,
    rule_version: str,
    now: datetime,
) -> Alert | None:
    """Open an alert and tell the first; None when nobody is to be told of it."""
    steps = desk.ladder(ladder, now)
    if steps is None:
        return None
    alert = Alert(
        alert_id=derived("a", cause, grade, now.isoformat()),
        patient_id=patient_id,
        kind=kind,
        cause=cause,
        grade=grade,
        rank=rank,
        ladder=ladder,
        rule_version=rule_version,
        loop=closed_loop.opened(steps, now),
    )
    _changed(tx, alert, "opened", now)
    return alert


def escalate_due(tx: Transaction, desk: Desk, *, now: datetime) -> int:
    """Tell the next for alerts that nobody has answered in time; return how many there were."""
    found = tx.due_alerts(now, DUE_AT_ONCE)
    for alert in found:
        steps = desk.ladder(alert.ladder, now)
        if steps is None:
            # The rule of today knows no such ladder: nobody is left to be told.
            loop = replace(alert.loop, state=LoopState.EXHAUSTED, answer_by=None)
        else:
            loop = closed_loop.due(alert.loop, steps, now) or alert.loop
        _changed(tx, replace(alert, loop=loop), "escalated", now)
    return len(found)


def acknowledge(
    tx: Transaction, alert_id: str, clinician: str, note: str, *, now: datetime
) -> Alert:
    """Take an alert over in a clinician's name; raise AlertNotFound or AlreadyAnswered."""
    alert = get_alert(tx, alert_id)
    loop = closed_loop.acknowledged(alert.loop, clinician, note, now)
    if loop == alert.loop:
        return alert
    answered = replace(alert, loop=loop)
    _changed(tx, answered, "acknowledged", now, actor=clinician)
    return answered


def withdraw(tx: Transaction, alert: Alert, now: datetime) -> None:
    """End an alert whose cause is no more, or whose place a graver one has taken."""
    loop = closed_loop.withdrawn(alert.loop, now)
    if loop != alert.loop:
        _changed(tx, replace(alert, loop=loop), "withdrawn", now)


def get_alert(tx: Transaction, alert_id: str) -> Alert:
    """Return an alert; raise AlertNotFound."""
    alert = tx.alert(alert_id)
    if alert is None:
        raise AlertNotFound("there is no such alert", field="name")
    return alert


def _changed(
    tx: Transaction, alert: Alert, step: str, now: datetime, actor: str = "healthcare"
) -> None:
    """Store an alert with its entry in the audit log and its event."""
    number = tx.put_alert(alert, now)
    tx.audit(
        Entry(
            when=now,
            actor=actor,
            action=f"alerts.{step}",
            resource=f"alerts/{alert.alert_id}",
            details={"told": alert.loop.told_role, "state": alert.loop.state.name},
        )
    )
    event = EVENTS[step](
        facts=events_pb2.AlertFacts(
            alert=f"alerts/{alert.alert_id}",
            kind=patient_pb2.AlertKind.ValueType(alert.kind),
            grade=alert.grade,
            told_role=alert.loop.told_role,
            step=alert.loop.step,
        )
    )
    event.event_time.FromDatetime(now)
    tx.emit(subjects.event("healthcare", f"alert-{step}"), event, f"healthcare-alert-{number}")
