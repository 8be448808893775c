import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.healthcare.v1 import decisions_pb2 as _decisions_pb2
from tianfu.healthcare.v1 import patient_pb2 as _patient_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ArrivalState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ARRIVAL_STATE_UNSPECIFIED: _ClassVar[ArrivalState]
    ARRIVAL_STATE_ANNOUNCED: _ClassVar[ArrivalState]
    ARRIVAL_STATE_ARRIVED: _ClassVar[ArrivalState]
    ARRIVAL_STATE_DIVERTED: _ClassVar[ArrivalState]
ARRIVAL_STATE_UNSPECIFIED: ArrivalState
ARRIVAL_STATE_ANNOUNCED: ArrivalState
ARRIVAL_STATE_ARRIVED: ArrivalState
ARRIVAL_STATE_DIVERTED: ArrivalState

class Arrival(_message.Message):
    __slots__ = ("name", "node", "patient", "tag", "eta_time", "state", "hold_until_time", "score", "clinician", "acknowledge_time", "announcer", "rule_version", "create_time", "update_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    PATIENT_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    ETA_TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    HOLD_UNTIL_TIME_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    CLINICIAN_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    ANNOUNCER_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    node: str
    patient: str
    tag: _decisions_pb2.TriageTag
    eta_time: _timestamp_pb2.Timestamp
    state: ArrivalState
    hold_until_time: _timestamp_pb2.Timestamp
    score: _patient_pb2.Score
    clinician: str
    acknowledge_time: _timestamp_pb2.Timestamp
    announcer: str
    rule_version: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., node: _Optional[str] = ..., patient: _Optional[str] = ..., tag: _Optional[_Union[_decisions_pb2.TriageTag, str]] = ..., eta_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., state: _Optional[_Union[ArrivalState, str]] = ..., hold_until_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., score: _Optional[_Union[_patient_pb2.Score, _Mapping]] = ..., clinician: _Optional[str] = ..., acknowledge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., announcer: _Optional[str] = ..., rule_version: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateArrivalRequest(_message.Message):
    __slots__ = ("parent", "arrival", "arrival_id", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    ARRIVAL_FIELD_NUMBER: _ClassVar[int]
    ARRIVAL_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    arrival: Arrival
    arrival_id: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., arrival: _Optional[_Union[Arrival, _Mapping]] = ..., arrival_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetArrivalRequest(_message.Message):
    __slots__ = ("name", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    purpose: _patient_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ...) -> None: ...

class ListArrivalsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "purpose", "filter", "parent")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    purpose: _patient_pb2.Purpose
    filter: str
    parent: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ..., filter: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...

class ListArrivalsResponse(_message.Message):
    __slots__ = ("arrivals", "next_page_token")
    ARRIVALS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    arrivals: _containers.RepeatedCompositeFieldContainer[Arrival]
    next_page_token: str
    def __init__(self, arrivals: _Optional[_Iterable[_Union[Arrival, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AdvanceArrivalRequest(_message.Message):
    __slots__ = ("name", "state", "eta_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ETA_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: ArrivalState
    eta_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[ArrivalState, str]] = ..., eta_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AcknowledgeArrivalRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...
