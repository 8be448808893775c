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

class RiskClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RISK_CLASS_UNSPECIFIED: _ClassVar[RiskClass]
    RISK_CLASS_A: _ClassVar[RiskClass]
    RISK_CLASS_B: _ClassVar[RiskClass]
    RISK_CLASS_C: _ClassVar[RiskClass]
    RISK_CLASS_D: _ClassVar[RiskClass]

class SuccessionKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUCCESSION_KIND_UNSPECIFIED: _ClassVar[SuccessionKind]
    SUCCESSION_KIND_MERGER: _ClassVar[SuccessionKind]
    SUCCESSION_KIND_SPLIT: _ClassVar[SuccessionKind]
    SUCCESSION_KIND_DIVISION: _ClassVar[SuccessionKind]
RISK_CLASS_UNSPECIFIED: RiskClass
RISK_CLASS_A: RiskClass
RISK_CLASS_B: RiskClass
RISK_CLASS_C: RiskClass
RISK_CLASS_D: RiskClass
SUCCESSION_KIND_UNSPECIFIED: SuccessionKind
SUCCESSION_KIND_MERGER: SuccessionKind
SUCCESSION_KIND_SPLIT: SuccessionKind
SUCCESSION_KIND_DIVISION: SuccessionKind

class Entity(_message.Message):
    __slots__ = ("name", "title", "place_code", "risk_class", "successor", "update_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    RISK_CLASS_FIELD_NUMBER: _ClassVar[int]
    SUCCESSOR_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    title: str
    place_code: str
    risk_class: RiskClass
    successor: str
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., title: _Optional[str] = ..., place_code: _Optional[str] = ..., risk_class: _Optional[_Union[RiskClass, str]] = ..., successor: _Optional[str] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EntityRow(_message.Message):
    __slots__ = ("line", "code", "title", "place_code", "risk_class", "successor", "registration_number")
    LINE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    RISK_CLASS_FIELD_NUMBER: _ClassVar[int]
    SUCCESSOR_FIELD_NUMBER: _ClassVar[int]
    REGISTRATION_NUMBER_FIELD_NUMBER: _ClassVar[int]
    line: int
    code: str
    title: str
    place_code: str
    risk_class: str
    successor: str
    registration_number: str
    def __init__(self, line: _Optional[int] = ..., code: _Optional[str] = ..., title: _Optional[str] = ..., place_code: _Optional[str] = ..., risk_class: _Optional[str] = ..., successor: _Optional[str] = ..., registration_number: _Optional[str] = ...) -> None: ...

class RowFault(_message.Message):
    __slots__ = ("line", "field", "reason", "message")
    LINE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    line: int
    field: str
    reason: str
    message: str
    def __init__(self, line: _Optional[int] = ..., field: _Optional[str] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class Succession(_message.Message):
    __slots__ = ("name", "predecessor", "successor", "kind", "succession_day", "source_sha256")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PREDECESSOR_FIELD_NUMBER: _ClassVar[int]
    SUCCESSOR_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SUCCESSION_DAY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_SHA256_FIELD_NUMBER: _ClassVar[int]
    name: str
    predecessor: str
    successor: str
    kind: SuccessionKind
    succession_day: str
    source_sha256: str
    def __init__(self, name: _Optional[str] = ..., predecessor: _Optional[str] = ..., successor: _Optional[str] = ..., kind: _Optional[_Union[SuccessionKind, str]] = ..., succession_day: _Optional[str] = ..., source_sha256: _Optional[str] = ...) -> None: ...
