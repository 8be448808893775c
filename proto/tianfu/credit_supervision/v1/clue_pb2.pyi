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

class ClueSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLUE_SOURCE_UNSPECIFIED: _ClassVar[ClueSource]
    CLUE_SOURCE_COMPLAINT: _ClassVar[ClueSource]
    CLUE_SOURCE_DEPARTMENT: _ClassVar[ClueSource]
    CLUE_SOURCE_REGION: _ClassVar[ClueSource]
    CLUE_SOURCE_SENSOR: _ClassVar[ClueSource]
    CLUE_SOURCE_ACCESS_LOG: _ClassVar[ClueSource]

class ClueState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLUE_STATE_UNSPECIFIED: _ClassVar[ClueState]
    CLUE_STATE_NEW: _ClassVar[ClueState]
    CLUE_STATE_ACCEPTED: _ClassVar[ClueState]
    CLUE_STATE_REFUSED: _ClassVar[ClueState]
    CLUE_STATE_INVESTIGATING: _ClassVar[ClueState]
    CLUE_STATE_RESULT: _ClassVar[ClueState]
    CLUE_STATE_CLOSED: _ClassVar[ClueState]

class ClueOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLUE_OUTCOME_UNSPECIFIED: _ClassVar[ClueOutcome]
    CLUE_OUTCOME_FOUNDED: _ClassVar[ClueOutcome]
    CLUE_OUTCOME_UNFOUNDED: _ClassVar[ClueOutcome]
CLUE_SOURCE_UNSPECIFIED: ClueSource
CLUE_SOURCE_COMPLAINT: ClueSource
CLUE_SOURCE_DEPARTMENT: ClueSource
CLUE_SOURCE_REGION: ClueSource
CLUE_SOURCE_SENSOR: ClueSource
CLUE_SOURCE_ACCESS_LOG: ClueSource
CLUE_STATE_UNSPECIFIED: ClueState
CLUE_STATE_NEW: ClueState
CLUE_STATE_ACCEPTED: ClueState
CLUE_STATE_REFUSED: ClueState
CLUE_STATE_INVESTIGATING: ClueState
CLUE_STATE_RESULT: ClueState
CLUE_STATE_CLOSED: ClueState
CLUE_OUTCOME_UNSPECIFIED: ClueOutcome
CLUE_OUTCOME_FOUNDED: ClueOutcome
CLUE_OUTCOME_UNFOUNDED: ClueOutcome

class Clue(_message.Message):
    __slots__ = ("name", "source", "entity", "matter", "place_code", "evidence_sha256", "state", "due_day", "report_count", "steps", "recognised_by", "receive_time", "rule_version", "outcome")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    MATTER_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_SHA256_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DUE_DAY_FIELD_NUMBER: _ClassVar[int]
    REPORT_COUNT_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    RECOGNISED_BY_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    name: str
    source: ClueSource
    entity: str
    matter: str
    place_code: str
    evidence_sha256: _containers.RepeatedScalarFieldContainer[str]
    state: ClueState
    due_day: str
    report_count: int
    steps: _containers.RepeatedCompositeFieldContainer[ClueStep]
    recognised_by: _containers.RepeatedScalarFieldContainer[str]
    receive_time: _timestamp_pb2.Timestamp
    rule_version: str
    outcome: ClueOutcome
    def __init__(self, name: _Optional[str] = ..., source: _Optional[_Union[ClueSource, str]] = ..., entity: _Optional[str] = ..., matter: _Optional[str] = ..., place_code: _Optional[str] = ..., evidence_sha256: _Optional[_Iterable[str]] = ..., state: _Optional[_Union[ClueState, str]] = ..., due_day: _Optional[str] = ..., report_count: _Optional[int] = ..., steps: _Optional[_Iterable[_Union[ClueStep, _Mapping]]] = ..., recognised_by: _Optional[_Iterable[str]] = ..., receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., rule_version: _Optional[str] = ..., outcome: _Optional[_Union[ClueOutcome, str]] = ...) -> None: ...

class ClueStep(_message.Message):
    __slots__ = ("state", "actor", "step_time", "reason")
    STATE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    STEP_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    state: ClueState
    actor: str
    step_time: _timestamp_pb2.Timestamp
    reason: str
    def __init__(self, state: _Optional[_Union[ClueState, str]] = ..., actor: _Optional[str] = ..., step_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...
