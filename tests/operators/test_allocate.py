"""Who gets what of a pool, by table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operators.capacity.model import (
    Claim,
    Pool,
    Reason,
    Share,
    ShareState,
    Tenant,
    TenantUse,
    Verdict,
)
from operators.capacity.plan import allocate, share_id

NOW = datetime(2026, 5, 12, 6, 28, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
POOL = Pool(
    name="chengdu",
    resources=("cpu",),
    capacity=(10,),
    tenants=(Tenant("energy", (6,)), Tenant("health", (4,))),
    lease=HOUR,
    emergency_classes=frozenset({"disaster-warning"}),
)


def claim(uid: str, tenant: str = "energy", amount: int = 1, *, age: Any = 0, **more: Any) -> Claim:
    return Claim(uid, tenant, (amount,), NOW - age * SECOND, **more)


def held(
    uid: str,
    tenant: str = "energy",
    amount: int = 1,
    *,
    age: Any = 10,
    left: Any = HOUR,
    **more: Any,
) -> Claim:
    grant = NOW - age * SECOND
    share = Share(share_id("chengdu", uid, 1), 1, (amount,), grant, NOW + left)
    return claim(uid, tenant, amount, age=age, epoch=1, share=share, **more)


def revoked(
    uid: str, tenant: str = "energy", amount: int = 1, *, left: Any = HOUR, **more: Any
) -> Claim:
    one = held(uid, tenant, amount, left=left, **more)
    assert one.share is not None
    return replace(one, share=replace(one.share, state=ShareState.REVOKED))


def verdicts(*claims: Claim, pool: Any = POOL, now: Any = NOW) -> dict[str, tuple[Verdict, Reason]]:
    return {d.claim: (d.verdict, d.reason) for d in allocate(pool, claims, now).decisions}


GRANT, KEEP, WAIT, REVOKE = Verdict.GRANT, Verdict.KEEP, Verdict.WAIT, Verdict.REVOKE
FULL = Reason.POOL_FULL
CASES = [
    pytest.param({"a": (GRANT, Reason.WITHIN_NOMINAL)}, [claim("a", amount=6)], id="nominal"),
    pytest.param({"a": (GRANT, Reason.BORROWED)}, [claim("a", amount=7)], id="borrows"),
    pytest.param({"a": (WAIT, Reason.EXCEEDS_CAPACITY)}, [claim("a", amount=11)], id="too-much"),
    pytest.param({"a": (WAIT, Reason.TENANT_UNKNOWN)}, [claim("a", "water")], id="no-tenant"),
    pytest.param(
        {"a": (WAIT, Reason.HOLDER_UNREACHABLE)}, [claim("a", reachable=False)], id="unreachable"
    ),
    pytest.param(
        {"a": (GRANT, Reason.WITHIN_NOMINAL), "b": (WAIT, FULL)},
        [claim("b", amount=6), claim("a", amount=6, age=5), held("h", "health", 4)],
        id="the-older-first",
    ),
    pytest.param(
        {"a": (WAIT, FULL), "b": (GRANT, Reason.WITHIN_NOMINAL)},
        [claim("b", amount=6, priority=5), claim("a", amount=6, age=5), held("h", "health", 4)],
        id="priority-before-age",
    ),
    pytest.param(
        {"a": (REVOKE, Reason.RECLAIMED), "b": (WAIT, Reason.AWAITING_RELEASE)},
        [held("a", amount=9), claim("b", "health", 4)],
        id="reclaims-what-is-borrowed",
    ),
    pytest.param(
        {"a": (KEEP, Reason.WITHIN_NOMINAL), "b": (WAIT, FULL)},
        [held("a", amount=6), claim("b", "health", 5)],
        id="nominal-is-never-reclaimed",
    ),
    pytest.param(
        {"a": (KEEP, Reason.BORROWED), "c": (REVOKE, Reason.RECLAIMED)},
        [
            held("n", amount=6, age=30),
            held("a", amount=2, priority=9),
            held("c", amount=2, priority=1),
            claim("b", "health", 2),
        ],
        id="lowest-priority-is-reclaimed",
    ),
    pytest.param(
        {"a": (REVOKE, Reason.PREEMPTED), "w": (WAIT, Reason.AWAITING_RELEASE)},
        [
            held("a", amount=6),
            held("h", "health", 4, priority=5),
            claim("w", "health", 3, priority_class="disaster-warning"),
        ],
        id="an-emergency-takes-back-nominal",
    ),
    pytest.param(
        {"a": (KEEP, Reason.EMERGENCY), "w": (WAIT, FULL)},
        [
            held("a", amount=10, priority_class="disaster-warning"),
            claim("w", "health", 3, priority_class="disaster-warning", priority=9),
        ],
        id="an-emergency-never-takes-back-an-emergency",
    ),
    pytest.param(
        {"a": (WAIT, Reason.AWAITING_RELEASE), "b": (WAIT, Reason.AWAITING_RELEASE)},
        [revoked("a", amount=9, reachable=False), claim("b", "health", 4)],
        id="taken-back-still-occupies",
    ),
    pytest.param(
        {"b": (GRANT, Reason.WITHIN_NOMINAL), "a": (WAIT, Reason.HOLDER_UNREACHABLE)},
        [revoked("a", amount=9, left=-SECOND, reachable=False), claim("b", "health", 4)],
        id="until-its-lease-ended",
    ),
    pytest.param(
        {"a": (REVOKE, Reason.DELETED)}, [held("a", wanted=False)], id="deleted-is-taken-back"
    ),
    pytest.param(
        {"a": (Verdict.RELEASE, Reason.DELETED)},
        [held("a", wanted=False, left=-SECOND)],
        id="deleted-is-let-go-when-its-lease-ended",
    ),
    pytest.param(
        {"a": (Verdict.RENEW, Reason.WITHIN_NOMINAL)}, [held("a", left=HOUR / 2)], id="renewed"
    ),
    pytest.param(
        {"a": (KEEP, Reason.WITHIN_NOMINAL)},
        [held("a", left=HOUR / 2, reachable=False)],
        id="unreachable-is-not-renewed",
    ),
    pytest.param(
        {"a": (REVOKE, Reason.EXPIRED)}, [held("a", expire_time=NOW)], id="its-time-is-up"
    ),
]


@pytest.mark.parametrize(("expected", "claims"), CASES)
def test_verdicts(expected: Any, claims: list[Claim]) -> None:
    found = verdicts(*claims)

    assert {uid: found[uid] for uid in expected} == expected


def test_a_share_taken_back_names_what_it_was_taken_back_for() -> None:
    plan = allocate(POOL, [held("a", amount=9), claim("b", "health", 4)], NOW)

    assert [(d.claim, d.caused_by) for d in plan.decisions] == [("a", "b"), ("b", "")]


def test_what_is_kept_for_one_that_waits_is_not_borrowed_meanwhile() -> None:
    pool = replace(POOL, capacity=(12,))
    there = [held("n", amount=6, age=30), revoked("a", amount=4)]
    asked = [claim("b", "health", 4), claim("c", "energy", 2, age=5)]
    found = verdicts(*there, *asked, pool=pool)

    assert found["b"] == (WAIT, Reason.AWAITING_RELEASE)
    assert found["c"][0] is WAIT


def test_a_lending_limit_is_kept_back_and_a_borrowing_limit_holds() -> None:
    pool = replace(
        POOL,
        tenants=(
            Tenant("energy", (6,), borrowing_limit=(2,)),
            Tenant("health", (4,), lending_limit=(1,)),
        ),
    )

    assert verdicts(held("n", amount=6, age=30), claim("a", amount=2), pool=pool)["a"] == (
        WAIT,
        Reason.LENDING_LIMIT,
    )
    wide = replace(pool, capacity=(20,))
    assert verdicts(held("n", amount=6, age=30), claim("a", amount=3), pool=wide)["a"] == (
        WAIT,
        Reason.BORROWING_LIMIT,
    )


def test_a_pool_that_shrinks_takes_back_what_it_no_longer_holds() -> None:
    small = replace(POOL, capacity=(7,))
    found = verdicts(held("a", amount=6), held("b", "health", 4, priority=2), pool=small)

    assert found == {
        "a": (REVOKE, Reason.CAPACITY_LOST),
        "b": (KEEP, Reason.WITHIN_NOMINAL),
    }


def test_use_is_summed_per_tenant() -> None:
    plan = allocate(
        POOL, [held("n", amount=6, age=30), held("a", amount=2), claim("c", amount=9)], NOW
    )

    assert plan.tenants == {
        "energy": TenantUse(used=(8,), borrowed=(2,), lent=(0,), pending=1),
        "health": TenantUse(used=(0,), borrowed=(0,), lent=(2,), pending=0),
    }


def test_the_published_example_of_dominant_resource_fairness() -> None:
    # Ghodsi et al., NSDI 2011, section 4.1: 9 CPUs and 18 GB; a task of A needs <1 CPU, 4 GB>, one
    # of B <3 CPUs, 1 GB>. A is to get three tasks and B two.
    zero = (0, 0)
    pool = Pool("drf", ("cpu", "memory"), (9, 18), (Tenant("a", zero), Tenant("b", zero)), HOUR)
    asked = [
        Claim(f"{tenant}{n}", tenant, amounts, NOW)
        for tenant, amounts in (("a", (1, 4)), ("b", (3, 1)))
        for n in range(9)
    ]
    plan = allocate(pool, asked, NOW)

    granted = [d.claim[0] for d in plan.decisions if d.verdict is GRANT]
    assert (granted.count("a"), granted.count("b")) == (3, 2)


def test_a_weight_divides_the_dominant_share() -> None:
    pool = Pool("w", ("cpu",), (9,), (Tenant("a", (0,), weight=2), Tenant("b", (0,))), HOUR)
    asked = [Claim(f"{t}{n}", t, (1,), NOW) for t in "ab" for n in range(9)]
    granted = [d.claim[0] for d in allocate(pool, asked, NOW).decisions if d.verdict is GRANT]

    assert (granted.count("a"), granted.count("b")) == (6, 3)


def test_a_new_share_has_a_new_epoch_and_id() -> None:
    again = replace(held("a", left=-SECOND), epoch=7)
    decision = allocate(POOL, [again], NOW).decisions[0]

    assert decision.share is not None
    assert again.share is not None
    assert decision.share.epoch == 8
    assert decision.share.share_id == share_id("chengdu", "a", 8) != again.share.share_id


def test_of_two_that_come_at_once_what_was_lent_stays_lent() -> None:
    claims = [claim("b", amount=6, age=9), claim("a", amount=3, age=1)]
    first = {d.claim: d for d in allocate(POOL, claims, NOW).decisions}
    assert (first["b"].reason, first["a"].reason) == (Reason.WITHIN_NOMINAL, Reason.BORROWED)
    kept = [replace(c, share=first[c.uid].share, is_borrowed=c.uid == "a") for c in claims]
    again = {d.claim: d.reason for d in allocate(POOL, kept, NOW + SECOND).decisions}
    assert again == {"b": Reason.WITHIN_NOMINAL, "a": Reason.BORROWED}


def test_it_says_when_to_look_again() -> None:
    assert allocate(POOL, [held("a", left=HOUR)], NOW).look_again == NOW + HOUR / 2
    assert allocate(POOL, [held("a", left=HOUR / 2, reachable=False)], NOW).look_again == (
        NOW + HOUR / 2
    )
    assert allocate(POOL, [], NOW).look_again is None
