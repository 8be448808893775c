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

class EmergencyState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EMERGENCY_STATE_UNSPECIFIED: _ClassVar[EmergencyState]
    EMERGENCY_STATE_ACTIVE: _ClassVar[EmergencyState]
    EMERGENCY_STATE_ENDED: _ClassVar[EmergencyState]
    EMERGENCY_STATE_CANCELLED: _ClassVar[EmergencyState]
EMERGENCY_STATE_UNSPECIFIED: EmergencyState
EMERGENCY_STATE_ACTIVE: EmergencyState
EMERGENCY_STATE_ENDED: EmergencyState
EMERGENCY_STATE_CANCELLED: EmergencyState

class Emergency(_message.Message):
    __slots__ = ("name", "place_codes", "ground", "state", "warning", "begin_time", "end_time", "clue_count", "rule_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODES_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    WARNING_FIELD_NUMBER: _ClassVar[int]
    BEGIN_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    CLUE_COUNT_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    place_codes: _containers.RepeatedScalarFieldContainer[str]
    ground: str
    state: EmergencyState
    warning: str
    begin_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    clue_count: int
    rule_version: str
    def __init__(self, name: _Optional[str] = ..., place_codes: _Optional[_Iterable[str]] = ..., ground: _Optional[str] = ..., state: _Optional[_Union[EmergencyState, str]] = ..., warning: _Optional[str] = ..., begin_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., clue_count: _Optional[int] = ..., rule_version: _Optional[str] = ...) -> None: ...
