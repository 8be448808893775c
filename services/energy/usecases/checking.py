"""What shows over hours and days: stuck registers, odd hours, power of a plant that is shut."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from services.energy.model import register_checks as checks
from services.energy.model import slots
from services.energy.model.metering import CHECKS_RULE
from services.energy.model.records import MeterRow, UnitRow, derived
from services.energy.model.register_checks import CheckRule, Doubt, Interval
from services.energy.model.slots import Quality
from services.energy.ports import Desk, Transaction
from services.energy.usecases import consumption, noticing
from services.plumbing.rules import CHINA_STANDARD_TIME
from tianfu import anomaly
from tianfu.anomaly import Detector

METERS_AT_ONCE: Final = 50
"""Looked at in one transaction: some milliseconds each."""

LOOK_BACK: Final = timedelta(days=21)
"""The detector remembers 14 days of a kind; three weeks hold them."""

HOURS_TOLD: Final = 6
"""Odd hours so long ago were told of when they were new."""

SHUT_MATTER: Final = "operating-while-shut"
HOUR_S: Final = 3600


def check_meters(
    tx: Transaction, desk: Desk, after: tuple[str, str], *, now: datetime
) -> tuple[str, str] | None:
    """Look at the meters after one; return the last of them, None when there are no more."""
    meters = tx.meters_after(after, METERS_AT_ONCE)
    rule = CheckRule.of(desk.rule(CHECKS_RULE, now))
    for meter in meters:
        found = _intervals(tx, desk, meter, now - LOOK_BACK, now)
        _stuck(tx, meter, found, rule, now)
        if meter.is_entry and HOUR_S % desk.interval_s == 0:
            _odd_hours(tx, desk, meter, found, now)
    if len(meters) < METERS_AT_ONCE:
        return None
    return meters[-1].unit_id, meters[-1].meter_id


def _intervals(
    tx: Transaction, desk: Desk, meter: MeterRow, start: datetime, end: datetime
) -> list[Interval]:
    """Return a meter's intervals that are known, in order."""
    slot_us = desk.interval_s * 1_000_000
    low = (consumption.microseconds(start) + slots.CST_US) // slot_us
    high = (consumption.microseconds(end) + slots.CST_US) // slot_us
    # Three weeks of ten seconds would be no check but a load: as many as three weeks of quarters.
    low = max(low, high - 21 * slots.SLOTS)
    kwh, quality = consumption.slot_energy(tx, meter, low, high)
    found = []
    for position in np.flatnonzero(quality != Quality.UNKNOWN):
        begin = consumption.moment_of(slots.slot_begin_us(low + int(position), slot_us))
        is_doubted = quality[position] >= Quality.ROLLBACK
        amount = None if is_doubted else float(kwh[position])
        found.append(Interval(begin, begin + timedelta(seconds=desk.interval_s), amount))
    return found


def _stuck(
    tx: Transaction, meter: MeterRow, found: Sequence[Interval], rule: CheckRule, now: datetime
) -> None:
    stuck = [each for each in checks.without_stuck(list(found), rule) if each.doubt is Doubt.STUCK]
    if not stuck:
        return
    first, last = stuck[0].begin, stuck[-1].end
    noticing.notice(
        tx,
        unit_id=meter.unit_id,
        meter=meter.name,
        kind=Doubt.STUCK.value,
        explanation=f"{meter.meter_id}: the register has stood since "
        f"{first:%Y-%m-%d %H:%M} UTC for {len(stuck)} intervals, and there was load before",
        start=first,
        end=last,
        rule_version=rule.version,
        now=now,
    )


def _odd_hours(
    tx: Transaction, desk: Desk, meter: MeterRow, found: Sequence[Interval], now: datetime
) -> None:
    per_hour = HOUR_S // desk.interval_s
    hours: dict[datetime, list[float]] = {}
    for each in found:
        if each.kwh is not None:
            hour = each.begin.replace(minute=0, second=0, microsecond=0)
            hours.setdefault(hour, []).append(each.kwh)
    detector = Detector()
    verdicts = [
        detector.judge(hour.astimezone(CHINA_STANDARD_TIME), sum(amounts))
        for hour, amounts in sorted(hours.items())
        if len(amounts) == per_hour
    ]
    for stretch in anomaly.stretches(verdicts, gap=2):
        if stretch.worst.kind is None or now - stretch.end > timedelta(hours=HOURS_TOLD):
            continue
        noticing.notice(
            tx,
            unit_id=meter.unit_id,
            meter=meter.name,
            kind=stretch.worst.kind.value,
            explanation=f"{meter.meter_id}: {stretch.worst.sentence}",
            start=stretch.begin,
            end=stretch.end + timedelta(hours=1),
            rule_version="",
            now=now,
        )


def check_shut(tx: Transaction, desk: Desk, *, now: datetime) -> int:
    """Look for power at night of units that are declared shut; return how many clues there are."""
    rule = CheckRule.of(desk.rule(CHECKS_RULE, now))
    return sum(_shut_unit(tx, desk, unit, rule, now) for unit in tx.shut_units(now))


def _shut_unit(tx: Transaction, desk: Desk, unit: UnitRow, rule: CheckRule, now: datetime) -> bool:
    assert unit.shut_time is not None  # noqa: S101 - the store asked for those that have one
    clues = 0
    for meter in tx.meters(unit.unit_id):
        if not meter.is_entry or meter.energy != "electricity":
            continue
        before = _intervals(tx, desk, meter, unit.shut_time - LOOK_BACK, unit.shut_time)
        loads = [kw for each in before if (kw := each.kw) is not None]
        usual = sum(loads) / len(loads) if loads else 0.0
        since = _intervals(tx, desk, meter, unit.shut_time, now)
        found = checks.night_load(since, usual, unit.shut_time, rule)
        if found is None:
            continue
        text = (
            f"{meter.meter_id}: {found.mean_kw:.1f} kW on the nights of {', '.join(found.nights)} "
            f"though declared shut since {unit.shut_time:%Y-%m-%d}; usual were {usual:.1f} kW"
        )
        is_new = noticing.notice(
            tx,
            unit_id=unit.unit_id,
            meter=meter.name,
            kind="NIGHT_LOAD",
            explanation=text,
            start=unit.shut_time,
            end=now,
            rule_version=found.rule_version,
            now=now,
        )
        if is_new:
            report = derived("night-load", meter.name, unit.shut_time.isoformat())
            noticing.raise_clue(
                tx, unit.unit_id, SHUT_MATTER, text, report, found.rule_version, now=now
            )
            clues += 1
    return clues > 0
