import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.authz.v1 import authz_pb2 as _authz_pb2
from tianfu.energy.v1 import demand_response_pb2 as _demand_response_pb2
from tianfu.energy.v1 import dispatch_pb2 as _dispatch_pb2
from tianfu.energy.v1 import station_pb2 as _station_pb2
from tianfu.energy.v1 import unit_pb2 as _unit_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateUnitRequest(_message.Message):
    __slots__ = ("unit", "unit_id", "request_id")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    UNIT_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    unit: _unit_pb2.Unit
    unit_id: str
    request_id: str
    def __init__(self, unit: _Optional[_Union[_unit_pb2.Unit, _Mapping]] = ..., unit_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetUnitRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListUnitsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListUnitsResponse(_message.Message):
    __slots__ = ("units", "next_page_token")
    UNITS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    units: _containers.RepeatedCompositeFieldContainer[_unit_pb2.Unit]
    next_page_token: str
    def __init__(self, units: _Optional[_Iterable[_Union[_unit_pb2.Unit, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateUnitRequest(_message.Message):
    __slots__ = ("unit", "update_mask")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    unit: _unit_pb2.Unit
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, unit: _Optional[_Union[_unit_pb2.Unit, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class CreateMeterRequest(_message.Message):
    __slots__ = ("parent", "meter", "meter_id", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    METER_FIELD_NUMBER: _ClassVar[int]
    METER_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    meter: _unit_pb2.Meter
    meter_id: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., meter: _Optional[_Union[_unit_pb2.Meter, _Mapping]] = ..., meter_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetMeterRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListMetersRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "parent")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...

class ListMetersResponse(_message.Message):
    __slots__ = ("meters", "next_page_token")
    METERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    meters: _containers.RepeatedCompositeFieldContainer[_unit_pb2.Meter]
    next_page_token: str
    def __init__(self, meters: _Optional[_Iterable[_Union[_unit_pb2.Meter, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListIntervalsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "parent", "start_time", "end_time")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., parent: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListIntervalsResponse(_message.Message):
    __slots__ = ("intervals", "next_page_token")
    INTERVALS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    intervals: _containers.RepeatedCompositeFieldContainer[_unit_pb2.Interval]
    next_page_token: str
    def __init__(self, intervals: _Optional[_Iterable[_Union[_unit_pb2.Interval, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchRestatementsRequest(_message.Message):
    __slots__ = ("meter", "resume_token")
    METER_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    meter: str
    resume_token: str
    def __init__(self, meter: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchRestatementsResponse(_message.Message):
    __slots__ = ("restatement", "resume_token")
    RESTATEMENT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    restatement: _unit_pb2.Restatement
    resume_token: str
    def __init__(self, restatement: _Optional[_Union[_unit_pb2.Restatement, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class ListTotalRestatementsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "parent")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...

class ListTotalRestatementsResponse(_message.Message):
    __slots__ = ("total_restatements", "next_page_token")
    TOTAL_RESTATEMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    total_restatements: _containers.RepeatedCompositeFieldContainer[_unit_pb2.TotalRestatement]
    next_page_token: str
    def __init__(self, total_restatements: _Optional[_Iterable[_Union[_unit_pb2.TotalRestatement, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateEnergyRecordRequest(_message.Message):
    __slots__ = ("parent", "energy_record", "energy_record_id", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    ENERGY_RECORD_FIELD_NUMBER: _ClassVar[int]
    ENERGY_RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    energy_record: _unit_pb2.EnergyRecord
    energy_record_id: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., energy_record: _Optional[_Union[_unit_pb2.EnergyRecord, _Mapping]] = ..., energy_record_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetEnergyRecordRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListEnergyRecordsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "parent")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...

class ListEnergyRecordsResponse(_message.Message):
    __slots__ = ("energy_records", "next_page_token")
    ENERGY_RECORDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    energy_records: _containers.RepeatedCompositeFieldContainer[_unit_pb2.EnergyRecord]
    next_page_token: str
    def __init__(self, energy_records: _Optional[_Iterable[_Union[_unit_pb2.EnergyRecord, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetConsumptionRequest(_message.Message):
    __slots__ = ("name", "start_time", "end_time", "basis")
    NAME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    name: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    basis: _unit_pb2.ElectricityBasis
    def __init__(self, name: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., basis: _Optional[_Union[_unit_pb2.ElectricityBasis, str]] = ...) -> None: ...

class GetIntensityRequest(_message.Message):
    __slots__ = ("name", "start_time", "end_time", "basis", "output")
    NAME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    name: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    basis: _unit_pb2.ElectricityBasis
    output: float
    def __init__(self, name: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., basis: _Optional[_Union[_unit_pb2.ElectricityBasis, str]] = ..., output: _Optional[float] = ...) -> None: ...

class CreateQuotaRequest(_message.Message):
    __slots__ = ("parent", "quota", "quota_id", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    QUOTA_FIELD_NUMBER: _ClassVar[int]
    QUOTA_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    quota: _unit_pb2.Quota
    quota_id: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., quota: _Optional[_Union[_unit_pb2.Quota, _Mapping]] = ..., quota_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetQuotaRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListQuotasRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "parent")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...

class ListQuotasResponse(_message.Message):
    __slots__ = ("quotas", "next_page_token")
    QUOTAS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    quotas: _containers.RepeatedCompositeFieldContainer[_unit_pb2.Quota]
    next_page_token: str
    def __init__(self, quotas: _Optional[_Iterable[_Union[_unit_pb2.Quota, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetMeteringAuditRequest(_message.Message):
    __slots__ = ("name", "start_time", "end_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListAnomaliesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "unit")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    unit: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., unit: _Optional[str] = ...) -> None: ...

class ListAnomaliesResponse(_message.Message):
    __slots__ = ("anomalies", "next_page_token")
    ANOMALIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    anomalies: _containers.RepeatedCompositeFieldContainer[_unit_pb2.Anomaly]
    next_page_token: str
    def __init__(self, anomalies: _Optional[_Iterable[_Union[_unit_pb2.Anomaly, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchAnomaliesRequest(_message.Message):
    __slots__ = ("resume_token",)
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    def __init__(self, resume_token: _Optional[str] = ...) -> None: ...

class WatchAnomaliesResponse(_message.Message):
    __slots__ = ("anomaly", "resume_token")
    ANOMALY_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    anomaly: _unit_pb2.Anomaly
    resume_token: str
    def __init__(self, anomaly: _Optional[_Union[_unit_pb2.Anomaly, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class ListRegionTotalsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "start_time", "end_time", "place_digits")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PLACE_DIGITS_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    place_digits: int
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., place_digits: _Optional[int] = ...) -> None: ...

class ListRegionTotalsResponse(_message.Message):
    __slots__ = ("region_totals", "next_page_token")
    REGION_TOTALS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    region_totals: _containers.RepeatedCompositeFieldContainer[_unit_pb2.RegionTotal]
    next_page_token: str
    def __init__(self, region_totals: _Optional[_Iterable[_Union[_unit_pb2.RegionTotal, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetCarbonFootprintRequest(_message.Message):
    __slots__ = ("name", "year", "green_kwh", "products")
    NAME_FIELD_NUMBER: _ClassVar[int]
    YEAR_FIELD_NUMBER: _ClassVar[int]
    GREEN_KWH_FIELD_NUMBER: _ClassVar[int]
    PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    year: int
    green_kwh: float
    products: _containers.RepeatedCompositeFieldContainer[_unit_pb2.ProductCarbon]
    def __init__(self, name: _Optional[str] = ..., year: _Optional[int] = ..., green_kwh: _Optional[float] = ..., products: _Optional[_Iterable[_Union[_unit_pb2.ProductCarbon, _Mapping]]] = ...) -> None: ...

class ExportAnnualReportRequest(_message.Message):
    __slots__ = ("name", "year")
    NAME_FIELD_NUMBER: _ClassVar[int]
    YEAR_FIELD_NUMBER: _ClassVar[int]
    name: str
    year: int
    def __init__(self, name: _Optional[str] = ..., year: _Optional[int] = ...) -> None: ...

class ExportAnnualReportResponse(_message.Message):
    __slots__ = ("chunk",)
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    def __init__(self, chunk: _Optional[bytes] = ...) -> None: ...

class CreateDispatchPlanRequest(_message.Message):
    __slots__ = ("dispatch_plan", "dispatch_plan_id", "request_id")
    DISPATCH_PLAN_FIELD_NUMBER: _ClassVar[int]
    DISPATCH_PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    dispatch_plan: _dispatch_pb2.DispatchPlan
    dispatch_plan_id: str
    request_id: str
    def __init__(self, dispatch_plan: _Optional[_Union[_dispatch_pb2.DispatchPlan, _Mapping]] = ..., dispatch_plan_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetDispatchPlanRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListDispatchPlansRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDispatchPlansResponse(_message.Message):
    __slots__ = ("dispatch_plans", "next_page_token")
    DISPATCH_PLANS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    dispatch_plans: _containers.RepeatedCompositeFieldContainer[_dispatch_pb2.DispatchPlan]
    next_page_token: str
    def __init__(self, dispatch_plans: _Optional[_Iterable[_Union[_dispatch_pb2.DispatchPlan, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ReleaseDispatchPlanRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateAssetRequest(_message.Message):
    __slots__ = ("asset", "asset_id", "request_id")
    ASSET_FIELD_NUMBER: _ClassVar[int]
    ASSET_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    asset: _dispatch_pb2.Asset
    asset_id: str
    request_id: str
    def __init__(self, asset: _Optional[_Union[_dispatch_pb2.Asset, _Mapping]] = ..., asset_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetAssetRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListAssetsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAssetsResponse(_message.Message):
    __slots__ = ("assets", "next_page_token")
    ASSETS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    assets: _containers.RepeatedCompositeFieldContainer[_dispatch_pb2.Asset]
    next_page_token: str
    def __init__(self, assets: _Optional[_Iterable[_Union[_dispatch_pb2.Asset, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetOrderRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListOrdersRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "cause")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    cause: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., cause: _Optional[str] = ...) -> None: ...

class ListOrdersResponse(_message.Message):
    __slots__ = ("orders", "next_page_token")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedCompositeFieldContainer[_dispatch_pb2.Order]
    next_page_token: str
    def __init__(self, orders: _Optional[_Iterable[_Union[_dispatch_pb2.Order, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchOrdersRequest(_message.Message):
    __slots__ = ("resume_token",)
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    def __init__(self, resume_token: _Optional[str] = ...) -> None: ...

class WatchOrdersResponse(_message.Message):
    __slots__ = ("order", "resume_token")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    order: _dispatch_pb2.Order
    resume_token: str
    def __init__(self, order: _Optional[_Union[_dispatch_pb2.Order, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class CreateDemandResponseProgramRequest(_message.Message):
    __slots__ = ("demand_response_program", "demand_response_program_id", "request_id")
    DEMAND_RESPONSE_PROGRAM_FIELD_NUMBER: _ClassVar[int]
    DEMAND_RESPONSE_PROGRAM_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    demand_response_program: _demand_response_pb2.DemandResponseProgram
    demand_response_program_id: str
    request_id: str
    def __init__(self, demand_response_program: _Optional[_Union[_demand_response_pb2.DemandResponseProgram, _Mapping]] = ..., demand_response_program_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetDemandResponseProgramRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListDemandResponseProgramsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDemandResponseProgramsResponse(_message.Message):
    __slots__ = ("demand_response_programs", "next_page_token")
    DEMAND_RESPONSE_PROGRAMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    demand_response_programs: _containers.RepeatedCompositeFieldContainer[_demand_response_pb2.DemandResponseProgram]
    next_page_token: str
    def __init__(self, demand_response_programs: _Optional[_Iterable[_Union[_demand_response_pb2.DemandResponseProgram, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateDemandResponseEventRequest(_message.Message):
    __slots__ = ("demand_response_event", "demand_response_event_id", "request_id")
    DEMAND_RESPONSE_EVENT_FIELD_NUMBER: _ClassVar[int]
    DEMAND_RESPONSE_EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    demand_response_event: _demand_response_pb2.DemandResponseEvent
    demand_response_event_id: str
    request_id: str
    def __init__(self, demand_response_event: _Optional[_Union[_demand_response_pb2.DemandResponseEvent, _Mapping]] = ..., demand_response_event_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetDemandResponseEventRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CancelDemandResponseEventRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ListDemandResponseEventsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDemandResponseEventsResponse(_message.Message):
    __slots__ = ("demand_response_events", "next_page_token")
    DEMAND_RESPONSE_EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    demand_response_events: _containers.RepeatedCompositeFieldContainer[_demand_response_pb2.DemandResponseEvent]
    next_page_token: str
    def __init__(self, demand_response_events: _Optional[_Iterable[_Union[_demand_response_pb2.DemandResponseEvent, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateDemandResponseReportRequest(_message.Message):
    __slots__ = ("parent", "demand_response_report", "demand_response_report_id", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    DEMAND_RESPONSE_REPORT_FIELD_NUMBER: _ClassVar[int]
    DEMAND_RESPONSE_REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    demand_response_report: _demand_response_pb2.DemandResponseReport
    demand_response_report_id: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., demand_response_report: _Optional[_Union[_demand_response_pb2.DemandResponseReport, _Mapping]] = ..., demand_response_report_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetDemandResponseReportRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListDemandResponseReportsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "parent")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...

class ListDemandResponseReportsResponse(_message.Message):
    __slots__ = ("demand_response_reports", "next_page_token")
    DEMAND_RESPONSE_REPORTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    demand_response_reports: _containers.RepeatedCompositeFieldContainer[_demand_response_pb2.DemandResponseReport]
    next_page_token: str
    def __init__(self, demand_response_reports: _Optional[_Iterable[_Union[_demand_response_pb2.DemandResponseReport, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetSettlementRequest(_message.Message):
    __slots__ = ("name", "unit")
    NAME_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    name: str
    unit: str
    def __init__(self, name: _Optional[str] = ..., unit: _Optional[str] = ...) -> None: ...

class CreateStationRequest(_message.Message):
    __slots__ = ("station", "station_id", "request_id")
    STATION_FIELD_NUMBER: _ClassVar[int]
    STATION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    station: _station_pb2.Station
    station_id: str
    request_id: str
    def __init__(self, station: _Optional[_Union[_station_pb2.Station, _Mapping]] = ..., station_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetStationRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListStationsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListStationsResponse(_message.Message):
    __slots__ = ("stations", "next_page_token")
    STATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    stations: _containers.RepeatedCompositeFieldContainer[_station_pb2.Station]
    next_page_token: str
    def __init__(self, stations: _Optional[_Iterable[_Union[_station_pb2.Station, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateSleepPlanRequest(_message.Message):
    __slots__ = ("parent", "sleep_plan", "sleep_plan_id", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SLEEP_PLAN_FIELD_NUMBER: _ClassVar[int]
    SLEEP_PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    sleep_plan: _station_pb2.SleepPlan
    sleep_plan_id: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., sleep_plan: _Optional[_Union[_station_pb2.SleepPlan, _Mapping]] = ..., sleep_plan_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetSleepPlanRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListSleepPlansRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "parent")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...

class ListSleepPlansResponse(_message.Message):
    __slots__ = ("sleep_plans", "next_page_token")
    SLEEP_PLANS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    sleep_plans: _containers.RepeatedCompositeFieldContainer[_station_pb2.SleepPlan]
    next_page_token: str
    def __init__(self, sleep_plans: _Optional[_Iterable[_Union[_station_pb2.SleepPlan, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateBatteryPlanRequest(_message.Message):
    __slots__ = ("parent", "battery_plan", "battery_plan_id", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    BATTERY_PLAN_FIELD_NUMBER: _ClassVar[int]
    BATTERY_PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    battery_plan: _station_pb2.BatteryPlan
    battery_plan_id: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., battery_plan: _Optional[_Union[_station_pb2.BatteryPlan, _Mapping]] = ..., battery_plan_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetBatteryPlanRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListBatteryPlansRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "parent")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...

class ListBatteryPlansResponse(_message.Message):
    __slots__ = ("battery_plans", "next_page_token")
    BATTERY_PLANS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    battery_plans: _containers.RepeatedCompositeFieldContainer[_station_pb2.BatteryPlan]
    next_page_token: str
    def __init__(self, battery_plans: _Optional[_Iterable[_Union[_station_pb2.BatteryPlan, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateSubsidyClaimRequest(_message.Message):
    __slots__ = ("parent", "subsidy_claim", "subsidy_claim_id", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SUBSIDY_CLAIM_FIELD_NUMBER: _ClassVar[int]
    SUBSIDY_CLAIM_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    subsidy_claim: _station_pb2.SubsidyClaim
    subsidy_claim_id: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., subsidy_claim: _Optional[_Union[_station_pb2.SubsidyClaim, _Mapping]] = ..., subsidy_claim_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetSubsidyClaimRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListSubsidyClaimsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "parent")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...

class ListSubsidyClaimsResponse(_message.Message):
    __slots__ = ("subsidy_claims", "next_page_token")
    SUBSIDY_CLAIMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    subsidy_claims: _containers.RepeatedCompositeFieldContainer[_station_pb2.SubsidyClaim]
    next_page_token: str
    def __init__(self, subsidy_claims: _Optional[_Iterable[_Union[_station_pb2.SubsidyClaim, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
