"""What can be done with nodes' plans: in one transaction each, with no I/O of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.fleet import plan_parts, usecases
from services.fleet.model import Plan
from services.fleet.plan_parts import PartRefused
from services.fleet.ports import Transaction
from services.plumbing.refusal import InvalidArgument
from tianfu import subjects
from tianfu.fleet.v1 import fleet_service_pb2 as service_pb
from tianfu.fleet.v1 import node_pb2

WATCH_BATCH = usecases.WATCH_BATCH
GENERATION_MAX = 2**53
"""Of what a node says it follows: what JSON writes exactly, and far below what a column holds."""


class PlanInvalid(InvalidArgument):
    """The change makes no plan that a node could follow."""

    reason = "PLAN_INVALID"


class PlanTooLarge(InvalidArgument):
    """The plan would hold more than one may."""

    reason = "PLAN_TOO_LARGE"


class UpdateMaskInvalid(InvalidArgument):
    """The update mask names what is no part of a plan."""

    reason = "UPDATE_MASK_INVALID"


_REFUSALS = {one.reason: one for one in (PlanTooLarge, UpdateMaskInvalid)}


@dataclass(frozen=True)
class Outcome:
    """What became of one patch; ``reason`` is empty when the plan is as it wants it."""

    node_id: str
    generation: int
    reason: str = ""
    message: str = ""


def get_plan(tx: Transaction, node_id: str, *, now: datetime) -> Plan:
    """Return a node's plan: generation 0 before the first."""
    usecases.get_node(tx, node_id)
    return tx.plan(node_id) or Plan(node_id, 0, b"", now)


def update_plan(
    tx: Transaction,
    node_id: str,
    etag: str,
    asked: node_pb2.NodePlan,
    parts: Sequence[str] = (),
    *,
    now: datetime,
) -> Plan:
    """Replace parts of a node's plan, and have it delivered to the node's key by the outbox."""
    current = get_plan(tx, node_id, now=now)
    usecases.check_etag(etag, current.etag)
    body = _body(current)
    try:
        changed = plan_parts.replaced(body, asked, parts or plan_parts.PARTS_OF_OLD)
    except PartRefused as error:
        refusal = _REFUSALS.get(error.reason, PlanInvalid)
        raise refusal(error.message, field=error.field) from error
    new = _next(current, changed, now)
    tx.put_plans([new])
    _deliver(tx, new, now)
    return new


def patch_plans(
    tx: Transaction, patches: Sequence[service_pb.NodePlanPatch], *, now: datetime
) -> list[Outcome]:
    """Change parts of many plans; a patch that is refused leaves its plan, and the others go on.

    A plan in which nothing changes keeps its generation: repeating a patch does nothing.
    """
    named = [patch.name.split("/")[1] for patch in patches]
    ids = sorted(set(named))
    known, held = tx.nodes_of(ids), dict(tx.plans_of(ids))
    outcomes, changed = [], dict[str, Plan]()
    for node_id, patch in zip(named, patches, strict=True):
        if node_id not in known:
            text = f"node {node_id!r} is not registered"
            outcomes.append(Outcome(node_id, 0, usecases.NodeNotFound.reason, text))
            continue
        current = held.get(node_id) or Plan(node_id, 0, b"", now)
        body = _body(current)
        try:
            after = plan_parts.patched(body, patch)
        except PartRefused as error:
            outcome = Outcome(node_id, current.generation, error.reason, error.message)
            outcomes.append(outcome)
            continue
        if after != body:
            current = held[node_id] = changed[node_id] = _next(current, after, now)
        outcomes.append(Outcome(node_id, current.generation))
    tx.put_plans([changed[node_id] for node_id in sorted(changed)])
    for node_id in sorted(changed):
        _deliver(tx, changed[node_id], now)
    return outcomes


def record_report(tx: Transaction, report: node_pb2.PlanReport, *, now: datetime) -> bool:
    """Store what a node says of its plan; False when it is of an older generation, or of none."""
    plan = tx.plan(report.node)
    if plan is None:
        return False
    if report.generation > plan.generation:
        return _overtake(tx, plan, report, now)
    known = node_pb2.PlanReport.FromString(plan.report)
    if known.generation > report.generation:
        return False
    data = report.SerializeToString(deterministic=True)
    if data != plan.report:
        tx.put_plans([replace(plan, report=data)])
    return True


def _overtake(tx: Transaction, plan: Plan, report: node_pb2.PlanReport, now: datetime) -> bool:
    """Put a plan above the one that its node follows, which was lost here: stores were set back.

    A node refuses whatever is older than what it follows, and so every plan until one is above.
    """
    followed = report.state == node_pb2.PLAN_STATE_APPLIED
    if not (followed and plan.body and report.generation <= GENERATION_MAX):
        return False
    new = _next(replace(plan, generation=report.generation), _body(plan), now)
    tx.put_plans([new])
    _deliver(tx, new, now)
    return True


def plans_after(tx: Transaction, number: int) -> Sequence[Plan]:
    """Return plans whose last change came after a number, in order of it.

    Raise ResumeTokenExpired for a number that was never given out.
    """
    if number > tx.last_change():
        # Of a database that was set back.
        raise usecases.ResumeTokenExpired(
            "there is no change of this token; begin again without it", field="resume_token"
        )
    return tx.plans_changed(number, WATCH_BATCH)


def _body(plan: Plan) -> node_pb2.NodePlan:
    body = node_pb2.NodePlan()
    body.ParseFromString(plan.body)
    return body


def _next(current: Plan, body: node_pb2.NodePlan, now: datetime) -> Plan:
    """Return the plan of the next generation."""
    new = replace(current, generation=current.generation + 1, update_time=now)
    body.name = f"nodes/{current.node_id}/plan"
    body.generation, body.etag = new.generation, new.etag
    body.update_time.FromDatetime(now)
    body.ClearField("report")
    return replace(new, body=body.SerializeToString(deterministic=True))


def _deliver(tx: Transaction, plan: Plan, now: datetime) -> None:
    """Have a plan written to its node's key."""
    key = subjects.bucket_key(subjects.PLANS, subjects.node_id(plan.node_id))
    message_id = f"plan-{plan.node_id}-{plan.generation}-{int(now.timestamp() * 1e6)}"
    tx.emit(key, plan.body, message_id)
