"""Units, meters, energy, quotas, audits, anomalies, carbon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from google.protobuf.timestamp_pb2 import Timestamp
from typing_extensions import override

from services.energy.model import slots
from services.energy.model.records import MeterRow
from services.energy.model.slots import Change, Quality
from services.energy.model.standard_coal import Basis
from services.energy.ports import Desk, Transaction
from services.energy.rpc import annual_report
from services.energy.rpc.asking import actor, asked, last, page, resource
from services.energy.store.transaction import Transactor
from services.energy.usecases import accounting, consumption, keeping, quotas, units
from services.plumbing import paging
from services.plumbing.bell import Bell
from services.plumbing.clock import Clock
from tianfu.energy.v1 import energy_service_pb2 as pb
from tianfu.energy.v1 import energy_service_pb2_grpc as pb_grpc
from tianfu.energy.v1 import unit_pb2

WATCH_POLL_S: Final = 1.0
"""How often a watch looks for changes that nobody in this process told of."""

WATCH_BATCH: Final = 500
LATEST: Final = 1 << 62
CHUNK_BYTES: Final = 1 << 20
"""Of a workbook, in one message: a quarter of what gRPC lets through by default."""

BASES: Final = {
    unit_pb2.ELECTRICITY_BASIS_UNSPECIFIED: Basis.EQUIVALENT,
    unit_pb2.ELECTRICITY_BASIS_EQUIVALENT: Basis.EQUIVALENT,
    unit_pb2.ELECTRICITY_BASIS_SUPPLY_COAL: Basis.SUPPLY_COAL,
}


def moment(stamp: Timestamp) -> datetime:
    """Return a timestamp as an aware time."""
    found: datetime = stamp.ToDatetime(UTC)
    return found


class UnitServicer(pb_grpc.EnergyServiceServicer):
    """What a unit's energy manager works with."""

    def __init__(
        self,
        transactor: Transactor,
        desk: Desk,
        clock: Clock,
        bell: Bell,
    ) -> None:
        self._transactor = transactor
        self._desk = desk
        self._clock = clock
        self._bell = bell

    # -- units and meters -------------------------------------------------------------------------

    @override
    async def CreateUnit(self, request: pb.CreateUnitRequest, context: Any) -> unit_pb2.Unit:
        """Store a unit."""
        unit, digest = asked(request.unit, f"units/{request.unit_id}")
        unit.etag = ""
        made: unit_pb2.Unit = await self._transactor.write(
            units.create_unit, unit, digest, digest[:32], actor(), now=self._clock()
        )
        return made

    @override
    async def GetUnit(self, request: pb.GetUnitRequest, context: Any) -> unit_pb2.Unit:
        """Return a unit."""
        return await resource(self._transactor, "unit", request.name, unit_pb2.Unit)

    @override
    async def ListUnits(self, request: pb.ListUnitsRequest, context: Any) -> pb.ListUnitsResponse:
        """List units."""
        found, token = await page(self._transactor, request, "unit", "", unit_pb2.Unit)
        return pb.ListUnitsResponse(units=found, next_page_token=token)

    @override
    async def UpdateUnit(self, request: pb.UpdateUnitRequest, context: Any) -> unit_pb2.Unit:
        """Change a unit."""
        now = self._clock()
        _, digest = asked(request.unit, f"{request.unit.name}@{now.isoformat()}")
        made: unit_pb2.Unit = await self._transactor.write(
            units.update_unit,
            request.unit,
            tuple(request.update_mask.paths),
            digest[:32],
            actor(),
            now=now,
        )
        return made

    @override
    async def CreateMeter(self, request: pb.CreateMeterRequest, context: Any) -> unit_pb2.Meter:
        """Store a meter."""
        meter, digest = asked(request.meter, f"{request.parent}/meters/{request.meter_id}")
        made: unit_pb2.Meter = await self._transactor.write(
            units.create_meter, meter, digest, actor(), now=self._clock()
        )
        return made

    @override
    async def GetMeter(self, request: pb.GetMeterRequest, context: Any) -> unit_pb2.Meter:
        """Return a meter."""
        return await resource(self._transactor, "meter", request.name, unit_pb2.Meter)

    @override
    async def ListMeters(
        self, request: pb.ListMetersRequest, context: Any
    ) -> pb.ListMetersResponse:
        """List the meters of a unit."""
        found, token = await page(
            self._transactor, request, "meter", request.parent, unit_pb2.Meter
        )
        return pb.ListMetersResponse(meters=found, next_page_token=token)

    @override
    async def ListIntervals(
        self, request: pb.ListIntervalsRequest, context: Any
    ) -> pb.ListIntervalsResponse:
        """List a meter's intervals."""
        question = ("intervals", request.parent)
        limit = paging.page_size(request.page_size)
        after = paging.position(request.page_token, *question)
        found: list[tuple[int, unit_pb2.Interval]] = await self._transactor.read(
            list_intervals,
            self._desk,
            request.parent,
            moment(request.start_time),
            moment(request.end_time),
            None if after is None else int(after),
            limit + 1,
        )
        more = len(found) > limit
        return pb.ListIntervalsResponse(
            intervals=[each for _, each in found[:limit]],
            next_page_token=paging.token(found[limit - 1][0], *question) if more else "",
        )

    @override
    async def WatchRestatements(
        self, request: pb.WatchRestatementsRequest, context: Any
    ) -> AsyncIterator[pb.WatchRestatementsResponse]:
        """Stream restated intervals."""
        question = ("watch restatements", request.meter)
        resumed = paging.position(request.resume_token, *question, field="resume_token")
        number = int(resumed or 0)
        if request.meter:
            await self._transactor.read(keeping.body, "meter", request.meter)
        slot_us = self._desk.interval_s * 1_000_000
        while True:
            rows = await self._transactor.read(
                lambda tx, after: tx.restatements(request.meter, after, WATCH_BATCH), number
            )
            for row in rows:
                number = row.number
                yield pb.WatchRestatementsResponse(
                    restatement=_restatement(row, slot_us),
                    resume_token=paging.token(number, *question),
                )
            if not rows:
                await self._bell.wait(WATCH_POLL_S)

    @override
    async def ListTotalRestatements(
        self, request: pb.ListTotalRestatementsRequest, context: Any
    ) -> pb.ListTotalRestatementsResponse:
        """List a unit's restated totals."""
        question = ("total restatements", request.parent)
        after = paging.number(request.page_token, *question)
        limit = paging.page_size(request.page_size)
        rows = await self._transactor.read(
            lambda tx: tx.total_restatements(last(request.parent), after, limit + 1)
        )
        more = len(rows) > limit
        slot_us = self._desk.interval_s * 1_000_000
        return pb.ListTotalRestatementsResponse(
            total_restatements=[_total_restatement(row, slot_us) for row in rows[:limit]],
            next_page_token=paging.token(rows[limit - 1].number, *question) if more else "",
        )

    @override
    async def CreateEnergyRecord(
        self, request: pb.CreateEnergyRecordRequest, context: Any
    ) -> unit_pb2.EnergyRecord:
        """Store energy that no meter counts."""
        name = f"{request.parent}/energyRecords/{request.energy_record_id}"
        record, digest = asked(request.energy_record, name)
        made: unit_pb2.EnergyRecord = await self._transactor.write(
            units.create_record, self._desk, record, digest, actor(), now=self._clock()
        )
        return made

    @override
    async def GetEnergyRecord(
        self, request: pb.GetEnergyRecordRequest, context: Any
    ) -> unit_pb2.EnergyRecord:
        """Return energy that no meter counted."""
        kind = unit_pb2.EnergyRecord
        return await resource(self._transactor, "energy-record", request.name, kind)

    @override
    async def ListEnergyRecords(
        self, request: pb.ListEnergyRecordsRequest, context: Any
    ) -> pb.ListEnergyRecordsResponse:
        """List such energy."""
        found, token = await page(
            self._transactor, request, "energy-record", request.parent, unit_pb2.EnergyRecord
        )
        return pb.ListEnergyRecordsResponse(energy_records=found, next_page_token=token)

    # -- what it comes to -------------------------------------------------------------------------

    @override
    async def GetConsumption(
        self, request: pb.GetConsumptionRequest, context: Any
    ) -> unit_pb2.Consumption:
        """Return a unit's consumption."""
        return await self._consumption(request)

    async def _consumption(self, request: Any) -> unit_pb2.Consumption:
        found: unit_pb2.Consumption = await self._transactor.read(
            consumption.of_span,
            self._desk,
            last(request.name),
            moment(request.start_time),
            moment(request.end_time),
            BASES[request.basis],
            now=self._clock(),
        )
        return found

    @override
    async def GetIntensity(
        self, request: pb.GetIntensityRequest, context: Any
    ) -> unit_pb2.Intensity:
        """Return energy for what was made."""
        used = await self._consumption(request)
        unit = await resource(self._transactor, "unit", request.name, unit_pb2.Unit)
        return unit_pb2.Intensity(
            unit=request.name,
            consumption=used,
            output=request.output,
            output_unit=unit.output_unit,
            tce_per_output=used.tce / request.output,
        )

    @override
    async def CreateQuota(self, request: pb.CreateQuotaRequest, context: Any) -> unit_pb2.Quota:
        """Set the quota of a year."""
        quota, digest = asked(request.quota, f"{request.parent}/quotas/{request.quota_id}")
        made: unit_pb2.Quota = await self._transactor.write(
            quotas.create_quota, self._desk, quota, digest, actor(), now=self._clock()
        )
        return made

    @override
    async def GetQuota(self, request: pb.GetQuotaRequest, context: Any) -> unit_pb2.Quota:
        """Return a quota."""
        _, unit_id, _, year = request.name.split("/")
        found: unit_pb2.Quota = await self._transactor.read(
            quotas.get_quota, self._desk, unit_id, int(year), now=self._clock()
        )
        return found

    @override
    async def ListQuotas(
        self, request: pb.ListQuotasRequest, context: Any
    ) -> pb.ListQuotasResponse:
        """List quotas of a unit."""
        question = ("quotas", request.parent)
        after = paging.number(request.page_token, *question)
        limit = paging.page_size(request.page_size)
        now = self._clock()

        def listed(tx: Transaction) -> tuple[list[unit_pb2.Quota], str]:
            rows = tx.quotas(last(request.parent), after, limit + 1)
            token = paging.token(rows[limit - 1].year, *question) if len(rows) > limit else ""
            return [quotas.encode(tx, self._desk, row, now) for row in rows[:limit]], token

        found, token = await self._transactor.read(listed)
        return pb.ListQuotasResponse(quotas=found, next_page_token=token)

    @override
    async def GetMeteringAudit(
        self, request: pb.GetMeteringAuditRequest, context: Any
    ) -> unit_pb2.MeteringAudit:
        """Say what a unit's meters lack."""
        found: unit_pb2.MeteringAudit = await self._transactor.read(
            consumption.audit,
            self._desk,
            last(request.name),
            moment(request.start_time),
            moment(request.end_time),
            now=self._clock(),
        )
        return found

    @override
    async def ListAnomalies(
        self, request: pb.ListAnomaliesRequest, context: Any
    ) -> pb.ListAnomaliesResponse:
        """List anomalies, the latest first."""
        question = ("anomalies", request.unit)
        before = paging.number(request.page_token, *question) or LATEST
        limit = paging.page_size(request.page_size)
        found = await self._transactor.read(
            lambda tx: tx.anomalies(last(request.unit), before=before, after=0, limit=limit + 1)
        )
        more = len(found) > limit
        return pb.ListAnomaliesResponse(
            anomalies=[unit_pb2.Anomaly.FromString(body) for _, body in found[:limit]],
            next_page_token=paging.token(found[limit - 1][0], *question) if more else "",
        )

    @override
    async def WatchAnomalies(
        self, request: pb.WatchAnomaliesRequest, context: Any
    ) -> AsyncIterator[pb.WatchAnomaliesResponse]:
        """Stream anomalies."""
        question = ("watch anomalies",)
        resumed = paging.position(request.resume_token, *question, field="resume_token")
        number = int(resumed or 0)
        while True:
            found = await self._transactor.read(
                lambda tx, after: tx.anomalies("", before=None, after=after, limit=WATCH_BATCH),
                number,
            )
            for number, body in found:
                yield pb.WatchAnomaliesResponse(
                    anomaly=unit_pb2.Anomaly.FromString(body),
                    resume_token=paging.token(number, *question),
                )
            if not found:
                await self._bell.wait(WATCH_POLL_S)

    @override
    async def ListRegionTotals(
        self, request: pb.ListRegionTotalsRequest, context: Any
    ) -> pb.ListRegionTotalsResponse:
        """Add up places."""
        low, high = consumption.span_slots(
            self._desk, moment(request.start_time), moment(request.end_time)
        )
        question = ("regions", str(low), str(high), str(request.place_digits))
        offset = paging.number(request.page_token, *question)
        limit = paging.page_size(request.page_size)
        # Blocks that begin within the span: a block is a day of quarter hours.
        first, end = -(-low // slots.SLOTS), -(-high // slots.SLOTS)
        rows = await self._transactor.read(
            lambda tx: tx.region_totals(request.place_digits, first, end - 1)
        )
        shown = rows[offset : offset + limit]
        more = len(rows) > offset + limit
        return pb.ListRegionTotalsResponse(
            region_totals=[
                unit_pb2.RegionTotal(
                    place_code=place, energy=energy, amount=amount, unit_count=count
                )
                for place, energy, amount, count in shown
            ],
            next_page_token=paging.token(offset + limit, *question) if more else "",
        )

    @override
    async def GetCarbonFootprint(
        self, request: pb.GetCarbonFootprintRequest, context: Any
    ) -> unit_pb2.CarbonFootprint:
        """Return a unit's carbon dioxide."""
        found: unit_pb2.CarbonFootprint = await self._transactor.read(
            consumption.footprint,
            self._desk,
            last(request.name),
            request.year,
            request.green_kwh,
            {each.product: each.share for each in request.products},
            now=self._clock(),
        )
        return found

    @override
    async def ExportAnnualReport(
        self, request: pb.ExportAnnualReportRequest, context: Any
    ) -> AsyncIterator[pb.ExportAnnualReportResponse]:
        """Return a unit's annual report as a workbook."""
        report = await self._transactor.read(
            annual_report.gather, self._desk, last(request.name), request.year, now=self._clock()
        )
        data = await asyncio.to_thread(annual_report.workbook, report)
        for begin in range(0, len(data), CHUNK_BYTES):
            yield pb.ExportAnnualReportResponse(chunk=data[begin : begin + CHUNK_BYTES])


def list_intervals(
    tx: Transaction,
    desk: Desk,
    meter: str,
    start: datetime,
    end: datetime,
    after: int | None,
    limit: int,
) -> list[tuple[int, unit_pb2.Interval]]:
    """Return a meter's known intervals with their slots, those after one; at most ``limit``."""
    row: MeterRow = units.meter_row(
        keeping.parsed(unit_pb2.Meter, keeping.body(tx, "meter", meter))
    )
    low, high = consumption.span_slots(desk, start, end)
    if after is not None:
        low = max(low, after + 1)
    slot_us = desk.interval_s * 1_000_000
    found: list[tuple[int, unit_pb2.Interval]] = []
    if low >= high:
        return found
    blocks = tx.block_range(row, low // slots.SLOTS, (high - 1) // slots.SLOTS)
    for number in sorted(blocks):
        block = blocks[number]
        for position in np.flatnonzero(block.quality != Quality.UNKNOWN):
            slot = block.first_slot + int(position)
            if not low <= slot < high:
                continue
            made = unit_pb2.Interval(
                amount=float(block.kwh[position]),
                quality=unit_pb2.IntervalQuality.ValueType(int(block.quality[position])),
                restatements=int(block.restated[position]),
            )
            begin = consumption.moment_of(slots.slot_begin_us(slot, slot_us))
            made.start_time.FromDatetime(begin)
            found.append((slot, made))
            if len(found) == limit:
                return found
    return found


def _restatement(row: Any, slot_us: int) -> unit_pb2.Restatement:
    change = Change(
        row.slot,
        row.version,
        row.kwh_before,
        Quality(row.quality_before),
        row.kwh_after,
        Quality(row.quality_after),
    )
    meter = f"units/{row.unit_id}/meters/{row.meter_id}"
    return accounting.restatement_to(
        row.number, meter, change, row.cause, slot_us, row.restate_time
    )


def _total_restatement(row: Any, slot_us: int) -> unit_pb2.TotalRestatement:
    message = unit_pb2.TotalRestatement(
        number=row.number,
        unit=f"units/{row.unit_id}",
        energy=row.energy,
        version=row.version,
        amount_before=row.amount_before,
        amount_after=row.amount_after,
    )
    begin = slots.slot_begin_us(row.block * slots.SLOTS, slot_us)
    message.day_time.FromDatetime(consumption.moment_of(begin))
    message.restate_time.FromDatetime(row.restate_time)
    return message
