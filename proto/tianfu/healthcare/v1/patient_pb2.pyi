import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.healthcare.v1 import clinical_pb2 as _clinical_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Purpose(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PURPOSE_UNSPECIFIED: _ClassVar[Purpose]
    PURPOSE_TREATMENT: _ClassVar[Purpose]
    PURPOSE_EMERGENCY: _ClassVar[Purpose]
    PURPOSE_QUALITY: _ClassVar[Purpose]
    PURPOSE_AUDIT: _ClassVar[Purpose]

class Trend(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TREND_UNSPECIFIED: _ClassVar[Trend]
    TREND_RISING: _ClassVar[Trend]
    TREND_STEADY: _ClassVar[Trend]
    TREND_FALLING: _ClassVar[Trend]

class OxygenScale(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OXYGEN_SCALE_UNSPECIFIED: _ClassVar[OxygenScale]
    OXYGEN_SCALE_ONE: _ClassVar[OxygenScale]
    OXYGEN_SCALE_TWO: _ClassVar[OxygenScale]

class AlertKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALERT_KIND_UNSPECIFIED: _ClassVar[AlertKind]
    ALERT_KIND_CRITICAL_VALUE: _ClassVar[AlertKind]
    ALERT_KIND_SCORE: _ClassVar[AlertKind]

class AlertState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALERT_STATE_UNSPECIFIED: _ClassVar[AlertState]
    ALERT_STATE_OPEN: _ClassVar[AlertState]
    ALERT_STATE_ACKNOWLEDGED: _ClassVar[AlertState]
    ALERT_STATE_EXHAUSTED: _ClassVar[AlertState]
    ALERT_STATE_WITHDRAWN: _ClassVar[AlertState]
PURPOSE_UNSPECIFIED: Purpose
PURPOSE_TREATMENT: Purpose
PURPOSE_EMERGENCY: Purpose
PURPOSE_QUALITY: Purpose
PURPOSE_AUDIT: Purpose
TREND_UNSPECIFIED: Trend
TREND_RISING: Trend
TREND_STEADY: Trend
TREND_FALLING: Trend
OXYGEN_SCALE_UNSPECIFIED: OxygenScale
OXYGEN_SCALE_ONE: OxygenScale
OXYGEN_SCALE_TWO: OxygenScale
ALERT_KIND_UNSPECIFIED: AlertKind
ALERT_KIND_CRITICAL_VALUE: AlertKind
ALERT_KIND_SCORE: AlertKind
ALERT_STATE_UNSPECIFIED: AlertState
ALERT_STATE_OPEN: AlertState
ALERT_STATE_ACKNOWLEDGED: AlertState
ALERT_STATE_EXHAUSTED: AlertState
ALERT_STATE_WITHDRAWN: AlertState

class Patient(_message.Message):
    __slots__ = ("name", "facts", "visit", "admitted", "masked", "create_time", "update_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    VISIT_FIELD_NUMBER: _ClassVar[int]
    ADMITTED_FIELD_NUMBER: _ClassVar[int]
    MASKED_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    facts: _clinical_pb2.PatientFacts
    visit: _clinical_pb2.VisitFacts
    admitted: bool
    masked: bool
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., facts: _Optional[_Union[_clinical_pb2.PatientFacts, _Mapping]] = ..., visit: _Optional[_Union[_clinical_pb2.VisitFacts, _Mapping]] = ..., admitted: _Optional[bool] = ..., masked: _Optional[bool] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Observation(_message.Message):
    __slots__ = ("name", "result", "order", "node", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    result: _clinical_pb2.Result
    order: str
    node: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., result: _Optional[_Union[_clinical_pb2.Result, _Mapping]] = ..., order: _Optional[str] = ..., node: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Score(_message.Message):
    __slots__ = ("name", "figures", "observe_time", "trend")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FIGURES_FIELD_NUMBER: _ClassVar[int]
    OBSERVE_TIME_FIELD_NUMBER: _ClassVar[int]
    TREND_FIELD_NUMBER: _ClassVar[int]
    name: str
    figures: ScoreFigures
    observe_time: _timestamp_pb2.Timestamp
    trend: Trend
    def __init__(self, name: _Optional[str] = ..., figures: _Optional[_Union[ScoreFigures, _Mapping]] = ..., observe_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., trend: _Optional[_Union[Trend, str]] = ...) -> None: ...

class ScoreFigures(_message.Message):
    __slots__ = ("rule_version", "total", "high", "complete", "band", "items", "missing", "implausible", "single", "contexts")
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    BAND_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    IMPLAUSIBLE_FIELD_NUMBER: _ClassVar[int]
    SINGLE_FIELD_NUMBER: _ClassVar[int]
    CONTEXTS_FIELD_NUMBER: _ClassVar[int]
    rule_version: str
    total: int
    high: int
    complete: bool
    band: str
    items: _containers.RepeatedCompositeFieldContainer[ScoreItem]
    missing: _containers.RepeatedScalarFieldContainer[str]
    implausible: _containers.RepeatedScalarFieldContainer[str]
    single: _containers.RepeatedScalarFieldContainer[str]
    contexts: _containers.RepeatedCompositeFieldContainer[ScoreItem]
    def __init__(self, rule_version: _Optional[str] = ..., total: _Optional[int] = ..., high: _Optional[int] = ..., complete: _Optional[bool] = ..., band: _Optional[str] = ..., items: _Optional[_Iterable[_Union[ScoreItem, _Mapping]]] = ..., missing: _Optional[_Iterable[str]] = ..., implausible: _Optional[_Iterable[str]] = ..., single: _Optional[_Iterable[str]] = ..., contexts: _Optional[_Iterable[_Union[ScoreItem, _Mapping]]] = ...) -> None: ...

class ScoreItem(_message.Message):
    __slots__ = ("item", "value", "points")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    item: str
    value: str
    points: int
    def __init__(self, item: _Optional[str] = ..., value: _Optional[str] = ..., points: _Optional[int] = ...) -> None: ...

class OxygenScaleOrder(_message.Message):
    __slots__ = ("name", "scale", "reason", "clinician", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CLINICIAN_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    scale: OxygenScale
    reason: str
    clinician: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., scale: _Optional[_Union[OxygenScale, str]] = ..., reason: _Optional[str] = ..., clinician: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Alert(_message.Message):
    __slots__ = ("name", "patient", "kind", "cause", "grade", "rule_version", "ladder_version", "state", "step", "told_role", "told_time", "answer_by_time", "create_time", "close_time", "clinician", "note")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATIENT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    GRADE_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    LADDER_VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    TOLD_ROLE_FIELD_NUMBER: _ClassVar[int]
    TOLD_TIME_FIELD_NUMBER: _ClassVar[int]
    ANSWER_BY_TIME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    CLOSE_TIME_FIELD_NUMBER: _ClassVar[int]
    CLINICIAN_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    name: str
    patient: str
    kind: AlertKind
    cause: str
    grade: str
    rule_version: str
    ladder_version: str
    state: AlertState
    step: int
    told_role: str
    told_time: _timestamp_pb2.Timestamp
    answer_by_time: _timestamp_pb2.Timestamp
    create_time: _timestamp_pb2.Timestamp
    close_time: _timestamp_pb2.Timestamp
    clinician: str
    note: str
    def __init__(self, name: _Optional[str] = ..., patient: _Optional[str] = ..., kind: _Optional[_Union[AlertKind, str]] = ..., cause: _Optional[str] = ..., grade: _Optional[str] = ..., rule_version: _Optional[str] = ..., ladder_version: _Optional[str] = ..., state: _Optional[_Union[AlertState, str]] = ..., step: _Optional[int] = ..., told_role: _Optional[str] = ..., told_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., answer_by_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., close_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., clinician: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...
