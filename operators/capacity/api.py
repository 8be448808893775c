"""CapacityPools and CapacityClaims as the allocator has them, and back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from operators.capacity.model import Claim, Pool, Reason, Share, ShareState, Tenant, Vector
from operators.edgeapp.model import Circle, Selector
from operators.edgeapp.selection import selects
from operators.kube import quantity
from operators.kube.conditions import parse_time, timestamp
from operators.kube.kinds import Key, Object, key_of, uid_of

FINALIZER: Final = "edge.tianfu.dev/claim"
UNLIMITED: Final = 10**21
"""Milli-units beyond any quantity that the schema takes."""

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours"}


class Unfit(ValueError):
    """A claim that its pool can't serve as it is. ``reason`` is the condition's."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Holder:
    """What is known of the node that is to use a share.

    ``is_leaving`` says that it gives up what it has; ``takes_more`` that it may be given more;
    ``is_member`` that the pool's capacity is its own.
    """

    is_reachable: bool = True
    takes_more: bool = True
    is_leaving: bool = False
    is_member: bool = True


PLATFORM: Final = Holder()
"""Who uses a share that no node does: always there."""


def parse_pool(given: Object) -> Pool:
    """Return a pool of an object that the schema has let pass."""
    spec = given["spec"]
    resources = tuple(one["name"] for one in spec["resources"])
    return Pool(
        name=str(key_of(given)),
        resources=resources,
        capacity=_vector(resources, spec["resources"]),
        tenants=tuple(_tenant(resources, one) for one in spec["tenants"]),
        lease=duration(spec.get("leaseDuration", "1h")),
        emergency_classes=frozenset(spec.get("emergencyClasses") or ()),
    )


def _tenant(resources: Sequence[str], given: Mapping[str, Any]) -> Tenant:
    nominal = _vector(resources, given["nominal"])
    borrowing, lending = given.get("borrowingLimit"), given.get("lendingLimit")
    return Tenant(
        name=given["name"],
        nominal=nominal,
        borrowing_limit=None if borrowing is None else _limit(resources, borrowing),
        lending_limit=None if lending is None else _limit(resources, lending),
        weight=given.get("weight", 1),
    )


def parse_claim(
    given: Object, pool: Pool, holder: Holder, now: datetime, *, has_stopped: bool = False
) -> Claim:
    """Return a claim on a pool; raise Unfit for one that can't be served and holds nothing.

    ``has_stopped``: its node says that nothing uses the share any more.
    """
    spec, status, metadata = given["spec"], given.get("status") or {}, given["metadata"]
    share = held_share(given, pool.resources)
    if share is None or not share.occupies(now):
        _check(spec, pool, holder)
    is_deleted = "deletionTimestamp" in metadata
    if share is not None and has_stopped and share.state is ShareState.REVOKED:
        share = _released(share)
    if share is not None and is_deleted and not spec.get("nodeName"):
        # Whoever deletes a claim of the platform's own was its user.
        share = _released(share)
    expires = None
    if spec.get("duration") and status.get("firstGrantTime"):
        expires = parse_time(status["firstGrantTime"]) + duration(spec["duration"])
    reachable = holder.is_reachable if share is not None else _may_have(holder)
    return Claim(
        uid=uid_of(given),
        tenant=spec["tenant"],
        amounts=_vector(pool.resources, spec["amounts"]),
        create_time=parse_time(metadata["creationTimestamp"]),
        priority=spec.get("priority", 0),
        priority_class=spec.get("priorityClass", ""),
        epoch=status.get("epoch", 0),
        share=share,
        expire_time=expires,
        reachable=reachable,
        wanted=not is_deleted and holder.is_member and not holder.is_leaving,
        is_borrowed=_is_borrowed(status),
    )


def _is_borrowed(status: Mapping[str, Any]) -> bool:
    granted = Reason.BORROWED.value
    return any(
        one["type"] == "Granted" and one["status"] == "True" and one["reason"] == granted
        for one in status.get("conditions") or ()
    )


def _check(spec: Mapping[str, Any], pool: Pool, holder: Holder) -> None:
    unknown = [one["name"] for one in spec["amounts"] if one["name"] not in pool.resources]
    if unknown:
        has = ", ".join(pool.resources)
        text = f"pool {spec['pool']} has no {unknown[0]}: it has {has}"
        raise Unfit("ResourceUnknown", text)
    if not holder.is_member:
        text = (
            f"node {spec['nodeName']} is not among spec.members of pool {spec['pool']}:"
            " claim on the pool of its site"
        )
        raise Unfit("NodeNotMember", text)


def _may_have(holder: Holder) -> bool:
    return holder.is_reachable and holder.takes_more


def held_share(given: Object, resources: Sequence[str] = ()) -> Share | None:
    """Return the share that a claim's status records; its amounts only if resources are named."""
    stored = (given.get("status") or {}).get("share")
    if not stored:
        return None
    return Share(
        share_id=stored["id"],
        epoch=stored["epoch"],
        amounts=_vector(resources, stored["amounts"]) if resources else (),
        grant_time=parse_time(stored["grantTime"]),
        lease_end=parse_time(stored["leaseEndTime"]),
        state=ShareState(stored["state"]),
        released=stored.get("holder") == "Released",
    )


def _released(share: Share) -> Share:
    return Share(
        share.share_id,
        share.epoch,
        share.amounts,
        share.grant_time,
        share.lease_end,
        share.state,
        released=True,
    )


def share_status(share: Share, resources: Sequence[str]) -> dict[str, Any]:
    """Return a share as a claim's status has it."""
    return {
        "id": share.share_id,
        "epoch": share.epoch,
        "amounts": amounts(resources, share.amounts),
        "grantTime": timestamp(share.grant_time),
        "leaseEndTime": timestamp(share.lease_end),
        "state": share.state.value,
        "holder": "Released" if share.released else "Holding",
    }


def amounts(resources: Sequence[str], vector: Vector) -> list[dict[str, str]]:
    """Return what of a vector is not nothing, as a manifest has it."""
    rows = zip(resources, vector, strict=True)
    return [{"name": name, "quantity": quantity.render(milli)} for name, milli in rows if milli]


def duration(text: str) -> timedelta:
    """Return a duration such as ``10m``, as the schema lets them pass."""
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def whole_seconds(now: datetime) -> datetime:
    """Return a time as statuses can keep it."""
    return now.replace(microsecond=0)


def _vector(resources: Sequence[str], given: Iterable[Mapping[str, str]]) -> Vector:
    stated = {one["name"]: quantity.parse(one["quantity"]) for one in given}
    return tuple(stated.get(name, 0) for name in resources)


def _limit(resources: Sequence[str], given: Iterable[Mapping[str, str]]) -> Vector:
    stated = {one["name"]: quantity.parse(one["quantity"]) for one in given}
    return tuple(stated.get(name, UNLIMITED) for name in resources)


def pool_of(claim: Object) -> Key:
    """Return which pool a claim is on."""
    return Key(claim["metadata"]["namespace"], claim["spec"]["pool"])


def in_pool(claim: Object) -> Iterable[str]:
    """Index claims by pool."""
    return (str(pool_of(claim)),)


def on_node(claim: Object) -> Iterable[str]:
    """Index claims by the node that is to use their share."""
    return (str(key) for key in nodes_of(None, claim))


def nodes_of(before: Object | None, after: Object | None) -> Iterable[Key]:
    """Return which EdgeNode a change of a claim concerns."""
    for claim in (after, before):
        if claim is not None:
            name = claim["spec"].get("nodeName")
            return (Key(claim["metadata"]["namespace"], name),) if name else ()
    return ()


def pools_of(before: Object | None, after: Object | None) -> Iterable[Key]:
    """Return which pool a change of a claim concerns."""
    return {pool_of(one) for one in (before, after) if one is not None}


def is_member(pool: Object, node: Object) -> bool:
    """Say whether a node's capacity is a pool's."""
    stated, spec = pool["spec"].get("members") or {}, node["spec"]
    within, at = stated.get("within"), spec.get("position")
    return selects(
        Selector(
            labels={one["key"]: one["value"] for one in stated.get("labels") or ()},
            classes=frozenset(stated.get("classes") or ()),
            places=tuple(stated.get("places") or ()),
            within=None
            if within is None
            else Circle(
                float(within["latitude"]), float(within["longitude"]), within["radiusMeters"]
            ),
        ),
        labels=node["metadata"].get("labels") or {},
        node_class=spec["class"],
        place=spec["place"],
        position=None if at is None else (float(at["latitude"]), float(at["longitude"])),
    )
