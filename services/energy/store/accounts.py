"""Units, meters and the energy of their intervals."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.energy.model.records import MeterRow, QuotaRow, RecordRow, UnitBlock, UnitRow
from services.energy.model.slots import Block, Change
from services.energy.store.tables import (
    anomalies,
    blocks,
    counters,
    meters,
    quotas,
    records,
    restatements,
    total_restatements,
    unit_blocks,
    units,
)

_PACKED = ("marks", "kwh", "quality", "restated")


class AccountRows:
    """The part of a transaction that accounts for energy."""

    _connection: sa.Connection
    _hold: bool

    def numbers(self, log: str, count: int) -> int:
        """Draw ``count`` numbers of a log; return the first. Others wait until the end."""
        statement = (
            sa.update(counters)
            .where(counters.c.log == log)
            .values(number=counters.c.number + count)
            .returning(counters.c.number)
        )
        return int(self._connection.execute(statement).scalar_one()) - count + 1

    # -- units and meters -------------------------------------------------------------------------

    def put_unit(self, unit: UnitRow) -> None:
        """Store a unit, in place of what was stored."""
        statement = postgresql.insert(units).values(asdict(unit))
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[units.c.unit_id], set_=asdict(unit))
        )

    def unit(self, unit_id: str) -> UnitRow | None:
        """Return a unit."""
        query = sa.select(units).where(units.c.unit_id == unit_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else UnitRow(**row)

    def shut_units(self, now: datetime) -> Sequence[UnitRow]:
        """Return units that are declared shut."""
        query = sa.select(units).where(units.c.shut_time <= now).order_by(units.c.unit_id)
        return [UnitRow(**row) for row in self._connection.execute(query).mappings()]

    def add_meter(self, meter: MeterRow) -> bool:
        """Store a meter; return False when its series is another's."""
        statement = postgresql.insert(meters).values(asdict(meter))
        done = statement.on_conflict_do_nothing().returning(meters.c.meter_id)
        return self._connection.execute(done).one_or_none() is not None

    def meters(self, unit_id: str) -> Sequence[MeterRow]:
        """Return a unit's meters in order of id."""
        query = sa.select(meters).where(meters.c.unit_id == unit_id).order_by(meters.c.meter_id)
        return [MeterRow(**row) for row in self._connection.execute(query).mappings()]

    def meters_of(self, series: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], MeterRow]:
        """Return the meters of series, by node and series."""
        query = sa.select(meters).where(
            sa.tuple_(meters.c.node, meters.c.series).in_(sorted(series))
        )
        found = [MeterRow(**row) for row in self._connection.execute(query).mappings()]
        return {(each.node, each.series): each for each in found}

    def metered(self, nodes: Collection[str]) -> frozenset[tuple[str, str]]:
        """Return node and series of every meter of some nodes."""
        query = sa.select(meters.c.node, meters.c.series).where(
            meters.c.node.in_(sorted(nodes)), meters.c.series != ""
        )
        return frozenset((node, series) for node, series in self._connection.execute(query))

    def meters_after(self, after: tuple[str, str], limit: int) -> Sequence[MeterRow]:
        """Return meters with a series after one, in order of unit and meter."""
        query = (
            sa.select(meters)
            .where(sa.tuple_(meters.c.unit_id, meters.c.meter_id) > after, meters.c.series != "")
            .order_by(meters.c.unit_id, meters.c.meter_id)
            .limit(limit)
        )
        return [MeterRow(**row) for row in self._connection.execute(query).mappings()]

    # -- energy -----------------------------------------------------------------------------------

    def blocks(self, meter: MeterRow, numbers: Collection[int]) -> dict[int, Block]:
        """Return the blocks of a meter that there are, by number."""
        query = (
            sa.select(blocks.c.block, *(blocks.c[name] for name in _PACKED))
            .where(
                blocks.c.unit_id == meter.unit_id,
                blocks.c.meter_id == meter.meter_id,
                blocks.c.block.in_(sorted(numbers)),
            )
            .order_by(blocks.c.block)
        )
        if self._hold:
            query = query.with_for_update()
        return {row[0]: Block.of(*row) for row in self._connection.execute(query)}

    def block_range(self, meter: MeterRow, low: int, high: int) -> dict[int, Block]:
        """Return the blocks of a meter from ``low`` to ``high``, both included."""
        query = sa.select(blocks.c.block, *(blocks.c[name] for name in _PACKED)).where(
            blocks.c.unit_id == meter.unit_id,
            blocks.c.meter_id == meter.meter_id,
            blocks.c.block.between(low, high),
        )
        return {row[0]: Block.of(*row) for row in self._connection.execute(query)}

    def put_blocks(self, meter: MeterRow, changed: Sequence[Block]) -> None:
        """Store blocks of a meter."""
        if not changed:
            return
        statement = postgresql.insert(blocks)
        kept = {name: statement.excluded[name] for name in _PACKED}
        keys = [blocks.c.unit_id, blocks.c.meter_id, blocks.c.block]
        values = [
            {
                "unit_id": meter.unit_id,
                "meter_id": meter.meter_id,
                "block": block.number,
                **{name: getattr(block, name).tobytes() for name in _PACKED},
            }
            for block in changed
        ]
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=kept), values
        )

    def energies(
        self, unit_id: str, meter_ids: Collection[str], number: int
    ) -> Sequence[tuple[str, bytes, bytes]]:
        """Return meter, energies and qualities of one block of some meters of a unit."""
        query = sa.select(blocks.c.meter_id, blocks.c.kwh, blocks.c.quality).where(
            blocks.c.unit_id == unit_id,
            blocks.c.block == number,
            blocks.c.meter_id.in_(sorted(meter_ids)),
        )
        found = self._connection.execute(query.order_by(blocks.c.meter_id))
        return [(row.meter_id, row.kwh, row.quality) for row in found]

    def unit_block(self, unit_id: str, energy: str, number: int) -> UnitBlock | None:
        """Return a unit's total of a block."""
        query = sa.select(unit_blocks).where(
            unit_blocks.c.unit_id == unit_id,
            unit_blocks.c.energy == energy,
            unit_blocks.c.block == number,
        )
        if self._hold:
            query = query.with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else UnitBlock(**row)

    def put_unit_block(self, total: UnitBlock) -> None:
        """Store a unit's total of a block."""
        statement = postgresql.insert(unit_blocks).values(asdict(total))
        keys = [unit_blocks.c.unit_id, unit_blocks.c.energy, unit_blocks.c.block]
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=asdict(total))
        )

    def unit_totals(self, unit_id: str, low: int, high: int) -> Mapping[str, float]:
        """Return a unit's amounts by energy over blocks, both ends included."""
        query = (
            sa.select(unit_blocks.c.energy, sa.func.sum(unit_blocks.c.amount))
            .where(unit_blocks.c.unit_id == unit_id, unit_blocks.c.block.between(low, high))
            .group_by(unit_blocks.c.energy)
        )
        return {energy: float(amount) for energy, amount in self._connection.execute(query)}

    def region_totals(
        self, digits: int, low: int, high: int
    ) -> Sequence[tuple[str, str, float, int]]:
        """Return place, energy, amount and how many units, over blocks."""
        place = sa.func.left(units.c.place_code, digits)
        query = (
            sa.select(
                place,
                unit_blocks.c.energy,
                sa.func.sum(unit_blocks.c.amount),
                sa.func.count(sa.distinct(unit_blocks.c.unit_id)),
            )
            .select_from(unit_blocks.join(units, units.c.unit_id == unit_blocks.c.unit_id))
            .where(unit_blocks.c.block.between(low, high))
            .group_by(place, unit_blocks.c.energy)
            .order_by(place, unit_blocks.c.energy)
        )
        return [(str(p), e, float(a), int(n)) for p, e, a, n in self._connection.execute(query)]

    # -- restatements -----------------------------------------------------------------------------

    def add_restatements(
        self, meter: MeterRow, changes: Sequence[Change], cause: str, now: datetime
    ) -> int:
        """Note restated intervals; return the number of the first."""
        first = self.numbers("restatements", len(changes))
        values = [
            {
                "number": first + offset,
                "unit_id": meter.unit_id,
                "meter_id": meter.meter_id,
                "cause": cause,
                "slot": each.slot,
                "version": each.version,
                "kwh_before": each.kwh_before,
                "kwh_after": each.kwh_after,
                "quality_before": int(each.quality_before),
                "quality_after": int(each.quality_after),
                "restate_time": now,
            }
            for offset, each in enumerate(changes)
        ]
        self._connection.execute(sa.insert(restatements), values)
        return first

    def restatements(self, meter: str, after: int, limit: int) -> Sequence[sa.Row[tuple[object]]]:
        """Return restated intervals after a number, of one meter or of all."""
        query = sa.select(restatements).where(restatements.c.number > after)
        if meter:
            _, unit_id, _, meter_id = meter.split("/")
            query = query.where(
                restatements.c.unit_id == unit_id, restatements.c.meter_id == meter_id
            )
        return self._connection.execute(query.order_by(restatements.c.number).limit(limit)).all()

    def add_total_restatement(self, before: UnitBlock, after: UnitBlock, now: datetime) -> None:
        """Note a total that was restated."""
        self._connection.execute(
            sa.insert(total_restatements).values(
                number=self.numbers("total_restatements", 1),
                unit_id=after.unit_id,
                energy=after.energy,
                block=after.block,
                version=after.version,
                amount_before=before.amount,
                amount_after=after.amount,
                restate_time=now,
            )
        )

    def total_restatements(
        self, unit_id: str, after: int, limit: int
    ) -> Sequence[sa.Row[tuple[object]]]:
        """Return a unit's restated totals after a number."""
        query = (
            sa.select(total_restatements)
            .where(total_restatements.c.unit_id == unit_id, total_restatements.c.number > after)
            .order_by(total_restatements.c.number)
            .limit(limit)
        )
        return self._connection.execute(query).all()

    # -- records, quotas, anomalies ---------------------------------------------------------------

    def add_record(self, record: RecordRow) -> None:
        """Store energy that no meter counts."""
        self._connection.execute(sa.insert(records).values(asdict(record)))

    def records(self, unit_id: str, first_month: str, last_month: str) -> Sequence[RecordRow]:
        """Return a unit's records of months, both included."""
        query = (
            sa.select(records)
            .where(records.c.unit_id == unit_id, records.c.month.between(first_month, last_month))
            .order_by(records.c.record_id)
        )
        return [RecordRow(**row) for row in self._connection.execute(query).mappings()]

    def put_quota(self, quota: QuotaRow) -> None:
        """Store a quota, in place of what was stored."""
        statement = postgresql.insert(quotas).values(asdict(quota))
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[quotas.c.unit_id, quotas.c.year], set_=asdict(quota)
            )
        )

    def quota(self, unit_id: str, year: int) -> QuotaRow | None:
        """Return a quota."""
        query = sa.select(quotas).where(quotas.c.unit_id == unit_id, quotas.c.year == year)
        if self._hold:
            query = query.with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else QuotaRow(**row)

    def quotas(self, unit_id: str, after: int, limit: int) -> Sequence[QuotaRow]:
        """Return a unit's quotas after a year."""
        query = (
            sa.select(quotas)
            .where(quotas.c.unit_id == unit_id, quotas.c.year > after)
            .order_by(quotas.c.year)
            .limit(limit)
        )
        return [QuotaRow(**row) for row in self._connection.execute(query).mappings()]

    def add_anomaly(self, anomaly_id: str, unit_id: str, body: bytes) -> bool:
        """Store an anomaly; return False when it is known."""
        known = sa.select(anomalies.c.number).where(anomalies.c.anomaly_id == anomaly_id)
        if self._connection.execute(known).one_or_none() is not None:
            return False
        self._connection.execute(
            sa.insert(anomalies).values(
                anomaly_id=anomaly_id,
                number=self.numbers("anomalies", 1),
                unit_id=unit_id,
                body=body,
            )
        )
        return True

    def anomalies(
        self, unit_id: str, *, before: int | None, after: int, limit: int
    ) -> Sequence[tuple[int, bytes]]:
        """Return anomalies: the latest first when ``before`` is given, else in order."""
        query = sa.select(anomalies.c.number, anomalies.c.body).where(anomalies.c.number > after)
        if unit_id:
            query = query.where(anomalies.c.unit_id == unit_id)
        if before is not None:
            query = query.where(anomalies.c.number < before).order_by(anomalies.c.number.desc())
        else:
            query = query.order_by(anomalies.c.number)
        found = self._connection.execute(query.limit(limit))
        return [(row.number, row.body) for row in found]
