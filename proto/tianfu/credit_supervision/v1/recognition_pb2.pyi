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

class RecognitionScope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECOGNITION_SCOPE_UNSPECIFIED: _ClassVar[RecognitionScope]
    RECOGNITION_SCOPE_COUNTY: _ClassVar[RecognitionScope]
    RECOGNITION_SCOPE_CITY: _ClassVar[RecognitionScope]
    RECOGNITION_SCOPE_PROVINCE: _ClassVar[RecognitionScope]
    RECOGNITION_SCOPE_REGION: _ClassVar[RecognitionScope]
    RECOGNITION_SCOPE_NATIONAL: _ClassVar[RecognitionScope]

class RecognitionOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECOGNITION_OUTCOME_UNSPECIFIED: _ClassVar[RecognitionOutcome]
    RECOGNITION_OUTCOME_RECOGNISED: _ClassVar[RecognitionOutcome]
    RECOGNITION_OUTCOME_NOT_RECOGNISED: _ClassVar[RecognitionOutcome]
    RECOGNITION_OUTCOME_REPEAT_ALLOWED: _ClassVar[RecognitionOutcome]
    RECOGNITION_OUTCOME_NOT_APPLICABLE: _ClassVar[RecognitionOutcome]

class RecognitionStep(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECOGNITION_STEP_UNSPECIFIED: _ClassVar[RecognitionStep]
    RECOGNITION_STEP_STATUS: _ClassVar[RecognitionStep]
    RECOGNITION_STEP_MATTER: _ClassVar[RecognitionStep]
    RECOGNITION_STEP_DEPARTMENT: _ClassVar[RecognitionStep]
    RECOGNITION_STEP_SCOPE: _ClassVar[RecognitionStep]
    RECOGNITION_STEP_WINDOW: _ClassVar[RecognitionStep]
    RECOGNITION_STEP_EXCEPTION: _ClassVar[RecognitionStep]
    RECOGNITION_STEP_DONE: _ClassVar[RecognitionStep]
RECOGNITION_SCOPE_UNSPECIFIED: RecognitionScope
RECOGNITION_SCOPE_COUNTY: RecognitionScope
RECOGNITION_SCOPE_CITY: RecognitionScope
RECOGNITION_SCOPE_PROVINCE: RecognitionScope
RECOGNITION_SCOPE_REGION: RecognitionScope
RECOGNITION_SCOPE_NATIONAL: RecognitionScope
RECOGNITION_OUTCOME_UNSPECIFIED: RecognitionOutcome
RECOGNITION_OUTCOME_RECOGNISED: RecognitionOutcome
RECOGNITION_OUTCOME_NOT_RECOGNISED: RecognitionOutcome
RECOGNITION_OUTCOME_REPEAT_ALLOWED: RecognitionOutcome
RECOGNITION_OUTCOME_NOT_APPLICABLE: RecognitionOutcome
RECOGNITION_STEP_UNSPECIFIED: RecognitionStep
RECOGNITION_STEP_STATUS: RecognitionStep
RECOGNITION_STEP_MATTER: RecognitionStep
RECOGNITION_STEP_DEPARTMENT: RecognitionStep
RECOGNITION_STEP_SCOPE: RecognitionStep
RECOGNITION_STEP_WINDOW: RecognitionStep
RECOGNITION_STEP_EXCEPTION: RecognitionStep
RECOGNITION_STEP_DONE: RecognitionStep

class Recognition(_message.Message):
    __slots__ = ("name", "entity", "matter", "department", "place_code", "scope", "region", "form_sha256", "is_final", "find_time", "receiving_department", "receiving_place_code", "repeat_reason", "outcome", "step", "why", "rule_versions", "decide_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    MATTER_FIELD_NUMBER: _ClassVar[int]
    DEPARTMENT_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    FORM_SHA256_FIELD_NUMBER: _ClassVar[int]
    IS_FINAL_FIELD_NUMBER: _ClassVar[int]
    FIND_TIME_FIELD_NUMBER: _ClassVar[int]
    RECEIVING_DEPARTMENT_FIELD_NUMBER: _ClassVar[int]
    RECEIVING_PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    REPEAT_REASON_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    DECIDE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    entity: str
    matter: str
    department: str
    place_code: str
    scope: RecognitionScope
    region: str
    form_sha256: str
    is_final: bool
    find_time: _timestamp_pb2.Timestamp
    receiving_department: str
    receiving_place_code: str
    repeat_reason: str
    outcome: RecognitionOutcome
    step: RecognitionStep
    why: str
    rule_versions: _containers.RepeatedScalarFieldContainer[str]
    decide_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., entity: _Optional[str] = ..., matter: _Optional[str] = ..., department: _Optional[str] = ..., place_code: _Optional[str] = ..., scope: _Optional[_Union[RecognitionScope, str]] = ..., region: _Optional[str] = ..., form_sha256: _Optional[str] = ..., is_final: _Optional[bool] = ..., find_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., receiving_department: _Optional[str] = ..., receiving_place_code: _Optional[str] = ..., repeat_reason: _Optional[str] = ..., outcome: _Optional[_Union[RecognitionOutcome, str]] = ..., step: _Optional[_Union[RecognitionStep, str]] = ..., why: _Optional[str] = ..., rule_versions: _Optional[_Iterable[str]] = ..., decide_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
