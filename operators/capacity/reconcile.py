"""From a pool and its claims to what is written: the allocator's plan as actions. Pure.

The pool's status is written first when anything is granted: it carries the epoch of the plan and
the version it was planned on, so that of two operators who both believe to lead, the one with the
old reading is refused before it has granted anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from operators.capacity import api
from operators.capacity.model import (
    Allocation,
    Claim,
    Decision,
    Pool,
    Reason,
    ShareState,
    Verdict,
)
from operators.capacity.plan import allocate
from operators.kube.actions import (
    Action,
    Emit,
    EventType,
    WriteFinalizers,
    WriteStatus,
    with_finalizer,
    without_finalizer,
)
from operators.kube.conditions import Condition, Status, merge, timestamp
from operators.kube.kinds import CAPACITY_CLAIM, CAPACITY_POOL, Object, key_of, uid_of

TAKEN_BACK: Final = {Reason.RECLAIMED, Reason.PREEMPTED, Reason.CAPACITY_LOST}

MESSAGES: Final[Mapping[Reason, str]] = {
    Reason.WITHIN_NOMINAL: "granted within what the tenant is due",
    Reason.BORROWED: "granted from what others do not use; it may be taken back",
    Reason.EMERGENCY: "granted as an emergency",
    Reason.RECLAIMED: "borrowed, and taken back by who is due it; it waits for its turn",
    Reason.PREEMPTED: "taken back for an emergency; it waits for its turn",
    Reason.CAPACITY_LOST: "the pool has become smaller; it waits for its turn",
    Reason.DELETED: "no longer wanted; the share counts until its holder stops or its lease ends",
    Reason.EXPIRED: "its duration is over; make a new claim to go on",
    Reason.LEASE_ENDED: "its lease has ended without being renewed",
    Reason.TENANT_UNKNOWN: "the pool has no such tenant: add it to spec.tenants of the pool",
    Reason.EXCEEDS_CAPACITY: "more than the pool has: ask for less, or enlarge the pool",
    Reason.BORROWING_LIMIT: "the tenant's borrowingLimit is reached: free a claim of its own",
    Reason.LENDING_LIMIT: "what is free is kept for tenants who do not lend it",
    Reason.POOL_FULL: "nothing is free; it waits until a share ends",
    Reason.AWAITING_RELEASE: "it waits for a share that is being given back",
    Reason.HOLDER_UNREACHABLE: "its node is not connected, or takes no more",
    Reason.CHANGED: "it was changed; the old share is given back first",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be written, in order: ``fence`` alone first, then ``claims`` in any order."""

    fence: tuple[Action, ...]
    claims: tuple[tuple[Action, ...], ...]
    look_again: datetime | None


def settle(
    pool_object: Object,
    claims: Iterable[Object],
    holders: Mapping[str, api.Holder],
    now: datetime,
    stopped: Collection[str] = (),
) -> Outcome:
    """Plan a pool. ``holders`` are by node name; a node that is not there can't be told.

    ``stopped`` has the uids of claims whose node says that nothing uses the share any more.
    """
    now = api.whole_seconds(now)
    pool = api.parse_pool(pool_object)
    objects = {uid_of(one): one for one in claims}
    parsed: dict[str, Claim] = {}
    refused: dict[str, api.Unfit] = {}
    for uid, one in objects.items():
        node = one["spec"].get("nodeName")
        holder = holders.get(node, api.Holder(is_reachable=False)) if node else api.PLATFORM
        try:
            parsed[uid] = api.parse_claim(one, pool, holder, now, has_stopped=uid in stopped)
        except api.Unfit as error:
            refused[uid] = error
    allocation = allocate(pool, parsed.values(), now)
    names = {uid: str(key_of(one)) for uid, one in objects.items()}
    written = [
        tuple(_claim_actions(objects[d.claim], d, pool, parsed[d.claim], names, now))
        for d in allocation.decisions
    ]
    written += [tuple(_refused(objects[uid], why, now)) for uid, why in refused.items()]
    grants = any(d.verdict is Verdict.GRANT for d in allocation.decisions)
    fence = _pool_status(pool_object, pool, allocation, len(refused), now, grants=grants)
    again = allocation.look_again
    return Outcome((fence,), tuple(one for one in written if one), again)


def orphaned(
    claims: Iterable[Object], pool: str, now: datetime, stopped: Collection[str] = ()
) -> Outcome:
    """Say of claims that their pool is not there.

    Those that are deleted are taken back, and go once their node has stopped or the lease ends.
    """
    now = api.whole_seconds(now)
    written: list[tuple[Action, ...]] = []
    ends = []
    for one in claims:
        share = api.held_share(one)
        is_deleted = "deletionTimestamp" in one["metadata"]
        is_revoked = share is not None and share.state is ShareState.REVOKED
        has_stopped = is_revoked and uid_of(one) in stopped
        holds = share is not None and share.occupies(now) and bool(one["spec"].get("nodeName"))
        if is_deleted and (has_stopped or not holds):
            written.append(tuple(_let_go(one)))
            continue
        if share is not None and holds:
            ends.append(share.lease_end)
        text = f"there is no CapacityPool {pool} in this namespace: make it, or delete the claim"
        revoked = is_deleted and holds
        written.append(tuple(_waiting(one, "PoolMissing", text, now, is_revoked=revoked)))
    return Outcome((), tuple(one for one in written if one), min(ends, default=None))


# -- a claim ----------------------------------------------------------------------------------


def _claim_actions(
    given: Object,
    decision: Decision,
    pool: Pool,
    claim: Claim,
    names: Mapping[str, str],
    now: datetime,
) -> Iterator[Action]:
    is_deleted = "deletionTimestamp" in given["metadata"]
    if decision.verdict is Verdict.RELEASE and is_deleted:
        yield from _let_go(given)
        return
    if not is_deleted:
        finalizers = with_finalizer(given, api.FINALIZER)
        if finalizers is not None:
            # All else comes with the next plan: this changes the version it would be written on.
            yield WriteFinalizers(CAPACITY_CLAIM, given, finalizers)
            return
    yield WriteStatus(CAPACITY_CLAIM, given, _claim_status(given, decision, pool, claim, now))
    if decision.verdict is Verdict.REVOKE and decision.reason in TAKEN_BACK and claim.share:
        cause = names.get(decision.caused_by, "")
        for_whom = f", for claim {cause}" if cause else ""
        yield Emit(
            CAPACITY_CLAIM,
            given,
            EventType.WARNING,
            decision.reason.value,
            "Revoke",
            f"share {claim.share.share_id} of pool {pool.name} was taken back{for_whom};"
            f" it counts until {claim.share.lease_end.isoformat()} or until its holder stops",
            claim.share.share_id,
        )


def _let_go(given: Object) -> Iterator[Action]:
    remaining = without_finalizer(given, api.FINALIZER)
    if remaining is not None:
        yield WriteFinalizers(CAPACITY_CLAIM, given, remaining)


def _claim_status(
    given: Object, decision: Decision, pool: Pool, claim: Claim, now: datetime
) -> dict[str, Any]:
    former = given.get("status") or {}
    share = decision.share
    generation = given["metadata"].get("generation", 0)
    first = former.get("firstGrantTime")
    if decision.verdict is Verdict.GRANT and share is not None and first is None:
        first = timestamp(share.grant_time)
    epoch = max(claim.epoch, share.epoch if share else 0)
    found = _conditions(decision, former, is_deleted="deletionTimestamp" in given["metadata"])
    return {
        "observedGeneration": generation,
        "conditions": merge(former.get("conditions") or [], found, generation=generation, now=now),
        "epoch": epoch or None,
        "firstGrantTime": first,
        "share": None if share is None else api.share_status(share, pool.resources),
    }


def _conditions(
    decision: Decision, former: Mapping[str, Any], *, is_deleted: bool
) -> tuple[Condition, ...]:
    reason, message = decision.reason.value, MESSAGES[decision.reason]
    if decision.reason is Reason.DELETED and not is_deleted:
        reason, message = "NodeLeaving", "its node gives up what it has: claim on another one"
    if decision.resource:
        message = f"{message} (short of {decision.resource})"
    holds = decision.verdict in {Verdict.GRANT, Verdict.KEEP, Verdict.RENEW}
    waits = decision.verdict is Verdict.WAIT or decision.reason in TAKEN_BACK | {Reason.CHANGED}
    was_taken = any(
        one["type"] == "Preempted" and one["status"] == Status.TRUE.value
        for one in former.get("conditions") or ()
    )
    found = [
        Condition("Granted", Status.TRUE if holds else Status.FALSE, reason, message),
        Condition("Pending", Status.TRUE if waits and not holds else Status.FALSE, reason, message),
    ]
    if decision.verdict is Verdict.REVOKE and decision.reason in TAKEN_BACK:
        found.append(Condition("Preempted", Status.TRUE, reason, message))
    elif holds and was_taken:
        found.append(Condition("Preempted", Status.FALSE, reason, message))
    return tuple(found)


def _refused(given: Object, why: api.Unfit, now: datetime) -> Iterator[Action]:
    if "deletionTimestamp" in given["metadata"]:
        yield from _let_go(given)
        return
    yield from _waiting(given, why.reason, str(why), now)


def _waiting(
    given: Object, reason: str, text: str, now: datetime, *, is_revoked: bool = False
) -> Iterator[Action]:
    """Say why a claim waits; what it holds is left to it, or taken back."""
    former = given.get("status") or {}
    generation = given["metadata"].get("generation", 0)
    found = (
        Condition("Granted", Status.FALSE, reason, text),
        Condition("Pending", Status.TRUE, reason, text),
    )
    merged = merge(former.get("conditions") or [], found, generation=generation, now=now)
    status = {**former, "observedGeneration": generation, "conditions": merged}
    if is_revoked:
        status["share"] = {**former["share"], "state": ShareState.REVOKED.value}
    yield WriteStatus(CAPACITY_CLAIM, given, status)


# -- the pool ---------------------------------------------------------------------------------


def _pool_status(
    given: Object,
    pool: Pool,
    allocation: Allocation,
    refused: int,
    now: datetime,
    *,
    grants: bool,
) -> Action:
    former = given.get("status") or {}
    generation = given["metadata"].get("generation", 0)
    holding = {Verdict.GRANT, Verdict.KEEP, Verdict.RENEW}
    ready = Condition("Ready", Status.TRUE, "Allocated", "all claims on it are decided")
    tenants = []
    for tenant in pool.tenants:
        use = allocation.tenants[tenant.name]
        row = {"used": use.used, "borrowed": use.borrowed, "lent": use.lent}
        tenants.append(
            {
                "name": tenant.name,
                **{name: api.amounts(pool.resources, vector) for name, vector in row.items()},
            }
        )
    return WriteStatus(
        CAPACITY_POOL,
        given,
        {
            "observedGeneration": generation,
            "conditions": merge(
                former.get("conditions") or [], (ready,), generation=generation, now=now
            ),
            "allocationEpoch": former.get("allocationEpoch", 0) + grants,
            "granted": sum(d.verdict in holding for d in allocation.decisions),
            "pending": refused + sum(d.verdict is Verdict.WAIT for d in allocation.decisions),
            "tenants": tenants,
        },
    )


def seconds_until(when: datetime | None, now: datetime) -> float | None:
    """Return how long to wait, a second at least: statuses keep whole ones."""
    return None if when is None else max(1.0, (when - now) / timedelta(seconds=1))
