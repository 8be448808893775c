"""What the fleet service is told of EdgeApps and pools, as the contract has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from operators.edgeapp.api import BACK_TO
from operators.kube.conditions import parse_time
from operators.kube.kinds import Key, Object
from tianfu.fleet.v1 import control_plane_pb2 as pb

CLAIMS_MAX: Final = 500
HISTORY_MAX: Final = 64
_MESSAGE_MAX: Final = 1024


def rollout_name(key: Key) -> str:
    """Return the name of an EdgeApp's rollout."""
    return f"namespaces/{key.namespace}/rollouts/{key.name}"


def pool_name(key: Key) -> str:
    """Return the name of a CapacityPool's pool."""
    return f"namespaces/{key.namespace}/pools/{key.name}"


def rollout_of(key: Key, app: Object) -> pb.Rollout:
    """Return an EdgeApp as people are shown it."""
    spec, status = app["spec"], app.get("status") or {}
    stated = spec.get("rollout") or {}
    is_paused = stated.get("progress", "Running") == "Paused"
    paused, running = pb.ROLLOUT_PROGRESS_PAUSED, pb.ROLLOUT_PROGRESS_RUNNING
    return pb.Rollout(
        name=rollout_name(key),
        artifact=_artifact(spec["artifact"]),
        tenant=spec["tenant"],
        progress=paused if is_paused else running,
        revision=status.get("revision", ""),
        stable_revision=status.get("stableRevision", ""),
        failed_revision=status.get("failedRevision", ""),
        failed_reason=status.get("failedReason", ""),
        wanted_revision=(app["metadata"].get("annotations") or {}).get(BACK_TO, ""),
        steps=stated.get("steps") or (100,),
        step=int(status.get("step", 0)),
        desired=int(status.get("desired", 0)),
        updated=int(status.get("updated", 0)),
        ready=int(status.get("ready", 0)),
        offline=int(status.get("offline", 0)),
        failed=int(status.get("failed", 0)),
        conditions=_conditions(status),
        history=[
            pb.RolloutRevision(revision=one["revision"], number=int(one["number"]))
            for one in (status.get("history") or ())[:HISTORY_MAX]
        ],
    )


def pool_of(key: Key, pool: Object, claims: Sequence[Object]) -> pb.Pool:
    """Return a CapacityPool and its claims as people are shown them."""
    spec, status = pool["spec"], pool.get("status") or {}
    has = {one["name"]: one for one in status.get("tenants") or ()}
    ordered = sorted(claims, key=lambda one: (_has_share(one), one["metadata"]["name"]))
    return pb.Pool(
        name=pool_name(key),
        resources=_amounts(spec["resources"]),
        emergency_classes=spec.get("emergencyClasses") or (),
        tenants=[_tenant(one, has.get(one["name"]) or {}) for one in spec["tenants"]],
        granted=int(status.get("granted", 0)),
        pending=int(status.get("pending", 0)),
        claims=[_claim(one) for one in ordered[:CLAIMS_MAX]],
        claims_left_out=max(0, len(ordered) - CLAIMS_MAX),
        conditions=_conditions(status),
    )


def patch_of(steering: pb.Steering) -> dict[str, Any]:
    """Return the merge patch by which an EdgeApp says what somebody wants of it."""
    match steering.action:
        case pb.ROLLOUT_ACTION_PAUSE:
            return {"spec": {"rollout": {"progress": "Paused"}}}
        case pb.ROLLOUT_ACTION_RESUME:
            running = {"spec": {"rollout": {"progress": "Running"}}}
            return {**running, "metadata": {"annotations": {BACK_TO: None}}}
        case _:
            # A rollout that stands still would never get back.
            running = {"spec": {"rollout": {"progress": "Running"}}}
            return {**running, "metadata": {"annotations": {BACK_TO: steering.revision}}}


def _tenant(stated: Mapping[str, Any], has: Mapping[str, Any]) -> pb.PoolTenant:
    return pb.PoolTenant(
        tenant=stated["name"],
        nominal=_amounts(stated["nominal"]),
        borrowing_limit=_amounts(stated.get("borrowingLimit") or ()),
        lending_limit=_amounts(stated.get("lendingLimit") or ()),
        used=_amounts(has.get("used") or ()),
        borrowed=_amounts(has.get("borrowed") or ()),
        lent=_amounts(has.get("lent") or ()),
    )


def _claim(claim: Object) -> pb.PoolClaim:
    spec, status = claim["spec"], claim.get("status") or {}
    share = status.get("share") or {}
    made = pb.PoolClaim(
        claim=claim["metadata"]["name"],
        tenant=spec["tenant"],
        node=spec.get("nodeName", ""),
        priority_class=spec.get("priorityClass", ""),
        priority=int(spec.get("priority", 0)),
        asked=_amounts(spec["amounts"]),
        granted=_amounts(share.get("amounts") or ()),
        share_id=share.get("id", ""),
        conditions=_conditions(status),
    )
    if share.get("leaseEndTime"):
        made.lease_end_time.FromDatetime(parse_time(share["leaseEndTime"]))
    return made


def _has_share(claim: Object) -> bool:
    return bool((claim.get("status") or {}).get("share"))


def _artifact(stated: Mapping[str, Any]) -> str:
    if stated["type"] == "Image":
        return str(stated["image"]["reference"])
    return f"{stated['wheel']['package']} {stated['wheel']['version']}"


def _amounts(given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {one["name"]: one["quantity"] for one in given}


def _conditions(status: Mapping[str, Any]) -> list[pb.ObjectCondition]:
    found = []
    for one in status.get("conditions") or ():
        made = pb.ObjectCondition(
            type=one["type"],
            status=one["status"],
            reason=one["reason"],
            message=one.get("message", "")[:_MESSAGE_MAX],
        )
        made.transition_time.FromDatetime(parse_time(one["lastTransitionTime"]))
        found.append(made)
    return found
