"""Warnings: an earthquake's make equipment safe; all of them keep cells awake."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from services.energy.model import orders as model
from services.energy.model.orders import Action, Asset, Shaking
from services.energy.model.records import EQUIPMENT, AssetRow
from services.energy.ports import Desk, Transaction
from services.energy.usecases import ordering
from services.energy.usecases.ordering import Draft
from services.plumbing.rules import Rule
from tianfu.energy.v1 import setpoint_pb2

CONSUMER: Final = "events"
EARTHQUAKE: Final = "11C02"
INTENSITY_RULE: Final = "warning-intensity"
COLOURS: Final = {1: "blue", 2: "yellow", 3: "orange", 4: "red"}
"""The contract's numbers of colours, by name in the rule."""

ACTIONS: Final[Mapping[Action, setpoint_pb2.SetpointAction]] = {
    Action.CLOSE_GAS_VALVE: setpoint_pb2.SETPOINT_ACTION_CLOSE_GAS_VALVE,
    Action.ARM_ISLAND: setpoint_pb2.SETPOINT_ACTION_ARM_ISLAND,
    Action.HOLD_BATTERY: setpoint_pb2.SETPOINT_ACTION_HOLD_BATTERY,
    Action.STOP_CHARGER: setpoint_pb2.SETPOINT_ACTION_STOP_CHARGER,
    Action.RELEASE_BATTERY: setpoint_pb2.SETPOINT_ACTION_RELEASE_BATTERY,
    Action.RESUME_CHARGER: setpoint_pb2.SETPOINT_ACTION_RESUME_CHARGER,
    Action.DISARM_ISLAND: setpoint_pb2.SETPOINT_ACTION_DISARM_ISLAND,
}


def take_warning(
    tx: Transaction,
    desk: Desk,
    name: str,
    facts: Any,
    issued: datetime,
    expires: datetime,
    published: datetime,
    *,
    exercise: bool,
    cancelled: bool,
    now: datetime,
) -> list[str]:
    """Act on a warning's version; return the ids of the orders it gave.

    ``facts`` are the WarningFacts of the event called ``name``, which the stream published then.
    """
    if not tx.first_time(CONSUMER, name):
        return []
    counties = {} if cancelled else {each.place_code: expires for each in facts.counties}
    if not tx.put_warning(facts.warning, facts.version, counties, exercise=exercise):
        return []
    if facts.event_code != EARTHQUAKE:
        return []
    earthquake = facts.earthquake or facts.warning
    intensity = intensity_of(facts, desk.rule(INTENSITY_RULE, now))
    shaking = Shaking(earthquake, facts.version, issued, exercise, intensity)
    rule = desk.rule(model.ORDERS_RULE, now)
    world = "exercise" if exercise else "actual"
    cause = f"earthquakes/{earthquake}/{world}"
    rows = {row.asset_id: row for row in tx.assets_in(shaking.intensity)}
    assets = [
        Asset(row.asset_id, row.node, row.place_code, EQUIPMENT[row.equipment])
        for row in rows.values()
    ]
    given = tx.order_ids_of(cause)
    decide = model.release if cancelled else model.respond
    drafts = [
        _draft(each, rows, earthquake, world, rule)
        for each in decide(shaking, assets, given, rule, now)
    ]
    return ordering.give(tx, desk, cause, drafts, exercise=exercise, cause_time=published, now=now)


def intensity_of(facts: Any, by_colour: Rule) -> dict[str, float]:
    """Return what each county of a warning is to expect, GB/T 17742 degrees.

    It is what was forecast for the county. Where a warning says colours alone, as a cancellation
    does, or no degree that there is, it is the greatest that the colour covers.
    """
    found = {
        each.place_code: by_colour.number(COLOURS[each.colour])
        for each in facts.counties
        if each.colour in COLOURS
    }
    forecast = {
        each.place_code: each.intensity
        for each in facts.shaking.counties
        if 0.0 < each.intensity <= model.INTENSITY_MAX
    }
    told = {each.place_code for each in facts.counties}
    return found | {code: degree for code, degree in forecast.items() if code in told}


def _draft(
    order: model.Order, rows: Mapping[str, AssetRow], earthquake: str, world: str, rule: Rule
) -> Draft:
    return Draft(
        order.order,
        rows[order.asset],
        ACTIONS[order.action],
        f"earthquake:{earthquake}:{world}",
        order.generation,
        order.issued,
        order.expires,
        order.reason,
        rule.version,
    )
