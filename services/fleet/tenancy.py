"""Whose rollouts and whose shares a caller sees: an app owner, those of the tenants it works for.

Who has another role too works for all of them. An app owner sees, of a pool, its size and the
shares and claims of its own tenants; of others not even that they are there.
"""

from __future__ import annotations

from typing import TypeAlias

from services.plumbing.tokens import Principal
from tianfu.authz.v1 import authz_pb2
from tianfu.fleet.v1 import control_plane_pb2 as pb

Tenants: TypeAlias = frozenset[str] | None
"""Names of tenants; None for all."""


def of_reader(principal: Principal) -> Tenants:
    """Return whose objects somebody sees."""
    others = principal.roles - {authz_pb2.ROLE_APP_OWNER}
    return None if others or not principal.roles else principal.tenants


def of_steerer(principal: Principal) -> Tenants:
    """Return whose rollouts somebody steers: to see those of others is not to steer them."""
    is_engineer = authz_pb2.ROLE_PLATFORM_ENGINEER in principal.roles
    return None if is_engineer else principal.tenants


def rollout(found: pb.Rollout, tenants: Tenants) -> pb.Rollout | None:
    """Return a rollout as somebody sees it; None when it is not there for them."""
    return found if tenants is None or found.tenant in tenants else None


def pool(found: pb.Pool, tenants: Tenants) -> pb.Pool | None:
    """Return a pool as somebody sees it; None when no tenant of theirs has a part in it."""
    if tenants is None:
        return found
    own = [each for each in found.tenants if each.tenant in tenants]
    claims = [each for each in found.claims if each.tenant in tenants]
    if not own and not claims:
        return None
    seen = pb.Pool(
        name=found.name,
        resources=found.resources,
        emergency_classes=found.emergency_classes,
        tenants=own,
        claims=claims,
        granted=sum(bool(each.share_id) for each in claims),
        pending=sum(not each.share_id for each in claims),
        conditions=found.conditions,
    )
    if found.HasField("update_time"):
        seen.update_time.CopyFrom(found.update_time)
    return seen
