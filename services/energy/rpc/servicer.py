"""Dispatch, orders, demand response and base stations, beside units."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from typing_extensions import override

from services.energy.rpc.asking import actor, asked, page, resource
from services.energy.rpc.units import LATEST, WATCH_BATCH, WATCH_POLL_S, UnitServicer
from services.energy.usecases import demand_response, dispatching, ordering, settlement, stations
from services.plumbing import paging
from tianfu.energy.v1 import demand_response_pb2, dispatch_pb2, station_pb2
from tianfu.energy.v1 import energy_service_pb2 as pb

PLAN: Final = "dispatch-plan"


class EnergyServicer(UnitServicer):
    """EnergyService: decode, call, encode. The interceptor turns refusals into statuses."""

    # -- dispatch ---------------------------------------------------------------------------------

    @override
    async def CreateDispatchPlan(
        self, request: pb.CreateDispatchPlanRequest, context: Any
    ) -> dispatch_pb2.DispatchPlan:
        """Plan a site."""
        name = f"dispatchPlans/{request.dispatch_plan_id}"
        plan, digest = asked(request.dispatch_plan, name)
        # Seconds of arithmetic at worst, and never within a transaction.
        plans = await asyncio.to_thread(dispatching.solve, plan)
        dispatching.fill(plan, plans)
        made: dispatch_pb2.DispatchPlan = await self._transactor.write(
            dispatching.store, plan, digest, actor(), now=self._clock()
        )
        return made

    @override
    async def GetDispatchPlan(
        self, request: pb.GetDispatchPlanRequest, context: Any
    ) -> dispatch_pb2.DispatchPlan:
        """Return a plan."""
        return await resource(self._transactor, PLAN, request.name, dispatch_pb2.DispatchPlan)

    @override
    async def ListDispatchPlans(
        self, request: pb.ListDispatchPlansRequest, context: Any
    ) -> pb.ListDispatchPlansResponse:
        """List plans."""
        kind = dispatch_pb2.DispatchPlan
        found, token = await page(self._transactor, request, PLAN, "", kind)
        return pb.ListDispatchPlansResponse(dispatch_plans=found, next_page_token=token)

    @override
    async def ReleaseDispatchPlan(
        self, request: pb.ReleaseDispatchPlanRequest, context: Any
    ) -> dispatch_pb2.DispatchPlan:
        """Put a plan into force."""
        made: dispatch_pb2.DispatchPlan = await self._transactor.write(
            dispatching.release, self._desk, request.name, actor(), now=self._clock()
        )
        return made

    @override
    async def CreateAsset(self, request: pb.CreateAssetRequest, context: Any) -> dispatch_pb2.Asset:
        """Store a piece of equipment."""
        asset, digest = asked(request.asset, f"assets/{request.asset_id}")
        made: dispatch_pb2.Asset = await self._transactor.write(
            ordering.create_asset, asset, digest, actor(), now=self._clock()
        )
        return made

    @override
    async def GetAsset(self, request: pb.GetAssetRequest, context: Any) -> dispatch_pb2.Asset:
        """Return a piece of equipment."""
        return await resource(self._transactor, "asset", request.name, dispatch_pb2.Asset)

    @override
    async def ListAssets(
        self, request: pb.ListAssetsRequest, context: Any
    ) -> pb.ListAssetsResponse:
        """List equipment."""
        found, token = await page(self._transactor, request, "asset", "", dispatch_pb2.Asset)
        return pb.ListAssetsResponse(assets=found, next_page_token=token)

    @override
    async def GetOrder(self, request: pb.GetOrderRequest, context: Any) -> dispatch_pb2.Order:
        """Return an order."""
        found: dispatch_pb2.Order = await self._transactor.read(ordering.get, request.name)
        return found

    @override
    async def ListOrders(
        self, request: pb.ListOrdersRequest, context: Any
    ) -> pb.ListOrdersResponse:
        """List orders, the latest first."""
        question = ("orders", request.cause)
        before = paging.number(request.page_token, *question) or LATEST
        limit = paging.page_size(request.page_size)
        rows = await self._transactor.read(
            lambda tx: tx.orders_before(request.cause, before, limit + 1)
        )
        more = len(rows) > limit
        return pb.ListOrdersResponse(
            orders=[dispatch_pb2.Order.FromString(row.body) for row in rows[:limit]],
            next_page_token=paging.token(rows[limit - 1].position, *question) if more else "",
        )

    @override
    async def WatchOrders(
        self, request: pb.WatchOrdersRequest, context: Any
    ) -> AsyncIterator[pb.WatchOrdersResponse]:
        """Stream orders and their changes."""
        question = ("watch orders",)
        resumed = paging.position(request.resume_token, *question, field="resume_token")
        number = int(resumed or 0)
        while True:
            found = await self._transactor.read(
                lambda tx, after: tx.changed_orders(after, WATCH_BATCH), number
            )
            for number, body in found:
                yield pb.WatchOrdersResponse(
                    order=dispatch_pb2.Order.FromString(body),
                    resume_token=paging.token(number, *question),
                )
            if not found:
                await self._bell.wait(WATCH_POLL_S)

    # -- demand response --------------------------------------------------------------------------

    @override
    async def CreateDemandResponseProgram(
        self, request: pb.CreateDemandResponseProgramRequest, context: Any
    ) -> demand_response_pb2.DemandResponseProgram:
        """Store a program."""
        name = f"demandResponsePrograms/{request.demand_response_program_id}"
        program, digest = asked(request.demand_response_program, name)
        made: demand_response_pb2.DemandResponseProgram = await self._transactor.write(
            demand_response.create_program, program, digest, actor(), now=self._clock()
        )
        return made

    @override
    async def GetDemandResponseProgram(
        self, request: pb.GetDemandResponseProgramRequest, context: Any
    ) -> demand_response_pb2.DemandResponseProgram:
        """Return a program."""
        return await resource(
            self._transactor,
            demand_response.PROGRAM,
            request.name,
            demand_response_pb2.DemandResponseProgram,
        )

    @override
    async def ListDemandResponsePrograms(
        self, request: pb.ListDemandResponseProgramsRequest, context: Any
    ) -> pb.ListDemandResponseProgramsResponse:
        """List programs."""
        kind = demand_response_pb2.DemandResponseProgram
        found, token = await page(self._transactor, request, demand_response.PROGRAM, "", kind)
        return pb.ListDemandResponseProgramsResponse(
            demand_response_programs=found, next_page_token=token
        )

    @override
    async def CreateDemandResponseEvent(
        self, request: pb.CreateDemandResponseEventRequest, context: Any
    ) -> demand_response_pb2.DemandResponseEvent:
        """Call an event."""
        name = f"demandResponseEvents/{request.demand_response_event_id}"
        event, digest = asked(request.demand_response_event, name)
        made: demand_response_pb2.DemandResponseEvent = await self._transactor.write(
            demand_response.create_event, self._desk, event, digest, actor(), now=self._clock()
        )
        return made

    @override
    async def GetDemandResponseEvent(
        self, request: pb.GetDemandResponseEventRequest, context: Any
    ) -> demand_response_pb2.DemandResponseEvent:
        """Return an event."""
        kind = demand_response_pb2.DemandResponseEvent
        return await resource(self._transactor, demand_response.EVENT, request.name, kind)

    @override
    async def CancelDemandResponseEvent(
        self, request: pb.CancelDemandResponseEventRequest, context: Any
    ) -> demand_response_pb2.DemandResponseEvent:
        """Call an event off."""
        made: demand_response_pb2.DemandResponseEvent = await self._transactor.write(
            demand_response.cancel_event, self._desk, request.name, actor(), now=self._clock()
        )
        return made

    @override
    async def ListDemandResponseEvents(
        self, request: pb.ListDemandResponseEventsRequest, context: Any
    ) -> pb.ListDemandResponseEventsResponse:
        """List events."""
        kind = demand_response_pb2.DemandResponseEvent
        found, token = await page(self._transactor, request, demand_response.EVENT, "", kind)
        return pb.ListDemandResponseEventsResponse(
            demand_response_events=found, next_page_token=token
        )

    @override
    async def CreateDemandResponseReport(
        self, request: pb.CreateDemandResponseReportRequest, context: Any
    ) -> demand_response_pb2.DemandResponseReport:
        """Take a report."""
        name = f"{request.parent}/reports/{request.demand_response_report_id}"
        report, digest = asked(request.demand_response_report, name)
        made: demand_response_pb2.DemandResponseReport = await self._transactor.write(
            demand_response.create_report, report, digest, actor(), now=self._clock()
        )
        return made

    @override
    async def GetDemandResponseReport(
        self, request: pb.GetDemandResponseReportRequest, context: Any
    ) -> demand_response_pb2.DemandResponseReport:
        """Return a report."""
        return await resource(
            self._transactor,
            demand_response.REPORT,
            request.name,
            demand_response_pb2.DemandResponseReport,
        )

    @override
    async def ListDemandResponseReports(
        self, request: pb.ListDemandResponseReportsRequest, context: Any
    ) -> pb.ListDemandResponseReportsResponse:
        """List reports of an event."""
        kind = demand_response_pb2.DemandResponseReport
        found, token = await page(
            self._transactor, request, demand_response.REPORT, request.parent, kind
        )
        return pb.ListDemandResponseReportsResponse(
            demand_response_reports=found, next_page_token=token
        )

    @override
    async def GetSettlement(
        self, request: pb.GetSettlementRequest, context: Any
    ) -> demand_response_pb2.Settlement:
        """Settle an event for a unit."""
        made: demand_response_pb2.Settlement = await self._transactor.write(
            settlement.settle, self._desk, request.name, request.unit, now=self._clock()
        )
        return made

    # -- base stations ----------------------------------------------------------------------------

    @override
    async def CreateStation(
        self, request: pb.CreateStationRequest, context: Any
    ) -> station_pb2.Station:
        """Store a base station."""
        station, digest = asked(request.station, f"stations/{request.station_id}")
        made: station_pb2.Station = await self._transactor.write(
            stations.create_station, station, digest, actor(), now=self._clock()
        )
        return made

    @override
    async def GetStation(self, request: pb.GetStationRequest, context: Any) -> station_pb2.Station:
        """Return a base station."""
        return await resource(self._transactor, stations.STATION, request.name, station_pb2.Station)

    @override
    async def ListStations(
        self, request: pb.ListStationsRequest, context: Any
    ) -> pb.ListStationsResponse:
        """List base stations."""
        kind = station_pb2.Station
        found, token = await page(self._transactor, request, stations.STATION, "", kind)
        return pb.ListStationsResponse(stations=found, next_page_token=token)

    @override
    async def CreateSleepPlan(
        self, request: pb.CreateSleepPlanRequest, context: Any
    ) -> station_pb2.SleepPlan:
        """Plan a cell's sleep."""
        name = f"{request.parent}/sleepPlans/{request.sleep_plan_id}"
        plan, digest = asked(request.sleep_plan, name)
        made: station_pb2.SleepPlan = await self._transactor.write(
            stations.plan_sleep, self._desk, plan, digest, actor(), now=self._clock()
        )
        return made

    @override
    async def GetSleepPlan(
        self, request: pb.GetSleepPlanRequest, context: Any
    ) -> station_pb2.SleepPlan:
        """Return a sleep plan."""
        return await resource(
            self._transactor, stations.SLEEP_PLAN, request.name, station_pb2.SleepPlan
        )

    @override
    async def ListSleepPlans(
        self, request: pb.ListSleepPlansRequest, context: Any
    ) -> pb.ListSleepPlansResponse:
        """List sleep plans of a station."""
        kind = station_pb2.SleepPlan
        found, token = await page(
            self._transactor, request, stations.SLEEP_PLAN, request.parent, kind
        )
        return pb.ListSleepPlansResponse(sleep_plans=found, next_page_token=token)

    @override
    async def CreateBatteryPlan(
        self, request: pb.CreateBatteryPlanRequest, context: Any
    ) -> station_pb2.BatteryPlan:
        """Plan a station's battery."""
        name = f"{request.parent}/batteryPlans/{request.battery_plan_id}"
        plan, digest = asked(request.battery_plan, name)
        made: station_pb2.BatteryPlan = await self._transactor.write(
            stations.plan_battery, plan, digest, actor(), now=self._clock()
        )
        return made

    @override
    async def GetBatteryPlan(
        self, request: pb.GetBatteryPlanRequest, context: Any
    ) -> station_pb2.BatteryPlan:
        """Return a battery plan."""
        return await resource(
            self._transactor, stations.BATTERY_PLAN, request.name, station_pb2.BatteryPlan
        )

    @override
    async def ListBatteryPlans(
        self, request: pb.ListBatteryPlansRequest, context: Any
    ) -> pb.ListBatteryPlansResponse:
        """List battery plans of a station."""
        kind = station_pb2.BatteryPlan
        found, token = await page(
            self._transactor, request, stations.BATTERY_PLAN, request.parent, kind
        )
        return pb.ListBatteryPlansResponse(battery_plans=found, next_page_token=token)

    @override
    async def CreateSubsidyClaim(
        self, request: pb.CreateSubsidyClaimRequest, context: Any
    ) -> station_pb2.SubsidyClaim:
        """Take a claim."""
        name = f"{request.parent}/subsidyClaims/{request.subsidy_claim_id}"
        claim, digest = asked(request.subsidy_claim, name)
        made: station_pb2.SubsidyClaim = await self._transactor.write(
            stations.claim_subsidy, self._desk, claim, digest, actor(), now=self._clock()
        )
        return made

    @override
    async def GetSubsidyClaim(
        self, request: pb.GetSubsidyClaimRequest, context: Any
    ) -> station_pb2.SubsidyClaim:
        """Return a claim."""
        return await resource(
            self._transactor, stations.CLAIM, request.name, station_pb2.SubsidyClaim
        )

    @override
    async def ListSubsidyClaims(
        self, request: pb.ListSubsidyClaimsRequest, context: Any
    ) -> pb.ListSubsidyClaimsResponse:
        """List claims of a station."""
        kind = station_pb2.SubsidyClaim
        found, token = await page(self._transactor, request, stations.CLAIM, request.parent, kind)
        return pb.ListSubsidyClaimsResponse(subsidy_claims=found, next_page_token=token)
