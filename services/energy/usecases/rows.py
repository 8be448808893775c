"""Stored rows and messages as the model's values."""

from __future__ import annotations

from collections.abc import Sequence

from services.energy.model import metering, standard_coal
from services.energy.model.records import MeterRow, RecordRow
from tianfu.energy.v1 import unit_pb2 as pb


def tree_meter(row: MeterRow) -> metering.Meter:
    """Return a meter as the tree knows it."""
    return metering.Meter(row.meter_id, row.place, row.energy, row.upstream or None)


def flow_of(record: RecordRow) -> standard_coal.Flow:
    """Return a record as a flow of energy."""
    return standard_coal.Flow(
        record.energy, record.amount, record.unit, record.sold, record.ncv_kj or None
    )


def places_of(unit: pb.Unit) -> Sequence[metering.Place]:
    """Return where GB 17167 asks for a unit's meters."""
    levels = {
        pb.METERING_LEVEL_UNIT: metering.Level.UNIT,
        pb.METERING_LEVEL_SUB_UNIT: metering.Level.SUB_UNIT,
        pb.METERING_LEVEL_EQUIPMENT: metering.Level.EQUIPMENT,
    }
    return [
        metering.Place(each.place, each.energy, levels[each.level], each.rating)
        for each in unit.places
    ]
