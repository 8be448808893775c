"""In whose name a clinician acts: a hospital that the token says the caller works for."""

from __future__ import annotations

from services.plumbing.refusal import PermissionDenied
from services.plumbing.tokens import Principal


class NotAffiliated(PermissionDenied):
    """The caller's token names other hospitals, or none."""

    reason = "HOSPITAL_NOT_AFFILIATED"


def check(principal: Principal, hospital: str, field: str) -> str:
    """Return the hospital's name; raise NotAffiliated unless the caller works for it."""
    if hospital.partition("/")[2] not in principal.hospitals:
        raise NotAffiliated(
            "the token's claim `hospitals` does not name it; whoever issues tokens adds it there",
            field=field,
        )
    return hospital
