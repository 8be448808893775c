"""Base stations: plans of sleep and battery that warnings overrule, and claims assessed."""

from __future__ import annotations

import calendar
import math
from datetime import UTC, datetime, timedelta
from typing import Final

from services.energy.model import base_station as model
from services.energy.model import battery_plan, subsidy
from services.energy.model.base_station import Cell, Radio, Scene, SleepRule
from services.energy.model.dispatch.site import Battery
from services.energy.model.records import Document
from services.energy.ports import Desk, Transaction
from services.energy.usecases import keeping
from services.plumbing.refusal import InvalidArgument
from tianfu.energy.v1 import station_pb2 as pb

STATION: Final = "station"
SLEEP_PLAN: Final = "sleep-plan"
BATTERY_PLAN: Final = "battery-plan"
CLAIM: Final = "subsidy-claim"


class PlanBeyondTime(InvalidArgument):
    """A plan whose steps go beyond the calendar."""

    reason = "PLAN_BEYOND_TIME"


class ClaimInvalid(InvalidArgument):
    """A claim for more hours than the month has."""

    reason = "SUBSIDY_CLAIM_INVALID"


def radio_of(desk: Desk, station: pb.Station, now: datetime) -> Radio:
    """Return the power model of a station's radios."""
    kind = pb.RadioKind.Name(station.radio_kind).removeprefix("RADIO_KIND_").lower()
    return Radio.of(desk.rule(model.POWER_RULE, now), kind)


def _station_of(tx: Transaction, name: str) -> pb.Station:
    """Return the station that a plan or claim of this name, stations/ID/…, belongs to."""
    parent = "/".join(name.split("/", 2)[:2])
    return keeping.parsed(pb.Station, keeping.body(tx, STATION, parent))


def create_station(
    tx: Transaction, station: pb.Station, digest: str, actor: str, *, now: datetime
) -> pb.Station:
    """Store a base station."""
    found = keeping.known(tx, STATION, station.name, digest)
    if found is not None:
        return keeping.parsed(pb.Station, found)
    station.reserve_kwh = model.reserve_kwh(station.critical_kw, station.backup_hours)
    keeping.keep(tx, STATION, "", station, digest, actor, now)
    return station


def _times(start: datetime, step: timedelta, count: int) -> list[datetime]:
    """Return when each step of a plan begins; raise PlanBeyondTime."""
    try:
        times = [start + number * step for number in range(count + 1)]
    except OverflowError:
        raise PlanBeyondTime("the plan ends after the year 9999", field="start_time") from None
    return times[:-1]


def plan_sleep(
    tx: Transaction, desk: Desk, plan: pb.SleepPlan, digest: str, actor: str, *, now: datetime
) -> pb.SleepPlan:
    """Plan a cell's sleep; no step that a warning's time reaches into sleeps."""
    found = keeping.known(tx, SLEEP_PLAN, plan.name, digest)
    if found is not None:
        return keeping.parsed(pb.SleepPlan, found)
    station = _station_of(tx, plan.name)
    radio = radio_of(desk, station, now)
    rule = SleepRule.of(desk.rule(model.SLEEP_RULE, now))
    warned_until = tx.warned_until(station.place_code, now)
    start, step = plan.start_time.ToDatetime(UTC), timedelta(seconds=plan.step_s)
    cell, kwh, always = Cell(), 0.0, 0.0
    hours = step / timedelta(hours=1) * station.radio_count
    for at, expected in zip(_times(start, step, len(plan.scenes)), plan.scenes, strict=True):
        is_warned = warned_until is not None and at < warned_until
        scene = Scene(expected.load, expected.spare, is_warned, expected.serves_ambulance)
        decision = model.decide(cell, scene, rule, at)
        cell = decision.cell
        made = plan.steps.add(asleep=cell.is_asleep, reason=decision.reason.value)
        made.start_time.FromDatetime(at)
        load = min(scene.load, 1.0)
        awake = radio.watts(load)
        carried = awake - radio.watts(0.0)
        always += awake * hours / 1000
        # What a sleeping cell does not carry its neighbours do, and pay for.
        used = radio.watts(0.0, is_asleep=True) + carried if cell.is_asleep else awake
        kwh += used * hours / 1000
    plan.energy_kwh, plan.always_on_kwh, plan.rule_version = kwh, always, rule.version
    keeping.keep(tx, SLEEP_PLAN, station.name, plan, digest, actor, now)
    return plan


def plan_battery(
    tx: Transaction, plan: pb.BatteryPlan, digest: str, actor: str, *, now: datetime
) -> pb.BatteryPlan:
    """Plan a battery; it fills in every step that a warning's time reaches into."""
    found = keeping.known(tx, BATTERY_PLAN, plan.name, digest)
    if found is not None:
        return keeping.parsed(pb.BatteryPlan, found)
    station = _station_of(tx, plan.name)
    start, step = plan.start_time.ToDatetime(UTC), timedelta(seconds=plan.step_s)
    times = _times(start, step, len(plan.load_kw))
    warned_until = tx.warned_until(station.place_code, now)
    warned = 0 if warned_until is None else math.ceil((warned_until - start) / step)
    plan.reserve_kwh = min(station.reserve_kwh, plan.capacity_kwh)
    battery = Battery(
        battery_plan.NAME,
        plan.power_kw,
        plan.capacity_kwh,
        plan.charge_efficiency,
        plan.discharge_efficiency,
        plan.start_kwh,
        plan.reserve_kwh,
        wear_cost=plan.wear_cost,
    )
    made = battery_plan.plan(
        battery, plan.load_kw, plan.price, step / timedelta(hours=1), warned_steps=warned
    )
    for number, (kw, stored_kwh) in enumerate(zip(made.kw, made.stored_kwh, strict=True)):
        reason = "WARNING_ACTIVE" if number < made.filling else "ARBITRAGE"
        shown = plan.steps.add(kw=kw, stored_kwh=stored_kwh, reason=reason)
        shown.start_time.FromDatetime(times[number])
    plan.cost_cny, plan.idle_cost_cny = made.cost, made.idle_cost
    keeping.keep(tx, BATTERY_PLAN, station.name, plan, digest, actor, now)
    return plan


def claim_of(message: pb.SubsidyClaim, station: pb.Station) -> subsidy.Claim:
    """Return a claim as the model has it."""
    return subsidy.Claim(
        message.name,
        message.operator_name,
        station.name,
        message.meter_number,
        message.month,
        message.energy_kwh,
        message.hours,
        message.mean_load,
        station.radio_count,
        message.other_kw,
        message.metered,
        message.price_paid,
        message.price_grid,
    )


def claim_subsidy(
    tx: Transaction, desk: Desk, claim: pb.SubsidyClaim, digest: str, actor: str, *, now: datetime
) -> pb.SubsidyClaim:
    """Take a claim; of one meter and month only the first that came is paid."""
    found = keeping.known(tx, CLAIM, claim.name, digest)
    if found is not None:
        return keeping.parsed(pb.SubsidyClaim, found)
    station = _station_of(tx, claim.name)
    year, month = (int(part) for part in claim.month.split("-"))
    most = 24 * calendar.monthrange(year, month)[1]
    if claim.hours > most:
        raise ClaimInvalid(f"hours {claim.hours} are more than {most} of {claim.month}")
    rule = desk.rule(subsidy.SUBSIDY_RULE, now)
    radio = radio_of(desk, station, now)
    [made] = subsidy.assess_all([claim_of(claim, station)], radio, rule)
    # A tower that operators share has one meter: whichever station they name, it is paid once.
    first = f"meter-month/{claim.meter_number}/{claim.month}"
    is_double = not tx.add_document("meter-month", "", _mark(first, claim.name), now)
    objections = [each.value for each in made.objections]
    if is_double:
        objections.insert(0, subsidy.Objection.DOUBLE_CLAIM.value)
    claim.eligible_kwh = 0.0 if is_double else made.eligible_kwh
    claim.amount_cny = 0.0 if is_double else made.yuan
    claim.capped = made.is_capped
    claim.expected_kwh_min, claim.expected_kwh_max = made.expected_kwh
    claim.objections.extend(objections)
    claim.rule_version = made.rule_version
    claim.rule_verified = rule.verified
    claim.evidence_sha256 = made.evidence_sha256
    keeping.keep(tx, CLAIM, station.name, claim, digest, actor, now)
    return claim


def _mark(name: str, claim: str) -> Document:
    return Document(name, claim, b"")
