import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OutputPosition(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTPUT_POSITION_UNSPECIFIED: _ClassVar[OutputPosition]
    OUTPUT_POSITION_ON: _ClassVar[OutputPosition]
    OUTPUT_POSITION_OFF: _ClassVar[OutputPosition]

class RuleSetState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RULE_SET_STATE_UNSPECIFIED: _ClassVar[RuleSetState]
    RULE_SET_STATE_IN_FORCE: _ClassVar[RuleSetState]
    RULE_SET_STATE_DORMANT: _ClassVar[RuleSetState]
    RULE_SET_STATE_REFUSED: _ClassVar[RuleSetState]
OUTPUT_POSITION_UNSPECIFIED: OutputPosition
OUTPUT_POSITION_ON: OutputPosition
OUTPUT_POSITION_OFF: OutputPosition
RULE_SET_STATE_UNSPECIFIED: RuleSetState
RULE_SET_STATE_IN_FORCE: RuleSetState
RULE_SET_STATE_DORMANT: RuleSetState
RULE_SET_STATE_REFUSED: RuleSetState

class SignedRuleSet(_message.Message):
    __slots__ = ("name", "rule_set", "signature", "public_key")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RULE_SET_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    name: str
    rule_set: bytes
    signature: bytes
    public_key: str
    def __init__(self, name: _Optional[str] = ..., rule_set: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., public_key: _Optional[str] = ...) -> None: ...

class RuleSet(_message.Message):
    __slots__ = ("name", "version", "valid_from_time", "valid_to_time", "source", "verified", "rules")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_TIME_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_TIME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: int
    valid_from_time: _timestamp_pb2.Timestamp
    valid_to_time: _timestamp_pb2.Timestamp
    source: str
    verified: bool
    rules: _containers.RepeatedCompositeFieldContainer[NodeRule]
    def __init__(self, name: _Optional[str] = ..., version: _Optional[int] = ..., valid_from_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., valid_to_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source: _Optional[str] = ..., verified: _Optional[bool] = ..., rules: _Optional[_Iterable[_Union[NodeRule, _Mapping]]] = ...) -> None: ...

class NodeRule(_message.Message):
    __slots__ = ("name", "inputs", "condition", "hold", "actions")
    NAME_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    inputs: _containers.RepeatedCompositeFieldContainer[RuleInput]
    condition: str
    hold: _duration_pb2.Duration
    actions: _containers.RepeatedCompositeFieldContainer[RuleAction]
    def __init__(self, name: _Optional[str] = ..., inputs: _Optional[_Iterable[_Union[RuleInput, _Mapping]]] = ..., condition: _Optional[str] = ..., hold: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., actions: _Optional[_Iterable[_Union[RuleAction, _Mapping]]] = ...) -> None: ...

class RuleInput(_message.Message):
    __slots__ = ("name", "series", "age_max")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    AGE_MAX_FIELD_NUMBER: _ClassVar[int]
    name: str
    series: str
    age_max: _duration_pb2.Duration
    def __init__(self, name: _Optional[str] = ..., series: _Optional[str] = ..., age_max: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class RuleAction(_message.Message):
    __slots__ = ("send_reading", "switch_output", "interlock")
    SEND_READING_FIELD_NUMBER: _ClassVar[int]
    SWITCH_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    INTERLOCK_FIELD_NUMBER: _ClassVar[int]
    send_reading: SendReading
    switch_output: SwitchOutput
    interlock: Interlock
    def __init__(self, send_reading: _Optional[_Union[SendReading, _Mapping]] = ..., switch_output: _Optional[_Union[SwitchOutput, _Mapping]] = ..., interlock: _Optional[_Union[Interlock, _Mapping]] = ...) -> None: ...

class SendReading(_message.Message):
    __slots__ = ("series", "value")
    SERIES_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    series: str
    value: float
    def __init__(self, series: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class SwitchOutput(_message.Message):
    __slots__ = ("output", "position", "duration")
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    output: str
    position: OutputPosition
    duration: _duration_pb2.Duration
    def __init__(self, output: _Optional[str] = ..., position: _Optional[_Union[OutputPosition, str]] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Interlock(_message.Message):
    __slots__ = ("condition", "interval_min")
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_MIN_FIELD_NUMBER: _ClassVar[int]
    condition: str
    interval_min: _duration_pb2.Duration
    def __init__(self, condition: _Optional[str] = ..., interval_min: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class RuleSetReport(_message.Message):
    __slots__ = ("name", "version", "state", "since_time", "reason", "message")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SINCE_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: int
    state: RuleSetState
    since_time: _timestamp_pb2.Timestamp
    reason: str
    message: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[int] = ..., state: _Optional[_Union[RuleSetState, str]] = ..., since_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
