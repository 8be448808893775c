"""Client of tianfu.energy.v1.EnergyService, made by tools/clientgen.py."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tianfu.energy.v1 import demand_response_pb2
from tianfu.energy.v1 import dispatch_pb2
from tianfu.energy.v1 import energy_service_pb2
from tianfu.energy.v1 import station_pb2
from tianfu.energy.v1 import unit_pb2
from tianfu.energy.v1 import energy_service_pb2_grpc
from tianfu.client import calls


class Energy:
    """tianfu.energy.v1.EnergyService, call by call."""

    def __init__(self, channel: calls.Channel) -> None:
        self._stub: Any = energy_service_pb2_grpc.EnergyServiceStub(channel.grpc)
        self._calls = channel

    def create_unit(
        self,
        *,
        unit: unit_pb2.Unit,
        unit_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> unit_pb2.Unit:
        """Stores a unit."""
        found: unit_pb2.Unit = self._calls.unary(
            self._stub.CreateUnit,
            calls.request(
                energy_service_pb2.CreateUnitRequest,
                dict(unit=unit, unit_id=unit_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def get_unit(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> unit_pb2.Unit:
        """Returns a unit."""
        found: unit_pb2.Unit = self._calls.unary(
            self._stub.GetUnit,
            calls.request(energy_service_pb2.GetUnitRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_units(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[unit_pb2.Unit]:
        """Lists units in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListUnits,
            calls.request(energy_service_pb2.ListUnitsRequest, dict(page_size=page_size)),
            "units",
            timeout_s,
        )

    def update_unit(
        self,
        *,
        unit: unit_pb2.Unit,
        update_mask: str | Sequence[str],
        timeout_s: float | None = None,
    ) -> unit_pb2.Unit:
        """Changes a unit; fields of the mask, and only if its etag is still the one given."""
        found: unit_pb2.Unit = self._calls.unary(
            self._stub.UpdateUnit,
            calls.request(
                energy_service_pb2.UpdateUnitRequest, dict(unit=unit, update_mask=update_mask)
            ),
            timeout_s,
        )
        return found

    def create_meter(
        self,
        *,
        parent: str,
        meter: unit_pb2.Meter,
        meter_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> unit_pb2.Meter:
        """Stores a meter.

        From then on the readings of its series are accounted for.
        """
        found: unit_pb2.Meter = self._calls.unary(
            self._stub.CreateMeter,
            calls.request(
                energy_service_pb2.CreateMeterRequest,
                dict(parent=parent, meter=meter, meter_id=meter_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def get_meter(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> unit_pb2.Meter:
        """Returns a meter."""
        found: unit_pb2.Meter = self._calls.unary(
            self._stub.GetMeter,
            calls.request(energy_service_pb2.GetMeterRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_meters(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[unit_pb2.Meter]:
        """Lists the meters of a unit in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListMeters,
            calls.request(
                energy_service_pb2.ListMetersRequest, dict(parent=parent, page_size=page_size)
            ),
            "meters",
            timeout_s,
        )

    def list_intervals(
        self,
        *,
        parent: str,
        start_time: datetime,
        end_time: datetime,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[unit_pb2.Interval]:
        """Lists the intervals of a meter whose energy is known or doubted, in order of time.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListIntervals,
            calls.request(
                energy_service_pb2.ListIntervalsRequest,
                dict(parent=parent, start_time=start_time, end_time=end_time, page_size=page_size),
            ),
            "intervals",
            timeout_s,
        )

    def watch_restatements(
        self,
        *,
        meter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[energy_service_pb2.WatchRestatementsResponse]:
        """Streams restated intervals: those since the token, then each as it happens.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchRestatements,
            calls.request(energy_service_pb2.WatchRestatementsRequest, dict(meter=meter)),
            timeout_s,
        )

    def list_total_restatements(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[unit_pb2.TotalRestatement]:
        """Lists days of a unit whose total changed after it was stated.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListTotalRestatements,
            calls.request(
                energy_service_pb2.ListTotalRestatementsRequest,
                dict(parent=parent, page_size=page_size),
            ),
            "total_restatements",
            timeout_s,
        )

    def create_energy_record(
        self,
        *,
        parent: str,
        energy_record: unit_pb2.EnergyRecord,
        energy_record_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> unit_pb2.EnergyRecord:
        """Stores energy that no meter of ours counts."""
        found: unit_pb2.EnergyRecord = self._calls.unary(
            self._stub.CreateEnergyRecord,
            calls.request(
                energy_service_pb2.CreateEnergyRecordRequest,
                dict(
                    parent=parent,
                    energy_record=energy_record,
                    energy_record_id=energy_record_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    def get_energy_record(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> unit_pb2.EnergyRecord:
        """Returns an energy record."""
        found: unit_pb2.EnergyRecord = self._calls.unary(
            self._stub.GetEnergyRecord,
            calls.request(energy_service_pb2.GetEnergyRecordRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_energy_records(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[unit_pb2.EnergyRecord]:
        """Lists such energy in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListEnergyRecords,
            calls.request(
                energy_service_pb2.ListEnergyRecordsRequest,
                dict(parent=parent, page_size=page_size),
            ),
            "energy_records",
            timeout_s,
        )

    def get_consumption(
        self,
        *,
        name: str,
        start_time: datetime,
        end_time: datetime,
        basis: int | str | None = None,
        timeout_s: float | None = None,
    ) -> unit_pb2.Consumption:
        """Returns the comprehensive energy consumption of a unit."""
        found: unit_pb2.Consumption = self._calls.unary(
            self._stub.GetConsumption,
            calls.request(
                energy_service_pb2.GetConsumptionRequest,
                dict(name=name, start_time=start_time, end_time=end_time, basis=basis),
            ),
            timeout_s,
        )
        return found

    def get_intensity(
        self,
        *,
        name: str,
        start_time: datetime,
        end_time: datetime,
        basis: int | str | None = None,
        output: float | None = None,
        timeout_s: float | None = None,
    ) -> unit_pb2.Intensity:
        """Returns energy for what was made."""
        found: unit_pb2.Intensity = self._calls.unary(
            self._stub.GetIntensity,
            calls.request(
                energy_service_pb2.GetIntensityRequest,
                dict(
                    name=name, start_time=start_time, end_time=end_time, basis=basis, output=output
                ),
            ),
            timeout_s,
        )
        return found

    def create_quota(
        self,
        *,
        parent: str,
        quota: unit_pb2.Quota,
        quota_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> unit_pb2.Quota:
        """Sets the quota of a year."""
        found: unit_pb2.Quota = self._calls.unary(
            self._stub.CreateQuota,
            calls.request(
                energy_service_pb2.CreateQuotaRequest,
                dict(parent=parent, quota=quota, quota_id=quota_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def get_quota(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> unit_pb2.Quota:
        """Returns a quota and where it stands."""
        found: unit_pb2.Quota = self._calls.unary(
            self._stub.GetQuota,
            calls.request(energy_service_pb2.GetQuotaRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_quotas(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[unit_pb2.Quota]:
        """Lists quotas of a unit.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListQuotas,
            calls.request(
                energy_service_pb2.ListQuotasRequest, dict(parent=parent, page_size=page_size)
            ),
            "quotas",
            timeout_s,
        )

    def get_metering_audit(
        self,
        *,
        name: str,
        start_time: datetime,
        end_time: datetime,
        timeout_s: float | None = None,
    ) -> unit_pb2.MeteringAudit:
        """Says what GB 17167 asks for and a unit lacks, and whether its meters add up."""
        found: unit_pb2.MeteringAudit = self._calls.unary(
            self._stub.GetMeteringAudit,
            calls.request(
                energy_service_pb2.GetMeteringAuditRequest,
                dict(name=name, start_time=start_time, end_time=end_time),
            ),
            timeout_s,
        )
        return found

    def list_anomalies(
        self,
        *,
        page_size: int | None = None,
        unit: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[unit_pb2.Anomaly]:
        """Lists anomalies, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListAnomalies,
            calls.request(
                energy_service_pb2.ListAnomaliesRequest, dict(page_size=page_size, unit=unit)
            ),
            "anomalies",
            timeout_s,
        )

    def watch_anomalies(
        self,
        *,
        timeout_s: float | None = None,
    ) -> Iterator[energy_service_pb2.WatchAnomaliesResponse]:
        """Streams anomalies: those since the token, then each as it is found.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchAnomalies,
            calls.request(energy_service_pb2.WatchAnomaliesRequest, {}),
            timeout_s,
        )

    def list_region_totals(
        self,
        *,
        start_time: datetime,
        end_time: datetime,
        page_size: int | None = None,
        place_digits: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[unit_pb2.RegionTotal]:
        """Adds up places: a county, prefecture or province each.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListRegionTotals,
            calls.request(
                energy_service_pb2.ListRegionTotalsRequest,
                dict(
                    start_time=start_time,
                    end_time=end_time,
                    page_size=page_size,
                    place_digits=place_digits,
                ),
            ),
            "region_totals",
            timeout_s,
        )

    def get_carbon_footprint(
        self,
        *,
        name: str,
        year: int | None = None,
        green_kwh: float | None = None,
        products: Iterable[unit_pb2.ProductCarbon] | None = None,
        timeout_s: float | None = None,
    ) -> unit_pb2.CarbonFootprint:
        """Returns the carbon dioxide of a unit in a year of account."""
        found: unit_pb2.CarbonFootprint = self._calls.unary(
            self._stub.GetCarbonFootprint,
            calls.request(
                energy_service_pb2.GetCarbonFootprintRequest,
                dict(name=name, year=year, green_kwh=green_kwh, products=products),
            ),
            timeout_s,
        )
        return found

    def export_annual_report(
        self,
        *,
        name: str,
        year: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[energy_service_pb2.ExportAnnualReportResponse]:
        """Returns the annual report of a unit (能源利用状况报告) as an XLSX workbook; its totals are those of GetConsumption."""
        return self._calls.stream(
            self._stub.ExportAnnualReport,
            calls.request(energy_service_pb2.ExportAnnualReportRequest, dict(name=name, year=year)),
            timeout_s,
        )

    def create_dispatch_plan(
        self,
        *,
        dispatch_plan: dispatch_pb2.DispatchPlan,
        dispatch_plan_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> dispatch_pb2.DispatchPlan:
        """Plans a site."""
        found: dispatch_pb2.DispatchPlan = self._calls.unary(
            self._stub.CreateDispatchPlan,
            calls.request(
                energy_service_pb2.CreateDispatchPlanRequest,
                dict(
                    dispatch_plan=dispatch_plan,
                    dispatch_plan_id=dispatch_plan_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    def get_dispatch_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> dispatch_pb2.DispatchPlan:
        """Returns a plan."""
        found: dispatch_pb2.DispatchPlan = self._calls.unary(
            self._stub.GetDispatchPlan,
            calls.request(energy_service_pb2.GetDispatchPlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_dispatch_plans(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[dispatch_pb2.DispatchPlan]:
        """Lists plans in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListDispatchPlans,
            calls.request(energy_service_pb2.ListDispatchPlansRequest, dict(page_size=page_size)),
            "dispatch_plans",
            timeout_s,
        )

    def release_dispatch_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> dispatch_pb2.DispatchPlan:
        """Puts a plan into force: plants that are assets get its setpoints, step by step.

        Repeating it gives no order twice.
        """
        found: dispatch_pb2.DispatchPlan = self._calls.unary(
            self._stub.ReleaseDispatchPlan,
            calls.request(energy_service_pb2.ReleaseDispatchPlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def create_asset(
        self,
        *,
        asset: dispatch_pb2.Asset,
        asset_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> dispatch_pb2.Asset:
        """Stores a piece of equipment."""
        found: dispatch_pb2.Asset = self._calls.unary(
            self._stub.CreateAsset,
            calls.request(
                energy_service_pb2.CreateAssetRequest,
                dict(asset=asset, asset_id=asset_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def get_asset(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> dispatch_pb2.Asset:
        """Returns a piece of equipment."""
        found: dispatch_pb2.Asset = self._calls.unary(
            self._stub.GetAsset,
            calls.request(energy_service_pb2.GetAssetRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_assets(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[dispatch_pb2.Asset]:
        """Lists equipment in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListAssets,
            calls.request(energy_service_pb2.ListAssetsRequest, dict(page_size=page_size)),
            "assets",
            timeout_s,
        )

    def get_order(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> dispatch_pb2.Order:
        """Returns an order."""
        found: dispatch_pb2.Order = self._calls.unary(
            self._stub.GetOrder,
            calls.request(energy_service_pb2.GetOrderRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_orders(
        self,
        *,
        page_size: int | None = None,
        cause: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[dispatch_pb2.Order]:
        """Lists orders, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListOrders,
            calls.request(
                energy_service_pb2.ListOrdersRequest, dict(page_size=page_size, cause=cause)
            ),
            "orders",
            timeout_s,
        )

    def watch_orders(
        self,
        *,
        timeout_s: float | None = None,
    ) -> Iterator[energy_service_pb2.WatchOrdersResponse]:
        """Streams orders: those since the token, then each change.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchOrders,
            calls.request(energy_service_pb2.WatchOrdersRequest, {}),
            timeout_s,
        )

    def create_demand_response_program(
        self,
        *,
        demand_response_program: demand_response_pb2.DemandResponseProgram,
        demand_response_program_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> demand_response_pb2.DemandResponseProgram:
        """Stores a program."""
        found: demand_response_pb2.DemandResponseProgram = self._calls.unary(
            self._stub.CreateDemandResponseProgram,
            calls.request(
                energy_service_pb2.CreateDemandResponseProgramRequest,
                dict(
                    demand_response_program=demand_response_program,
                    demand_response_program_id=demand_response_program_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    def get_demand_response_program(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> demand_response_pb2.DemandResponseProgram:
        """Returns a program."""
        found: demand_response_pb2.DemandResponseProgram = self._calls.unary(
            self._stub.GetDemandResponseProgram,
            calls.request(energy_service_pb2.GetDemandResponseProgramRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_demand_response_programs(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[demand_response_pb2.DemandResponseProgram]:
        """Lists programs in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListDemandResponsePrograms,
            calls.request(
                energy_service_pb2.ListDemandResponseProgramsRequest, dict(page_size=page_size)
            ),
            "demand_response_programs",
            timeout_s,
        )

    def create_demand_response_event(
        self,
        *,
        demand_response_event: demand_response_pb2.DemandResponseEvent,
        demand_response_event_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> demand_response_pb2.DemandResponseEvent:
        """Calls an event.

        A grid emergency and a dispatch setpoint give orders at once.
        """
        found: demand_response_pb2.DemandResponseEvent = self._calls.unary(
            self._stub.CreateDemandResponseEvent,
            calls.request(
                energy_service_pb2.CreateDemandResponseEventRequest,
                dict(
                    demand_response_event=demand_response_event,
                    demand_response_event_id=demand_response_event_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    def get_demand_response_event(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> demand_response_pb2.DemandResponseEvent:
        """Returns an event."""
        found: demand_response_pb2.DemandResponseEvent = self._calls.unary(
            self._stub.GetDemandResponseEvent,
            calls.request(energy_service_pb2.GetDemandResponseEventRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def cancel_demand_response_event(
        self,
        *,
        name: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> demand_response_pb2.DemandResponseEvent:
        """Calls an event off: what it has ordered is let go.

        A repeat changes nothing.
        """
        found: demand_response_pb2.DemandResponseEvent = self._calls.unary(
            self._stub.CancelDemandResponseEvent,
            calls.request(
                energy_service_pb2.CancelDemandResponseEventRequest,
                dict(name=name, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def list_demand_response_events(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[demand_response_pb2.DemandResponseEvent]:
        """Lists events in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListDemandResponseEvents,
            calls.request(
                energy_service_pb2.ListDemandResponseEventsRequest, dict(page_size=page_size)
            ),
            "demand_response_events",
            timeout_s,
        )

    def create_demand_response_report(
        self,
        *,
        parent: str,
        demand_response_report: demand_response_pb2.DemandResponseReport,
        demand_response_report_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> demand_response_pb2.DemandResponseReport:
        """Takes a report of a participant."""
        found: demand_response_pb2.DemandResponseReport = self._calls.unary(
            self._stub.CreateDemandResponseReport,
            calls.request(
                energy_service_pb2.CreateDemandResponseReportRequest,
                dict(
                    parent=parent,
                    demand_response_report=demand_response_report,
                    demand_response_report_id=demand_response_report_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    def get_demand_response_report(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> demand_response_pb2.DemandResponseReport:
        """Returns a report."""
        found: demand_response_pb2.DemandResponseReport = self._calls.unary(
            self._stub.GetDemandResponseReport,
            calls.request(energy_service_pb2.GetDemandResponseReportRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_demand_response_reports(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[demand_response_pb2.DemandResponseReport]:
        """Lists reports of an event.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListDemandResponseReports,
            calls.request(
                energy_service_pb2.ListDemandResponseReportsRequest,
                dict(parent=parent, page_size=page_size),
            ),
            "demand_response_reports",
            timeout_s,
        )

    def get_settlement(
        self,
        *,
        name: str,
        unit: str,
        timeout_s: float | None = None,
    ) -> demand_response_pb2.Settlement:
        """Returns what an event is worth to a unit, by its meters as they are known now."""
        found: demand_response_pb2.Settlement = self._calls.unary(
            self._stub.GetSettlement,
            calls.request(energy_service_pb2.GetSettlementRequest, dict(name=name, unit=unit)),
            timeout_s,
        )
        return found

    def create_station(
        self,
        *,
        station: station_pb2.Station,
        station_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> station_pb2.Station:
        """Stores a base station."""
        found: station_pb2.Station = self._calls.unary(
            self._stub.CreateStation,
            calls.request(
                energy_service_pb2.CreateStationRequest,
                dict(station=station, station_id=station_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def get_station(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> station_pb2.Station:
        """Returns a base station."""
        found: station_pb2.Station = self._calls.unary(
            self._stub.GetStation,
            calls.request(energy_service_pb2.GetStationRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_stations(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[station_pb2.Station]:
        """Lists base stations in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListStations,
            calls.request(energy_service_pb2.ListStationsRequest, dict(page_size=page_size)),
            "stations",
            timeout_s,
        )

    def create_sleep_plan(
        self,
        *,
        parent: str,
        sleep_plan: station_pb2.SleepPlan,
        sleep_plan_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> station_pb2.SleepPlan:
        """Plans a cell's sleep by its expected traffic."""
        found: station_pb2.SleepPlan = self._calls.unary(
            self._stub.CreateSleepPlan,
            calls.request(
                energy_service_pb2.CreateSleepPlanRequest,
                dict(
                    parent=parent,
                    sleep_plan=sleep_plan,
                    sleep_plan_id=sleep_plan_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    def get_sleep_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> station_pb2.SleepPlan:
        """Returns a sleep plan."""
        found: station_pb2.SleepPlan = self._calls.unary(
            self._stub.GetSleepPlan,
            calls.request(energy_service_pb2.GetSleepPlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_sleep_plans(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[station_pb2.SleepPlan]:
        """Lists sleep plans of a station.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListSleepPlans,
            calls.request(
                energy_service_pb2.ListSleepPlansRequest, dict(parent=parent, page_size=page_size)
            ),
            "sleep_plans",
            timeout_s,
        )

    def create_battery_plan(
        self,
        *,
        parent: str,
        battery_plan: station_pb2.BatteryPlan,
        battery_plan_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> station_pb2.BatteryPlan:
        """Plans when a station's battery charges and feeds it, by the price of power."""
        found: station_pb2.BatteryPlan = self._calls.unary(
            self._stub.CreateBatteryPlan,
            calls.request(
                energy_service_pb2.CreateBatteryPlanRequest,
                dict(
                    parent=parent,
                    battery_plan=battery_plan,
                    battery_plan_id=battery_plan_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    def get_battery_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> station_pb2.BatteryPlan:
        """Returns a battery plan."""
        found: station_pb2.BatteryPlan = self._calls.unary(
            self._stub.GetBatteryPlan,
            calls.request(energy_service_pb2.GetBatteryPlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_battery_plans(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[station_pb2.BatteryPlan]:
        """Lists battery plans of a station.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListBatteryPlans,
            calls.request(
                energy_service_pb2.ListBatteryPlansRequest, dict(parent=parent, page_size=page_size)
            ),
            "battery_plans",
            timeout_s,
        )

    def create_subsidy_claim(
        self,
        *,
        parent: str,
        subsidy_claim: station_pb2.SubsidyClaim,
        subsidy_claim_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> station_pb2.SubsidyClaim:
        """Takes a claim, and says what it is worth and what speaks against it."""
        found: station_pb2.SubsidyClaim = self._calls.unary(
            self._stub.CreateSubsidyClaim,
            calls.request(
                energy_service_pb2.CreateSubsidyClaimRequest,
                dict(
                    parent=parent,
                    subsidy_claim=subsidy_claim,
                    subsidy_claim_id=subsidy_claim_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    def get_subsidy_claim(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> station_pb2.SubsidyClaim:
        """Returns a claim."""
        found: station_pb2.SubsidyClaim = self._calls.unary(
            self._stub.GetSubsidyClaim,
            calls.request(energy_service_pb2.GetSubsidyClaimRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_subsidy_claims(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[station_pb2.SubsidyClaim]:
        """Lists claims of a station.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListSubsidyClaims,
            calls.request(
                energy_service_pb2.ListSubsidyClaimsRequest,
                dict(parent=parent, page_size=page_size),
            ),
            "subsidy_claims",
            timeout_s,
        )


class AsyncEnergy:
    """tianfu.energy.v1.EnergyService, awaited."""

    def __init__(self, channel: calls.AsyncChannel) -> None:
        self._stub: Any = energy_service_pb2_grpc.EnergyServiceStub(channel.grpc)
        self._calls = channel

    async def create_unit(
        self,
        *,
        unit: unit_pb2.Unit,
        unit_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> unit_pb2.Unit:
        """Stores a unit."""
        found: unit_pb2.Unit = await self._calls.unary(
            self._stub.CreateUnit,
            calls.request(
                energy_service_pb2.CreateUnitRequest,
                dict(unit=unit, unit_id=unit_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def get_unit(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> unit_pb2.Unit:
        """Returns a unit."""
        found: unit_pb2.Unit = await self._calls.unary(
            self._stub.GetUnit,
            calls.request(energy_service_pb2.GetUnitRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_units(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[unit_pb2.Unit]:
        """Lists units in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListUnits,
            calls.request(energy_service_pb2.ListUnitsRequest, dict(page_size=page_size)),
            "units",
            timeout_s,
        )

    async def update_unit(
        self,
        *,
        unit: unit_pb2.Unit,
        update_mask: str | Sequence[str],
        timeout_s: float | None = None,
    ) -> unit_pb2.Unit:
        """Changes a unit; fields of the mask, and only if its etag is still the one given."""
        found: unit_pb2.Unit = await self._calls.unary(
            self._stub.UpdateUnit,
            calls.request(
                energy_service_pb2.UpdateUnitRequest, dict(unit=unit, update_mask=update_mask)
            ),
            timeout_s,
        )
        return found

    async def create_meter(
        self,
        *,
        parent: str,
        meter: unit_pb2.Meter,
        meter_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> unit_pb2.Meter:
        """Stores a meter.

        From then on the readings of its series are accounted for.
        """
        found: unit_pb2.Meter = await self._calls.unary(
            self._stub.CreateMeter,
            calls.request(
                energy_service_pb2.CreateMeterRequest,
                dict(parent=parent, meter=meter, meter_id=meter_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def get_meter(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> unit_pb2.Meter:
        """Returns a meter."""
        found: unit_pb2.Meter = await self._calls.unary(
            self._stub.GetMeter,
            calls.request(energy_service_pb2.GetMeterRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_meters(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[unit_pb2.Meter]:
        """Lists the meters of a unit in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListMeters,
            calls.request(
                energy_service_pb2.ListMetersRequest, dict(parent=parent, page_size=page_size)
            ),
            "meters",
            timeout_s,
        )

    def list_intervals(
        self,
        *,
        parent: str,
        start_time: datetime,
        end_time: datetime,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[unit_pb2.Interval]:
        """Lists the intervals of a meter whose energy is known or doubted, in order of time.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListIntervals,
            calls.request(
                energy_service_pb2.ListIntervalsRequest,
                dict(parent=parent, start_time=start_time, end_time=end_time, page_size=page_size),
            ),
            "intervals",
            timeout_s,
        )

    def watch_restatements(
        self,
        *,
        meter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[energy_service_pb2.WatchRestatementsResponse]:
        """Streams restated intervals: those since the token, then each as it happens.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchRestatements,
            calls.request(energy_service_pb2.WatchRestatementsRequest, dict(meter=meter)),
            timeout_s,
        )

    def list_total_restatements(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[unit_pb2.TotalRestatement]:
        """Lists days of a unit whose total changed after it was stated.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListTotalRestatements,
            calls.request(
                energy_service_pb2.ListTotalRestatementsRequest,
                dict(parent=parent, page_size=page_size),
            ),
            "total_restatements",
            timeout_s,
        )

    async def create_energy_record(
        self,
        *,
        parent: str,
        energy_record: unit_pb2.EnergyRecord,
        energy_record_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> unit_pb2.EnergyRecord:
        """Stores energy that no meter of ours counts."""
        found: unit_pb2.EnergyRecord = await self._calls.unary(
            self._stub.CreateEnergyRecord,
            calls.request(
                energy_service_pb2.CreateEnergyRecordRequest,
                dict(
                    parent=parent,
                    energy_record=energy_record,
                    energy_record_id=energy_record_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    async def get_energy_record(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> unit_pb2.EnergyRecord:
        """Returns an energy record."""
        found: unit_pb2.EnergyRecord = await self._calls.unary(
            self._stub.GetEnergyRecord,
            calls.request(energy_service_pb2.GetEnergyRecordRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_energy_records(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[unit_pb2.EnergyRecord]:
        """Lists such energy in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListEnergyRecords,
            calls.request(
                energy_service_pb2.ListEnergyRecordsRequest,
                dict(parent=parent, page_size=page_size),
            ),
            "energy_records",
            timeout_s,
        )

    async def get_consumption(
        self,
        *,
        name: str,
        start_time: datetime,
        end_time: datetime,
        basis: int | str | None = None,
        timeout_s: float | None = None,
    ) -> unit_pb2.Consumption:
        """Returns the comprehensive energy consumption of a unit."""
        found: unit_pb2.Consumption = await self._calls.unary(
            self._stub.GetConsumption,
            calls.request(
                energy_service_pb2.GetConsumptionRequest,
                dict(name=name, start_time=start_time, end_time=end_time, basis=basis),
            ),
            timeout_s,
        )
        return found

    async def get_intensity(
        self,
        *,
        name: str,
        start_time: datetime,
        end_time: datetime,
        basis: int | str | None = None,
        output: float | None = None,
        timeout_s: float | None = None,
    ) -> unit_pb2.Intensity:
        """Returns energy for what was made."""
        found: unit_pb2.Intensity = await self._calls.unary(
            self._stub.GetIntensity,
            calls.request(
                energy_service_pb2.GetIntensityRequest,
                dict(
                    name=name, start_time=start_time, end_time=end_time, basis=basis, output=output
                ),
            ),
            timeout_s,
        )
        return found

    async def create_quota(
        self,
        *,
        parent: str,
        quota: unit_pb2.Quota,
        quota_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> unit_pb2.Quota:
        """Sets the quota of a year."""
        found: unit_pb2.Quota = await self._calls.unary(
            self._stub.CreateQuota,
            calls.request(
                energy_service_pb2.CreateQuotaRequest,
                dict(parent=parent, quota=quota, quota_id=quota_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def get_quota(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> unit_pb2.Quota:
        """Returns a quota and where it stands."""
        found: unit_pb2.Quota = await self._calls.unary(
            self._stub.GetQuota,
            calls.request(energy_service_pb2.GetQuotaRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_quotas(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[unit_pb2.Quota]:
        """Lists quotas of a unit.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListQuotas,
            calls.request(
                energy_service_pb2.ListQuotasRequest, dict(parent=parent, page_size=page_size)
            ),
            "quotas",
            timeout_s,
        )

    async def get_metering_audit(
        self,
        *,
        name: str,
        start_time: datetime,
        end_time: datetime,
        timeout_s: float | None = None,
    ) -> unit_pb2.MeteringAudit:
        """Says what GB 17167 asks for and a unit lacks, and whether its meters add up."""
        found: unit_pb2.MeteringAudit = await self._calls.unary(
            self._stub.GetMeteringAudit,
            calls.request(
                energy_service_pb2.GetMeteringAuditRequest,
                dict(name=name, start_time=start_time, end_time=end_time),
            ),
            timeout_s,
        )
        return found

    def list_anomalies(
        self,
        *,
        page_size: int | None = None,
        unit: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[unit_pb2.Anomaly]:
        """Lists anomalies, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListAnomalies,
            calls.request(
                energy_service_pb2.ListAnomaliesRequest, dict(page_size=page_size, unit=unit)
            ),
            "anomalies",
            timeout_s,
        )

    def watch_anomalies(
        self,
        *,
        timeout_s: float | None = None,
    ) -> AsyncIterator[energy_service_pb2.WatchAnomaliesResponse]:
        """Streams anomalies: those since the token, then each as it is found.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchAnomalies,
            calls.request(energy_service_pb2.WatchAnomaliesRequest, {}),
            timeout_s,
        )

    def list_region_totals(
        self,
        *,
        start_time: datetime,
        end_time: datetime,
        page_size: int | None = None,
        place_digits: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[unit_pb2.RegionTotal]:
        """Adds up places: a county, prefecture or province each.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListRegionTotals,
            calls.request(
                energy_service_pb2.ListRegionTotalsRequest,
                dict(
                    start_time=start_time,
                    end_time=end_time,
                    page_size=page_size,
                    place_digits=place_digits,
                ),
            ),
            "region_totals",
            timeout_s,
        )

    async def get_carbon_footprint(
        self,
        *,
        name: str,
        year: int | None = None,
        green_kwh: float | None = None,
        products: Iterable[unit_pb2.ProductCarbon] | None = None,
        timeout_s: float | None = None,
    ) -> unit_pb2.CarbonFootprint:
        """Returns the carbon dioxide of a unit in a year of account."""
        found: unit_pb2.CarbonFootprint = await self._calls.unary(
            self._stub.GetCarbonFootprint,
            calls.request(
                energy_service_pb2.GetCarbonFootprintRequest,
                dict(name=name, year=year, green_kwh=green_kwh, products=products),
            ),
            timeout_s,
        )
        return found

    def export_annual_report(
        self,
        *,
        name: str,
        year: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[energy_service_pb2.ExportAnnualReportResponse]:
        """Returns the annual report of a unit (能源利用状况报告) as an XLSX workbook; its totals are those of GetConsumption."""
        return self._calls.stream(
            self._stub.ExportAnnualReport,
            calls.request(energy_service_pb2.ExportAnnualReportRequest, dict(name=name, year=year)),
            timeout_s,
        )

    async def create_dispatch_plan(
        self,
        *,
        dispatch_plan: dispatch_pb2.DispatchPlan,
        dispatch_plan_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> dispatch_pb2.DispatchPlan:
        """Plans a site."""
        found: dispatch_pb2.DispatchPlan = await self._calls.unary(
            self._stub.CreateDispatchPlan,
            calls.request(
                energy_service_pb2.CreateDispatchPlanRequest,
                dict(
                    dispatch_plan=dispatch_plan,
                    dispatch_plan_id=dispatch_plan_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    async def get_dispatch_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> dispatch_pb2.DispatchPlan:
        """Returns a plan."""
        found: dispatch_pb2.DispatchPlan = await self._calls.unary(
            self._stub.GetDispatchPlan,
            calls.request(energy_service_pb2.GetDispatchPlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_dispatch_plans(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[dispatch_pb2.DispatchPlan]:
        """Lists plans in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListDispatchPlans,
            calls.request(energy_service_pb2.ListDispatchPlansRequest, dict(page_size=page_size)),
            "dispatch_plans",
            timeout_s,
        )

    async def release_dispatch_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> dispatch_pb2.DispatchPlan:
        """Puts a plan into force: plants that are assets get its setpoints, step by step.

        Repeating it gives no order twice.
        """
        found: dispatch_pb2.DispatchPlan = await self._calls.unary(
            self._stub.ReleaseDispatchPlan,
            calls.request(energy_service_pb2.ReleaseDispatchPlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    async def create_asset(
        self,
        *,
        asset: dispatch_pb2.Asset,
        asset_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> dispatch_pb2.Asset:
        """Stores a piece of equipment."""
        found: dispatch_pb2.Asset = await self._calls.unary(
            self._stub.CreateAsset,
            calls.request(
                energy_service_pb2.CreateAssetRequest,
                dict(asset=asset, asset_id=asset_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def get_asset(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> dispatch_pb2.Asset:
        """Returns a piece of equipment."""
        found: dispatch_pb2.Asset = await self._calls.unary(
            self._stub.GetAsset,
            calls.request(energy_service_pb2.GetAssetRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_assets(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[dispatch_pb2.Asset]:
        """Lists equipment in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListAssets,
            calls.request(energy_service_pb2.ListAssetsRequest, dict(page_size=page_size)),
            "assets",
            timeout_s,
        )

    async def get_order(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> dispatch_pb2.Order:
        """Returns an order."""
        found: dispatch_pb2.Order = await self._calls.unary(
            self._stub.GetOrder,
            calls.request(energy_service_pb2.GetOrderRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_orders(
        self,
        *,
        page_size: int | None = None,
        cause: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[dispatch_pb2.Order]:
        """Lists orders, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListOrders,
            calls.request(
                energy_service_pb2.ListOrdersRequest, dict(page_size=page_size, cause=cause)
            ),
            "orders",
            timeout_s,
        )

    def watch_orders(
        self,
        *,
        timeout_s: float | None = None,
    ) -> AsyncIterator[energy_service_pb2.WatchOrdersResponse]:
        """Streams orders: those since the token, then each change.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchOrders,
            calls.request(energy_service_pb2.WatchOrdersRequest, {}),
            timeout_s,
        )

    async def create_demand_response_program(
        self,
        *,
        demand_response_program: demand_response_pb2.DemandResponseProgram,
        demand_response_program_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> demand_response_pb2.DemandResponseProgram:
        """Stores a program."""
        found: demand_response_pb2.DemandResponseProgram = await self._calls.unary(
            self._stub.CreateDemandResponseProgram,
            calls.request(
                energy_service_pb2.CreateDemandResponseProgramRequest,
                dict(
                    demand_response_program=demand_response_program,
                    demand_response_program_id=demand_response_program_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    async def get_demand_response_program(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> demand_response_pb2.DemandResponseProgram:
        """Returns a program."""
        found: demand_response_pb2.DemandResponseProgram = await self._calls.unary(
            self._stub.GetDemandResponseProgram,
            calls.request(energy_service_pb2.GetDemandResponseProgramRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_demand_response_programs(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[demand_response_pb2.DemandResponseProgram]:
        """Lists programs in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListDemandResponsePrograms,
            calls.request(
                energy_service_pb2.ListDemandResponseProgramsRequest, dict(page_size=page_size)
            ),
            "demand_response_programs",
            timeout_s,
        )

    async def create_demand_response_event(
        self,
        *,
        demand_response_event: demand_response_pb2.DemandResponseEvent,
        demand_response_event_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> demand_response_pb2.DemandResponseEvent:
        """Calls an event.

        A grid emergency and a dispatch setpoint give orders at once.
        """
        found: demand_response_pb2.DemandResponseEvent = await self._calls.unary(
            self._stub.CreateDemandResponseEvent,
            calls.request(
                energy_service_pb2.CreateDemandResponseEventRequest,
                dict(
                    demand_response_event=demand_response_event,
                    demand_response_event_id=demand_response_event_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    async def get_demand_response_event(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> demand_response_pb2.DemandResponseEvent:
        """Returns an event."""
        found: demand_response_pb2.DemandResponseEvent = await self._calls.unary(
            self._stub.GetDemandResponseEvent,
            calls.request(energy_service_pb2.GetDemandResponseEventRequest, dict(name=name)),
            timeout_s,
        )
        return found

    async def cancel_demand_response_event(
        self,
        *,
        name: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> demand_response_pb2.DemandResponseEvent:
        """Calls an event off: what it has ordered is let go.

        A repeat changes nothing.
        """
        found: demand_response_pb2.DemandResponseEvent = await self._calls.unary(
            self._stub.CancelDemandResponseEvent,
            calls.request(
                energy_service_pb2.CancelDemandResponseEventRequest,
                dict(name=name, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def list_demand_response_events(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[demand_response_pb2.DemandResponseEvent]:
        """Lists events in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListDemandResponseEvents,
            calls.request(
                energy_service_pb2.ListDemandResponseEventsRequest, dict(page_size=page_size)
            ),
            "demand_response_events",
            timeout_s,
        )

    async def create_demand_response_report(
        self,
        *,
        parent: str,
        demand_response_report: demand_response_pb2.DemandResponseReport,
        demand_response_report_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> demand_response_pb2.DemandResponseReport:
        """Takes a report of a participant."""
        found: demand_response_pb2.DemandResponseReport = await self._calls.unary(
            self._stub.CreateDemandResponseReport,
            calls.request(
                energy_service_pb2.CreateDemandResponseReportRequest,
                dict(
                    parent=parent,
                    demand_response_report=demand_response_report,
                    demand_response_report_id=demand_response_report_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    async def get_demand_response_report(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> demand_response_pb2.DemandResponseReport:
        """Returns a report."""
        found: demand_response_pb2.DemandResponseReport = await self._calls.unary(
            self._stub.GetDemandResponseReport,
            calls.request(energy_service_pb2.GetDemandResponseReportRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_demand_response_reports(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[demand_response_pb2.DemandResponseReport]:
        """Lists reports of an event.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListDemandResponseReports,
            calls.request(
                energy_service_pb2.ListDemandResponseReportsRequest,
                dict(parent=parent, page_size=page_size),
            ),
            "demand_response_reports",
            timeout_s,
        )

    async def get_settlement(
        self,
        *,
        name: str,
        unit: str,
        timeout_s: float | None = None,
    ) -> demand_response_pb2.Settlement:
        """Returns what an event is worth to a unit, by its meters as they are known now."""
        found: demand_response_pb2.Settlement = await self._calls.unary(
            self._stub.GetSettlement,
            calls.request(energy_service_pb2.GetSettlementRequest, dict(name=name, unit=unit)),
            timeout_s,
        )
        return found

    async def create_station(
        self,
        *,
        station: station_pb2.Station,
        station_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> station_pb2.Station:
        """Stores a base station."""
        found: station_pb2.Station = await self._calls.unary(
            self._stub.CreateStation,
            calls.request(
                energy_service_pb2.CreateStationRequest,
                dict(station=station, station_id=station_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def get_station(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> station_pb2.Station:
        """Returns a base station."""
        found: station_pb2.Station = await self._calls.unary(
            self._stub.GetStation,
            calls.request(energy_service_pb2.GetStationRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_stations(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[station_pb2.Station]:
        """Lists base stations in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListStations,
            calls.request(energy_service_pb2.ListStationsRequest, dict(page_size=page_size)),
            "stations",
            timeout_s,
        )

    async def create_sleep_plan(
        self,
        *,
        parent: str,
        sleep_plan: station_pb2.SleepPlan,
        sleep_plan_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> station_pb2.SleepPlan:
        """Plans a cell's sleep by its expected traffic."""
        found: station_pb2.SleepPlan = await self._calls.unary(
            self._stub.CreateSleepPlan,
            calls.request(
                energy_service_pb2.CreateSleepPlanRequest,
                dict(
                    parent=parent,
                    sleep_plan=sleep_plan,
                    sleep_plan_id=sleep_plan_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    async def get_sleep_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> station_pb2.SleepPlan:
        """Returns a sleep plan."""
        found: station_pb2.SleepPlan = await self._calls.unary(
            self._stub.GetSleepPlan,
            calls.request(energy_service_pb2.GetSleepPlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_sleep_plans(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[station_pb2.SleepPlan]:
        """Lists sleep plans of a station.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListSleepPlans,
            calls.request(
                energy_service_pb2.ListSleepPlansRequest, dict(parent=parent, page_size=page_size)
            ),
            "sleep_plans",
            timeout_s,
        )

    async def create_battery_plan(
        self,
        *,
        parent: str,
        battery_plan: station_pb2.BatteryPlan,
        battery_plan_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> station_pb2.BatteryPlan:
        """Plans when a station's battery charges and feeds it, by the price of power."""
        found: station_pb2.BatteryPlan = await self._calls.unary(
            self._stub.CreateBatteryPlan,
            calls.request(
                energy_service_pb2.CreateBatteryPlanRequest,
                dict(
                    parent=parent,
                    battery_plan=battery_plan,
                    battery_plan_id=battery_plan_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    async def get_battery_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> station_pb2.BatteryPlan:
        """Returns a battery plan."""
        found: station_pb2.BatteryPlan = await self._calls.unary(
            self._stub.GetBatteryPlan,
            calls.request(energy_service_pb2.GetBatteryPlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_battery_plans(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[station_pb2.BatteryPlan]:
        """Lists battery plans of a station.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListBatteryPlans,
            calls.request(
                energy_service_pb2.ListBatteryPlansRequest, dict(parent=parent, page_size=page_size)
            ),
            "battery_plans",
            timeout_s,
        )

    async def create_subsidy_claim(
        self,
        *,
        parent: str,
        subsidy_claim: station_pb2.SubsidyClaim,
        subsidy_claim_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> station_pb2.SubsidyClaim:
        """Takes a claim, and says what it is worth and what speaks against it."""
        found: station_pb2.SubsidyClaim = await self._calls.unary(
            self._stub.CreateSubsidyClaim,
            calls.request(
                energy_service_pb2.CreateSubsidyClaimRequest,
                dict(
                    parent=parent,
                    subsidy_claim=subsidy_claim,
                    subsidy_claim_id=subsidy_claim_id,
                    request_id=request_id,
                ),
            ),
            timeout_s,
        )
        return found

    async def get_subsidy_claim(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> station_pb2.SubsidyClaim:
        """Returns a claim."""
        found: station_pb2.SubsidyClaim = await self._calls.unary(
            self._stub.GetSubsidyClaim,
            calls.request(energy_service_pb2.GetSubsidyClaimRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_subsidy_claims(
        self,
        *,
        parent: str,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[station_pb2.SubsidyClaim]:
        """Lists claims of a station.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListSubsidyClaims,
            calls.request(
                energy_service_pb2.ListSubsidyClaimsRequest,
                dict(parent=parent, page_size=page_size),
            ),
            "subsidy_claims",
            timeout_s,
        )
