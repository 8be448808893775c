import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.energy.v1 import dispatch_pb2 as _dispatch_pb2
from tianfu.energy.v1 import unit_pb2 as _unit_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QuotaStageReached(_message.Message):
    __slots__ = ("quota", "stage", "used_tce", "quota_tce", "rule_version", "event_time")
    QUOTA_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    USED_TCE_FIELD_NUMBER: _ClassVar[int]
    QUOTA_TCE_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    quota: str
    stage: _unit_pb2.QuotaStage
    used_tce: float
    quota_tce: float
    rule_version: str
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, quota: _Optional[str] = ..., stage: _Optional[_Union[_unit_pb2.QuotaStage, str]] = ..., used_tce: _Optional[float] = ..., quota_tce: _Optional[float] = ..., rule_version: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AnomalyFound(_message.Message):
    __slots__ = ("anomaly", "event_time")
    ANOMALY_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    anomaly: _unit_pb2.Anomaly
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, anomaly: _Optional[_Union[_unit_pb2.Anomaly, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ClueRaised(_message.Message):
    __slots__ = ("report", "credit_code", "matter", "place_code", "explanation", "evidence_sha256", "event_time")
    REPORT_FIELD_NUMBER: _ClassVar[int]
    CREDIT_CODE_FIELD_NUMBER: _ClassVar[int]
    MATTER_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_SHA256_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    report: str
    credit_code: str
    matter: str
    place_code: str
    explanation: str
    evidence_sha256: str
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, report: _Optional[str] = ..., credit_code: _Optional[str] = ..., matter: _Optional[str] = ..., place_code: _Optional[str] = ..., explanation: _Optional[str] = ..., evidence_sha256: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class OrdersGiven(_message.Message):
    __slots__ = ("cause", "orders", "exercise", "event_time")
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    EXERCISE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    cause: str
    orders: _containers.RepeatedScalarFieldContainer[str]
    exercise: bool
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, cause: _Optional[str] = ..., orders: _Optional[_Iterable[str]] = ..., exercise: _Optional[bool] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class OrderReported(_message.Message):
    __slots__ = ("order", "event_time")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    order: _dispatch_pb2.Order
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, order: _Optional[_Union[_dispatch_pb2.Order, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class MeterRestated(_message.Message):
    __slots__ = ("restatements", "event_time")
    RESTATEMENTS_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    restatements: _containers.RepeatedCompositeFieldContainer[_unit_pb2.Restatement]
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, restatements: _Optional[_Iterable[_Union[_unit_pb2.Restatement, _Mapping]]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
