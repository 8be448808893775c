import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.authz.v1 import authz_pb2 as _authz_pb2
from tianfu.reading.v1 import reading_batch_pb2 as _reading_batch_pb2
from tianfu.telemetry.v1 import telemetry_pb2 as _telemetry_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Aggregate(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AGGREGATE_UNSPECIFIED: _ClassVar[Aggregate]
    AGGREGATE_MEAN: _ClassVar[Aggregate]
    AGGREGATE_MIN: _ClassVar[Aggregate]
    AGGREGATE_MAX: _ClassVar[Aggregate]
    AGGREGATE_SUM: _ClassVar[Aggregate]
    AGGREGATE_COUNT: _ClassVar[Aggregate]
    AGGREGATE_FIRST: _ClassVar[Aggregate]
    AGGREGATE_LAST: _ClassVar[Aggregate]

class GapHandling(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GAP_HANDLING_OMIT_UNSPECIFIED: _ClassVar[GapHandling]
    GAP_HANDLING_NAN: _ClassVar[GapHandling]
    GAP_HANDLING_PREVIOUS: _ClassVar[GapHandling]
    GAP_HANDLING_LINEAR: _ClassVar[GapHandling]

class QuerySource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    QUERY_SOURCE_UNSPECIFIED: _ClassVar[QuerySource]
    QUERY_SOURCE_READINGS: _ClassVar[QuerySource]
    QUERY_SOURCE_MINUTES: _ClassVar[QuerySource]
    QUERY_SOURCE_QUARTER_HOURS: _ClassVar[QuerySource]
AGGREGATE_UNSPECIFIED: Aggregate
AGGREGATE_MEAN: Aggregate
AGGREGATE_MIN: Aggregate
AGGREGATE_MAX: Aggregate
AGGREGATE_SUM: Aggregate
AGGREGATE_COUNT: Aggregate
AGGREGATE_FIRST: Aggregate
AGGREGATE_LAST: Aggregate
GAP_HANDLING_OMIT_UNSPECIFIED: GapHandling
GAP_HANDLING_NAN: GapHandling
GAP_HANDLING_PREVIOUS: GapHandling
GAP_HANDLING_LINEAR: GapHandling
QUERY_SOURCE_UNSPECIFIED: QuerySource
QUERY_SOURCE_READINGS: QuerySource
QUERY_SOURCE_MINUTES: QuerySource
QUERY_SOURCE_QUARTER_HOURS: QuerySource

class ListSeriesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSeriesResponse(_message.Message):
    __slots__ = ("series", "next_page_token")
    SERIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    series: _containers.RepeatedCompositeFieldContainer[_telemetry_pb2.Series]
    next_page_token: str
    def __init__(self, series: _Optional[_Iterable[_Union[_telemetry_pb2.Series, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class QuerySeriesRequest(_message.Message):
    __slots__ = ("name", "start_time", "end_time", "aggregate", "step", "gap_handling", "max_points")
    NAME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    GAP_HANDLING_FIELD_NUMBER: _ClassVar[int]
    MAX_POINTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    aggregate: Aggregate
    step: _duration_pb2.Duration
    gap_handling: GapHandling
    max_points: int
    def __init__(self, name: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., aggregate: _Optional[_Union[Aggregate, str]] = ..., step: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., gap_handling: _Optional[_Union[GapHandling, str]] = ..., max_points: _Optional[int] = ...) -> None: ...

class QuerySeriesResponse(_message.Message):
    __slots__ = ("time_us", "value", "quality", "readings", "unit", "source")
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    READINGS_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    time_us: _containers.RepeatedScalarFieldContainer[int]
    value: _containers.RepeatedScalarFieldContainer[float]
    quality: _containers.RepeatedScalarFieldContainer[_reading_batch_pb2.Quality]
    readings: _containers.RepeatedScalarFieldContainer[int]
    unit: str
    source: QuerySource
    def __init__(self, time_us: _Optional[_Iterable[int]] = ..., value: _Optional[_Iterable[float]] = ..., quality: _Optional[_Iterable[_Union[_reading_batch_pb2.Quality, str]]] = ..., readings: _Optional[_Iterable[int]] = ..., unit: _Optional[str] = ..., source: _Optional[_Union[QuerySource, str]] = ...) -> None: ...

class WatchSeriesRequest(_message.Message):
    __slots__ = ("names", "resume_token")
    NAMES_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    names: _containers.RepeatedScalarFieldContainer[str]
    resume_token: str
    def __init__(self, names: _Optional[_Iterable[str]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchSeriesResponse(_message.Message):
    __slots__ = ("name_index", "time_us", "value", "quality", "resume_token")
    NAME_INDEX_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name_index: _containers.RepeatedScalarFieldContainer[int]
    time_us: _containers.RepeatedScalarFieldContainer[int]
    value: _containers.RepeatedScalarFieldContainer[float]
    quality: _containers.RepeatedScalarFieldContainer[_reading_batch_pb2.Quality]
    resume_token: str
    def __init__(self, name_index: _Optional[_Iterable[int]] = ..., time_us: _Optional[_Iterable[int]] = ..., value: _Optional[_Iterable[float]] = ..., quality: _Optional[_Iterable[_Union[_reading_batch_pb2.Quality, str]]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class GetDeliveryRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListDeliveriesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDeliveriesResponse(_message.Message):
    __slots__ = ("deliveries", "next_page_token")
    DELIVERIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    deliveries: _containers.RepeatedCompositeFieldContainer[_telemetry_pb2.Delivery]
    next_page_token: str
    def __init__(self, deliveries: _Optional[_Iterable[_Union[_telemetry_pb2.Delivery, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AuditDeliveryRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class AuditDeliveryResponse(_message.Message):
    __slots__ = ("accounted_readings", "found_rows", "duplicate_rows", "duplicate_batches", "dropped_rows")
    ACCOUNTED_READINGS_FIELD_NUMBER: _ClassVar[int]
    FOUND_ROWS_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_ROWS_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_BATCHES_FIELD_NUMBER: _ClassVar[int]
    DROPPED_ROWS_FIELD_NUMBER: _ClassVar[int]
    accounted_readings: int
    found_rows: int
    duplicate_rows: int
    duplicate_batches: int
    dropped_rows: int
    def __init__(self, accounted_readings: _Optional[int] = ..., found_rows: _Optional[int] = ..., duplicate_rows: _Optional[int] = ..., duplicate_batches: _Optional[int] = ..., dropped_rows: _Optional[int] = ...) -> None: ...

class GetIngestStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class IngestReadingsRequest(_message.Message):
    __slots__ = ("batch",)
    BATCH_FIELD_NUMBER: _ClassVar[int]
    batch: _reading_batch_pb2.ReadingBatch
    def __init__(self, batch: _Optional[_Union[_reading_batch_pb2.ReadingBatch, _Mapping]] = ...) -> None: ...

class IngestReadingsResponse(_message.Message):
    __slots__ = ("batches", "readings")
    BATCHES_FIELD_NUMBER: _ClassVar[int]
    READINGS_FIELD_NUMBER: _ClassVar[int]
    batches: int
    readings: int
    def __init__(self, batches: _Optional[int] = ..., readings: _Optional[int] = ...) -> None: ...

class ExportReadingsRequest(_message.Message):
    __slots__ = ("parent", "start_time", "end_time")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    parent: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, parent: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ExportReadingsResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...
