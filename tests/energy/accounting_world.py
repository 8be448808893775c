"""Units with meters and what their registers show, on a real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from services.energy.model.standard_coal import Basis
from services.energy.store.transaction import Transactor
from services.energy.usecases import consumption, quotas, units
from services.energy.usecases.accounting import Batch, Recorded, record_batches
from services.energy.usecases.desk import RuleDesk
from tianfu.energy.v1 import unit_pb2

START = datetime(2026, 6, 16, 16, tzinfo=UTC)
"""Midnight of the 17th in China."""

QUARTER = timedelta(minutes=15)
NODE = "gateway"


class Accounts:
    """What is accounted for; times are the caller's."""

    def __init__(self, transactor: Transactor, desk: RuleDesk) -> None:
        self.transactor = transactor
        self.desk = desk
        self._batches = 0

    async def unit(self, unit_id: str, now: datetime = START) -> None:
        unit = unit_pb2.Unit(
            name=f"units/{unit_id}", display_name=unit_id, place_code="510104",
            credit_code="91510100MA6XXXXX0K",
        )  # fmt: skip
        await self.transactor.write(units.create_unit, unit, "", "e", "somebody", now=now)

    async def meter(self, unit_id: str, meter_id: str, energy: str, **fields: Any) -> None:
        meter = unit_pb2.Meter(
            name=f"units/{unit_id}/meters/{meter_id}",
            series=f"nodes/{NODE}/series/{meter_id}",
            energy=energy,
            level=unit_pb2.METERING_LEVEL_UNIT,
            **fields,
        )
        await self.transactor.write(units.create_meter, meter, "", "somebody", now=START)

    async def quota(self, unit_id: str, tce: float) -> unit_pb2.Quota:
        quota = unit_pb2.Quota(name=f"units/{unit_id}/quotas/2026", quota_tce=tce)
        made: unit_pb2.Quota = await self.transactor.write(
            quotas.create_quota, self.desk, quota, str(tce), "somebody", now=START
        )
        return made

    async def used(self, unit_id: str) -> unit_pb2.Quota:
        made: unit_pb2.Quota = await self.transactor.read(
            quotas.get_quota, self.desk, unit_id, 2026, now=START
        )
        return made

    def batch(self, meter_id: str, values: list[float], start: datetime = START) -> Batch:
        """Return a batch of a register's values, a quarter of an hour apart."""
        self._batches += 1
        times = np.array(
            [consumption.microseconds(start + n * QUARTER) for n in range(len(values))], np.int64
        )
        points = {(NODE, meter_id): (times, np.array(values, np.float64))}
        return Batch(f"{NODE}/7/{self._batches}", points)

    async def record(self, *batches: Batch, now: datetime = START) -> Recorded:
        made: Recorded = await self.transactor.write(
            record_batches, self.desk, list(batches), now=now
        )
        return made

    async def consumption(self, unit_id: str, hours: int) -> unit_pb2.Consumption:
        made: unit_pb2.Consumption = await self.transactor.read(
            consumption.of_span,
            self.desk,
            unit_id,
            START,
            START + timedelta(hours=hours),
            Basis.EQUIVALENT,
            now=START,
        )
        return made

    async def anomalies(self, unit_id: str) -> list[str]:
        def read(tx: Any) -> list[str]:
            found = tx.anomalies(unit_id, before=None, after=0, limit=100)
            return [unit_pb2.Anomaly.FromString(body).kind for _, body in found]

        kinds: list[str] = await self.transactor.read(read)
        return kinds
