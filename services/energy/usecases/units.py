"""Units, their meters, and energy that no meter counts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final

from services.energy.model import metering, standard_coal
from services.energy.model.records import MeterRow, RecordRow, UnitRow
from services.energy.ports import Desk, Transaction
from services.energy.usecases import keeping, quotas, rows
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import Aborted, AlreadyExists, InvalidArgument
from tianfu.energy.v1 import unit_pb2 as pb

METERS_MAX: Final = 10_000
"""Of one unit: a refinery has some thousands."""

CHANGEABLE: Final = ("display_name", "designated", "output_unit", "shut_time", "places")


class MeterInvalid(InvalidArgument):
    """A meter that has neither a series nor terms, or that has both."""

    reason = "METER_INVALID"


class SeriesTaken(AlreadyExists):
    """Another meter counts that series: its energy would count twice."""

    reason = "SERIES_TAKEN"


class EtagStale(Aborted):
    """Somebody has changed it since it was read."""

    reason = "ETAG_STALE"


class MaskInvalid(InvalidArgument):
    """The mask names what can't be changed."""

    reason = "UPDATE_MASK_INVALID"


def row_of(unit: pb.Unit) -> UnitRow:
    """Return the columns of a unit."""
    shut = unit.shut_time.ToDatetime(UTC) if unit.HasField("shut_time") else None
    unit_id = unit.name.removeprefix("units/")
    return UnitRow(unit_id, unit.place_code, unit.credit_code, unit.designated, shut)


def create_unit(
    tx: Transaction, unit: pb.Unit, digest: str, etag: str, actor: str, *, now: datetime
) -> pb.Unit:
    """Store a unit."""
    found = keeping.known(tx, "unit", unit.name, digest)
    if found is not None:
        return keeping.parsed(pb.Unit, found)
    unit.etag = etag
    keeping.keep(tx, "unit", "", unit, digest, actor, now)
    tx.put_unit(row_of(unit))
    return unit


def update_unit(
    tx: Transaction,
    asked: pb.Unit,
    mask: Collection[str],
    etag: str,
    actor: str,
    *,
    now: datetime,
) -> pb.Unit:
    """Change a unit's fields of the mask, if its etag is still the one given."""
    unknown = sorted(set(mask) - set(CHANGEABLE))
    if unknown:
        raise MaskInvalid(
            f"{', '.join(unknown)} can't be changed; can be: {', '.join(CHANGEABLE)}",
            field="update_mask",
        )
    unit = keeping.parsed(pb.Unit, keeping.body(tx, "unit", asked.name))
    if asked.etag and asked.etag != unit.etag:
        raise EtagStale("the unit has changed since it was read; read it again", field="unit.etag")
    for name in mask:
        unit.ClearField(name)
        if name == "places":
            unit.places.extend(asked.places)
        elif name == "shut_time":
            if asked.HasField("shut_time"):
                unit.shut_time.CopyFrom(asked.shut_time)
        else:
            setattr(unit, name, getattr(asked, name))
    unit.etag = etag
    tx.replace_document("unit", unit.name, unit.SerializeToString(deterministic=True))
    tx.put_unit(row_of(unit))
    tx.audit(Entry(now, actor, "unit.update", unit.name, details={"fields": ",".join(mask)}))
    return unit


def meter_row(meter: pb.Meter) -> MeterRow:
    """Return the columns of a meter."""
    _, unit_id, _, meter_id = meter.name.split("/")
    _, node, _, series = meter.series.split("/", 3) if meter.series else ("", "", "", "")
    return MeterRow(
        unit_id,
        meter_id,
        node,
        series,
        meter.energy,
        meter.place,
        meter.upstream,
        int(meter.level),
        meter.register_max,
        meter.capacity_kva,
        meter.multiplier or 1.0,
    )


def create_meter(
    tx: Transaction, meter: pb.Meter, digest: str, actor: str, *, now: datetime
) -> pb.Meter:
    """Store a meter; raise when the unit's meters would no longer be a tree."""
    found = keeping.known(tx, "meter", meter.name, digest)
    if found is not None:
        return keeping.parsed(pb.Meter, found)
    row = meter_row(meter)
    keeping.body(tx, "unit", f"units/{row.unit_id}")
    if bool(meter.series) == bool(meter.terms):
        raise MeterInvalid("a meter has either a series or terms", field="meter.series")
    others = tx.meters(row.unit_id)
    if len(others) >= METERS_MAX:
        raise MeterInvalid(f"a unit has at most {METERS_MAX} meters", field="parent")
    metering.check_tree([rows.tree_meter(each) for each in (*others, row)])
    names = {each.meter_id for each in others}
    strangers = sorted({term.meter for term in meter.terms} - names)
    if strangers:
        raise MeterInvalid(
            f"terms name {', '.join(strangers)}, which the unit has not", field="meter.terms"
        )
    keeping.keep(tx, "meter", f"units/{row.unit_id}", meter, digest, actor, now)
    if not tx.add_meter(row):
        raise SeriesTaken(f"another meter counts {meter.series}", field="meter.series")
    return meter


def create_record(
    tx: Transaction, desk: Desk, record: pb.EnergyRecord, digest: str, actor: str, *, now: datetime
) -> pb.EnergyRecord:
    """Store energy that no meter counts; raise for a carrier or unit that has no coefficient."""
    found = keeping.known(tx, "energy-record", record.name, digest)
    if found is not None:
        return keeping.parsed(pb.EnergyRecord, found)
    _, unit_id, _, record_id = record.name.split("/")
    keeping.body(tx, "unit", f"units/{unit_id}")
    row = RecordRow(
        unit_id,
        record_id,
        record.energy,
        record.unit,
        record.month,
        record.amount,
        record.ncv_kj,
        record.sold,
    )
    coal, supply = (
        desk.rule(standard_coal.COAL_RULE, now),
        desk.rule(standard_coal.SUPPLY_RULE, now),
    )
    standard_coal.Coefficients.of(coal, supply, standard_coal.Basis.EQUIVALENT).kgce(
        rows.flow_of(row)
    )
    keeping.keep(tx, "energy-record", f"units/{unit_id}", record, digest, actor, now)
    tx.add_record(row)
    quotas.reassess(tx, desk, unit_id, int(record.month[:4]), now=now)
    return record
