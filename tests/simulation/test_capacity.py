"""A pool whose sites come and go, over seeded histories: what never happens, at each step.

A site believes in a share until the share's lease ends by the site's own clock, or it hears that
the share was taken back. Capacity is held against what sites believe, not against what the plan
says: that is what double spending would be.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.capacity.model import (
    Allocation,
    Claim,
    Decision,
    Pool,
    Reason,
    Share,
    ShareState,
    Tenant,
    Verdict,
)
from operators.capacity.plan import allocate, borrowed_shares

START = datetime(2026, 5, 12, tzinfo=UTC)
LEASE = timedelta(minutes=10)
STEP = timedelta(minutes=1)
EMERGENCY = "disaster-warning"
NAMES = ("energy", "health", "warning")


def added(vectors: Any, size: int) -> tuple[int, ...]:
    return tuple(sum(v[i] for v in vectors) for i in range(size))


def a_pool(rng: random.Random) -> Pool:
    capacity = (rng.randint(4, 20), rng.randint(4, 20))
    tenants = tuple(
        Tenant(
            name,
            tuple(rng.randint(0, c // 3) for c in capacity),
            rng.choice([None, tuple(rng.randint(0, c) for c in capacity)]),
            rng.choice([None, tuple(rng.randint(0, c // 3) for c in capacity)]),
            rng.randint(1, 3),
        )
        for name in NAMES
    )
    return Pool("p", ("cpu", "memory"), capacity, tenants, LEASE, frozenset({EMERGENCY}))


class World:
    """The claims as the API server holds them, and what each site believes."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.pool = a_pool(self.rng)
        self.now = START
        self.claims: dict[str, Claim] = {}
        self.believed: dict[str, Share] = {}
        self.made = 0

    def ask(self) -> None:
        self.made += 1
        uid = f"{self.rng.randrange(16**8):08x}"  # in no order of time, as on the server
        urgent = self.rng.random() < 0.1
        amounts = tuple(self.rng.randint(0, max(1, c // 2)) for c in self.pool.capacity)
        self.claims[uid] = Claim(
            uid,
            self.rng.choice(NAMES),
            amounts,
            self.now,
            self.rng.randint(0, 3),
            EMERGENCY if urgent else "",
        )

    def disturb(self) -> None:
        for uid, claim in list(self.claims.items()):
            roll = self.rng.random()
            if roll < 0.1:
                self.claims[uid] = replace(claim, reachable=not claim.reachable)
            elif roll < 0.13:
                self.claims[uid] = replace(claim, wanted=False)

    def plan(self) -> Allocation:
        claims = list(self.claims.values())
        before = dict(self.claims)
        plan = allocate(self.pool, claims, self.now)
        self.rng.shuffle(claims)
        assert allocate(self.pool, claims, self.now) == plan, "same input, same plan"
        for decision in plan.decisions:
            self.carry_out(decision)
        self.check_reclaims(before, plan)
        self.check_grants(plan)
        return plan

    def carry_out(self, decision: Decision) -> None:
        claim = self.claims[decision.claim]
        if decision.verdict is Verdict.RELEASE:
            del self.claims[decision.claim]
            return
        epoch = decision.share.epoch if decision.share else claim.epoch
        assert epoch >= claim.epoch, "no epoch goes back"
        is_borrowed = decision.reason is Reason.BORROWED
        self.claims[decision.claim] = replace(
            claim, share=decision.share, epoch=epoch, is_borrowed=is_borrowed
        )

    def hear(self) -> None:
        """Let each site that can be reached hear of its share; forget leases that ended."""
        for uid, claim in self.claims.items():
            share = claim.share
            if not claim.reachable or share is None or self.rng.random() < 0.2:
                continue
            if share.state is ShareState.ACTIVE:
                self.believed[uid] = share
            elif not share.released:
                self.believed.pop(uid, None)
                self.claims[uid] = replace(claim, share=replace(share, released=True))
        self.believed = {u: s for u, s in self.believed.items() if s.lease_end > self.now}

    def check_reclaims(self, before: Any, plan: Any) -> None:
        for decision in plan.decisions:
            if decision.reason is Reason.RECLAIMED:
                claim = before[decision.claim]
                tenant = next(t for t in self.pool.tenants if t.name == claim.tenant)
                peers = [
                    c
                    for c in before.values()
                    if c.tenant == claim.tenant
                    and c.wanted
                    and c.priority_class != EMERGENCY
                    and c.share is not None
                    and c.share.state is ShareState.ACTIVE
                    and c.share.occupies(self.now)
                ]
                assert claim.uid in borrowed_shares(tenant, peers), "only what is borrowed"

    def check_grants(self, plan: Allocation) -> None:
        granted = {d.claim: d.reason for d in plan.decisions if d.verdict is Verdict.GRANT}
        if granted:
            again = allocate(self.pool, list(self.claims.values()), self.now)
            found = {d.claim: (d.verdict, d.reason) for d in again.decisions}
            for uid, reason in granted.items():
                assert found[uid] == (Verdict.KEEP, reason), "it is kept as it was granted"

    def check(self) -> None:
        size = len(self.pool.capacity)
        used = added([s.amounts for s in self.believed.values()], size)
        assert all(u <= c for u, c in zip(used, self.pool.capacity, strict=True)), "double spent"
        ids = [c.share.share_id for c in self.claims.values() if c.share]
        assert len(ids) == len(set(ids)), "a share of two"


@pytest.mark.parametrize("seed", range(60))
def test_nothing_is_spent_twice_and_what_is_taken_back_ends(seed: int) -> None:
    world = World(seed)
    for _ in range(60):
        if world.rng.random() < 0.6:
            world.ask()
        world.disturb()
        world.plan()
        world.check()
        world.hear()
        world.check()
        world.now += STEP * world.rng.randint(0, 3)
    # Disturbances end: everybody is reached, and within some leases nothing moves any more.
    world.claims = {u: replace(c, reachable=True) for u, c in world.claims.items()}
    moves: list[list[Decision]] = []
    plan = world.plan()
    for _ in range(2 * world.made + 20):
        plan = world.plan()
        world.hear()
        world.check()
        settled = {Verdict.KEEP, Verdict.RENEW, Verdict.WAIT}
        moves.append([d for d in plan.decisions if d.verdict not in settled])
        world.now += STEP
    assert moves[-1] == [], "taking back ends"
    assert_work_conserving(world, plan)


def assert_work_conserving(world: World, plan: Any) -> None:
    size = len(world.pool.capacity)
    shares = [c.share.amounts for c in world.claims.values() if c.share and not c.share.released]
    free = tuple(c - u for c, u in zip(world.pool.capacity, added(shares, size), strict=True))
    for decision in plan.decisions:
        if decision.verdict is Verdict.WAIT and decision.reason is Reason.POOL_FULL:
            amounts = world.claims[decision.claim].amounts
            assert any(a > f for a, f in zip(amounts, free, strict=True)), decision


AMOUNT = st.integers(0, 12)
CLAIMS = st.lists(
    st.builds(
        lambda tenant, amounts, priority, urgent: (tenant, amounts, priority, urgent),
        st.sampled_from(NAMES),
        st.tuples(AMOUNT, AMOUNT),
        st.integers(0, 3),
        st.sampled_from(["", "", EMERGENCY]),
    ),
    max_size=25,
)


@given(CLAIMS, st.tuples(AMOUNT, AMOUNT), st.integers(0, 1000))
def test_a_first_plan_grants_no_more_than_there_is(asked: Any, capacity: Any, seed: int) -> None:
    pool = replace(a_pool(random.Random(seed)), capacity=capacity)
    claims = [
        Claim(f"c{n:02}", tenant, amounts, START, priority, urgent)
        for n, (tenant, amounts, priority, urgent) in enumerate(asked)
    ]
    plan = allocate(pool, claims, START)

    granted = [d.share.amounts for d in plan.decisions if d.share and d.verdict is Verdict.GRANT]
    assert all(u <= c for u, c in zip(added(granted, 2), capacity, strict=True))
    assert [d.claim for d in plan.decisions] == [c.uid for c in claims]
    for name, use in plan.tenants.items():
        tenant = next(t for t in pool.tenants if t.name == name)
        limit = tenant.borrowing_limit or capacity
        assert all(b <= m for b, m in zip(use.borrowed, limit, strict=True))
