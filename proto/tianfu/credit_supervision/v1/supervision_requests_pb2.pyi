from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from tianfu.credit_supervision.v1 import clue_pb2 as _clue_pb2
from tianfu.credit_supervision.v1 import draw_pb2 as _draw_pb2
from tianfu.credit_supervision.v1 import emergency_pb2 as _emergency_pb2
from tianfu.credit_supervision.v1 import entity_pb2 as _entity_pb2
from tianfu.credit_supervision.v1 import handheld_pb2 as _handheld_pb2
from tianfu.credit_supervision.v1 import monitoring_pb2 as _monitoring_pb2
from tianfu.credit_supervision.v1 import purpose_pb2 as _purpose_pb2
from tianfu.credit_supervision.v1 import recognition_pb2 as _recognition_pb2
from tianfu.credit_supervision.v1 import record_pb2 as _record_pb2
from tianfu.credit_supervision.v1 import signal_pb2 as _signal_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ImportGradesRequest(_message.Message):
    __slots__ = ("scheme", "source_sha256", "rows")
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_SHA256_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    scheme: str
    source_sha256: str
    rows: _containers.RepeatedCompositeFieldContainer[_signal_pb2.GradeRow]
    def __init__(self, scheme: _Optional[str] = ..., source_sha256: _Optional[str] = ..., rows: _Optional[_Iterable[_Union[_signal_pb2.GradeRow, _Mapping]]] = ...) -> None: ...

class ImportGradesResponse(_message.Message):
    __slots__ = ("accepted_count", "faults")
    ACCEPTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    FAULTS_FIELD_NUMBER: _ClassVar[int]
    accepted_count: int
    faults: _containers.RepeatedCompositeFieldContainer[_entity_pb2.RowFault]
    def __init__(self, accepted_count: _Optional[int] = ..., faults: _Optional[_Iterable[_Union[_entity_pb2.RowFault, _Mapping]]] = ...) -> None: ...

class ListGradesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "parent", "purpose")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., parent: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListGradesResponse(_message.Message):
    __slots__ = ("grades", "next_page_token")
    GRADES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    grades: _containers.RepeatedCompositeFieldContainer[_signal_pb2.Grade]
    next_page_token: str
    def __init__(self, grades: _Optional[_Iterable[_Union[_signal_pb2.Grade, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListScorecardsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListScorecardsResponse(_message.Message):
    __slots__ = ("scorecards", "next_page_token")
    SCORECARDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    scorecards: _containers.RepeatedCompositeFieldContainer[_signal_pb2.Scorecard]
    next_page_token: str
    def __init__(self, scorecards: _Optional[_Iterable[_Union[_signal_pb2.Scorecard, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetScorecardRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetSignalRequest(_message.Message):
    __slots__ = ("name", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class EvaluateSignalsRequest(_message.Message):
    __slots__ = ("scorecard", "rows")
    SCORECARD_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    scorecard: str
    rows: _containers.RepeatedCompositeFieldContainer[_signal_pb2.SignalRow]
    def __init__(self, scorecard: _Optional[str] = ..., rows: _Optional[_Iterable[_Union[_signal_pb2.SignalRow, _Mapping]]] = ...) -> None: ...

class EvaluateSignalsResponse(_message.Message):
    __slots__ = ("signals",)
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    signals: _containers.RepeatedCompositeFieldContainer[_signal_pb2.Signal]
    def __init__(self, signals: _Optional[_Iterable[_Union[_signal_pb2.Signal, _Mapping]]] = ...) -> None: ...

class EvaluateStabilityRequest(_message.Message):
    __slots__ = ("scorecard", "month")
    SCORECARD_FIELD_NUMBER: _ClassVar[int]
    MONTH_FIELD_NUMBER: _ClassVar[int]
    scorecard: str
    month: str
    def __init__(self, scorecard: _Optional[str] = ..., month: _Optional[str] = ...) -> None: ...

class EvaluateStabilityResponse(_message.Message):
    __slots__ = ("items", "rule_version")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[_signal_pb2.ItemStability]
    rule_version: str
    def __init__(self, items: _Optional[_Iterable[_Union[_signal_pb2.ItemStability, _Mapping]]] = ..., rule_version: _Optional[str] = ...) -> None: ...

class CountRecordsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CountRecordsResponse(_message.Message):
    __slots__ = ("cells",)
    CELLS_FIELD_NUMBER: _ClassVar[int]
    cells: _containers.RepeatedCompositeFieldContainer[RecordCount]
    def __init__(self, cells: _Optional[_Iterable[_Union[RecordCount, _Mapping]]] = ...) -> None: ...

class RecordCount(_message.Message):
    __slots__ = ("place_code", "kind", "entity_count", "withheld")
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ENTITY_COUNT_FIELD_NUMBER: _ClassVar[int]
    WITHHELD_FIELD_NUMBER: _ClassVar[int]
    place_code: str
    kind: _record_pb2.RecordKind
    entity_count: int
    withheld: bool
    def __init__(self, place_code: _Optional[str] = ..., kind: _Optional[_Union[_record_pb2.RecordKind, str]] = ..., entity_count: _Optional[int] = ..., withheld: _Optional[bool] = ...) -> None: ...

class CreateEmergencyRequest(_message.Message):
    __slots__ = ("emergency", "emergency_id", "request_id")
    EMERGENCY_FIELD_NUMBER: _ClassVar[int]
    EMERGENCY_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    emergency: _emergency_pb2.Emergency
    emergency_id: str
    request_id: str
    def __init__(self, emergency: _Optional[_Union[_emergency_pb2.Emergency, _Mapping]] = ..., emergency_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class EndEmergencyRequest(_message.Message):
    __slots__ = ("name", "state")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: _emergency_pb2.EmergencyState
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[_emergency_pb2.EmergencyState, str]] = ...) -> None: ...

class ListEmergenciesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "state")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    state: _emergency_pb2.EmergencyState
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., state: _Optional[_Union[_emergency_pb2.EmergencyState, str]] = ...) -> None: ...

class ListEmergenciesResponse(_message.Message):
    __slots__ = ("emergencies", "next_page_token")
    EMERGENCIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    emergencies: _containers.RepeatedCompositeFieldContainer[_emergency_pb2.Emergency]
    next_page_token: str
    def __init__(self, emergencies: _Optional[_Iterable[_Union[_emergency_pb2.Emergency, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateRecognitionRequest(_message.Message):
    __slots__ = ("recognition", "recognition_id", "request_id")
    RECOGNITION_FIELD_NUMBER: _ClassVar[int]
    RECOGNITION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    recognition: _recognition_pb2.Recognition
    recognition_id: str
    request_id: str
    def __init__(self, recognition: _Optional[_Union[_recognition_pb2.Recognition, _Mapping]] = ..., recognition_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetRecognitionRequest(_message.Message):
    __slots__ = ("name", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListRecognitionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "purpose", "entity", "receiving_place_code", "outcome")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    RECEIVING_PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    purpose: _purpose_pb2.Purpose
    entity: str
    receiving_place_code: str
    outcome: _recognition_pb2.RecognitionOutcome
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ..., entity: _Optional[str] = ..., receiving_place_code: _Optional[str] = ..., outcome: _Optional[_Union[_recognition_pb2.RecognitionOutcome, str]] = ...) -> None: ...

class ListRecognitionsResponse(_message.Message):
    __slots__ = ("recognitions", "next_page_token")
    RECOGNITIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    recognitions: _containers.RepeatedCompositeFieldContainer[_recognition_pb2.Recognition]
    next_page_token: str
    def __init__(self, recognitions: _Optional[_Iterable[_Union[_recognition_pb2.Recognition, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchCluesRequest(_message.Message):
    __slots__ = ("place_code", "resume_token", "purpose")
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    place_code: str
    resume_token: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, place_code: _Optional[str] = ..., resume_token: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class WatchCluesResponse(_message.Message):
    __slots__ = ("clue", "resume_token")
    CLUE_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    clue: _clue_pb2.Clue
    resume_token: str
    def __init__(self, clue: _Optional[_Union[_clue_pb2.Clue, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchInspectionsRequest(_message.Message):
    __slots__ = ("parent", "resume_token", "purpose")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    parent: str
    resume_token: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, parent: _Optional[str] = ..., resume_token: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class WatchInspectionsResponse(_message.Message):
    __slots__ = ("inspection", "resume_token")
    INSPECTION_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    inspection: _draw_pb2.Inspection
    resume_token: str
    def __init__(self, inspection: _Optional[_Union[_draw_pb2.Inspection, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class CreateSuccessionRequest(_message.Message):
    __slots__ = ("succession", "succession_id", "request_id")
    SUCCESSION_FIELD_NUMBER: _ClassVar[int]
    SUCCESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    succession: _entity_pb2.Succession
    succession_id: str
    request_id: str
    def __init__(self, succession: _Optional[_Union[_entity_pb2.Succession, _Mapping]] = ..., succession_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ListSuccessionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "parent", "purpose")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., parent: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListSuccessionsResponse(_message.Message):
    __slots__ = ("successions", "next_page_token")
    SUCCESSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    successions: _containers.RepeatedCompositeFieldContainer[_entity_pb2.Succession]
    next_page_token: str
    def __init__(self, successions: _Optional[_Iterable[_Union[_entity_pb2.Succession, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateHandheldRequest(_message.Message):
    __slots__ = ("handheld", "handheld_id", "request_id")
    HANDHELD_FIELD_NUMBER: _ClassVar[int]
    HANDHELD_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    handheld: _handheld_pb2.Handheld
    handheld_id: str
    request_id: str
    def __init__(self, handheld: _Optional[_Union[_handheld_pb2.Handheld, _Mapping]] = ..., handheld_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class RetireHandheldRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListHandheldsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListHandheldsResponse(_message.Message):
    __slots__ = ("handhelds", "next_page_token")
    HANDHELDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    handhelds: _containers.RepeatedCompositeFieldContainer[_handheld_pb2.Handheld]
    next_page_token: str
    def __init__(self, handhelds: _Optional[_Iterable[_Union[_handheld_pb2.Handheld, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListTakenFormsRequest(_message.Message):
    __slots__ = ("parent", "purpose", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    purpose: _purpose_pb2.Purpose
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListTakenFormsResponse(_message.Message):
    __slots__ = ("taken_forms", "next_page_token")
    TAKEN_FORMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    taken_forms: _containers.RepeatedCompositeFieldContainer[_handheld_pb2.TakenForm]
    next_page_token: str
    def __init__(self, taken_forms: _Optional[_Iterable[_Union[_handheld_pb2.TakenForm, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateMonitoringPointRequest(_message.Message):
    __slots__ = ("monitoring_point", "monitoring_point_id", "request_id")
    MONITORING_POINT_FIELD_NUMBER: _ClassVar[int]
    MONITORING_POINT_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    monitoring_point: _monitoring_pb2.MonitoringPoint
    monitoring_point_id: str
    request_id: str
    def __init__(self, monitoring_point: _Optional[_Union[_monitoring_pb2.MonitoringPoint, _Mapping]] = ..., monitoring_point_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class RetireMonitoringPointRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListMonitoringPointsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "purpose")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListMonitoringPointsResponse(_message.Message):
    __slots__ = ("monitoring_points", "next_page_token")
    MONITORING_POINTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    monitoring_points: _containers.RepeatedCompositeFieldContainer[_monitoring_pb2.MonitoringPoint]
    next_page_token: str
    def __init__(self, monitoring_points: _Optional[_Iterable[_Union[_monitoring_pb2.MonitoringPoint, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
