"""Monitors: what they show is a lead for a person when it is above a permit; never a penalty."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from services.credit_supervision.model import codes
from services.credit_supervision.model import monitoring as model
from services.credit_supervision.model.clues import Source
from services.credit_supervision.model.monitoring import Hour, Point, State
from services.credit_supervision.ports import Transaction
from services.credit_supervision.usecases import clues
from services.credit_supervision.usecases.clues import CodeInvalid, Report
from services.credit_supervision.usecases.refused import ProcessExists, ProcessNotFound
from services.plumbing.audit_chain import Entry
from services.plumbing.rules import RuleBook
from tianfu import subjects

PROVINCE: Final = "CN-51"
MONITOR: Final = "monitor"
JUDGED_AT_ONCE: Final = 500
HOURS_KEPT: Final = 24 * 400
"""A gateway keeps nothing longer than a year; a batch of before is of a clock that is wrong."""


def enter(tx: Transaction, made: Point, actor: str, *, now: datetime) -> Point:
    """Enter a monitoring point; the same again changes nothing."""
    problem = codes.problem_of(made.code)
    if problem is not None:
        raise CodeInvalid(
            codes.explain(made.code, problem), field="entity", metadata={"why": problem.value}
        )
    known = tx.point(made.point_id)
    if known is not None:
        if replace(made, created=known.created, state=known.state) != known:
            raise ProcessExists(f"monitoring point {made.point_id!r} says something else")
        return known
    tx.put_point(made)
    told = {"matter": made.matter, "permit": made.permit_sha256}
    resource = f"monitoringPoints/{made.point_id}"
    tx.audit(Entry(now, actor, "monitoring-points.enter", resource, details=told))
    return made


def retire(tx: Transaction, point_id: str, actor: str, *, now: datetime) -> Point:
    """Retire a monitoring point; again, it changes nothing."""
    known = tx.point(point_id)
    if known is None:
        raise ProcessNotFound(f"no monitoring point {point_id!r} is there")
    if known.state is State.RETIRED:
        return known
    over = replace(known, state=State.RETIRED)
    tx.put_point(over)
    resource = f"monitoringPoints/{point_id}"
    tx.audit(Entry(now, actor, "monitoring-points.retire", resource))
    return over


def record(tx: Transaction, batch: str, hours: Sequence[Hour]) -> bool:
    """Add a batch's readings to their hours; False when the batch was taken before."""
    if not tx.first_time(subjects.CREDIT_READINGS, batch):
        return False
    tx.add_readings(hours)
    return True


def judge(tx: Transaction, book: RuleBook, *, now: datetime) -> int:
    """Make leads of the hours that are settled and above their permits; return how many."""
    rule = book.in_force(model.LEADS, PROVINCE, now)
    settled = model.settled_before(rule, now)
    leads = 0
    for hour in tx.hours_to_judge(settled, JUDGED_AT_ONCE):
        point = tx.point(hour.point_id)
        if point is None or point.state is State.RETIRED or not model.is_lead(rule, point, hour):
            continue
        seen = model.evidence(point, hour)
        told = hashlib.sha256(f"{point.point_id}|{hour.hour}".encode()).hexdigest()
        clues.report(tx, book, _lead(point, f"monitor-{told[:32]}", seen), MONITOR, now=now)
        leads += 1
    tx.forget_hours(settled - HOURS_KEPT)
    return leads


def hospital_lead(
    tx: Transaction, book: RuleBook, hospital: str, event: str, *, now: datetime
) -> int:
    """Make leads of a result that a hospital marked without a valid assessment."""
    found = tx.points_of_hospital(hospital)
    for point in found:
        told = hashlib.sha256(f"{point.point_id}|{event}".encode()).hexdigest()
        clues.report(tx, book, _lead(point, f"health-{told[:32]}", event), "healthcare", now=now)
    return len(found)


def _lead(point: Point, report_id: str, seen: str) -> Report:
    return Report(
        report_id=report_id,
        source=Source.SENSOR,
        code=point.code,
        matter=point.matter,
        place=point.place,
        evidence=(hashlib.sha256(seen.encode()).hexdigest(),),
    )
