import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PayloadType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PAYLOAD_TYPE_UNSPECIFIED: _ClassVar[PayloadType]
    PAYLOAD_TYPE_SIMPLE: _ClassVar[PayloadType]
    PAYLOAD_TYPE_PRICE: _ClassVar[PayloadType]
    PAYLOAD_TYPE_GHG: _ClassVar[PayloadType]
    PAYLOAD_TYPE_DISPATCH_SETPOINT: _ClassVar[PayloadType]
    PAYLOAD_TYPE_DISPATCH_SETPOINT_RELATIVE: _ClassVar[PayloadType]
    PAYLOAD_TYPE_IMPORT_CAPACITY_LIMIT: _ClassVar[PayloadType]
    PAYLOAD_TYPE_EXPORT_CAPACITY_LIMIT: _ClassVar[PayloadType]
    PAYLOAD_TYPE_CHARGE_STATE_SETPOINT: _ClassVar[PayloadType]
    PAYLOAD_TYPE_CONTROL_LEVEL_OFFSET: _ClassVar[PayloadType]
    PAYLOAD_TYPE_ALERT_GRID_EMERGENCY: _ClassVar[PayloadType]
    PAYLOAD_TYPE_ALERT_BLACK_START: _ClassVar[PayloadType]
    PAYLOAD_TYPE_ALERT_POSSIBLE_OUTAGE: _ClassVar[PayloadType]
    PAYLOAD_TYPE_ALERT_FLEX_ALERT: _ClassVar[PayloadType]
    PAYLOAD_TYPE_ALERT_FIRE: _ClassVar[PayloadType]
PAYLOAD_TYPE_UNSPECIFIED: PayloadType
PAYLOAD_TYPE_SIMPLE: PayloadType
PAYLOAD_TYPE_PRICE: PayloadType
PAYLOAD_TYPE_GHG: PayloadType
PAYLOAD_TYPE_DISPATCH_SETPOINT: PayloadType
PAYLOAD_TYPE_DISPATCH_SETPOINT_RELATIVE: PayloadType
PAYLOAD_TYPE_IMPORT_CAPACITY_LIMIT: PayloadType
PAYLOAD_TYPE_EXPORT_CAPACITY_LIMIT: PayloadType
PAYLOAD_TYPE_CHARGE_STATE_SETPOINT: PayloadType
PAYLOAD_TYPE_CONTROL_LEVEL_OFFSET: PayloadType
PAYLOAD_TYPE_ALERT_GRID_EMERGENCY: PayloadType
PAYLOAD_TYPE_ALERT_BLACK_START: PayloadType
PAYLOAD_TYPE_ALERT_POSSIBLE_OUTAGE: PayloadType
PAYLOAD_TYPE_ALERT_FLEX_ALERT: PayloadType
PAYLOAD_TYPE_ALERT_FIRE: PayloadType

class DemandResponseProgram(_message.Message):
    __slots__ = ("name", "display_name", "units", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    units: _containers.RepeatedScalarFieldContainer[str]
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., units: _Optional[_Iterable[str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EventInterval(_message.Message):
    __slots__ = ("interval", "duration_s", "payload_type", "values", "start_time")
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    DURATION_S_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_TYPE_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    interval: int
    duration_s: int
    payload_type: PayloadType
    values: _containers.RepeatedScalarFieldContainer[float]
    start_time: _timestamp_pb2.Timestamp
    def __init__(self, interval: _Optional[int] = ..., duration_s: _Optional[int] = ..., payload_type: _Optional[_Union[PayloadType, str]] = ..., values: _Optional[_Iterable[float]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DemandResponseEvent(_message.Message):
    __slots__ = ("name", "program", "display_name", "priority", "start_time", "randomize_start_s", "intervals", "committed_kwh", "place_codes", "create_time", "orders", "exercise", "units", "cancel_time", "revision")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    RANDOMIZE_START_S_FIELD_NUMBER: _ClassVar[int]
    INTERVALS_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_KWH_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODES_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    EXERCISE_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    CANCEL_TIME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    name: str
    program: str
    display_name: str
    priority: int
    start_time: _timestamp_pb2.Timestamp
    randomize_start_s: int
    intervals: _containers.RepeatedCompositeFieldContainer[EventInterval]
    committed_kwh: float
    place_codes: _containers.RepeatedScalarFieldContainer[str]
    create_time: _timestamp_pb2.Timestamp
    orders: _containers.RepeatedScalarFieldContainer[str]
    exercise: bool
    units: _containers.RepeatedScalarFieldContainer[str]
    cancel_time: _timestamp_pb2.Timestamp
    revision: int
    def __init__(self, name: _Optional[str] = ..., program: _Optional[str] = ..., display_name: _Optional[str] = ..., priority: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., randomize_start_s: _Optional[int] = ..., intervals: _Optional[_Iterable[_Union[EventInterval, _Mapping]]] = ..., committed_kwh: _Optional[float] = ..., place_codes: _Optional[_Iterable[str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., orders: _Optional[_Iterable[str]] = ..., exercise: _Optional[bool] = ..., units: _Optional[_Iterable[str]] = ..., cancel_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class DemandResponseReport(_message.Message):
    __slots__ = ("name", "client_name", "resource_name", "payload_type", "values", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CLIENT_NAME_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_NAME_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_TYPE_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    client_name: str
    resource_name: str
    payload_type: str
    values: _containers.RepeatedScalarFieldContainer[float]
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., client_name: _Optional[str] = ..., resource_name: _Optional[str] = ..., payload_type: _Optional[str] = ..., values: _Optional[_Iterable[float]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Settlement(_message.Message):
    __slots__ = ("event", "unit", "baseline_kwh", "adjustment", "actual_kwh", "shed_kwh", "delivered_share", "paid_kwh", "amount_cny", "delivered", "rule_version", "version", "unknown_intervals", "settle_time")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    BASELINE_KWH_FIELD_NUMBER: _ClassVar[int]
    ADJUSTMENT_FIELD_NUMBER: _ClassVar[int]
    ACTUAL_KWH_FIELD_NUMBER: _ClassVar[int]
    SHED_KWH_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_SHARE_FIELD_NUMBER: _ClassVar[int]
    PAID_KWH_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_CNY_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_INTERVALS_FIELD_NUMBER: _ClassVar[int]
    SETTLE_TIME_FIELD_NUMBER: _ClassVar[int]
    event: str
    unit: str
    baseline_kwh: _containers.RepeatedScalarFieldContainer[float]
    adjustment: float
    actual_kwh: _containers.RepeatedScalarFieldContainer[float]
    shed_kwh: _containers.RepeatedScalarFieldContainer[float]
    delivered_share: float
    paid_kwh: float
    amount_cny: float
    delivered: bool
    rule_version: str
    version: int
    unknown_intervals: int
    settle_time: _timestamp_pb2.Timestamp
    def __init__(self, event: _Optional[str] = ..., unit: _Optional[str] = ..., baseline_kwh: _Optional[_Iterable[float]] = ..., adjustment: _Optional[float] = ..., actual_kwh: _Optional[_Iterable[float]] = ..., shed_kwh: _Optional[_Iterable[float]] = ..., delivered_share: _Optional[float] = ..., paid_kwh: _Optional[float] = ..., amount_cny: _Optional[float] = ..., delivered: _Optional[bool] = ..., rule_version: _Optional[str] = ..., version: _Optional[int] = ..., unknown_intervals: _Optional[int] = ..., settle_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
