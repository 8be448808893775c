"""Dispatch plans: made outside of a transaction, stored once, released as setpoints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from services.energy.model.dispatch import plan as planning
from services.energy.model.dispatch import site as model
from services.energy.model.dispatch.plan import Plan
from services.energy.model.dispatch.site import LoadClass, Site
from services.energy.model.records import derived
from services.energy.ports import Desk, Transaction
from services.energy.usecases import keeping, ordering
from services.energy.usecases.ordering import Draft
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import FailedPrecondition, InvalidArgument
from tianfu.energy.v1 import dispatch_pb2 as pb
from tianfu.energy.v1 import setpoint_pb2

LIMITS_SHOWN: Final = 100
SCOPE: Final = "dispatch"
LOADS: Final = {
    pb.LOAD_CLASS_HOSPITAL: LoadClass.HOSPITAL,
    pb.LOAD_CLASS_WATER: LoadClass.WATER,
    pb.LOAD_CLASS_BASE_STATION: LoadClass.BASE_STATION,
    pb.LOAD_CLASS_OTHER: LoadClass.OTHER,
}


class PlanOver(FailedPrecondition):
    """Every step of the plan lies in the past."""

    reason = "DISPATCH_PLAN_OVER"


class HorizonInvalid(InvalidArgument):
    """A rolling horizon that keeps more than it plans, or that is asked of an emergency."""

    reason = "HORIZON_INVALID"


def site_of(message: pb.Site) -> Site:
    """Return a site as the model has it."""
    return Site(
        step_h=message.step_hours,
        grid_price=tuple(message.grid_price),
        grid_max_kw=tuple(message.grid_max_kw),
        gas_price=message.gas_price,
        loads_kw={LOADS[each.load_class]: tuple(each.kw) for each in message.loads},
        heat_kw=tuple(message.heat_kw) or (0.0,) * len(message.grid_price),
        pv_kw=tuple(message.pv_kw),
        export_price=tuple(message.export_price),
        export_max_kw=message.export_max_kw,
        chps=[
            model.Chp(
                each.plant,
                each.gas_max_kw,
                each.electric,
                each.heat,
                each.gas_min_kw,
                each.start_cost,
                max(each.up_steps_min, 1),
                each.was_on,
            )
            for each in message.chps
        ],
        boilers=[model.Boiler(each.plant, each.gas_max_kw, each.heat) for each in message.boilers],
        heat_pumps=[
            model.HeatPump(each.plant, each.electric_max_kw, each.cop)
            for each in message.heat_pumps
        ],
        batteries=[
            model.Battery(
                each.plant,
                each.power_kw,
                each.capacity_kwh,
                each.charge_efficiency,
                each.discharge_efficiency,
                each.start_kwh,
                each.reserve_kwh,
                each.end_kwh_min,
                each.wear_cost,
            )
            for each in message.batteries
        ],
    )


def solve(asked: pb.DispatchPlan) -> list[Plan]:
    """Return the plans of a request, one after the other: one, or as many as the horizon rolls."""
    site = site_of(asked.site)
    if asked.window_steps:
        if not 1 <= asked.kept_steps <= asked.window_steps:
            raise HorizonInvalid("need 1 <= kept_steps <= window_steps", field="kept_steps")
        if asked.mode not in {pb.DISPATCH_MODE_UNSPECIFIED, pb.DISPATCH_MODE_CHEAPEST}:
            raise HorizonInvalid("an emergency is planned whole", field="window_steps")
        return planning.roll(site, asked.window_steps, asked.kept_steps)
    if asked.mode == pb.DISPATCH_MODE_EMERGENCY:
        return [planning.serve_critical(site)]
    if asked.mode == pb.DISPATCH_MODE_ISLAND:
        return [planning.island(site)]
    return [planning.optimise(site)]


def fill(message: pb.DispatchPlan, plans: Sequence[Plan]) -> None:
    """Write plans into a message, one after the other."""
    message.cost = sum(each.cost for each in plans)
    for name in plans[0].setpoints_kw:
        message.schedules.add(
            plant=name,
            kw=[kw for plan in plans for kw in plan.setpoints_kw[name]],
            stored_kwh=[kwh for plan in plans for kwh in plan.stored_kwh.get(name, ())],
        )
    message.marginal_price.extend(price for plan in plans for price in plan.marginal_price)
    message.heat_price.extend(price for plan in plans for price in plan.heat_price)
    offset, limits = 0, []
    for plan in plans:
        limits += [(each, offset) for each in plan.limits]
        offset += len(next(iter(plan.setpoints_kw.values())))
    limits.sort(key=lambda each: (-each[0].saving, each[0].what, each[0].step + each[1]))
    for limit, begin in limits[:LIMITS_SHOWN]:
        message.limits.add(
            plant=limit.what, step=limit.step + begin, limit=limit.bound, saving=limit.saving
        )
    for plan in plans:
        for name, kwh in plan.unserved_kwh.items():
            message.unserved.add(load=name.lower(), kwh=kwh, kw=plan.unserved_kw[name])


def store(
    tx: Transaction, plan: pb.DispatchPlan, digest: str, actor: str, *, now: datetime
) -> pb.DispatchPlan:
    """Store a plan; a repetition has the first one."""
    found = keeping.known(tx, "dispatch-plan", plan.name, digest)
    if found is not None:
        return keeping.parsed(pb.DispatchPlan, found)
    plan.state = pb.DISPATCH_STATE_PLANNED
    if not plan.HasField("start_time"):
        plan.start_time.FromDatetime(now)
    keeping.keep(tx, "dispatch-plan", "", plan, digest, actor, now)
    return plan


def release(tx: Transaction, desk: Desk, name: str, actor: str, *, now: datetime) -> Any:
    """Give a plan's setpoints to the nodes of its plants that are equipment; once."""
    plan = keeping.parsed(pb.DispatchPlan, keeping.body(tx, "dispatch-plan", name))
    if plan.state == pb.DISPATCH_STATE_RELEASED:
        return plan
    start = plan.start_time.ToDatetime(UTC)
    step = timedelta(hours=plan.site.step_hours)
    if start + step * len(plan.site.grid_price) <= now:
        raise PlanOver(f"{name} ended before now; plan anew", field="name")
    drafts: list[Draft] = []
    for schedule in plan.schedules:
        asset = tx.asset(schedule.plant)
        if asset is None:
            continue
        generation = tx.last_generation(asset.asset_id, SCOPE) + 1
        for number, kw in enumerate(schedule.kw):
            begin = start + step * number
            if begin + step <= now:
                continue
            drafts.append(
                Draft(
                    derived("dispatch", name, asset.asset_id, str(number)),
                    asset,
                    setpoint_pb2.SETPOINT_ACTION_SET_POWER,
                    SCOPE,
                    generation,
                    begin,
                    begin + step,
                    f"step {number} of {name}",
                    "",
                    kw,
                )
            )
    # In order of time: so are they carried out, whatever plant they are for.
    drafts.sort(key=lambda each: (each.start, each.asset.asset_id))
    ids = ordering.give(tx, desk, name, drafts, exercise=False, cause_time=now, now=now)
    plan.state = pb.DISPATCH_STATE_RELEASED
    plan.orders.extend(ids)
    tx.audit(Entry(now, actor, "dispatch-plan.release", name))
    tx.replace_document("dispatch-plan", name, plan.SerializeToString(deterministic=True))
    return plan
