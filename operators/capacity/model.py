"""What the allocator decides over and what it decides: pure values.

Amounts are vectors of integers in milli-units (``1 cpu`` is 1000), in the order of the pool's
resources. Times are aware UTC.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Vector = tuple[int, ...]


class ShareState(enum.Enum):
    """Whether a share may be used on."""

    ACTIVE = "Active"
    REVOKED = "Revoked"
    """Taken back, but its holder may not have heard: it occupies until its lease ends."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the pool lent to a claim until ``lease_end``.

    ``released`` is the holder's own word that it has stopped; only that ends a lease early.
    """

    share_id: str
    epoch: int
    amounts: Vector
    grant_time: datetime
    lease_end: datetime
    state: ShareState = ShareState.ACTIVE
    released: bool = False

    def occupies(self, now: datetime) -> bool:
        """Say whether somebody may still be using it."""
        return not self.released and now < self.lease_end


@dataclass(frozen=True, slots=True)
class Claim:
    """A wish for a part of the pool, and the share it holds, if any.

    ``epoch`` is that of its last share, 0 before the first. ``reachable`` says whether the site
    that would use the share can be told; ``wanted`` is False once the claim is being deleted;
    ``is_borrowed`` is what was last said of its share.
    """

    uid: str
    tenant: str
    amounts: Vector
    create_time: datetime
    priority: int = 0
    priority_class: str = ""
    epoch: int = 0
    share: Share | None = None
    expire_time: datetime | None = None
    reachable: bool = True
    wanted: bool = True
    is_borrowed: bool = False


@dataclass(frozen=True, slots=True)
class Tenant:
    """What a tenant is due. ``None`` as a limit means none; the weight divides its share."""

    name: str
    nominal: Vector
    borrowing_limit: Vector | None = None
    lending_limit: Vector | None = None
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Pool:
    """What there is to share, and among whom."""

    name: str
    resources: tuple[str, ...]
    capacity: Vector
    tenants: tuple[Tenant, ...]
    lease: timedelta
    emergency_classes: frozenset[str] = frozenset()


class Verdict(enum.Enum):
    """What becomes of a claim in this plan."""

    KEEP = "Keep"
    GRANT = "Grant"
    RENEW = "Renew"
    REVOKE = "Revoke"
    WAIT = "Wait"
    RELEASE = "Release"
    """It has no share any more and wants none."""


class Reason(enum.Enum):
    """Why; the value is the condition's reason."""

    WITHIN_NOMINAL = "WithinNominal"
    BORROWED = "Borrowed"
    EMERGENCY = "Emergency"
    RECLAIMED = "Reclaimed"
    PREEMPTED = "PreemptedByEmergency"
    CAPACITY_LOST = "CapacityLost"
    DELETED = "Deleted"
    EXPIRED = "Expired"
    LEASE_ENDED = "LeaseEnded"
    TENANT_UNKNOWN = "TenantUnknown"
    EXCEEDS_CAPACITY = "ExceedsCapacity"
    BORROWING_LIMIT = "BorrowingLimitReached"
    LENDING_LIMIT = "LendingLimitReached"
    POOL_FULL = "PoolFull"
    AWAITING_RELEASE = "AwaitingRelease"
    HOLDER_UNREACHABLE = "HolderUnreachable"
    CHANGED = "Changed"


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one claim.

    ``share`` is the share it holds from now on (of a revoked one: until the lease ends).
    ``caused_by`` names, for a share taken back, the claim that it was taken back for: the audit.
    """

    claim: str
    verdict: Verdict
    reason: Reason
    share: Share | None = None
    caused_by: str = ""
    resource: str = ""
    """Which resource is short, for one that waits."""


@dataclass(frozen=True, slots=True)
class TenantUse:
    """What a tenant has: all of it, and what of that is borrowed; what others have of its own."""

    used: Vector
    borrowed: Vector
    lent: Vector
    pending: int = 0


@dataclass(frozen=True, slots=True)
class Allocation:
    """The plan of a pool: one decision a claim, in order of uid, and when to look again."""

    decisions: tuple[Decision, ...]
    tenants: dict[str, TenantUse] = field(default_factory=dict)
    look_again: datetime | None = None
