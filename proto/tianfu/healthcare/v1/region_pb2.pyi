import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MarkScope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MARK_SCOPE_UNSPECIFIED: _ClassVar[MarkScope]
    MARK_SCOPE_COUNTY: _ClassVar[MarkScope]
    MARK_SCOPE_CITY: _ClassVar[MarkScope]
    MARK_SCOPE_PROVINCE: _ClassVar[MarkScope]
    MARK_SCOPE_REGION: _ClassVar[MarkScope]
    MARK_SCOPE_NATIONAL: _ClassVar[MarkScope]

class EmergencyStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EMERGENCY_STATUS_UNSPECIFIED: _ClassVar[EmergencyStatus]
    EMERGENCY_STATUS_OPEN: _ClassVar[EmergencyStatus]
    EMERGENCY_STATUS_FULL: _ClassVar[EmergencyStatus]
    EMERGENCY_STATUS_DIVERTING: _ClassVar[EmergencyStatus]
    EMERGENCY_STATUS_CLOSED: _ClassVar[EmergencyStatus]

class BedType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BED_TYPE_UNSPECIFIED: _ClassVar[BedType]
    BED_TYPE_ICU: _ClassVar[BedType]
    BED_TYPE_WARD: _ClassVar[BedType]
    BED_TYPE_BURN: _ClassVar[BedType]
    BED_TYPE_PAEDIATRIC: _ClassVar[BedType]
    BED_TYPE_ISOLATION: _ClassVar[BedType]

class SurgeActionKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SURGE_ACTION_KIND_UNSPECIFIED: _ClassVar[SurgeActionKind]
    SURGE_ACTION_KIND_LIFTS_TO_FLOOR: _ClassVar[SurgeActionKind]
    SURGE_ACTION_KIND_NOTIFY_THEATRES: _ClassVar[SurgeActionKind]
    SURGE_ACTION_KIND_START_GENERATORS: _ClassVar[SurgeActionKind]
    SURGE_ACTION_KIND_REPORT_BEDS: _ClassVar[SurgeActionKind]

class SurgeState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SURGE_STATE_UNSPECIFIED: _ClassVar[SurgeState]
    SURGE_STATE_ORDERED: _ClassVar[SurgeState]
    SURGE_STATE_ACKNOWLEDGED: _ClassVar[SurgeState]
    SURGE_STATE_STOOD_DOWN: _ClassVar[SurgeState]
MARK_SCOPE_UNSPECIFIED: MarkScope
MARK_SCOPE_COUNTY: MarkScope
MARK_SCOPE_CITY: MarkScope
MARK_SCOPE_PROVINCE: MarkScope
MARK_SCOPE_REGION: MarkScope
MARK_SCOPE_NATIONAL: MarkScope
EMERGENCY_STATUS_UNSPECIFIED: EmergencyStatus
EMERGENCY_STATUS_OPEN: EmergencyStatus
EMERGENCY_STATUS_FULL: EmergencyStatus
EMERGENCY_STATUS_DIVERTING: EmergencyStatus
EMERGENCY_STATUS_CLOSED: EmergencyStatus
BED_TYPE_UNSPECIFIED: BedType
BED_TYPE_ICU: BedType
BED_TYPE_WARD: BedType
BED_TYPE_BURN: BedType
BED_TYPE_PAEDIATRIC: BedType
BED_TYPE_ISOLATION: BedType
SURGE_ACTION_KIND_UNSPECIFIED: SurgeActionKind
SURGE_ACTION_KIND_LIFTS_TO_FLOOR: SurgeActionKind
SURGE_ACTION_KIND_NOTIFY_THEATRES: SurgeActionKind
SURGE_ACTION_KIND_START_GENERATORS: SurgeActionKind
SURGE_ACTION_KIND_REPORT_BEDS: SurgeActionKind
SURGE_STATE_UNSPECIFIED: SurgeState
SURGE_STATE_ORDERED: SurgeState
SURGE_STATE_ACKNOWLEDGED: SurgeState
SURGE_STATE_STOOD_DOWN: SurgeState

class Hospital(_message.Message):
    __slots__ = ("name", "title", "place_code", "latitude", "longitude", "active", "catalogue", "certificates", "etag", "update_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATES_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    title: str
    place_code: str
    latitude: float
    longitude: float
    active: _containers.RepeatedCompositeFieldContainer[Period]
    catalogue: _containers.RepeatedCompositeFieldContainer[CatalogueEntry]
    certificates: _containers.RepeatedCompositeFieldContainer[QualityCertificate]
    etag: str
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., title: _Optional[str] = ..., place_code: _Optional[str] = ..., latitude: _Optional[float] = ..., longitude: _Optional[float] = ..., active: _Optional[_Iterable[_Union[Period, _Mapping]]] = ..., catalogue: _Optional[_Iterable[_Union[CatalogueEntry, _Mapping]]] = ..., certificates: _Optional[_Iterable[_Union[QualityCertificate, _Mapping]]] = ..., etag: _Optional[str] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Period(_message.Message):
    __slots__ = ("start_time", "end_time")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CatalogueEntry(_message.Message):
    __slots__ = ("item", "period")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    item: str
    period: Period
    def __init__(self, item: _Optional[str] = ..., period: _Optional[_Union[Period, _Mapping]] = ...) -> None: ...

class QualityCertificate(_message.Message):
    __slots__ = ("certificate", "item", "scope", "period")
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    certificate: str
    item: str
    scope: MarkScope
    period: Period
    def __init__(self, certificate: _Optional[str] = ..., item: _Optional[str] = ..., scope: _Optional[_Union[MarkScope, str]] = ..., period: _Optional[_Union[Period, _Mapping]] = ...) -> None: ...

class BedCount(_message.Message):
    __slots__ = ("type", "baseline", "available", "surge_day", "surge_three_days")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    BASELINE_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    SURGE_DAY_FIELD_NUMBER: _ClassVar[int]
    SURGE_THREE_DAYS_FIELD_NUMBER: _ClassVar[int]
    type: BedType
    baseline: int
    available: int
    surge_day: int
    surge_three_days: int
    def __init__(self, type: _Optional[_Union[BedType, str]] = ..., baseline: _Optional[int] = ..., available: _Optional[int] = ..., surge_day: _Optional[int] = ..., surge_three_days: _Optional[int] = ...) -> None: ...

class BedReport(_message.Message):
    __slots__ = ("name", "emergency", "beds", "casualties", "offload_minutes", "report_time", "stale", "age_seconds", "rule_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    EMERGENCY_FIELD_NUMBER: _ClassVar[int]
    BEDS_FIELD_NUMBER: _ClassVar[int]
    CASUALTIES_FIELD_NUMBER: _ClassVar[int]
    OFFLOAD_MINUTES_FIELD_NUMBER: _ClassVar[int]
    REPORT_TIME_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    AGE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    emergency: EmergencyStatus
    beds: _containers.RepeatedCompositeFieldContainer[BedCount]
    casualties: ColourCounts
    offload_minutes: float
    report_time: _timestamp_pb2.Timestamp
    stale: bool
    age_seconds: float
    rule_version: str
    def __init__(self, name: _Optional[str] = ..., emergency: _Optional[_Union[EmergencyStatus, str]] = ..., beds: _Optional[_Iterable[_Union[BedCount, _Mapping]]] = ..., casualties: _Optional[_Union[ColourCounts, _Mapping]] = ..., offload_minutes: _Optional[float] = ..., report_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., stale: _Optional[bool] = ..., age_seconds: _Optional[float] = ..., rule_version: _Optional[str] = ...) -> None: ...

class ColourCounts(_message.Message):
    __slots__ = ("red", "yellow", "green", "black")
    RED_FIELD_NUMBER: _ClassVar[int]
    YELLOW_FIELD_NUMBER: _ClassVar[int]
    GREEN_FIELD_NUMBER: _ClassVar[int]
    BLACK_FIELD_NUMBER: _ClassVar[int]
    red: int
    yellow: int
    green: int
    black: int
    def __init__(self, red: _Optional[int] = ..., yellow: _Optional[int] = ..., green: _Optional[int] = ..., black: _Optional[int] = ...) -> None: ...

class SurgePlan(_message.Message):
    __slots__ = ("name", "hospital", "warning", "earthquake", "event_code", "drill", "actions", "state", "create_time", "report_by_time", "bed_report_time", "clinician", "acknowledge_time", "rule_version", "delay_ms", "intensity", "s_arrival_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    WARNING_FIELD_NUMBER: _ClassVar[int]
    EARTHQUAKE_FIELD_NUMBER: _ClassVar[int]
    EVENT_CODE_FIELD_NUMBER: _ClassVar[int]
    DRILL_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REPORT_BY_TIME_FIELD_NUMBER: _ClassVar[int]
    BED_REPORT_TIME_FIELD_NUMBER: _ClassVar[int]
    CLINICIAN_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    DELAY_MS_FIELD_NUMBER: _ClassVar[int]
    INTENSITY_FIELD_NUMBER: _ClassVar[int]
    S_ARRIVAL_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    hospital: str
    warning: str
    earthquake: str
    event_code: str
    drill: bool
    actions: _containers.RepeatedCompositeFieldContainer[SurgeAction]
    state: SurgeState
    create_time: _timestamp_pb2.Timestamp
    report_by_time: _timestamp_pb2.Timestamp
    bed_report_time: _timestamp_pb2.Timestamp
    clinician: str
    acknowledge_time: _timestamp_pb2.Timestamp
    rule_version: str
    delay_ms: int
    intensity: float
    s_arrival_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., hospital: _Optional[str] = ..., warning: _Optional[str] = ..., earthquake: _Optional[str] = ..., event_code: _Optional[str] = ..., drill: _Optional[bool] = ..., actions: _Optional[_Iterable[_Union[SurgeAction, _Mapping]]] = ..., state: _Optional[_Union[SurgeState, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., report_by_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., bed_report_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., clinician: _Optional[str] = ..., acknowledge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., rule_version: _Optional[str] = ..., delay_ms: _Optional[int] = ..., intensity: _Optional[float] = ..., s_arrival_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SurgeAction(_message.Message):
    __slots__ = ("kind", "text")
    KIND_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    kind: SurgeActionKind
    text: str
    def __init__(self, kind: _Optional[_Union[SurgeActionKind, str]] = ..., text: _Optional[str] = ...) -> None: ...

class GetHospitalRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListHospitalsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListHospitalsResponse(_message.Message):
    __slots__ = ("hospitals", "next_page_token")
    HOSPITALS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    hospitals: _containers.RepeatedCompositeFieldContainer[Hospital]
    next_page_token: str
    def __init__(self, hospitals: _Optional[_Iterable[_Union[Hospital, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateHospitalRequest(_message.Message):
    __slots__ = ("hospital", "update_mask", "allow_missing")
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    hospital: Hospital
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, hospital: _Optional[_Union[Hospital, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class ReportBedsRequest(_message.Message):
    __slots__ = ("parent", "bed_report")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    BED_REPORT_FIELD_NUMBER: _ClassVar[int]
    parent: str
    bed_report: BedReport
    def __init__(self, parent: _Optional[str] = ..., bed_report: _Optional[_Union[BedReport, _Mapping]] = ...) -> None: ...

class ReportBedsResponse(_message.Message):
    __slots__ = ("bed_report",)
    BED_REPORT_FIELD_NUMBER: _ClassVar[int]
    bed_report: BedReport
    def __init__(self, bed_report: _Optional[_Union[BedReport, _Mapping]] = ...) -> None: ...

class GetBedReportRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListBedReportsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListBedReportsResponse(_message.Message):
    __slots__ = ("bed_reports", "next_page_token")
    BED_REPORTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    bed_reports: _containers.RepeatedCompositeFieldContainer[BedReport]
    next_page_token: str
    def __init__(self, bed_reports: _Optional[_Iterable[_Union[BedReport, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetSurgePlanRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListSurgePlansRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListSurgePlansResponse(_message.Message):
    __slots__ = ("surge_plans", "next_page_token")
    SURGE_PLANS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    surge_plans: _containers.RepeatedCompositeFieldContainer[SurgePlan]
    next_page_token: str
    def __init__(self, surge_plans: _Optional[_Iterable[_Union[SurgePlan, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AcknowledgeSurgePlanRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...
