import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MonitoringPointState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MONITORING_POINT_STATE_UNSPECIFIED: _ClassVar[MonitoringPointState]
    MONITORING_POINT_STATE_ACTIVE: _ClassVar[MonitoringPointState]
    MONITORING_POINT_STATE_RETIRED: _ClassVar[MonitoringPointState]
MONITORING_POINT_STATE_UNSPECIFIED: MonitoringPointState
MONITORING_POINT_STATE_ACTIVE: MonitoringPointState
MONITORING_POINT_STATE_RETIRED: MonitoringPointState

class MonitoredSeries(_message.Message):
    __slots__ = ("node", "series", "hour_mean_max")
    NODE_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    HOUR_MEAN_MAX_FIELD_NUMBER: _ClassVar[int]
    node: str
    series: str
    hour_mean_max: float
    def __init__(self, node: _Optional[str] = ..., series: _Optional[str] = ..., hour_mean_max: _Optional[float] = ...) -> None: ...

class MonitoringPoint(_message.Message):
    __slots__ = ("name", "entity", "matter", "place_code", "permit_sha256", "series", "hospital", "state", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    MATTER_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    PERMIT_SHA256_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    entity: str
    matter: str
    place_code: str
    permit_sha256: str
    series: MonitoredSeries
    hospital: str
    state: MonitoringPointState
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., entity: _Optional[str] = ..., matter: _Optional[str] = ..., place_code: _Optional[str] = ..., permit_sha256: _Optional[str] = ..., series: _Optional[_Union[MonitoredSeries, _Mapping]] = ..., hospital: _Optional[str] = ..., state: _Optional[_Union[MonitoringPointState, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
