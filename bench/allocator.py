"""Who gets what, planned: ``python -m bench.allocator``.

15,000 claims on 1,000 pools, and 10,000 claims on one pool, all new. Beside it, in the same run,
the least that a plan can be: every claim is granted in order of arrival while there is room.
Then 2,000 emergencies on a pool that 10,000 claims hold whole: each has to take shares back.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from operators.capacity.model import Claim, Pool, Reason, Share, Tenant, Verdict
from operators.capacity.plan import allocate

NOW: Final = datetime(2026, 5, 12, tzinfo=UTC)
POOLS: Final = 1_000
CLAIMS_PER_POOL: Final = 15
CLAIMS_IN_ONE: Final = 10_000
PLAN_TARGET_S: Final = 2.0
GRANTS_TARGET_PER_S: Final = 10_000.0
URGENT: Final = 2_000
PREEMPTING_TARGET_PER_S: Final = 1_000.0
ROUNDS: Final = 5
TENANTS: Final = ("energy", "health", "warning")


def pool(name: str, claims: int) -> Pool:
    """Return a pool in which a third is borrowed, and all claims together fit."""
    third = (claims * 500 // 3 + 500, claims * 500 // 3 + 500)
    capacity = (claims * 1_000, claims * 1_000)
    tenants = tuple(Tenant(tenant, third) for tenant in TENANTS)
    urgent = frozenset({"disaster-warning"})
    return Pool(name, ("cpu", "memory"), capacity, tenants, timedelta(hours=1), urgent)


def wishes(count: int) -> list[Claim]:
    """Return claims of three tenants, one in fifty urgent."""
    return [
        Claim(
            f"claim-{n:05}",
            TENANTS[n % 3],
            (500 + n % 7 * 50, 400 + n % 5 * 100),
            NOW - timedelta(seconds=n * 37 % 1_000),
            n % 4,
            "disaster-warning" if n % 50 == 0 else "",
        )
        for n in range(count)
    ]


def first_come(pool_: Pool, claims: Sequence[Claim]) -> int:
    """Grant in order of arrival while there is room; return how many."""
    free, granted = list(pool_.capacity), 0
    for claim in sorted(claims, key=lambda c: c.create_time):
        if all(a <= f for a, f in zip(claim.amounts, free, strict=True)):
            free = [f - a for f, a in zip(free, claim.amounts, strict=True)]
            granted += 1
    return granted


def planned(pool_: Pool, claims: Sequence[Claim]) -> int:
    """Plan; return how many are granted."""
    decisions = allocate(pool_, claims, NOW).decisions
    return sum(decision.verdict is Verdict.GRANT for decision in decisions)


def seconds(decide: Callable[[Pool, Sequence[Claim]], int], pools: int, each: int) -> float:
    """Return the median time to decide over pools, all of whose claims are to be granted."""
    stage = [(pool(f"pool-{n}", each), wishes(each)) for n in range(pools)]
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        granted = sum(decide(pool_, claims) for pool_, claims in stage)
        taken.append(time.perf_counter() - began)
        assert granted == pools * each, f"{granted} of {pools * each} granted"
    return statistics.median(taken)


def preempting() -> float:
    """Return emergencies decided a second, each of which takes shares back."""
    holders = wishes(CLAIMS_IN_ONE)
    full = tuple(map(sum, zip(*(c.amounts for c in holders), strict=True)))
    base = pool("full", CLAIMS_IN_ONE)
    third = tuple(amount // 3 for amount in full)
    crowded = replace(
        base, capacity=full, tenants=tuple(Tenant(tenant, third) for tenant in TENANTS)
    )
    held = [
        replace(
            claim,
            priority_class="",
            epoch=1,
            share=Share(claim.uid, 1, claim.amounts, NOW, NOW + timedelta(hours=1)),
        )
        for claim in holders
    ]
    urgent = [
        Claim(f"urgent-{n:05}", "warning", (900, 900), NOW, 0, "disaster-warning")
        for n in range(URGENT)
    ]
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        decisions = allocate(crowded, [*held, *urgent], NOW).decisions
        taken.append(time.perf_counter() - began)
        revoked = [d for d in decisions if d.verdict is Verdict.REVOKE]
        assert len(revoked) >= URGENT
        assert all(d.reason is Reason.PREEMPTED for d in revoked)
    return URGENT / statistics.median(taken)


def main() -> None:
    """Measure and print."""
    urgent = preempting()
    many = seconds(planned, POOLS, CLAIMS_PER_POOL)
    many_plain = seconds(first_come, POOLS, CLAIMS_PER_POOL)
    one = CLAIMS_IN_ONE / seconds(planned, 1, CLAIMS_IN_ONE)
    one_plain = CLAIMS_IN_ONE / seconds(first_come, 1, CLAIMS_IN_ONE)
    figures: list[dict[str, Any]] = [
        {
            "name": "allocator.15000_claims_1000_pools",
            "value": round(many, 3),
            "unit": "s",
            "baseline": round(many_plain, 3),
            "ratio": round(many / many_plain, 2),
            "target": PLAN_TARGET_S,
            "met": many <= PLAN_TARGET_S,
        },
        {
            "name": "allocator.grants_in_one_pool",
            "value": round(one),
            "unit": "grants/s",
            "baseline": round(one_plain),
            "ratio": round(one / one_plain, 3),
            "target": GRANTS_TARGET_PER_S,
            "met": one >= GRANTS_TARGET_PER_S,
        },
    ]
    figures.append(
        {
            "name": "allocator.preempting_emergencies",
            "value": round(urgent),
            "unit": "claims/s",
            "baseline": round(one_plain),
            "ratio": round(urgent / one_plain, 4),
            "target": PREEMPTING_TARGET_PER_S,
            "met": urgent >= PREEMPTING_TARGET_PER_S,
        }
    )
    for figure in figures:
        sys.stdout.write(
            f"{figure['name']}: {figure['value']} {figure['unit']}"
            f" (first come, first served: {figure['baseline']}; target {figure['target']})\n"
        )
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
