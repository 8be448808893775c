"""Orders to equipment: given once, put on the sheet of the node that reaches it, reported back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from services.energy.model.records import AssetRow, StoredOrder
from services.energy.ports import Desk, Transaction
from services.energy.usecases import consumption, keeping
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import InvalidArgument
from tianfu import subjects
from tianfu.energy.v1 import dispatch_pb2 as pb
from tianfu.energy.v1 import events_pb2, setpoint_pb2

SHEET_MAX: Final = 1_500
"""Setpoints of a node's sheet: a quarter of what its key holds. Powers far ahead stay out first."""

STATES: Final = {
    setpoint_pb2.SETPOINT_OUTCOME_DONE: pb.ORDER_STATE_DONE,
    setpoint_pb2.SETPOINT_OUTCOME_WOULD_DO: pb.ORDER_STATE_WOULD_DO,
    setpoint_pb2.SETPOINT_OUTCOME_REFUSED: pb.ORDER_STATE_REFUSED,
    setpoint_pb2.SETPOINT_OUTCOME_FAILED: pb.ORDER_STATE_FAILED,
}


class ReportOfStranger(InvalidArgument):
    """A node reports on an order that is not its own."""

    reason = "REPORT_OF_STRANGER"


@dataclass(frozen=True, slots=True)
class Draft:
    """An order to be given; ``scope`` is what its generation counts in."""

    order_id: str
    asset: AssetRow
    action: setpoint_pb2.SetpointAction
    scope: str
    generation: int
    start: datetime
    expires: datetime
    reason: str
    rule_version: str
    value_kw: float = 0.0


def give(
    tx: Transaction,
    desk: Desk,
    cause: str,
    drafts: Sequence[Draft],
    *,
    exercise: bool,
    cause_time: datetime,
    now: datetime,
) -> list[str]:
    """Give the orders that were not given before; return the ids of the new ones, in order."""
    known = tx.order_ids_of(cause)
    fresh = [each for each in drafts if each.order_id not in known]
    if not fresh:
        return []
    stored = []
    for draft in fresh:
        message = _message(draft, cause, exercise=exercise, cause_time=cause_time, now=now)
        stored.append(
            StoredOrder(
                draft.order_id,
                0,
                draft.generation,
                draft.asset.node,
                draft.asset.asset_id,
                cause,
                draft.scope,
                int(pb.ORDER_STATE_GIVEN),
                draft.expires,
                message.SerializeToString(deterministic=True),
            )
        )
    tx.add_orders(stored)
    write_sheets(tx, desk, {each.asset.node for each in fresh}, now=now)
    ids = [each.order_id for each in fresh]
    event = events_pb2.OrdersGiven(cause=cause, orders=ids, exercise=exercise)
    event.event_time.FromDatetime(now)
    subject = subjects.event("energy", "orders-given")
    tx.emit(subject, event, f"energy-orders-{ids[0]}-{len(ids)}")
    tx.audit(Entry(now, "energy", "orders.give", cause, details={"count": str(len(ids))}))
    return ids


def _message(
    draft: Draft, cause: str, *, exercise: bool, cause_time: datetime, now: datetime
) -> pb.Order:
    message = pb.Order(
        name=f"orders/{draft.order_id}",
        asset=f"assets/{draft.asset.asset_id}",
        node=f"nodes/{draft.asset.node}",
        action=draft.action,
        value_kw=draft.value_kw,
        cause=cause,
        generation=draft.generation,
        exercise=exercise,
        reason=draft.reason,
        rule_version=draft.rule_version,
        state=pb.ORDER_STATE_GIVEN,
    )
    message.issue_time.FromDatetime(now)
    message.start_time.FromDatetime(draft.start)
    message.expire_time.FromDatetime(draft.expires)
    message.cause_time.FromDatetime(cause_time)
    return message


def write_sheets(tx: Transaction, desk: Desk, nodes: Collection[str], *, now: datetime) -> None:
    """Put all standing orders of each node on a new sheet, signed, and send it."""
    revisions = tx.next_revisions(nodes)
    standing: dict[str, list[StoredOrder]] = {node: [] for node in nodes}
    for each in tx.standing_orders(nodes, now):
        standing[each.node].append(each)
    for node in sorted(nodes):
        _write_sheet(tx, desk, node, revisions[node], standing[node], now)


def _write_sheet(
    tx: Transaction,
    desk: Desk,
    node: str,
    revision: int,
    given: Sequence[StoredOrder],
    now: datetime,
) -> None:
    sheet = setpoint_pb2.SetpointSheet(
        node=node, revision=revision, make_time_us=consumption.microseconds(now)
    )
    standing = [(each, pb.Order.FromString(each.body)) for each in given]
    if len(standing) > SHEET_MAX:
        # What is far ahead comes on a later sheet; what makes safe is always on this one.
        near = sorted(
            standing,
            key=lambda each: (
                each[1].action == setpoint_pb2.SETPOINT_ACTION_SET_POWER,
                each[1].start_time.ToDatetime(UTC),
            ),
        )[:SHEET_MAX]
        standing = sorted(near, key=lambda each: each[0].position)
    for stored, order in standing:
        sheet.setpoints.add(
            order=stored.order_id,
            asset=stored.asset_id,
            action=order.action,
            value_kw=order.value_kw,
            cause=stored.scope,
            generation=stored.generation,
            issue_time_us=consumption.microseconds(order.issue_time.ToDatetime(UTC)),
            start_time_us=consumption.microseconds(order.start_time.ToDatetime(UTC)),
            expire_time_us=consumption.microseconds(order.expire_time.ToDatetime(UTC)),
            exercise=order.exercise,
        )
    data = sheet.SerializeToString(deterministic=True)
    signed = setpoint_pb2.SignedSetpointSheet(
        sheet=data, signature=desk.signer.sign(data), public_key=desk.signer.public_key
    )
    key = subjects.bucket_key(subjects.SETPOINTS, subjects.node_id(node))
    tx.emit(key, signed, f"setpoints-{node}-{revision}")


def get(tx: Transaction, name: str) -> pb.Order:
    """Return an order; raise ResourceNotFound."""
    stored = tx.order(name.removeprefix("orders/"))
    if stored is None:
        raise keeping.ResourceNotFound(f"there is no {name}", metadata={"name": name}, field="name")
    order: pb.Order = pb.Order.FromString(stored.body)
    return order


def record_report(
    tx: Transaction, desk: Desk, report: setpoint_pb2.SetpointReport, *, now: datetime
) -> bool:
    """Note what became of an order; return False when that is known. The first word stands.

    The sheet is written anew only when it was full: what is done leaves room on it.
    """
    stored = tx.order(report.order)
    if stored is None or stored.node != report.node:
        raise ReportOfStranger(
            f"node {report.node} reports on an order that is not its own", field="order"
        )
    if stored.state != pb.ORDER_STATE_GIVEN:
        return False
    order = pb.Order.FromString(stored.body)
    order.state = STATES[report.outcome]
    order.refusal = report.reason
    order.report_time.FromDatetime(consumption.moment_of(report.report_time_us))
    body = order.SerializeToString(deterministic=True)
    was_full = len(tx.standing_orders([stored.node], now)) > SHEET_MAX
    tx.replace_order(stored.order_id, int(order.state), body)
    if was_full:
        write_sheets(tx, desk, [stored.node], now=now)
    event = events_pb2.OrderReported(order=order)
    event.event_time.FromDatetime(now)
    subject = subjects.event("energy", "order-reported")
    tx.emit(subject, event, f"energy-order-reported-{stored.order_id}")
    tx.audit(
        Entry(
            now,
            f"node:{report.node}",
            "orders.report",
            order.name,
            details={"state": pb.OrderState.Name(order.state), "reason": report.reason},
        )
    )
    return True


def create_asset(
    tx: Transaction, asset: pb.Asset, digest: str, actor: str, *, now: datetime
) -> pb.Asset:
    """Store a piece of equipment."""
    found = keeping.known(tx, "asset", asset.name, digest)
    if found is not None:
        return keeping.parsed(pb.Asset, found)
    if asset.unit:
        keeping.body(tx, "unit", asset.unit)
    keeping.keep(tx, "asset", "", asset, digest, actor, now)
    tx.add_asset(
        AssetRow(
            asset.name.removeprefix("assets/"),
            asset.node.removeprefix("nodes/"),
            asset.place_code,
            asset.unit.removeprefix("units/"),
            int(asset.equipment),
        )
    )
    return asset
