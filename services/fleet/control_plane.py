"""What operators say of rollouts and pools, and what people want of rollouts: in one transaction.

Kubernetes holds the intent. What is kept here is a copy of what an operator last said, for people
without kubectl, and the wish of a person until the operator has written it into the EdgeApp.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from services.fleet import tenancy
from services.fleet.ports import Transaction
from services.fleet.tenancy import Tenants
from services.plumbing.refusal import FailedPrecondition, InvalidArgument, NotFound
from tianfu.fleet.v1 import control_plane_pb2 as pb
from tianfu.fleet.v1 import fleet_service_pb2 as service_pb

ROLLOUTS: Final = "rollouts"
POOLS: Final = "pools"


class RolloutNotFound(NotFound):
    """No operator has said anything of it."""

    reason = "ROLLOUT_UNKNOWN"


class PoolNotFound(NotFound):
    """No operator has said anything of it."""

    reason = "POOL_UNKNOWN"


class RevisionUnknown(FailedPrecondition):
    """It is none of those that the app can have back."""

    reason = "REVISION_UNKNOWN"


class NameInvalid(InvalidArgument):
    """A name of a whole report is neither a rollout's nor a pool's."""

    reason = "NAME_INVALID"


def take_report(
    tx: Transaction, said: service_pb.ReportControlPlaneRequest, *, now: datetime
) -> Sequence[pb.Rollout]:
    """Store what an operator says; return what is wanted of its rollouts."""
    kept = tx.control_plane
    for rollout in said.rollouts:
        former = kept.rollout(rollout.name)
        new = pb.Rollout()
        new.CopyFrom(rollout)
        new.ClearField("update_time")
        new.ClearField("steering")
        new.ClearField("heard_time")
        if former is not None and former.HasField("steering"):
            new.steering.CopyFrom(former.steering)
        new.update_time.FromDatetime(now)
        kept.put_rollout(said.operator, new)
    for pool in said.pools:
        made = pb.Pool()
        made.CopyFrom(pool)
        made.ClearField("heard_time")
        made.update_time.FromDatetime(now)
        kept.put_pool(said.operator, made)
    if said.whole:
        kept.keep_only(said.operator, _named(said.names))
    for settled in said.settled:
        _settle(tx, said.operator, settled)
    return kept.wanted(said.operator)


def wanted(tx: Transaction, operator: str) -> Sequence[pb.Rollout]:
    """Return the rollouts of an operator of which somebody wants something: name and steering."""
    return tx.control_plane.wanted(operator)


def _named(names: Iterable[str]) -> set[str]:
    found = set(names)
    for name in found:
        parts = name.split("/")
        if len(parts) != 4 or parts[0] != "namespaces" or parts[2] not in {ROLLOUTS, POOLS}:  # noqa: PLR2004 - as the name has
            raise NameInvalid(
                f"{name!r}: need namespaces/NAMESPACE/rollouts/NAME or …/pools/NAME", field="names"
            )
    return found


def _settle(tx: Transaction, operator: str, settled: service_pb.SettledSteering) -> None:
    found = tx.control_plane.rollout(settled.name)
    if found is None or found.steering.number != settled.number:
        return  # gone, or somebody wants something else by now
    if found.steering.state != pb.STEERING_STATE_PENDING:
        return
    done, refused = pb.STEERING_STATE_DONE, pb.STEERING_STATE_REFUSED
    found.steering.state = refused if settled.reason else done
    found.steering.reason = settled.reason
    tx.control_plane.put_rollout(operator, found)


def get_rollout(tx: Transaction, name: str, tenants: Tenants = None) -> pb.Rollout:
    """Return a rollout that is of some tenants; raise RolloutNotFound."""
    found = tx.control_plane.rollout(name)
    seen = None if found is None else tenancy.rollout(found, tenants)
    if seen is None:
        raise RolloutNotFound(
            f"{name}: no operator has told of such an EdgeApp{_of(tenants)}", field="name"
        )
    return seen


def get_pool(tx: Transaction, name: str, tenants: Tenants = None) -> pb.Pool:
    """Return a pool as some tenants see it; raise PoolNotFound."""
    found = tx.control_plane.pool(name)
    seen = None if found is None else tenancy.pool(found, tenants)
    if seen is None:
        raise PoolNotFound(
            f"{name}: no operator has told of such a CapacityPool{_of(tenants)}", field="name"
        )
    return seen


def page(tx: Transaction, kind: str, after: str, limit: int) -> Sequence[bytes]:
    """Return objects of a kind after a name, in order of name."""
    return tx.control_plane.page(kind, after, limit)


def _of(tenants: Tenants) -> str:
    """Return what an app owner is told, whether the object is another tenant's or is not there."""
    if tenants is None:
        return ""
    named = ", ".join(sorted(tenants)) or "none; whoever issues tokens adds them there"
    return f" of the tenants that the token's claim `tenants` names ({named})"


def steer(
    tx: Transaction,
    asked: service_pb.SteerRolloutRequest,
    requester: str,
    *,
    now: datetime,
    tenants: Tenants = None,
) -> pb.Rollout:
    """Keep what somebody wants of a rollout until its operator has said that it is done."""
    found = get_rollout(tx, asked.name, tenants)
    revision = ""
    if asked.action == pb.ROLLOUT_ACTION_ROLL_BACK:
        revision = asked.revision or earlier(found)
        if revision not in {one.revision for one in found.history}:
            known = ", ".join(one.revision for one in found.history) or "none"
            raise RevisionUnknown(
                f"{revision or 'an earlier revision'} is not kept; there are {known}",
                field="revision",
            )
    before = found.steering
    is_same = before.action == asked.action and before.revision == revision
    if before.state == pb.STEERING_STATE_PENDING and is_same:
        return found
    number = before.number + 1
    found.steering.CopyFrom(
        pb.Steering(
            number=number,
            action=asked.action,
            revision=revision,
            requester=requester,
            state=pb.STEERING_STATE_PENDING,
        )
    )
    found.steering.request_time.FromDatetime(now)
    tx.control_plane.put_rollout("", found)
    return found


def earlier(rollout: pb.Rollout) -> str:
    """Return the newest revision that is neither rolled out nor failed, empty for none."""
    left = {rollout.revision, rollout.failed_revision}
    return next((one.revision for one in rollout.history if one.revision not in left), "")
