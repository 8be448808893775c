"""Comprehensive energy consumption of a unit: meters at its entry, and what is recorded by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

from services.energy.model import carbon, metering, slots, standard_coal
from services.energy.model.records import LEVELS, MeterRow
from services.energy.model.slots import Quality
from services.energy.model.standard_coal import Basis, Coefficients, Consumption, Flow
from services.energy.ports import Desk, Transaction
from services.energy.usecases import keeping
from services.energy.usecases import rows as made_of
from services.plumbing.refusal import InvalidArgument
from services.plumbing.rules import CHINA_STANDARD_TIME, Rule
from tianfu.energy.v1 import unit_pb2 as pb

SPAN_MAX: Final = timedelta(days=732)
"""Of one question: two years of a unit's meters."""

MICROSECOND: Final = timedelta(microseconds=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class SpanInvalid(InvalidArgument):
    """From and until are the wrong way round, too far apart, or not on intervals."""

    reason = "SPAN_INVALID"


@dataclass(slots=True)
class Metered:
    """What meters at a unit's entry counted in a span."""

    amounts: dict[str, float] = field(default_factory=dict)
    unknown: int = 0
    estimated: int = 0


def microseconds(moment: datetime) -> int:
    """Return a time as Unix microseconds."""
    return (moment - EPOCH) // MICROSECOND


def moment_of(time_us: int) -> datetime:
    """Return Unix microseconds as a time."""
    return EPOCH + timedelta(microseconds=time_us)


def span_slots(desk: Desk, start: datetime, end: datetime) -> tuple[int, int]:
    """Return the first slot of a span and the one after its last; raise SpanInvalid."""
    slot_us = desk.interval_s * 1_000_000
    if not timedelta(0) < end - start <= SPAN_MAX:
        raise SpanInvalid(
            f"need start_time before end_time, at most {SPAN_MAX.days} days apart", field="end_time"
        )
    low, low_rest = divmod(microseconds(start) + slots.CST_US, slot_us)
    high, high_rest = divmod(microseconds(end) + slots.CST_US, slot_us)
    if low_rest or high_rest:
        raise SpanInvalid(
            f"times lie on intervals of {desk.interval_s} s, as 08:15:00", field="start_time"
        )
    return low, high


def slot_energy(
    tx: Transaction, meter: MeterRow, low: int, high: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return energy and quality of a meter's slots from ``low`` up to ``high``."""
    first, last = low // slots.SLOTS, (high - 1) // slots.SLOTS
    found = tx.block_range(meter, first, last)
    kwh = np.zeros((last - first + 1) * slots.SLOTS)
    quality = np.zeros(kwh.size, np.uint8)
    for number, block in found.items():
        at = (number - first) * slots.SLOTS
        kwh[at : at + slots.SLOTS] = block.kwh
        quality[at : at + slots.SLOTS] = block.quality
    part = slice(low - first * slots.SLOTS, high - first * slots.SLOTS)
    return kwh[part], quality[part]


def metered(tx: Transaction, unit_id: str, low: int, high: int) -> Metered:
    """Return what a unit's entry meters counted."""
    found = Metered()
    for meter in tx.meters(unit_id):
        if not meter.is_entry:
            continue
        kwh, quality = slot_energy(tx, meter, low, high)
        found.amounts[meter.energy] = found.amounts.get(meter.energy, 0.0) + float(kwh.sum())
        bad = (quality == Quality.UNKNOWN) | (quality >= Quality.ROLLBACK)
        found.unknown += int(bad.sum())
        found.estimated += int((quality == Quality.ESTIMATED).sum())
    return found


def coefficients(desk: Desk, basis: Basis, now: datetime) -> Coefficients:
    """Return the coefficients in force at a moment."""
    return Coefficients.of(
        desk.rule(standard_coal.COAL_RULE, now), desk.rule(standard_coal.SUPPLY_RULE, now), basis
    )


def flows(
    tx: Transaction,
    unit_id: str,
    amounts: Mapping[str, float],
    table: Coefficients,
    start: datetime,
    end: datetime,
) -> list[Flow]:
    """Return what meters counted and what was recorded for the months that lie in a span.

    A meter counts in the unit that its carrier is converted by, to which its multiplier leads. What
    has no coefficient is left out: see ``unconverted``.
    """
    made = [
        Flow(energy, max(amount, 0.0), table.table[energy].unit)
        for energy, amount in amounts.items()
        if energy in table.table
    ]
    months = whole_months(start, end)
    if months is not None:
        made += [made_of.flow_of(each) for each in tx.records(unit_id, *months)]
    return made


def unconverted(tx: Transaction, unit_id: str, table: Coefficients) -> list[str]:
    """Return the carriers of entry meters that no coefficient is known for, such as steam."""
    counted = {each.energy for each in tx.meters(unit_id) if each.is_entry}
    return sorted(counted - table.table.keys())


def whole_months(start: datetime, end: datetime) -> tuple[str, str] | None:
    """Return first and last month that lie wholly in a span, None when none does.

    Records are of months: a month that a span cuts is not in it, for nobody knows which part.
    """
    first = start.astimezone(CHINA_STANDARD_TIME)
    if (first.day, first.time()) != (1, datetime.min.time()):
        first = datetime(
            first.year + first.month // 12, first.month % 12 + 1, 1, tzinfo=CHINA_STANDARD_TIME
        )
    last = end.astimezone(CHINA_STANDARD_TIME).date().replace(day=1) - timedelta(days=1)
    if first.date() > last:
        return None
    return f"{first:%Y-%m}", f"{last:%Y-%m}"


def year_span(year: int) -> tuple[datetime, datetime]:
    """Return begin and end of a year in China."""
    begin, end = date(year, 1, 1), date(year + 1, 1, 1)
    midnight = datetime.min.time()
    return (
        datetime.combine(begin, midnight, CHINA_STANDARD_TIME),
        datetime.combine(end, midnight, CHINA_STANDARD_TIME),
    )


def of_span(
    tx: Transaction,
    desk: Desk,
    unit_id: str,
    start: datetime,
    end: datetime,
    basis: Basis,
    *,
    now: datetime,
) -> pb.Consumption:
    """Return a unit's consumption; raise ResourceNotFound or SpanInvalid."""
    keeping.body(tx, "unit", f"units/{unit_id}")
    found = metered(tx, unit_id, *span_slots(desk, start, end))
    table = coefficients(desk, basis, now)
    made = flows(tx, unit_id, found.amounts, table, start, end)
    used = standard_coal.consumption(made, table)
    message = pb.Consumption(
        unit=f"units/{unit_id}",
        basis=pb.ELECTRICITY_BASIS_SUPPLY_COAL
        if basis is Basis.SUPPLY_COAL
        else pb.ELECTRICITY_BASIS_EQUIVALENT,
        tce=used.tce,
        rule_versions=used.rule_versions,
        unknown_intervals=found.unknown,
        estimated_intervals=found.estimated,
        unconverted_energies=unconverted(tx, unit_id, table),
    )
    for energy, tce in used.by_energy.items():
        own = [each for each in made if each.energy == energy]
        amount = sum(-each.amount if each.is_sold else each.amount for each in own)
        message.energies.add(energy=energy, amount=amount, unit=own[0].unit, tce=tce)
    message.start_time.FromDatetime(start)
    message.end_time.FromDatetime(end)
    return message


def of_year(tx: Transaction, desk: Desk, unit_id: str, year: int, now: datetime) -> Consumption:
    """Return a year's consumption by the totals of blocks; electricity by its own heat."""
    begin, end = year_span(year)
    slot_us = desk.interval_s * 1_000_000
    low = (microseconds(begin) + slots.CST_US) // slot_us // slots.SLOTS
    high = ((microseconds(end) + slots.CST_US) // slot_us - 1) // slots.SLOTS
    table = coefficients(desk, Basis.EQUIVALENT, now)
    made = flows(tx, unit_id, tx.unit_totals(unit_id, low, high), table, begin, end)
    return standard_coal.consumption(made, table)


def audit(
    tx: Transaction, desk: Desk, unit_id: str, start: datetime, end: datetime, *, now: datetime
) -> pb.MeteringAudit:
    """Return what GB 17167 says of a unit's meters, and whether they add up over a span."""
    unit = keeping.parsed(pb.Unit, keeping.body(tx, "unit", f"units/{unit_id}"))
    low, high = span_slots(desk, start, end)
    rows = {each.meter_id: each for each in tx.meters(unit_id)}
    meters = [made_of.tree_meter(each) for each in rows.values()]
    rule = desk.rule(metering.METERING_RULE, now)
    found = metering.audit(made_of.places_of(unit), meters, rule)
    message = pb.MeteringAudit(
        unit=unit.name,
        unknown_places=found.unknown,
        rule_version=found.rule_version,
        rule_verified=found.is_verified,
        met=found.is_met,
    )
    for rate in found.rates:
        message.rates.add(
            energy=rate.energy,
            level=pb.MeteringLevel.ValueType(LEVELS.index(rate.level, 1)),
            needed=rate.needed,
            fitted=rate.fitted,
            required_percent=rate.required,
            met=rate.is_met,
            missing_places=rate.missing,
        )
    amounts = amounts_of(tx, rows, low, high)
    checks = desk.rule(metering.CHECKS_RULE, now)
    for upper, lower in metering.check_tree(meters).items():
        if lower:
            _add_balance(message, unit.name, upper, lower, amounts, checks)
    return message


def _add_balance(
    message: pb.MeteringAudit,
    unit: str,
    upper: str,
    lower: tuple[str, ...],
    amounts: Mapping[str, float | None],
    rule: Rule,
) -> None:
    made = metering.balance(amounts[upper], {each: amounts[each] for each in lower}, rule)
    is_known = made.state is not metering.BalanceState.INCOMPLETE
    message.balances.add(
        meter=f"{unit}/meters/{upper}",
        state=made.state.name,
        difference=made.difference if is_known else 0.0,
        share=made.share if is_known else 0.0,
        missing_meters=made.missing,
    )


def amounts_of(
    tx: Transaction, rows: Mapping[str, MeterRow], low: int, high: int
) -> dict[str, float | None]:
    """Return what each meter counted, virtual ones too; None where an interval is not known."""
    amounts: dict[str, float | None] = {}
    for meter_id, row in rows.items():
        if row.series:
            kwh, quality = slot_energy(tx, row, low, high)
            bad = (quality == Quality.UNKNOWN) | (quality >= Quality.ROLLBACK)
            amounts[meter_id] = None if bad.any() else float(kwh.sum())
    for meter_id, row in rows.items():
        if not row.series:
            terms = keeping.parsed(pb.Meter, keeping.body(tx, "meter", row.name)).terms
            amounts[meter_id] = metering.virtual(
                {each.meter: each.factor for each in terms}, amounts
            )
    return amounts


def footprint(
    tx: Transaction,
    desk: Desk,
    unit_id: str,
    year: int,
    green_kwh: float,
    products: Mapping[str, float],
    *,
    now: datetime,
) -> pb.CarbonFootprint:
    """Return a unit's carbon dioxide in a year of account."""
    unit = tx.unit(unit_id)
    if unit is None:
        raise keeping.ResourceNotFound(f"there is no unit {unit_id}", field="name")
    grid = desk.rule(carbon.GRID_RULE, now)
    fuel_rule = desk.rule(carbon.FUEL_RULE, now)
    begin, end = year_span(year)
    amounts = metered(tx, unit_id, *span_slots(desk, begin, end)).amounts
    table = coefficients(desk, Basis.EQUIVALENT, now)
    made = flows(tx, unit_id, amounts, table, begin, end)
    grid_kwh = sum(
        -each.amount if each.is_sold else each.amount
        for each in made
        if each.energy == standard_coal.ELECTRICITY
    )
    fuels: dict[str, float] = {}
    for each in made:
        if each.energy in fuel_rule.table() and not each.is_sold:
            fuels[each.energy] = fuels.get(each.energy, 0.0) + each.amount / carbon.KG_PER_T
    account = carbon.Account(unit.place_code[:2], year, grid_kwh, green_kwh, fuels)
    found = carbon.footprint(account, grid, fuel_rule)
    message = pb.CarbonFootprint(
        unit=f"units/{unit_id}",
        year=year,
        location_t=found.location_t,
        market_t=found.market_t or 0.0,
        market_known=found.market_t is not None,
        fuel_t=found.fuel_t,
        grid_kwh=grid_kwh,
        green_kwh=green_kwh,
        rule_versions=found.rule_versions,
    )
    if products:
        shared = carbon.of_product(found.total_location_t, products)
        for product, carbon_t in sorted(shared.items()):
            message.products.add(product=product, share=products[product], carbon_t=carbon_t)
    return message
