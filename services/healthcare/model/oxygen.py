"""Which SpO2 scale of NEWS2 a patient is scored on: scale 2 by a clinician's order alone.

The Royal College of Physicians (NEWS2, 2017, chart 1) keeps scale 2 for patients with hypercapnic
respiratory failure whose target of 88-92 % a qualified clinician has documented. Everybody else,
and whoever of whom nothing is known, is on scale 1.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime

from services.healthcare.model import vitals
from services.plumbing.refusal import AlreadyExists, FailedPrecondition


class OxygenScale(enum.IntEnum):
    """Numbered as in the contract and on the chart."""

    ONE = 1
    TWO = 2


class ScaleNotForChildren(FailedPrecondition):
    """NEWS2 is for adults: a child's score has no such scale."""

    reason = "OXYGEN_SCALE_NOT_FOR_CHILDREN"


class OrderExists(AlreadyExists):
    """Another order of the patient has that id."""

    reason = "OXYGEN_SCALE_ORDER_EXISTS"


@dataclass(frozen=True, slots=True)
class OxygenScaleOrder:
    """A clinician's order. ``visit`` is the stay that it is for: the next one begins on scale 1."""

    order_id: str
    patient_id: str
    scale: OxygenScale
    reason: str
    clinician: str
    visit: str
    create_time: datetime
    request_id: str = ""

    def says(self, other: OxygenScaleOrder) -> bool:
        """Return whether another one, perhaps sent again later, orders the same."""
        mine = (self.patient_id, self.scale, self.reason, self.clinician)
        return mine == (other.patient_id, other.scale, other.reason, other.clinician)


def check(scale: OxygenScale, birth: date | None, at: datetime) -> None:
    """Raise ScaleNotForChildren for scale 2 of a patient whose score is not NEWS2."""
    if scale is OxygenScale.TWO and vitals.score_for(birth, at) != vitals.NEWS2:
        raise ScaleNotForChildren(
            f"NEWS2 is for patients from {vitals.ADULT_YEARS} years on", field="parent"
        )


def in_force(latest: OxygenScaleOrder | None, visit: str) -> OxygenScale:
    """Return the scale during a visit, by the latest order of the patient."""
    if latest is None or latest.visit != visit:
        return OxygenScale.ONE
    return latest.scale
