"""Reads of personal data: each with its purpose, each in the audit log, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.healthcare.model.records import Alert, Observation, Patient, StoredScore
from services.healthcare.ports import (
    AlertFilter,
    ObservationFilter,
    PatientFilter,
    ScoreFilter,
    Transaction,
)
from services.healthcare.usecases import alerting
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import NotFound

QUALITY: Final = "purpose_quality"
"""Reads that a patient can refuse: nobody is treated by them."""


class PatientNotFound(NotFound):
    """There is no such patient."""

    reason = "PATIENT_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Look:
    """Who reads, what for, and when."""

    actor: str
    purpose: str
    when: datetime

    @property
    def needs_consent(self) -> bool:
        """Whether the patient may have refused this purpose."""
        return self.purpose == QUALITY

    def entry(self, action: str, resource: str, outcome: str = "done") -> Entry:
        """Return the audit log's entry."""
        return Entry(self.when, self.actor, action, resource, self.purpose, outcome=outcome)


def listed(tx: Transaction, look: Look, action: str, patient_ids: Iterable[str]) -> None:
    """Enter whose data a list or a watch showed: who asks for a patient's reads finds them all."""
    for each in sorted({each.removeprefix("patients/") for each in patient_ids if each}):
        tx.audit(look.entry(action, f"patients/{each}"))


def get_patient(tx: Transaction, look: Look, patient_id: str) -> Patient | None:
    """Return a patient, None when there is none: that somebody tried is kept all the same."""
    patient = tx.patient(patient_id)
    outcome = "done" if patient is not None else "not found"
    tx.audit(look.entry("patients.get", f"patients/{patient_id}", outcome))
    return patient


def list_patients(
    tx: Transaction, look: Look, meant: PatientFilter, after: str, limit: int
) -> tuple[Sequence[Patient], bool]:
    """Return a page of patients, and whether there are more."""
    found = tx.patients(meant, after, limit + 1)
    tx.audit(look.entry("patients.list", "patients"))
    listed(tx, look, "patients.listed", (each.patient_id for each in found[:limit]))
    return found[:limit], len(found) > limit


def list_observations(
    tx: Transaction, look: Look, meant: ObservationFilter, offset: int, limit: int
) -> tuple[Sequence[Observation], bool]:
    """Return a page of a patient's results, and whether there are more."""
    tx.audit(look.entry("observations.list", f"patients/{meant.patient_id}"))
    found = tx.observations(meant, offset, limit + 1)
    return found[:limit], len(found) > limit


def list_scores(
    tx: Transaction, look: Look, meant: ScoreFilter, offset: int, limit: int
) -> tuple[Sequence[StoredScore], bool]:
    """Return a page of a patient's scores, and whether there are more."""
    tx.audit(look.entry("scores.list", f"patients/{meant.patient_id}"))
    found = tx.scores(meant, offset, limit + 1)
    return found[:limit], len(found) > limit


def get_alert(tx: Transaction, look: Look, alert_id: str) -> Alert:
    """Return an alert; raise AlertNotFound."""
    tx.audit(look.entry("alerts.get", f"alerts/{alert_id}"))
    alert = alerting.get_alert(tx, alert_id)
    listed(tx, look, "alerts.get", [alert.patient_id])
    return alert


def list_alerts(
    tx: Transaction, look: Look, meant: AlertFilter, offset: int, limit: int
) -> tuple[Sequence[Alert], bool]:
    """Return a page of alerts, and whether there are more."""
    tx.audit(look.entry("alerts.list", "alerts"))
    found = tx.alerts(meant, offset, limit + 1)
    listed(tx, look, "alerts.listed", (each.patient_id for each in found[:limit]))
    return found[:limit], len(found) > limit


def watch_alerts(
    tx: Transaction, look: Look, meant: AlertFilter, limit: int
) -> tuple[int, Sequence[Alert]]:
    """Return where a watch begins: the last change, and the alerts that are open."""
    tx.audit(look.entry("alerts.watch", "alerts"))
    number, found = tx.last_change(), tx.alerts(meant, 0, limit)
    listed(tx, look, "alerts.watched", (each.patient_id for each in found))
    return number, found


def changed_alerts(
    tx: Transaction, look: Look, meant: AlertFilter, after: int, limit: int
) -> tuple[int, Sequence[tuple[int, Alert]]]:
    """Return the number of the last change looked at, and (number, alert) of those meant."""
    changes = tx.changed_alerts(after, limit)
    found = [(number, alert) for number, alert in changes if meant.matches(alert)]
    listed(tx, look, "alerts.watched", (alert.patient_id for _, alert in found))
    return (changes[-1][0] if changes else after), found
