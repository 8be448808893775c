"""Who gets what of a pool: one pure plan over all its claims.

Claims are taken in three rounds. First emergencies (应急), which may take back anything that is not
an emergency's; then what fits within a tenant's nominal amount, which may take back what others
have borrowed; then what has to borrow, which takes back nothing. Within a round the tenant with
the lowest weighted dominant share is next (Ghodsi et al., "Dominant Resource Fairness", NSDI 2011),
and within a tenant the higher priority, then the older claim.

A share taken back occupies until its holder says it has stopped, or its lease has ended. What a
claim waits for is kept for it: nobody borrows it meanwhile, so that taking back ends.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from operators.capacity.model import (
    Allocation,
    Claim,
    Decision,
    Pool,
    Reason,
    Share,
    ShareState,
    Tenant,
    TenantUse,
    Vector,
    Verdict,
)


def share_id(pool: str, claim: str, epoch: int) -> str:
    """Return the id of a claim's share: the same however often it is planned."""
    return sha256(f"{pool}\0{claim}\0{epoch}".encode()).hexdigest()[:24]


def allocate(pool: Pool, claims: Iterable[Claim], now: datetime) -> Allocation:
    """Return what becomes of each claim on the pool; the same for the same input in any order."""
    planner = _Planner(pool, now)
    planner.settle(sorted(claims, key=lambda claim: claim.uid))
    planner.fit_capacity()
    planner.admit_emergencies()
    planner.admit_nominal()
    planner.admit_borrowing()
    return planner.allocation()


def borrowed_shares(tenant: Tenant, claims: Iterable[Claim]) -> set[str]:
    """Return the uids of a tenant's claims whose shares are borrowed.

    Shares are counted in the order they were granted, those that were borrowed last; one that no
    longer fits beside those counted within the nominal amount is borrowed. So nothing is made
    borrowed by what came later, nor by what came beside it: grants of one second have one time.
    """
    room, borrowed = list(tenant.nominal), set()
    for claim in sorted(claims, key=_granted):
        if claim.share is None:
            continue
        amounts = claim.share.amounts
        if all(a <= r for a, r in zip(amounts, room, strict=True)):
            room = [r - a for r, a in zip(room, amounts, strict=True)]
        else:
            borrowed.add(claim.uid)
    return borrowed


def _granted(claim: Claim) -> tuple[bool, datetime, tuple[int, datetime, str]]:
    granted = claim.share.grant_time if claim.share else claim.create_time
    return (claim.is_borrowed, granted, _queue_order(claim))


def _queue_order(claim: Claim) -> tuple[int, datetime, str]:
    return (-claim.priority, claim.create_time, claim.uid)


def _victim_order(claim: Claim) -> tuple[int, float, str]:
    # The lowest priority first; among equals the newest grant has the least to lose.
    granted = claim.share.grant_time if claim.share else claim.create_time
    return (claim.priority, -granted.timestamp(), claim.uid)


class _Account:
    """One tenant while a plan is made. Emergencies are on nobody's account but the pool's."""

    def __init__(self, tenant: Tenant, size: int) -> None:
        self.tenant = tenant
        self.nominal_used = [0] * size
        self.borrowed = [0] * size
        self.emergency = [0] * size
        self.pending: list[Claim] = []
        # Nominal amount that is not to be lent.
        limit = tenant.lending_limit
        self.kept = [
            n - min(n, m) for n, m in zip(tenant.nominal, limit or tenant.nominal, strict=True)
        ]

    def used(self) -> Vector:
        """All it uses."""
        parts = (self.nominal_used, self.borrowed, self.emergency)
        return tuple(map(sum, zip(*parts, strict=True)))

    def fits_nominal(self, amounts: Vector) -> bool:
        """Say whether so much more is within its nominal amount."""
        rows = zip(self.nominal_used, amounts, self.tenant.nominal, strict=True)
        return all(used + asked <= due for used, asked, due in rows)

    def dominant_share(self, capacity: Vector) -> float:
        """Its largest part of any resource, divided by its weight."""
        rows = zip(self.used(), capacity, strict=True)
        return max((u / c for u, c in rows if c), default=0.0) / self.tenant.weight


_Eligible = Callable[[_Account, Claim], bool]


class _Planner:
    """One plan being made. Amounts left only fall within a round, so a claim is tried once."""

    def __init__(self, pool: Pool, now: datetime) -> None:
        self._pool, self._now = pool, now
        size = len(pool.resources)
        self._free = list(pool.capacity)
        # What will come back from shares that are taken back, and is promised to nobody yet.
        self._returning = [0] * size
        self._accounts = {t.name: _Account(t, size) for t in pool.tenants}
        self._active: dict[str, Claim] = {}
        self._borrowed: set[str] = set()
        self._decisions: dict[str, Decision] = {}
        self._look_again: list[datetime] = []

    # -- what there is --------------------------------------------------------------------------

    def settle(self, claims: Sequence[Claim]) -> None:
        """End, keep and renew the shares there are; put the rest in the queues."""
        for claim in claims:
            self._settle_one(claim)
        by_tenant: dict[str, list[Claim]] = {name: [] for name in self._accounts}
        for claim in self._active.values():
            if claim.tenant in self._accounts and not self._is_emergency(claim):
                by_tenant[claim.tenant].append(claim)
        for name, account in self._accounts.items():
            self._borrowed |= borrowed_shares(account.tenant, by_tenant[name])
        for claim in self._active.values():
            self._book(claim, claim.amounts if claim.share is None else claim.share.amounts)
        for account in self._accounts.values():
            account.pending.sort(key=_queue_order)

    def _settle_one(self, claim: Claim) -> None:
        share, now = claim.share, self._now
        occupies = share is not None and share.occupies(now)
        if share is not None and occupies:
            self._free = [f - a for f, a in zip(self._free, share.amounts, strict=True)]
        ended = claim.expire_time is not None and claim.expire_time <= now
        if not claim.wanted or ended:
            why = Reason.EXPIRED if claim.wanted else Reason.DELETED
            self._give_up(claim, share if occupies else None, why)
        elif claim.tenant not in self._accounts:
            self._give_up(claim, share if occupies else None, Reason.TENANT_UNKNOWN)
        elif share is not None and occupies:
            self._hold(claim, share)
        elif not claim.reachable:
            self._wait(claim, Reason.HOLDER_UNREACHABLE)
        else:
            self._accounts[claim.tenant].pending.append(replace(claim, share=None))

    def _give_up(self, claim: Claim, share: Share | None, why: Reason) -> None:
        if share is not None:
            self._return(share)
            taken_back = replace(share, state=ShareState.REVOKED)
            self._decide(claim, Verdict.REVOKE, why, taken_back)
        elif why is Reason.TENANT_UNKNOWN:
            self._wait(claim, why)
        else:
            self._decide(claim, Verdict.RELEASE, why)

    def _hold(self, claim: Claim, share: Share) -> None:
        if share.state is ShareState.REVOKED:
            self._return(share)
            self._decide(claim, Verdict.WAIT, Reason.AWAITING_RELEASE, share)
        elif share.amounts != claim.amounts:
            # A claim that was changed asks anew, once its holder has stopped using the old share.
            self._return(share)
            taken_back = replace(share, state=ShareState.REVOKED)
            self._decide(claim, Verdict.REVOKE, Reason.CHANGED, taken_back)
        else:
            self._active[claim.uid] = claim

    def _return(self, share: Share) -> None:
        self._returning = [r + a for r, a in zip(self._returning, share.amounts, strict=True)]
        self._look_again.append(share.lease_end)

    def _is_emergency(self, claim: Claim) -> bool:
        return claim.priority_class in self._pool.emergency_classes

    def _book(self, claim: Claim, amounts: Vector, sign: int = 1) -> None:
        account = self._accounts[claim.tenant]
        if self._is_emergency(claim):
            column = account.emergency
        else:
            column = account.borrowed if claim.uid in self._borrowed else account.nominal_used
        for index, amount in enumerate(amounts):
            column[index] += sign * amount

    def fit_capacity(self) -> None:
        """Take back what a pool that has become smaller no longer holds."""
        short = [max(0, -(f + r)) for f, r in zip(self._free, self._returning, strict=True)]
        if any(short):
            everything = self._victims()
            # More than there is can be missing while shares taken back still occupy.
            for victim in _cover(short, everything) or everything:
                self._take_back(victim, Reason.CAPACITY_LOST, "")

    def _victims(self) -> list[Claim]:
        """Return who holds shares, in the order in which they are taken back."""

        def order(claim: Claim) -> tuple[bool, bool, int, float, str]:
            mine = claim.uid not in self._borrowed
            return (self._is_emergency(claim), mine, *_victim_order(claim))

        return sorted(self._active.values(), key=order)

    # -- the three rounds -----------------------------------------------------------------------

    def admit_emergencies(self) -> None:
        """Admit the claims of emergency classes, taking back what stands in their way."""
        urgent = [c for a in self._accounts.values() for c in a.pending if self._is_emergency(c)]
        victims = (
            deque(c for c in self._victims() if not self._is_emergency(c))
            if urgent
            else deque[Claim]()
        )
        for claim in sorted(urgent, key=_queue_order):
            if not self._fits(claim.amounts):
                self._make_room(claim, victims, Reason.PREEMPTED)
            else:
                self._grant(claim, Reason.EMERGENCY)

    def admit_nominal(self) -> None:
        """Admit what fits within nominal amounts, taking back what is borrowed."""
        lent = deque(c for c in self._victims() if c.uid in self._borrowed)
        for claim in self._in_turn(lambda a, c: a.fits_nominal(c.amounts)):
            if self._fits(claim.amounts):
                self._grant(claim, Reason.WITHIN_NOMINAL)
            else:
                self._make_room(claim, lent, Reason.RECLAIMED)

    def admit_borrowing(self) -> None:
        """Admit what can borrow from amounts nobody uses."""
        for claim in self._in_turn(lambda _account, _claim: True):
            account = self._accounts[claim.tenant]
            reason, resource = self._refusal(account, claim)
            if reason is None:
                self._borrowed.add(claim.uid)
                self._grant(claim, Reason.BORROWED)
            else:
                self._wait(claim, reason, resource)

    def _in_turn(self, eligible: _Eligible) -> Iterator[Claim]:
        """Yield undecided claims, always of the tenant with the lowest dominant share."""
        capacity = self._pool.capacity
        queues = {
            name: iter([c for c in account.pending if c.uid not in self._decisions])
            for name, account in self._accounts.items()
        }
        turns = [(a.dominant_share(capacity), name) for name, a in self._accounts.items()]
        heapq.heapify(turns)
        while turns:
            _share, name = heapq.heappop(turns)
            account = self._accounts[name]
            claim = next((c for c in queues[name] if eligible(account, c)), None)
            if claim is not None:
                yield claim
                heapq.heappush(turns, (account.dominant_share(capacity), name))

    def _refusal(self, account: _Account, claim: Claim) -> tuple[Reason | None, str]:
        """Return why a claim can't borrow now, and of which resource there is too little."""
        names = self._pool.resources
        limit = account.tenant.borrowing_limit
        kept = [0] * len(names)
        for other in self._accounts.values():
            if other is not account:
                rows = zip(kept, other.kept, other.nominal_used, strict=True)
                kept = [k + max(0, due - used) for k, due, used in rows]
        for index, amount in enumerate(claim.amounts):
            if amount > self._pool.capacity[index]:
                return Reason.EXCEEDS_CAPACITY, names[index]
            if amount and limit is not None and account.borrowed[index] + amount > limit[index]:
                return Reason.BORROWING_LIMIT, names[index]
            if amount > self._free[index]:
                return Reason.POOL_FULL, names[index]
            if amount and amount > self._free[index] - kept[index]:
                return Reason.LENDING_LIMIT, names[index]
        return None, ""

    # -- one claim ------------------------------------------------------------------------------

    def _fits(self, amounts: Vector) -> bool:
        return all(a <= f for a, f in zip(amounts, self._free, strict=True) if a)

    def _make_room(self, claim: Claim, candidates: deque[Claim], why: Reason) -> None:
        """Take back the fewest shares that make room, and keep what comes back for the claim."""
        rows = zip(claim.amounts, self._free, self._returning, strict=True)
        missing = [max(0, asked - free - back) if asked else 0 for asked, free, back in rows]
        # What was taken back before stands at the front: it is passed over once, not by each claim.
        while candidates and candidates[0].uid not in self._active:
            candidates.popleft()
        chosen = _cover(missing, (c for c in candidates if c.uid in self._active))
        if chosen is None:
            short = next(i for i, m in enumerate(missing) if m)
            too_much = claim.amounts[short] > self._pool.capacity[short]
            reason = Reason.EXCEEDS_CAPACITY if too_much else Reason.POOL_FULL
            self._wait(claim, reason, self._pool.resources[short])
            return
        for victim in chosen:
            self._take_back(victim, why, claim.uid)
        for index, asked in enumerate(claim.amounts):
            at_hand = min(asked, max(0, self._free[index]))
            self._free[index] -= at_hand
            self._returning[index] -= asked - at_hand
        self._wait(claim, Reason.AWAITING_RELEASE)

    def _take_back(self, victim: Claim, why: Reason, cause: str) -> None:
        share = victim.share
        if share is None:
            raise AssertionError(f"claim {victim.uid} is active and holds no share")
        self._book(victim, share.amounts, -1)
        self._borrowed.discard(victim.uid)
        del self._active[victim.uid]
        self._return(share)
        taken_back = replace(share, state=ShareState.REVOKED)
        self._decide(victim, Verdict.REVOKE, why, taken_back, cause)

    def _grant(self, claim: Claim, why: Reason) -> None:
        epoch = claim.epoch + 1
        end = self._lease_end(claim)
        share = Share(
            share_id(self._pool.name, claim.uid, epoch), epoch, claim.amounts, self._now, end
        )
        self._free = [f - a for f, a in zip(self._free, claim.amounts, strict=True)]
        self._book(claim, claim.amounts)
        self._decide(claim, Verdict.GRANT, why, share)
        self._look_again.append(self._renew_at(share))

    def _lease_end(self, claim: Claim) -> datetime:
        end = self._now + self._pool.lease
        return end if claim.expire_time is None else min(end, claim.expire_time)

    def _renew_at(self, share: Share) -> datetime:
        # Half a lease is left for a platform that is down, or a renewal that is late.
        return share.lease_end - self._pool.lease / 2

    def _wait(self, claim: Claim, why: Reason, resource: str = "") -> None:
        self._decide(claim, Verdict.WAIT, why, resource=resource)

    def _decide(
        self,
        claim: Claim,
        verdict: Verdict,
        why: Reason,
        share: Share | None = None,
        cause: str = "",
        resource: str = "",
    ) -> None:
        self._decisions[claim.uid] = Decision(claim.uid, verdict, why, share, cause, resource)

    # -- the result -----------------------------------------------------------------------------

    def allocation(self) -> Allocation:
        """Keep or renew what was not taken back, and sum up."""
        for claim in self._active.values():
            self._keep(claim)
        decisions = tuple(self._decisions[uid] for uid in sorted(self._decisions))
        future = [time for time in self._look_again if time > self._now]
        return Allocation(decisions, self._uses(), min(future, default=None))

    def _keep(self, claim: Claim) -> None:
        share = claim.share
        if share is None:
            raise AssertionError(f"claim {claim.uid} is active and holds no share")
        if self._is_emergency(claim):
            why = Reason.EMERGENCY
        else:
            why = Reason.BORROWED if claim.uid in self._borrowed else Reason.WITHIN_NOMINAL
        verdict = Verdict.KEEP
        end = self._lease_end(claim)
        if claim.reachable and self._now >= self._renew_at(share) and end > share.lease_end:
            verdict, share = Verdict.RENEW, replace(share, lease_end=end)
        self._decide(claim, verdict, why, share)
        # One whose holder can't be reached is not renewed: it ends by itself.
        self._look_again.append(self._renew_at(share) if claim.reachable else share.lease_end)
        self._look_again.append(share.lease_end)

    def _uses(self) -> dict[str, TenantUse]:
        borrowed = [a.borrowed for a in self._accounts.values()]
        total = [sum(column) for column in zip(*borrowed, strict=True)]
        waiting = {u for u, d in self._decisions.items() if d.verdict is Verdict.WAIT}
        uses = {}
        for name, account in self._accounts.items():
            rows = zip(
                account.tenant.nominal, account.nominal_used, total, account.borrowed, strict=True
            )
            # Of what others have borrowed, no more is its own than it does not use itself.
            lent = tuple(
                min(max(0, due - used), all_borrowed - own) for due, used, all_borrowed, own in rows
            )
            pending = sum(claim.uid in waiting for claim in account.pending)
            uses[name] = TenantUse(account.used(), tuple(account.borrowed), lent, pending)
        return uses


def _cover(missing: Sequence[int], candidates: Iterable[Claim]) -> list[Claim] | None:
    """Return shares, the first first, whose amounts cover what is missing; None if they can't."""
    left, chosen = list(missing), []
    for claim in candidates:
        if not any(m > 0 for m in left):
            break
        amounts = claim.share.amounts if claim.share else ()
        if any(m > 0 and a > 0 for m, a in zip(left, amounts, strict=True)):
            chosen.append(claim)
            left = [m - a for m, a in zip(left, amounts, strict=True)]
    if any(m > 0 for m in left):
        return None
    # A later, larger one may have made an earlier one needless.
    for claim in tuple(chosen):
        amounts = claim.share.amounts if claim.share else ()
        if all(m + a <= 0 for m, a in zip(left, amounts, strict=True) if a):
            chosen.remove(claim)
            left = [m + a for m, a in zip(left, amounts, strict=True)]
    return chosen
