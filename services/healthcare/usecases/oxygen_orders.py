"""Orders of an SpO2 scale: kept with who gave them and why, and the score made anew at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.healthcare.model import oxygen
from services.healthcare.model.oxygen import OrderExists, OxygenScale, OxygenScaleOrder
from services.healthcare.ports import Desk, Transaction
from services.healthcare.usecases import scoring
from services.healthcare.usecases.looking import Look, PatientNotFound
from services.plumbing.audit_chain import Entry


def order(
    tx: Transaction,
    desk: Desk,
    patient_id: str,
    order_id: str,
    request_id: str,
    scale: OxygenScale,
    reason: str,
    clinician: str,
    *,
    now: datetime,
) -> OxygenScaleOrder:
    """Keep an order and score the patient by it; the same order sent again changes nothing.

    Raises PatientNotFound, ScaleNotForChildren, and OrderExists for an id that says something else.
    """
    patient = tx.patient(patient_id)
    if patient is None:
        raise PatientNotFound("there is no such patient", field="parent")
    made = OxygenScaleOrder(
        order_id, patient_id, scale, reason, clinician, patient.visit, now, request_id
    )
    known = tx.oxygen_order(patient_id, order_id, request_id)
    if known is not None:
        if not known.says(made):
            raise OrderExists(
                "the patient has another order of this id: choose a new one",
                field="oxygen_scale_order_id",
            )
        return known
    oxygen.check(scale, patient.birth, now)
    tx.put_oxygen_order(made)
    tx.audit(
        Entry(
            when=now,
            actor=clinician,
            action="oxygenScaleOrders.create",
            resource=f"patients/{patient_id}",
            basis="clinician's order",
            details={"scale": scale.name},
        )
    )
    # Who looks at the chart next must not find points of the scale that was just given up.
    scoring.score_at(tx, desk, patient, now, now)
    return made


def list_orders(
    tx: Transaction, look: Look, patient_id: str, offset: int, limit: int
) -> tuple[Sequence[OxygenScaleOrder], bool]:
    """Return a page of a patient's orders, the latest first, and whether there are more."""
    tx.audit(look.entry("oxygenScaleOrders.list", f"patients/{patient_id}"))
    found = tx.oxygen_orders(patient_id, offset, limit + 1)
    return found[:limit], len(found) > limit
