"""In whose name a caller acts: departments and badges are the issuer's word, not the request's."""

from __future__ import annotations

from services.credit_supervision.usecases.refused import BadgeOther, DepartmentNotAffiliated
from services.plumbing.rpc_interceptor import caller
from tianfu.authz.v1 import authz_pb2


def act_for(department: str) -> None:
    """Raise DepartmentNotAffiliated unless the caller works for a department."""
    if department not in caller().departments:
        raise DepartmentNotAffiliated(
            f"the caller does not work for {department!r}; the token's claim 'departments' says so",
            metadata={"department": department},
        )


def report_as(department: str, badge: str) -> None:
    """Raise BadgeOther unless the badge is the caller's own, or a service is the department's."""
    principal = caller()
    if f"{department}/{badge}" in principal.badges:
        return
    if authz_pb2.ROLE_SERVICE in principal.roles and department in principal.departments:
        return
    raise BadgeOther(
        "the badge is not the caller's; the token's claim 'badges' names it as DEPARTMENT/BADGE"
    )
