import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.healthcare.v1 import patient_pb2 as _patient_pb2
from tianfu.healthcare.v1 import region_pb2 as _region_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

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
    RECOGNITION_STEP_KIND: _ClassVar[RecognitionStep]
    RECOGNITION_STEP_STATUS: _ClassVar[RecognitionStep]
    RECOGNITION_STEP_PRODUCER: _ClassVar[RecognitionStep]
    RECOGNITION_STEP_CATALOGUE: _ClassVar[RecognitionStep]
    RECOGNITION_STEP_UNIT: _ClassVar[RecognitionStep]
    RECOGNITION_STEP_CERTIFICATE: _ClassVar[RecognitionStep]
    RECOGNITION_STEP_SCOPE: _ClassVar[RecognitionStep]
    RECOGNITION_STEP_WINDOW: _ClassVar[RecognitionStep]
    RECOGNITION_STEP_EXCEPTION: _ClassVar[RecognitionStep]
    RECOGNITION_STEP_DONE: _ClassVar[RecognitionStep]

class ReportKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPORT_KIND_UNSPECIFIED: _ClassVar[ReportKind]
    REPORT_KIND_LABORATORY: _ClassVar[ReportKind]
    REPORT_KIND_IMAGING: _ClassVar[ReportKind]
    REPORT_KIND_DIAGNOSIS_CONCLUSION: _ClassVar[ReportKind]

class RepeatReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPEAT_REASON_UNSPECIFIED: _ClassVar[RepeatReason]
    REPEAT_REASON_CONDITION_CHANGED: _ClassVar[RepeatReason]
    REPEAT_REASON_CHANGES_QUICKLY: _ClassVar[RepeatReason]
    REPEAT_REASON_WEIGHTY_DECISION: _ClassVar[RepeatReason]
    REPEAT_REASON_EMERGENCY: _ClassVar[RepeatReason]
    REPEAT_REASON_APPRAISAL: _ClassVar[RepeatReason]
    REPEAT_REASON_OTHER: _ClassVar[RepeatReason]
RECOGNITION_OUTCOME_UNSPECIFIED: RecognitionOutcome
RECOGNITION_OUTCOME_RECOGNISED: RecognitionOutcome
RECOGNITION_OUTCOME_NOT_RECOGNISED: RecognitionOutcome
RECOGNITION_OUTCOME_REPEAT_ALLOWED: RecognitionOutcome
RECOGNITION_OUTCOME_NOT_APPLICABLE: RecognitionOutcome
RECOGNITION_STEP_UNSPECIFIED: RecognitionStep
RECOGNITION_STEP_KIND: RecognitionStep
RECOGNITION_STEP_STATUS: RecognitionStep
RECOGNITION_STEP_PRODUCER: RecognitionStep
RECOGNITION_STEP_CATALOGUE: RecognitionStep
RECOGNITION_STEP_UNIT: RecognitionStep
RECOGNITION_STEP_CERTIFICATE: RecognitionStep
RECOGNITION_STEP_SCOPE: RecognitionStep
RECOGNITION_STEP_WINDOW: RecognitionStep
RECOGNITION_STEP_EXCEPTION: RecognitionStep
RECOGNITION_STEP_DONE: RecognitionStep
REPORT_KIND_UNSPECIFIED: ReportKind
REPORT_KIND_LABORATORY: ReportKind
REPORT_KIND_IMAGING: ReportKind
REPORT_KIND_DIAGNOSIS_CONCLUSION: ReportKind
REPEAT_REASON_UNSPECIFIED: RepeatReason
REPEAT_REASON_CONDITION_CHANGED: RepeatReason
REPEAT_REASON_CHANGES_QUICKLY: RepeatReason
REPEAT_REASON_WEIGHTY_DECISION: RepeatReason
REPEAT_REASON_EMERGENCY: RepeatReason
REPEAT_REASON_APPRAISAL: RepeatReason
REPEAT_REASON_OTHER: RepeatReason

class Recognition(_message.Message):
    __slots__ = ("name", "patient", "observation", "kind", "item", "producer", "receiver", "collect_time", "final", "mark_scope", "mark_place", "value", "unit", "repeat_reason", "repeat_text", "patient_told", "doctor", "outcome", "step", "why", "certificate", "rule_versions", "age_hours", "converted_value", "converted_unit", "create_time", "revoked", "revoke_time", "saved_fen", "avoided_usv")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATIENT_FIELD_NUMBER: _ClassVar[int]
    OBSERVATION_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    COLLECT_TIME_FIELD_NUMBER: _ClassVar[int]
    FINAL_FIELD_NUMBER: _ClassVar[int]
    MARK_SCOPE_FIELD_NUMBER: _ClassVar[int]
    MARK_PLACE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    REPEAT_REASON_FIELD_NUMBER: _ClassVar[int]
    REPEAT_TEXT_FIELD_NUMBER: _ClassVar[int]
    PATIENT_TOLD_FIELD_NUMBER: _ClassVar[int]
    DOCTOR_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    AGE_HOURS_FIELD_NUMBER: _ClassVar[int]
    CONVERTED_VALUE_FIELD_NUMBER: _ClassVar[int]
    CONVERTED_UNIT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVOKED_FIELD_NUMBER: _ClassVar[int]
    REVOKE_TIME_FIELD_NUMBER: _ClassVar[int]
    SAVED_FEN_FIELD_NUMBER: _ClassVar[int]
    AVOIDED_USV_FIELD_NUMBER: _ClassVar[int]
    name: str
    patient: str
    observation: str
    kind: ReportKind
    item: str
    producer: str
    receiver: str
    collect_time: _timestamp_pb2.Timestamp
    final: bool
    mark_scope: _region_pb2.MarkScope
    mark_place: str
    value: float
    unit: str
    repeat_reason: RepeatReason
    repeat_text: str
    patient_told: bool
    doctor: str
    outcome: RecognitionOutcome
    step: RecognitionStep
    why: str
    certificate: str
    rule_versions: _containers.RepeatedScalarFieldContainer[str]
    age_hours: float
    converted_value: float
    converted_unit: str
    create_time: _timestamp_pb2.Timestamp
    revoked: bool
    revoke_time: _timestamp_pb2.Timestamp
    saved_fen: int
    avoided_usv: int
    def __init__(self, name: _Optional[str] = ..., patient: _Optional[str] = ..., observation: _Optional[str] = ..., kind: _Optional[_Union[ReportKind, str]] = ..., item: _Optional[str] = ..., producer: _Optional[str] = ..., receiver: _Optional[str] = ..., collect_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., final: _Optional[bool] = ..., mark_scope: _Optional[_Union[_region_pb2.MarkScope, str]] = ..., mark_place: _Optional[str] = ..., value: _Optional[float] = ..., unit: _Optional[str] = ..., repeat_reason: _Optional[_Union[RepeatReason, str]] = ..., repeat_text: _Optional[str] = ..., patient_told: _Optional[bool] = ..., doctor: _Optional[str] = ..., outcome: _Optional[_Union[RecognitionOutcome, str]] = ..., step: _Optional[_Union[RecognitionStep, str]] = ..., why: _Optional[str] = ..., certificate: _Optional[str] = ..., rule_versions: _Optional[_Iterable[str]] = ..., age_hours: _Optional[float] = ..., converted_value: _Optional[float] = ..., converted_unit: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revoked: _Optional[bool] = ..., revoke_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., saved_fen: _Optional[int] = ..., avoided_usv: _Optional[int] = ...) -> None: ...

class CreateRecognitionRequest(_message.Message):
    __slots__ = ("recognition", "recognition_id", "request_id")
    RECOGNITION_FIELD_NUMBER: _ClassVar[int]
    RECOGNITION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    recognition: Recognition
    recognition_id: str
    request_id: str
    def __init__(self, recognition: _Optional[_Union[Recognition, _Mapping]] = ..., recognition_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetRecognitionRequest(_message.Message):
    __slots__ = ("name", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    purpose: _patient_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ...) -> None: ...

class ListRecognitionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "purpose", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    purpose: _patient_pb2.Purpose
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ..., filter: _Optional[str] = ...) -> None: ...

class ListRecognitionsResponse(_message.Message):
    __slots__ = ("recognitions", "next_page_token")
    RECOGNITIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    recognitions: _containers.RepeatedCompositeFieldContainer[Recognition]
    next_page_token: str
    def __init__(self, recognitions: _Optional[_Iterable[_Union[Recognition, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class EvaluateRecognitionFiguresRequest(_message.Message):
    __slots__ = ("start_time", "end_time", "receiver")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    receiver: str
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., receiver: _Optional[str] = ...) -> None: ...

class RepeatCount(_message.Message):
    __slots__ = ("reason", "doctor", "count")
    REASON_FIELD_NUMBER: _ClassVar[int]
    DOCTOR_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    reason: RepeatReason
    doctor: str
    count: int
    def __init__(self, reason: _Optional[_Union[RepeatReason, str]] = ..., doctor: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...

class EvaluateRecognitionFiguresResponse(_message.Message):
    __slots__ = ("recognised", "recognisable", "rate", "repeats", "saved_fen", "avoided_usv", "revoked")
    RECOGNISED_FIELD_NUMBER: _ClassVar[int]
    RECOGNISABLE_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    REPEATS_FIELD_NUMBER: _ClassVar[int]
    SAVED_FEN_FIELD_NUMBER: _ClassVar[int]
    AVOIDED_USV_FIELD_NUMBER: _ClassVar[int]
    REVOKED_FIELD_NUMBER: _ClassVar[int]
    recognised: int
    recognisable: int
    rate: float
    repeats: _containers.RepeatedCompositeFieldContainer[RepeatCount]
    saved_fen: int
    avoided_usv: int
    revoked: int
    def __init__(self, recognised: _Optional[int] = ..., recognisable: _Optional[int] = ..., rate: _Optional[float] = ..., repeats: _Optional[_Iterable[_Union[RepeatCount, _Mapping]]] = ..., saved_fen: _Optional[int] = ..., avoided_usv: _Optional[int] = ..., revoked: _Optional[int] = ...) -> None: ...
