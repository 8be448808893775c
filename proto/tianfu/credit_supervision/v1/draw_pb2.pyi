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

class DrawState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DRAW_STATE_UNSPECIFIED: _ClassVar[DrawState]
    DRAW_STATE_DECLARED: _ClassVar[DrawState]
    DRAW_STATE_PUBLISHED: _ClassVar[DrawState]
    DRAW_STATE_VOID: _ClassVar[DrawState]

class DrawWeighting(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DRAW_WEIGHTING_UNSPECIFIED: _ClassVar[DrawWeighting]
    DRAW_WEIGHTING_EVEN: _ClassVar[DrawWeighting]
    DRAW_WEIGHTING_UNVISITED: _ClassVar[DrawWeighting]

class InspectionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INSPECTION_STATE_UNSPECIFIED: _ClassVar[InspectionState]
    INSPECTION_STATE_OPEN: _ClassVar[InspectionState]
    INSPECTION_STATE_REPORTED: _ClassVar[InspectionState]

class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTCOME_UNSPECIFIED: _ClassVar[Outcome]
    OUTCOME_NO_PROBLEM: _ClassVar[Outcome]
    OUTCOME_CORRECTION_ORDERED: _ClassVar[Outcome]
    OUTCOME_CASE_OPENED: _ClassVar[Outcome]
    OUTCOME_NOT_FOUND: _ClassVar[Outcome]
    OUTCOME_REFUSED: _ClassVar[Outcome]
DRAW_STATE_UNSPECIFIED: DrawState
DRAW_STATE_DECLARED: DrawState
DRAW_STATE_PUBLISHED: DrawState
DRAW_STATE_VOID: DrawState
DRAW_WEIGHTING_UNSPECIFIED: DrawWeighting
DRAW_WEIGHTING_EVEN: DrawWeighting
DRAW_WEIGHTING_UNVISITED: DrawWeighting
INSPECTION_STATE_UNSPECIFIED: InspectionState
INSPECTION_STATE_OPEN: InspectionState
INSPECTION_STATE_REPORTED: InspectionState
OUTCOME_UNSPECIFIED: Outcome
OUTCOME_NO_PROBLEM: Outcome
OUTCOME_CORRECTION_ORDERED: Outcome
OUTCOME_CASE_OPENED: Outcome
OUTCOME_NOT_FOUND: Outcome
OUTCOME_REFUSED: Outcome

class DrawDepartment(_message.Message):
    __slots__ = ("department", "inspectors_per_visit", "inspectors", "nonce_commitment")
    DEPARTMENT_FIELD_NUMBER: _ClassVar[int]
    INSPECTORS_PER_VISIT_FIELD_NUMBER: _ClassVar[int]
    INSPECTORS_FIELD_NUMBER: _ClassVar[int]
    NONCE_COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    department: str
    inspectors_per_visit: int
    inspectors: _containers.RepeatedCompositeFieldContainer[DrawInspector]
    nonce_commitment: str
    def __init__(self, department: _Optional[str] = ..., inspectors_per_visit: _Optional[int] = ..., inspectors: _Optional[_Iterable[_Union[DrawInspector, _Mapping]]] = ..., nonce_commitment: _Optional[str] = ...) -> None: ...

class DrawInspector(_message.Message):
    __slots__ = ("badge", "conflicts")
    BADGE_FIELD_NUMBER: _ClassVar[int]
    CONFLICTS_FIELD_NUMBER: _ClassVar[int]
    badge: str
    conflicts: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, badge: _Optional[str] = ..., conflicts: _Optional[_Iterable[str]] = ...) -> None: ...

class Draw(_message.Message):
    __slots__ = ("name", "place_code", "departments", "state", "commitment", "quicknet_round", "beacon_time", "declare_time", "publish_time", "entity_count", "visit_count", "rule_version", "named_departments", "void_reason", "void_time", "weighting")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    DEPARTMENTS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    QUICKNET_ROUND_FIELD_NUMBER: _ClassVar[int]
    BEACON_TIME_FIELD_NUMBER: _ClassVar[int]
    DECLARE_TIME_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_TIME_FIELD_NUMBER: _ClassVar[int]
    ENTITY_COUNT_FIELD_NUMBER: _ClassVar[int]
    VISIT_COUNT_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    NAMED_DEPARTMENTS_FIELD_NUMBER: _ClassVar[int]
    VOID_REASON_FIELD_NUMBER: _ClassVar[int]
    VOID_TIME_FIELD_NUMBER: _ClassVar[int]
    WEIGHTING_FIELD_NUMBER: _ClassVar[int]
    name: str
    place_code: str
    departments: _containers.RepeatedCompositeFieldContainer[DrawDepartment]
    state: DrawState
    commitment: str
    quicknet_round: int
    beacon_time: _timestamp_pb2.Timestamp
    declare_time: _timestamp_pb2.Timestamp
    publish_time: _timestamp_pb2.Timestamp
    entity_count: int
    visit_count: int
    rule_version: str
    named_departments: _containers.RepeatedScalarFieldContainer[str]
    void_reason: str
    void_time: _timestamp_pb2.Timestamp
    weighting: DrawWeighting
    def __init__(self, name: _Optional[str] = ..., place_code: _Optional[str] = ..., departments: _Optional[_Iterable[_Union[DrawDepartment, _Mapping]]] = ..., state: _Optional[_Union[DrawState, str]] = ..., commitment: _Optional[str] = ..., quicknet_round: _Optional[int] = ..., beacon_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., declare_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., publish_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., entity_count: _Optional[int] = ..., visit_count: _Optional[int] = ..., rule_version: _Optional[str] = ..., named_departments: _Optional[_Iterable[str]] = ..., void_reason: _Optional[str] = ..., void_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., weighting: _Optional[_Union[DrawWeighting, str]] = ...) -> None: ...

class Inspection(_message.Message):
    __slots__ = ("name", "stratum", "inspectors", "findings", "suspended_by", "due_day", "state")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STRATUM_FIELD_NUMBER: _ClassVar[int]
    INSPECTORS_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    SUSPENDED_BY_FIELD_NUMBER: _ClassVar[int]
    DUE_DAY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    name: str
    stratum: str
    inspectors: _containers.RepeatedScalarFieldContainer[str]
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    suspended_by: str
    due_day: str
    state: InspectionState
    def __init__(self, name: _Optional[str] = ..., stratum: _Optional[str] = ..., inspectors: _Optional[_Iterable[str]] = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., suspended_by: _Optional[str] = ..., due_day: _Optional[str] = ..., state: _Optional[_Union[InspectionState, str]] = ...) -> None: ...

class Finding(_message.Message):
    __slots__ = ("department", "badge", "outcome", "matters", "form_sha256", "find_time")
    DEPARTMENT_FIELD_NUMBER: _ClassVar[int]
    BADGE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    MATTERS_FIELD_NUMBER: _ClassVar[int]
    FORM_SHA256_FIELD_NUMBER: _ClassVar[int]
    FIND_TIME_FIELD_NUMBER: _ClassVar[int]
    department: str
    badge: str
    outcome: Outcome
    matters: _containers.RepeatedScalarFieldContainer[str]
    form_sha256: str
    find_time: _timestamp_pb2.Timestamp
    def __init__(self, department: _Optional[str] = ..., badge: _Optional[str] = ..., outcome: _Optional[_Union[Outcome, str]] = ..., matters: _Optional[_Iterable[str]] = ..., form_sha256: _Optional[str] = ..., find_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
