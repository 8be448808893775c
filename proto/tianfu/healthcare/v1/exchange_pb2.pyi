import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.healthcare.v1 import arrival_pb2 as _arrival_pb2
from tianfu.healthcare.v1 import casualty_pb2 as _casualty_pb2
from tianfu.healthcare.v1 import clinical_pb2 as _clinical_pb2
from tianfu.healthcare.v1 import consultation_pb2 as _consultation_pb2
from tianfu.healthcare.v1 import patient_pb2 as _patient_pb2
from tianfu.healthcare.v1 import recognition_pb2 as _recognition_pb2
from tianfu.healthcare.v1 import region_pb2 as _region_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WatchKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WATCH_KIND_UNSPECIFIED: _ClassVar[WatchKind]
    WATCH_KIND_PATIENT: _ClassVar[WatchKind]
    WATCH_KIND_OBSERVATION: _ClassVar[WatchKind]
    WATCH_KIND_SCORE: _ClassVar[WatchKind]
    WATCH_KIND_REPORT: _ClassVar[WatchKind]
    WATCH_KIND_RECOGNITION: _ClassVar[WatchKind]
    WATCH_KIND_CONSULTATION: _ClassVar[WatchKind]
    WATCH_KIND_BED_REPORT: _ClassVar[WatchKind]
    WATCH_KIND_CASUALTY_PLAN: _ClassVar[WatchKind]
    WATCH_KIND_CASUALTY: _ClassVar[WatchKind]
    WATCH_KIND_SURGE_PLAN: _ClassVar[WatchKind]
    WATCH_KIND_ARRIVAL: _ClassVar[WatchKind]
WATCH_KIND_UNSPECIFIED: WatchKind
WATCH_KIND_PATIENT: WatchKind
WATCH_KIND_OBSERVATION: WatchKind
WATCH_KIND_SCORE: WatchKind
WATCH_KIND_REPORT: WatchKind
WATCH_KIND_RECOGNITION: WatchKind
WATCH_KIND_CONSULTATION: WatchKind
WATCH_KIND_BED_REPORT: WatchKind
WATCH_KIND_CASUALTY_PLAN: WatchKind
WATCH_KIND_CASUALTY: WatchKind
WATCH_KIND_SURGE_PLAN: WatchKind
WATCH_KIND_ARRIVAL: WatchKind

class BillLine(_message.Message):
    __slots__ = ("item", "price_fen", "list_fen", "first_pay_fen")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    PRICE_FEN_FIELD_NUMBER: _ClassVar[int]
    LIST_FEN_FIELD_NUMBER: _ClassVar[int]
    FIRST_PAY_FEN_FIELD_NUMBER: _ClassVar[int]
    item: str
    price_fen: int
    list_fen: int
    first_pay_fen: int
    def __init__(self, item: _Optional[str] = ..., price_fen: _Optional[int] = ..., list_fen: _Optional[int] = ..., first_pay_fen: _Optional[int] = ...) -> None: ...

class CaseGroup(_message.Message):
    __slots__ = ("weight", "rate_fen")
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    RATE_FEN_FIELD_NUMBER: _ClassVar[int]
    weight: str
    rate_fen: int
    def __init__(self, weight: _Optional[str] = ..., rate_fen: _Optional[int] = ...) -> None: ...

class EvaluateSettlementRequest(_message.Message):
    __slots__ = ("lines", "registered", "policy_version", "deductible_fen", "ratio", "cap_fen", "case_group")
    LINES_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    DEDUCTIBLE_FEN_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    CAP_FEN_FIELD_NUMBER: _ClassVar[int]
    CASE_GROUP_FIELD_NUMBER: _ClassVar[int]
    lines: _containers.RepeatedCompositeFieldContainer[BillLine]
    registered: bool
    policy_version: str
    deductible_fen: int
    ratio: str
    cap_fen: int
    case_group: CaseGroup
    def __init__(self, lines: _Optional[_Iterable[_Union[BillLine, _Mapping]]] = ..., registered: _Optional[bool] = ..., policy_version: _Optional[str] = ..., deductible_fen: _Optional[int] = ..., ratio: _Optional[str] = ..., cap_fen: _Optional[int] = ..., case_group: _Optional[_Union[CaseGroup, _Mapping]] = ...) -> None: ...

class EvaluateSettlementResponse(_message.Message):
    __slots__ = ("total_fen", "payable_fen", "outside_fen", "first_pay_fen", "deductible_fen", "fund_fen", "patient_fen", "payer", "rule_version")
    TOTAL_FEN_FIELD_NUMBER: _ClassVar[int]
    PAYABLE_FEN_FIELD_NUMBER: _ClassVar[int]
    OUTSIDE_FEN_FIELD_NUMBER: _ClassVar[int]
    FIRST_PAY_FEN_FIELD_NUMBER: _ClassVar[int]
    DEDUCTIBLE_FEN_FIELD_NUMBER: _ClassVar[int]
    FUND_FEN_FIELD_NUMBER: _ClassVar[int]
    PATIENT_FEN_FIELD_NUMBER: _ClassVar[int]
    PAYER_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    total_fen: int
    payable_fen: int
    outside_fen: int
    first_pay_fen: int
    deductible_fen: int
    fund_fen: int
    patient_fen: int
    payer: str
    rule_version: str
    def __init__(self, total_fen: _Optional[int] = ..., payable_fen: _Optional[int] = ..., outside_fen: _Optional[int] = ..., first_pay_fen: _Optional[int] = ..., deductible_fen: _Optional[int] = ..., fund_fen: _Optional[int] = ..., patient_fen: _Optional[int] = ..., payer: _Optional[str] = ..., rule_version: _Optional[str] = ...) -> None: ...

class ImportFhirRequest(_message.Message):
    __slots__ = ("resource", "source")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    resource: _struct_pb2.Struct
    source: str
    def __init__(self, resource: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., source: _Optional[str] = ...) -> None: ...

class ImportFhirResponse(_message.Message):
    __slots__ = ("patients", "observations", "reports", "scores", "alerts", "passed_over", "repeated_before")
    PATIENTS_FIELD_NUMBER: _ClassVar[int]
    OBSERVATIONS_FIELD_NUMBER: _ClassVar[int]
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    PASSED_OVER_FIELD_NUMBER: _ClassVar[int]
    REPEATED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    patients: _containers.RepeatedScalarFieldContainer[str]
    observations: int
    reports: int
    scores: int
    alerts: int
    passed_over: int
    repeated_before: bool
    def __init__(self, patients: _Optional[_Iterable[str]] = ..., observations: _Optional[int] = ..., reports: _Optional[int] = ..., scores: _Optional[int] = ..., alerts: _Optional[int] = ..., passed_over: _Optional[int] = ..., repeated_before: _Optional[bool] = ...) -> None: ...

class ExportPatientRequest(_message.Message):
    __slots__ = ("name", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    purpose: _patient_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ...) -> None: ...

class ExportPatientResponse(_message.Message):
    __slots__ = ("bundle",)
    BUNDLE_FIELD_NUMBER: _ClassVar[int]
    bundle: _struct_pb2.Struct
    def __init__(self, bundle: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class Report(_message.Message):
    __slots__ = ("name", "order", "code", "status", "collect_time", "observations", "update_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    COLLECT_TIME_FIELD_NUMBER: _ClassVar[int]
    OBSERVATIONS_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    order: str
    code: _clinical_pb2.Code
    status: _clinical_pb2.ResultStatus
    collect_time: _timestamp_pb2.Timestamp
    observations: _containers.RepeatedScalarFieldContainer[str]
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., order: _Optional[str] = ..., code: _Optional[_Union[_clinical_pb2.Code, _Mapping]] = ..., status: _Optional[_Union[_clinical_pb2.ResultStatus, str]] = ..., collect_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., observations: _Optional[_Iterable[str]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListReportsRequest(_message.Message):
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

class ListReportsResponse(_message.Message):
    __slots__ = ("reports", "next_page_token")
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reports: _containers.RepeatedCompositeFieldContainer[Report]
    next_page_token: str
    def __init__(self, reports: _Optional[_Iterable[_Union[Report, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchResourcesRequest(_message.Message):
    __slots__ = ("kind", "parent", "resume_token", "purpose", "filter")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    kind: WatchKind
    parent: str
    resume_token: str
    purpose: _patient_pb2.Purpose
    filter: str
    def __init__(self, kind: _Optional[_Union[WatchKind, str]] = ..., parent: _Optional[str] = ..., resume_token: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ..., filter: _Optional[str] = ...) -> None: ...

class WatchResourcesResponse(_message.Message):
    __slots__ = ("patient", "observation", "score", "report", "recognition", "consultation", "bed_report", "casualty_plan", "casualty", "surge_plan", "arrival", "resume_token")
    PATIENT_FIELD_NUMBER: _ClassVar[int]
    OBSERVATION_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    RECOGNITION_FIELD_NUMBER: _ClassVar[int]
    CONSULTATION_FIELD_NUMBER: _ClassVar[int]
    BED_REPORT_FIELD_NUMBER: _ClassVar[int]
    CASUALTY_PLAN_FIELD_NUMBER: _ClassVar[int]
    CASUALTY_FIELD_NUMBER: _ClassVar[int]
    SURGE_PLAN_FIELD_NUMBER: _ClassVar[int]
    ARRIVAL_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    patient: _patient_pb2.Patient
    observation: _patient_pb2.Observation
    score: _patient_pb2.Score
    report: Report
    recognition: _recognition_pb2.Recognition
    consultation: _consultation_pb2.Consultation
    bed_report: _region_pb2.BedReport
    casualty_plan: _casualty_pb2.CasualtyPlan
    casualty: _casualty_pb2.Casualty
    surge_plan: _region_pb2.SurgePlan
    arrival: _arrival_pb2.Arrival
    resume_token: str
    def __init__(self, patient: _Optional[_Union[_patient_pb2.Patient, _Mapping]] = ..., observation: _Optional[_Union[_patient_pb2.Observation, _Mapping]] = ..., score: _Optional[_Union[_patient_pb2.Score, _Mapping]] = ..., report: _Optional[_Union[Report, _Mapping]] = ..., recognition: _Optional[_Union[_recognition_pb2.Recognition, _Mapping]] = ..., consultation: _Optional[_Union[_consultation_pb2.Consultation, _Mapping]] = ..., bed_report: _Optional[_Union[_region_pb2.BedReport, _Mapping]] = ..., casualty_plan: _Optional[_Union[_casualty_pb2.CasualtyPlan, _Mapping]] = ..., casualty: _Optional[_Union[_casualty_pb2.Casualty, _Mapping]] = ..., surge_plan: _Optional[_Union[_region_pb2.SurgePlan, _Mapping]] = ..., arrival: _Optional[_Union[_arrival_pb2.Arrival, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class VerifyAuditRequest(_message.Message):
    __slots__ = ("published_number", "published_hash")
    PUBLISHED_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_HASH_FIELD_NUMBER: _ClassVar[int]
    published_number: int
    published_hash: str
    def __init__(self, published_number: _Optional[int] = ..., published_hash: _Optional[str] = ...) -> None: ...

class VerifyAuditResponse(_message.Message):
    __slots__ = ("sound", "number", "hash", "problem")
    SOUND_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    sound: bool
    number: int
    hash: str
    problem: str
    def __init__(self, sound: _Optional[bool] = ..., number: _Optional[int] = ..., hash: _Optional[str] = ..., problem: _Optional[str] = ...) -> None: ...

class Monitor(_message.Message):
    __slots__ = ("name", "node", "series_prefix", "patient", "etag", "update_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    SERIES_PREFIX_FIELD_NUMBER: _ClassVar[int]
    PATIENT_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    node: str
    series_prefix: str
    patient: str
    etag: str
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., node: _Optional[str] = ..., series_prefix: _Optional[str] = ..., patient: _Optional[str] = ..., etag: _Optional[str] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class UpdateMonitorRequest(_message.Message):
    __slots__ = ("monitor", "update_mask", "allow_missing")
    MONITOR_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    monitor: Monitor
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, monitor: _Optional[_Union[Monitor, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class ListMonitorsRequest(_message.Message):
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

class ListMonitorsResponse(_message.Message):
    __slots__ = ("monitors", "next_page_token")
    MONITORS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    monitors: _containers.RepeatedCompositeFieldContainer[Monitor]
    next_page_token: str
    def __init__(self, monitors: _Optional[_Iterable[_Union[Monitor, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
